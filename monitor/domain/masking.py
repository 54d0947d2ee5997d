"""What an alert card may show of a comment: enough to place it, without what it is about."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

__all__ = ["MARK", "NO_TEXT", "SHORTEST_LIMIT", "masked_snippet"]

MARK: Final = "▇▇▇"
"""Stands for anything masked, however long it was, so that its length gives nothing away."""

NO_TEXT: Final = "(no text)"
"""What a card shows of a comment without words, such as a picture alone."""

SHORTEST_LIMIT: Final = 20

_ELLIPSIS = "…"
_SURROGATE_SHOWN = "\N{REPLACEMENT CHARACTER}"

_STAND_IN = "\ue000"  # private use, so no text that was cleaned can hold it

# Letters and marks by category, yet nothing to see: fillers, and the selectors of variants.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)

# Every repetition is bounded, so that 20,000 characters made to be slow are not.
_CONTACTS = (
    re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE),
    re.compile(
        r"\b(?:[\w-]{1,63}\.){1,4}(?:com|co|uk|org|net|info|io|me|ly|gov|eu|biz|app)\b(?:/\S*)?",
        re.IGNORECASE,
    ),
    re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}"),
    re.compile(r"@[\w.-]{1,64}"),
    re.compile(r"\d(?:[\s().+/-]{0,3}\d){4,}"),
    # A postcode names some fifteen homes.
    re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s{0,2}\d[A-Z]{2}\b", re.IGNORECASE),
)


def masked_snippet(text: str, spans: Sequence[tuple[int, int]], *, limit: int = 140) -> str:
    """Show a comment with its evidence, contact details and long numbers masked.

    Evidence is masked out to the ends of the words it touches. The result is printable, on one
    line, at most ``limit`` characters, and centred on the first evidence; "(no text)" when
    nothing can be shown. Any text is accepted, lone surrogates included.

    Args:
        text: The comment as it stands.
        spans: The evidence: ``text[start:end]`` in code points, in any order, overlapping or not;
            what lies outside the text is ignored.
        limit: The longest result, at least ``SHORTEST_LIMIT``.

    Raises:
        ValueError: ``limit`` is too short to show anything.
    """
    if limit < SHORTEST_LIMIT:
        raise ValueError(f"a snippet needs room for {SHORTEST_LIMIT} characters")
    shown, places = _seen(text)
    if not shown.strip():
        return NO_TEXT
    evidence = [_whole_words(shown, *span) for span in _moved(spans, places)]
    contacts = [match.span() for pattern in _CONTACTS for match in pattern.finditer(shown)]
    masked = _join([*evidence, *contacts])
    # One character stands for a mask while white space is folded, so that none is cut in two.
    folded = " ".join("".join(_pieces(shown, masked)).split())
    first = min((start for start, _ in evidence), default=None)
    return _cut(folded, _ordinal(masked, first), limit=limit)


def _seen(text: str) -> tuple[str, list[int]]:
    """What a reader sees, and for each of its characters where it stood in the text."""
    kept: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        seen = _as_seen(character)
        if seen:
            kept.append(seen)
            places.append(place)
    return "".join(kept), places


def _as_seen(character: str) -> str:
    if character.isspace():
        return " "
    if unicodedata.category(character) == "Cs":
        return _SURROGATE_SHOWN
    return character if character.isprintable() and not _UNSEEN.match(character) else ""


def _moved(spans: Iterable[tuple[int, int]], places: list[int]) -> Iterator[tuple[int, int]]:
    for start, end in spans:
        first, last = bisect_left(places, start), bisect_left(places, end)
        if first < last:
            yield first, last


def _whole_words(shown: str, start: int, end: int) -> tuple[int, int]:
    while start > 0 and shown[start - 1] != " ":
        start -= 1
    while end < len(shown) and shown[end] != " ":
        end += 1
    return start, end


def _join(stretches: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _pieces(shown: str, masked: Iterable[tuple[int, int]]) -> Iterator[str]:
    at = 0
    for start, end in masked:
        yield shown[at:start]
        yield _STAND_IN
        at = end
    yield shown[at:]


def _ordinal(masked: Sequence[tuple[int, int]], first: int | None) -> int | None:
    """Which of the masks holds the first evidence."""
    if first is None:
        return None
    return next(index for index, (_, end) in enumerate(masked) if first < end)


def _cut(folded: str, ordinal: int | None, *, limit: int) -> str:
    whole = folded.replace(_STAND_IN, MARK)
    if len(whole) <= limit:
        return whole
    centre = 0
    if ordinal is not None:
        before = folded.split(_STAND_IN)[: ordinal + 1]
        centre = sum(map(len, before)) + ordinal * len(MARK) + len(MARK) // 2
    room = limit - 2 * len(_ELLIPSIS)
    start = max(0, min(centre - room // 2, len(whole) - room))
    end = min(len(whole), start + room)
    start, end = _at_words(whole, start, end, keep=centre)
    return (
        (_ELLIPSIS if start else "")
        + whole[start:end].strip()
        + (_ELLIPSIS if end < len(whole) else "")
    )


def _at_words(whole: str, start: int, end: int, *, keep: int) -> tuple[int, int]:
    """Narrow a stretch to whole words, unless that would lose what must be kept."""
    if start and whole[start - 1] != " ":
        after = whole.find(" ", start, keep)
        start = start if after < 0 else after + 1
    if end < len(whole) and whole[end] != " ":
        before = whole.rfind(" ", keep, end)
        end = end if before < 0 else before
    return start, end
