from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from config.standards import Lane, Severity, Target
from monitor.domain import case as moves
from monitor.domain.assessment import Assessment, Band, Breach, Evidence
from monitor.domain.case import (
    Act,
    Case,
    CaseState,
    DecisionOrder,
    DecisionOutcome,
    EnforcementState,
)
from monitor.store import assessments_json, cases
from monitor.store.cases import CaseUnknown, StaleCase
from monitor.store.enforcements import EnforcementUnknown
from monitor.store.engine import Database
from tests.stored import (
    ABUSE,
    AMINA,
    BEDE,
    HIDE,
    MINUTE,
    NOW,
    PARKS,
    STANDARDS,
    THREATS,
    assess_all,
    assessment,
    comment,
    one_case,
    store,
    unread,
    watch,
)

LEASE = timedelta(minutes=30)


def load(database: Database, case_id: int = 1) -> Case:
    with database.reading() as reading:
        return cases.load(reading, case_id)


def save(database: Database, case: Case, *, from_version: int, assessment_id: int | None = None):
    with database.transaction("T4") as tx:
        cases.save(tx, case, from_version=from_version, assessment_id=assessment_id)


def claim(database: Database, case: Case, *, by=AMINA, now=NOW) -> Case:
    claimed = moves.claim(case, by, now=now, lease=LEASE)
    save(database, claimed, from_version=case.version)
    return claimed


def record(
    database: Database, case: Case, order: DecisionOrder = HIDE, *, press="press-1", by=AMINA
):
    with database.transaction("T4") as tx:
        return cases.record_decision(
            tx, case, order, by=by, at=NOW, standards_version=STANDARDS, press=press
        )


@pytest.mark.parametrize(
    "made",
    [
        assessment(),
        assessment((THREATS, Severity.S1), (ABUSE, Severity.S3)),
        assessment(("welfare", Severity.S2), lane=Lane.WELFARE),
        assessment(lane=Lane.CLEAR),
        Assessment(
            lane=Lane.BREACH,
            severity=Severity.S2,
            score=0.1 + 0.2,
            breaches=(Breach(ABUSE, Severity.S2, Band.SUSPECT, 1 / 3, Target.GROUP, ()),),
            concerns=(
                Breach(
                    THREATS, Severity.S4, Band.SEVERE, 1.0, Target.NOBODY, (Evidence(0, 1, "é"),)
                ),
            ),
            needs_response=True,
            target=Target.COUNCILLOR,
            reason="é \ud83d",
            standards_version=STANDARDS,
            model="m",
        ),
    ],
)
def test_an_assessment_has_an_exact_way_through_json(made):
    assert assessments_json.from_json(assessments_json.to_json(made)) == made


def test_a_text_is_read_once_by_one_model_against_one_standard(database):
    watch(database)
    store(database, comment())
    with database.transaction("T2") as tx:
        (each,) = unread(tx)
        first = cases.record_assessment(tx, each.version_id, assessment(), now=NOW)
        again = cases.record_assessment(tx, each.version_id, assessment(), now=NOW)
        other = cases.record_assessment(tx, each.version_id, assessment(model="other"), now=NOW)
        newer = cases.record_assessment(tx, each.version_id, assessment(standards="2.0.0"), now=NOW)

    assert again is None
    assert len({first, other, newer}) == 3
    with database.transaction("T2") as tx:
        assert unread(tx, now=NOW + timedelta(days=1)) == []


def test_a_case_opens_as_its_assessment_says(database):
    watch(database)
    store(database, comment())

    (opened,) = assess_all(database, assessment((THREATS, Severity.S1), (ABUSE, Severity.S3)))

    assert opened == Case(
        id=opened.id,
        channel_id=PARKS,
        comment_id=1,
        lane=Lane.BREACH,
        severity=Severity.S1,
        clauses=(THREATS, ABUSE),
        state=CaseState.OPEN,
        version=1,
        opened_at=NOW,
    )
    with database.reading() as reading:
        assert cases.load(reading, opened.id) == opened
        assert cases.for_comment(reading, 1) == opened
        assert cases.for_comment(reading, 2) is None
        assert cases.assessment_of(reading, opened.id).severity is Severity.S1


def test_a_case_without_a_clause_is_possible(database):
    watch(database)
    store(database, comment(text=""))
    unsure = replace(assessment(lane=Lane.UNSURE), severity=Severity.S4)

    (opened,) = assess_all(database, unsure)

    assert opened.clauses == ()
    assert load(database, opened.id).clauses == ()


def test_a_clause_touched_twice_is_named_once(database):
    watch(database)
    store(database, comment())

    (opened,) = assess_all(database, assessment((ABUSE, Severity.S2), (ABUSE, Severity.S3)))

    assert opened.clauses == (ABUSE,)


def test_a_comment_has_one_case(database):
    case = one_case(database)

    with database.transaction("T2") as tx:
        second = cases.open_case(
            tx,
            comment_id=case.comment_id,
            channel_id=PARKS,
            assessment_id=1,
            assessment=assessment(),
            now=NOW,
        )

    assert second is None


def test_what_no_person_need_look_at_does_not_become_a_case(database):
    one_case(database)

    with database.transaction("T2") as tx, pytest.raises(ValueError, match="without a severity"):
        cases.open_case(
            tx,
            comment_id=1,
            channel_id=PARKS,
            assessment_id=1,
            assessment=assessment(lane=Lane.CLEAR),
            now=NOW,
        )


def test_an_unknown_case_is_said_to_be_unknown(database):
    case = one_case(database)

    with database.reading() as reading:
        with pytest.raises(CaseUnknown, match="no case WM-412"):
            cases.load(reading, 412)
        with pytest.raises(CaseUnknown):
            cases.assessment_of(reading, 412)
    with pytest.raises(CaseUnknown):
        save(database, replace(case, id=412), from_version=1)


def test_a_moved_case_is_written_whole(database):
    case = one_case(database)
    moved = replace(
        case,
        lane=Lane.WELFARE,
        severity=Severity.S1,
        clauses=(THREATS, ABUSE),
        state=CaseState.CLAIMED,
        version=2,
        holder=AMINA,
        held_since=NOW,
        held_until=NOW + LEASE,
        escalated_to="police",
        closed_at=NOW,
        hidden=True,
        by_hand="Hide it at the page.",
    )

    save(database, moved, from_version=1)

    assert load(database) == moved


def test_a_new_reading_becomes_what_the_case_rests_on(database):
    case = one_case(database, "Good.")
    store(database, comment(text="I will find you."))
    worse = assessment((THREATS, Severity.S1))
    with database.transaction("T2") as tx:
        (each,) = unread(tx)
        assessment_id = cases.record_assessment(tx, each.version_id, worse, now=NOW)
        moved = moves.reassess(case, lane=Lane.BREACH, severity=Severity.S1, clauses=(THREATS,))
        cases.save(tx, moved, from_version=case.version, assessment_id=assessment_id)

    with database.reading() as reading:
        assert cases.assessment_of(reading, case.id) == worse
        assert cases.load(reading, case.id).clauses == (THREATS, ABUSE)


def test_a_stale_case_is_refused_with_how_it_stands_now(database):
    case = one_case(database)
    taken = claim(database, case, by=BEDE)

    with pytest.raises(StaleCase, match="WM-1 was changed meanwhile") as refused:
        claim(database, case, by=AMINA)

    assert refused.value.current == taken
    assert load(database).holder == BEDE


def test_of_two_who_claim_at_once_one_holds_the_case(database):
    rounds = 20
    case = one_case(database)
    together = threading.Barrier(2)

    def press(by) -> list[int]:
        held = []
        for number in range(rounds):
            together.wait(60)
            with database.reading() as reading:
                seen = cases.load(reading, case.id)
            together.wait(60)
            try:
                moved = replace(seen, version=seen.version + 1, holder=by)
                save(database, moved, from_version=seen.version)
                held.append(number)
            except StaleCase:
                pass
        return held

    with ThreadPoolExecutor(2) as pool:
        amina, bede = [pool.submit(press, by) for by in (AMINA, BEDE)]
        won = sorted(amina.result() + bede.result())

    assert won == list(range(rounds))
    assert load(database).version == case.version + rounds


def test_a_refused_save_leaves_nothing_of_its_transaction(database):
    case = one_case(database)
    claim(database, case)

    with pytest.raises(StaleCase), database.transaction("T4") as tx:
        order(tx, case)

    with database.reading() as reading:
        assert cases.decision_by_press(reading, "press-9") is None


def order(tx, case: Case) -> None:
    cases.record_decision(
        tx, case, HIDE, by=AMINA, at=NOW, standards_version=STANDARDS, press="press-9"
    )
    cases.save(tx, replace(case, version=2), from_version=1)


def test_a_decision_is_kept_as_it_was_made(database):
    case = claim(database, one_case(database))
    words = DecisionOrder(DecisionOutcome.ESCALATE, THREATS, note="é \ud83d", route="police")

    decision = record(database, case, words)

    assert (decision.outcome, decision.clause) == (DecisionOutcome.ESCALATE, THREATS)
    assert (decision.note, decision.route) == ("é \ud83d", "police")
    assert (decision.by, decision.at, decision.press) == (AMINA, NOW, "press-1")
    assert (decision.case_id, decision.case_version) == (case.id, case.version)
    assert decision.standards_version == STANDARDS
    with database.reading() as reading:
        assert cases.decision_by_press(reading, "press-1") == decision
        assert cases.decision_by_press(reading, "press-2") is None
        assert cases.latest_decision(reading, case.id) == decision
        assert cases.latest_decision(reading, 412) is None


def test_the_same_press_twice_finds_the_same_decision(database):
    case = claim(database, one_case(database))
    first = record(database, case)

    again = record(database, case, DecisionOrder(DecisionOutcome.KEEP, ABUSE), by=BEDE)

    assert again == first


def test_one_press_delivered_twice_at_once_makes_one_decision(database):
    case = claim(database, one_case(database))
    together = threading.Barrier(2)

    def press() -> int:
        together.wait(60)
        return record(database, case).id

    with ThreadPoolExecutor(2) as pool:
        first, second = [pool.submit(press) for _ in range(2)]

    assert first.result() == second.result()


def test_the_latest_decision_is_the_last_made(database):
    case = claim(database, one_case(database))
    record(database, case, press="a")
    last = record(database, case, DecisionOrder(DecisionOutcome.RESTORE, ABUSE, "n"), press="b")

    with database.reading() as reading:
        assert cases.latest_decision(reading, case.id) == last


def test_claims_that_ran_out_are_found_longest_first(database):
    watch(database)
    store(database, comment("c1"), comment("c2"), comment("c3"))
    first, second, third = assess_all(database)
    claim(database, second, now=NOW)
    claim(database, first, now=NOW + MINUTE)
    claim(database, third, now=NOW + timedelta(hours=1))

    with database.reading() as reading:
        early = cases.lapsed(reading, now=NOW + LEASE - MINUTE, limit=10)
        found = cases.lapsed(reading, now=NOW + LEASE + MINUTE, limit=10)
        one = cases.lapsed(reading, now=NOW + LEASE + MINUTE, limit=1)

    assert early == []
    assert [each.id for each in found] == [second.id, first.id]
    assert [each.id for each in one] == [second.id]


def test_a_request_to_the_platform_is_made_once_for_a_decision(database):
    case = claim(database, one_case(database))
    decision = record(database, case)
    with database.transaction("T4") as tx:
        first = cases.request_enforcement(tx, decision, Act.HIDE, now=NOW)
        again = cases.request_enforcement(tx, decision, Act.HIDE, now=NOW + MINUTE)

    assert first == again
    assert (first.state, first.requested_at) == (EnforcementState.REQUESTED, NOW)
    with database.reading() as reading:
        assert cases.enforcement(reading, first.id) == first
        assert cases.latest_enforcement(reading, case.id) == first
        assert cases.latest_enforcement(reading, 412) is None


def test_what_was_done_by_hand_was_done_when_it_was_said(database):
    case = claim(database, one_case(database))
    decision = record(database, case)

    with database.transaction("T4") as tx:
        made = cases.request_enforcement(
            tx, decision, Act.HIDE, now=NOW, state=EnforcementState.BY_HAND
        )

    assert (made.state, made.confirmed_at) == (EnforcementState.BY_HAND, NOW)


def test_what_became_of_a_request_is_written_whole(database):
    case = claim(database, one_case(database))
    decision = record(database, case)
    with database.transaction("T4") as tx:
        made = cases.request_enforcement(tx, decision, Act.HIDE, now=NOW)
    done = replace(
        made,
        state=EnforcementState.DONE,
        attempts=2,
        outcome="already",
        detail="It was hidden before.",
        confirmed_at=NOW + MINUTE,
        recheck_at=NOW + timedelta(days=1),
        rechecks=3,
    )

    with database.transaction("T5b") as tx:
        cases.save_enforcement(tx, done)

    with database.reading() as reading:
        assert cases.enforcement(reading, made.id) == done


def test_an_unknown_request_is_said_to_be_unknown(database):
    case = claim(database, one_case(database))
    decision = record(database, case)
    with database.transaction("T4") as tx:
        made = cases.request_enforcement(tx, decision, Act.HIDE, now=NOW)
        with pytest.raises(EnforcementUnknown, match="no enforcement 412"):
            cases.save_enforcement(tx, replace(made, id=412))
        with pytest.raises(EnforcementUnknown):
            cases.enforcement(tx, 412)


def test_confirmed_requests_are_asked_about_again_when_they_are_due(database):
    watch(database)
    store(database, comment("c1"), comment("c2"), comment("c3"))
    made = []
    for minutes, case in zip((2, 1, 90), assess_all(database), strict=True):
        decision = record(database, case, press=f"press-{case.id}")
        with database.transaction("T5b") as tx:
            each = cases.request_enforcement(tx, decision, Act.HIDE, now=NOW)
            each = replace(each, state=EnforcementState.DONE, recheck_at=NOW + minutes * MINUTE)
            cases.save_enforcement(tx, each)
        made.append(each)

    def rechecks(now):
        with database.transaction() as tx:
            return cases.lease_rechecks(tx, now=now, lease_for=5 * MINUTE, limit=10)

    assert rechecks(NOW) == []
    assert [each.id for each in rechecks(NOW + 2 * MINUTE)] == [made[1].id, made[0].id]
    assert rechecks(NOW + 3 * MINUTE) == []
    assert [each.id for each in rechecks(NOW + 7 * MINUTE)] == [made[0].id, made[1].id]


def test_a_request_that_was_not_done_is_not_asked_about(database):
    case = claim(database, one_case(database))
    decision = record(database, case)
    with database.transaction("T4") as tx:
        made = cases.request_enforcement(tx, decision, Act.HIDE, now=NOW)
        cases.save_enforcement(
            tx, replace(made, state=EnforcementState.REFUSED, recheck_at=NOW - MINUTE)
        )
        assert cases.lease_rechecks(tx, now=NOW, lease_for=MINUTE, limit=10) == []


def confirmed(database: Database, order: DecisionOrder, act: Act, *, hidden: bool, press: str):
    case = load(database)
    decision = record(database, case, order, press=press)
    with database.transaction("T5b") as tx:
        made = cases.request_enforcement(tx, decision, act, now=NOW)
        cases.save_enforcement(tx, replace(made, state=EnforcementState.DONE, confirmed_at=NOW))
        moved = replace(case, version=case.version + 1, hidden=hidden)
        cases.save(tx, moved, from_version=case.version)
    return made


def look_again(database: Database, comment_id: int = 1) -> bool:
    with database.transaction("T1") as tx:
        return cases.look_again(tx, comment_id, now=NOW)


def test_a_hidden_comment_that_is_seen_in_public_is_asked_about_though_its_looks_are_over(database):
    one_case(database)
    made = confirmed(database, HIDE, Act.HIDE, hidden=True, press="press-1")

    assert look_again(database)

    with database.transaction("recheck") as tx:
        (due,) = cases.lease_rechecks(tx, now=NOW, lease_for=MINUTE, limit=10)
    assert due.id == made.id


def test_nothing_is_asked_about_a_comment_that_was_restored_or_never_hidden(database):
    one_case(database)
    assert not look_again(database)

    confirmed(database, HIDE, Act.HIDE, hidden=True, press="press-1")
    restore = DecisionOrder(DecisionOutcome.RESTORE, ABUSE, "It was a quotation.")
    confirmed(database, restore, Act.RESTORE, hidden=False, press="press-2")

    assert not look_again(database)
    assert not look_again(database, comment_id=99)
