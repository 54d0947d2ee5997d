"""Which words a label rests on: take a stretch away, and see what the model thinks of the rest."""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from classifiers.contract import Label, Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["READINGS", "occlude"]

READINGS: Final = 26
"""So many texts are read at most to explain one, for all its labels together."""

# A clause of so many words is shown whole; a longer one is taken apart.
_SHORT_CLAUSE: Final = 5
_MOST_PIECES: Final = 20
# Of more than so many clauses only every other one is looked at, or every third: it takes time.
_MOST_CLAUSES: Final = 200
# A longer text is narrowed down first, so that a piece stays as short as a clause.
_LONGEST_AT_ONCE: Final = 800
_SECTION: Final = 600
_MOST_SECTIONS: Final = 12
_SECTIONS_WITHIN: Final = 4
# Logits: what is lost with a stretch must be more than a shade, or other words say the same.
_SHADE: Final = 1.0
_ENOUGH: Final = 0.8
_FAINT: Final = 0.25

_Logits = Callable[[Sequence[str]], "NDArray[np.float32]"]


def occlude(
    text: str, wanted: Sequence[Label], logits: _Logits, *, heads: Sequence[Label]
) -> dict[Label, tuple[Span, ...]]:
    """The stretches of the text that a moderator would point at, for each wanted label.

    The text is cut at sentences, clauses and words. What lowers a label most when it is taken
    away is shown, and where nothing does, because two stretches say the same, what is read as
    strongly alone. The same text always gets the same stretches.

    Args:
        text: The original; spans count its code points.
        wanted: Labels that were found in it.
        logits: Reads texts: ``(texts, heads)``. At most :data:`READINGS` texts are given to it.
        heads: What its columns are.

    Returns:
        Every wanted label; without spans where the whole text says it and no part does.

    Raises:
        ValueError: A wanted label is none of the heads.
        ClassifierFailed: The model could not read.
    """
    columns = {label: list(heads).index(label) for label in wanted}
    found: dict[Label, tuple[Span, ...]] = dict.fromkeys(wanted, ())
    if not wanted or _trimmed(text, Span(0, len(text))) is None:
        return found
    is_long = len(text) > _LONGEST_AT_ONCE
    count = min(_MOST_SECTIONS, math.ceil(len(text) / _SECTION)) if is_long else 1
    sections = _sections(text, count)
    rows = logits([_of(text, section) for section in sections]).tolist()
    strongest: dict[int, dict[Label, int]] = {}
    for label, column in columns.items():
        best = max(range(len(sections)), key=lambda index: (rows[index][column], -index))
        strongest.setdefault(best, {})[label] = column
    # Where most labels point is worth the most readings.
    chosen = sorted(strongest, key=lambda index: (-len(strongest[index]), index))
    within = chosen[:_SECTIONS_WITHIN]
    for index in within:
        reader = _Reader(text, sections[index], rows[index], logits)
        share = (READINGS - len(sections)) // len(within)
        found |= reader.explain(strongest[index], readings=share)
    for index in chosen[_SECTIONS_WITHIN:]:
        found |= dict.fromkeys(strongest[index], _spans(text, [sections[index]]))
    return found


class _Reader:
    """One section of a text: its logits as it stands, and with parts of it away."""

    def __init__(self, text: str, section: Span, row: Sequence[float], logits: _Logits) -> None:
        self._text = text
        self._section = section
        self._row = row
        self._logits = logits

    def explain(
        self, columns: Mapping[Label, int], *, readings: int
    ) -> dict[Label, tuple[Span, ...]]:
        # A few readings are kept for stretches alone.
        most = min(_MOST_PIECES, max(2, readings * 4 // 5))
        pieces = _pieces(self._text, self._section, most)
        if len(pieces) == 1:
            return dict.fromkeys(columns, _spans(self._text, pieces))
        rest = self._logits([self._without(piece) for piece in pieces]).tolist()
        drops = {
            label: [self._row[column] - row[column] for row in rest]
            for label, column in columns.items()
        }
        doubtful = {label: columns[label] for label in columns if max(drops[label]) < _SHADE}
        found = {
            label: _spans(self._text, [pieces[index] for index in _telling(drops[label])])
            if max(drops[label]) > _SHADE * _FAINT
            else ()
            for label in columns
        }
        left = readings - len(pieces)
        return found | (
            self._alone(pieces, doubtful, readings=left) if doubtful and left > 1 else {}
        )

    def _alone(
        self, pieces: Sequence[Span], columns: Mapping[Label, int], *, readings: int
    ) -> dict[Label, tuple[Span, ...]]:
        """What says a label by itself at least half as strongly as the whole section says it."""
        step = math.ceil(len(pieces) / readings)
        groups = [
            Span(pieces[start].start, pieces[min(start + step, len(pieces)) - 1].end)
            for start in range(0, len(pieces), step)
        ]
        rows = self._logits([_of(self._text, group) for group in groups]).tolist()
        found = {}
        for label, column in columns.items():
            alone = [row[column] for row in rows]
            rises = [each - min(alone) for each in alone]
            if max(rises) > (self._row[column] - min(alone)) / 2:
                found[label] = _spans(self._text, [groups[index] for index in _telling(rises)])
        return found

    def _without(self, piece: Span) -> str:
        section = self._section
        return self._text[section.start : piece.start] + self._text[piece.end : section.end]


def _telling(weights: Sequence[float]) -> list[int]:
    """The fewest, heaviest first, that carry most of the weight; in order."""
    order = sorted(range(len(weights)), key=lambda index: (-weights[index], index))
    heaviest = weights[order[0]]
    total = sum(weight for weight in weights if weight > 0)
    kept: list[int] = []
    carried = 0.0
    for index in order:
        weight = weights[index]
        if weight <= 0 or weight < heaviest * _FAINT or carried >= total * _ENOUGH:
            break
        kept.append(index)
        carried += weight
    return sorted(kept)


def _sections(text: str, count: int) -> list[Span]:
    """At most ``count`` sections of about one length, cut at the best boundary near its place."""
    step = len(text) / count
    boundaries = list(_boundaries(text))
    cuts = [0]
    for number in range(1, count):
        place = number * step
        near = [each for each in boundaries if abs(each[0] - place) < step / 2]
        best = max(near, key=lambda each: (each[1], -abs(each[0] - place)), default=(int(place), 0))
        cuts.append(best[0])
    return [Span(start, end) for start, end in pairwise([*cuts, len(text)])]


def _pieces(text: str, section: Span, most: int) -> list[Span]:
    """At most ``most`` clauses, or parts of long ones; they leave nothing of the section out."""
    stretch = _of(text, section)
    ranks = dict(_boundaries(stretch))
    places = sorted(ranks)
    clauses = [place for place in places if ranks[place] > _WORD]
    cuts = [0, *clauses[:: len(clauses) // _MOST_CLAUSES + 1], len(stretch)]
    while len(cuts) - 1 > most:
        # The two shortest neighbours become one, rather within a sentence than across its end.
        del cuts[
            min(
                range(1, len(cuts) - 1),
                key=lambda each: ((cuts[each + 1] - cuts[each - 1]) * ranks[cuts[each]], each),
            )
        ]
    while len(cuts) - 1 < most:
        sizes = [_words(places, start, end) for start, end in pairwise(cuts)]
        longest = sizes.index(max(sizes))
        if sizes[longest] <= _SHORT_CLAUSE:
            break
        insort(cuts, _middle(places, cuts[longest], cuts[longest + 1]))
    return [Span(section.start + start, section.start + end) for start, end in pairwise(cuts)]


# A word of so many letters counts as two: without spaces, a text is long all the same.
_LONG_WORD: Final = 20


def _words(places: Sequence[int], start: int, end: int) -> int:
    inside = bisect_left(places, end) - bisect_right(places, start)
    return max(inside + 1, (end - start) // _LONG_WORD)


def _middle(places: Sequence[int], start: int, end: int) -> int:
    middle = (start + end) // 2
    inside = places[bisect_right(places, start) : bisect_left(places, end)]
    return min(inside, key=lambda place: abs(place - middle), default=middle)


# After spaces, and after every letter of a script that writes none.
_BOUNDARY: Final = re.compile("\\s+|(?<=[\u3001-\u30ff\u3400-\u9fff\uff01-\uff60])(?=\\S)")
_SENTENCE, _CLAUSE, _WORD = 3, 2, 1
_CLOSING: Final = "\"')]}\u2019\u201d\u00bb"
_ENDS: Final = frozenset(".!?\u2026\u3002\uff01\uff1f")
_PAUSES: Final = frozenset(",;:-\u2013\u2014\u3001\uff0c\uff1b\uff1a")
_OPENING: Final = frozenset('"([{\u2018\u201c\u00ab')
_TURN: Final = re.compile(r"(?:and|but|or|so|because|if|then|while|when)\b", re.IGNORECASE)


def _boundaries(stretch: str) -> Iterator[tuple[int, int]]:
    """Where the stretch may be cut, in order, and how well."""
    for match in _BOUNDARY.finditer(stretch):
        start, end = match.span()
        if start == 0 or end == len(stretch):
            continue
        before = stretch[max(0, start - 4) : start].rstrip(_CLOSING)[-1:]
        if before in _ENDS or "\n" in match.group():
            yield end, _SENTENCE
        elif before in _PAUSES or stretch[end] in _OPENING or _TURN.match(stretch, end):
            yield end, _CLAUSE
        else:
            yield end, _WORD


def _spans(text: str, pieces: Sequence[Span]) -> tuple[Span, ...]:
    """Neighbours as one, without the spaces and punctuation at their ends."""
    merged: list[Span] = []
    for piece in pieces:
        if merged and merged[-1].end == piece.start:
            merged[-1] = Span(merged[-1].start, piece.end)
        else:
            merged.append(piece)
    trimmed = (_trimmed(text, each) for each in merged)
    return tuple(each for each in trimmed if each is not None)


# Not the marks that hide a word (f***) or stand for one.
_EDGES: Final = frozenset(
    ".,;:!?'\"()[]{}/\\|\u2026\u2018\u2019\u201c\u201d\u00ab\u00bb-\u2013\u2014"
)


def _trimmed(text: str, span: Span) -> Span | None:
    start, end = span.start, span.end
    while start < end and (text[start].isspace() or text[start] in _EDGES):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in _EDGES):
        end -= 1
    return Span(start, end) if start < end else None


def _of(text: str, span: Span) -> str:
    return text[span.start : span.end]
