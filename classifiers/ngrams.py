"""Which word pieces stand beside each other: a linear model, far cheaper than the encoder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["BUCKETS", "NgramModel", "features"]

BUCKETS: Final = 1 << 17
"""How many weights a head has; grams that share one are told apart by the others of the text."""

_PRIMES: Final = np.array([0x9E3779B1, 0x85EBCA6B, 0xC2B2AE35], dtype=np.uint64)
_SHIFT: Final = np.uint64(29)


def features(ids: Sequence[int]) -> NDArray[np.int64]:
    """The buckets of a text's single pieces, pairs and triples, each once.

    Args:
        ids: Its word pieces, without the tokenizer's own marks.
    """
    one = np.asarray(ids, dtype=np.uint64) + np.uint64(1)
    grams = [one * _PRIMES[0]]
    if len(one) > 1:
        grams.append((one[:-1] * _PRIMES[1]) ^ (one[1:] * _PRIMES[0] + _PRIMES[2]))
    if len(one) > 2:  # noqa: PLR2004 - three pieces make a triple
        grams.append((one[:-2] * _PRIMES[2]) ^ (one[1:-1] * _PRIMES[1]) ^ (one[2:] * _PRIMES[0]))
    mixed = np.concatenate(grams)
    mixed ^= mixed >> _SHIFT
    mixed *= _PRIMES[1]
    mixed ^= mixed >> _SHIFT
    return np.unique(mixed % np.uint64(BUCKETS)).astype(np.int64)


class NgramModel:
    """One weight for each bucket and head.

    Args:
        table: ``(BUCKETS, heads)`` int8.
        scale: ``(heads,)`` float32, what one step of the table stands for.
        bias: ``(heads,)`` float32.
    """

    def __init__(
        self, table: NDArray[np.int8], scale: NDArray[np.float32], bias: NDArray[np.float32]
    ) -> None:
        self._table = table
        self._scale = scale
        self._bias = bias

    @classmethod
    def read(cls, path: Path) -> NgramModel:
        """Read the arrays that the recipe wrote."""
        with np.load(path, allow_pickle=False) as held:
            return cls(held["table"], held["scale"], held["bias"])

    def logits(self, ids: Sequence[int]) -> NDArray[np.float32]:
        """The heads' logits for one text; ``(heads,)`` float32."""
        if not ids:
            return self._bias
        found = features(ids)
        # np.add.reduce over int8 rows would overflow: the sum is kept in 32 bits.
        total = self._table[found].sum(axis=0, dtype=np.int32).astype(np.float32)
        result: NDArray[np.float32] = total * self._scale / np.float32(np.sqrt(len(found)))
        return result + self._bias
