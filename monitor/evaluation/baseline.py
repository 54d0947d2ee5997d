"""The committed figures that later versions may not fall below."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from monitor.evaluation.key_figures import KeyFigure
from monitor.evaluation.needs import EvaluationImpossible

__all__ = ["COMMITTED", "BaselineCheck", "Fall", "check_against", "write_baseline"]

COMMITTED: Final = Path(__file__).with_name("baseline.json")
"""The bundled classifier's figures on the test split."""

_HINT: Final = "Write it anew: wardmote evaluate --write-baseline."
# What rounding to the file's decimals may move.
_ROUNDING: Final = 1e-6
_DECIMALS: Final = 6


@dataclass(frozen=True, slots=True)
class Fall:
    """A figure that became worse by more than it may; ``now`` is None where it is gone."""

    name: str
    was: float
    now: float | None
    tolerance: float

    @property
    def sentence(self) -> str:
        """What happened, for a person."""
        if self.now is None:
            return f"{self.name} was {self.was:.3f} and is no longer measured."
        return (
            f"{self.name} went from {self.was:.3f} to {self.now:.3f}; "
            f"it may be worse by {self.tolerance:.3f} at most."
        )


@dataclass(frozen=True, slots=True)
class BaselineCheck:
    """This run beside the baseline.

    Attributes:
        classifier: What the baseline was measured with.
        has_same_examples: Whether it was measured on exactly these examples.
        falls: What became worse than is allowed.
    """

    classifier: str
    standards: str
    has_same_examples: bool
    held: int
    falls: tuple[Fall, ...]


def write_baseline(
    path: Path, figures: Sequence[KeyFigure], *, classifier: str, standards: str, digest: str
) -> None:
    """Write the figures of this run as those that may not fall.

    Raises:
        OSError: The file cannot be written.
    """
    whole = {
        "classifier": classifier,
        "standards": standards,
        "examples": digest,
        "figures": {
            figure.name: {
                "value": round(figure.value, _DECIMALS),
                "better": "higher" if figure.is_better_higher else "lower",
                "tolerance": figure.tolerance,
            }
            for figure in figures
            if figure.value is not None
        },
    }
    path.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")


def check_against(path: Path, figures: Sequence[KeyFigure], *, digest: str) -> BaselineCheck:
    """Hold this run against a baseline.

    Raises:
        EvaluationImpossible: The file is no baseline.
        OSError: It cannot be read.
    """
    whole = _read(path)
    now = {figure.name: figure.value for figure in figures}
    try:
        falls = tuple(_falls(whole["figures"], now))
        return BaselineCheck(
            classifier=str(whole["classifier"]),
            standards=str(whole["standards"]),
            has_same_examples=whole["examples"] == digest,
            held=len(whole["figures"]) - len(falls),
            falls=falls,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise EvaluationImpossible(f"{path} is no baseline.", hint=_HINT) from error


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise EvaluationImpossible(f"{path} is no baseline.", hint=_HINT) from error


def _falls(
    before: Mapping[str, Mapping[str, Any]], now: Mapping[str, float | None]
) -> Iterator[Fall]:
    for name, figure in before.items():
        was, tolerance = float(figure["value"]), float(figure["tolerance"])
        value = now.get(name)
        if value is None:
            yield Fall(name, was, None, tolerance)
            continue
        worse = was - value if figure["better"] == "higher" else value - was
        if worse > tolerance + _ROUNDING:
            yield Fall(name, was, value, tolerance)
