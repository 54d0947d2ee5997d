from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.domain.people import Person, PersonId, Role
from monitor.store import people
from monitor.store.engine import Database
from monitor.store.people import PersonExists, PersonUnknown
from tests.stored import NOW

AMINA = Person(PersonId("amina"), "Amina", Role.MODERATOR, frozenset({"parks", "libraries"}), "U1")
CARYS = Person(PersonId("carys"), "Carys", Role.LEAD)


def add(database: Database, person: Person, password_hash: str | None = None) -> None:
    with database.transaction() as tx:
        people.add(tx, person, password_hash=password_hash, now=NOW)


def save(database: Database, person: Person) -> None:
    with database.transaction() as tx:
        people.save(tx, person)


def by_id(database: Database, person_id: str) -> Person | None:
    with database.reading() as reading:
        return people.by_id(reading, person_id)


def by_slack(database: Database, slack_user_id: str) -> Person | None:
    with database.reading() as reading:
        return people.by_slack_user(reading, slack_user_id)


def password(database: Database, person_id: str) -> str | None:
    with database.reading() as reading:
        return people.password_hash(reading, person_id)


def test_people_come_back_as_they_were_added(database):
    add(database, CARYS)
    add(database, AMINA)

    assert by_id(database, "amina") == AMINA
    assert by_slack(database, "U1") == AMINA
    assert by_id(database, "dov") is None
    assert by_slack(database, "U9") is None
    with database.reading() as reading:
        assert people.all_people(reading) == (AMINA, CARYS)


@pytest.mark.parametrize(
    "second", [replace(CARYS, id=AMINA.id), replace(CARYS, slack_user_id="U1")]
)
def test_an_identifier_and_a_slack_identity_belong_to_one_person(database, second):
    add(database, AMINA)

    with pytest.raises(PersonExists, match="belongs to somebody already"):
        add(database, second)

    assert by_id(database, "amina") == AMINA


def test_a_person_can_be_changed(database):
    add(database, AMINA, "hash")
    moved = replace(AMINA, name="Amina B.", role=Role.LEAD, services=frozenset())

    save(database, moved)

    assert by_id(database, "amina") == moved
    assert password(database, "amina") == "hash"


def test_a_slack_identity_cannot_be_taken_from_somebody_even_if_they_left(database):
    add(database, replace(AMINA, active=False))
    add(database, CARYS)

    with pytest.raises(PersonExists):
        save(database, replace(CARYS, slack_user_id="U1"))


def test_nobody_unknown_is_changed(database):
    with pytest.raises(PersonUnknown, match="nobody called carys"):
        save(database, CARYS)


def test_a_person_who_left_is_not_found_through_slack_and_has_no_password(database):
    add(database, AMINA, "hash")

    save(database, replace(AMINA, active=False))

    assert by_slack(database, "U1") is None
    assert password(database, "amina") is None
    assert by_id(database, "amina") == replace(AMINA, active=False)


def test_a_password_can_be_set_and_taken_away(database):
    add(database, AMINA)
    assert password(database, "amina") is None

    for wanted in ("hash", "other", None):
        with database.transaction() as tx:
            people.set_password(tx, AMINA.id, password_hash=wanted)
        assert password(database, "amina") == wanted


def test_a_password_of_nobody_cannot_be_set(database):
    with pytest.raises(PersonUnknown), database.transaction() as tx:
        people.set_password(tx, AMINA.id, password_hash="hash")

    assert password(database, "amina") is None
