"""The people who may look at cases and decide them.

Serves no lettered transaction of DESIGN.md 5: people are added and changed one at a time, by a
person, each change in a transaction with its audit row.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update

from monitor.domain.people import Person, PersonId, Role
from monitor.store.engine import Reading, Transaction
from monitor.store.statements import AnyRow, changed, insert_new
from monitor.store.tables import people

__all__ = [
    "PersonExists",
    "PersonUnknown",
    "add",
    "all_people",
    "by_id",
    "by_slack_user",
    "password_hash",
    "save",
    "set_password",
]


class PersonExists(Exception):  # noqa: N818 - it says what the matter is
    """The identifier, or the Slack identity, belongs to somebody already."""

    def __init__(self, person_id: PersonId) -> None:
        super().__init__(
            f"The identifier {person_id}, or its Slack identity, belongs to somebody already. "
            "Choose another, or change that person."
        )


class PersonUnknown(LookupError):  # noqa: N818 - it says what the person is
    """There is nobody of that identifier."""

    def __init__(self, person_id: PersonId) -> None:
        super().__init__(f"There is nobody called {person_id}; `wardmote people list` shows all.")


def add(tx: Transaction, person: Person, *, password_hash: str | None, now: datetime) -> None:
    """Add a person, who signs in with that password, or only through Slack where it is None.

    Raises:
        PersonExists: The identifier or the Slack identity is taken.
    """
    row = {"id": person.id, "password_hash": password_hash, "added_at": now, **_values(person)}
    if not insert_new(tx.session, people, [row], returning=[people.c.id]):
        raise PersonExists(person.id)


def save(tx: Transaction, person: Person) -> None:
    """Write a person's name, role, services, Slack identity and whether they are active.

    Raises:
        PersonUnknown: There is nobody of that identifier.
        PersonExists: The Slack identity is somebody else's.
    """
    if person.slack_user_id is not None:
        linked = by_slack_user(tx, person.slack_user_id, active_only=False)
        if linked is not None and linked.id != person.id:
            raise PersonExists(person.id)
    _change(tx, person.id, **_values(person))


def set_password(tx: Transaction, person_id: PersonId, *, password_hash: str | None) -> None:
    """Replace a person's password; None ends signing in by password.

    Raises:
        PersonUnknown: There is nobody of that identifier.
    """
    _change(tx, person_id, password_hash=password_hash)


def by_id(held: Transaction | Reading, person_id: str) -> Person | None:
    """The person of that identifier, active or not."""
    return _one(held, people.c.id == person_id)


def by_slack_user(
    held: Transaction | Reading, slack_user_id: str, *, active_only: bool = True
) -> Person | None:
    """The person of that Slack identity; nobody who has left unless asked for."""
    person = _one(held, people.c.slack_user_id == slack_user_id)
    return None if person is not None and active_only and not person.active else person


def all_people(held: Transaction | Reading) -> tuple[Person, ...]:
    """Everybody, by identifier, those who have left included."""
    return tuple(_person(row) for row in held.session.execute(select(people).order_by(people.c.id)))


def password_hash(held: Transaction | Reading, person_id: str) -> str | None:
    """What a password is checked against; None for nobody, or nobody who may sign in by one."""
    return held.session.execute(
        select(people.c.password_hash).where(people.c.id == person_id, people.c.active)
    ).scalar_one_or_none()


def _values(person: Person) -> dict[str, Any]:
    return {
        "name": person.name,
        "role": person.role,
        "services": sorted(person.services),
        "slack_user_id": person.slack_user_id,
        "active": person.active,
    }


def _change(tx: Transaction, person_id: PersonId, **values: Any) -> None:
    if not changed(tx.session, update(people).where(people.c.id == person_id).values(**values)):
        raise PersonUnknown(person_id)


def _one(held: Transaction | Reading, condition: ColumnElement[bool]) -> Person | None:
    row = held.session.execute(select(people).where(condition)).one_or_none()
    return None if row is None else _person(row)


def _person(row: AnyRow) -> Person:
    return Person(
        id=PersonId(row.id),
        name=row.name,
        role=Role(row.role),
        services=frozenset(row.services),
        slack_user_id=row.slack_user_id,
        active=row.active,
    )
