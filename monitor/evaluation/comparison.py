"""Two ways of reading the same examples, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from config.standards import Lane, Standards
from monitor.evaluation.figures import figures_of
from monitor.evaluation.floors import floors_of
from monitor.evaluation.key_figures import compared_figures
from monitor.evaluation.measures import mcnemar
from monitor.evaluation.readings import Reading

__all__ = ["ComparedFigure", "Comparison", "LaneChange", "Side", "compare"]


@dataclass(frozen=True, slots=True)
class Side:
    """One way of reading: its name, what it made of the examples, and by which standard."""

    name: str
    readings: Sequence[Reading]
    standards: Standards


@dataclass(frozen=True, slots=True)
class ComparedFigure:
    """One figure of both sides; None where there was nothing to measure."""

    name: str
    first: float | None
    second: float | None
    is_better_higher: bool

    @property
    def difference(self) -> float | None:
        """The second less the first."""
        if self.first is None or self.second is None:
            return None
        return self.second - self.first


@dataclass(frozen=True, slots=True)
class LaneChange:
    """An example that the two sides put in different lanes."""

    id: str
    family: str
    expected: Lane
    first: Lane
    second: Lane

    @property
    def right(self) -> str:
        """Which side is right: ``first``, ``second`` or ``neither``."""
        return {self.first: "first", self.second: "second"}.get(self.expected, "neither")


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the second side changes.

    Attributes:
        only_first_right: Examples whose being a breach, or not, only the first side got right.
        only_second_right: Those that only the second did.
        p_value: McNemar's exact test of those two counts.
    """

    first: str
    second: str
    figures: tuple[ComparedFigure, ...]
    changes: tuple[LaneChange, ...]
    only_first_right: int
    only_second_right: int
    p_value: float


def compare(first: Side, second: Side) -> Comparison:
    """Set two sides beside each other that read the same examples in the same order."""
    pairs = list(zip(first.readings, second.readings, strict=True))
    only_first = sum(_is_right(one) and not _is_right(other) for one, other in pairs)
    only_second = sum(_is_right(other) and not _is_right(one) for one, other in pairs)
    return Comparison(
        first=first.name,
        second=second.name,
        figures=tuple(_figures(first, second)),
        changes=tuple(
            LaneChange(one.example.id, one.example.family, one.expected, one.lane, other.lane)
            for one, other in pairs
            if one.lane is not other.lane
        ),
        only_first_right=only_first,
        only_second_right=only_second,
        p_value=mcnemar(only_first, only_second),
    )


def _is_right(one: Reading) -> bool:
    return one.is_read_as_breach == one.example.is_breach


def _figures(first: Side, second: Side) -> Iterator[ComparedFigure]:
    sides = []
    for side in (first, second):
        figures = figures_of(side.readings, side.standards)
        sides.append(compared_figures(figures, floors_of(side.readings, figures)))
    other = {figure.name: figure.value for figure in sides[1]}
    for figure in sides[0]:
        yield ComparedFigure(
            figure.name, figure.value, other.get(figure.name), figure.is_better_higher
        )
