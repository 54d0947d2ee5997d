"""The rows that ``wardmote score`` reads: CSV or JSON Lines, each row or what is wrong with it.

A row that cannot be read never takes its neighbours with it: after a quotation mark that is not
closed, reading goes on at the next line.
"""

from __future__ import annotations

import csv
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

__all__ = ["BadRow", "ReadRow", "read_rows"]

_LONGEST_FIELD = 1_000_000
_ABOVE = ("context", "parent")


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One text to score.

    Attributes:
        line: Where its row begins.
        id: As it was given.
        context: The council's post above it; empty where none is given.
        parent: The comment that it answers; empty where it answers the post.
    """

    line: int
    id: str | int
    text: str
    context: str = ""
    parent: str = ""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be scored, and why, without its text."""

    line: int
    why: str


def read_rows(lines: Iterable[str]) -> Iterator[ReadRow | BadRow]:
    """Every row in order: JSON Lines where the first character is ``{``, or else CSV.

    Args:
        lines: With their ends, so that a line break inside a CSV cell stays one.
    """
    source = _Lines(lines)
    while source.peek().isspace():
        next(source)
    first = source.peek().lstrip()
    if not first:
        yield BadRow(1, "there is nothing to read; write a heading with id and text")
    elif first.startswith("["):
        yield BadRow(source.number + 1, "it is a JSON array; write one object a line instead")
    elif first.startswith("{"):
        yield from _json_rows(source)
    else:
        yield from _csv_rows(source)


class _Lines(Iterator[str]):
    """Lines that can be given back, and their numbers."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self.number = 0

    @override
    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self._taken.append(line)
        self.number += 1
        return line

    def peek(self) -> str:
        """The next line, which comes again; "" at the end."""
        if not self._again:
            line = next(self._lines, None)
            if line is None:
                return ""
            self._again.append(line)
        return self._again[0]

    def begin_row(self) -> int:
        """Forget what was taken before; returns the number of the line that comes next."""
        self._taken.clear()
        return self.number + 1

    def keep_one(self) -> None:
        """Give back every line of this row but its first."""
        back = self._taken[1:]
        self._again.extendleft(reversed(back))
        self.number -= len(back)


def _json_rows(source: _Lines) -> Iterator[ReadRow | BadRow]:
    for line in source:
        if line.isspace():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            yield BadRow(source.number, "it is not JSON; write one object a line")
            continue
        yield _checked(source.number, found if isinstance(found, dict) else {})


def _csv_rows(source: _Lines) -> Iterator[ReadRow | BadRow]:
    csv.field_size_limit(_LONGEST_FIELD)
    began, cells, problem = _next_row(source)
    heading = [cell.strip().lower() for cell in cells or ()]
    missing = [name for name in ("id", "text") if name not in heading]
    if problem or missing:
        yield BadRow(began, problem or f"the heading has no {' and no '.join(missing)}")
        return
    while source.peek():
        began, cells, problem = _next_row(source)
        if problem or len(cells) > len(heading):
            yield BadRow(began, problem or _too_many(len(cells), len(heading)))
        elif cells:
            yield _checked(began, dict(zip(heading, cells, strict=False)))


def _next_row(source: _Lines) -> tuple[int, list[str], str]:
    """Where the next row begins, and its cells or what is wrong with it."""
    began = source.begin_row()
    try:
        return began, next(csv.reader(source, strict=True)), ""
    except csv.Error:
        source.keep_one()
        return began, [], "it is no CSV row; look at its quotation marks"


def _too_many(cells: int, named: int) -> str:
    return f"it has {cells} cells and the heading {named}; put the text in quotation marks"


def _checked(number: int, found: Mapping[str, Any]) -> ReadRow | BadRow:
    row_id, text = found.get("id"), found.get("text")
    if isinstance(row_id, bool) or not isinstance(row_id, str | int) or not str(row_id).strip():
        return BadRow(number, "it has no id; give it a word or a whole number")
    if not isinstance(text, str):
        return BadRow(number, "it has no text")
    above = {name: "" if found.get(name) is None else found[name] for name in _ABOVE}
    for name, words in above.items():
        if not isinstance(words, str):
            return BadRow(number, f"its {name} is no text; write it as words or leave it out")
    return ReadRow(line=number, id=row_id, text=text, **above)
