"""How figures are spelt for people."""

from __future__ import annotations

from typing import Final

from monitor.evaluation.floors import Floor
from monitor.evaluation.measures import Figure
from monitor.evaluation.pages.shape import Sentence

__all__ = ["NOTHING", "bound", "decimal", "number", "plain", "rate", "sentence"]

NOTHING: Final = "\N{EN DASH}"
"""Where there was nothing to measure."""


def plain(value: float | None, decimals: int = 3) -> str:
    """``0.912``."""
    return NOTHING if value is None else f"{value:.{decimals}f}"


def decimal(figure: Figure) -> str:
    """``0.912 (0.884 to 0.935)``."""
    if figure.value is None or figure.low is None or figure.high is None:
        return plain(figure.value)
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


def rate(figure: Figure) -> str:
    """``1.3% (0.5 to 3.1)``."""
    if figure.value is None:
        return NOTHING
    value = f"{100 * figure.value:.1f}%"
    if figure.low is None or figure.high is None:
        return value
    return f"{value} ({100 * figure.low:.1f} to {100 * figure.high:.1f})"


def number(count: int) -> str:
    """``1,234``."""
    return f"{count:,}"


def bound(floor: Floor) -> str:
    """``at least 0.95``, ``at most 2%``."""
    most = "at most" if floor.is_upper else "at least"
    if floor.is_rate:
        return f"{most} {100 * floor.bound:g}%"
    return f"{most} {max(f'{floor.bound:.2f}', f'{floor.bound:g}', key=len)}"


def sentence(floor: Floor) -> Sentence:
    """A floor as one sentence of the summary."""
    if floor.is_reached is None:
        return Sentence("Not measured", f"{floor.name}: there is no such example here.")
    spelt = rate(floor.figure) if floor.is_rate else decimal(floor.figure)
    verdict = "Reached" if floor.is_reached else "Not reached"
    return Sentence(verdict, f"{floor.name}: {spelt}; {bound(floor)} must hold.")
