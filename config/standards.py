"""The resident acceptable-use standard as data: clauses, their cues, and the lanes beside them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal, NewType

from pydantic import Field

from config.problems import ConfigProblem
from config.reading import (
    Day,
    Name,
    TomlTable,
    Zone,
    canonical_json,
    days_in_utc,
    read_table,
    read_toml,
    tables,
)
from config.standards_checks import check_standards

__all__ = [
    "SHIPPED_STANDARDS",
    "Clause",
    "ClauseId",
    "Cue",
    "Lane",
    "Period",
    "Severity",
    "Standards",
    "Target",
    "load_standards",
]

SHIPPED_STANDARDS: Final = Path(__file__).with_name("standards.toml")
"""The resident standard that is in force until the council writes its own."""

ClauseId = NewType("ClauseId", str)
"""The clause's identifier in files, output and database: ``private-information``."""


class Severity(StrEnum):
    """S1 risk to life or safety, S2 serious, S3 clear breach, S4 minor."""

    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    S4 = "S4"

    @property
    def rank(self) -> int:
        """1 for the worst; sorts a queue."""
        return int(self.value[1])


class Lane(StrEnum):
    """Where an assessment goes."""

    BREACH = "breach"
    WELFARE = "welfare"
    UNSURE = "unsure"
    CRITICISM = "criticism"
    REQUEST = "request"
    CLEAR = "clear"


class Target(StrEnum):
    """Whom the words are about."""

    STAFF = "staff"
    COUNCILLOR = "councillor"
    RESIDENT = "resident"
    GROUP = "group"
    INSTITUTION = "institution"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Cue:
    """A label that speaks for a clause or a lane, with the two bands of its score.

    Attributes:
        label: What a classifier scores.
        suspect: From this score on, a person must look.
        severe: From this score on, it is as good as certain.
        severity: Overrides the clause's severity when this cue is what spoke.
        targets: Speaks only when the target is one of these; empty means any.
        confirmed_by: A label that must agree, where a classifier that scores it was asked: a word
            list finds the word, a model that read the whole comment says what it was for.
        confirmed_from: How high that label must be.
    """

    label: str
    suspect: float
    severe: float
    severity: Severity | None = None
    targets: frozenset[Target] = frozenset()
    confirmed_by: str | None = None
    confirmed_from: float = 0.5


@dataclass(frozen=True, slots=True)
class Clause:
    """One line of the standard.

    Attributes:
        id: Identifier used everywhere.
        ref: The reference that the public document uses: ``RS-06``.
        lane: ``breach``, or ``welfare`` for the duty of care that is never a breach.
        cues: What speaks for it; none means that only a person can cite it.
        only_in: The named periods in which it applies (``pre_election``); empty means always.
        escalates_to: Routes of the escalation matrix, some with a condition for the person to
            judge: ``police``, ``hr_if_officer``; ``none`` stands alone.
        sla: Deadlines by name, as the standard words them: ``{"acknowledge": "15m now"}``.
        protected: The characteristics that the clause protects, where the law lists them.
        outranks_welfare: A serious breach of it is against somebody else, so that it comes before
            the duty of care to its writer.
    """

    id: ClauseId
    ref: str
    title: str
    plain_english: str
    severity: Severity
    lane: Lane
    cues: tuple[Cue, ...]
    only_in: frozenset[str]
    recommended_action: tuple[str, ...]
    escalates_to: tuple[str, ...]
    sla: Mapping[str, str]
    legal_basis: tuple[str, ...]
    notify_author: str
    not_a_breach: tuple[str, ...] = ()
    note: str = ""
    protected: tuple[str, ...] = ()
    outranks_welfare: bool = False


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time with rules of its own, from ``starts_at`` until before ``ends_at``."""

    name: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Standards:
    """The standard in force, known by the hash of its content.

    Attributes:
        id: ``resident-aup``.
        version: As its authors number it: ``1.0.0``.
        content_hash: SHA-256 of the canonical content, hexadecimal.
        clauses: In the document's order.
        lane_cues: What speaks for the lanes that are not clauses (request, criticism, unsure).
        always_allowed: Identifier and text of what is welcome.
        periods: When the clauses that name a period apply; aware UTC.
    """

    id: str
    title: str
    version: str
    status: str
    review_every_months: int
    content_hash: str
    clauses: tuple[Clause, ...]
    lane_cues: Mapping[Lane, tuple[Cue, ...]]
    always_allowed: tuple[tuple[str, str], ...]
    periods: tuple[Period, ...] = ()

    @property
    def fingerprint(self) -> str:
        """``resident-aup 1.0.0 (3f2a9c01)``: which text a decision was made under."""
        return f"{self.id} {self.version} ({self.content_hash[:8]})"

    def clause(self, clause_id: str) -> Clause | None:
        """The clause of that identifier, or None."""
        return next((clause for clause in self.clauses if clause.id == clause_id), None)

    def periods_at(self, now: datetime) -> frozenset[str]:
        """The names of the periods that hold at ``now`` (aware)."""
        return frozenset(
            period.name for period in self.periods if period.starts_at <= now < period.ends_at
        )


def load_standards(
    path: Path = SHIPPED_STANDARDS,
) -> tuple[Standards | None, tuple[ConfigProblem, ...]]:
    """Read a standard.

    Returns:
        The standard, or None and every mistake in the file.
    """
    content, unread = read_toml(path, missing="Run: wardmote init.")
    if content is None:
        return None, unread
    parsed, misshapen = read_table(_StandardsFile, _with_defaults(content), file=path.name)
    problems = misshapen + check_standards(content, path.name)
    if parsed is None or problems:
        return None, problems
    content_hash = hashlib.sha256(canonical_json(content).encode()).hexdigest()
    return parsed.standards(content_hash), ()


class _PeriodTable(TomlTable):
    name: str
    first_day: Day = Field(alias="from")
    last_day: Day = Field(alias="to")


class _AllowedTable(TomlTable):
    id: str
    text: str


class _LaneTable(TomlTable):
    cues: tuple[Cue, ...] = ()


class _LanesTable(TomlTable):
    request: _LaneTable = _LaneTable()
    criticism: _LaneTable = _LaneTable()
    unsure: _LaneTable = _LaneTable()


class _LabelsTable(TomlTable):
    extra: tuple[str, ...] = ()


class _StandardTable(TomlTable):
    id: Name
    title: str
    version: str
    status: Literal["draft", "approved", "retired"]
    review_every_months: Annotated[int, Field(ge=1)]
    timezone: Zone = "Europe/London"
    periods: tuple[str, ...] = ()


class _StandardsFile(TomlTable):
    inner_keys: ClassVar[frozenset[str]] = frozenset(
        key.name for shape in (Clause, Cue) for key in fields(shape)
    ) | {key for shape in (_StandardTable, _LanesTable) for key in shape.model_fields}

    standard: _StandardTable
    always_allowed: tuple[_AllowedTable, ...] = ()
    clause: tuple[Clause, ...]
    lanes: _LanesTable = _LanesTable()
    labels: _LabelsTable = _LabelsTable()
    period: tuple[_PeriodTable, ...] = ()

    def standards(self, content_hash: str) -> Standards:
        head = self.standard
        return Standards(
            id=head.id,
            title=head.title,
            version=head.version,
            status=head.status,
            review_every_months=head.review_every_months,
            content_hash=content_hash,
            clauses=self.clause,
            lane_cues={
                Lane.REQUEST: self.lanes.request.cues,
                Lane.CRITICISM: self.lanes.criticism.cues,
                Lane.UNSURE: self.lanes.unsure.cues,
            },
            always_allowed=tuple((each.id, each.text) for each in self.always_allowed),
            periods=tuple(
                Period(each.name, *days_in_utc(each.first_day, each.last_day, zone=head.timezone))
                for each in self.period
            ),
        )


_OPTIONAL: Final[Mapping[str, Any]] = {
    "cues": [],
    "only_in": [],
    "sla": {},
    "legal_basis": [],
    "lane": "breach",
}


def _with_defaults(content: dict[str, Any]) -> dict[str, Any]:
    """Let a clause leave out what has one obvious meaning when it is not there."""
    if not tables(content, "clause"):
        return content
    clauses = [
        {**_OPTIONAL, **each} if isinstance(each, dict) else each for each in content["clause"]
    ]
    return {**content, "clause": clauses}
