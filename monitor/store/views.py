"""What people look at: the queue, a case, and the overviews beside them.

Serves no transaction of DESIGN.md 5: every function here takes a ``Reading`` and changes nothing.
The queue is a view, not a container: cases by severity and age. Everything that the desk, the
reports and the command line read, they find under this module's name.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, or_, select

from config.standards import ClauseId, Severity
from connectors.contract import ChannelId, NativeId
from monitor.domain.assessment import Assessment, Band
from monitor.domain.case import Case, CaseId, CaseState, Decision, Enforcement
from monitor.store import assessments_json, tables
from monitor.store.comments import StoredComment, load
from monitor.store.engine import Reading
from monitor.store.gaps import StoredGap, gaps_since
from monitor.store.outbox import LetterState, OutboxKind
from monitor.store.overviews import (
    AuditEntry,
    ChannelRow,
    Counts,
    DeadLetter,
    audit_entry,
    audit_rows,
    channels,
    channels_due,
    counts,
    coverage_rows,
    dead_letters,
    services,
    was_watched_before,
)
from monitor.store.rows import case_of, clauses_of, decision_of, enforcement_of
from monitor.store.spending import acts_since, busyness, missing_comments, spent_since
from monitor.store.week_facts import week_facts
from monitor.store.weeks import StoredWeek, all_weeks, load_week

__all__ = [
    "AlertSent",
    "AuditEntry",
    "CasePage",
    "ChannelRow",
    "Counts",
    "DeadLetter",
    "QueuePage",
    "QueueRow",
    "StoredGap",
    "StoredWeek",
    "Wording",
    "acts_since",
    "all_weeks",
    "audit_rows",
    "busyness",
    "case_of_comment",
    "case_page",
    "channels",
    "channels_due",
    "counts",
    "coverage_rows",
    "dead_letters",
    "gaps_since",
    "load_week",
    "missing_comments",
    "queue",
    "services",
    "spent_since",
    "was_watched_before",
    "week_facts",
]

_WAITING = (CaseState.OPEN, CaseState.CLAIMED, CaseState.ESCALATED)


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One case of the queue, without the comment's words.

    Attributes:
        seen_at: When we first saw the comment.
        score: 0 to 1, of the reading that the case rests on.
        band: How sure the leading clause's score is; None where no clause leads.
    """

    case: Case
    channel_name: str
    service: str
    posted_at: datetime
    seen_at: datetime
    score: float
    band: Band | None


@dataclass(frozen=True, slots=True)
class QueuePage:
    """A page of the queue; ``total`` counts what all pages hold."""

    rows: tuple[QueueRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Wording:
    """One version of a comment, from 1."""

    version: int
    text: str
    seen_at: datetime
    attachments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AlertSent:
    """One alert about a case; ``reference`` and ``delivered_at`` once it has arrived."""

    destination: str
    reference: str | None
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class CasePage:
    """Everything that one case's page shows.

    Attributes:
        assessment: The reading that the case rests on now.
        decisions: In the order they were made; ``enforcements``, ``alerts`` and ``trail`` too.
    """

    case: Case
    comment: StoredComment
    versions: tuple[Wording, ...]
    assessment: Assessment
    decisions: tuple[Decision, ...]
    enforcements: tuple[Enforcement, ...]
    channel_name: str
    service: str
    connector: str
    permalink: str | None
    alerts: tuple[AlertSent, ...]
    trail: tuple[AuditEntry, ...]


def queue(
    reading: Reading,
    *,
    states: Collection[CaseState] = _WAITING,
    severities: Collection[Severity] = (),
    clauses: Collection[ClauseId] = (),
    services: Collection[str] | None = None,
    channel: ChannelId | None = None,
    limit: int = 50,
    offset: int = 0,
) -> QueuePage:
    """Cases worst first, then longest waiting.

    Empty ``states``, ``severities`` and ``clauses`` mean any; ``services`` is None for any, and
    an empty collection is nobody's, so that a person without a service sees nothing by mistake.
    """
    wanted = _wanted(states, severities, clauses, services, channel)
    joined = (
        select(
            tables.cases,
            tables.channels.c.name.label("channel_name"),
            tables.channels.c.service,
            tables.comments.c.posted_at,
            tables.comments.c.seen_at,
            tables.assessments.c.score,
            tables.assessments.c.body,
        )
        .join(tables.channels, tables.channels.c.id == tables.cases.c.channel_id)
        .join(tables.comments, tables.comments.c.id == tables.cases.c.comment_id)
        .join(tables.assessments, tables.assessments.c.id == tables.cases.c.assessment_id)
        .where(*wanted)
        .order_by(tables.cases.c.severity, tables.cases.c.opened_at, tables.cases.c.id)
        .limit(limit)
        .offset(offset)
    )
    found = reading.session.execute(joined).all()
    by_case = clauses_of(reading.session, [row.id for row in found])
    total = reading.session.execute(
        select(func.count())
        .select_from(tables.cases)
        .join(tables.channels, tables.channels.c.id == tables.cases.c.channel_id)
        .where(*wanted)
    ).scalar_one()
    rows = tuple(
        QueueRow(
            case=case_of(row, by_case[row.id]),
            channel_name=row.channel_name,
            service=row.service,
            posted_at=row.posted_at,
            seen_at=row.seen_at,
            score=row.score,
            band=_leading_band(assessments_json.from_json(row.body)),
        )
        for row in found
    )
    return QueuePage(rows=rows, total=total)


def case_of_comment(reading: Reading, channel_id: ChannelId, native_id: NativeId) -> CaseId | None:
    """The case about the comment that a platform knows by this identifier, if there is one."""
    cases, comments = tables.cases, tables.comments
    found = reading.session.execute(
        select(cases.c.id)
        .join(comments, comments.c.id == cases.c.comment_id)
        .where(comments.c.channel_id == channel_id, comments.c.native_id == native_id)
    ).scalar_one_or_none()
    return None if found is None else CaseId(found)


def case_page(reading: Reading, case_id: int) -> CasePage | None:
    """One case with all that belongs to it; None when there is none of that number."""
    row = reading.session.execute(
        select(
            tables.cases,
            tables.channels.c.name.label("channel_name"),
            tables.channels.c.service,
            tables.channels.c.connector,
            tables.assessments.c.body,
        )
        .join(tables.channels, tables.channels.c.id == tables.cases.c.channel_id)
        .join(tables.assessments, tables.assessments.c.id == tables.cases.c.assessment_id)
        .where(tables.cases.c.id == case_id)
    ).one_or_none()
    if row is None:
        return None
    comment = load(reading, row.comment_id)
    return CasePage(
        case=case_of(row, clauses_of(reading.session, [case_id])[case_id]),
        comment=comment,
        versions=_wordings(reading, row.comment_id),
        assessment=assessments_json.from_json(row.body),
        decisions=_decisions(reading, case_id),
        enforcements=_enforcements(reading, case_id),
        channel_name=row.channel_name,
        service=row.service,
        connector=row.connector,
        permalink=comment.permalink,
        alerts=_alerts(reading, case_id),
        trail=_trail(reading, case_id),
    )


def _wanted(
    states: Collection[CaseState],
    severities: Collection[Severity],
    clauses: Collection[ClauseId],
    services: Collection[str] | None,
    channel: ChannelId | None,
) -> list[ColumnElement[bool]]:
    cases, touched = tables.cases, tables.case_clauses
    wanted: list[ColumnElement[bool]] = []
    if states:
        wanted.append(cases.c.state.in_(states))
    if severities:
        wanted.append(cases.c.severity.in_(severities))
    if clauses:
        wanted.append(
            exists().where(touched.c.case_id == cases.c.id, touched.c.clause.in_(clauses))
        )
    if services is not None:
        wanted.append(tables.channels.c.service.in_(services))
    if channel is not None:
        wanted.append(cases.c.channel_id == channel)
    return wanted


def _leading_band(assessment: Assessment) -> Band | None:
    return assessment.clauses[0].band if assessment.clauses else None


def _wordings(reading: Reading, comment_id: int) -> tuple[Wording, ...]:
    found = reading.session.execute(
        select(tables.versions)
        .where(tables.versions.c.comment_id == comment_id)
        .order_by(tables.versions.c.number)
    )
    return tuple(
        Wording(
            version=row.number,
            text=row.text,
            seen_at=row.seen_at,
            attachments=tuple(row.attachments),
        )
        for row in found
    )


def _decisions(reading: Reading, case_id: int) -> tuple[Decision, ...]:
    found = reading.session.execute(
        select(tables.decisions)
        .where(tables.decisions.c.case_id == case_id)
        .order_by(tables.decisions.c.id)
    )
    return tuple(decision_of(row) for row in found)


def _enforcements(reading: Reading, case_id: int) -> tuple[Enforcement, ...]:
    found = reading.session.execute(
        select(tables.enforcements)
        .where(tables.enforcements.c.case_id == case_id)
        .order_by(tables.enforcements.c.id)
    )
    return tuple(enforcement_of(row) for row in found)


def _alerts(reading: Reading, case_id: int) -> tuple[AlertSent, ...]:
    letters = tables.letters
    found = reading.session.execute(
        select(letters.c.destination, letters.c.reference, letters.c.ended_at, letters.c.state)
        .where(letters.c.case_id == case_id, letters.c.kind == OutboxKind.ALERT)
        .order_by(letters.c.id)
    )
    return tuple(
        AlertSent(
            destination=row.destination,
            reference=row.reference,
            delivered_at=row.ended_at if row.state == LetterState.DELIVERED else None,
        )
        for row in found
    )


def _trail(reading: Reading, case_id: int) -> tuple[AuditEntry, ...]:
    subject = tables.audit.c.subject
    found = reading.session.execute(
        select(tables.audit)
        .where(or_(subject == f"case:{case_id}", subject == f"WM-{case_id}"))
        .order_by(tables.audit.c.number)
    )
    return tuple(audit_entry(row) for row in found)
