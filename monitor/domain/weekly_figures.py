"""The numbers of one week as values: what the report prints, the same whoever prints it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from config.standards import Lane, Severity
from connectors.contract import ChannelId
from monitor.domain.case import Act, CaseState, DecisionOutcome, EnforcementState
from monitor.domain.coverage import Gap

__all__ = [
    "ActTally",
    "CaseTally",
    "Change",
    "ChannelFigures",
    "EscalationTally",
    "Measure",
    "SeriousCase",
    "Step",
    "Timing",
    "WeeklyFigures",
]


class Step(StrEnum):
    """A stretch of a comment's way, from one moment to another."""

    POSTED_TO_SEEN = "posted to seen"
    SEEN_TO_ALERTED = "seen to alerted"
    ALERTED_TO_CLAIMED = "alerted to claimed"
    CLAIMED_TO_DECIDED = "claimed to decided"
    DECIDED_TO_CONFIRMED = "decided to confirmed"
    POSTED_TO_HIDDEN = "posted to hidden"


class Measure(StrEnum):
    """A number that is compared with the week before."""

    COMMENTS = "comments seen"
    CASES = "cases opened"
    SERIOUS = "serious cases"
    HIDES = "decisions to hide"
    CRITICISM = "criticism allowed"
    UNSEEN_MINUTES = "minutes unseen"


@dataclass(frozen=True, slots=True)
class ChannelFigures:
    """How well one channel was seen, and what was found there.

    Attributes:
        due: Pulls that its interval asks for.
        failed: Pulls that ended badly; ``unfinished`` never ended.
        comments: Comments seen for the first time, or edited.
        platform_count: The platform's own count of all comments on the posts read last, where
            it states one; not the week's count.
        lanes: Every lane, zero included.
        watched_since: When it was first watched, where that was within the week; nothing before
            is a gap.
    """

    channel_id: ChannelId
    name: str
    service: str
    due: int
    done: int
    failed: int
    unfinished: int
    comments: int
    platform_count: int | None
    lanes: Mapping[Lane, int]
    gaps: tuple[Gap, ...]
    watched_since: datetime | None = None

    @property
    def unseen(self) -> timedelta:
        """How long the channel was not seen, all gaps together."""
        return sum((gap.end - gap.start for gap in self.gaps), timedelta())


@dataclass(frozen=True, slots=True)
class CaseTally:
    """Cases of one clause or one channel.

    Attributes:
        key: The clause's or channel's identifier; "" for cases without a clause.
        name: As people read it: ``RS-06 Abuse of staff``.
        by_severity: Cases that it leads, by severity; every severity, zero included.
        touched: Cases that it leads or stands in beside another; a case may touch several.
    """

    key: str
    name: str
    by_severity: Mapping[Severity, int]
    touched: int

    @property
    def total(self) -> int:
        """Cases that it leads; over all rows of a table, every case once."""
        return sum(self.by_severity.values())


@dataclass(frozen=True, slots=True)
class ActTally:
    """What became of one kind of request to a platform; every state, zero included."""

    act: Act
    by_state: Mapping[EnforcementState, int]

    @property
    def total(self) -> int:
        """How often it was asked, those done by hand included."""
        return sum(self.by_state.values())


@dataclass(frozen=True, slots=True)
class Timing:
    """How long one step took.

    Attributes:
        measured: How many had both moments; ``of`` how many could have had.
        median: None when nothing was measured; so is ``ninetieth``, which nine in ten kept
            (nearest rank).
    """

    step: Step
    measured: int
    of: int
    median: timedelta | None
    ninetieth: timedelta | None


@dataclass(frozen=True, slots=True)
class EscalationTally:
    """Escalations to one route: sent in the week, of those come back, and still out."""

    route: str
    title: str
    sent: int
    back: int

    @property
    def out(self) -> int:
        """Sent and not come back."""
        return self.sent - self.back


@dataclass(frozen=True, slots=True)
class SeriousCase:
    """A breach of severity S1 or S2, or a welfare concern, by its reference alone.

    Attributes:
        clause: The worst clause that it touches, as people read it; "none" without one.
        routes: The titles of the escalation routes that it was sent to in the week.
    """

    reference: str
    channel: str
    clause: str
    lane: Lane
    severity: Severity
    seen_at: datetime
    state: CaseState
    outcome: DecisionOutcome | None
    routes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One number beside the same number of the week before."""

    measure: Measure
    now: int
    before: int | None


@dataclass(frozen=True, slots=True)
class WeeklyFigures:
    """The numbers of one week, of one service or of the whole council.

    Attributes:
        label: ``2026-W47``.
        service: "" for the whole council.
        whole: False for a week that was not over when its facts were read.
        timezone: Whose clocks the week and every printed time follow.
        cases: By lane of the case: breach, welfare and unsure, zero included.
        serious: Breaches of severity S1 or S2; welfare is a duty of care and not among them.
        hides_without_clause: Decisions to hide that cite nothing; the target is zero.
        headline: The week in one sentence.
        attention: What somebody must look at or decide, most pressing first; may be empty.
    """

    label: str
    service: str
    start: datetime
    end: datetime
    whole: bool
    timezone: str
    channels: tuple[ChannelFigures, ...]
    lanes: Mapping[Lane, int]
    cases: Mapping[Lane, int]
    serious: int
    by_clause: tuple[CaseTally, ...]
    by_channel: tuple[CaseTally, ...]
    by_severity: Mapping[Severity, int]
    decisions: Mapping[DecisionOutcome, int]
    undecided: int
    acts: tuple[ActTally, ...]
    timings: tuple[Timing, ...]
    escalations: tuple[EscalationTally, ...]
    hides_without_clause: int
    serious_cases: tuple[SeriousCase, ...]
    changes: tuple[Change, ...]
    open_cases: int
    dead_letters: int
    audit_intact: bool | None
    standards: tuple[str, ...]
    models: tuple[str, ...]
    headline: str = ""
    attention: tuple[str, ...] = ()

    @property
    def comments(self) -> int:
        """Comments seen for the first time, or edited, over all channels."""
        return sum(channel.comments for channel in self.channels)

    @property
    def assessed(self) -> int:
        """Readings of comments, over all lanes."""
        return sum(self.lanes.values())

    @property
    def all_cases(self) -> int:
        """Cases opened, over all lanes."""
        return sum(self.cases.values())

    @property
    def criticism_allowed(self) -> int:
        """Comments read as criticism of the council, and left to stand."""
        return self.lanes[Lane.CRITICISM]

    @property
    def unseen(self) -> timedelta:
        """How long channels were not seen, all gaps of all channels together."""
        return sum((channel.unseen for channel in self.channels), timedelta())
