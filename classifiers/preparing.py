"""A text as the trained model reads it: disguises undone, emoji as words, groups as one."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from classifiers.evenhanded import even_handed
from classifiers.normalise import Normalised, normalise

__all__ = ["prepare", "undisguised"]

_EMOJI: Final = re.compile(
    "[\u203c\u2049\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]"
)
# A row of one emoji says it loudly, not differently.
_MOST_ALIKE: Final = 3
_SAYS_NOTHING: Final = re.compile("[\ufe0e\ufe0f\u200d\u20e3\U0001f3fb-\U0001f3ff]")


def prepare(text: str) -> Normalised:
    """The text as the bundled model reads it, with the way back to the original.

    Disguises are undone, emoji are spelt out, and every identity or party of a kind reads alike.
    """
    return even_handed(undisguised(text), text)


def undisguised(text: str) -> Normalised:
    """Undo disguises and spell emoji out, keeping the way back to the original.

    The model's vocabulary has no emoji, so a snake sent to a councillor would read as nothing;
    its Unicode name (``snake``) takes its place. The work grows linearly with the text.
    """
    reading = normalise(text)
    return _spelt_out(reading) if _EMOJI.search(reading.text) else reading


def _spelt_out(reading: Normalised) -> Normalised:
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    before, alike = "", 0
    for index, character in enumerate(reading.text):
        if _SAYS_NOTHING.match(character):
            continue
        words = character
        if _EMOJI.match(character):
            alike = alike + 1 if character == before else 1
            words = _name(character) if alike <= _MOST_ALIKE else ""
        before = character
        pieces.append(words)
        starts += [reading.starts[index]] * len(words)
        ends += [reading.ends[index]] * len(words)
    return Normalised("".join(pieces), starts, ends)


@lru_cache(maxsize=2048)
def _name(character: str) -> str:
    name = unicodedata.name(character, "").lower()
    return f" {name.replace('-', ' ').removesuffix(' sign').removesuffix(' symbol')} "
