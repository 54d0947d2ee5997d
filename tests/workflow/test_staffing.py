from __future__ import annotations

import pytest

from monitor.domain.case import Refused
from monitor.domain.people import Person, PersonId, Role
from monitor.store import people
from monitor.workflow import staffing

FENN = Person(PersonId("fenn"), "Fenn", Role.MODERATOR, slack_user_id="U0FENN")


def test_a_person_comes_with_a_line_in_the_record(bench) -> None:
    staffing.add_person(bench.services, FENN, password_hash="$argon2id$x", actor="operator")

    with bench.services.database.reading() as reading:
        assert people.by_id(reading, FENN.id) == FENN
        assert people.password_hash(reading, FENN.id) == "$argon2id$x"
    assert bench.audit()[0] == "person.added"


def test_a_person_need_not_be_in_slack(bench) -> None:
    quiet = Person(PersonId("fenn"), "Fenn", Role.VIEWER)
    staffing.add_person(bench.services, quiet, password_hash=None, actor="operator")

    with bench.services.database.reading() as reading:
        assert people.by_id(reading, quiet.id) == quiet


def test_an_identifier_is_given_once(bench) -> None:
    with pytest.raises(Refused, match="somebody called 'amina' already"):
        staffing.add_person(
            bench.services,
            Person(PersonId("amina"), "Another", Role.VIEWER),
            password_hash=None,
            actor="operator",
        )


def test_a_slack_identity_is_one_persons(bench) -> None:
    theirs = Person(PersonId("fenn"), "Fenn", Role.MODERATOR, slack_user_id="U0AMINA")
    with pytest.raises(Refused, match="linked to 'amina' already"):
        staffing.add_person(bench.services, theirs, password_hash=None, actor="operator")


def test_linking_makes_presses_count_and_twice_is_harmless(bench) -> None:
    for _ in range(2):
        linked = staffing.link_slack(
            bench.services, PersonId("bede"), "U0NEWBEDE", actor="operator"
        )

    assert linked.slack_user_id == "U0NEWBEDE"
    with bench.services.database.reading() as reading:
        found = people.by_slack_user(reading, "U0NEWBEDE")
    assert found == linked
    assert bench.audit()[0] == "person.linked"


def test_a_slack_identity_cannot_be_taken_from_somebody(bench) -> None:
    with pytest.raises(Refused, match="linked to 'carys' already"):
        staffing.link_slack(bench.services, PersonId("bede"), "U0CARYS", actor="operator")


def test_nobody_cannot_be_linked(bench) -> None:
    with pytest.raises(Refused, match="nobody called 'zed'"):
        staffing.link_slack(bench.services, PersonId("zed"), "U0ZED", actor="operator")
