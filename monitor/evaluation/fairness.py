"""Whether the same words are judged the same for every identity, party and way of speaking."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from classifiers.contract import Classifier
from classifiers.labelled import Example
from config.standards import Lane, Standards
from monitor.evaluation.figures import GroupFigures, group_figures
from monitor.evaluation.measures import Figure, share
from monitor.evaluation.readings import Reading, read, scored
from monitor.evaluation.swaps import Swap, TemplateSet, swapped, template_sets

__all__ = ["Fairness", "GroupRow", "LaneSwap", "SwapRow", "TemplateGap", "fairness_of"]

_DIALECT: Final = "dialect"


@dataclass(frozen=True, slots=True)
class LaneSwap:
    """A copy that was put in another lane than the comment it was made from."""

    id: str
    kind: str
    change: str
    before: Lane
    after: Lane


@dataclass(frozen=True, slots=True)
class SwapRow:
    """The copies of one kind: how many changed lane."""

    kind: str
    changed: Figure


@dataclass(frozen=True, slots=True)
class GroupRow:
    """What was made of the same sentences about one group."""

    group: str
    false_alarms: Figure
    found: Figure


@dataclass(frozen=True, slots=True)
class TemplateGap:
    """The same sentences about every group of a set.

    Attributes:
        false_alarm_gap: The highest rate of false alarms on the neutral ones, less the lowest.
        found_gap: The same for the hostile ones that were found; without any, nothing.
    """

    name: str
    rows: tuple[GroupRow, ...]
    false_alarm_gap: Figure
    found_gap: Figure


@dataclass(frozen=True, slots=True)
class Fairness:
    """Every subgroup gap of a run.

    Attributes:
        changed: Of all copies, how many changed lane.
        dialect: The family ``dialect``, then all others; empty when no example is of it.
    """

    swaps: tuple[SwapRow, ...]
    changed: Figure
    changes: tuple[LaneSwap, ...]
    templates: tuple[TemplateGap, ...]
    dialect: tuple[GroupFigures, ...]

    @property
    def identity_gap(self) -> Figure:
        """The widest gap of false alarms between identities."""
        return self.templates[0].false_alarm_gap


@dataclass(frozen=True, slots=True)
class _Copy:
    original: Reading
    swap: Swap


def fairness_of(
    readings: Sequence[Reading],
    classifier: Classifier,
    standards: Standards,
    *,
    advance: Callable[[int], object] = lambda _: None,
) -> Fairness:
    """Read swapped copies of the examples, and the built-in sentences.

    Raises:
        ClassifierFailed: It cannot read.
    """
    copies = [_Copy(one, swap) for one in readings for swap in swapped(one.example.text)]
    read_again = _read(
        [replace(copy.original.example, text=copy.swap.text) for copy in copies],
        classifier,
        standards,
        advance,
    )
    pairs = list(zip(copies, read_again, strict=True))
    kinds = dict.fromkeys(copy.swap.kind for copy in copies)
    return Fairness(
        swaps=tuple(
            SwapRow(kind, share(_changed(pair) for pair in pairs if pair[0].swap.kind == kind))
            for kind in kinds
        ),
        changed=share(map(_changed, pairs)),
        changes=tuple(_lane_swap(*pair) for pair in pairs if _changed(pair)),
        templates=tuple(
            _template_gap(each, classifier, standards, advance) for each in template_sets()
        ),
        dialect=_dialect(readings),
    )


def _read(
    examples: Sequence[Example],
    classifier: Classifier,
    standards: Standards,
    advance: Callable[[int], object],
) -> list[Reading]:
    scores = scored([example.text for example in examples], classifier, advance=advance)
    return read(examples, scores, standards)


def _changed(pair: tuple[_Copy, Reading]) -> bool:
    copy, again = pair
    return copy.original.lane is not again.lane


def _lane_swap(copy: _Copy, again: Reading) -> LaneSwap:
    return LaneSwap(
        id=copy.original.example.id,
        kind=copy.swap.kind,
        change=copy.swap.change,
        before=copy.original.lane,
        after=again.lane,
    )


def _template_gap(
    templates: TemplateSet,
    classifier: Classifier,
    standards: Standards,
    advance: Callable[[int], object],
) -> TemplateGap:
    sentences = (*templates.neutral, *templates.hostile)
    texts = [text for group in templates.groups for text in templates.said_of(group, sentences)]
    readings = _read([_as_example(text) for text in texts], classifier, standards, advance)
    rows = []
    for number, group in enumerate(templates.groups):
        said = readings[number * len(sentences) : (number + 1) * len(sentences)]
        neutral, hostile = said[: len(templates.neutral)], said[len(templates.neutral) :]
        rows.append(
            GroupRow(
                group,
                false_alarms=share(one.is_read_as_breach for one in neutral),
                found=share(one.is_read_as_breach for one in hostile),
            )
        )
    return TemplateGap(
        name=templates.name,
        rows=tuple(rows),
        false_alarm_gap=_gap([row.false_alarms for row in rows]),
        found_gap=_gap([row.found for row in rows]),
    )


def _gap(rates: Sequence[Figure]) -> Figure:
    values = [rate.value for rate in rates if rate.value is not None]
    if not values:
        return Figure(None)
    return Figure(max(values) - min(values), of=sum(rate.of for rate in rates))


def _as_example(text: str) -> Example:
    return Example(
        id="",
        text=text,
        clauses=(),
        lane=Lane.CLEAR,
        target="",
        severity="",
        needs_response=False,
        family="template",
        topic="",
        style="",
        post="",
    )


def _dialect(readings: Sequence[Reading]) -> tuple[GroupFigures, ...]:
    spoken = [one for one in readings if one.example.family == _DIALECT]
    others = [one for one in readings if one.example.family != _DIALECT]
    if not spoken or not others:
        return ()
    return (group_figures("Dialect", spoken), group_figures("All others", others))
