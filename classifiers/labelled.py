"""The project's own labelled council examples: invented comments, read as STANDARD asks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

__all__ = ["SPLITS", "Example", "read_examples"]

SPLITS: Final = ("train", "development", "test")
"""Writers, author styles and topics are in one split only."""


@dataclass(frozen=True, slots=True)
class Example:
    """One invented comment and how a careful moderator reads it.

    Attributes:
        id: Never used again for another text.
        text: What the resident wrote.
        clauses: Identifiers of the standard's clauses that it touches; empty when lawful.
        lane: Where it belongs: breach, welfare, criticism, request, clear or unsure.
        target: Whom the words bear on.
        severity: The worst that it touches; empty when lawful.
        needs_response: An officer must answer.
        family: The kind of comment, for figures by kind (``threat-veiled``, ``looks-bad`` ...).
        topic: What the post was about.
        style: The author style it was written in.
        post: The council's post above it, where the reading needs it or it was given; else empty.
    """

    id: str
    text: str
    clauses: tuple[str, ...]
    lane: str
    target: str
    severity: str
    needs_response: bool
    family: str
    topic: str
    style: str
    post: str

    @property
    def is_breach(self) -> bool:
        """Whether its lane is ``breach``."""
        return self.lane == "breach"


def read_examples(split: str) -> list[Example]:
    """Every example of a split, in the order of the file.

    Raises:
        ValueError: There is no split of that name.
    """
    if split not in SPLITS:
        raise ValueError(f"there is no split {split!r}; these are: {', '.join(SPLITS)}")
    return list(_read(split))


def _read(split: str) -> Iterator[Example]:
    file = files("classifiers").joinpath("examples", f"{split}.jsonl")
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield Example(**{**row, "clauses": tuple(row["clauses"])})
