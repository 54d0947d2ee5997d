"""One word for every identity and one for every party, so that none is judged by its name."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Any

from classifiers.normalise import Normalised

__all__ = ["even_handed"]


def even_handed(reading: Normalised) -> Normalised:
    """Put the first word of its kind where any word of ``wordlists/identities.toml`` stands.

    A model that never sees which group is named cannot hold it against anybody: a comment and its
    copy with the identity or the party swapped are the same text to it.
    """
    pattern, canonical = _identities()
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for match in pattern.finditer(reading.text):
        word = canonical[match.group()]
        if word == match.group():
            continue
        source = reading.original_span(match.start(), match.end())
        pieces += [reading.text[done : match.start()], word]
        starts += [*reading.starts[done : match.start()], *[source.start] * len(word)]
        ends += [*reading.ends[done : match.start()], *[source.end] * len(word)]
        done = match.end()
    if not pieces:
        return reading
    pieces.append(reading.text[done:])
    return Normalised(
        "".join(pieces), [*starts, *reading.starts[done:]], [*ends, *reading.ends[done:]]
    )


@lru_cache(maxsize=1)
def _identities() -> tuple[re.Pattern[str], dict[str, str]]:
    document: dict[str, Any] = tomllib.loads(
        files("classifiers").joinpath("wordlists", "identities.toml").read_text("utf-8")
    )
    canonical: dict[str, str] = {}
    for kind in document["kind"]:
        one, many = kind["words"][0]
        for singular, plural in kind["words"]:
            canonical[plural] = many
            canonical[singular] = one
    longest_first = sorted(canonical, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b"), canonical
