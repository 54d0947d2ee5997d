"""How the whole stands: channels, coverage, what is waiting, what is dead, who did what.

Serves no transaction of DESIGN.md 5: it reads. Callers find these names in ``monitor.store.views``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, func, select

from config.standards import Lane
from connectors.contract import ChannelId
from monitor.domain.case import CaseState
from monitor.domain.coverage import CoverageRow, PullEnd
from monitor.store import tables
from monitor.store.cursors import is_due
from monitor.store.engine import Reading
from monitor.store.outbox import LetterState, OutboxKind
from monitor.store.statements import AnyRow

__all__ = [
    "AuditEntry",
    "ChannelRow",
    "Counts",
    "DeadLetter",
    "audit_entry",
    "audit_rows",
    "channels",
    "channels_due",
    "counts",
    "coverage_of",
    "coverage_rows",
    "dead_letters",
    "services",
]


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A channel, how far it was read, and whether anything keeps it from being read.

    Attributes:
        watched: False once it is no longer configured.
        cursor_moved_at: When it was last read on; None before the first time.
        failures: Pulls that failed in a row.
        last_done_at: When a pull last came to its end.
        comments: How many of its comments are stored.
        newest_seen_at: When a comment was last new to us; None before the first.
        first_pulled_at: When it was first pulled at all; None before that.
        expires_at: When its token, or access to people's data, ends, as the platform said last.
        missing: By how many comments the platform's own counts exceed what is stored, and
        missing_since: since when; 0 and None where they do not.
    """

    id: ChannelId
    connector: str
    native_id: str
    name: str
    service: str
    interval: timedelta
    watched: bool
    cursor_moved_at: datetime | None
    next_pull_at: datetime
    failing_since: datetime | None
    failures: int
    paused_at: datetime | None
    paused_reason: str
    last_done_at: datetime | None
    comments: int
    newest_seen_at: datetime | None
    first_pulled_at: datetime | None
    examined_at: datetime | None = None
    expires_at: datetime | None = None
    missing: int = 0
    missing_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A letter that nobody tries any more; ``error`` says why."""

    id: int
    key: str
    kind: OutboxKind
    destination: str
    case_id: int | None
    attempts: int
    error: str
    died_at: datetime


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is, and how long the oldest of each backlog has waited.

    Attributes:
        open_cases: Cases that wait for a person: ``open``, not those claimed or escalated.
        lanes: Every assessment made, by lane.
        clauses: Cases by the clauses that they touch.
        oldest_unassessed_at: When the oldest unread wording was seen; None with no backlog.
    """

    comments: int
    unassessed: int
    open_cases: int
    claimed: int
    escalated: int
    pending_letters: int
    dead_letters: int
    lanes: Mapping[Lane, int]
    clauses: Mapping[str, int]
    oldest_unassessed_at: datetime | None
    oldest_open_at: datetime | None
    oldest_pending_letter_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One row of the audit chain, for people."""

    number: int
    event: str
    actor: str
    subject: str
    at: datetime
    details: Mapping[str, str | int | None]


def channels(reading: Reading) -> tuple[ChannelRow, ...]:
    """Every channel, by its identifier, those no longer watched included."""
    seen_in = tables.comments.c.channel_id
    stored: dict[str, tuple[int, datetime | None]] = {
        channel_id: (number, newest)
        for channel_id, number, newest in reading.session.execute(
            select(seen_in, func.count(), func.max(tables.comments.c.seen_at)).group_by(seen_in)
        )
    }
    pulls = tables.pulls.c
    began = select(pulls.channel_id, func.min(pulls.started_at)).group_by(pulls.channel_id)
    first = {row[0]: row[1] for row in reading.session.execute(began)}
    found = reading.session.execute(select(tables.channels).order_by(tables.channels.c.id))
    return tuple(
        ChannelRow(
            id=ChannelId(row.id),
            connector=row.connector,
            native_id=row.native_id,
            name=row.name,
            service=row.service,
            interval=timedelta(seconds=row.interval_s),
            watched=row.watched,
            cursor_moved_at=row.cursor_moved_at,
            next_pull_at=row.next_pull_at,
            failing_since=row.failing_since,
            failures=row.failures,
            paused_at=row.paused_at,
            paused_reason=row.paused_reason,
            last_done_at=row.last_done_at,
            comments=stored.get(row.id, (0, None))[0],
            newest_seen_at=stored.get(row.id, (0, None))[1],
            first_pulled_at=first.get(row.id),
            examined_at=row.examined_at,
            expires_at=row.expires_at,
            missing=row.missing,
            missing_since=row.missing_since,
        )
        for row in found
    )


def services(reading: Reading) -> tuple[str, ...]:
    """Every service that has a channel, in order; of channels that are no longer watched too."""
    found = select(tables.channels.c.service).distinct().order_by(tables.channels.c.service)
    return tuple(reading.session.execute(found).scalars())


def channels_due(reading: Reading, *, now: datetime) -> tuple[ChannelId, ...]:
    """The channels that are to be pulled at a moment and that nobody pulls, longest due first."""
    due = (
        select(tables.channels.c.id)
        .where(is_due(now))
        .order_by(tables.channels.c.next_pull_at, tables.channels.c.id)
    )
    return tuple(ChannelId(each) for each in reading.session.execute(due).scalars())


def was_watched_before(reading: Reading, moment: datetime) -> bool:
    """Whether any channel was pulled before a moment."""
    pulls = tables.pulls
    return (
        reading.session.execute(
            select(pulls.c.run).where(pulls.c.started_at < moment).limit(1)
        ).first()
        is not None
    )


def coverage_rows(
    reading: Reading, channel_id: ChannelId, *, start: datetime, end: datetime
) -> tuple[CoverageRow, ...]:
    """A channel's pulls that began from ``start`` on and before ``end``, in order."""
    pulls = tables.pulls
    found = reading.session.execute(
        select(pulls)
        .where(
            pulls.c.channel_id == channel_id,
            pulls.c.started_at >= start,
            pulls.c.started_at < end,
        )
        .order_by(pulls.c.started_at, pulls.c.run)
    )
    return tuple(coverage_of(row) for row in found)


def dead_letters(reading: Reading) -> tuple[DeadLetter, ...]:
    """Letters that were given up, longest dead first."""
    letters = tables.letters
    found = reading.session.execute(
        select(letters)
        .where(letters.c.state == LetterState.DEAD)
        .order_by(letters.c.ended_at, letters.c.id)
    )
    return tuple(
        DeadLetter(
            id=row.id,
            key=row.key,
            kind=OutboxKind(row.kind),
            destination=row.destination,
            case_id=row.case_id,
            attempts=row.attempts,
            error=row.error,
            died_at=row.ended_at,
        )
        for row in found
    )


def counts(reading: Reading) -> Counts:
    """How much there is of everything, and how long the oldest of each backlog has waited."""
    cases, letters, versions = tables.cases, tables.letters, tables.versions
    by_case_state = _tally(reading, cases.c.state)
    by_letter_state = _tally(reading, letters.c.state)
    lanes = _tally(reading, tables.assessments.c.lane)
    return Counts(
        comments=sum(_tally(reading, tables.comments.c.channel_id).values()),
        unassessed=_scalar(reading, func.count(), versions.c.to_assess) or 0,
        open_cases=by_case_state.get(CaseState.OPEN, 0),
        claimed=by_case_state.get(CaseState.CLAIMED, 0),
        escalated=by_case_state.get(CaseState.ESCALATED, 0),
        pending_letters=by_letter_state.get(LetterState.PENDING, 0),
        dead_letters=by_letter_state.get(LetterState.DEAD, 0),
        lanes={lane: lanes.get(lane, 0) for lane in Lane},
        clauses=_tally(reading, tables.case_clauses.c.clause),
        oldest_unassessed_at=_scalar(reading, func.min(versions.c.seen_at), versions.c.to_assess),
        oldest_open_at=_scalar(
            reading, func.min(cases.c.opened_at), cases.c.state == CaseState.OPEN
        ),
        oldest_pending_letter_at=_scalar(
            reading, func.min(letters.c.due_at), letters.c.state == LetterState.PENDING
        ),
    )


def audit_rows(
    reading: Reading, *, subject: str | None = None, limit: int, before: int | None = None
) -> tuple[AuditEntry, ...]:
    """The chain's rows, newest first, of one subject or all, below a number if one is given."""
    audit = tables.audit
    asked = select(audit).order_by(audit.c.number.desc()).limit(limit)
    if subject is not None:
        asked = asked.where(audit.c.subject == subject)
    if before is not None:
        asked = asked.where(audit.c.number < before)
    return tuple(audit_entry(row) for row in reading.session.execute(asked))


def audit_entry(row: AnyRow) -> AuditEntry:
    """A row of ``audit``, as people see it."""
    return AuditEntry(
        number=row.number,
        event=row.event,
        actor=row.actor,
        subject=row.subject,
        at=row.at,
        details=row.details,
    )


def coverage_of(row: AnyRow) -> CoverageRow:
    """A row of ``pulls``."""
    return CoverageRow(
        channel_id=ChannelId(row.channel_id),
        run=row.run,
        started_at=row.started_at,
        ended_at=row.ended_at,
        end=PullEnd(row.end),
        seen=row.seen,
        new=row.new,
        edited=row.edited,
        platform_count=row.platform_count,
        cause=row.cause,
        cost=row.cost,
    )


def _tally(reading: Reading, column: Column[Any]) -> dict[str, int]:
    found = reading.session.execute(select(column, func.count()).group_by(column))
    return {row[0]: row[1] for row in found}


def _scalar(reading: Reading, what: ColumnElement[Any], condition: ColumnElement[bool]) -> Any:
    return reading.session.execute(select(what).where(condition)).scalar_one()
