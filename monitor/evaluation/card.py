"""The evaluation card: every figure of one run, put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from classifiers.contract import Classifier
from classifiers.labelled import Example
from config.standards import Standards
from monitor.evaluation.baseline import BaselineCheck
from monitor.evaluation.calibration import CueCalibration, Sweep, calibration_of, sweeps_of
from monitor.evaluation.comparison import Comparison
from monitor.evaluation.examples import digest
from monitor.evaluation.fairness import Fairness, fairness_of
from monitor.evaluation.figures import Figures, figures_of
from monitor.evaluation.floors import Floor, fairness_floors, floors_of
from monitor.evaluation.key_figures import KeyFigure, kept_figures
from monitor.evaluation.misses import MissKind, worst_misses
from monitor.evaluation.readings import Reading
from monitor.evaluation.reference import ReferenceRow

__all__ = ["Card", "Subject", "card_of"]


@dataclass(frozen=True, slots=True)
class Subject:
    """What was read, by what, held against what.

    Attributes:
        examples: Their name: a split's, or a file's.
        digest: Which examples exactly.
        classifier: The fingerprint of what scored them.
        standards: The fingerprint of the standard.
    """

    examples: str
    count: int
    digest: str
    classifier: str
    standards: str


@dataclass(frozen=True, slots=True)
class Card:
    """One run's figures.

    Attributes:
        calibration: The assessment's own score first.
        baseline: None where the run was held against none.
        comparison: None where nothing was compared.
        references: This run first, then the filters that were asked for.
    """

    subject: Subject
    floors: tuple[Floor, ...]
    figures: Figures
    calibration: tuple[CueCalibration, ...]
    sweeps: tuple[Sweep, ...]
    fairness: Fairness
    misses: tuple[MissKind, ...]
    baseline: BaselineCheck | None = None
    comparison: Comparison | None = None
    references: tuple[ReferenceRow, ...] = ()

    @property
    def key_figures(self) -> tuple[KeyFigure, ...]:
        """What may not fall."""
        return kept_figures(self.figures, self.floors, self.calibration)


def card_of(
    name: str,
    readings: Sequence[Reading],
    classifier: Classifier,
    standards: Standards,
    *,
    advance: Callable[[int], object] = lambda _: None,
) -> Card:
    """Measure a run, and read the copies and sentences that show whether it is even-handed.

    Args:
        name: What the examples are called.
        readings: At least one.
        classifier: What scored them; scores the copies too.
        standards: What they were held against.
        advance: Told how many more texts were scored.

    Raises:
        ClassifierFailed: It cannot read.
    """
    figures = figures_of(readings, standards)
    fairness = fairness_of(readings, classifier, standards, advance=advance)
    return Card(
        subject=_subject(name, [one.example for one in readings], classifier, standards),
        floors=(
            *floors_of(readings, figures),
            *fairness_floors(template_gap=fairness.identity_gap, changed_by_swap=fairness.changed),
        ),
        figures=figures,
        calibration=calibration_of(readings, standards),
        sweeps=sweeps_of(readings, standards),
        fairness=fairness,
        misses=worst_misses(readings),
    )


def _subject(
    name: str, examples: Sequence[Example], classifier: Classifier, standards: Standards
) -> Subject:
    return Subject(
        examples=name,
        count=len(examples),
        digest=digest(examples),
        classifier=classifier.fingerprint,
        standards=standards.fingerprint,
    )
