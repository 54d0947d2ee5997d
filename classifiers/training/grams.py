"""Training the linear model over word pieces: sparse, a minute or two an epoch on one core."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track
from torch.nn import functional

from classifiers.heads import HEADS
from classifiers.ngrams import BUCKETS, features
from classifiers.training.rows import Rows

__all__ = ["fit_grams"]

_RATE: Final = 0.15
_BATCH: Final = 256
_LIMIT: Final = 127


def fit_grams(
    rows: Rows, ids: Sequence[Sequence[int]], *, epochs: int, seed: int
) -> dict[str, NDArray[np.generic]]:
    """Fit every head at once; returns the arrays of :class:`classifiers.ngrams.NgramModel`.

    Args:
        rows: What to learn.
        ids: Their word pieces, without the tokenizer's own marks.
        epochs: How often every row is read.
        seed: Decides the order.
    """
    torch.manual_seed(seed)
    bags = [torch.from_numpy(features(each)) for each in track(ids, "grams: reading")]
    bag = torch.nn.EmbeddingBag(BUCKETS, len(HEADS), mode="sum", sparse=True)
    torch.nn.init.zeros_(bag.weight)
    bias = torch.nn.Parameter(torch.zeros(len(HEADS)))
    sparse = torch.optim.Adagrad(bag.parameters(), lr=_RATE)
    dense = torch.optim.Adagrad([bias], lr=_RATE)
    chance = np.random.default_rng(seed)
    plan = [
        order[start : start + _BATCH]
        for order in (chance.permutation(len(bags)) for _ in range(epochs))
        for start in range(0, len(order), _BATCH)
    ]
    for batch in track(plan, "grams: fitting"):
        some = [bags[row] for row in batch]
        sizes = torch.tensor([len(each) for each in some])
        offsets = torch.cat([torch.zeros(1, dtype=torch.long), sizes.cumsum(0)[:-1]])
        logits = bag(torch.cat(some), offsets) / sizes.sqrt()[:, None] + bias
        targets = torch.from_numpy(rows.targets[batch])
        counted = torch.from_numpy(rows.weights[batch])[:, None] * ~targets.isnan()
        losses = functional.binary_cross_entropy_with_logits(
            logits, targets.nan_to_num(), reduction="none"
        )
        (losses * counted).sum().backward()
        sparse.step()
        dense.step()
        sparse.zero_grad()
        dense.zero_grad()
    return _quantised(bag.weight.detach().numpy(), bias.detach().numpy())


def _quantised(
    weights: NDArray[np.float32], bias: NDArray[np.float32]
) -> dict[str, NDArray[np.generic]]:
    # The few largest weights are clipped, so that the many small ones keep their digits.
    highest = np.maximum(np.quantile(np.abs(weights), 0.9998, axis=0), 1e-6).astype(np.float32)
    scale = highest / _LIMIT
    table = np.clip(np.rint(weights / scale), -_LIMIT, _LIMIT).astype(np.int8)
    return {"table": table, "scale": scale.astype(np.float32), "bias": bias.astype(np.float32)}
