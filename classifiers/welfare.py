"""Signs that somebody may be at risk; over-reporting is the intended error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from classifiers.contract import Classifier, Label
from classifiers.phrasebook import PhraseReader

__all__ = ["LABELS", "load"]

LABELS: Final[tuple[Label, ...]] = (
    Label("self_harm_risk"),
    Label("person_at_risk"),
)
"""What this detector may return; its phrases are in ``wordlists/welfare.toml``."""


def load(options: Mapping[str, str]) -> Classifier:
    """The detector; it has no options."""
    del options
    return PhraseReader.shipped("welfare", "welfare")
