"""The worst misses of each kind: what was wrong, and as sure as it could be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from config.standards import Lane
from monitor.evaluation.readings import Reading

__all__ = ["Miss", "MissKind", "worst_misses"]

_SHOWN: Final = 12
_OF_A_FAMILY: Final = 3


@dataclass(frozen=True, slots=True)
class Miss:
    """One example that was read wrongly; without its words."""

    id: str
    family: str
    expected: Lane
    expected_clauses: tuple[str, ...]
    got: Lane
    got_clauses: tuple[str, ...]
    score: float


@dataclass(frozen=True, slots=True)
class MissKind:
    """One way of being wrong.

    Attributes:
        count: How many examples were wrong in this way.
        worst: The most confident of them first, at most three of a family.
    """

    name: str
    count: int
    worst: tuple[Miss, ...]


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    is_so: Callable[[Reading], bool]
    sureness: Callable[[Reading], float]


def _score(one: Reading) -> float:
    return one.assessment.score


def _unscore(one: Reading) -> float:
    return -one.assessment.score


_KINDS: Final = (
    _Kind(
        "Welfare concerns that nobody would see",
        lambda one: one.expected is Lane.WELFARE and not one.is_seen,
        _unscore,
    ),
    _Kind(
        "Breaches that nobody would see",
        lambda one: one.expected is Lane.BREACH and not one.is_seen,
        _unscore,
    ),
    _Kind(
        "Other languages that nobody would see",
        lambda one: one.expected is Lane.UNSURE and not one.is_seen,
        _unscore,
    ),
    _Kind(
        "Lawful comments read as a breach",
        lambda one: one.is_lawful and one.is_read_as_breach,
        _score,
    ),
    _Kind(
        "Lawful comments put before a person as something else",
        lambda one: one.is_lawful and one.is_seen and not one.is_read_as_breach,
        _score,
    ),
    _Kind(
        "Seen, but in the wrong lane",
        lambda one: not one.is_lawful and one.is_seen and one.lane is not one.expected,
        _score,
    ),
    _Kind(
        "Seen in the right lane, but a clause is missing",
        lambda one: (
            bool(set(one.example.clauses) - one.clauses)
            and one.is_seen
            and one.lane is one.expected
        ),
        _score,
    ),
)


def worst_misses(readings: Sequence[Reading]) -> tuple[MissKind, ...]:
    """Every kind, also those without a miss; equally sure ones stand in the examples' order."""
    return tuple(_worst(kind, readings) for kind in _KINDS)


def _worst(kind: _Kind, readings: Sequence[Reading]) -> MissKind:
    wrong = sorted(filter(kind.is_so, readings), key=kind.sureness, reverse=True)
    return MissKind(
        kind.name, len(wrong), tuple(_miss(one) for one in islice(_varied(wrong), _SHOWN))
    )


def _varied(readings: Iterable[Reading]) -> Iterator[Reading]:
    """The first few of every family, so that one weakness does not hide the others."""
    shown: Counter[str] = Counter()
    for one in readings:
        shown[one.example.family] += 1
        if shown[one.example.family] <= _OF_A_FAMILY:
            yield one


def _miss(one: Reading) -> Miss:
    return Miss(
        id=one.example.id,
        family=one.example.family,
        expected=one.expected,
        expected_clauses=one.example.clauses,
        got=one.lane,
        got_clauses=tuple(sorted(one.clauses)),
        score=one.assessment.score,
    )
