from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from monitor.alerting.contract import Offer
from monitor.alerting.slack_modals import Memory
from monitor.desk.presses import (
    UNLINKED,
    Corrections,
    Done,
    Press,
    Presses,
    Shown,
    Submission,
    Told,
    wants_a_view,
)
from monitor.desk.scripted import example_floor
from monitor.desk.slack_payloads import acknowledgement, read_press, read_submission
from monitor.domain.case import CaseId, CaseState, DecisionOrder, DecisionOutcome
from monitor.sandbox.slack_limits import complaints_about_view

NOW = datetime(2026, 11, 21, 10, 16, tzinfo=UTC)


@pytest.fixture
def floor():
    return example_floor(lambda: NOW)


def press(offer, case_id=412, version=1, user="U0AMINA"):
    return Press("slack:T:U:1", user, offer, CaseId(case_id), version)


def submission(offer, outcome, fields, case_id=413, version=2, user="U0AMINA"):
    memory = Memory(case_id, version, offer, outcome)
    return Submission(f"slack:T:{user}:V1", user, memory, fields)


def state(floor, case_id):
    return floor.case(CaseId(case_id)).case.state


def words(view):
    return json.dumps(view, ensure_ascii=False)


def test_claiming_takes_the_case_and_asks_for_the_card_to_be_redrawn(floor):
    answer = Presses(floor).answer(press(Offer.CLAIM))

    assert isinstance(answer, Done)
    assert state(floor, 412) is CaseState.CLAIMED
    assert floor.nudged == 1


def test_a_second_moderator_is_told_who_claimed_it(floor):
    answer = Presses(floor).answer(press(Offer.CLAIM, case_id=413, version=2, user="U0BEDE"))

    assert answer.sentence == "WM-413 was claimed by amina at 10:00 UTC."
    assert floor.nudged == 0


def test_releasing_puts_the_case_back(floor):
    assert isinstance(Presses(floor).answer(press(Offer.RELEASE, 413, 2)), Done)
    assert state(floor, 413) is CaseState.OPEN


def test_taking_back_claims_an_escalated_case(floor):
    assert isinstance(Presses(floor).answer(press(Offer.TAKE_BACK, 414, 3)), Done)
    assert state(floor, 414) is CaseState.CLAIMED


def test_somebody_who_is_not_linked_is_told_whom_to_ask(floor):
    answer = Presses(floor).answer(press(Offer.CLAIM, user="U0GUEST"))

    assert answer == Told(UNLINKED, stranger=True)
    assert state(floor, 412) is CaseState.OPEN


def test_a_case_that_is_gone_is_said_to_be_gone(floor):
    answer = Presses(floor).answer(press(Offer.CLAIM, case_id=999))

    assert answer.sentence == "There is no case WM-999 any more."


@pytest.mark.parametrize("offer", list(Offer))
def test_a_viewer_can_press_nothing(floor, offer):
    answer = Presses(floor).answer(press(offer, user="U0EUN"))

    assert isinstance(answer, Told)
    assert "Your role (viewer) may not" in answer.sentence
    assert state(floor, 412) is CaseState.OPEN
    assert floor.revealed == []


def test_somebody_of_another_team_is_told_whose_case_it_is(floor):
    answer = Presses(floor).answer(press(Offer.CLAIM, user="U0DOV"))

    assert answer.sentence.startswith("This case belongs to parks, and you answer for housing.")


def test_the_full_text_is_shown_after_it_is_on_the_record(floor):
    answer = Presses(floor).answer(press(Offer.REVEAL))

    assert floor.revealed == [(412, "amina")]
    assert "The text <!channel> in full." in words(answer.view)
    assert complaints_about_view(answer.view) == []


@pytest.mark.parametrize(
    ("offer", "case_id", "version"),
    [
        (Offer.HIDE, 413, 2),
        (Offer.KEEP, 413, 2),
        (Offer.ESCALATE, 413, 2),
        (Offer.RESTORE, 415, 4),
        (Offer.BY_HAND, 413, 2),
        (Offer.BY_HAND, 415, 4),
        (Offer.REVIEW, 415, 4),
    ],
)
def test_every_form_is_one_that_slack_takes(floor, offer, case_id, version):
    answer = Presses(floor).answer(press(offer, case_id, version))

    assert isinstance(answer, Shown)
    assert complaints_about_view(answer.view) == []
    assert wants_a_view(offer)


def test_the_clause_that_was_seen_comes_first_in_the_form(floor):
    view = Presses(floor).answer(press(Offer.HIDE, 413, 2)).view

    groups = view["blocks"][1]["element"]["option_groups"]
    assert [(g["label"]["text"], [o["value"] for o in g["options"]]) for g in groups] == [
        ("Seen in this comment", ["abuse"]),
        ("Other clauses of the standard", ["threat", "spam"]),
    ]


def test_a_duty_of_care_is_never_offered_as_a_reason_to_hide(floor):
    hide = Presses(floor).answer(press(Offer.HIDE, 416, 2)).view
    escalate = Presses(floor).answer(press(Offer.ESCALATE, 416, 2)).view

    assert "RS-12" not in words(hide)
    assert "RS-12" in words(escalate)


def test_escalation_offers_the_advised_route_first_with_who_and_how_soon(floor):
    view = Presses(floor).answer(press(Offer.ESCALATE, 413, 2)).view

    options = view["blocks"][2]["element"]["options"]
    assert [(each["text"]["text"], each["description"]["text"]) for each in options] == [
        ("Human resources", "Answers within 4 hours. Name the member of staff."),
        ("Legal services", "Answers within 1 day."),
        ("Police", "Answers within 15 minutes. Immediate danger is 999."),
    ]


def test_a_form_for_a_hidden_comment_done_by_hand_is_about_restoring_it(floor):
    view = Presses(floor).answer(press(Offer.BY_HAND, 415, 4)).view

    assert json.loads(view["private_metadata"])["outcome"] == "restore"


def test_an_outdated_card_opens_no_form_and_says_where_the_case_stands(floor):
    answer = Presses(floor).answer(press(Offer.HIDE, 413, 1))

    assert answer.sentence == ("This card was out of date. WM-413 now: Claimed by Amina at 10:00.")


def test_a_form_without_clause_and_reason_comes_back_with_both_named(floor):
    answer = Presses(floor).submit(
        submission(Offer.HIDE, DecisionOutcome.HIDE, {"clause": None, "note": "  "})
    )

    assert answer.by_field == {
        "clause": "Choose the clause of the standard that this rests on.",
        "note": "Say in one line why this step is proportionate.",
    }
    assert floor.decided == {}


def test_keeping_needs_no_reason_but_a_clause(floor):
    presses = Presses(floor)

    refused = presses.submit(submission(Offer.KEEP, DecisionOutcome.KEEP, {}))
    kept = presses.submit(submission(Offer.KEEP, DecisionOutcome.KEEP, {"clause": "abuse"}))

    assert list(refused.by_field) == ["clause"]
    assert isinstance(kept, Done)
    assert state(floor, 413) is CaseState.CLOSED


def test_escalating_needs_somebody_to_escalate_to(floor):
    fields = {"clause": "abuse", "note": "A named member of staff is insulted."}
    presses = Presses(floor)

    refused = presses.submit(submission(Offer.ESCALATE, DecisionOutcome.ESCALATE, fields))
    sent = presses.submit(
        submission(Offer.ESCALATE, DecisionOutcome.ESCALATE, {**fields, "route": "hr"})
    )

    assert refused.by_field == {"route": "Choose whom to escalate to."}
    assert isinstance(sent, Done)
    assert floor.case(CaseId(413)).case.escalated_to == "hr"


def test_done_by_hand_must_be_stated(floor):
    fields = {"clause": "abuse", "note": "Hidden on the page itself."}
    presses = Presses(floor)

    refused = presses.submit(submission(Offer.BY_HAND, DecisionOutcome.HIDE, fields))
    stated = presses.submit(
        submission(Offer.BY_HAND, DecisionOutcome.HIDE, {**fields, "by_hand": "yes"})
    )

    assert list(refused.by_field) == ["by_hand"]
    assert isinstance(stated, Done)
    order = DecisionOrder(
        DecisionOutcome.HIDE, "abuse", "Hidden on the page itself.", None, by_hand=True
    )
    assert [order] == list(floor.decided.values())


def test_a_review_needs_its_reason(floor):
    presses = Presses(floor)

    refused = presses.submit(submission(Offer.REVIEW, None, {"note": None}, 415, 4))
    opened = presses.submit(submission(Offer.REVIEW, None, {"note": "Asked to"}, 415, 4))

    assert isinstance(refused, Corrections)
    assert isinstance(opened, Done)
    assert state(floor, 415) is CaseState.CLAIMED


def test_the_same_submission_twice_is_one_decision(floor):
    presses = Presses(floor)
    sent = submission(Offer.HIDE, DecisionOutcome.HIDE, {"clause": "abuse", "note": "Insults"})

    first, second = presses.submit(sent), presses.submit(sent)

    assert isinstance(first, Done)
    assert isinstance(second, Done)
    assert list(floor.decided) == ["slack:T:U0AMINA:V1"]


def test_whoever_comes_second_with_a_form_is_told_who_decided(floor):
    presses = Presses(floor)
    fields = {"clause": "abuse", "note": "Insults"}
    presses.submit(submission(Offer.HIDE, DecisionOutcome.HIDE, fields))

    answer = presses.submit(submission(Offer.HIDE, DecisionOutcome.HIDE, fields, user="U0BEDE"))

    assert answer.sentence == "WM-413: Amina decided to hide it at 10:16."


def test_a_stranger_cannot_submit_a_form(floor):
    answer = Presses(floor).submit(submission(Offer.HIDE, DecisionOutcome.HIDE, {}, user="U0GUEST"))

    assert answer == Told(UNLINKED, stranger=True)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"actions": []},
        {"actions": [{"action_id": "hide"}]},
        {"actions": [{"action_id": "somebody-elses", "value": "412:1"}]},
        {
            "actions": [{"action_id": "hide", "value": "412", "action_ts": "1"}],
            "team": {"id": "T"},
            "user": {"id": "U"},
        },
        {"actions": [{"action_id": "hide", "value": None}], "team": None, "user": None},
    ],
)
def test_what_is_no_button_of_ours_is_no_press(payload):
    assert read_press(payload) is None


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"view": {"private_metadata": "{}", "state": {"values": {}}}},
        {
            "view": {"id": "V", "private_metadata": "[]", "state": {"values": {}}},
            "team": {"id": "T"},
            "user": {"id": "U"},
        },
        {
            "view": {"id": "V", "private_metadata": "no json", "state": {"values": {}}},
            "team": {"id": "T"},
            "user": {"id": "U"},
        },
    ],
)
def test_what_is_no_form_of_ours_is_no_submission(payload):
    assert read_submission(payload) is None


def test_a_refused_form_is_acknowledged_with_a_page_that_says_why(floor):
    answer = Presses(floor).submit(submission(Offer.HIDE, DecisionOutcome.HIDE, {}, user="U0EUN"))

    said = acknowledgement(answer)

    assert said["response_action"] == "update"
    assert "may not hide comments" in words(said["view"])
    assert complaints_about_view(said["view"]) == []
