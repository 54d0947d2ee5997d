from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from config.standards import ClauseId
from monitor.domain.case import (
    CaseId,
    CaseState,
    DecisionOrder,
    DecisionOutcome,
    EnforcementState,
    Refused,
)
from monitor.store import cases, evidence
from monitor.workflow import decide
from tests.cast import AMINA, BEDE, CARYS

HIDE = DecisionOrder(DecisionOutcome.HIDE, ClauseId("abuse"), "The least that protects.")


def press(bench, order=HIDE, *, by=AMINA, version=None, name="press-1"):
    case = bench.case()
    return decide.decide(
        bench.services,
        case.id,
        order,
        by=by,
        press=name,
        version=case.version if version is None else version,
    )


def test_claiming_makes_a_case_ones_own_for_a_while(bench) -> None:
    case = decide.claim(bench.services, bench.read().id, by=AMINA)

    assert (case.state, case.holder) == (CaseState.CLAIMED, AMINA.id)
    assert case.held_until == bench.clock() + timedelta(minutes=30)
    assert "case.claimed" in bench.audit()


def test_a_second_moderator_is_told_who_was_first_and_when(bench) -> None:
    case = bench.read()
    decide.claim(bench.services, case.id, by=AMINA)

    with pytest.raises(Refused, match="WM-1: Amina claimed it at 10:00"):
        decide.claim(bench.services, case.id, by=BEDE)


def test_claiming_ones_own_again_renews_it(bench) -> None:
    case = bench.read()
    decide.claim(bench.services, case.id, by=AMINA)
    bench.clock.advance(timedelta(minutes=20))

    renewed = decide.claim(bench.services, case.id, by=AMINA)
    assert renewed.held_until == bench.clock() + timedelta(minutes=30)


def test_a_case_that_does_not_exist_is_said_not_to(bench) -> None:
    with pytest.raises(Refused, match="There is no case WM-412"):
        decide.claim(bench.services, CaseId(412), by=AMINA)


def test_a_claimed_case_can_be_put_back(bench) -> None:
    case = bench.read()
    decide.claim(bench.services, case.id, by=AMINA)

    assert decide.release(bench.services, case.id, by=AMINA).state is CaseState.OPEN
    assert "case.released" in bench.audit()


def test_a_claim_that_ran_out_goes_back_to_the_queue(bench) -> None:
    case = bench.read()
    decide.claim(bench.services, case.id, by=AMINA)
    assert decide.lapse_due(bench.services) == 0
    bench.clock.advance(timedelta(minutes=31))

    assert decide.lapse_due(bench.services) == 1
    assert bench.case().state is CaseState.OPEN
    assert "case.lapsed" in bench.audit()
    bench.settle()
    assert bench.cards()[0].status == "Open: nobody has claimed it."


def test_a_holder_who_acts_in_the_moment_of_the_lapse_keeps_the_case(bench) -> None:
    first = bench.read()
    second = bench.read(native_id="c-2")
    for case in (first, second):
        decide.claim(bench.services, case.id, by=AMINA)
    bench.clock.advance(timedelta(minutes=31))

    def renew(name: str) -> None:
        if name == "lapse":
            bench.after_commit = lambda _name: None
            decide.claim(bench.services, second.id, by=AMINA)

    bench.after_commit = renew
    assert decide.lapse_due(bench.services) == 1
    assert bench.case("c-2").holder == AMINA.id


def test_a_decision_seals_its_evidence_and_asks_the_platform(bench) -> None:
    bench.read()
    decide.claim(bench.services, bench.case_id(), by=AMINA)
    decision = press(bench)

    page = bench.page()
    assert page.case.state is CaseState.DECIDED
    assert page.decisions == (decision,)
    assert page.enforcements[0].state is EnforcementState.REQUESTED
    assert {"enforce", "deliver"} <= {job for job, _ in bench.dispatcher.nudges}
    with bench.services.database.reading() as reading:
        assert len(evidence.evidence_of(reading, page.case.id)) == 1


def test_the_same_press_finds_the_same_decision(bench) -> None:
    bench.read()
    decide.claim(bench.services, bench.case_id(), by=AMINA)
    version = bench.case().version

    first = press(bench, version=version)
    second = press(bench, version=version)

    assert first == second
    assert bench.audit().count("case.decided") == 1


def test_a_press_on_an_old_picture_is_told_what_has_happened(bench) -> None:
    bench.read()
    decide.claim(bench.services, bench.case_id(), by=AMINA)
    version = bench.case().version
    press(bench)

    with pytest.raises(Refused, match="WM-1: Amina decided to hide it at 10:00"):
        press(bench, by=BEDE, version=version, name="press-2")


def test_a_press_on_a_case_that_went_back_is_told_to_look_again(bench) -> None:
    bench.read()
    decide.claim(bench.services, bench.case_id(), by=AMINA)
    version = bench.case().version
    decide.release(bench.services, bench.case_id(), by=AMINA)

    with pytest.raises(Refused, match="changed since you looked at it"):
        press(bench, version=version)


def test_deciding_what_somebody_else_holds_is_refused_by_name(bench) -> None:
    bench.read()
    decide.claim(bench.services, bench.case_id(), by=AMINA)

    with pytest.raises(Refused, match="Amina claimed it at 10:00"):
        press(bench, by=BEDE)
    assert bench.case().state is CaseState.CLAIMED


def test_an_incomplete_decision_writes_nothing(bench) -> None:
    bench.read()
    decide.claim(bench.services, bench.case_id(), by=AMINA)

    with pytest.raises(Refused, match="proportionate"):
        press(bench, replace(HIDE, note=" "))
    assert bench.page().decisions == ()


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        (replace(HIDE, clause=ClauseId("manners")), "no clause 'manners'"),
        (
            DecisionOrder(DecisionOutcome.ESCALATE, ClauseId("abuse"), "Why.", route="mayor"),
            "no escalation route 'mayor'",
        ),
    ],
)
def test_a_decision_names_only_what_there_is(bench, order, sentence) -> None:
    bench.read()
    decide.claim(bench.services, bench.case_id(), by=AMINA)

    with pytest.raises(Refused, match=sentence):
        press(bench, order)


def test_a_case_that_no_model_could_judge_may_be_kept_without_a_clause(bench) -> None:
    bench.read("", attachments=("photo",))

    assert bench.decide("keep", note="").state is CaseState.CLOSED


def test_what_was_done_by_hand_is_asked_of_nobody(bench) -> None:
    bench.read()
    case = bench.decide("hide", by_hand=True)
    bench.settle()

    assert case.state is CaseState.CLOSED
    assert bench.platform.acts == []
    assert bench.page().enforcements[0].state is EnforcementState.BY_HAND


def test_an_escalation_is_told_to_its_route(bench) -> None:
    bench.read()
    case = bench.decide("escalate", route="legal")
    bench.settle()

    assert case.state is CaseState.ESCALATED
    assert len(bench.notices("C0LEGAL")) == 1


def test_somebody_who_presses_on_an_escalated_case_is_told(bench) -> None:
    bench.read()
    decide.claim(bench.services, bench.case_id(), by=AMINA)
    version = bench.case().version
    press(bench, DecisionOrder(DecisionOutcome.ESCALATE, ClauseId("abuse"), "Why.", route="legal"))

    with pytest.raises(Refused, match="Amina escalated it at 10:00"):
        press(bench, by=BEDE, version=version, name="press-2")


def test_an_escalated_case_can_be_taken_back(bench) -> None:
    bench.read()
    case = bench.decide("escalate", route="legal")

    assert decide.claim(bench.services, case.id, by=CARYS).holder == CARYS.id


def test_revealing_is_written_down_first(bench) -> None:
    bench.read("You idiot, mend the swings.")
    revealed = decide.reveal(bench.services, bench.case_id(), by=AMINA)

    assert revealed.text == "You idiot, mend the swings."
    assert revealed.author_name == "Robin Resident"
    assert bench.audit()[0] == "case.revealed"
    assert "idiot" not in repr(bench.lines.said)


def test_what_is_closed_can_be_looked_at_again_for_a_reason(bench) -> None:
    bench.read()
    bench.decide("keep")

    with pytest.raises(Refused, match="in one line why"):
        decide.review(bench.services, bench.case_id(), by=CARYS, reason="  ")
    case = decide.review(bench.services, bench.case_id(), by=CARYS, reason="A complaint came.")
    assert (case.state, case.holder) == (CaseState.CLAIMED, CARYS.id)


def test_a_reason_is_as_short_as_a_note(bench) -> None:
    bench.read()
    bench.decide("keep")

    with pytest.raises(Refused, match="500 characters or fewer"):
        decide.review(bench.services, bench.case_id(), by=CARYS, reason="a" * 501)


def test_what_is_with_the_platform_is_not_reopened_by_a_review(bench) -> None:
    bench.read()
    bench.decide("hide")

    with pytest.raises(Refused, match="Amina decided to hide it at 10:00"):
        decide.review(bench.services, bench.case_id(), by=CARYS, reason="A complaint came.")
    assert bench.case().state is CaseState.DECIDED


def test_a_case_without_its_holder_or_moment_is_still_explained(bench) -> None:
    case = bench.read()
    with bench.services.database.transaction("by hand") as tx:
        broken = replace(case, state=CaseState.CLAIMED, version=case.version + 1)
        cases.save(tx, broken, from_version=case.version)

    with pytest.raises(Refused, match="somebody claimed it at an unknown time"):
        decide.claim(bench.services, case.id, by=BEDE)


class TestTwoAtOnce:
    """Between reading a case and saving it somebody else was faster: only a server lets them."""

    @pytest.fixture
    def served(self, postgresql_bench):
        return postgresql_bench

    def others_go_first(self, bench, act) -> None:
        """The next question for the time lets another thread act before it is answered."""
        clock = bench.clock
        services = bench.services

        def now():
            if bench.services.now is not clock:
                bench.change(now=clock)
                other = threading.Thread(target=act, args=[services_of(clock)])
                other.start()
                other.join(20)
                assert not other.is_alive()
            return clock()

        def services_of(at):
            return replace(services, now=at)

        bench.change(now=now)

    @pytest.mark.postgres
    def test_the_slower_claim_is_told_who_has_it(self, served) -> None:
        case = served.read()
        self.others_go_first(served, lambda theirs: decide.claim(theirs, case.id, by=BEDE))

        with pytest.raises(Refused, match="Bede claimed it"):
            decide.claim(served.services, case.id, by=AMINA)

    @pytest.mark.postgres
    def test_the_slower_decision_writes_nothing(self, served) -> None:
        case = served.read()
        held = decide.claim(served.services, case.id, by=AMINA)
        self.others_go_first(served, lambda theirs: decide.release(theirs, case.id, by=AMINA))

        with pytest.raises(Refused, match="changed since you looked at it"):
            decide.decide(
                served.services, case.id, HIDE, by=AMINA, press="press-1", version=held.version
            )
        assert served.page().decisions == ()

    @pytest.mark.postgres
    def test_a_press_that_comes_twice_in_one_instant_is_one_decision(self, served) -> None:
        case = served.read()
        held = decide.claim(served.services, case.id, by=AMINA)

        def press_it(services):
            return decide.decide(
                services, case.id, HIDE, by=AMINA, press="press-1", version=held.version
            )

        self.others_go_first(served, press_it)
        decision = press_it(served.services)

        assert served.page().decisions == (decision,)
