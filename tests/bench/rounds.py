"""How two ways of doing one thing are compared: in turns, by the ratio of each round.

Other work on the machine slows both sides of a round alike, so the ratio stays steady where the
seconds do not. The first round warms up and is not counted.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

__all__ = ["Measured", "Row", "Side", "in_turns", "pair", "row_of", "unmeasured"]


@dataclass(frozen=True, slots=True)
class Side:
    """One way of doing a thing.

    Attributes:
        act: What is timed; the number that it returns is kept beside the seconds.
        prepare: Makes each round's own input, untimed.
        per: How many units of work one ``act`` does; seconds are stated for one of them.
    """

    name: str
    act: Callable[[], int]
    prepare: Callable[[], object] = lambda: None
    per: int = 1


@dataclass(frozen=True, slots=True)
class Measured:
    """What one side took, round by round: seconds for one unit, and what ``act`` returned."""

    seconds: tuple[float, ...]
    told: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison: the first side divided by the second.

    Attributes:
        group: Which question it answers, 1 to 8 (docs/reference/benchmarks.md).
        compared: ``first / second``.
        on: The database, or what else it stands on.
        unit: What ``first`` and ``second`` count: medians over the rounds.
        ratio: The median of the rounds' ratios, between the ``low`` and the ``high`` of them.
        aim: What the ratio is held against, where a design goal says so.
        missing: Why there are no figures; "" where there are.
    """

    group: int
    compared: str
    on: str
    unit: str
    first: float | None = None
    second: float | None = None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    rounds: int = 0
    aim: str = ""
    missing: str = ""


def in_turns(
    sides: Iterable[Side], *, rounds: int, clock: Callable[[], float] = time.perf_counter
) -> dict[str, Measured]:
    """Run the sides in turns (A B A B …), once to warm up and then ``rounds`` times."""
    turns = list(sides)
    seconds: dict[str, list[float]] = {side.name: [] for side in turns}
    told: dict[str, list[int]] = {side.name: [] for side in turns}
    for number in range(rounds + 1):
        for side in turns:
            side.prepare()
            gc.collect()
            began = clock()
            answer = side.act()
            took = clock() - began
            if number:
                seconds[side.name].append(took / side.per)
                told[side.name].append(answer)
    return {name: Measured(tuple(seconds[name]), tuple(told[name])) for name in seconds}


def row_of(
    group: int,
    compared: str,
    values: Sequence[Sequence[float]],
    *,
    on: str,
    unit: str,
    scale: float = 1e3,
    aim: str = "",
) -> Row:
    """Compare two sides' values, round by round.

    Args:
        values: The first side's and the second's, as many of each.
        scale: What a value is multiplied by for ``unit``; seconds become milliseconds.
    """
    first, second = values
    ratios = [one / other for one, other in zip(first, second, strict=True)]
    return Row(
        group=group,
        compared=compared,
        on=on,
        unit=unit,
        first=median(first) * scale,
        second=median(second) * scale,
        ratio=median(ratios),
        low=min(ratios),
        high=max(ratios),
        rounds=len(ratios),
        aim=aim,
    )


def unmeasured(group: int, compared: str, *, on: str, missing: str) -> Row:
    """A row that says why it has no figures."""
    return Row(group=group, compared=compared, on=on, unit="", missing=missing)


def pair(measured: Mapping[str, Measured], first: str, second: str) -> tuple[Sequence[float], ...]:
    """The seconds of two sides."""
    return measured[first].seconds, measured[second].seconds
