"""The figures that runs are compared by: named, with which way is better and what may be lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from monitor.evaluation.calibration import CueCalibration
from monitor.evaluation.figures import Figures
from monitor.evaluation.floors import Floor

__all__ = ["KeyFigure", "compared_figures", "kept_figures"]

# Small enough to catch a loss that matters, wide enough for what another machine's arithmetic
# and a handful of examples may move.
_ON_ALL_EXAMPLES: Final = 0.01
_ON_SOME_EXAMPLES: Final = 0.02
_ON_FEW_EXAMPLES: Final = 0.05


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One figure.

    Attributes:
        value: None where there was nothing to measure it on.
        tolerance: How much worse it may become before somebody must be told.
    """

    name: str
    value: float | None
    is_better_higher: bool
    tolerance: float


def compared_figures(figures: Figures, floors: Sequence[Floor]) -> tuple[KeyFigure, ...]:
    """What two runs over the same examples are set side by side by."""
    return tuple(_compared(figures, floors))


def kept_figures(
    figures: Figures, floors: Sequence[Floor], calibration: Sequence[CueCalibration]
) -> tuple[KeyFigure, ...]:
    """What may not fall from one release to the next: the same, every clause, and calibration."""
    return (*_compared(figures, floors), *_clauses(figures), *_calibrated(calibration))


def _compared(figures: Figures, floors: Sequence[Floor]) -> Iterator[KeyFigure]:
    yield _higher("Breach precision", figures.breach.precision.value, _ON_ALL_EXAMPLES)
    yield _higher("Breach recall", figures.breach.recall.value, _ON_ALL_EXAMPLES)
    for floor in floors:
        tolerance = _ON_ALL_EXAMPLES if floor.is_upper else _ON_SOME_EXAMPLES
        yield KeyFigure(
            floor.name,
            floor.figure.value,
            is_better_higher=not floor.is_upper,
            tolerance=tolerance,
        )
    answer = figures.needs_response
    yield _higher("Answer needed, F1", answer.f1.value, _ON_SOME_EXAMPLES)
    yield _higher("Target of breaches", figures.target_of_breaches.value, _ON_SOME_EXAMPLES)
    severity = figures.severity_within_one
    yield _higher("Severity within one step", severity.value, _ON_SOME_EXAMPLES)


def _clauses(figures: Figures) -> Iterator[KeyFigure]:
    for clause in figures.clauses:
        yield _higher(f"F1 of {clause.id}", clause.detection.f1.value, _ON_FEW_EXAMPLES)
        yield _higher(f"A person sees {clause.id}", clause.seen.value, _ON_FEW_EXAMPLES)


def _calibrated(calibration: Sequence[CueCalibration]) -> Iterator[KeyFigure]:
    for cue in calibration:
        if not cue.clause:
            error = cue.reliability.error
            yield _higher("Ranking by score, AUC", cue.ranking.auc, _ON_ALL_EXAMPLES)
            yield KeyFigure(
                "Calibration error of score",
                error,
                is_better_higher=False,
                tolerance=_ON_SOME_EXAMPLES,
            )


def _higher(name: str, value: float | None, tolerance: float) -> KeyFigure:
    return KeyFigure(name, value, is_better_higher=True, tolerance=tolerance)
