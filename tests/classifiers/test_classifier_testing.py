from __future__ import annotations

import pytest

from classifiers.contract import Classifier, ClassifierFailed, Label, Span
from classifiers.testing import ClassifierContract, ScriptedClassifier


class TestScriptedClassifierContract(ClassifierContract):
    def classifier(self) -> Classifier:
        return ScriptedClassifier({"idiot": {"insult": 0.9}})

    def another(self) -> Classifier:
        return ScriptedClassifier({"idiot": {"insult": 0.8}})


def test_a_scripted_phrase_gives_its_labels_and_where_it_stands() -> None:
    classifier = ScriptedClassifier({"Idiot": {"insult": 0.9}, "you": {"insult": 0.2, "t": 0.5}})

    (scores,) = classifier.score(["İ you IDIOT"])

    assert scores.by_label[Label("insult")].value == 0.9
    assert (Span(2, 5), Span(6, 11)) == scores.by_label[Label("insult")].spans
    assert scores.by_label[Label("t")].value == 0.5


def test_it_remembers_what_it_was_asked() -> None:
    classifier = ScriptedClassifier()

    classifier.score(["one", "two"])

    assert classifier.seen == ["one", "two"]


def test_it_fails_when_told_and_recovers_when_told() -> None:
    classifier = ScriptedClassifier()
    classifier.fail_with(ClassifierFailed("It cannot read.", hint="Look."))

    with pytest.raises(ClassifierFailed) as failure:
        classifier.score(["one"])
    classifier.recover()

    assert failure.value.hint == "Look."
    assert len(classifier.score(["one"])) == 1
    assert classifier.seen == ["one"]


class _Broken(ScriptedClassifier):
    """Answers one result too few, which the contract must notice."""

    def score(self, texts):
        return super().score(texts)[:-1]


class _BrokenContract(ClassifierContract):
    def classifier(self) -> Classifier:
        return _Broken()


def test_the_contract_notices_a_result_that_is_missing() -> None:
    with pytest.raises(AssertionError):
        _BrokenContract().test_there_are_as_many_results_as_texts_in_their_order()
