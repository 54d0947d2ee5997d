from __future__ import annotations

import json
from dataclasses import replace

import pytest

from monitor.evaluation.baseline import COMMITTED, check_against, write_baseline
from monitor.evaluation.key_figures import KeyFigure
from monitor.evaluation.needs import EvaluationImpossible

F1 = KeyFigure("Breach F1", 0.9, is_better_higher=True, tolerance=0.01)
ALARMS = KeyFigure("False alarms", 0.02, is_better_higher=False, tolerance=0.005)
ABSENT = KeyFigure("F1 of nothing", None, is_better_higher=True, tolerance=0.01)


@pytest.fixture
def path(tmp_path):
    written = tmp_path / "baseline.json"
    write_baseline(
        written, [F1, ALARMS, ABSENT], classifier="literal 1", standards="aup 1", digest="abc"
    )
    return written


def falls(path, *figures):
    return check_against(path, figures, digest="abc").falls


def test_what_was_written_holds(path) -> None:
    check = check_against(path, [F1, ALARMS], digest="abc")

    assert check.falls == ()
    assert (check.classifier, check.standards, check.held) == ("literal 1", "aup 1", 2)
    assert check.has_same_examples


def test_a_figure_without_a_value_is_not_held_against_anybody(path) -> None:
    assert list(json.loads(path.read_text("utf-8"))["figures"]) == ["Breach F1", "False alarms"]


@pytest.mark.parametrize(("f1", "alarms"), [(0.89, 0.02), (0.9, 0.025), (1.0, 0.0)])
def test_a_loss_within_the_tolerance_and_any_gain_hold(path, f1, alarms) -> None:
    assert falls(path, replace(F1, value=f1), replace(ALARMS, value=alarms)) == ()


def test_a_loss_beyond_it_is_a_fall_either_way_round(path) -> None:
    found = falls(path, replace(F1, value=0.889), replace(ALARMS, value=0.026))

    assert [each.sentence for each in found] == [
        "Breach F1 went from 0.900 to 0.889; it may be worse by 0.010 at most.",
        "False alarms went from 0.020 to 0.026; it may be worse by 0.005 at most.",
    ]


def test_a_figure_that_is_no_longer_measured_is_a_fall(path) -> None:
    gone, unmeasured = falls(path, replace(F1, value=None))

    assert gone.sentence == "Breach F1 was 0.900 and is no longer measured."
    assert unmeasured.name == "False alarms"


def test_the_files_own_tolerance_counts(path) -> None:
    whole = json.loads(path.read_text("utf-8"))
    whole["figures"]["Breach F1"]["tolerance"] = 0.5
    path.write_text(json.dumps(whole), "utf-8")

    assert falls(path, replace(F1, value=0.5), ALARMS) == ()


def test_other_examples_are_said(path) -> None:
    assert not check_against(path, [F1, ALARMS], digest="other").has_same_examples


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"figures": {"F1": {}}}'])
def test_a_file_that_is_no_baseline_is_told(tmp_path, content) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(content, "utf-8")
    with pytest.raises(EvaluationImpossible, match="is no baseline") as refusal:
        check_against(path, [F1], digest="abc")

    assert "wardmote evaluate --write-baseline" in refusal.value.hint


def test_the_committed_baseline_stands_beside_its_module() -> None:
    assert COMMITTED.name == "baseline.json"
    assert COMMITTED.parent.name == "evaluation"
