from __future__ import annotations

import pytest

from monitor.alerting.contract import Offer
from monitor.desk.permissions import DeskAct, act_for, may, refusal
from monitor.domain.people import Person, PersonId, Role

PARKS = frozenset({"parks"})
AMINA = Person(PersonId("amina"), "Amina", Role.MODERATOR, PARKS)
CARYS = Person(PersonId("carys"), "Carys", Role.LEAD, PARKS)
DOV = Person(PersonId("dov"), "Dov", Role.MODERATOR, frozenset({"housing", "roads"}))
EUN = Person(PersonId("eun"), "Eun", Role.VIEWER, PARKS)
CLERK = Person(PersonId("clerk"), "A records officer", Role.RECORDS)
ADMIN = Person(PersonId("admin"), "An administrator", Role.ADMINISTRATOR)
DECISIONS = (DeskAct.HIDE, DeskAct.KEEP, DeskAct.ESCALATE, DeskAct.RESTORE)


@pytest.mark.parametrize("act", DECISIONS)
def test_a_moderator_decides_cases_of_their_own_service(act):
    assert refusal(AMINA, act, service="parks") is None


@pytest.mark.parametrize("act", DECISIONS)
def test_a_moderator_of_another_team_is_told_whose_case_it_is(act):
    assert refusal(DOV, act, service="parks") == (
        "This case belongs to parks, and you answer for housing, roads. "
        "A moderator of parks or a lead can do it."
    )


def test_a_moderator_without_a_list_of_services_answers_for_all():
    anywhere = Person(PersonId("fay"), "Fay", Role.MODERATOR)

    assert may(anywhere, DeskAct.HIDE, service="parks")


@pytest.mark.parametrize("act", DECISIONS)
def test_a_lead_decides_everywhere(act):
    assert refusal(CARYS, act, service="housing") is None


@pytest.mark.parametrize("act", [each for each in DeskAct if each is not DeskAct.VIEW])
def test_a_viewer_may_look_and_nothing_else(act):
    assert refusal(EUN, act, service="parks") is not None
    assert refusal(EUN, DeskAct.VIEW, service="parks") is None


def test_a_viewer_looks_at_their_own_service_only():
    assert refusal(EUN, DeskAct.VIEW, service="housing") is not None


def test_a_viewer_is_told_what_their_role_lacks():
    assert refusal(EUN, DeskAct.HIDE, service="parks") == (
        "Your role (viewer) may not hide comments. Ask an administrator if your role should change."
    )


def test_records_read_everything_and_decide_nothing():
    readable = {DeskAct.VIEW, DeskAct.REVEAL, DeskAct.SEE_AUDIT, DeskAct.RUN_REPORT}

    assert readable == {act for act in DeskAct if may(CLERK, act, service="parks")}


def test_an_administrator_manages_people_and_decides_nothing():
    granted = {DeskAct.VIEW, DeskAct.MANAGE_PEOPLE, DeskAct.CHANGE_SETTINGS}

    assert granted == {act for act in DeskAct if may(ADMIN, act, service="")}


def test_only_administrators_manage_people():
    assert [
        each
        for each in (AMINA, CARYS, EUN, CLERK, ADMIN)
        if may(each, DeskAct.MANAGE_PEOPLE, service="")
    ] == [ADMIN]


def test_what_belongs_to_no_service_asks_for_the_role_alone():
    assert may(DOV, DeskAct.VIEW, service="")


def test_somebody_whose_access_was_switched_off_may_not_even_look():
    gone = Person(PersonId("amina"), "Amina", Role.LEAD, PARKS, active=False)

    assert refusal(gone, DeskAct.VIEW, service="parks") == (
        "Your access has been switched off. Ask an administrator if that is a mistake."
    )


@pytest.mark.parametrize("offer", list(Offer))
def test_every_button_asks_for_something_that_viewers_may_not_do(offer):
    assert not may(EUN, act_for(offer), service="parks")


def test_saying_that_it_was_done_by_hand_needs_the_right_to_hide():
    assert act_for(Offer.BY_HAND) is DeskAct.HIDE
