"""Text that no classifier here can judge: another script, another language, or broken bytes.

Such a text is neither passed nor hidden, so the label asks for a person. Friendly short phrases
in the borough's common languages are known and do not.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Final

from classifiers.contract import Classifier, Label, ModelFingerprint, Score, Scores
from classifiers.normalise import normalise
from classifiers.phrasebook import digest_of, source_of

__all__ = ["UNREADABLE", "LanguageDetector", "load"]

UNREADABLE: Final = Label("unreadable")
"""The label that asks for a person; it has no spans, because it is about the whole text."""


def load(options: Mapping[str, str]) -> Classifier:
    """The detector; it has no options."""
    del options
    return LanguageDetector()


class LanguageDetector:
    """Says when the letters, or the small words, are none that a classifier here was made for."""

    def __init__(self) -> None:
        content = files("classifiers").joinpath("wordlists", "greetings.toml").read_bytes()
        document = tomllib.loads(content.decode("utf-8"))
        phrases = {_letters_of(phrase) for phrase in document["phrases"]}
        self._friendly = re.compile("|".join(map(re.escape, sorted(phrases, key=_by_length))))
        self._foreign = frozenset(document["foreign"])
        self._english = frozenset(document["english"])
        digest = digest_of(source_of(__file__), content)
        self._fingerprint = ModelFingerprint(f"language {digest}")

    @property
    def fingerprint(self) -> ModelFingerprint:
        """The hash of the phrases and of this code."""
        return self._fingerprint

    def score(self, texts: Sequence[str]) -> list[Scores]:
        """Score every text, in order."""
        return [Scores(self._fingerprint, self._read(text)) for text in texts]

    def _read(self, text: str) -> dict[Label, Score]:
        value = max(_broken(text), self._other_script(text), self._other_language(text))
        return {UNREADABLE: Score(value)} if value else {}

    def _other_script(self, text: str) -> float:
        if text.isascii():
            return 0.0
        # What the normaliser reads as Latin letters is a disguise, not a language.
        letters = _letters_of(normalise(text).text)
        strange = sum(map(_is_strange, letters))
        if strange < _FEWEST_LETTERS or strange / len(letters) < _MOSTLY:
            return 0.0
        rest = self._friendly.sub("", _letters_of(text))
        return _SURE if sum(map(_is_strange, rest)) >= _FEWEST_LETTERS else 0.0

    def _other_language(self, text: str) -> float:
        words = _WORD.findall(text[:_ENOUGH].lower())
        if len(words) < _FEWEST_WORDS:
            return 0.0
        foreign = sum(word in self._foreign for word in words) / len(words)
        english = sum(word in self._english for word in words) / len(words)
        return _LIKELY if foreign >= _SMALL_WORDS and english < foreign / 2 else 0.0


_SURE: Final = 0.9
_LIKELY: Final = 0.7
_FEWEST_LETTERS: Final = 2
_MOSTLY: Final = 0.5
_FEWEST_WORDS: Final = 5
_SMALL_WORDS: Final = 0.18
_ENOUGH: Final = 2000
_WORD: Final = re.compile(r"[^\W\d_]+")
# Two-byte and three-byte characters read as single bytes: "Ã©", "â€™", "Ð¿Ñ€"; and what a
# decoder leaves where it gave up.
_MOJIBAKE: Final = re.compile("[ÃÂÐÑØÙ][\u0080-\u00bf\u0152-\u0192\u2013-\u2122]|â€|\ufffd")
_FEWEST_BROKEN: Final = 3
_BROKEN_SHARE: Final = 0.1


def _by_length(phrase: str) -> tuple[int, str]:
    return -len(phrase), phrase


def _letters_of(text: str) -> str:
    """Letters and their marks only: spaces, digits, punctuation and emoji say nothing here."""
    return "".join(_letters(text.casefold()))


def _letters(text: str) -> list[str]:
    return [character for character in text if _class_of(character) in {"letter", "strange"}]


@lru_cache(maxsize=8192)
def _class_of(character: str) -> str:
    if unicodedata.category(character)[0] not in "LM":
        return "other"
    name = unicodedata.name(character, "")
    return "letter" if name.startswith(_KNOWN_SCRIPTS) else "strange"


_KNOWN_SCRIPTS: Final = (
    "LATIN",
    "COMBINING",
    "MODIFIER",
    "FEMININE",
    "MASCULINE",
    "VARIATION",
    "FULLWIDTH",
    "MICRO",
)


def _is_strange(character: str) -> bool:
    return _class_of(character) == "strange"


def _broken(text: str) -> float:
    if text.isascii():
        return 0.0
    broken = sum(len(match.group()) for match in _MOJIBAKE.finditer(text))
    return _SURE if broken >= _FEWEST_BROKEN and broken / len(text) >= _BROKEN_SHARE else 0.0
