"""The examples read as the product reads comments: scored in batches, held against a standard."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from classifiers.contract import Classifier, Scores
from classifiers.labelled import Example
from config.standards import Clause, Cue, Lane, Standards, Target
from monitor.domain.assessment import Assessment, assess, needs_a_person
from monitor.domain.context import Context

__all__ = ["LAWFUL", "Reading", "assessed", "read", "scored", "strength"]

LAWFUL = frozenset({Lane.CRITICISM, Lane.REQUEST, Lane.CLEAR})
"""The lanes of what is allowed; what belongs in any other, a person must see."""

_BATCH = 512


@dataclass(frozen=True, slots=True)
class Reading:
    """One example, and what was made of it.

    Attributes:
        values: What every label scored; a label that is not there was not seen.
    """

    example: Example
    values: Mapping[str, float]
    assessment: Assessment

    @property
    def expected(self) -> Lane:
        """Where it belongs."""
        return Lane(self.example.lane)

    @property
    def lane(self) -> Lane:
        """Where it was put."""
        return self.assessment.lane

    @property
    def clauses(self) -> frozenset[str]:
        """The clauses that were read in it."""
        return frozenset(breach.clause for breach in self.assessment.clauses)

    @property
    def is_lawful(self) -> bool:
        """Whether it belongs in a lane of what is allowed."""
        return self.expected in LAWFUL

    @property
    def is_read_as_breach(self) -> bool:
        """Whether it was put in the lane ``breach``."""
        return self.lane is Lane.BREACH

    @property
    def is_seen(self) -> bool:
        """Whether a person is asked to look at it."""
        return needs_a_person(self.assessment)


def scored(
    texts: Sequence[str],
    classifier: Classifier,
    *,
    advance: Callable[[int], object] = lambda _: None,
) -> list[Scores]:
    """Score texts in batches.

    Args:
        texts: In any number.
        classifier: What scores them.
        advance: Told how many more are done.

    Raises:
        ClassifierFailed: It cannot read.
    """
    found: list[Scores] = []
    for start in range(0, len(texts), _BATCH):
        batch = texts[start : start + _BATCH]
        found += classifier.score(batch)
        advance(len(batch))
    return found


def read(
    examples: Sequence[Example], scores: Sequence[Scores], standards: Standards
) -> list[Reading]:
    """Hold every example's scores against a standard, with the post above it as context."""
    return [
        Reading(
            example,
            {str(label): score.value for label, score in one.by_label.items()},
            assessed(example.text, example.post, one, standards),
        )
        for example, one in zip(examples, scores, strict=True)
    ]


def assessed(text: str, post: str, scores: Scores, standards: Standards) -> Assessment:
    """The product's own assessment, as if every period that a clause is for held now.

    The examples are labelled so: whether the day is before an election is not in their words.
    """
    periods = frozenset[str]().union(*(clause.only_in for clause in standards.clauses))
    return assess(text, scores, standards, periods=periods, context=Context(post=post))


def strength(clause: Clause, reading: Reading) -> float:
    """How strongly a clause speaks, 0 to 1: its strongest cue that is not kept silent."""
    return max(
        (
            reading.values.get(cue.label, 0.0)
            for cue in clause.cues
            if _may_speak(cue, reading.values, reading.assessment.target)
        ),
        default=0.0,
    )


def _may_speak(cue: Cue, values: Mapping[str, float], target: Target) -> bool:
    if cue.targets and target not in cue.targets:
        return False
    confirmation = values.get(cue.confirmed_by) if cue.confirmed_by else None
    return confirmation is None or confirmation >= cue.confirmed_from
