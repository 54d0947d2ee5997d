"""Phrases as data: one TOML file a category, compiled into one expression, read in one pass.

A file holds groups; each group says which labels its phrases speak for, and how strongly::

    [[group]]
    labels = { threat = 0.9 }
    phrases = ["i'll burn ... down", "(hope|wish) you die", "you're {insult}"]
    except = ["burn calories"]
    needs = ["(you|councillor)"]

In a phrase ``(a|b)`` chooses (an empty choice is allowed), ``...`` stands for up to three words
(``... ...`` for six), ``word*`` takes any ending, ``+`` is any word, ``{name}`` is a list from
``[sets]``, ``^`` and ``$`` are the ends of the text, ``~`` is the start of a sentence, and
apostrophes are optional.
Phrases match whole words only. A group with ``needs`` speaks where one of those is found as well.
What an exception covers is not seen; within the reach of a ``softened_by`` cue (someone is
quoted, or the words are denied) a value is multiplied by ``SOFTENED``.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Self

from classifiers import expression as _expression_module
from classifiers import normalise as _normalise_module
from classifiers.contract import Label, ModelFingerprint, Score, Scores, Span
from classifiers.expression import Expression, Sets
from classifiers.normalise import Normalised, normalise

__all__ = ["SOFTENED", "PhraseReader", "Phrasebook", "Sighting", "digest_of", "merged", "source_of"]

SOFTENED: Final = 0.45
"""What is left of a value when the words are quoted, reported or denied: always below 0.5."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One phrase found, in code points of the normalised text.

    Attributes:
        labels: What the phrase speaks for, and how strongly.
        is_softened: The words are quoted, reported or denied.
    """

    labels: Mapping[Label, float]
    start: int
    end: int
    is_softened: bool


class Phrasebook:
    """The phrases of one category.

    Args:
        document: The parsed TOML: ``group`` tables, and optionally ``sets`` and ``softened_by``.
        content: The bytes that were parsed; they are part of a fingerprint.

    Raises:
        ValueError: A phrase uses a set that the document does not define.
    """

    def __init__(self, document: Mapping[str, Any], *, content: bytes) -> None:
        sets: Sets = document.get("sets", {})
        groups: Sequence[Mapping[str, Any]] = document["group"]
        self.content = content
        self._labels: list[Mapping[Label, float]] = [
            {Label(name): float(value) for name, value in group.get("labels", {}).items()}
            for group in groups
        ]
        self._reach: list[int] = [group.get("reach", _LONGEST_BREATH) for group in groups]
        self._phrases = Expression([group["phrases"] for group in groups], sets=sets)
        exceptions = [group.get("except", ()) for group in groups]
        # Compiled when first needed: most texts match no phrase, so nothing to except.
        self._exceptions = (
            lru_cache(maxsize=1)(lambda: Expression(exceptions, sets=sets))
            if any(exceptions)
            else None
        )
        self._needs = {
            number: lru_cache(maxsize=1)(partial(Expression, [group["needs"]], sets=sets))
            for number, group in enumerate(groups)
            if "needs" in group
        }
        softener = document.get("softened_by")
        self._softener = Phrasebook.shipped(softener) if softener else None
        if self._softener:
            self.content += self._softener.content

    @classmethod
    def shipped(cls, name: str) -> Phrasebook:
        """The phrasebook that ships as ``wordlists/<name>.toml``."""
        return _shipped(name)

    def sightings(self, reading: Normalised) -> list[Sighting]:
        """Every phrase found, in the order of the text."""
        matches = self._uncovered(reading.text)
        if not matches:
            return []
        reaches = self._softener.reaches(reading.text) if self._softener else []
        softened = _painted(reading.text, reaches)
        return [
            Sighting(
                labels=self._labels[group],
                start=start,
                end=end,
                is_softened=bool(softened[start]),
            )
            for start, end, group in matches
        ]

    def reaches(self, text: str) -> list[tuple[int, int]]:
        """For a book of cues: from each cue to the end of what is told in the same breath."""
        return [
            (start, _end_of_breath(text, end, reach=self._reach[group]))
            for start, end, group in self._uncovered(text)
        ]

    def _uncovered(self, text: str) -> list[tuple[int, int, int]]:
        matches = self._phrases.matches(text)
        lacking = {
            group
            for group in {match[2] for match in matches} & self._needs.keys()
            if not self._needs[group]().matches(text)
        }
        matches = [match for match in matches if match[2] not in lacking]
        if not matches or self._exceptions is None:
            return matches
        covered = _painted(
            text, [(start, end) for start, end, _ in self._exceptions().matches(text)]
        )
        return [
            (start, end, group)
            for start, end, group in matches
            if not (covered[start] and covered[end - 1])
        ]


class PhraseReader:
    """A classifier that reads with phrasebooks and nothing else.

    Args:
        name: As the registry knows it; part of the fingerprint.
        books: Read in this order; a label keeps its highest value.
        code: The source of whoever adds to what is read; part of the fingerprint.
    """

    def __init__(self, name: str, books: Sequence[Phrasebook], *, code: bytes = b"") -> None:
        self._books = tuple(books)
        self._fingerprint = ModelFingerprint(
            f"{name} {digest_of(code, *(book.content for book in self._books))}"
        )

    @classmethod
    def shipped(cls, name: str, *books: str, code: bytes = b"") -> Self:
        """A reader of shipped phrasebooks, by their names."""
        return cls(name, [Phrasebook.shipped(book) for book in books], code=code)

    @property
    def fingerprint(self) -> ModelFingerprint:
        """The reader's name and the hash of its phrases and of the code that reads them."""
        return self._fingerprint

    def score(self, texts: Sequence[str]) -> list[Scores]:
        """Score every text, in order; a label that is not seen is absent."""
        return [Scores(self._fingerprint, self.read(normalise(text))) for text in texts]

    def read(self, reading: Normalised) -> dict[Label, Score]:
        """The labels seen in one text, with spans of the original."""
        seen = (
            (label, value * (SOFTENED if sighting.is_softened else 1), sighting.start, sighting.end)
            for book in self._books
            for sighting in book.sightings(reading)
            for label, value in sighting.labels.items()
        )
        return merged(seen, reading=reading)


def merged(
    seen: Iterable[tuple[Label, float, int, int]], *, reading: Normalised
) -> dict[Label, Score]:
    """One score a label: its highest value, and the spans of everything that spoke for it."""
    values: dict[Label, float] = {}
    spans: dict[Label, set[Span]] = {}
    for label, value, start, end in seen:
        values[label] = max(value, values.get(label, 0.0))
        spans.setdefault(label, set()).add(reading.original_span(start, end))
    return {
        label: Score(round(value, 4), tuple(sorted(spans[label])))
        for label, value in values.items()
    }


def digest_of(*contents: bytes) -> str:
    """Twelve hexadecimal digits over the contents and over the code that reads them."""
    digest = hashlib.sha256()
    modules = (_normalise_module.__file__, _expression_module.__file__)
    code = map(source_of, (__file__, *modules))
    for content in (*code, _hidden_words(), *contents):
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()[:12]


def source_of(file: str) -> bytes:
    """The bytes of a module's source, for its fingerprint: ``source_of(__file__)``."""
    return Path(file).read_bytes()


def _hidden_words() -> bytes:
    return files("classifiers").joinpath("wordlists", "hidden.toml").read_bytes()


@lru_cache(maxsize=64)
def _shipped(name: str) -> Phrasebook:
    content = files("classifiers").joinpath("wordlists", f"{name}.toml").read_bytes()
    return Phrasebook(tomllib.loads(content.decode("utf-8")), content=content)


_BREATH: Final = re.compile(
    r"[.!?\n;]|(?<![^\W_])(?:so|but|and|because|well|therefore)[ ,]{1,2}(?:i|you|we|your|ur|u)\b"
)
_LONGEST_BREATH: Final = 120


def _painted(text: str, stretches: Iterable[tuple[int, int]]) -> bytearray:
    """One byte a code point, set inside the stretches: looking a place up costs the same always."""
    surface = bytearray(len(text))
    for start, end in stretches:
        surface[start:end] = b"\1" * (end - start)
    return surface


def _end_of_breath(text: str, start: int, *, reach: int) -> int:
    limit = min(len(text), start + reach)
    stop = _BREATH.search(text, start, limit)
    return stop.start() if stop else limit
