"""Training rows: texts, what is known of each head, and how much a row counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Label
from classifiers.heads import HEADS

__all__ = ["HEAD_INDEX", "Rows", "joined", "known"]

HEAD_INDEX: Final[Mapping[Label, int]] = {label: index for index, label in enumerate(HEADS)}
"""Where a head stands in the model's output."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Texts to learn from.

    Attributes:
        texts: As written.
        targets: ``(rows, heads)`` float32, 0 to 1; NaN where the source does not say, which is
            masked in the loss and never taken as a zero.
        weights: ``(rows,)`` float32, how much a row counts.
    """

    texts: Sequence[str]
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]

    def __len__(self) -> int:
        """How many rows."""
        return len(self.texts)


def known(values: Mapping[Label, float]) -> NDArray[np.float32]:
    """One row of targets: NaN for every head that is not in ``values``."""
    row = np.full(len(HEADS), np.nan, dtype=np.float32)
    for label, value in values.items():
        row[HEAD_INDEX[label]] = value
    return row


def joined(parts: Sequence[Rows]) -> Rows:
    """Several sets of rows as one, in order."""
    return Rows(
        texts=[text for part in parts for text in part.texts],
        targets=np.concatenate([part.targets for part in parts]),
        weights=np.concatenate([part.weights for part in parts]),
    )
