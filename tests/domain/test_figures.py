from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.routes import EscalationRoute, Routes
from config.standards import Clause, ClauseId, Lane, Severity, Standards
from connectors.contract import ChannelId
from monitor.domain.case import Act, CaseState, DecisionOutcome, EnforcementState
from monitor.domain.coverage import CoverageRow, PullEnd
from monitor.domain.figures import (
    ActFact,
    CaseFact,
    ChannelFact,
    EscalationFact,
    WeekFacts,
    WeeklyFigures,
    reckon,
)
from monitor.domain.weekly_figures import Measure, Step

START = datetime(2026, 11, 16, tzinfo=UTC)
WEEK = timedelta(days=7)
MINUTE = timedelta(minutes=1)
PAGE = ChannelId("facebook-parks")
ABUSE, HATE, WELFARE = ClauseId("abuse"), ClauseId("hate"), ClauseId("welfare")
CASE = CaseFact(
    case_id=1,
    channel_id=PAGE,
    service="Parks and Libraries",
    lane=Lane.BREACH,
    severity=Severity.S3,
    clauses=(ABUSE,),
    state=CaseState.OPEN,
    posted_at=START,
    seen_at=START + 5 * MINUTE,
    opened_at=START + 5 * MINUTE,
    alerted_at=None,
    claimed_at=None,
    decided_at=None,
    outcome=None,
    decided_clause=None,
    hidden_at=None,
)


def case(number: int, **change) -> CaseFact:
    return replace(CASE, case_id=number, **change)


def week(*cases: CaseFact, **change) -> WeekFacts:
    return replace(WeekFacts(service="", start=START, end=START + WEEK, cases=cases), **change)


def channel(*pulls: CoverageRow, **change) -> ChannelFact:
    fact = ChannelFact(
        channel_id=PAGE,
        name="Parks and Libraries",
        service="Parks and Libraries",
        interval=timedelta(days=1),
        pulls=pulls,
        comments=12,
        lanes={Lane.CLEAR: 7, Lane.CRITICISM: 4},
    )
    return replace(fact, **change)


def pull(hour: float, end: PullEnd = PullEnd.DONE, *, count: int | None = None) -> CoverageRow:
    began = START + timedelta(hours=hour)
    over = None if end is PullEnd.RUNNING else began + MINUTE
    cause = "" if end in {PullEnd.DONE, PullEnd.RUNNING} else "The platform asked us to wait."
    return CoverageRow(PAGE, f"run-{hour}", began, over, end, 3, 2, 1, count, cause)


def clause(clause_id: str, ref: str) -> Clause:
    return Clause(
        id=ClauseId(clause_id),
        ref=ref,
        title=clause_id.capitalize(),
        plain_english="",
        severity=Severity.S3,
        lane=Lane.BREACH,
        cues=(),
        only_in=frozenset(),
        recommended_action=(),
        escalates_to=(),
        sla={},
        legal_basis=(),
        notify_author="no",
    )


STANDARD = Standards(
    id="resident-aup",
    title="",
    version="1.0.0",
    status="approved",
    review_every_months=36,
    content_hash="0" * 64,
    clauses=(clause("hate", "RS-04"), clause("abuse", "RS-06"), clause("language", "RS-13")),
    lane_cues={},
    always_allowed=(),
)
MATRIX = Routes(
    destinations=(),
    alerts=(),
    escalations=(
        EscalationRoute("police", "Police", "moderation", timedelta(hours=1), ""),
        EscalationRoute("legal", "Legal services", "moderation", timedelta(days=1), ""),
    ),
    operators="operators",
    reports="reports",
    timezone="Europe/Madrid",
)


def timing(figures: WeeklyFigures, step: Step) -> tuple[int, int, object, object]:
    (found,) = (each for each in figures.timings if each.step is step)
    return found.measured, found.of, found.median, found.ninetieth


def test_a_week_without_anything_has_numbers_and_they_are_zero():
    figures = reckon(week())

    assert figures.label == "2026-W47"
    assert figures.whole
    assert (figures.comments, figures.assessed, figures.all_cases) == (0, 0, 0)
    assert figures.lanes == dict.fromkeys(Lane, 0)
    assert figures.cases == {Lane.BREACH: 0, Lane.WELFARE: 0, Lane.UNSURE: 0}
    assert figures.by_severity == dict.fromkeys(Severity, 0)
    assert figures.decisions == dict.fromkeys(DecisionOutcome, 0)
    assert [tally.total for tally in figures.acts] == [0, 0]
    assert [each.step for each in figures.timings] == list(Step)
    assert timing(figures, Step.POSTED_TO_SEEN) == (0, 0, None, None)
    assert figures.unseen == timedelta()
    assert figures.attention == ()


def test_a_week_that_is_not_over_says_so():
    assert not reckon(week(end=START + timedelta(days=2))).whole


def test_the_council_s_own_clock_tells_which_week_it_is():
    madrid = week(start=START - timedelta(hours=1), end=START + WEEK - timedelta(hours=1))

    assert reckon(madrid, routes=MATRIX).whole
    assert reckon(madrid, routes=MATRIX).timezone == "Europe/Madrid"
    assert reckon(madrid).timezone == "Europe/London"
    assert not reckon(madrid).whole


def test_coverage_counts_pulls_by_how_they_ended():
    pulls = [
        *(pull(24 * day + 12) for day in range(7)),
        pull(1, PullEnd.LATER),
        pull(2, PullEnd.REJECTED),
        pull(3, PullEnd.UNEXPECTED),
        pull(4, PullEnd.RUNNING),
    ]

    (seen,) = reckon(week(channels=(channel(*pulls),))).channels

    assert (seen.due, seen.done, seen.failed, seen.unfinished) == (7, 7, 3, 1)
    assert seen.gaps == ()
    assert seen.unseen == timedelta()


def test_a_channel_that_was_never_pulled_was_unseen_all_week():
    figures = reckon(week(channels=(channel(),)))

    (gap,) = figures.channels[0].gaps
    assert (gap.channel_id, gap.start, gap.end) == (PAGE, START, START + WEEK)
    assert figures.unseen == WEEK


def test_the_platform_s_own_count_is_the_last_that_it_stated():
    pulls = (pull(30, count=214), pull(10, count=200), pull(40), pull(20, count=230))

    assert reckon(week(channels=(channel(*pulls),))).channels[0].platform_count == 214
    assert reckon(week(channels=(channel(pull(1)),))).channels[0].platform_count is None


def test_lanes_are_added_up_over_channels_and_missing_ones_are_zero():
    other = channel(
        channel_id=ChannelId("x"), name="Another", comments=3, lanes={Lane.CRITICISM: 1}
    )

    figures = reckon(week(channels=(channel(), other)))

    assert [each.name for each in figures.channels] == ["Another", "Parks and Libraries"]
    assert figures.lanes == {**dict.fromkeys(Lane, 0), Lane.CLEAR: 7, Lane.CRITICISM: 5}
    assert figures.criticism_allowed == 5
    assert figures.assessed == 12
    assert figures.comments == 15


def test_every_clause_of_the_standard_has_a_row_and_a_case_leads_one_of_them():
    figures = reckon(
        week(
            case(1, clauses=(HATE, ABUSE), severity=Severity.S2),
            case(2),
            case(3, clauses=(ClauseId("dropped"),)),
            case(4, clauses=(), lane=Lane.UNSURE, severity=Severity.S4),
        ),
        standards=STANDARD,
    )

    assert [(row.key, row.name, row.total, row.touched) for row in figures.by_clause] == [
        ("hate", "RS-04 Hate", 1, 1),
        ("abuse", "RS-06 Abuse", 1, 2),
        ("language", "RS-13 Language", 0, 0),
        ("dropped", "dropped", 1, 1),
        ("", "No clause: no model here can judge the text", 1, 1),
    ]
    assert figures.by_clause[0].by_severity == {**dict.fromkeys(Severity, 0), Severity.S2: 1}
    assert sum(row.total for row in figures.by_clause) == figures.all_cases == 4


def test_every_channel_has_a_row_even_one_that_is_no_longer_watched():
    figures = reckon(
        week(
            case(1),
            case(2, channel_id=ChannelId("gone")),
            channels=(channel(), channel(channel_id=ChannelId("x"), name="Quiet")),
        )
    )

    assert [(row.name, row.total, row.touched) for row in figures.by_channel] == [
        ("Parks and Libraries", 1, 1),
        ("Quiet", 0, 0),
        ("gone", 1, 1),
    ]


def test_welfare_is_counted_beside_breaches_and_is_never_serious():
    figures = reckon(
        week(
            case(1, severity=Severity.S1),
            case(2, severity=Severity.S2),
            case(3),
            case(4, lane=Lane.WELFARE, severity=Severity.S1, clauses=(WELFARE,)),
        )
    )

    assert figures.cases == {Lane.BREACH: 3, Lane.WELFARE: 1, Lane.UNSURE: 0}
    assert figures.serious == 2
    assert [each.reference for each in figures.serious_cases] == ["WM-1", "WM-4", "WM-2"]


def test_a_serious_case_is_told_by_its_clause_channel_and_routes():
    sent = (
        EscalationFact(1, "legal", START, None),
        EscalationFact(1, "police", START, None),
        EscalationFact(2, "hr", START, None),
    )
    figures = reckon(
        week(
            case(1, severity=Severity.S1, clauses=(HATE,)),
            case(2, severity=Severity.S2, clauses=(), channel_id=ChannelId("gone")),
            escalations=sent,
            channels=(channel(),),
        ),
        standards=STANDARD,
        routes=MATRIX,
    )

    first, second = figures.serious_cases
    assert (first.clause, first.channel) == ("RS-04 Hate", "Parks and Libraries")
    assert first.routes == ("Police", "Legal services")
    assert (second.clause, second.channel, second.routes) == ("none", "gone", ("hr",))


def test_decisions_are_counted_by_outcome_and_those_that_are_missing_too():
    figures = reckon(
        week(
            case(1, outcome=DecisionOutcome.HIDE, decided_clause=ABUSE),
            case(2, outcome=DecisionOutcome.HIDE),
            case(3, outcome=DecisionOutcome.KEEP),
            case(4),
        )
    )

    assert figures.decisions == {
        DecisionOutcome.HIDE: 2,
        DecisionOutcome.KEEP: 1,
        DecisionOutcome.ESCALATE: 0,
        DecisionOutcome.RESTORE: 0,
    }
    assert figures.undecided == 1
    assert figures.hides_without_clause == 1


def test_acts_are_counted_by_what_became_of_them():
    acts = tuple(
        ActFact(1, PAGE, act, state, START, None)
        for act, state in [
            *((Act.HIDE, state) for state in EnforcementState),
            (Act.RESTORE, EnforcementState.DONE),
        ]
    )

    hides, restores = reckon(week(acts=acts)).acts

    assert hides.act is Act.HIDE
    assert hides.by_state == dict.fromkeys(EnforcementState, 1)
    assert (hides.total, restores.total) == (6, 1)
    assert restores.by_state[EnforcementState.DONE] == 1


def test_each_step_says_how_many_were_measured_out_of_how_many():
    decided = {
        "alerted_at": START + 6 * MINUTE,
        "claimed_at": START + 10 * MINUTE,
        "decided_at": START + 13 * MINUTE,
        "outcome": DecisionOutcome.HIDE,
    }
    figures = reckon(
        week(
            case(1, **decided, hidden_at=START + 20 * MINUTE),
            case(2, **decided),
            case(3, alerted_at=START + 8 * MINUTE),
            case(4),
            acts=(
                ActFact(1, PAGE, Act.HIDE, EnforcementState.DONE, START, START + 2 * MINUTE),
                ActFact(2, PAGE, Act.HIDE, EnforcementState.REFUSED, START, None),
                ActFact(2, PAGE, Act.HIDE, EnforcementState.BY_HAND, START, START),
            ),
        )
    )

    assert timing(figures, Step.POSTED_TO_SEEN) == (4, 4, 5 * MINUTE, 5 * MINUTE)
    assert timing(figures, Step.SEEN_TO_ALERTED) == (3, 4, MINUTE, 3 * MINUTE)
    assert timing(figures, Step.ALERTED_TO_CLAIMED) == (2, 3, 4 * MINUTE, 4 * MINUTE)
    assert timing(figures, Step.CLAIMED_TO_DECIDED) == (2, 2, 3 * MINUTE, 3 * MINUTE)
    assert timing(figures, Step.DECIDED_TO_CONFIRMED) == (1, 2, 2 * MINUTE, 2 * MINUTE)
    assert timing(figures, Step.POSTED_TO_HIDDEN) == (1, 2, 20 * MINUTE, 20 * MINUTE)


@pytest.mark.parametrize(
    ("minutes", "median", "ninetieth"),
    [
        ([7], 7, 7),
        ([1, 3], 2, 3),
        ([9, 1, 2], 2, 9),
        (range(1, 11), 5.5, 9),
        (range(1, 12), 6, 10),
        (range(1, 101), 50.5, 90),
    ],
)
def test_the_median_halves_and_the_ninetieth_percentile_keeps_nine_in_ten(
    minutes, median, ninetieth
):
    cases = [case(n, seen_at=START + n * MINUTE) for n in minutes]

    found = timing(reckon(week(*cases)), Step.POSTED_TO_SEEN)

    assert found[2:] == (median * MINUTE, ninetieth * MINUTE)


def test_a_claim_made_before_its_alert_arrived_took_no_time():
    early = case(1, alerted_at=START + 9 * MINUTE, claimed_at=START + 6 * MINUTE)

    found = timing(reckon(week(early)), Step.ALERTED_TO_CLAIMED)

    assert found == (1, 1, timedelta(), timedelta())


def test_escalations_are_counted_by_route_with_every_route_of_the_matrix():
    sent = (
        EscalationFact(1, "legal", START, START + MINUTE),
        EscalationFact(2, "legal", START, None),
        EscalationFact(3, "hr", START, None),
    )

    figures = reckon(week(escalations=sent), routes=MATRIX)

    assert [(row.title, row.sent, row.back, row.out) for row in figures.escalations] == [
        ("Police", 0, 0, 0),
        ("Legal services", 2, 1, 1),
        ("hr", 1, 0, 1),
    ]


def test_numbers_are_compared_with_the_week_before():
    before = week(
        case(1, outcome=DecisionOutcome.HIDE, severity=Severity.S2),
        case(2),
        start=START - WEEK,
        end=START,
        channels=(channel(comments=2, lanes={Lane.CRITICISM: 1}),),
    )
    now = week(case(3), channels=(channel(*(pull(24 * day) for day in range(7))),))

    figures = reckon(now, previous=before)

    assert {change.measure: (change.now, change.before) for change in figures.changes} == {
        Measure.COMMENTS: (12, 2),
        Measure.CASES: (1, 2),
        Measure.SERIOUS: (0, 1),
        Measure.HIDES: (0, 1),
        Measure.CRITICISM: (4, 1),
        Measure.UNSEEN_MINUTES: (0, 7 * 24 * 60),
    }


def test_a_week_before_the_first_start_is_not_compared():
    before = week(start=START - WEEK, end=START, channels=(channel(comments=0, lanes={}),))

    figures = reckon(week(case(1)), previous=before)

    assert {change.before for change in figures.changes} == {None}


def test_the_time_before_a_channel_was_first_pulled_is_not_held_against_it():
    first = START + timedelta(days=4)
    pulls = tuple(pull(24 * day) for day in (4, 5, 6))

    (seen,) = reckon(week(channels=(channel(*pulls, first_pulled_at=first),))).channels
    (known,) = reckon(week(channels=(channel(*pulls, first_pulled_at=START - WEEK),))).channels

    assert (seen.due, seen.gaps) == (3, ())
    assert (known.due, len(known.gaps)) == (7, 1)


def test_without_a_week_before_nothing_is_compared():
    assert {change.before for change in reckon(week(case(1))).changes} == {None}


def test_what_the_system_states_is_passed_on():
    facts = week(
        service="Leisure",
        standards=("b 1", "a 1"),
        models=("n 2", "m 1"),
        open_cases=4,
        dead_letters=2,
        audit_intact=False,
    )

    figures = reckon(facts)

    assert figures.service == "Leisure"
    assert (figures.standards, figures.models) == (("a 1", "b 1"), ("m 1", "n 2"))
    assert (figures.open_cases, figures.dead_letters) == (4, 2)
    assert figures.audit_intact is False


MOMENTS = st.none() | st.integers(-5, 9999).map(lambda minute: START + minute * MINUTE)
CASES = st.builds(
    case,
    st.integers(1, 10**6),
    lane=st.sampled_from([Lane.BREACH, Lane.WELFARE, Lane.UNSURE]),
    severity=st.sampled_from(Severity),
    clauses=st.lists(st.sampled_from([ABUSE, HATE, WELFARE]), unique=True).map(tuple),
    channel_id=st.sampled_from([PAGE, ChannelId("x"), ChannelId("gone")]),
    outcome=st.none() | st.sampled_from(DecisionOutcome),
    seen_at=st.integers(0, 999).map(lambda minute: START + minute * MINUTE),
    alerted_at=MOMENTS,
    claimed_at=MOMENTS,
    decided_at=MOMENTS,
    hidden_at=MOMENTS,
)


@given(st.lists(CASES, max_size=12, unique_by=lambda each: each.case_id), st.randoms())
def test_the_order_of_the_facts_changes_nothing_and_every_case_is_counted_once(cases, chance):
    channels = (channel(pull(1)), channel(channel_id=ChannelId("x"), name="X"))
    shuffled = chance.sample(cases, len(cases))

    figures = reckon(week(*cases, channels=channels), standards=STANDARD, routes=MATRIX)
    again = reckon(week(*shuffled, channels=channels[::-1]), standards=STANDARD, routes=MATRIX)

    assert again == figures
    for counts in (
        figures.cases.values(),
        figures.by_severity.values(),
        [row.total for row in figures.by_clause],
        [row.total for row in figures.by_channel],
        [*figures.decisions.values(), figures.undecided],
    ):
        assert sum(counts) == len(cases)
    for each in figures.timings:
        assert each.measured <= each.of
        assert (each.median is None) == (each.ninetieth is None) == (each.measured == 0)
        if each.median is not None:
            assert timedelta() <= each.median <= each.ninetieth
