"""The texts that ``wardmote demo --replay`` sends: one column of a Parquet or CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from monitor.cli.endings import Ended, Status

__all__ = ["read_texts"]

_NEEDED = ("id", "text")
_WANTED = "civil_comments"
_LONGEST_FIELD = 1_000_000


def read_texts(source: Path) -> Iterator[str]:
    """The texts in the file's order.

    Where the file has a column ``source``, only the rows whose source begins with
    ``civil_comments``.

    Raises:
        Ended: The file is not there, is neither Parquet nor CSV, or lacks ``id`` or ``text``.
    """
    if not source.is_file():
        raise _amiss(f"{source} is not a file here, so there is nothing to replay.")
    rows = _parquet(source) if source.suffix == ".parquet" else _csv(source)
    for row in rows:
        if str(row.get("source", _WANTED)).startswith(_WANTED):
            yield str(row["text"])


def _parquet(source: Path) -> Iterator[Mapping[str, Any]]:
    try:
        from pyarrow import ArrowException, parquet  # noqa: PLC0415 - only developers have it
    except ImportError:
        raise _amiss("Reading Parquet needs the library pyarrow; replay a CSV file.") from None
    try:
        file = parquet.ParquetFile(source)
    except ArrowException:
        raise _amiss(f"{source} is not a Parquet file; export it again.") from None
    with file:
        names = file.schema_arrow.names
        _must_have(source, names)
        wanted = [name for name in (*_NEEDED, "source") if name in names]
        for batch in file.iter_batches(batch_size=4096, columns=wanted):
            yield from batch.to_pylist()


def _csv(source: Path) -> Iterator[Mapping[str, Any]]:
    csv.field_size_limit(_LONGEST_FIELD)
    with source.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        try:
            _must_have(source, reader.fieldnames or ())
            yield from (row for row in reader if row["text"] is not None)
        except (csv.Error, UnicodeDecodeError):
            place = f"{source}, near line {reader.line_num + 1}"
            raise _amiss(f"{place}: it is not CSV in UTF-8; save it as CSV UTF-8.") from None


def _must_have(source: Path, names: Iterable[str]) -> None:
    missing = [name for name in _NEEDED if name not in set(names)]
    if missing:
        raise _amiss(f"{source} has no column {' and no column '.join(missing)}; name them so.")


def _amiss(sentence: str) -> Ended:
    return Ended(sentence, Status.AMISS)
