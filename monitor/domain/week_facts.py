"""What happened in one week, as the store reads it: the ground that a report's numbers stand on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from config.standards import ClauseId, Lane, Severity
from connectors.contract import ChannelId
from monitor.domain.case import Act, CaseState, DecisionOutcome, EnforcementState
from monitor.domain.coverage import CoverageRow

__all__ = [
    "ActFact",
    "CaseFact",
    "ChannelFact",
    "EscalationFact",
    "Week",
    "WeekFacts",
    "week_of",
]


class Week(NamedTuple):
    """A week by its ISO label (``2026-W47``); ``start`` and ``end`` (not included) are aware UTC.

    It is 167 or 169 hours long when the clocks change in it.
    """

    label: str
    start: datetime
    end: datetime


def week_of(moment: datetime, zone: ZoneInfo) -> Week:
    """The week, Monday 00:00 to Monday 00:00 on the clocks of ``zone``, that holds a moment.

    Raises:
        ValueError: ``moment`` does not say where it is (naive).
    """
    if moment.tzinfo is None:
        raise ValueError("a week can only be told for an aware moment")
    day = moment.astimezone(zone).date()
    monday = day - timedelta(days=day.weekday())
    year, number, _ = day.isocalendar()
    start, end = (
        datetime.combine(midnight, time.min, tzinfo=zone).astimezone(UTC)
        for midnight in (monday, monday + timedelta(days=7))
    )
    return Week(f"{year}-W{number:02}", start, end)


@dataclass(frozen=True, slots=True)
class ChannelFact:
    """One channel in one week.

    Attributes:
        pulls: Its coverage rows that started in the week.
        comments: Comment versions first seen in the week.
        lanes: Assessments made in the week, by lane.
        first_pulled_at: When it was first pulled at all, so that the time before it was watched
            is not held against it; None where that is not known or never was.
    """

    channel_id: ChannelId
    name: str
    service: str
    interval: timedelta
    pulls: tuple[CoverageRow, ...]
    comments: int
    lanes: Mapping[Lane, int]
    first_pulled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CaseFact:
    """One case opened in the week, with the moments that its timeliness is reckoned from."""

    case_id: int
    channel_id: ChannelId
    service: str
    lane: Lane
    severity: Severity
    clauses: tuple[ClauseId, ...]
    state: CaseState
    posted_at: datetime
    seen_at: datetime
    opened_at: datetime
    alerted_at: datetime | None
    claimed_at: datetime | None
    decided_at: datetime | None
    outcome: DecisionOutcome | None
    decided_clause: ClauseId | None
    hidden_at: datetime | None


@dataclass(frozen=True, slots=True)
class ActFact:
    """One thing asked of a platform in the week."""

    case_id: int
    channel_id: ChannelId
    act: Act
    state: EnforcementState
    requested_at: datetime
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class EscalationFact:
    """One escalation sent in the week; ``taken_back_at`` is None while it is out."""

    case_id: int
    route: str
    sent_at: datetime
    taken_back_at: datetime | None


@dataclass(frozen=True, slots=True)
class WeekFacts:
    """Everything that happened in one week of one service, or of the whole council.

    Attributes:
        service: "" for the whole council.
        start: Monday 00:00 local, as aware UTC; ``end`` a week later, not included.
    """

    service: str
    start: datetime
    end: datetime
    channels: tuple[ChannelFact, ...] = ()
    cases: tuple[CaseFact, ...] = ()
    acts: tuple[ActFact, ...] = ()
    escalations: tuple[EscalationFact, ...] = ()
    standards: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    open_cases: int = 0
    dead_letters: int = 0
    audit_intact: bool | None = field(default=None)
