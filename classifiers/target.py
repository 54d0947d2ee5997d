"""Whom the words are about, from the words that name them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from classifiers.contract import Classifier, Label
from classifiers.phrasebook import PhraseReader

__all__ = ["LABELS", "load"]

LABELS: Final[tuple[Label, ...]] = (
    Label("target_staff"),
    Label("target_councillor"),
    Label("target_resident"),
    Label("target_group"),
    Label("target_institution"),
)
"""What this detector may return; its phrases are in ``wordlists/target.toml``."""


def load(options: Mapping[str, str]) -> Classifier:
    """The detector; it has no options."""
    del options
    return PhraseReader.shipped("target", "target")
