"""Precision and recall of the whole panel on examples.toml, a clause at a time.

The floors are what was measured when the phrases and the examples were written, by the same
hands. They catch a phrase that breaks; they promise nothing about comments nobody foresaw.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from classifiers.contract import Label
from classifiers.registry import DETECTORS, open_classifier

_CLAUSES = tomllib.loads(Path(__file__).with_name("examples.toml").read_text("utf-8"))["clause"]
_PANEL = open_classifier(DETECTORS, {})
_FLOORS = {  # clause: (precision, recall), as measured
    "threat": (1.0, 0.91),
    "welfare": (1.0, 1.0),
    "sexual": (1.0, 1.0),
    "hate": (1.0, 1.0),
    "harassment": (1.0, 0.9),
    "abuse": (1.0, 1.0),
    "private-information": (1.0, 1.0),
    "defamation": (1.0, 1.0),
    "deception": (1.0, 1.0),
    "language": (1.0, 1.0),
    "criticism": (1.0, 1.0),
    "request": (1.0, 1.0),
    "unsure": (1.0, 1.0),
}


def _seen(texts: Sequence[str], labels: Sequence[str]) -> int:
    return sum(
        any(
            scores.by_label[Label(label)].value >= 0.5
            for label in labels
            if Label(label) in scores.by_label
        )
        for scores in _PANEL.score(texts)
    )


@pytest.mark.parametrize("clause", _CLAUSES, ids=lambda clause: clause["id"])
def test_every_clause_has_ten_examples_of_each_kind(clause: dict[str, list[str]]) -> None:
    assert len(set(clause["breaching"])) >= 10
    assert len(set(clause["fine"])) >= 10


@pytest.mark.parametrize(
    "clause", [c for c in _CLAUSES if c["labels"]], ids=lambda clause: clause["id"]
)
def test_precision_and_recall_do_not_fall(
    clause: dict[str, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    hits = _seen(clause["breaching"], clause["labels"])
    false = _seen(clause["fine"], clause["labels"])
    precision, recall = hits / max(1, hits + false), hits / len(clause["breaching"])

    with capsys.disabled():
        figures = f"precision {precision:.2f}, recall {recall:.2f}"
        sys.stdout.write(f"\n{clause['id']}: {figures}\n")
    lowest_precision, lowest_recall = _FLOORS[str(clause["id"])]
    assert precision >= lowest_precision
    assert recall >= lowest_recall
