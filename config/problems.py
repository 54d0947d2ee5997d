"""A mistake in the configuration: which, where, what, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from typing_extensions import override

__all__ = ["PROBLEMS", "ConfigProblem", "ConfigurationInvalid", "did_you_mean"]

PROBLEMS: Final[Mapping[str, str]] = {
    "C001": "A file is missing.",
    "C002": "A file cannot be read: it is a directory, or not ours to open.",
    "C003": "A file is not UTF-8 text.",
    "C004": "A file is not TOML; a table written twice counts.",
    "C005": "A key or table is not known here.",
    "C006": "A key or table is missing.",
    "C007": "A value is of the wrong kind.",
    "C008": "A value is not one of those allowed here.",
    "C009": "A file is empty.",
    "C010": "A channel names a connector that does not exist.",
    "C011": "The same page or account is watched twice.",
    "C012": "An interval is shorter than the platform allows.",
    "C013": "A token's variable is not set.",
    "C014": "A duration cannot be read.",
    "C015": "Hours cannot be read.",
    "C016": "A token, or something else, stands where a variable's name belongs.",
    "C017": "A connector claims a quality level that its checklist does not bear out.",
    "C018": "A name is not made of lower-case letters, digits and hyphens.",
    "C020": "A clause's identifier or reference is used twice.",
    "C021": "A threshold is impossible: outside 0 to 1, or suspect above severe.",
    "C022": "A cue names a label that no classifier emits.",
    "C023": "A clause is spoken for by toxicity alone, which is never a breach.",
    "C024": "A period cannot be read, or ends before it begins.",
    "C025": "A clause or a period names a period that the standard does not have.",
    "C026": "A clause's steps or routes are not plain words joined by underscores.",
    "C030": "A route names a clause that the standard does not have.",
    "C031": "A route names a destination that does not exist.",
    "C032": "A time zone is not known.",
    "C033": "A clause escalates to somebody who is not in the escalation matrix.",
    "C034": "An alert route names a service that no channel belongs to.",
    "C035": "A destination's address is not one.",
    "C036": "Nobody would be told of a risk to life or safety.",
    "C037": "A destination cannot be reached with the settings as they are.",
    "C040": "A WARDMOTE_ variable is not a setting.",
    "C041": "A setting is given twice, as NAME and as NAME_FILE.",
    "C042": "A secret's file cannot be read.",
    "C043": "A setting's value cannot be used.",
    "C044": "A setting needs another one beside it.",
    "C050": "A starter file exists already and is not overwritten.",
}
"""Every problem there is, by its identifier, in one line. Identifiers are never used again."""


@dataclass(frozen=True, slots=True, order=True)
class ConfigProblem:
    """One mistake. Loaders return all of them, never the first.

    Attributes:
        id: Stable and documented in ``PROBLEMS``: ``C012``.
        place: File and table or key: ``channels.toml, [channel.parks] interval``.
        what: What is wrong, in a few words, without the value of any secret.
        hint: What to do about it.
    """

    id: str
    place: str
    what: str
    hint: str

    @override
    def __str__(self) -> str:
        return f"{self.place}: {self.what}. {self.hint} ({self.id})"


class ConfigurationInvalid(Exception):  # noqa: N818 - it says what happened
    """The configuration cannot be used; ``problems`` holds every mistake that was found."""

    def __init__(self, problems: tuple[ConfigProblem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """``Did you mean "interval"?``, or the words there are when none comes close."""
    known = sorted(set(candidates))
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f'Did you mean "{close[0]}"?'
    if not known:
        return "Remove it."
    return f"Known here: {', '.join(known)}."
