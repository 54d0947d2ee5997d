"""Dissatisfaction with the council, which is welcome and counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from classifiers.contract import Classifier, Label
from classifiers.phrasebook import PhraseReader

__all__ = ["LABELS", "load"]

LABELS: Final[tuple[Label, ...]] = (Label("criticism"),)
"""What this detector may return; its phrases are in ``wordlists/criticism.toml``."""


def load(options: Mapping[str, str]) -> Classifier:
    """The detector; it has no options."""
    del options
    return PhraseReader.shipped("criticism", "criticism")
