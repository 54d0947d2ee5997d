"""What a classifier returns, whichever way it reads: labels with spans, over the original text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NewType, Protocol

__all__ = [
    "DETOXIFY_LABELS",
    "Classifier",
    "ClassifierFailed",
    "Label",
    "ModelFingerprint",
    "Score",
    "Scores",
    "Span",
]

Label = NewType("Label", str)
"""What a model scores: ``insult``, ``home_address``, ``profanity_strong`` …"""

ModelFingerprint = NewType("ModelFingerprint", str)
"""Which model, exactly: its name, version and content hash. Equal only if the scores are."""

DETOXIFY_LABELS: Final[tuple[Label, ...]] = (
    Label("toxicity"),
    Label("severe_toxicity"),
    Label("obscene"),
    Label("threat"),
    Label("insult"),
    Label("identity_attack"),
    Label("sexual_explicit"),
)
"""The seven labels of Detoxify's ``unbiased`` model, in the order that this project prints."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of the original text, counted in code points: ``text[start:end]``."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Score:
    """How strongly a label was seen (0 to 1), and where; no spans means "the whole text"."""

    value: float
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Scores:
    """One text's scores. A label that is not there was not looked for, or not seen at all."""

    model: ModelFingerprint
    by_label: Mapping[Label, Score] = field(default_factory=dict)


class ClassifierFailed(Exception):  # noqa: N818 - it says what happened, as the connectors' do
    """A model could not be loaded or could not read: nothing may be taken as clean.

    Args:
        sentence: One sentence for an operator, without comment text.
        hint: What to do about it.
    """

    def __init__(self, sentence: str, *, hint: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint


class Classifier(Protocol):
    """Reads texts and returns scores; deterministic, offline, safe to call from one thread."""

    @property
    def fingerprint(self) -> ModelFingerprint:
        """Which model this is."""
        ...

    def score(self, texts: Sequence[str]) -> list[Scores]:
        """Score every text, in order: as many results as texts.

        Any text is read: empty, 20,000 characters, right-to-left, emoji, lone surrogates.

        Raises:
            ClassifierFailed: The model cannot read; no text may be treated as clean.
        """
        ...
