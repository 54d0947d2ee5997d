from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from config.standards import ClauseId, Lane, Severity
from connectors.contract import ChannelId
from monitor.domain.case import (
    NOTE_LIMIT,
    Case,
    CaseId,
    CaseState,
    DecisionOrder,
    DecisionOutcome,
    Refused,
    claim,
    close,
    decide,
    found,
    lapse,
    reassess,
    reference,
    release,
    reopen,
)
from monitor.domain.people import PersonId

NOW = datetime(2026, 11, 18, 10, 15, tzinfo=UTC)
LEASE = timedelta(minutes=15)
AMINA, BEDE = PersonId("amina"), PersonId("bede")
ABUSE, HATE, WELFARE = ClauseId("abuse"), ClauseId("hate"), ClauseId("welfare")

OPEN = Case(
    id=CaseId(412),
    channel_id=ChannelId("facebook-parks"),
    comment_id=7,
    lane=Lane.BREACH,
    severity=Severity.S3,
    clauses=(ABUSE,),
    state=CaseState.OPEN,
    version=1,
    opened_at=NOW,
)
CLAIMED = claim(OPEN, AMINA, now=NOW, lease=LEASE)
HIDE = DecisionOrder(DecisionOutcome.HIDE, ABUSE, "A warning did not help.")
KEEP = DecisionOrder(DecisionOutcome.KEEP, ABUSE)
RESTORE = DecisionOrder(DecisionOutcome.RESTORE, ABUSE, "It was a quotation.")
ESCALATE = DecisionOrder(DecisionOutcome.ESCALATE, ABUSE, "It names a home.", route="police")
DECIDED = decide(CLAIMED, HIDE, AMINA, now=NOW)
ESCALATED = decide(CLAIMED, ESCALATE, AMINA, now=NOW)
HIDDEN = close(DECIDED, now=NOW, hidden=True)
KEPT = decide(CLAIMED, KEEP, AMINA, now=NOW)


def refusal(move, *args, **kwargs) -> str:
    with pytest.raises(Refused) as refused:
        move(*args, **kwargs)
    assert str(refused.value) == refused.value.sentence
    return refused.value.sentence


def hidden_again(case: Case) -> Case:
    return claim(reopen(case), AMINA, now=NOW, lease=LEASE)


def test_people_name_a_case_by_its_reference():
    assert OPEN.reference == reference(CaseId(412)) == "WM-412"


def test_claiming_gives_the_case_to_one_person_for_the_lease():
    assert CLAIMED.state is CaseState.CLAIMED
    assert CLAIMED.holder == AMINA
    assert CLAIMED.held_since == NOW
    assert CLAIMED.held_until == NOW + LEASE
    assert CLAIMED.version == 2


def test_claiming_again_renews_the_lease_and_keeps_since_when():
    renewed = claim(CLAIMED, AMINA, now=NOW + LEASE / 3, lease=LEASE)

    assert renewed.held_since == NOW
    assert renewed.held_until == NOW + LEASE / 3 + LEASE
    assert renewed.version == 3


def test_a_second_moderator_is_told_who_has_the_case_and_since_when():
    told = refusal(claim, CLAIMED, BEDE, now=NOW, lease=LEASE)

    assert told == "WM-412 was claimed by amina at 10:15 UTC."


def test_a_case_held_without_a_time_is_told_without_one():
    timeless = replace(CLAIMED, held_since=None)

    assert refusal(release, timeless, BEDE) == "WM-412 was claimed by amina."


@pytest.mark.parametrize(
    ("case", "told"),
    [
        (DECIDED, "WM-412 is decided and waits for the platform."),
        (KEPT, "WM-412 is closed. Ask for a review to open it again."),
    ],
)
def test_what_is_decided_cannot_be_claimed(case, told):
    assert refusal(claim, case, AMINA, now=NOW, lease=LEASE) == told


def test_an_escalated_case_is_taken_back_by_claiming_it():
    taken = claim(ESCALATED, BEDE, now=NOW + LEASE, lease=LEASE)

    assert taken.state is CaseState.CLAIMED
    assert taken.holder == BEDE
    assert taken.held_since == NOW + LEASE
    assert taken.escalated_to is None


def test_a_released_case_is_open_and_nobody_holds_it():
    released = release(CLAIMED, AMINA)

    assert (released.state, released.version) == (CaseState.OPEN, 3)
    assert (released.holder, released.held_since, released.held_until) == (None, None, None)


@pytest.mark.parametrize(
    ("case", "told"),
    [
        (OPEN, "Claim WM-412 first, so that two people do not decide it."),
        (CLAIMED, "WM-412 was claimed by amina at 10:15 UTC."),
        (ESCALATED, "WM-412 is escalated to police. Take it back first."),
        (DECIDED, "WM-412 is decided and waits for the platform."),
        (KEPT, "WM-412 is closed. Ask for a review to open it again."),
    ],
)
def test_only_the_holder_may_release_or_decide(case, told):
    assert refusal(release, case, BEDE) == told
    assert refusal(decide, case, KEEP, BEDE, now=NOW) == told


def test_a_claim_lapses_when_its_lease_is_over_and_not_before():
    just_before = NOW + LEASE - timedelta(seconds=1)

    assert refusal(lapse, CLAIMED, now=just_before) == "WM-412 is not overdue."
    assert lapse(CLAIMED, now=NOW + LEASE).state is CaseState.OPEN


@pytest.mark.parametrize(
    "case", [OPEN, DECIDED, ESCALATED, KEPT, replace(CLAIMED, held_until=None)]
)
def test_nothing_else_lapses(case):
    assert refusal(lapse, case, now=NOW + 9 * LEASE) == "WM-412 is not overdue."


def test_a_hide_waits_for_the_platform_and_remembers_who_decided():
    assert DECIDED.state is CaseState.DECIDED
    assert DECIDED.holder == AMINA
    assert DECIDED.closed_at is None
    assert not DECIDED.hidden


def test_a_keep_closes_at_once():
    assert KEPT.state is CaseState.CLOSED
    assert KEPT.closed_at == NOW
    assert KEPT.holder is None
    assert not KEPT.hidden


def test_an_escalation_names_its_route_and_frees_the_holder():
    assert ESCALATED.state is CaseState.ESCALATED
    assert ESCALATED.escalated_to == "police"
    assert ESCALATED.holder is None


def test_what_the_platform_confirms_closes_the_case():
    assert HIDDEN.state is CaseState.CLOSED
    assert HIDDEN.hidden
    assert HIDDEN.closed_at == NOW
    assert HIDDEN.holder is None


@pytest.mark.parametrize("case", [OPEN, CLAIMED, ESCALATED, KEPT])
def test_only_a_decided_case_can_be_confirmed(case):
    told = refusal(close, case, now=NOW, hidden=True)

    assert told == "WM-412 is not waiting for the platform."


def test_a_hide_by_hand_closes_and_hides_without_the_platform():
    done = decide(CLAIMED, replace(HIDE, by_hand=True), AMINA, now=NOW)

    assert (done.state, done.hidden, done.closed_at) == (CaseState.CLOSED, True, NOW)


def test_a_restore_by_hand_closes_and_shows():
    again = hidden_again(HIDDEN)

    done = decide(again, replace(RESTORE, by_hand=True), AMINA, now=NOW)

    assert (done.state, done.hidden) == (CaseState.CLOSED, False)


def test_a_restore_waits_for_the_platform():
    waiting = decide(hidden_again(HIDDEN), RESTORE, AMINA, now=NOW)

    assert (waiting.state, waiting.hidden) == (CaseState.DECIDED, True)
    assert not close(waiting, now=NOW, hidden=False).hidden


def test_a_refused_case_is_open_again_and_says_what_to_do_by_hand():
    refused = reopen(DECIDED, by_hand="Hide it at the page itself.")

    assert refused.state is CaseState.OPEN
    assert refused.by_hand == "Hide it at the page itself."
    assert refused.holder is None
    claimed = claim(refused, BEDE, now=NOW, lease=LEASE)
    assert claimed.by_hand == "Hide it at the page itself."
    assert decide(claimed, KEEP, BEDE, now=NOW).by_hand == ""


def test_a_review_opens_a_closed_case_and_keeps_what_is_hidden():
    opened = reopen(HIDDEN)

    assert (opened.state, opened.closed_at, opened.hidden) == (CaseState.OPEN, None, True)


def test_a_comment_that_drifted_back_into_view_can_be_hidden_again():
    drifted = reopen(HIDDEN, hidden=False)
    claimed = claim(drifted, AMINA, now=NOW, lease=LEASE)

    assert decide(claimed, HIDE, AMINA, now=NOW).state is CaseState.DECIDED


@pytest.mark.parametrize("case", [OPEN, CLAIMED, ESCALATED])
def test_an_undecided_case_cannot_be_opened_again(case):
    assert refusal(reopen, case) == "WM-412 is already open."


@pytest.mark.parametrize(
    ("order", "told"),
    [
        (
            replace(HIDE, clause=None),
            "Choose the clause of the standard that this decision rests on.",
        ),
        (
            replace(ESCALATE, clause=None),
            "Choose the clause of the standard that this decision rests on.",
        ),
        (replace(HIDE, note=" \n"), "Say in one line why this step is proportionate."),
        (replace(ESCALATE, note=""), "Say in one line why this step is proportionate."),
        (replace(ESCALATE, route=None), "Choose whom to escalate to."),
        (replace(ESCALATE, route=""), "Choose whom to escalate to."),
        (
            replace(KEEP, clause=None),
            "Choose the clause that you considered, so that the record is whole.",
        ),
        (replace(HIDE, note="x" * (NOTE_LIMIT + 1)), "Keep the note to 500 characters or fewer."),
        (replace(KEEP, note="x" * (NOTE_LIMIT + 1)), "Keep the note to 500 characters or fewer."),
        (RESTORE, "WM-412 is not hidden."),
        (
            replace(HIDE, clause=WELFARE),
            (
                "Welfare is a duty of care, never a reason to hide. Escalate it, "
                "or cite the clause that the words breach."
            ),
        ),
    ],
)
def test_an_incomplete_decision_is_refused_with_what_is_missing(order, told):
    assert refusal(decide, CLAIMED, order, AMINA, now=NOW) == told


def test_a_hidden_comment_is_not_hidden_twice():
    told = refusal(decide, hidden_again(HIDDEN), HIDE, AMINA, now=NOW)

    assert told == "WM-412 is hidden already."


def test_a_note_at_the_limit_is_taken():
    order = replace(HIDE, note="x" * NOTE_LIMIT)

    assert decide(CLAIMED, order, AMINA, now=NOW).state is CaseState.DECIDED


def test_a_case_without_clauses_may_be_kept_without_one():
    unread = replace(CLAIMED, lane=Lane.UNSURE, clauses=())

    kept = decide(unread, replace(KEEP, clause=None), AMINA, now=NOW)

    assert kept.state is CaseState.CLOSED


def test_a_welfare_case_may_be_hidden_under_the_clause_that_the_words_breach():
    distressed = replace(CLAIMED, lane=Lane.WELFARE, clauses=(ABUSE, WELFARE))

    assert decide(distressed, HIDE, AMINA, now=NOW).state is CaseState.DECIDED


def test_an_edit_that_makes_it_worse_leads_with_what_is_worse():
    worse = reassess(CLAIMED, lane=Lane.BREACH, severity=Severity.S2, clauses=(HATE,))

    assert worse.severity is Severity.S2
    assert worse.clauses == (HATE, ABUSE)
    assert (worse.state, worse.holder) == (CaseState.CLAIMED, AMINA)


def test_an_edit_that_shows_somebody_at_risk_moves_to_welfare():
    at_risk = reassess(OPEN, lane=Lane.WELFARE, severity=Severity.S1, clauses=(WELFARE,))

    assert at_risk.lane is Lane.WELFARE
    assert at_risk.clauses == (WELFARE, ABUSE)


@pytest.mark.parametrize(
    ("lane", "severity", "clauses"),
    [
        (Lane.CLEAR, None, ()),
        (Lane.UNSURE, Severity.S4, ()),
        (Lane.BREACH, Severity.S4, (ClauseId("language"),)),
    ],
)
def test_an_edit_never_lowers_what_nobody_has_decided(lane, severity, clauses):
    milder = reassess(OPEN, lane=lane, severity=severity, clauses=clauses)

    assert (milder.lane, milder.severity) == (Lane.BREACH, Severity.S3)
    assert milder.clauses == (ABUSE, *clauses)
    assert milder.version == 2


def test_a_clause_is_named_once_however_often_it_is_found():
    again = reassess(OPEN, lane=Lane.BREACH, severity=Severity.S3, clauses=(ABUSE, HATE))

    assert again.clauses == (ABUSE, HATE)


def test_an_edit_after_the_decision_waits_for_a_person_as_what_it_is_now():
    edited = reassess(
        HIDDEN, lane=Lane.BREACH, severity=Severity.S4, clauses=(ClauseId("language"),)
    )

    assert (edited.state, edited.severity) == (CaseState.OPEN, Severity.S4)
    assert edited.clauses == (ClauseId("language"),)
    assert edited.closed_at is None
    assert edited.hidden
    assert edited.version == HIDDEN.version + 1


def test_an_edit_that_needs_nobody_leaves_a_closed_case_closed():
    assert reassess(KEPT, lane=Lane.CLEAR, severity=None, clauses=()) is KEPT


PEOPLE = st.sampled_from([AMINA, BEDE])
ORDERS = st.builds(
    DecisionOrder,
    outcome=st.sampled_from(DecisionOutcome),
    clause=st.sampled_from([None, ABUSE, HATE, WELFARE]),
    note=st.sampled_from(["", "proportionate", "x" * 501]),
    route=st.sampled_from([None, "police"]),
    by_hand=st.booleans(),
)
DRAWN = {
    CaseState.OPEN: {CaseState.OPEN, CaseState.CLAIMED},
    CaseState.CLAIMED: set(CaseState),
    CaseState.ESCALATED: {CaseState.ESCALATED, CaseState.CLAIMED},
    CaseState.DECIDED: {CaseState.DECIDED, CaseState.OPEN, CaseState.CLOSED},
    CaseState.CLOSED: {CaseState.CLOSED, CaseState.OPEN},
}


class CaseLife(RuleBasedStateMachine):
    """Any moves by anyone, in any order; refused ones change nothing."""

    @initialize(lane=st.sampled_from([Lane.BREACH, Lane.WELFARE, Lane.UNSURE]))
    def open(self, lane):
        self.case = replace(OPEN, lane=lane)
        self.now = NOW
        self.hides = 0
        self.last: DecisionOutcome | None = None

    def move(self, step) -> bool:
        before = self.case
        try:
            after = step(before)
        except Refused:
            return False
        assert after.state in DRAWN[before.state]
        if after is not before:
            assert after.version == before.version + 1
        self.case = after
        return after is not before

    @rule(by=PEOPLE)
    def claim(self, by):
        self.move(lambda case: claim(case, by, now=self.now, lease=LEASE))

    @rule(by=PEOPLE)
    def release(self, by):
        self.move(lambda case: release(case, by))

    @rule(minutes=st.integers(0, 20))
    def wait(self, minutes):
        self.now += timedelta(minutes=minutes)
        self.move(lambda case: lapse(case, now=self.now))

    @rule(order=ORDERS, by=PEOPLE)
    def decide(self, order, by):
        holder, hidden = self.case.holder, self.case.hidden
        if self.move(lambda case: decide(case, order, by, now=self.now)):
            assert by == holder
            assert order.outcome is DecisionOutcome.KEEP or order.clause is not None
            if order.outcome is DecisionOutcome.HIDE:
                assert not hidden
                assert order.clause != WELFARE
                self.hides += 1
            self.last = order.outcome

    @precondition(lambda self: self.case.state is CaseState.DECIDED)
    @rule()
    def platform_confirms(self):
        assert self.move(
            lambda case: close(case, now=self.now, hidden=self.last is DecisionOutcome.HIDE)
        )

    @rule(by_hand=st.sampled_from(["", "Hide it at the page itself."]))
    def refused_or_reviewed(self, by_hand):
        self.move(lambda case: reopen(case, by_hand=by_hand))

    @precondition(lambda self: self.case.state is CaseState.CLOSED and self.case.hidden)
    @rule()
    def drifts(self):
        assert self.move(lambda case: reopen(case, hidden=False))

    @rule(
        lane=st.sampled_from([Lane.BREACH, Lane.WELFARE, Lane.UNSURE]),
        severity=st.sampled_from([None, *Severity]),
        clauses=st.lists(st.sampled_from([ABUSE, HATE, WELFARE]), unique=True).map(tuple),
    )
    def edit(self, lane, severity, clauses):
        before = self.case
        self.move(lambda case: reassess(case, lane=lane, severity=severity, clauses=clauses))
        if before.state is not CaseState.CLOSED:
            assert self.case.severity.rank <= before.severity.rank
            assert set(before.clauses) <= set(self.case.clauses)

    @invariant()
    def is_whole(self):
        case = self.case
        held = case.state is CaseState.CLAIMED
        assert (case.held_until is not None) == held
        assert (case.holder is not None) == (held or case.state is CaseState.DECIDED)
        assert (case.escalated_to is not None) == (case.state is CaseState.ESCALATED)
        assert (case.closed_at is not None) == (case.state is CaseState.CLOSED)
        assert len(set(case.clauses)) == len(case.clauses)

    @invariant()
    def what_is_hidden_was_decided(self):
        assert self.hides or not self.case.hidden


CaseLife.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestCaseLife = CaseLife.TestCase


@pytest.mark.parametrize(
    "moved", [reopen(HIDDEN), claim(reopen(HIDDEN), AMINA, now=NOW, lease=LEASE)]
)
def test_a_look_that_finds_it_otherwise_leaves_the_case_in_the_same_hands(moved):
    seen = found(moved, hidden=False)

    assert seen == replace(moved, hidden=False, version=moved.version + 1)


def test_a_comment_found_public_while_its_case_is_open_can_be_hidden_again():
    held = claim(found(reopen(HIDDEN), hidden=False), AMINA, now=NOW, lease=LEASE)

    assert decide(held, HIDE, AMINA, now=NOW).state is CaseState.DECIDED


@pytest.mark.parametrize("case", [DECIDED, HIDDEN])
def test_a_case_in_nobodys_hands_is_not_changed_by_a_look(case):
    assert "not in anybody's hands" in refusal(found, case, hidden=False)
