from __future__ import annotations

import pytest

from config.standards import Cue, Severity
from monitor.evaluation.calibration import calibration_of, sweeps_of
from tests.evaluation.cast import STANDARD, clause, example, readings_of

pytest.importorskip("sklearn")

READINGS = readings_of(
    example("threat=0.9", "", "threat"),
    example("threat=0.6", "", "threat"),
    example("threat=0.2", "", "threat"),
    example("threat=0.7", "clear"),
    example("threat=0.1", "clear"),
    example("unreadable=0.9", "unsure"),
)


def cue_of(label: str):
    return next(each for each in calibration_of(READINGS, STANDARD) if each.label == label)


def test_the_assessments_own_score_comes_first_and_its_truth_is_any_clause() -> None:
    first = calibration_of(READINGS, STANDARD)[0]

    assert (first.clause, first.label) == ("", "score")
    assert first.ranking.positives == 3


def test_what_nothing_can_judge_is_left_out() -> None:
    assert calibration_of(READINGS, STANDARD)[0].ranking.of == 5


def test_every_label_that_a_cue_names_is_measured_once() -> None:
    labels = [each.label for each in calibration_of(READINGS, STANDARD)]

    assert labels == [
        "score",
        "threat",
        "self_harm_risk",
        "identity_attack",
        "insult",
        "home_address",
        "campaigning",
    ]


def test_a_labels_truth_is_whether_its_clause_applies() -> None:
    threat = cue_of("threat")

    assert (threat.scored, threat.ranking.positives) == (5, 3)
    assert threat.ranking.auc == pytest.approx(4 / 6)
    assert cue_of("insult").scored == 0


def test_a_sweep_says_what_each_threshold_would_give() -> None:
    (sweep,) = sweeps_of(READINGS, STANDARD)
    at = {point.threshold: point for point in sweep.points}

    assert (sweep.clause, sweep.suspect, sweep.severe) == ("threat", (0.5,), (0.9,))
    assert at[0.5].precision.value == pytest.approx(2 / 3)
    assert at[0.5].recall.value == pytest.approx(2 / 3)
    assert at[0.9].precision.value == 1
    assert at[0.05].recall.value == 1
    assert at[0.95].precision.value is None


def test_the_band_reaches_from_suspect_to_severe() -> None:
    (sweep,) = sweeps_of(READINGS, STANDARD)

    assert sweep.band[0].threshold == 0.5
    assert sweep.band[-1].threshold == 0.9


def test_thresholds_in_force_are_always_among_the_points() -> None:
    odd = clause("threat", Severity.S1, Cue("threat", 0.333, 0.777), Cue("menace", 0.6, 0.7))
    standard = type(STANDARD)(**{**_fields(STANDARD), "clauses": (odd,)})
    (sweep,) = sweeps_of(readings_of(example("threat=0.4", "", "threat")), standard)

    assert {0.333, 0.6, 0.7, 0.777} <= {point.threshold for point in sweep.points}
    assert (sweep.suspect, sweep.severe) == ((0.333, 0.6), (0.7, 0.777))


def _fields(standard) -> dict[str, object]:
    return {name: getattr(standard, name) for name in standard.__dataclass_fields__}


def test_only_clauses_that_occur_and_have_cues_are_swept() -> None:
    readings = readings_of(example("x", "", "language"), example("insult=1 y", "", "abuse"))

    assert [each.clause for each in sweeps_of(readings, STANDARD)] == ["abuse"]
