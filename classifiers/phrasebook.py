"""Phrases as data: one TOML file a category, compiled into one expression, read in one pass.

A file holds groups; each group says which labels its phrases speak for, and how strongly::

    [[group]]
    labels = { threat = 0.9 }
    phrases = ["i'll burn ... down", "(hope|wish) you die", "you're {insult}"]
    except = ["burn calories"]

In a phrase ``(a|b)`` chooses (an empty choice is allowed), ``...`` stands for up to three words,
``word*`` takes any ending, ``{name}`` is a list from ``[sets]``, ``^`` and ``$`` are the ends of
the text, and apostrophes are optional. Phrases match whole words only. What an exception covers
is not seen; within the reach of a ``softened_by`` cue (someone is quoted, or the words are
denied) a value is multiplied by ``SOFTENED``.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any, Final, Self

from classifiers import normalise as _normalise_module
from classifiers.contract import Label, ModelFingerprint, Score, Scores, Span
from classifiers.normalise import Normalised, normalise

__all__ = ["SOFTENED", "PhraseReader", "Phrasebook", "Sighting", "digest_of", "merged"]

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
        sets = {name: _one_of(words) for name, words in document.get("sets", {}).items()}
        groups: Sequence[Mapping[str, Any]] = document["group"]
        self.content = content
        self._labels: list[Mapping[Label, float]] = [
            {Label(name): float(value) for name, value in group.get("labels", {}).items()}
            for group in groups
        ]
        self._reach: list[int] = [group.get("reach", _LONGEST_BREATH) for group in groups]
        self._phrases = _Expression([group["phrases"] for group in groups], sets=sets)
        exceptions = [group.get("except", ()) for group in groups]
        self._exceptions = _Expression(exceptions, sets=sets) if any(exceptions) else None
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
        reaches = self._softener.reaches(reading.text) if self._softener and matches else []
        return [
            Sighting(
                labels=self._labels[group],
                start=start,
                end=end,
                is_softened=any(begin <= start < stop for begin, stop in reaches),
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
        if not matches or self._exceptions is None:
            return matches
        covered = [(start, end) for start, end, _ in self._exceptions.matches(text)]
        return [
            (start, end, group)
            for start, end, group in matches
            if not any(begin <= start and end <= stop for begin, stop in covered)
        ]


class PhraseReader:
    """A classifier that reads with phrasebooks and nothing else.

    Args:
        name: As the registry knows it; part of the fingerprint.
        books: Read in this order; a label keeps its highest value.
    """

    def __init__(self, name: str, books: Sequence[Phrasebook]) -> None:
        self._books = tuple(books)
        self._fingerprint = ModelFingerprint(
            f"{name} {digest_of(*(book.content for book in self._books))}"
        )

    @classmethod
    def shipped(cls, name: str, *books: str) -> Self:
        """A reader of shipped phrasebooks, by their names."""
        return cls(name, [Phrasebook.shipped(book) for book in books])

    @property
    def fingerprint(self) -> ModelFingerprint:
        """The reader's name and the hash of its phrases and of the code that reads them."""
        return self._fingerprint

    def score(self, texts: Sequence[str]) -> list[Scores]:
        """Score every text, in order; a label that is not seen is absent."""
        return [Scores(self._fingerprint, self.read(normalise(text))) for text in texts]

    def read(self, reading: Normalised) -> dict[Label, Score]:
        """The labels seen in one text, with spans of the original."""
        return merged(
            (label, value * (SOFTENED if seen.is_softened else 1), seen.start, seen.end)
            for book in self._books
            for seen in book.sightings(reading)
            for label, value in seen.labels.items()
        , reading=reading)


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
    for source in (__file__, _normalise_module.__file__):
        digest.update(Path(source).read_bytes())
    for content in (_hidden_words(), *contents):
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()[:12]


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


def _end_of_breath(text: str, start: int, *, reach: int) -> int:
    limit = min(len(text), start + reach)
    stop = _BREATH.search(text, start, limit)
    return stop.start() if stop else limit


_WORD_STARTS: Final = r"(?<![^\W_])"
_WORD_ENDS: Final = r"(?![^\W_])"
_BETWEEN: Final = r"[^\w.!?\n]{1,4}"
_SOME_WORDS: Final = rf"(?:{_BETWEEN}[\w'-]{{1,24}}){{0,3}}?{_BETWEEN}"
_CHOICE: Final = re.compile(r"\(([^()]*)\)")
_SPECIAL: Final = {
    " ": _BETWEEN,
    "'": "'?",
    "-": "[- ]?",
    "^": r"\A\W{0,8}",
    "$": r"\W{0,20}\Z",
}
_ANY_ENDING: Final = r"[\w'-]{0,14}"
_END: Final = "\0"
_ATOM: Final = re.compile(r" ?\.\.\. ?|\{\w+\}|\w\*|.", re.DOTALL)

_Branches = dict[str, "_Branches"]


class _Expression:
    """Groups of phrases as one compiled expression, each match with its group's number."""

    def __init__(self, groups: Sequence[Sequence[str]], *, sets: Mapping[str, str]) -> None:
        root: _Branches = {}
        for number, phrases in enumerate(groups):
            for plain in (plain for phrase in phrases for plain in _spelled_out(phrase)):
                _plant(root, [*_atoms(plain, sets=sets), f"{_END}{number}"])
        self._marks: list[int] = []
        self._pattern = re.compile(_WORD_STARTS + _grown(root, marks=self._marks))

    def matches(self, text: str) -> list[tuple[int, int, int]]:
        """Start, end and group number of every match, in order."""
        return [
            (match.start(), match.end(), self._marks[(match.lastindex or 1) - 1])
            for match in self._pattern.finditer(text)
        ]


def _spelled_out(phrase: str) -> list[str]:
    """Every phrase that the choices of this one allow."""
    pieces = _CHOICE.split(phrase)
    choices = [piece.split("|") if odd % 2 else [piece] for odd, piece in enumerate(pieces)]
    return [" ".join("".join(chosen).split()) for chosen in product(*choices)]


def _atoms(phrase: str, *, sets: Mapping[str, str]) -> list[str]:
    atoms = []
    for atom in _ATOM.findall(phrase):
        if atom.startswith("{"):
            if atom[1:-1] not in sets:
                raise ValueError(f"the set {atom} is used in a phrase and is not under [sets]")
            atoms.append(sets[atom[1:-1]])
        elif "..." in atom:
            atoms.append(_SOME_WORDS)
        else:
            ending = _ANY_ENDING if atom.endswith("*") else ""
            atoms.append(_SPECIAL.get(atom[0], re.escape(atom[0])) + ending)
    return atoms


def _one_of(words: Iterable[str]) -> str:
    """The words of a set as one expression without marks."""
    root: _Branches = {}
    for plain in (plain for word in words for plain in _spelled_out(word)):
        _plant(root, [*_atoms(plain, sets={}), _END])
    return _grown(root, marks=None)


def _plant(root: _Branches, atoms: Iterable[str]) -> None:
    for atom in atoms:
        root = root.setdefault(atom, {})


def _grown(branches: _Branches, *, marks: list[int] | None) -> str:
    """The tree as an expression; at every fork the longer phrase is tried before the end."""
    forks = []
    for atom, rest in branches.items():
        if not atom.startswith(_END):
            forks.append(atom + _grown(rest, marks=marks))
    for atom in branches:
        if atom.startswith(_END) and not any(fork.startswith(_WORD_ENDS) for fork in forks):
            forks.append(_WORD_ENDS)
            if marks is not None:
                forks[-1] += "()"
                marks.append(int(atom.removeprefix(_END)))
    return forks[0] if len(forks) == 1 else f"(?:{'|'.join(forks)})"
