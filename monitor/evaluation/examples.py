"""Labelled examples from a file of one's own, in the shape of the project's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any, Final

from classifiers.labelled import Example
from config.standards import Lane, Severity, Target
from monitor.evaluation.needs import EvaluationImpossible

__all__ = ["digest", "read_file"]

_NEEDED: Final = ("id", "text", "lane")
_OTHERWISE: Final[Mapping[str, Any]] = {
    "clauses": [],
    "target": "nobody",
    "severity": "",
    "needs_response": False,
    "family": "unnamed",
    "topic": "",
    "style": "",
    "post": "",
}
_ALLOWED: Final[Mapping[str, tuple[str, ...]]] = {
    "lane": tuple(Lane),
    "target": tuple(Target),
    "severity": ("", *Severity),
}


def read_file(path: Path) -> list[Example]:
    """Read JSON Lines: ``id``, ``text`` and ``lane``, and whatever else an example has.

    Raises:
        EvaluationImpossible: A line is no example, or an id stands twice; names the line.
        OSError: The file cannot be read.
    """
    examples: dict[str, Example] = {}
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        example, mistake = _parsed(line)
        if example is None:
            raise _unusable(path, number, mistake)
        if example.id in examples:
            raise _unusable(path, number, "its id has stood before")
        examples[example.id] = example
    if not examples:
        raise EvaluationImpossible(
            f"{path} holds no example.", hint="Write one JSON object a line."
        )
    return list(examples.values())


def digest(examples: Sequence[Example]) -> str:
    """Which examples these are, exactly: the first twelve digits of their SHA-256."""
    whole = json.dumps([asdict(example) for example in examples], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()[:12]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise EvaluationImpossible(
            f"{path} is not UTF-8 text.", hint="Save it as UTF-8."
        ) from error


def _unusable(path: Path, number: int, mistake: str) -> EvaluationImpossible:
    return EvaluationImpossible(
        f"{path}, line {number}: {mistake}.",
        hint="docs/reference/evaluation-card.md says what an example is made of.",
    )


def _parsed(line: str) -> tuple[Example | None, str]:
    try:
        row = json.loads(line)
    except ValueError:
        return None, "it is not a JSON object"
    if not isinstance(row, dict):
        return None, "it is not a JSON object"
    row = {**_OTHERWISE, **row}
    mistake = _mistake(row)
    if mistake:
        return None, mistake
    return Example(**{**row, "clauses": tuple(row["clauses"])}), ""


def _mistake(row: Mapping[str, Any]) -> str:
    """The first thing that is wrong with a row, or ""."""
    return next(chain(_wrong_keys(row), _wrong_shapes(row), _wrong_values(row)), "")


def _wrong_keys(row: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"it has no {key}" for key in _NEEDED if key not in row)
    for key in sorted(row.keys() - {*_NEEDED, *_OTHERWISE}):
        yield f"an example has no {key!r}"


def _wrong_shapes(row: Mapping[str, Any]) -> Iterator[str]:
    if not _is_list_of_text(row["clauses"]):
        yield "its clauses are not a list of identifiers"
    if not isinstance(row["needs_response"], bool):
        yield "its needs_response is neither true nor false"
    for key in (*_NEEDED, *_OTHERWISE):
        if key not in {"clauses", "needs_response"} and not isinstance(row[key], str):
            yield f"its {key} is not text"


def _wrong_values(row: Mapping[str, Any]) -> Iterator[str]:
    for key, allowed in _ALLOWED.items():
        if row[key] not in allowed:
            yield f"its {key} is none of: {', '.join(filter(None, allowed))}"


def _is_list_of_text(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
