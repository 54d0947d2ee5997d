"""Phrases compiled into regular expressions, each only when a text could begin one.

The little language of a phrase is told in :mod:`classifiers.phrasebook`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

__all__ = ["Expression", "Sets", "word_starts"]

_WORD_STARTS: Final = r"(?<![^\W_])"
# "You won" does not end inside "you won't".
_WORD_ENDS: Final = r"(?![^\W_]|'t(?![^\W_]))"
_BETWEEN: Final = r"[^\w.!?\n]{1,4}"
_SOME_WORDS: Final = rf"(?:{_BETWEEN}\w{{1,24}}(?:'\w{{1,8}}|[.,]\d{{1,6}})?){{0,3}}?{_BETWEEN}"
_SPECIAL: Final = {
    " ": _BETWEEN,
    "'": "'?",
    "-": "[- ]?",
    "^": r"\A\W{0,8}",
    "$": r"\W{0,20}\Z",
    "~": r"(?<!\w )(?<!\w, )",
    "+": r"\w{1,24}(?:['-]\w{1,24})?",
}
_ANY_ENDING: Final = r"\w{0,14}"
_END: Final = "\0"
_ATOM: Final = re.compile(r"(?: ?\.\.\.)+ ?|\{\w+\}|\w\*|.", re.DOTALL)

Sets = Mapping[str, Sequence[str]]
"""What ``{name}`` stands for in a phrase."""

_LETTERS: Final = 3
_SET_NAME: Final = re.compile(r"\{(\w+)\}")
_MOST_KNOWN: Final = 50_000
_STARTS: Final = re.compile(rf"(?<![^\W_])(?:[^\W_]{{1,{_LETTERS}}}|[^\w\s])")
_Start = tuple[str, bool]
_Planned = tuple[int, int, str]
_Compiled = tuple[re.Pattern[str], list[int]]
_Branches = dict[str, "_Branches"]


class Expression:
    """Groups of phrases, compiled a word's first letters at a time, when a text has such a word.

    Args:
        groups: The phrases of each group; a match carries its group's number.
        sets: What ``{name}`` stands for.

    Raises:
        ValueError: A phrase is malformed or uses an unknown set.
    """

    def __init__(self, groups: Sequence[Sequence[str]], *, sets: Sets) -> None:
        self._sets = sets
        self._by_start: dict[_Start, list[_Planned]] = {}
        # Phrases that open with the same set share one expression, tried wherever it may begin.
        self._by_opening: dict[str, list[_Planned]] = {}
        self._compiled: dict[str | tuple[_Start, ...], _Compiled] = {}
        self._known: dict[str, tuple[_Compiled, ...]] = {}
        plain = (
            (number, plain)
            for number, phrases in enumerate(groups)
            for phrase in phrases
            for plain in _opened(_checked(phrase.strip(), sets=sets))
        )
        for order, (number, phrase) in enumerate(plain):
            plan = (order, number, phrase)
            self._by_opening.setdefault(_opening(phrase), []).append(plan)
            for start in set(_starts(phrase, sets=sets)):
                self._by_start.setdefault(start, []).append(plan)

    def matches(self, text: str) -> list[tuple[int, int, int]]:
        """Start, end and group number of every match, in order."""
        found: list[tuple[int, int, int]] = []
        done = 0
        for start, letters in word_starts(text):
            if start < done:
                continue
            for pattern, marks in self._for(letters):
                if match := pattern.match(text, start):
                    done = match.end()
                    found.append((start, done, marks[(match.lastindex or 1) - 1]))
                    break
        return found

    def _for(self, letters: str) -> tuple[_Compiled, ...]:
        """What may begin with these letters, in the order of the file; nothing for most words."""
        if letters in self._known:
            return self._known[letters]
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        prefixes = [(letters[:length], False) for length in range(len(letters) + 1)]
        starts = tuple(s for s in (*prefixes, (letters, True)) if s in self._by_start)
        plans = {plan for start in starts for plan in self._by_start[start]}
        openings = {_opening(phrase) for _, _, phrase in plans}
        self._known[letters] = tuple(
            self._shared(opening)
            if not opening.isalnum()
            else self._own(starts, [plan for plan in plans if _opening(plan[2]) == opening])
            for opening in sorted(openings, key=lambda opening: self._by_opening[opening][0])
        )
        return self._known[letters]

    def _shared(self, opening: str) -> _Compiled:
        if opening not in self._compiled:
            self._compiled[opening] = self._compile(self._by_opening[opening])
        return self._compiled[opening]

    def _own(self, starts: tuple[_Start, ...], plans: Sequence[_Planned]) -> _Compiled:
        if starts not in self._compiled:
            self._compiled[starts] = self._compile(plans)
        return self._compiled[starts]

    def _compile(self, plans: Iterable[_Planned]) -> _Compiled:
        root: _Branches = {}
        for _, number, phrase in sorted(plans):
            _plant(root, [*_atoms(phrase, sets=self._sets), f"{_END}{number}"])
        marks: list[int] = []
        return re.compile(_WORD_STARTS + _grown(root, marks=marks)), marks


def _checked(phrase: str, *, sets: Sets) -> str:
    """The phrase, if it can be compiled: that happens later, when nobody could mend it."""
    for name in _SET_NAME.findall(phrase):
        _members(name, sets=sets)
    if phrase.count("(") != phrase.count(")"):
        raise ValueError(f"a bracket is never closed in the phrase {phrase!r}")
    return phrase


def _opening(phrase: str) -> str:
    """The set that a phrase opens with, or its first sign."""
    return phrase[: phrase.index("}") + 1] if phrase.startswith("{") else phrase[:1]


@lru_cache(maxsize=128)
def word_starts(text: str) -> list[tuple[int, str]]:
    """Where a phrase may begin, with the first letters there (or the sign that stands there)."""
    found = [(match.start(), match.group()) for match in _STARTS.finditer(text)]
    # A phrase with ``^`` begins at the first sign, whatever it is.
    return found if not text or (found and found[0][0] == 0) else [(0, ""), *found]


def _starts(phrase: str, *, sets: Sets, before: str = "") -> Iterator[_Start]:
    """The first letters of a phrase, and whether the word ends with them."""
    while len(before) < _LETTERS and phrase and phrase[0].isalnum() and phrase[1:2] != "*":
        before, phrase = before + phrase[0], phrase[1:]
    if len(before) == _LETTERS:
        yield before, False
    elif phrase[:1] in {"(", "{"}:
        kind, piece, rest = _first_piece(phrase)
        for choice in _choices(piece) if kind == "choice" else _members(piece, sets=sets):
            yield from _starts(choice + rest, sets=sets, before=before)
    elif phrase[:1] == "~" or (phrase[:1] == " " and not before):
        yield from _starts(phrase[1:], sets=sets, before=before)
    elif phrase[:1] in {"'", "-"} and before:
        yield before, True
        yield from _starts(phrase[1:], sets=sets, before=before)
    else:
        yield _last_letters(phrase, before=before)


def _last_letters(phrase: str, *, before: str) -> _Start:
    if phrase[1:2] == "*":
        return before + phrase[0], False
    return (before, True) if before else (_first_sign(phrase), False)


def _first_sign(phrase: str) -> str:
    """A sign that stands for itself; nothing, so that every word is tried, for any other."""
    return "" if phrase[:1] in _SPECIAL or phrase.startswith("...") else phrase[:1]


def _opened(phrase: str) -> Iterator[str]:
    """The phrase once for every way it can begin, so that the tree forks on plain letters."""
    kind, piece, rest = _first_piece(phrase)
    if kind == "choice":
        for choice in _choices(piece):
            yield from _opened(choice + rest)
    else:
        yield phrase


def _first_piece(phrase: str) -> tuple[str, str, str]:
    """The kind of the first piece, its inside, and what follows it."""
    if phrase.startswith("{"):
        name, _, rest = phrase[1:].partition("}")
        return "set", name, rest
    if not phrase.startswith("("):
        text = re.match("[^({]*", phrase)
        end = text.end() if text else 0
        return "text", phrase[:end], phrase[end:]
    depth = 0
    for index, character in enumerate(phrase):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return "choice", *_joined(phrase[1:index], phrase[index + 1 :])
    raise ValueError(f"a bracket is never closed in the phrase {phrase!r}")


def _joined(inside: str, rest: str) -> tuple[str, str]:
    """A choice and what follows, with one space between them where both were written with one."""
    if rest.startswith(" ") and _ends_spaced(inside):
        return inside, rest[1:]
    return inside, rest


def _ends_spaced(inside: str) -> bool:
    choices = [choice for choice in _choices(inside) if choice]
    return bool(choices) and all(choice.endswith(" ") for choice in choices)


def _choices(inside: str) -> list[str]:
    """The choices of a bracket, which may hold brackets themselves."""
    choices, depth = [""], 0
    for character in inside:
        depth += (character == "(") - (character == ")")
        if character == "|" and depth == 0:
            choices.append("")
        else:
            choices[-1] += character
    return choices


def _members(name: str, *, sets: Sets) -> Sequence[str]:
    if name not in sets:
        raise ValueError(f"the set {name!r} is used in a phrase and is not under [sets]")
    return sets[name]


def _atoms(phrase: str, *, sets: Sets) -> list[str]:
    atoms: list[str] = []
    while phrase:
        kind, piece, phrase = _first_piece(phrase)
        if kind == "text":
            atoms += [_letter(atom) for atom in _ATOM.findall(piece)]
        else:
            choices = _choices(piece) if kind == "choice" else _members(piece, sets=sets)
            atoms.append(_one_of(tuple(choices), sets=sets))
    return atoms


def _letter(atom: str) -> str:
    if "..." in atom:
        return _SOME_WORDS.replace("{0,3}", f"{{0,{3 * atom.count('...')}}}")
    return _SPECIAL.get(atom[0], re.escape(atom[0])) + (_ANY_ENDING if atom[1:] else "")


def _one_of(choices: Iterable[str], *, sets: Sets) -> str:
    """The choices as one expression without marks."""
    root: _Branches = {}
    for choice in choices:
        _plant(root, [*_atoms(choice, sets=sets), _END])
    return f"(?:{_grown(root, marks=None)})"


def _plant(root: _Branches, atoms: Iterable[str]) -> None:
    for atom in atoms:
        root = root.setdefault(atom, {})


def _grown(branches: _Branches, *, marks: list[int] | None) -> str:
    """The tree as an expression; at every fork the longer phrase is tried before the end."""
    forks = [
        atom + _grown(rest, marks=marks)
        for atom, rest in branches.items()
        if not atom.startswith(_END)
    ]
    ends = [atom for atom in branches if atom.startswith(_END)]
    if ends and marks is None:
        forks.append("")
    elif ends and marks is not None:
        forks.append(f"{_WORD_ENDS}()")
        marks.append(int(ends[0].removeprefix(_END)))
    return forks[0] if len(forks) == 1 else f"(?:{'|'.join(forks)})"
