"""One word for every identity and one for every party, so that none is judged by its name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from classifiers.normalise import Normalised

__all__ = ["even_handed"]


@dataclass(frozen=True, slots=True)
class _Known:
    """One word of the list.

    Attributes:
        reads_as: What the model is given in its place.
        is_exact: Whether it names a party only with a capital letter.
    """

    reads_as: str
    is_exact: bool


def even_handed(reading: Normalised, original: str) -> Normalised:
    """Put the first word of its kind where any word of ``wordlists/identities.toml`` stands.

    A model that never sees which group is named cannot hold it against anybody: a comment and its
    copy with the identity or the party swapped are the same text to it.

    Args:
        reading: The normalised text.
        original: What it was normalised from, which still has its capital letters.
    """
    pattern, known = _identities()
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for match in pattern.finditer(reading.text):
        word = known[match.group()]
        source = reading.original_span(match.start(), match.end())
        if word.reads_as == match.group():
            continue
        if word.is_exact and not original[source.start].isupper():
            continue
        pieces += [reading.text[done : match.start()], word.reads_as]
        starts += [*reading.starts[done : match.start()], *[source.start] * len(word.reads_as)]
        ends += [*reading.ends[done : match.start()], *[source.end] * len(word.reads_as)]
        done = match.end()
    if not pieces:
        return reading
    pieces.append(reading.text[done:])
    return Normalised(
        "".join(pieces), [*starts, *reading.starts[done:]], [*ends, *reading.ends[done:]]
    )


@lru_cache(maxsize=1)
def _identities() -> tuple[re.Pattern[str], dict[str, _Known]]:
    document: dict[str, Any] = tomllib.loads(
        files("classifiers").joinpath("wordlists", "identities.toml").read_text("utf-8")
    )
    known: dict[str, _Known] = {}
    ahead: dict[str, str] = {}
    for kind in document["kind"]:
        for word, as_first in _pairs(kind):
            known[word] = _Known(as_first, is_exact=kind.get("exact", False))
            ahead[word] = _ahead(kind)
    longest_first = sorted(known, key=len, reverse=True)
    alternatives = "|".join(f"{re.escape(word)}{ahead[word]}" for word in longest_first)
    return re.compile(rf"\b(?:{alternatives})\b"), known


def _pairs(kind: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every word of a kind and what it reads as; a word that is its own plural as the singular."""
    one, many = kind.get("reads_as", kind["words"][0])
    yield from ((plural, many) for _, plural in kind["words"])
    yield from ((singular, one) for singular, _ in kind["words"])


def _ahead(kind: Mapping[str, Any]) -> str:
    followed = "|".join(map(re.escape, kind.get("before", ())))
    return rf"(?=\s(?:{followed})\b)" if followed else ""
