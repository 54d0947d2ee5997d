"""Several classifiers asked as one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from classifiers.contract import Classifier, Label, ModelFingerprint, Score, Scores

__all__ = ["NEARLY", "Panel"]

NEARLY: Final = 0.2
"""A classifier within this of the highest value also shows where it saw the label."""

# The detectors share one normalisation of a text, which is remembered for this many texts.
_AT_ONCE: Final = 128


class Panel:
    """Asks every classifier and keeps, for each label, the highest value.

    Args:
        classifiers: Asked in this order; at least one.

    Raises:
        ValueError: No classifier was given: silence would look like a clean text.
    """

    def __init__(self, classifiers: Sequence[Classifier]) -> None:
        if not classifiers:
            raise ValueError("a panel needs at least one classifier")
        self._classifiers = tuple(classifiers)
        joined = " + ".join(classifier.fingerprint for classifier in self._classifiers)
        digest = hashlib.sha256(joined.encode()).hexdigest()[:12]
        self._fingerprint = ModelFingerprint(f"panel of {len(self._classifiers)} {digest}")

    @property
    def fingerprint(self) -> ModelFingerprint:
        """The hash of the classifiers' fingerprints, in their order."""
        return self._fingerprint

    @property
    def members(self) -> tuple[ModelFingerprint, ...]:
        """Who sits on the panel, in order."""
        return tuple(classifier.fingerprint for classifier in self._classifiers)

    def score(self, texts: Sequence[str]) -> list[Scores]:
        """Score every text, in order, with every classifier.

        Raises:
            ClassifierFailed: One of them could not read; the others do not stand in for it.
        """
        scored: list[Scores] = []
        for start in range(0, len(texts), _AT_ONCE):
            some = texts[start : start + _AT_ONCE]
            opinions = [classifier.score(some) for classifier in self._classifiers]
            scored += [
                Scores(self._fingerprint, _merged(each)) for each in zip(*opinions, strict=True)
            ]
        return scored


def _merged(opinions: Sequence[Scores]) -> dict[Label, Score]:
    by_label: dict[Label, list[Score]] = {}
    for opinion in opinions:
        for label, score in opinion.by_label.items():
            by_label.setdefault(label, []).append(score)
    return {label: _strongest(scores) for label, scores in by_label.items()}


def _strongest(scores: Sequence[Score]) -> Score:
    if len(scores) == 1:
        return scores[0]
    value = max(score.value for score in scores)
    spans = {span for score in scores if score.value >= value - NEARLY for span in score.spans}
    return Score(value, tuple(sorted(spans)))
