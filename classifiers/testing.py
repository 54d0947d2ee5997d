"""Tests that every classifier inherits, and a classifier that says what a test scripts."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Final

from classifiers.contract import (
    Classifier,
    ClassifierFailed,
    Label,
    ModelFingerprint,
    Score,
    Scores,
    Span,
)

__all__ = ["ClassifierContract", "ScriptedClassifier"]


class ScriptedClassifier:
    """Gives the labels of every scripted phrase that a text contains.

    Args:
        script: Phrase (any case) to labels and values: ``{"bad word": {"insult": 0.9}}``.
    """

    def __init__(self, script: Mapping[str, Mapping[str, float]] | None = None) -> None:
        self._script = {phrase.lower(): dict(labels) for phrase, labels in (script or {}).items()}
        self._failure: ClassifierFailed | None = None
        self.seen: list[str] = []
        """Every text that was scored, in order."""

    @property
    def fingerprint(self) -> ModelFingerprint:
        """The hash of the script."""
        content = repr(sorted((key, sorted(value.items())) for key, value in self._script.items()))
        digest = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
        return ModelFingerprint(f"scripted {digest[:12]}")

    def fail_with(self, failure: ClassifierFailed) -> None:
        """Fail from now on, as a model that cannot be read does."""
        self._failure = failure

    def recover(self) -> None:
        """Score again."""
        self._failure = None

    def score(self, texts: Sequence[str]) -> list[Scores]:
        """Score every text by the script.

        Raises:
            ClassifierFailed: It was told to.
        """
        if self._failure is not None:
            raise self._failure
        self.seen.extend(texts)
        return [Scores(self.fingerprint, self._labels_of(text)) for text in texts]

    def _labels_of(self, text: str) -> dict[Label, Score]:
        by_label: dict[Label, Score] = {}
        # Lower-casing may lengthen a text; only letters that keep their place are compared.
        lower = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
        for phrase, labels in self._script.items():
            start = lower.find(phrase)
            for name, value in labels.items() if start >= 0 else ():
                label, span = Label(name), Span(start, start + len(phrase))
                before = by_label.get(label, Score(0.0))
                spans = tuple(sorted({*before.spans, span}))
                by_label[label] = Score(max(value, before.value), spans)
        return by_label


_TROUBLESOME: Final[Mapping[str, str]] = {
    "empty": "",
    "blank": " \n\t ",
    "emoji": "Great work 👏🏽👩‍👩‍👧‍👦 ❤️ \U0001f3f4\U000e0067\U000e0062\U000e007f",
    "right to left": "\u0634\u0643\u0631\u0627 \u202e\u0644\u0643\u0645\u202c bins",
    "zero width": "i\u200bd\u200ci\u200do\u2060t \ufeff",
    "lone surrogate": "before \ud83d after \udc4f end",
    "combining": "z\u0335\u0341\u0321a\u0315\u0322l\u0489\u0327g\u0337\u0322o\u0328\u0334",
    "control": "a\x00b\x07c\x1b[31md",
    "20,000 characters": ("The bins were missed again on Mill Lane. " * 500)[:20_000],
    "20,000 without a space": "a" * 20_000,
}


class ClassifierContract(ABC):
    """What every classifier promises. Inherit, implement ``classifier``, and pytest runs it."""

    @abstractmethod
    def classifier(self) -> Classifier:
        """A freshly loaded classifier, equal to the last one."""

    def another(self) -> Classifier | None:
        """A classifier of the same kind with other content, or None if there is only one."""
        return None

    def test_there_are_as_many_results_as_texts_in_their_order(self) -> None:
        """A result belongs to the text in its place."""
        classifier = self.classifier()
        texts = ["You are an idiot.", "My bin was missed.", "", "Lovely park."]

        forwards = classifier.score(texts)

        assert len(forwards) == len(texts)
        assert forwards == [classifier.score([text])[0] for text in texts]
        assert classifier.score(texts[::-1]) == forwards[::-1]

    def test_no_text_gives_no_result(self) -> None:
        """An empty batch is no error."""
        assert self.classifier().score([]) == []

    def test_the_same_text_always_gets_the_same_scores(self) -> None:
        """A case can be explained a year later, by the same model."""
        text = "Call me on 07700 900123, you absolute clown. Why was my bin missed?"

        first = self.classifier().score([text, text])
        second = self.classifier().score([text])

        assert first == [second[0], second[0]]

    def test_the_fingerprint_is_stable_and_stands_in_every_result(self) -> None:
        """A score says which model gave it."""
        first, second = self.classifier(), self.classifier()

        assert first.fingerprint
        assert first.fingerprint == second.fingerprint
        assert all(scores.model == first.fingerprint for scores in first.score(["one", "two"]))

    def test_other_content_has_another_fingerprint(self) -> None:
        """Equal fingerprints mean equal scores."""
        other = self.another()

        assert other is None or other.fingerprint != self.classifier().fingerprint

    def test_any_text_is_read(self) -> None:
        """Values lie within 0 and 1, and spans within the text."""
        classifier = self.classifier()
        for name, text in _TROUBLESOME.items():
            (scores,) = classifier.score([text])
            for label, score in scores.by_label.items():
                assert 0.0 <= score.value <= 1.0, (name, label)
                for span in score.spans:
                    assert 0 <= span.start < span.end <= len(text), (name, label, span)

    def test_a_batch_survives_its_troublesome_neighbours(self) -> None:
        """What one resident writes does not change how another is read."""
        classifier = self.classifier()
        plain = "The library is lovely."

        among = classifier.score([*_TROUBLESOME.values(), plain])

        assert among[-1] == classifier.score([plain])[0]

    def test_nothing_that_is_shown_repeats_the_text(self) -> None:
        """Neither a classifier's repr nor its scores hold a resident's words."""
        classifier = self.classifier()
        text = "Quixotic zephyrs vex you, idiot, at 14 Mill Lane."

        scores = classifier.score([text])

        assert "zephyrs" not in repr(scores)
        assert "zephyrs" not in repr(classifier)
