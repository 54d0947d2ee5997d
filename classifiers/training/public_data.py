"""The licensed public data: which rows of ``train.parquet`` are learnt from, and how much."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from classifiers.contract import DETOXIFY_LABELS, Label
from classifiers.heads import BY_CLAUSE
from classifiers.training.rows import HEAD_INDEX, Rows

__all__ = ["SHARES", "Share", "read_public"]


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a source is used.

    Attributes:
        positives: At most so many rows with any label from one half on; None means all.
        negatives: At most so many of the others.
        weight: How much each row counts in the loss.
    """

    positives: int | None = None
    negatives: int | None = None
    weight: float = 1.0


SHARES: Final[Mapping[str, Share]] = {
    "jigsaw2018_wiki_multilabel": Share(weight=1.5),
    "jigsaw2018_wiki_binary": Share(negatives=18_000),
    "civil_comments_binary": Share(negatives=50_000),
    "civil_comments_multilabel": Share(weight=1.5),
    "civil_comments_lowercased": Share(weight=0.7),
    "civil_comments_demo": Share(),
    "toxic_spans_civil": Share(positives=6_000, weight=0.7),
    "convabuse": Share(),
    # Collected by slur keywords: known bias against African American English, so it counts little.
    "davidson_tweets": Share(positives=6_000, negatives=4_000, weight=0.25),
    "edos_sexism": Share(negatives=7_000),
    "gab_hate_corpus": Share(),
    "guest_misogyny": Share(negatives=2_500),
    "hatemojibuild": Share(),
    "hatexplain_val": Share(),
    # Negatives come from the same extremist accounts, so its line is noisy.
    "implicit_hate_safenlp": Share(positives=4_000, negatives=4_000, weight=0.5),
    "openai_moderation_half": Share(),
    "stormfront_hate": Share(negatives=4_000),
    "toxigen_annotated": Share(),
    "wiki_context_toxicity": Share(negatives=4_000),
}
"""What of each source the recipe takes; every source of the file must be named here."""

# What a public label also says about a head of ours.
_ALSO: Final[Mapping[Label, Label]] = {
    Label("threat"): BY_CLAUSE["threat"],
    Label("identity_attack"): BY_CLAUSE["hate"],
    Label("sexual_explicit"): BY_CLAUSE["sexual"],
}


def read_public(path: Path, *, split: str, shares: Mapping[str, Share] = SHARES) -> Rows:
    """Read the rows of one split, chosen by a hash of their ids so that every run takes the same.

    Args:
        path: ``train.parquet``.
        split: ``train`` or ``valid``.
        shares: What to take of each source.

    Raises:
        ValueError: The file holds a source that ``shares`` does not name.
    """
    from pyarrow import parquet  # noqa: PLC0415 - needed for training only

    columns = ["id", "text", "source", *DETOXIFY_LABELS]
    table = parquet.read_table(path, columns=columns, filters=[("split", "=", split)])
    labels = np.column_stack(
        [table.column(label).to_numpy(zero_copy_only=False) for label in DETOXIFY_LABELS]
    ).astype(np.float32)
    sources = table.column("source").to_pylist()
    unnamed = sorted(set(sources) - set(shares))
    if unnamed:
        raise ValueError(f"{path} holds sources without a share: {', '.join(unnamed)}")
    chosen = _chosen(table.column("id").to_pylist(), sources, labels, shares)
    texts: list[Any] = table.column("text").take(chosen).to_pylist()
    targets = np.full((len(chosen), len(HEAD_INDEX)), np.nan, dtype=np.float32)
    targets[:, : len(DETOXIFY_LABELS)] = labels[chosen]
    for public, ours in _ALSO.items():
        targets[:, HEAD_INDEX[ours]] = targets[:, HEAD_INDEX[public]]
    return Rows(
        # Some sources keep the entities of the page that they were read from.
        texts=[html.unescape(text) for text in texts],
        targets=targets,
        weights=np.array([shares[sources[row]].weight for row in chosen], dtype=np.float32),
    )


def _chosen(
    ids: list[str],
    sources: list[str],
    labels: np.ndarray[tuple[int, int], np.dtype[np.float32]],
    shares: Mapping[str, Share],
) -> list[int]:
    positive = np.nan_to_num(labels).max(axis=1) >= 0.5  # noqa: PLR2004 - the source's own line
    left = {
        (source, sign): limit
        for source, share in shares.items()
        for sign, limit in ((True, share.positives), (False, share.negatives))
    }
    chosen = []
    for row in sorted(range(len(ids)), key=lambda row: _order(ids[row])):
        key = (sources[row], bool(positive[row]))
        limit = left[key]
        if limit is None:
            chosen.append(row)
        elif limit > 0:
            left[key] = limit - 1
            chosen.append(row)
    return chosen


def _order(row_id: str) -> bytes:
    return hashlib.blake2b(row_id.encode(), digest_size=8).digest()
