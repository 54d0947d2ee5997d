from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.weighing import Weighed, Weighing, read_weighing

WEIGHED = Weighed(
    bias=-1.0, weights={"encoder.hate": 2.0, "detector.identity_attack": 0.5}, suspect=0.4
)
FINITE = st.floats(-1e6, 1e6)


def logistic(total: float) -> float:
    return 1 / (1 + math.exp(-total))


@pytest.mark.parametrize(
    ("signals", "total"),
    [
        ({}, -1.0),
        ({"encoder.hate": 0.5}, 0.0),
        ({"encoder.hate": 1.0, "detector.identity_attack": 1.0}, 1.5),
        ({"detector.identity_attack": 1.0}, -0.5),
        ({"encoder.contempt": 9.0}, -1.0),
    ],
)
def test_a_probability_is_the_logistic_of_the_weighted_signals(signals, total) -> None:
    assert WEIGHED.probability(signals) == pytest.approx(logistic(total))


@pytest.mark.parametrize(("signal", "expected"), [(1e9, 1.0), (-1e9, 0.0)])
def test_a_signal_beyond_all_measure_is_as_good_as_certain_and_no_error(signal, expected) -> None:
    probability = WEIGHED.probability({"encoder.hate": signal})

    assert probability == pytest.approx(expected, abs=1e-9)
    assert 0 < probability < 1


@given(FINITE, st.dictionaries(st.sampled_from("abc"), FINITE), st.dictionaries(st.text(), FINITE))
def test_a_probability_lies_between_0_and_1(bias, weights, signals) -> None:
    assert 0 <= Weighed(bias, weights, 0.5).probability(signals) <= 1


@given(st.floats(-20, 20), st.floats(-20, 20))
def test_more_of_a_signal_that_counts_for_it_never_lowers_it(one, other) -> None:
    low, high = sorted((one, other))
    weighed = Weighed(0.0, {"a": 0.7}, 0.5)

    assert weighed.probability({"a": low}) <= weighed.probability({"a": high})


def test_the_file_is_read_as_the_recipe_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "weighing.json"
    hate = {"bias": -1.0, "weights": {"encoder.hate": 2.0}, "suspect": 0.4}
    seen = {"bias": 0.25, "weights": {}, "suspect": 0.1}
    path.write_text(
        json.dumps({"labels": {"hate": hate}, "first": {"must_be_seen": seen}, "pass_below": 0.02}),
        "utf-8",
    )

    assert read_weighing(path) == Weighing(
        labels={"hate": Weighed(-1.0, {"encoder.hate": 2.0}, 0.4)},
        first={"must_be_seen": Weighed(0.25, {}, 0.1)},
        pass_below=0.02,
    )
