"""The numbers that a weekly report states, reckoned from the week's facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from config.routes import Routes
from config.standards import Lane, Severity, Standards
from monitor.domain.case import Act, CaseId, DecisionOutcome, EnforcementState, reference
from monitor.domain.coverage import PullEnd, gaps, pulls_due
from monitor.domain.week_facts import (
    ActFact,
    CaseFact,
    ChannelFact,
    EscalationFact,
    Week,
    WeekFacts,
    week_of,
)
from monitor.domain.week_sentences import attention, headline
from monitor.domain.weekly_figures import (
    ActTally,
    CaseTally,
    Change,
    ChannelFigures,
    EscalationTally,
    Measure,
    SeriousCase,
    Step,
    Timing,
    WeeklyFigures,
)

__all__ = [
    "LONDON",
    "ActFact",
    "CaseFact",
    "ChannelFact",
    "EscalationFact",
    "Week",
    "WeekFacts",
    "WeeklyFigures",
    "reckon",
    "week_of",
]

LONDON: Final = "Europe/London"

_SERIOUS = Severity.S2.rank
_CASE_LANES = (Lane.BREACH, Lane.WELFARE, Lane.UNSURE)
_NO_CLAUSE = "No clause: no model here can judge the text"

_Closed = TypeVar("_Closed", bound=StrEnum)


def reckon(
    facts: WeekFacts,
    *,
    previous: WeekFacts | None = None,
    standards: Standards | None = None,
    routes: Routes | None = None,
) -> WeeklyFigures:
    """Reckon a week's numbers; the same facts give equal figures, whatever their order.

    Args:
        facts: The week.
        previous: The week before, to compare with; None where there is none. One in which
            nothing was pulled or opened, as before the first start, is not compared.
        standards: Gives every clause a row, zero included, and its title.
        routes: Gives every escalation route a row and its title, and says whose clocks count
            (``Europe/London`` without it).
    """
    figures = _numbers(facts, standards, routes)
    before = None
    if previous is not None and _was_watched(previous):
        before = _measures(_numbers(previous, standards, routes))
    figures = replace(figures, changes=_changes(_measures(figures), before))
    return replace(figures, headline=headline(figures), attention=attention(figures))


def _was_watched(facts: WeekFacts) -> bool:
    return bool(facts.cases) or any(channel.pulls for channel in facts.channels)


def _numbers(facts: WeekFacts, standards: Standards | None, routes: Routes | None) -> WeeklyFigures:
    timezone = LONDON if routes is None else routes.timezone
    week = week_of(facts.start, ZoneInfo(timezone))
    channels = tuple(
        _channel(each, facts.start, facts.end)
        for each in sorted(facts.channels, key=lambda each: (each.name, each.channel_id))
    )
    cases = sorted(facts.cases, key=lambda case: case.case_id)
    by_clause = _by_clause(cases, standards)
    by_channel = _by_channel(cases, channels)
    escalations = _escalations(facts.escalations, routes)
    return WeeklyFigures(
        label=week.label,
        service=facts.service,
        start=facts.start,
        end=facts.end,
        whole=(facts.start, facts.end) == (week.start, week.end),
        timezone=timezone,
        channels=channels,
        lanes={lane: sum(channel.lanes[lane] for channel in channels) for lane in Lane},
        cases=_counted(_CASE_LANES, (case.lane for case in cases)),
        serious=sum(_is_serious(case) for case in cases),
        by_clause=by_clause,
        by_channel=by_channel,
        by_severity=_counted(Severity, (case.severity for case in cases)),
        decisions=_counted(DecisionOutcome, (case.outcome for case in cases if case.outcome)),
        undecided=sum(case.outcome is None for case in cases),
        acts=tuple(_act(act, facts.acts) for act in Act),
        timings=_timings(cases, facts.acts),
        escalations=escalations,
        hides_without_clause=sum(
            case.outcome is DecisionOutcome.HIDE and case.decided_clause is None for case in cases
        ),
        serious_cases=tuple(
            _serious_case(
                case,
                clauses={tally.key: tally.name for tally in by_clause},
                channels={tally.key: tally.name for tally in by_channel},
                routes={tally.route: tally.title for tally in escalations},
                sent=facts.escalations,
            )
            for case in sorted(cases, key=lambda case: (case.severity.rank, case.seen_at))
            if _is_serious(case) or case.lane is Lane.WELFARE
        ),
        changes=(),
        open_cases=facts.open_cases,
        dead_letters=facts.dead_letters,
        audit_intact=facts.audit_intact,
        standards=tuple(sorted(facts.standards)),
        models=tuple(sorted(facts.models)),
    )


def _channel(fact: ChannelFact, start: datetime, end: datetime) -> ChannelFigures:
    ends = Counter(pull.end for pull in fact.pulls)
    stated = [pull for pull in fact.pulls if pull.platform_count is not None]
    since = start if fact.first_pulled_at is None else max(start, fact.first_pulled_at)
    last = max(stated, key=lambda pull: (pull.started_at, pull.run), default=None)
    return ChannelFigures(
        channel_id=fact.channel_id,
        name=fact.name,
        service=fact.service,
        due=pulls_due(fact.interval, since, end),
        done=ends[PullEnd.DONE],
        failed=ends[PullEnd.LATER] + ends[PullEnd.REJECTED] + ends[PullEnd.UNEXPECTED],
        unfinished=ends[PullEnd.RUNNING],
        comments=fact.comments,
        platform_count=None if last is None else last.platform_count,
        lanes={lane: fact.lanes.get(lane, 0) for lane in Lane},
        gaps=gaps(
            fact.pulls,
            interval=fact.interval,
            start=since,
            end=end,
            channel_id=fact.channel_id,
        ),
        watched_since=since if since > start else None,
    )


def _counted(members: Iterable[_Closed], found: Iterable[_Closed]) -> dict[_Closed, int]:
    counts = Counter(found)
    return {member: counts[member] for member in members}


def _is_serious(case: CaseFact) -> bool:
    return case.lane is Lane.BREACH and case.severity.rank <= _SERIOUS


def _by_clause(cases: Sequence[CaseFact], standards: Standards | None) -> tuple[CaseTally, ...]:
    known = () if standards is None else standards.clauses
    names: dict[str, str] = {clause.id: f"{clause.ref} {clause.title}" for clause in known}
    # A clause that an earlier standard had and this one dropped is still counted, last.
    for clause in sorted({clause for case in cases for clause in case.clauses}):
        names.setdefault(clause, clause)
    rows = [
        CaseTally(
            key=clause,
            name=name,
            by_severity=_counted(
                Severity, (case.severity for case in cases if case.clauses[:1] == (clause,))
            ),
            touched=sum(clause in case.clauses for case in cases),
        )
        for clause, name in names.items()
    ]
    without = [case for case in cases if not case.clauses]
    none = _counted(Severity, (case.severity for case in without))
    return (*rows, CaseTally("", _NO_CLAUSE, none, touched=len(without)))


def _by_channel(
    cases: Sequence[CaseFact], channels: Sequence[ChannelFigures]
) -> tuple[CaseTally, ...]:
    names: dict[str, str] = {channel.channel_id: channel.name for channel in channels}
    for case in cases:
        names.setdefault(case.channel_id, case.channel_id)
    rows = []
    for channel_id, name in names.items():
        here = [case.severity for case in cases if case.channel_id == channel_id]
        rows.append(CaseTally(channel_id, name, _counted(Severity, here), touched=len(here)))
    return tuple(rows)


def _act(act: Act, acts: Sequence[ActFact]) -> ActTally:
    return ActTally(
        act, _counted(EnforcementState, (each.state for each in acts if each.act is act))
    )


def _timings(cases: Sequence[CaseFact], acts: Sequence[ActFact]) -> tuple[Timing, ...]:
    alerted = [case for case in cases if case.alerted_at is not None]
    claimed = [case for case in cases if case.claimed_at is not None]
    asked = [act for act in acts if act.state is not EnforcementState.BY_HAND]
    hides = [case for case in cases if case.outcome is DecisionOutcome.HIDE]
    return (
        _timing(Step.POSTED_TO_SEEN, [(case.posted_at, case.seen_at) for case in cases]),
        _timing(Step.SEEN_TO_ALERTED, [(case.seen_at, case.alerted_at) for case in cases]),
        _timing(Step.ALERTED_TO_CLAIMED, [(case.alerted_at, case.claimed_at) for case in alerted]),
        _timing(Step.CLAIMED_TO_DECIDED, [(case.claimed_at, case.decided_at) for case in claimed]),
        _timing(Step.DECIDED_TO_CONFIRMED, [(act.requested_at, act.confirmed_at) for act in asked]),
        _timing(Step.POSTED_TO_HIDDEN, [(case.posted_at, case.hidden_at) for case in hides]),
    )


def _timing(step: Step, moments: Sequence[tuple[datetime | None, datetime | None]]) -> Timing:
    # Somebody may claim in the console before the alert arrives, and a platform's clock may run
    # ahead of ours: less than nothing counts as at once.
    took = sorted(
        max(end - start, timedelta())
        for start, end in moments
        if start is not None and end is not None
    )
    return Timing(
        step=step,
        measured=len(took),
        of=len(moments),
        median=_median(took) if took else None,
        ninetieth=took[ceil(len(took) * 9 / 10) - 1] if took else None,
    )


def _median(ordered: Sequence[timedelta]) -> timedelta:
    lower, upper = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return (lower + upper) / 2


def _escalations(
    sent: Sequence[EscalationFact], routes: Routes | None
) -> tuple[EscalationTally, ...]:
    known = () if routes is None else routes.escalations
    titles = {route.id: route.title for route in known}
    for route in sorted({each.route for each in sent}):
        titles.setdefault(route, route)
    rows = []
    for route, title in titles.items():
        back = [each.taken_back_at is not None for each in sent if each.route == route]
        rows.append(EscalationTally(route, title, sent=len(back), back=sum(back)))
    return tuple(rows)


def _serious_case(
    case: CaseFact,
    *,
    clauses: Mapping[str, str],
    channels: Mapping[str, str],
    routes: Mapping[str, str],
    sent: Sequence[EscalationFact],
) -> SeriousCase:
    went = {each.route for each in sent if each.case_id == case.case_id}
    return SeriousCase(
        reference=reference(CaseId(case.case_id)),
        channel=channels[case.channel_id],
        clause=clauses[case.clauses[0]] if case.clauses else "none",
        lane=case.lane,
        severity=case.severity,
        seen_at=case.seen_at,
        state=case.state,
        outcome=case.outcome,
        routes=tuple(title for route, title in routes.items() if route in went),
    )


def _measures(figures: WeeklyFigures) -> Mapping[Measure, int]:
    return {
        Measure.COMMENTS: figures.comments,
        Measure.CASES: figures.all_cases,
        Measure.SERIOUS: figures.serious,
        Measure.HIDES: figures.decisions[DecisionOutcome.HIDE],
        Measure.CRITICISM: figures.criticism_allowed,
        Measure.UNSEEN_MINUTES: round(figures.unseen / timedelta(minutes=1)),
    }


def _changes(
    now: Mapping[Measure, int], before: Mapping[Measure, int] | None
) -> tuple[Change, ...]:
    return tuple(
        Change(measure, now[measure], None if before is None else before[measure])
        for measure in Measure
    )
