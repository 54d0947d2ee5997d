"""Fitting the weighing: on development examples and public ``valid`` rows, on no test split."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import DETOXIFY_LABELS, Label
from classifiers.heads import (
    BY_CLAUSE,
    BY_TARGET,
    CRITICISM,
    DETECTED_BY_CLAUSE,
    MUST_BE_SEEN,
    NEEDS_RESPONSE,
)
from classifiers.training.rows import HEAD_INDEX, Rows
from classifiers.weighing import Weighed

__all__ = ["fit_weighing", "named_signals", "write_weighing"]

_ASKS: Final = ("service_request", "question", "hazard", "foi_request", "formal_complaint")
_STRENGTH: Final = 0.5
_FEWEST: Final = 8
_SUSPECT: Final = 0.3
_MOST_MISSED: Final = 0.01

Signals = Sequence[Mapping[str, float]]


def fit_weighing(
    council: Signals, council_rows: Rows, public: Signals, public_rows: Rows
) -> dict[str, Any]:
    """Every label's weights, with and without the encoder; what :func:`write_weighing` writes.

    Args:
        council: The signals of each development example.
        council_rows: Their targets.
        public: The signals of each public ``valid`` row.
        public_rows: Their targets.
    """
    labels = {
        label: _fit(names, council, council_rows, label) for label, names in named_signals().items()
    } | {
        label: _fit((f"encoder.{label}", f"grams.{label}"), public, public_rows, label)
        for label in DETOXIFY_LABELS
    }
    first = {
        label: _fit(_without_encoder(names), council, council_rows, label)
        for label, names in named_signals().items()
    } | {label: _fit((f"grams.{label}",), public, public_rows, label) for label in DETOXIFY_LABELS}
    seen = np.array([first[MUST_BE_SEEN].probability(each) for each in council])
    full = np.array([labels[MUST_BE_SEEN].probability(each) for each in council])
    return {
        "labels": {label: asdict(each) for label, each in labels.items()},
        "first": {label: asdict(each) for label, each in first.items()},
        # What the whole reading would have shown somebody, and the first stage would have passed:
        # no more than one in a hundred of it.
        "pass_below": float(np.quantile(seen[full >= 0.5], _MOST_MISSED)),  # noqa: PLR2004
    }


def named_signals() -> dict[Label, tuple[str, ...]]:
    """Which signals speak for a label of ours."""
    signals = {
        label: (
            f"encoder.{label}",
            f"encoder.{MUST_BE_SEEN}",
            f"grams.{label}",
            *(f"detector.{each}" for each in DETECTED_BY_CLAUSE.get(clause, ())),
        )
        for clause, label in BY_CLAUSE.items()
    }
    signals |= {label: (f"encoder.{label}", f"detector.{label}") for label in BY_TARGET.values()}
    signals[NEEDS_RESPONSE] = (
        f"encoder.{NEEDS_RESPONSE}",
        f"grams.{NEEDS_RESPONSE}",
        *(f"detector.{each}" for each in _ASKS),
    )
    signals[CRITICISM] = (
        f"encoder.{CRITICISM}",
        f"encoder.{MUST_BE_SEEN}",
        f"grams.{CRITICISM}",
        f"detector.{CRITICISM}",
    )
    signals[MUST_BE_SEEN] = (
        f"encoder.{MUST_BE_SEEN}",
        f"encoder.{CRITICISM}",
        *(f"encoder.{each}" for each in BY_CLAUSE.values()),
        f"grams.{MUST_BE_SEEN}",
        *(f"detector.{each}" for labels in DETECTED_BY_CLAUSE.values() for each in labels),
    )
    return signals


def write_weighing(document: Mapping[str, Any], path: Path) -> None:
    """Write ``weighing.json`` as :func:`classifiers.weighing.read_weighing` reads it."""
    path.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", "utf-8")


def _without_encoder(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in names if not name.startswith("encoder."))


def _fit(names: Sequence[str], signals: Signals, rows: Rows, label: Label) -> Weighed:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - training only

    targets = rows.targets[:, HEAD_INDEX[label]]
    known = ~np.isnan(targets)
    wanted = targets[known] >= 0.5  # noqa: PLR2004 - soft labels count as their nearer side
    if min(wanted.sum(), (~wanted).sum()) < _FEWEST or not names:
        return _untaught(names)
    held = np.array([[each.get(name, 0.0) for name in names] for each in signals])[known]
    fitted = LogisticRegression(C=_STRENGTH, max_iter=2000).fit(held, wanted)
    weights: NDArray[np.float64] = fitted.coef_[0]
    return Weighed(
        bias=round(float(fitted.intercept_[0]), 6),
        weights={
            name: round(float(weight), 6) for name, weight in zip(names, weights, strict=True)
        },
        suspect=_SUSPECT,
    )


def _untaught(names: Sequence[str]) -> Weighed:
    """Too few examples to fit: the mean of what the encoder and the grams say."""
    read = [name for name in names if not name.startswith("detector.")]
    return Weighed(bias=0.0, weights={name: 1.0 / len(read) for name in read}, suspect=_SUSPECT)
