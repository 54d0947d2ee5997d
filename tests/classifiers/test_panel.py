from __future__ import annotations

import pytest

from classifiers.contract import Classifier, ClassifierFailed, Label, Span
from classifiers.panel import Panel
from classifiers.testing import ClassifierContract, ScriptedClassifier


def _scripted(**labels: float) -> ScriptedClassifier:
    return ScriptedClassifier({"word": labels, "other": {"insult": 0.3}})


class TestPanelContract(ClassifierContract):
    def classifier(self) -> Classifier:
        return Panel([_scripted(insult=0.9), ScriptedClassifier({"idiot": {"insult": 0.5}})])

    def another(self) -> Classifier:
        return Panel([_scripted(insult=0.8)])


def test_the_highest_value_of_each_label_is_kept() -> None:
    panel = Panel([_scripted(insult=0.9, threat=0.1), _scripted(insult=0.2, threat=0.4)])

    (scores,) = panel.score(["a word"])

    assert {k: v.value for k, v in scores.by_label.items()} == {"insult": 0.9, "threat": 0.4}


@pytest.mark.parametrize(
    ("value", "spans"),
    [(0.8, (Span(0, 5), Span(6, 10))), (0.5, (Span(6, 10),))],
)
def test_those_who_nearly_agree_also_show_where(value: float, spans: tuple[Span, ...]) -> None:
    panel = Panel(
        [ScriptedClassifier({"word": {"x": 0.9}}), ScriptedClassifier({"first": {"x": value}})]
    )

    (scores,) = panel.score(["first word"])

    assert spans == scores.by_label[Label("x")].spans


def test_the_order_of_the_classifiers_is_part_of_the_fingerprint() -> None:
    one, two = _scripted(a=0.1), _scripted(b=0.1)

    assert Panel([one, two]).fingerprint != Panel([two, one]).fingerprint
    assert (one.fingerprint, two.fingerprint) == Panel([one, two]).members


def test_a_panel_of_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Panel([])


def test_one_that_fails_is_not_covered_for_by_the_others() -> None:
    broken = _scripted(a=0.1)
    broken.fail_with(ClassifierFailed("It cannot read."))

    with pytest.raises(ClassifierFailed):
        Panel([_scripted(a=0.1), broken]).score(["word"])


def test_many_texts_are_all_read_in_order() -> None:
    texts = ["word" if index % 3 else "clean" for index in range(300)]

    scored = Panel([_scripted(insult=0.9)]).score(texts)

    assert [bool(index % 3) for index in range(300)] == [bool(s.by_label) for s in scored]
