"""The public test files: read for evaluation only, never trained on, never chosen by."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from classifiers.contract import DETOXIFY_LABELS
from monitor.evaluation.needs import EvaluationImpossible, require

__all__ = ["SIX_LABELS", "VALID_SPLIT", "BenchmarkRows", "benchmark_rows"]

SIX_LABELS: Final = (
    "toxicity",
    "severe_toxicity",
    "obscene",
    "threat",
    "insult",
    "identity_attack",
)
"""The labels of the 2018 challenge."""

VALID_SPLIT: Final = "jigsaw2018_wiki_multilabel_valid"
"""The name that the held-out rows of ``train.parquet`` go by."""

_BESIDE: Final[tuple[str, ...]] = ("moderated", "Label", "Template", "rev_id", "detoxify_toxicity")
_SEED: Final = 20261121
_POSITIVE: Final = 0.5


@dataclass(frozen=True, slots=True)
class BenchmarkRows:
    """The rows of one file that are read.

    Attributes:
        file: Its name without the ending.
        labels: Which of Detoxify's labels the file states, each row by row: True from one half
            on, None where that row does not say.
        beside: Whatever other columns the file's own measures need, row by row.
        in_file: How many rows the file has.
    """

    file: str
    texts: Sequence[str]
    labels: Mapping[str, Sequence[bool | None]]
    beside: Mapping[str, Sequence[Any]]
    in_file: int


_Files = Iterator[BenchmarkRows]


def benchmark_rows(folder: Path, *, limit: int | None) -> _Files:
    """Every Parquet file of a folder, and the held-out rows of ``train.parquet`` in or above it.

    Args:
        folder: Where the files lie.
        limit: How many rows of each file at most; the same ones every time.

    Raises:
        EvaluationImpossible: PyArrow is missing, or the folder holds no such file.
    """
    require("pyarrow", task="wardmote evaluate --benchmarks")
    paths = sorted(path for path in folder.glob("*.parquet") if path.stem != "train")
    if not paths:
        raise EvaluationImpossible(
            f"{folder} holds no Parquet file.", hint="Name the folder with the public test files."
        )
    train = next((each for each in _training_files(folder) if each.is_file()), None)
    return _read_all(paths, train, limit)


def _read_all(paths: Sequence[Path], train: Path | None, limit: int | None) -> _Files:
    """One file at a time in memory."""
    parquet = import_module("pyarrow.parquet")
    for path in paths:
        yield _rows(path.stem, parquet.read_table(path), limit)
    if train is not None:
        held_out = [("split", "==", "valid"), ("source", "==", "jigsaw2018_wiki_multilabel")]
        yield _rows(VALID_SPLIT, parquet.read_table(train, filters=held_out), limit)


def _training_files(folder: Path) -> tuple[Path, Path]:
    return folder / "train.parquet", folder.resolve().parent / "train.parquet"


def _rows(file: str, table: Any, limit: int | None) -> BenchmarkRows:
    in_file = table.num_rows
    if limit is not None and limit < in_file:
        table = table.take(_chosen(table, limit))
    columns = {name: table.column(name).to_pylist() for name in _read_columns(table)}
    texts = [text or "" for text in columns["text"]]
    labels = {
        label: [None if value is None else value >= _POSITIVE for value in columns[label]]
        for label in map(str, DETOXIFY_LABELS)
        if any(value is not None for value in columns.get(label, ()))
    }
    beside = {name: columns[name] for name in _BESIDE if name in columns}
    return BenchmarkRows(file, texts, labels, beside, in_file)


def _read_columns(table: Any) -> list[str]:
    wanted = {"text", *map(str, DETOXIFY_LABELS), *_BESIDE}
    return [name for name in table.column_names if name in wanted]


def _chosen(table: Any, limit: int) -> list[int]:
    """Which rows a limited run reads; those that share a revision stay together."""
    chance = random.Random(_SEED)  # noqa: S311 - which rows are read is no secret
    if "rev_id" not in table.column_names:
        return sorted(chance.sample(range(table.num_rows), limit))
    by_revision: dict[int, list[int]] = {}
    for row, revision in enumerate(table.column("rev_id").to_pylist()):
        by_revision.setdefault(revision, []).append(row)
    revisions = chance.sample(sorted(by_revision), min(max(limit // 2, 1), len(by_revision)))
    return sorted(row for revision in revisions for row in by_revision[revision])
