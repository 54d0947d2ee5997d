from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.ngrams import BUCKETS, NgramModel, features

PIECES = st.lists(st.integers(0, 30_521), max_size=40)


def model(heads: int = 2, *, fill: int = 0) -> tuple[NgramModel, np.ndarray]:
    """A model whose table can still be written to."""
    table = np.full((BUCKETS, heads), fill, dtype=np.int8)
    scale = np.array([0.5, 2.0, 1.0][:heads], dtype=np.float32)
    bias = np.array([-1.0, 1.0, 0.0][:heads], dtype=np.float32)
    return NgramModel(table, scale, bias), table


@pytest.mark.parametrize(
    ("pieces", "grams"), [([], 0), ([7], 1), ([7, 8], 3), ([7, 8, 9], 6), ([1, 2, 3, 4], 9)]
)
def test_a_text_has_its_pieces_its_pairs_and_its_triples(pieces, grams) -> None:
    assert len(features(pieces)) == grams


def test_the_order_of_pieces_makes_another_text() -> None:
    one, other = set(features([5, 6])), set(features([6, 5]))

    assert len(one & other) == 2
    assert len(one | other) == 4


def test_a_triple_is_not_its_pairs() -> None:
    apart = set(features([1, 2])) | set(features([2, 3]))

    assert len(set(features([1, 2, 3])) - apart) == 1


def test_what_is_said_twice_counts_once() -> None:
    assert len(features([9, 9, 9, 9])) == 3
    assert sorted(features([9, 9, 9, 9])) == sorted(features([9, 9, 9, 9, 9]))


@given(PIECES)
def test_buckets_are_sorted_once_each_and_inside_the_table(pieces) -> None:
    found = features(pieces)

    assert found.dtype == np.int64
    assert all(0 <= bucket < BUCKETS for bucket in found)
    assert list(found) == sorted(set(found))
    assert list(found) == list(features(pieces))


def test_buckets_stay_what_they_were_when_the_weights_were_made() -> None:
    assert list(features([101, 2017, 102])) == [19107, 26523, 34397, 53508, 77872, 120179]


def test_grams_spread_over_the_whole_table() -> None:
    found = features(range(20_000))

    assert len(found) > 0.95 * BUCKETS * (1 - np.exp(-60_000 / BUCKETS))
    assert found.min() < BUCKETS // 100
    assert found.max() > BUCKETS - BUCKETS // 100


def test_without_pieces_only_the_bias_speaks() -> None:
    grams, _ = model(fill=100)

    assert list(grams.logits([])) == [-1.0, 1.0]


def test_logits_are_the_scaled_sum_over_the_root_of_how_many_grams() -> None:
    grams, table = model()
    table[features([7, 8, 9])[0]] = (4, -3)
    table[features([7, 8, 9])[5]] = (10, 1)

    assert grams.logits([7, 8, 9]) == pytest.approx(
        [14 * 0.5 / np.sqrt(6) - 1, -2 * 2 / np.sqrt(6) + 1]
    )


def test_a_long_text_of_large_weights_does_not_overflow() -> None:
    grams, _ = model(fill=127)
    pieces = list(range(3000))
    grams_of_it = len(features(pieces))

    assert grams.logits(pieces) == pytest.approx(
        [127 * 0.5 * np.sqrt(grams_of_it) - 1, 127 * 2 * np.sqrt(grams_of_it) + 1], rel=1e-5
    )


def test_a_model_is_read_as_the_recipe_writes_it(tmp_path: Path) -> None:
    table = np.zeros((BUCKETS, 3), dtype=np.int8)
    table[features([4])[0]] = (1, 2, -128)
    scale = np.array([1, 2, 0.5], dtype=np.float32)
    bias = np.array([0, -1, 1], dtype=np.float32)
    np.savez_compressed(tmp_path / "grams.npz", table=table, scale=scale, bias=bias)

    read = NgramModel.read(tmp_path / "grams.npz")

    assert list(read.logits([4])) == [1.0, 3.0, -63.0]
    assert read.logits([4]).dtype == np.float32


def test_a_file_that_would_run_code_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "grams.npz"
    np.savez(path, table=np.array([print], dtype=object), scale=np.ones(1), bias=np.ones(1))

    with pytest.raises(ValueError, match="allow_pickle=False"):
        NgramModel.read(path)
