"""Copies of a comment with the identity or the party in it swapped for another of its kind."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

__all__ = ["Swap", "TemplateSet", "swapped", "template_sets"]

_COPIES: Final = 3


@dataclass(frozen=True, slots=True)
class Swap:
    """One copy: every word of one kind gave way to another of that kind, never two to one.

    Attributes:
        change: The first of them, for a person: ``Muslim to Sikh``.
    """

    kind: str
    change: str
    text: str


@dataclass(frozen=True, slots=True)
class TemplateSet:
    """Sentences that are written once and said of every group.

    Attributes:
        name: ``identities`` or ``parties``.
        neutral: Lawful, whoever is named; each has ``{group}`` or ``{Group}``.
        hostile: Breaches, whoever is named; may be none.
    """

    name: str
    groups: tuple[str, ...]
    neutral: tuple[str, ...]
    hostile: tuple[str, ...]

    def said_of(self, group: str, sentences: Sequence[str]) -> list[str]:
        """The sentences with the group in them."""
        begun = group[0].upper() + group[1:]
        return [sentence.format(group=group, Group=begun) for sentence in sentences]


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    pattern: re.Pattern[str]
    form_of: Mapping[str, int]
    word_of: Mapping[str, int]
    words: tuple[tuple[str, ...], ...]

    def word_after(self, number: int, step: int) -> tuple[str, ...]:
        """The forms of the word ``step`` further on, round and round."""
        return self.words[(number + step) % len(self.words)]


def swapped(text: str) -> Iterator[Swap]:
    """Up to three copies for every kind of identity that the text names."""
    for kind in _kinds():
        there = [match for match in kind.pattern.finditer(text) if not _is_a_name(match, text)]
        if not there:
            continue
        first = kind.word_of[_key(there[0], kind)]
        for step in range(1, min(_COPIES, len(kind.words) - 1) + 1):
            change = f"{kind.words[first][0]} to {kind.word_after(first, step)[0]}"
            yield Swap(kind.name, change, _turned(text, there, kind, step))


@cache
def template_sets() -> tuple[TemplateSet, ...]:
    """The built-in sentences: about identities, then about parties."""
    document = _document()
    return tuple(
        TemplateSet(
            name=name,
            groups=tuple(document[name]["groups"]),
            neutral=tuple(document[name]["neutral"]),
            hostile=tuple(document[name]["hostile"]),
        )
        for name in ("identities", "parties")
    )


def _turned(text: str, there: Sequence[re.Match[str]], kind: _Kind, step: int) -> str:
    """The text with every word that is there replaced by the one ``step`` further on."""
    pieces: list[str] = []
    done = 0
    for match in there:
        key = _key(match, kind)
        word = kind.word_after(kind.word_of[key], step)[kind.form_of[key]]
        written = _cased_like(match.group(), word)
        pieces += [_with_article(text[done : match.start()], written), written]
        done = match.end()
    return "".join([*pieces, text[done:]])


def _key(match: re.Match[str], kind: _Kind) -> str:
    found = match.group()
    return found if found in kind.form_of else found.lower()


def _is_a_name(match: re.Match[str], text: str) -> bool:
    """Part of a longer word with a hyphen, a tag or a handle: ``#Labour``, ``Black-Smith``."""
    before = text[match.start() - 1 : match.start()]
    after = text[match.end() : match.end() + 1]
    return before in {"#", "@", "-"} or (after == "-" and not match.group().endswith("-"))


def _cased_like(found: str, word: str) -> str:
    if found.isupper() and len(found) > 1:
        return word.upper()
    if found.islower():
        return word.lower()
    return word[0].upper() + word[1:]


def _with_article(words: str, following: str) -> str:
    """The words before a word, with a last "a" or "an" made to fit it."""
    return re.sub(
        r"\b([Aa])n?( +)$",
        lambda match: f"{match[1]}{'n' if following[0].lower() in 'aeio' else ''}{match[2]}",
        words,
    )


@cache
def _kinds() -> tuple[_Kind, ...]:
    return tuple(_kind(table) for table in _document()["kind"])


def _kind(table: Mapping[str, Any]) -> _Kind:
    is_exact = bool(table.get("exact"))
    words = [tuple(word) for word in table["words"]]
    form_of: dict[str, int] = {}
    word_of: dict[str, int] = {}
    for number, word in enumerate(words):
        for form, written in enumerate(word):
            key = written if is_exact else written.lower()
            form_of.setdefault(key, form)
            word_of[key] = number
    spelt = "|".join(re.escape(key) for key in sorted(form_of, key=len, reverse=True))
    followed = "|".join(table.get("before", ()))
    return _Kind(
        name=table["name"],
        pattern=re.compile(
            rf"\b(?:{spelt})\b" + (rf"(?=\s+(?:{followed})\b)" if followed else ""),
            re.NOFLAG if is_exact else re.IGNORECASE,
        ),
        form_of=form_of,
        word_of=word_of,
        words=(*words, *(tuple(word) for word in table.get("only_put_in", ()))),
    )


@cache
def _document() -> dict[str, Any]:
    source = files("monitor.evaluation").joinpath("even_handedness.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))
