"""Everything that happened in one week, as the weekly figures need it.

Serves T6 of DESIGN.md 5, which reckons a closed week's figures from what this reads. Callers find
``week_facts`` in ``monitor.store.views``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, and_, func, or_, select, true

from config.standards import ClauseId, Lane, Severity
from connectors.contract import ChannelId
from monitor.domain.case import Act, CaseState, DecisionOutcome, EnforcementState
from monitor.domain.week_facts import ActFact, CaseFact, ChannelFact, EscalationFact, WeekFacts
from monitor.store.engine import Reading
from monitor.store.outbox import LetterState, OutboxKind
from monitor.store.overviews import coverage_of
from monitor.store.statements import AnyRow
from monitor.store.tables import (
    assessments,
    case_clauses,
    cases,
    channels,
    comments,
    decisions,
    enforcements,
    letters,
    pulls,
    versions,
)

__all__ = ["week_facts"]


@dataclass(frozen=True, slots=True)
class _Week:
    """The stretch and the service that is asked for; "" is the whole council."""

    service: str
    start: datetime
    end: datetime

    def holds(self, column: Column[Any]) -> ColumnElement[bool]:
        return and_(column >= self.start, column < self.end)

    @property
    def ours(self) -> ColumnElement[bool]:
        return channels.c.service == self.service if self.service else true()

    @property
    def opened(self) -> Select[Any]:
        """The identifiers of the cases opened in the week."""
        return (
            select(cases.c.id)
            .join(channels, channels.c.id == cases.c.channel_id)
            .where(self.holds(cases.c.opened_at), self.ours)
        )


def week_facts(reading: Reading, *, service: str, start: datetime, end: datetime) -> WeekFacts:
    """What happened from ``start`` on and before ``end``; the audit chain is not walked here.

    A case's ``decided_at`` is its first decision, which timeliness is reckoned from; its outcome
    and clause are those of its last. Open cases and dead letters are counted as they stand,
    a case closed since ``end`` as open.
    """
    week = _Week(service, start, end)
    return WeekFacts(
        service=service,
        start=start,
        end=end,
        channels=_channels(reading, week),
        cases=_cases(reading, week),
        acts=_acts(reading, week),
        escalations=_escalations(reading, week),
        standards=_standards(reading, week),
        models=_distinct(reading, _assessed(assessments.c.model, week)),
        open_cases=_open_cases(reading, week),
        dead_letters=_dead_letters(reading, week),
    )


def _channels(reading: Reading, week: _Week) -> tuple[ChannelFact, ...]:
    done: defaultdict[str, list[AnyRow]] = defaultdict(list)
    for row in reading.session.execute(
        select(pulls)
        .join(channels, channels.c.id == pulls.c.channel_id)
        .where(week.holds(pulls.c.started_at), week.ours)
        .order_by(pulls.c.started_at, pulls.c.run)
    ):
        done[row.channel_id].append(row)
    seen: dict[str, int] = _pairs(reading, _seen(week))
    first = _pairs(
        reading,
        select(pulls.c.channel_id, func.min(pulls.c.started_at)).group_by(pulls.c.channel_id),
    )
    lanes = _lanes(reading, week)
    found = reading.session.execute(select(channels).where(week.ours).order_by(channels.c.id))
    return tuple(
        ChannelFact(
            channel_id=ChannelId(row.id),
            name=row.name,
            service=row.service,
            interval=timedelta(seconds=row.interval_s),
            pulls=tuple(coverage_of(pull) for pull in done[row.id]),
            comments=seen.get(row.id, 0),
            lanes=lanes[row.id],
            first_pulled_at=first.get(row.id),
        )
        for row in found
        if row.watched or row.id in done or row.id in seen
    )


def _seen(week: _Week) -> Select[Any]:
    return (
        select(comments.c.channel_id, func.count())
        .select_from(versions)
        .join(comments, comments.c.id == versions.c.comment_id)
        .where(week.holds(versions.c.seen_at))
        .group_by(comments.c.channel_id)
    )


def _lanes(reading: Reading, week: _Week) -> Mapping[str, Mapping[Lane, int]]:
    lanes: defaultdict[str, dict[Lane, int]] = defaultdict(dict)
    for channel_id, lane, number in reading.session.execute(
        select(comments.c.channel_id, assessments.c.lane, func.count())
        .select_from(assessments)
        .join(comments, comments.c.id == assessments.c.comment_id)
        .where(week.holds(assessments.c.made_at))
        .group_by(comments.c.channel_id, assessments.c.lane)
    ):
        lanes[channel_id][Lane(lane)] = number
    return lanes


def _cases(reading: Reading, week: _Week) -> tuple[CaseFact, ...]:
    clauses = _grouped(
        reading,
        select(case_clauses.c.case_id, case_clauses.c.clause)
        .where(case_clauses.c.case_id.in_(week.opened))
        .order_by(case_clauses.c.case_id, case_clauses.c.position),
    )
    made = _grouped(
        reading,
        select(decisions.c.case_id, decisions.c.at, decisions.c.outcome, decisions.c.clause)
        .where(decisions.c.case_id.in_(week.opened))
        .order_by(decisions.c.id),
    )
    alerted = _first(
        reading,
        letters.c.ended_at,
        letters.c.case_id,
        letters.c.case_id.in_(week.opened),
        letters.c.kind == OutboxKind.ALERT,
        letters.c.state == LetterState.DELIVERED,
    )
    hidden = _first(
        reading,
        enforcements.c.confirmed_at,
        enforcements.c.case_id,
        enforcements.c.case_id.in_(week.opened),
        enforcements.c.act == Act.HIDE,
    )
    found = reading.session.execute(
        select(cases, channels.c.service, comments.c.posted_at, comments.c.seen_at)
        .join(channels, channels.c.id == cases.c.channel_id)
        .join(comments, comments.c.id == cases.c.comment_id)
        .where(week.holds(cases.c.opened_at), week.ours)
        .order_by(cases.c.opened_at, cases.c.id)
    )
    return tuple(
        _case(
            row,
            clauses=tuple(ClauseId(each.clause) for each in clauses[row.id]),
            made=made[row.id],
            alerted_at=alerted.get(row.id),
            hidden_at=hidden.get(row.id),
        )
        for row in found
    )


def _case(
    row: AnyRow,
    *,
    clauses: tuple[ClauseId, ...],
    made: list[AnyRow],
    alerted_at: datetime | None,
    hidden_at: datetime | None,
) -> CaseFact:
    last = made[-1] if made else None
    return CaseFact(
        case_id=row.id,
        channel_id=ChannelId(row.channel_id),
        service=row.service,
        lane=Lane(row.lane),
        severity=Severity(row.severity),
        clauses=clauses,
        state=CaseState(row.state),
        posted_at=row.posted_at,
        seen_at=row.seen_at,
        opened_at=row.opened_at,
        alerted_at=alerted_at,
        claimed_at=row.first_claimed_at,
        decided_at=made[0].at if made else None,
        outcome=None if last is None else DecisionOutcome(last.outcome),
        decided_clause=None if last is None or last.clause is None else ClauseId(last.clause),
        hidden_at=hidden_at,
    )


def _acts(reading: Reading, week: _Week) -> tuple[ActFact, ...]:
    found = reading.session.execute(
        select(enforcements, cases.c.channel_id)
        .join(cases, cases.c.id == enforcements.c.case_id)
        .join(channels, channels.c.id == cases.c.channel_id)
        .where(week.holds(enforcements.c.requested_at), week.ours)
        .order_by(enforcements.c.requested_at, enforcements.c.id)
    )
    return tuple(
        ActFact(
            case_id=row.case_id,
            channel_id=ChannelId(row.channel_id),
            act=Act(row.act),
            state=EnforcementState(row.state),
            requested_at=row.requested_at,
            confirmed_at=row.confirmed_at,
        )
        for row in found
    )


def _escalations(reading: Reading, week: _Week) -> tuple[EscalationFact, ...]:
    found = reading.session.execute(
        select(decisions)
        .join(cases, cases.c.id == decisions.c.case_id)
        .join(channels, channels.c.id == cases.c.channel_id)
        .where(
            week.holds(decisions.c.at),
            decisions.c.outcome == DecisionOutcome.ESCALATE,
            week.ours,
        )
        .order_by(decisions.c.at, decisions.c.id)
    )
    return tuple(
        EscalationFact(
            case_id=row.case_id,
            route=row.route or "",
            sent_at=row.at,
            taken_back_at=row.taken_back_at,
        )
        for row in found
    )


def _assessed(column: Column[Any], week: _Week) -> Select[Any]:
    return (
        select(column)
        .distinct()
        .select_from(assessments)
        .join(comments, comments.c.id == assessments.c.comment_id)
        .join(channels, channels.c.id == comments.c.channel_id)
        .where(week.holds(assessments.c.made_at), week.ours)
    )


def _standards(reading: Reading, week: _Week) -> tuple[str, ...]:
    decided = (
        select(decisions.c.standards_version)
        .distinct()
        .join(cases, cases.c.id == decisions.c.case_id)
        .join(channels, channels.c.id == cases.c.channel_id)
        .where(week.holds(decisions.c.at), week.ours)
    )
    read = _assessed(assessments.c.standards_version, week)
    return tuple(sorted({*_distinct(reading, read), *_distinct(reading, decided)}))


def _open_cases(reading: Reading, week: _Week) -> int:
    waits = (CaseState.OPEN, CaseState.CLAIMED, CaseState.ESCALATED, CaseState.DECIDED)
    return reading.session.execute(
        select(func.count())
        .select_from(cases)
        .join(channels, channels.c.id == cases.c.channel_id)
        .where(
            cases.c.opened_at < week.end,
            or_(cases.c.state.in_(waits), cases.c.closed_at >= week.end),
            week.ours,
        )
    ).scalar_one()


def _dead_letters(reading: Reading, week: _Week) -> int:
    counted = select(func.count()).select_from(letters).where(letters.c.state == LetterState.DEAD)
    if week.service:
        counted = (
            counted.join(cases, cases.c.id == letters.c.case_id)
            .join(channels, channels.c.id == cases.c.channel_id)
            .where(week.ours)
        )
    return reading.session.execute(counted).scalar_one()


def _distinct(reading: Reading, asked: Select[Any]) -> tuple[str, ...]:
    return tuple(sorted(reading.session.execute(asked).scalars()))


def _grouped(reading: Reading, asked: Select[Any]) -> defaultdict[int, list[AnyRow]]:
    found: defaultdict[int, list[AnyRow]] = defaultdict(list)
    for row in reading.session.execute(asked):
        found[row.case_id].append(row)
    return found


def _first(
    reading: Reading, moment: Column[Any], case_id: Column[Any], *where: ColumnElement[bool]
) -> dict[int, datetime]:
    asked = select(case_id, func.min(moment)).where(*where, moment.is_not(None)).group_by(case_id)
    return _pairs(reading, asked)


def _pairs(reading: Reading, asked: Select[Any]) -> dict[Any, Any]:
    return {row[0]: row[1] for row in reading.session.execute(asked)}
