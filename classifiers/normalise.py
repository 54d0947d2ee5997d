"""Undo what people do to a word so that a list does not find it, and remember where it stood.

Only tokens whose undone form is one of the words in ``wordlists/hidden.toml`` are rewritten.
A road (``A55``), a dose (``5mg``) or a missing space (``late.The``) therefore stays as typed:
a rule that rewrites every digit between letters would find insults in road numbers.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

from classifiers.contract import Span

__all__ = ["Normalised", "normalise"]


@dataclass(frozen=True, slots=True)
class Normalised:
    """A text as a word list wants to read it, with the way back to the original.

    Attributes:
        text: Lower case, without disguises; as long as ``starts`` and ``ends``.
        starts: For every code point of ``text``, where its source begins in the original.
        ends: For every code point of ``text``, where its source ends in the original.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def origin(self, index: int) -> Span:
        """The stretch of the original that the code point at ``index`` was read from."""
        return Span(self.starts[index], self.ends[index])

    def original_span(self, start: int, end: int) -> Span:
        """The stretch of the original behind ``text[start:end]``; ``start < end``."""
        return Span(self.starts[start], self.ends[end - 1])


@lru_cache(maxsize=256)
def normalise(text: str) -> Normalised:
    """Fold case and lookalikes, drop invisible characters and undo disguised words.

    Emoji and lone surrogates stay as they are. The work grows linearly with the text.
    """
    reading = _fold(text)
    if not text.isascii():
        reading = _apply(reading, list(_mixed_alphabets(reading.text)))
    if _SUSPECT.search(reading.text):
        reading = _apply(reading, list(_undone(reading.text)))
    return reading


_NON_ASCII: Final = re.compile(r"[^\x00-\x7f]+")
_JOINERS: Final = frozenset("\u200d\ufe0e\ufe0f\u20e3")
_DIACRITICS: Final = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]"
)
# Read by code point: a lookalike in the source of this file would be a trap for its reader.
_PLAIN: Final = {
    ord(lookalike): plain
    for plain, lookalikes in {
        "a": "\u0251\u0250\u1d00",
        "b": "\u0299",
        "c": "\u1d04",
        "d": "\u0111\u1d05",
        "e": "\u1d07\u025b\u01dd",
        "f": "\ua730",
        "g": "\u0261\u0262",
        "h": "\u0127\u029c",
        "i": "\u0131\u026a\u0269",
        "j": "\u1d0a",
        "k": "\u1d0b",
        "l": "\u0142\u029f",
        "m": "\u1d0d",
        "n": "\u0274",
        "o": "\u00f8\u1d0f",
        "p": "\u1d18",
        "r": "\u0280",
        "s": "\ua731",
        "t": "\u0167\u1d1b",
        "u": "\u1d1c",
        "v": "\u1d20",
        "w": "\u1d21",
        "y": "\u028f",
        "z": "\u1d22",
        "'": "\u2018\u2019\u201a\u201b\u02bc\u2032\u00b4",
        '"': "\u201c\u201d\u201e\u00ab\u00bb",
        "-": "\u2010\u2011\u2012\u2013\u2014\u2015",
        "*": "\u2022\u25cf\u2217\u2588\u2587\u25a0\u2605\u2731\u00d7",
    }.items()
    for lookalike in lookalikes
}
# Letters of other alphabets that look like ASCII ones; used only in mixed or hidden words.
_LOOKALIKES: Final = {
    ord(lookalike): plain
    for plain, lookalikes in {
        "a": "\u0430\u03b1",
        "b": "\u0432\u044c\u03b2",
        "c": "\u0441\u03f2",
        "d": "\u0501\u0434",
        "e": "\u0435\u0451\u03b5",
        "f": "\u0192\u03dd",
        "g": "\u0433\u0581",
        "h": "\u04bb\u043d\u0570",
        "i": "\u0456\u0457\u03b9\u0438",
        "j": "\u0458",
        "k": "\u043a\u03ba",
        "m": "\u043c",
        "n": "\u043f\u03b7\u0578",
        "o": "\u043e\u03bf\u03c3\u0585",
        "p": "\u0440\u03c1",
        "q": "\u051b",
        "r": "\u0433",
        "s": "\u0455\u057d",
        "t": "\u0442\u03c4",
        "u": "\u03c5\u0446\u057d",
        "v": "\u03bd\u0475",
        "w": "\u0448\u051d\u03c9",
        "x": "\u0445\u03c7",
        "y": "\u0443\u03b3",
    }.items()
    for lookalike in lookalikes
}
_OTHER_ALPHABET: Final = re.compile(
    "[a-z]{0,40}[\u0370-\u058f][a-z\u0370-\u058f]{0,40}(?![a-z\u0370-\u058f])"
)


def _fold(text: str) -> Normalised:
    """Every character on its own; ASCII stretches are copied whole."""
    if text.isascii():
        return Normalised(text.lower(), range(len(text)), range(1, len(text) + 1))
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for match in _NON_ASCII.finditer(text):
        pieces.append(text[done : match.start()].lower())
        starts.extend(range(done, match.start()))
        ends.extend(range(done + 1, match.start() + 1))
        _fold_stretch(match, into=(pieces, starts, ends))
        done = match.end()
    pieces.append(text[done:].lower())
    starts.extend(range(done, len(text)))
    ends.extend(range(done + 1, len(text) + 1))
    return Normalised("".join(pieces), starts, ends)


def _fold_stretch(match: re.Match[str], *, into: tuple[list[str], list[int], list[int]]) -> None:
    pieces, starts, ends = into
    in_emoji = False
    for offset, character in enumerate(match.group(), start=match.start()):
        # Joiners and selectors are part of an emoji, and a disguise anywhere else.
        plain = character if in_emoji and character in _JOINERS else _fold_character(character)
        in_emoji = in_emoji if character in _JOINERS else _is_emoji(character)
        pieces.append(plain)
        starts.extend([offset] * len(plain))
        ends.extend([offset + 1] * len(plain))


def _is_emoji(character: str) -> bool:
    return "\U0001f000" <= character <= "\U0001faff" or "\u2190" <= character <= "\u2bff"


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    if _is_emoji(character) and ord(character) not in _PLAIN:
        return _negative_circled(character)
    if unicodedata.category(character) == "Cf" or _DIACRITICS.match(character):
        return ""
    plain = character.casefold().translate(_PLAIN)
    if plain.isascii():
        return plain
    # NFKD takes the accent off; NFKC keeps together what is no accented ASCII letter.
    bare = _DIACRITICS.sub("", unicodedata.normalize("NFKD", plain)).casefold()
    bare = bare.translate(_PLAIN)
    return bare if bare.isascii() else unicodedata.normalize("NFKC", plain).casefold()


def _negative_circled(character: str) -> str:
    offset = ord(character) - 0x1F150
    return chr(ord("a") + offset) if 0 <= offset < len("abcdefghijklmnopqrstuvwxyz") else character


_MARKS: Final = r"*@$!#%^&+|~_.0-9\-"
_SUSPECT: Final = re.compile(
    rf"[a-z][{_MARKS}]|[$@0-9|][a-z]|([a-z])\1\1|(?<![a-z])[a-z] [a-z] [a-z](?![a-z])"
)
_CHUNK: Final = re.compile(r"[^\s,;:/\\\"()<>?\[\]{}=]{2,}")
_STRETCH: Final = re.compile(r"([a-z])\1{2,}")
_DOUBLED: Final = re.compile(r"([a-z])\1+")
_WORD: Final = re.compile("[a-z]+")
_LETTERS: Final = re.compile(r"[^a-z]+")
_DISGUISED: Final = re.compile(rf"[a-z][{_MARKS}]|[$@0-9|][a-z]")
_SPACED: Final = re.compile(
    r"(?<![a-z0-9'.&-])[a-z](?:(?: {1,2}|[._*|/-]| - )[a-z](?![a-z0-9'])){2,47}(?![a-z0-9&])"
)
_LEET: Final = (
    str.maketrans("01345789@$!|+", "oleastbgasilt"),
    str.maketrans("01345789@$!|+", "oieastbgasiit"),
    str.maketrans("01345789@$!|+", "olaastbgasllt"),
)
_ROAD_OR_AMOUNT: Final = re.compile(r"[a-z]{1,2}[0-9]+[a-z]?|[0-9]+[a-z]{1,3}")
# As short as a road, but no road or postcode begins so: "sh1t", "tw4t", "cr4p", "wh0re".
_FOUR_LETTERS: Final = re.compile(r"(?:sh|tw|cr|cu|fu|wa)[0-9][a-z]{1,2}")
_LONGEST_CHUNK: Final = 400
_LONGEST_WORD: Final = 40


@lru_cache(maxsize=1)
def _hidden() -> frozenset[str]:
    """The words that people hide; see the file for why a word is there."""
    document = tomllib.loads(
        files("classifiers").joinpath("wordlists", "hidden.toml").read_text("utf-8")
    )
    return frozenset(document["words"])


@lru_cache(maxsize=1)
def _by_initial() -> dict[str, tuple[str, ...]]:
    """The hidden words by their first letter, in the order of the file: first wins."""
    document = tomllib.loads(
        files("classifiers").joinpath("wordlists", "hidden.toml").read_text("utf-8")
    )
    table: dict[str, tuple[str, ...]] = {}
    for word in document["masked"]:
        table[word[0]] = (*table.get(word[0], ()), word)
    return table


def _undone(text: str) -> Iterator[tuple[int, int, str]]:
    """Stretches of ``text`` that do not overlap, each with what it stands for."""
    taken_until = 0
    for start, end, plain in sorted((*_spaced(text), *_chunks(text))):
        if start >= taken_until:
            yield start, end, plain
            taken_until = end


def _spaced(text: str) -> Iterator[tuple[int, int, str]]:
    """``i d i o t``, ``f.u.c.k``, ``s - c - u - m``."""
    for match in _SPACED.finditer(text):
        plain = _split(_LETTERS.sub("", match.group()))
        if plain:
            yield match.start(), match.end(), plain


@lru_cache(maxsize=2048)
def _split(letters: str) -> str:
    """``youareanidiot`` as ``you are an idiot``; empty unless hidden words spell all of it."""
    best: list[str | None] = ["", *[None] * len(letters)]
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - _LONGEST_WORD), end):
            before, word = best[start], letters[start:end]
            if before is not None and (word in _hidden() or (start == 0 and word in {"a", "i"})):
                best[end] = f"{before} {word}".strip()
                break
    return best[-1] or ""


def _chunks(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _CHUNK.finditer(text):
        chunk = match.group()
        if len(chunk) <= _LONGEST_CHUNK and _SUSPECT.search(chunk):
            core = chunk.strip("'.!-_~|+^&%#") if "*" not in chunk else chunk.strip("'.!-~")
            plain = _undisguised(core)
            if plain and plain != core:
                start = match.start() + chunk.find(core)
                yield start, start + len(core), plain


@lru_cache(maxsize=4096)
def _undisguised(core: str) -> str:
    """The word behind one token, or nothing when there is no reason to change it."""
    if _STRETCH.search(core):
        return _unstretched(core)
    if not _DISGUISED.search(core) or len(core) > _LONGEST_WORD:
        return ""
    if _ROAD_OR_AMOUNT.fullmatch(core) and not _FOUR_LETTERS.fullmatch(core):
        return ""
    for table in _LEET:
        plain = _LETTERS.sub("", core.translate(table))
        if plain in _hidden():
            return plain
    plain = _LETTERS.sub("", core)
    if plain in _hidden():
        return plain
    return _unmasked(core)


def _unstretched(core: str) -> str:
    letters = _LETTERS.sub("", core.translate(_LEET[1]))
    shapes = (_STRETCH.sub(r"\1\1", letters), _STRETCH.sub(r"\1", letters))
    for plain in (*shapes, _DOUBLED.sub(r"\1", letters)):
        if plain in _hidden():
            return plain
    return _WORD.sub(_shortened, core)


def _shortened(word: re.Match[str]) -> str:
    # Of ``www``, ``xxx`` or ``zzz`` nothing would be left.
    letters = word.group()
    return letters if len(set(letters)) == 1 else _STRETCH.sub(r"\1", letters)


def _unmasked(core: str) -> str:
    """``f***ing``: as many letters as marks where they fit, in the order of the list."""
    if not any(mark in core for mark in "*#@%-_.!$&") or not core[0].isalpha():
        return ""
    pattern = re.compile(re.sub(r"[^a-z]", "[a-z]", core.rstrip("!.")))
    loose = re.compile(re.sub(r"\\?\*+", "[a-z]{1,8}", re.escape(core)))
    words = _by_initial().get(core[0], ())
    exact = (word for word in words if pattern.fullmatch(word))
    near = (word for word in words if "*" in core and core[-1] != "*" and loose.fullmatch(word))
    return next(exact, "") or next(near, "")


def _mixed_alphabets(text: str) -> Iterator[tuple[int, int, str]]:
    """Words with a Cyrillic, Greek or Armenian letter where a Latin one is meant."""
    for match in _OTHER_ALPHABET.finditer(text):
        word = match.group()
        plain = word.translate(_LOOKALIKES)
        is_mixed = any(map(str.isascii, word))
        if plain.isascii() and (is_mixed or plain in _hidden()):
            yield match.start(), match.end(), plain


def _apply(folded: Normalised, rewrites: Sequence[tuple[int, int, str]]) -> Normalised:
    if not rewrites:
        return folded
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for start, end, plain in rewrites:
        pieces += [folded.text[done:start], plain]
        source = folded.original_span(start, end)
        starts += [*folded.starts[done:start], *[source.start] * len(plain)]
        ends += [*folded.ends[done:start], *[source.end] * len(plain)]
        done = end
    pieces.append(folded.text[done:])
    starts += folded.starts[done:]
    ends += folded.ends[done:]
    return Normalised("".join(pieces), starts, ends)
