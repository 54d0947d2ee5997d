"""The figures of one run: breach, clauses, families, lanes, target, severity, answer needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from config.standards import Lane, Severity, Standards
from monitor.evaluation.measures import (
    Detection,
    Figure,
    detection,
    macro_f1,
    proportion,
    share,
)
from monitor.evaluation.readings import Reading

__all__ = ["ClauseFigures", "Figures", "GroupFigures", "figures_of", "group_figures"]


@dataclass(frozen=True, slots=True)
class ClauseFigures:
    """How well one clause is found.

    Attributes:
        detection: Found means that the clause is among those of the assessment.
        seen: Of the examples that touch it, how many a person is asked to look at at all,
            whatever the clause that brought them there: the figure that protects people.
    """

    id: str
    ref: str
    title: str
    detection: Detection
    seen: Figure


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """How the examples of one family or one lane are read.

    Attributes:
        found: Of those that a person must see, how many were put in the lane they belong in.
        seen: Of the same, how many a person is asked to look at at all.
        false_alarms: Of the lawful ones, how many were read as a breach.
        asked: Of the lawful ones, how many a person is asked to look at.
    """

    name: str
    found: Figure
    seen: Figure
    false_alarms: Figure
    asked: Figure


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that one classifier and one standard made of the examples.

    Attributes:
        breach: The lane ``breach`` against every other; welfare is not a breach.
        confusion: Counts by the lane where examples belong, then the lane where they were put.
        macro_f1: The mean of the clauses that occur.
        target: Whom the words bear on, over all examples.
        target_of_breaches: The same, over the examples that are a breach.
        severity_exact: Of the examples that touch a clause and were given a severity.
        severity_within_one: The same, one step up or down allowed.
    """

    breach: Detection
    confusion: Mapping[Lane, Mapping[Lane, int]]
    clauses: tuple[ClauseFigures, ...]
    macro_f1: Figure
    families: tuple[GroupFigures, ...]
    lanes: tuple[GroupFigures, ...]
    target: Figure
    target_of_breaches: Figure
    needs_response: Detection
    severity_exact: Figure
    severity_within_one: Figure


def figures_of(readings: Sequence[Reading], standards: Standards) -> Figures:
    """Measure one run.

    Args:
        readings: At least one.
        standards: What they were held against; its clauses, in its order.
    """
    steps = list(_severity_steps(readings))
    right = [
        (one.example.is_breach, one.assessment.target == one.example.target) for one in readings
    ]
    return Figures(
        breach=detection(
            [one.example.is_breach for one in readings],
            [one.is_read_as_breach for one in readings],
        ),
        confusion=_confusion(readings),
        clauses=tuple(_clauses(readings, standards)),
        macro_f1=macro_f1(
            [(touching, found) for _, touching, found in _columns(readings, standards)]
        ),
        families=tuple(_groups(readings, lambda one: one.example.family)),
        lanes=tuple(_groups(readings, lambda one: one.expected)),
        target=share(is_right for _, is_right in right),
        target_of_breaches=share(is_right for is_breach, is_right in right if is_breach),
        needs_response=detection(
            [one.example.needs_response for one in readings],
            [one.assessment.needs_response for one in readings],
        ),
        severity_exact=share(step == 0 for step in steps),
        severity_within_one=share(step <= 1 for step in steps),
    )


def group_figures(name: str, readings: Iterable[Reading]) -> GroupFigures:
    """Measure some of the examples, under a name."""
    lawful: list[Reading] = []
    others: list[Reading] = []
    for one in readings:
        (lawful if one.is_lawful else others).append(one)
    return GroupFigures(
        name=name,
        found=share(one.lane is one.expected for one in others),
        seen=share(one.is_seen for one in others),
        false_alarms=share(one.is_read_as_breach for one in lawful),
        asked=share(one.is_seen for one in lawful),
    )


def _confusion(readings: Iterable[Reading]) -> dict[Lane, dict[Lane, int]]:
    counts = Counter((one.expected, one.lane) for one in readings)
    return {belongs: {put: counts[belongs, put] for put in Lane} for belongs in Lane}


def _columns(
    readings: Sequence[Reading], standards: Standards
) -> Iterator[tuple[str, list[bool], list[bool]]]:
    for clause in standards.clauses:
        yield (
            clause.id,
            [clause.id in one.example.clauses for one in readings],
            [clause.id in one.clauses for one in readings],
        )


def _clauses(readings: Sequence[Reading], standards: Standards) -> Iterator[ClauseFigures]:
    for clause, column in zip(standards.clauses, _columns(readings, standards), strict=True):
        _, touching, found = column
        seen = sum(one.is_seen for one, touches in zip(readings, touching, strict=True) if touches)
        yield ClauseFigures(
            id=clause.id,
            ref=clause.ref,
            title=clause.title,
            detection=detection(touching, found),
            seen=proportion(seen, sum(touching)),
        )


def _groups(readings: Sequence[Reading], group: Callable[[Reading], str]) -> Iterator[GroupFigures]:
    by_name: dict[str, list[Reading]] = {}
    for one in readings:
        by_name.setdefault(str(group(one)), []).append(one)
    for name in sorted(by_name):
        yield group_figures(name, by_name[name])


def _severity_steps(readings: Iterable[Reading]) -> Iterator[int]:
    """How many steps the severity is off, where both sides name one."""
    for one in readings:
        if one.example.clauses and one.example.severity and one.assessment.severity is not None:
            yield abs(Severity(one.example.severity).rank - one.assessment.severity.rank)
