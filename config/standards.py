"""The resident acceptable-use standard as data: clauses, their cues, and the lanes beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

__all__ = [
    "Clause",
    "ClauseId",
    "Cue",
    "Lane",
    "Severity",
    "Standards",
    "Target",
]

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
    """

    label: str
    suspect: float
    severe: float
    severity: Severity | None = None
    targets: frozenset[Target] = frozenset()


@dataclass(frozen=True, slots=True)
class Clause:
    """One line of the standard.

    Attributes:
        id: Identifier used everywhere.
        ref: The reference that the public document uses: ``RS-06``.
        lane: ``breach``, or ``welfare`` for the duty of care that is never a breach.
        cues: What speaks for it; none means that only a person can cite it.
        only_in: The named periods in which it applies (``pre_election``); empty means always.
        sla: Deadlines by name, as the standard words them: ``{"acknowledge": "15m now"}``.
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

    @property
    def fingerprint(self) -> str:
        """``resident-aup 1.0.0 (3f2a9c01)``: which text a decision was made under."""
        return f"{self.id} {self.version} ({self.content_hash[:8]})"

    def clause(self, clause_id: str) -> Clause | None:
        """The clause of that identifier, or None."""
        return next((clause for clause in self.clauses if clause.id == clause_id), None)
