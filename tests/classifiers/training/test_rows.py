from __future__ import annotations

import numpy as np
import pytest

from classifiers.contract import Label
from classifiers.heads import HEADS
from classifiers.training.rows import HEAD_INDEX, Rows, joined, known

HATE, THREAT = Label("hate"), Label("threat")


def rows(*texts: str, weight: float = 1.0) -> Rows:
    return Rows(
        texts=texts,
        targets=np.stack([known({HATE: len(text) % 2}) for text in texts]),
        weights=np.full(len(texts), weight, dtype=np.float32),
    )


def test_a_head_stands_where_the_model_puts_it_out() -> None:
    assert [HEAD_INDEX[label] for label in HEADS] == list(range(len(HEADS)))
    assert len(HEAD_INDEX) == len(HEADS)


def test_what_is_not_known_is_not_a_number() -> None:
    row = known({HATE: 1.0, THREAT: 0.0})

    assert (row.shape, row.dtype) == ((len(HEADS),), np.float32)
    assert (row[HEAD_INDEX[HATE]], row[HEAD_INDEX[THREAT]]) == (1, 0)
    assert np.isnan(row).sum() == len(HEADS) - 2


def test_a_label_that_is_no_head_cannot_be_known() -> None:
    with pytest.raises(KeyError, match="shouting"):
        known({Label("shouting"): 1.0})


def test_several_sets_of_rows_become_one_in_order() -> None:
    whole = joined([rows("a", "bb"), rows("ccc", weight=0.25)])

    assert list(whole.texts) == ["a", "bb", "ccc"]
    assert whole.targets[:, HEAD_INDEX[HATE]].tolist() == [1, 0, 1]
    assert np.isnan(whole.targets[:, HEAD_INDEX[THREAT]]).all()
    assert whole.weights.tolist() == [1, 1, 0.25]
    assert (len(whole), whole.targets.dtype, whole.weights.dtype) == (3, np.float32, np.float32)
