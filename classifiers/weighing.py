"""One calibrated probability for each label, from what the encoder, the grams and detectors say."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Weighed", "Weighing", "read_weighing"]


@dataclass(frozen=True, slots=True)
class Weighed:
    """How one label's probability is made: the logistic of a weighted sum of signals.

    Attributes:
        bias: The sum when every signal is nought.
        weights: By the signal's name: ``encoder.<head>``, ``grams.<head>``, ``detector.<label>``.
        suspect: From this probability on, evidence is looked for; the standard's bands decide.
    """

    bias: float
    weights: Mapping[str, float]
    suspect: float

    def probability(self, signals: Mapping[str, float]) -> float:
        """0 to 1; a signal that is missing counts as nought."""
        total = self.bias + sum(
            weight * signals.get(name, 0.0) for name, weight in self.weights.items()
        )
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))


@dataclass(frozen=True, slots=True)
class Weighing:
    """Every label's weights, and when the first stage may pass a text without the encoder.

    Attributes:
        labels: By label, from all signals.
        first: By label, from the grams and the detectors alone.
        pass_below: The first stage passes a text whose first probability of ``must_be_seen`` is
            under this, and which no detector marks.
    """

    labels: Mapping[str, Weighed]
    first: Mapping[str, Weighed]
    pass_below: float


def read_weighing(path: Path) -> Weighing:
    """Read ``weighing.json`` as the recipe wrote it."""
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return Weighing(
        labels={name: Weighed(**each) for name, each in document["labels"].items()},
        first={name: Weighed(**each) for name, each in document["first"].items()},
        pass_below=document["pass_below"],
    )
