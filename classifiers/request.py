"""What somebody at the council must answer or pass on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from classifiers.contract import Classifier, Label
from classifiers.phrasebook import PhraseReader

__all__ = ["LABELS", "load"]

LABELS: Final[tuple[Label, ...]] = (
    Label("service_request"),
    Label("question"),
    Label("hazard"),
    Label("foi_request"),
    Label("formal_complaint"),
)
"""What this detector may return; its phrases are in ``request.toml`` and ``questions.toml``."""


def load(options: Mapping[str, str]) -> Classifier:
    """The detector; it has no options."""
    del options
    return PhraseReader.shipped("request", "request", "questions")
