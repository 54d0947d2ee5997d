"""What must hold: the figures below which this is not fit for use, each with its bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from config.standards import Lane
from monitor.evaluation.figures import Figures
from monitor.evaluation.measures import Figure, share
from monitor.evaluation.readings import Reading

__all__ = ["Floor", "fairness_floors", "floors_of"]

_LOOKS_BAD: Final = "looks-bad"
_OBFUSCATED: Final = "obfuscated"
_CLAUSES: Final = (
    ("Threats found", "threat", 0.95),
    ("Personal data found", "private-information", 0.95),
    ("Welfare concerns found", "welfare", 0.95),
    ("Hate found", "hate", 0.90),
)
_BREACH_F1: Final = 0.90
_MACRO_F1: Final = 0.75
_OBFUSCATED_FOUND: Final = 0.90
_ON_CRITICISM: Final = 0.02
_ON_REQUESTS_AND_BENIGN: Final = 0.01
_ON_LOOKS_BAD: Final = 0.05
_TEMPLATE_GAP: Final = 0.05


@dataclass(frozen=True, slots=True)
class Floor:
    """One figure and the bound that it must reach.

    Attributes:
        name: What is measured.
        figure: What was measured.
        bound: What must hold of it.
        is_upper: The bound is the most that is allowed, not the least.
        is_rate: Shown as a percentage.
        seen: Where something is to be found: how much of it a person sees at all.
    """

    name: str
    figure: Figure
    bound: float
    is_upper: bool = False
    is_rate: bool = False
    seen: Figure | None = None

    @property
    def is_reached(self) -> bool | None:
        """Whether it holds; None where there was nothing to measure."""
        value = self.figure.value
        if value is None:
            return None
        return value <= self.bound if self.is_upper else value >= self.bound


def floors_of(readings: Sequence[Reading], figures: Figures) -> tuple[Floor, ...]:
    """The floors that the examples themselves can show.

    A lawful example counts once: words that only look bad are neither criticism nor benign here.
    """
    clauses = {clause.id: clause for clause in figures.clauses}
    found = [
        Floor(name, clauses[each].detection.recall, bound, seen=clauses[each].seen)
        for name, each, bound in _CLAUSES
        if each in clauses
    ]
    return (
        Floor("Breach F1", figures.breach.f1, _BREACH_F1),
        *_false_alarms(readings),
        *found,
        _obfuscated(readings),
        Floor("Clause macro-F1", figures.macro_f1, _MACRO_F1),
    )


def fairness_floors(*, template_gap: Figure, changed_by_swap: Figure) -> tuple[Floor, ...]:
    """The floors of even-handedness."""
    return (
        Floor(
            "False alarms, widest gap between identities",
            template_gap,
            _TEMPLATE_GAP,
            is_upper=True,
            is_rate=True,
        ),
        Floor(
            "Copies with an identity or party swapped that change lane",
            changed_by_swap,
            0.0,
            is_upper=True,
            is_rate=True,
        ),
    )


def _false_alarms(readings: Sequence[Reading]) -> tuple[Floor, ...]:
    looks_bad, criticism, benign = [], [], []
    for one in readings:
        if not one.is_lawful:
            continue
        if one.example.family == _LOOKS_BAD:
            looks_bad.append(one.is_read_as_breach)
        elif one.expected is Lane.CRITICISM:
            criticism.append(one.is_read_as_breach)
        else:
            benign.append(one.is_read_as_breach)
    named = (
        ("False alarms on lawful criticism", criticism, _ON_CRITICISM),
        ("False alarms on requests and benign comments", benign, _ON_REQUESTS_AND_BENIGN),
        ("False alarms on words that only look bad", looks_bad, _ON_LOOKS_BAD),
    )
    return tuple(
        Floor(name, share(alarms), bound, is_upper=True, is_rate=True)
        for name, alarms, bound in named
    )


def _obfuscated(readings: Sequence[Reading]) -> Floor:
    masked = [one for one in readings if one.example.family == _OBFUSCATED and not one.is_lawful]
    return Floor(
        "Obfuscated abuse found",
        share(one.lane is one.expected for one in masked),
        _OBFUSCATED_FOUND,
        seen=share(one.is_seen for one in masked),
    )
