from __future__ import annotations

import sys

import pytest

from monitor.evaluation.needs import EvaluationImpossible
from monitor.evaluation.reference import (
    REFERENCES,
    Verdict,
    open_filter,
    own_verdicts,
    row_of,
    verdicts,
)
from tests.evaluation.cast import example, readings_of

pytest.importorskip("sklearn")

EXAMPLES = (
    example("bad words", "", "abuse"),
    example("quiet words", "", "abuse", "threat"),
    example("bad luck", "criticism"),
    example("goodbye", "", "welfare"),
    example("lovely", "clear"),
)


@pytest.fixture
def stand_ins(tmp_path, monkeypatch):
    """Modules of the filters' names with the one function of each that is called."""
    (tmp_path / "profanity_check.py").write_text(
        "def predict_prob(texts):\n    return [0.8 if 'bad' in text else 0.1 for text in texts]\n",
        "utf-8",
    )
    (tmp_path / "better_profanity.py").write_text(
        "class profanity:\n    contains_profanity = staticmethod(lambda text: 'bad' in text)\n",
        "utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("profanity_check", "better_profanity"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield
    for name in ("profanity_check", "better_profanity"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("name", "scores"), [("alt-profanity-check", (0.8, 0.1)), ("better-profanity", (1.0, 0.0))]
)
def test_a_filter_scores_in_order(stand_ins, name, scores) -> None:
    opened = open_filter(name)

    assert opened.name == name
    assert opened.score(["bad", "good"]) == list(scores)
    assert opened.score([]) == []


def test_from_one_half_on_it_is_a_breach(stand_ins) -> None:
    said = verdicts(open_filter("alt-profanity-check"), EXAMPLES)

    assert [each.is_breach for each in said] == [True, False, True, False, False]
    assert said[0] == Verdict(0.8, is_breach=True)


def test_a_row_measures_breaches_against_everything_else() -> None:
    said = [Verdict(0.9, is_breach=True), Verdict(0.2, is_breach=False)]
    said += [Verdict(0.7, is_breach=True), *[Verdict(0.1, is_breach=False)] * 2]
    row = row_of("some filter", EXAMPLES, said)

    assert (row.recall.value, row.precision.value) == (0.5, 0.5)
    assert (row.criticism.value, row.others.value) == (1, 0)
    assert row.ranking.auc == pytest.approx(5 / 6)
    assert {clause: figure.value for clause, figure in row.by_clause.items()} == {
        "abuse": 0.5,
        "threat": 0,
        "welfare": 0,
    }


def test_a_run_of_ours_says_breach_where_it_put_the_example_in_that_lane() -> None:
    readings = readings_of(example("insult=0.9 target_staff=0.9"), example("self_harm_risk=0.9"))

    assert own_verdicts(readings) == [
        Verdict(0.9, is_breach=True),
        Verdict(0.9, is_breach=False),
    ]


def test_a_filter_of_another_name_is_refused_with_those_that_exist() -> None:
    with pytest.raises(EvaluationImpossible, match="no reference filter called 'wordlst'") as told:
        open_filter("wordlst")

    assert all(name in told.value.hint for name in REFERENCES)


@pytest.mark.parametrize("name", REFERENCES)
def test_a_filter_that_is_not_installed_says_how_to_install_it(name, monkeypatch) -> None:
    # A module that is None is one that Python was told not to import.
    monkeypatch.setitem(sys.modules, REFERENCES[name][0], None)
    with pytest.raises(EvaluationImpossible, match="not installed here") as told:
        open_filter(name)

    assert told.value.hint == f"Install it: python -m pip install {name}."


@pytest.mark.parametrize("name", REFERENCES)
def test_the_real_filters_hear_a_plain_insult(name) -> None:
    pytest.importorskip(REFERENCES[name][0])
    rude, kind = open_filter(name).score(["you fucking bastards", "thank you very much"])

    assert rude > 0.5 > kind
