"""Whether scores mean what they say, and what other thresholds would give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from config.standards import Clause, Lane, Standards
from monitor.evaluation.measures import (
    Figure,
    Ranking,
    Reliability,
    proportion,
    ranking,
    reliability,
)
from monitor.evaluation.readings import Reading, strength

__all__ = ["CueCalibration", "Sweep", "SweepPoint", "calibration_of", "sweeps_of"]

_GRID: Final = tuple(step / 20 for step in range(1, 20))


@dataclass(frozen=True, slots=True)
class CueCalibration:
    """How far one score is to be believed.

    Attributes:
        clause: The clause that the label speaks for; "" for the assessment's own score, whose
            truth is that some clause is touched.
        label: The label, or ``score``.
        scored: How many examples it scored above nothing.
    """

    clause: str
    label: str
    ranking: Ranking
    reliability: Reliability
    scored: int


@dataclass(frozen=True, slots=True)
class SweepPoint:
    """What one threshold would give for a clause."""

    threshold: float
    precision: Figure
    recall: Figure


@dataclass(frozen=True, slots=True)
class Sweep:
    """A clause's precision and recall as its threshold moves.

    Every cue of the clause is held against the same threshold, its targets as they are.

    Attributes:
        suspect: The thresholds in force from which a person must look, lowest first.
        severe: Those from which it is as good as certain.
    """

    clause: str
    title: str
    suspect: tuple[float, ...]
    severe: tuple[float, ...]
    points: tuple[SweepPoint, ...]

    @property
    def band(self) -> tuple[SweepPoint, ...]:
        """The points from the lowest threshold in force to the highest."""
        return tuple(
            point
            for point in self.points
            if self.suspect[0] <= point.threshold <= max(self.severe[-1], self.suspect[-1])
        )


def calibration_of(readings: Sequence[Reading], standards: Standards) -> tuple[CueCalibration, ...]:
    """The assessment's score first, then every label that a clause's cues name.

    What no model here can judge (lane ``unsure``) says nothing about its score and is left out.
    """
    judged = [one for one in readings if one.expected is not Lane.UNSURE]
    whole = _cue("", "score", judged, [one.assessment.score for one in judged])
    cues = [
        _cue(clause.id, label, judged, [one.values.get(label, 0.0) for one in judged])
        for clause in standards.clauses
        for label in dict.fromkeys(cue.label for cue in clause.cues)
    ]
    return (whole, *cues)


def sweeps_of(readings: Sequence[Reading], standards: Standards) -> tuple[Sweep, ...]:
    """One for every clause that has cues and occurs among the examples."""
    return tuple(
        _sweep(clause, readings)
        for clause in standards.clauses
        if clause.cues and any(clause.id in one.example.clauses for one in readings)
    )


def _cue(
    clause: str, label: str, judged: Sequence[Reading], values: Sequence[float]
) -> CueCalibration:
    truth = [
        clause in one.example.clauses if clause else bool(one.example.clauses) for one in judged
    ]
    return CueCalibration(
        clause=clause,
        label=label,
        ranking=ranking(truth, values),
        reliability=reliability(truth, values),
        scored=sum(value > 0 for value in values),
    )


def _sweep(clause: Clause, readings: Sequence[Reading]) -> Sweep:
    suspect = tuple(sorted({cue.suspect for cue in clause.cues}))
    severe = tuple(sorted({cue.severe for cue in clause.cues}))
    strengths = [strength(clause, one) for one in readings]
    truth = [clause.id in one.example.clauses for one in readings]
    thresholds = sorted({*_GRID, *suspect, *severe})
    return Sweep(
        clause=clause.id,
        title=clause.title,
        suspect=suspect,
        severe=severe,
        points=tuple(_points(thresholds, strengths, truth)),
    )


def _points(
    thresholds: Sequence[float], strengths: Sequence[float], truth: Sequence[bool]
) -> Iterator[SweepPoint]:
    for threshold in thresholds:
        above = [value >= threshold for value in strengths]
        right = sum(is_so and said for is_so, said in zip(truth, above, strict=True))
        yield SweepPoint(threshold, proportion(right, sum(above)), proportion(right, sum(truth)))
