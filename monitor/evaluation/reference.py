"""Off-the-shelf word filters, for comparison only: they say "a person must look", nothing more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Final

from classifiers.labelled import Example
from config.standards import Lane
from monitor.evaluation.measures import Figure, Ranking, proportion, ranking, share
from monitor.evaluation.needs import EvaluationImpossible, require
from monitor.evaluation.readings import LAWFUL, Reading

__all__ = [
    "REFERENCES",
    "Filter",
    "ReferenceRow",
    "Verdict",
    "open_filter",
    "own_verdicts",
    "row_of",
    "verdicts",
]

_CUT: Final = 0.5


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter by another author.

    Attributes:
        score: How strongly each text asks for a look, 0 to 1, in order.
    """

    name: str
    score: Callable[[Sequence[str]], list[float]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reader without clauses says of one text: from one half on, it is a breach."""

    score: float
    is_breach: bool


@dataclass(frozen=True, slots=True)
class ReferenceRow:
    """How well breaches are told from everything else.

    Attributes:
        recall: Of the breaches.
        precision: Of what was called one.
        criticism: False alarms on lawful criticism.
        others: False alarms on all other lawful comments.
        by_clause: Of the examples that touch a clause, how many were called a breach.
    """

    name: str
    ranking: Ranking
    recall: Figure
    precision: Figure
    criticism: Figure
    others: Figure
    by_clause: Mapping[str, Figure]


def open_filter(name: str) -> Filter:
    """The filter of that name.

    Raises:
        EvaluationImpossible: It is none of ``REFERENCES``, or is not installed.
    """
    if name not in REFERENCES:
        raise EvaluationImpossible(
            f"There is no reference filter called {name!r}.",
            hint=f"These can be compared with: {', '.join(REFERENCES)}.",
        )
    module, load = REFERENCES[name]
    require(
        module, task=f"Comparing with {name}", hint=f"Install it: python -m pip install {name}."
    )
    return Filter(name, load())


def verdicts(reference: Filter, examples: Sequence[Example]) -> list[Verdict]:
    """What a filter says of every example."""
    return [
        Verdict(score, score >= _CUT)
        for score in reference.score([example.text for example in examples])
    ]


def row_of(name: str, examples: Sequence[Example], said: Sequence[Verdict]) -> ReferenceRow:
    """Measure what was said of the examples."""
    pairs = list(zip(examples, said, strict=True))
    found = sum(one.is_breach and verdict.is_breach for one, verdict in pairs)
    clauses = sorted({clause for one in examples for clause in one.clauses})
    return ReferenceRow(
        name=name,
        ranking=ranking([one.is_breach for one in examples], [verdict.score for verdict in said]),
        recall=proportion(found, sum(one.is_breach for one in examples)),
        precision=proportion(found, sum(verdict.is_breach for verdict in said)),
        criticism=share(v.is_breach for one, v in pairs if one.lane == Lane.CRITICISM),
        others=share(v.is_breach for one, v in pairs if one.lane in LAWFUL - {Lane.CRITICISM}),
        by_clause={
            clause: share(v.is_breach for one, v in pairs if clause in one.clauses)
            for clause in clauses
        },
    )


def own_verdicts(readings: Sequence[Reading]) -> list[Verdict]:
    """A run of ours, cut down to what a filter can say."""
    return [Verdict(one.assessment.score, one.is_read_as_breach) for one in readings]


def _alt_profanity_check() -> Callable[[Sequence[str]], list[float]]:
    predict = import_module("profanity_check").predict_prob

    def score(texts: Sequence[str]) -> list[float]:
        return [float(each) for each in predict(list(texts))] if texts else []

    return score


def _better_profanity() -> Callable[[Sequence[str]], list[float]]:
    profanity = import_module("better_profanity").profanity

    def score(texts: Sequence[str]) -> list[float]:
        return [float(profanity.contains_profanity(text)) for text in texts]

    return score


REFERENCES: Final[
    Mapping[str, tuple[str, Callable[[], Callable[[Sequence[str]], list[float]]]]]
] = {
    "alt-profanity-check": ("profanity_check", _alt_profanity_check),
    "better-profanity": ("better_profanity", _better_profanity),
}
"""Name, as the package index has it, to module and what loads it."""
