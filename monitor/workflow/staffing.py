"""People come and change: each change and its audit row in one transaction."""

from __future__ import annotations

from dataclasses import replace

from monitor.domain.case import Refused
from monitor.domain.people import Person, PersonId
from monitor.services import Services
from monitor.store import audit, people
from monitor.store.engine import Transaction

__all__ = ["add_person", "link_slack"]


def add_person(
    services: Services, person: Person, *, password_hash: str | None, actor: str
) -> None:
    """Add a person who may look at or decide cases.

    Raises:
        Refused: The identifier or the Slack identity is taken.
    """
    now = services.now()
    with services.database.transaction("people") as tx:
        if people.by_id(tx, person.id) is not None:
            raise Refused(f"There is somebody called {person.id!r} already; choose another id.")
        _must_be_free(tx, person)
        people.add(tx, person, password_hash=password_hash, now=now)
        audit.append(
            tx,
            "person.added",
            actor=actor,
            subject=f"person:{person.id}",
            at=now,
            details={"role": person.role},
        )


def link_slack(
    services: Services, person_id: PersonId, slack_user_id: str, *, actor: str
) -> Person:
    """Link a person to their identity in Slack, so that their presses count.

    Raises:
        Refused: Nobody has that identifier, or the Slack identity is somebody else's.
    """
    now = services.now()
    with services.database.transaction("people") as tx:
        person = people.by_id(tx, person_id)
        if person is None:
            raise Refused(f"There is nobody called {person_id!r}. See: wardmote people list")
        linked = replace(person, slack_user_id=slack_user_id)
        _must_be_free(tx, linked)
        people.save(tx, linked)
        audit.append(
            tx,
            "person.linked",
            actor=actor,
            subject=f"person:{person_id}",
            at=now,
            details={"kind": "slack"},
        )
    return linked


def _must_be_free(tx: Transaction, person: Person) -> None:
    if person.slack_user_id is None:
        return
    other = people.by_slack_user(tx, person.slack_user_id, active_only=False)
    if other is not None and other.id != person.id:
        raise Refused(f"That Slack identity is linked to {other.id!r} already.")
