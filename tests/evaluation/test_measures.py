from __future__ import annotations

import pytest

from monitor.evaluation.measures import (
    Figure,
    detection,
    macro_f1,
    mcnemar,
    proportion,
    rank_agreement,
    ranking,
    reliability,
    share,
)

pytest.importorskip("sklearn")


def test_a_proportion_has_wilsons_interval() -> None:
    found = proportion(9, 10)

    assert found.value == pytest.approx(0.9)
    assert (found.low, found.high) == pytest.approx((0.5958, 0.9821), abs=1e-4)
    assert found.of == 10


def test_an_interval_does_not_close_at_the_ends() -> None:
    none, every = proportion(0, 50), proportion(50, 50)

    assert (none.value, none.low) == (0, 0)
    assert none.high == pytest.approx(0.0714, abs=1e-4)
    assert every.low == pytest.approx(0.9286, abs=1e-4)


def test_of_nothing_there_is_no_proportion() -> None:
    assert proportion(0, 0) == Figure(None)
    assert share([]) == Figure(None)
    assert share([True, False]).value == 0.5


def test_detection_counts_what_is_against_what_was_read() -> None:
    found = detection([True, True, True, False, False], [True, False, True, True, False])

    assert found.precision.value == pytest.approx(2 / 3)
    assert found.recall.value == pytest.approx(2 / 3)
    assert found.f1.value == pytest.approx(2 / 3)
    assert (found.support, found.read) == (3, 3)


def test_an_f1_lies_in_its_interval_and_is_the_same_every_time() -> None:
    truth = [True] * 40 + [False] * 60
    read = [True] * 35 + [False] * 5 + [True] * 4 + [False] * 56
    first, again = detection(truth, read), detection(truth, read)

    assert first == again
    assert first.f1.low is not None
    assert first.f1.high is not None
    assert first.f1.low < first.f1.value < first.f1.high
    # Twice the standard error of an F1 near 0.89 on forty positives is about 0.07.
    assert 0.78 < first.f1.low < 0.86
    assert 0.92 < first.f1.high < 0.97


def test_more_examples_make_the_interval_narrower() -> None:
    few = macro_f1([([True, False, True, False], [True, False, False, False])])
    many = macro_f1([([True, False, True, False] * 50, [True, False, False, False] * 50)])

    assert few.value == many.value
    assert many.high - many.low < few.high - few.low


def test_what_never_occurs_has_no_f1_and_does_not_count_in_the_mean() -> None:
    found = ([True, False], [True, False])
    missed = ([True, False], [False, False])
    absent = ([False, False], [True, False])

    assert macro_f1([absent]) == Figure(None)
    assert macro_f1([found, missed, absent]).value == pytest.approx(0.5)


def test_one_example_has_a_figure_and_no_interval() -> None:
    assert macro_f1([([True], [True])]) == Figure(1.0, of=1)


def test_a_ranking_is_the_area_under_the_curve() -> None:
    found = ranking([True, False, True, False], [0.9, 0.8, 0.7, 0.1])

    assert found.auc == pytest.approx(0.75)
    assert found.average_precision == pytest.approx((1 + 2 / 3) / 2)
    assert (found.positives, found.of) == (2, 4)


@pytest.mark.parametrize("truth", [[True, True], [False, False], []])
def test_a_ranking_needs_both_kinds(truth) -> None:
    assert ranking(truth, [0.5] * len(truth)).auc is None


def test_reliability_puts_every_example_into_its_bin() -> None:
    found = reliability([True, False, True, False], [0.95, 0.05, 0.95, 0.95])
    first, last = found.bins[0], found.bins[-1]

    assert [each.count for each in found.bins] == [1, 0, 0, 0, 0, 0, 0, 0, 0, 3]
    assert (first.mean_score, first.share_true) == pytest.approx((0.05, 0))
    assert (last.mean_score, last.share_true) == pytest.approx((0.95, 2 / 3))
    assert found.bins[4].mean_score is None
    assert found.error == pytest.approx((0.05 + 3 * (0.95 - 2 / 3)) / 4)
    assert found.brier == pytest.approx((0.05**2 + 0.05**2 + 0.05**2 + 0.95**2) / 4)


def test_the_bins_edges_hold_the_lowest_and_the_highest_score() -> None:
    found = reliability([False, True], [0.0, 1.0])

    assert (found.bins[0].count, found.bins[-1].count) == (1, 1)
    assert found.error == 0


def test_of_no_examples_there_is_no_reliability() -> None:
    assert reliability([], []).brier is None


def test_mcnemar_is_exact() -> None:
    assert mcnemar(0, 0) == 1
    assert mcnemar(5, 5) == 1
    assert mcnemar(0, 6) == pytest.approx(2 * 0.5**6)
    assert mcnemar(6, 0) == mcnemar(0, 6)


def test_rank_agreement_is_spearmans() -> None:
    assert rank_agreement([1, 2, 3], [10, 20, 90]) == pytest.approx(1)
    assert rank_agreement([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)
    assert rank_agreement([1, 1, 1], [1, 2, 3]) is None
