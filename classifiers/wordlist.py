"""Swearing, slurs, insults, threats, sexual remarks, allegations and pursuit, from lists.

The lists are the files in ``wordlists/``; their order there is their order here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from classifiers.contract import Classifier, Label, ModelFingerprint, Score, Scores
from classifiers.normalise import normalise
from classifiers.phrasebook import PhraseReader, source_of

__all__ = ["BOOKS", "WordlistReader", "load"]

BOOKS: Final = (
    "profanity",
    "slurs",
    "insults",
    "threats",
    "sexual",
    "allegations",
    "pursuit",
)
"""The phrasebooks that are read, in this order."""


def load(options: Mapping[str, str]) -> Classifier:
    """The reader of the shipped lists; it has no options."""
    del options
    return WordlistReader()


class WordlistReader:
    """Reads the shipped lists and adds ``toxicity``, the strongest of what they found."""

    def __init__(self) -> None:
        self._reader = PhraseReader.shipped("wordlist", *BOOKS, code=source_of(__file__))

    @property
    def fingerprint(self) -> ModelFingerprint:
        """The hash of the lists and of the code that reads them."""
        return self._reader.fingerprint

    def score(self, texts: Sequence[str]) -> list[Scores]:
        """Score every text, in order."""
        return [
            Scores(self.fingerprint, _with_toxicity(self._reader.read(normalise(text))))
            for text in texts
        ]


_TOXIC: Final = (
    Label("obscene"),
    Label("insult"),
    Label("identity_attack"),
    Label("threat"),
    Label("sexual_explicit"),
    Label("severe_toxicity"),
)


def _with_toxicity(by_label: dict[Label, Score]) -> dict[Label, Score]:
    toxic = [by_label[label] for label in _TOXIC if label in by_label]
    if not toxic:
        return by_label
    strongest = max(toxic, key=lambda score: score.value)
    return {**by_label, Label("toxicity"): strongest}
