"""What the parts of a standard must be to each other; read from the file as it stands.

The raw content is checked, not the parsed values, so that a mistake in one clause never hides a
mistake in another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeGuard

from config.labels import KNOWN_LABELS, NEVER_ALONE
from config.problems import ConfigProblem, did_you_mean
from config.reading import NAME, at, tables

__all__ = ["check_standards"]

_CLAUSE_LANES: Final = ("breach", "welfare")
_NOTIFY_AUTHOR: Final = (
    "yes",
    "no",
    "optional",
    "if_real_person",
    "police_decides",
    "agreed_wording_only",
)
_WORDS: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_Found = Iterator[ConfigProblem]


def check_standards(content: Mapping[str, Any], file: str) -> tuple[ConfigProblem, ...]:
    """Every mistake that the shape of the tables does not show."""
    return tuple(
        problem
        for look in (_clauses, _identities, _clause_cues, _lane_cues, _periods)
        for problem in look(content, file)
    )


def _clauses(content: Mapping[str, Any], file: str) -> _Found:
    known_periods = _listed(_table(content, "standard"), "periods")
    for clause in tables(content, "clause"):
        place = f"clause.{_id_of(clause)}"
        if not NAME.fullmatch(_id_of(clause)):
            hint = "Use lower-case letters, digits and hyphens, a letter first."
            yield ConfigProblem("C018", at(file, place, "id"), "is not a usable name", hint)
        if str(clause.get("lane", "breach")) not in _CLAUSE_LANES:
            hint = 'Write "breach", or "welfare" for a duty of care.'
            yield ConfigProblem("C008", at(file, place, "lane"), "is no lane of a clause", hint)
        if str(clause.get("notify_author", "yes")) not in _NOTIFY_AUTHOR:
            hint = f"Write one of: {', '.join(_NOTIFY_AUTHOR)}."
            where = at(file, place, "notify_author")
            yield ConfigProblem("C008", where, "is no way to tell an author", hint)
        for key in ("recommended_action", "escalates_to"):
            yield from _steps(_listed(clause, key), at(file, place, key))
        for period in _listed(clause, "only_in"):
            yield from _unknown_period(period, known_periods, at(file, place, "only_in"))


def _identities(content: Mapping[str, Any], file: str) -> _Found:
    for key in ("id", "ref"):
        seen: set[str] = set()
        for clause in tables(content, "clause"):
            name = str(clause.get(key, ""))
            if name and name in seen:
                what = f'another clause has the {key} "{name}" already'
                place = at(file, f"clause.{_id_of(clause)}", key)
                yield ConfigProblem("C020", place, what, "Give each clause its own.")
            seen.add(name)


def _clause_cues(content: Mapping[str, Any], file: str) -> _Found:
    known = _labels(content)
    for clause in tables(content, "clause"):
        for cue in tables(clause, "cues"):
            label = str(cue.get("label", ""))
            place = f"clause.{_id_of(clause)}.cues.{label}"
            yield from _cue(cue, file, place, known=known)
            if label in NEVER_ALONE:
                hint = "Name what it is about the words: insult, threat, identity_attack …"
                what = f'"{label}" is a general score, and a score alone is never a breach'
                yield ConfigProblem("C023", at(file, place, "label"), what, hint)


def _lane_cues(content: Mapping[str, Any], file: str) -> _Found:
    known = _labels(content)
    lanes = _table(content, "lanes")
    for lane in lanes:
        for cue in tables(_table(lanes, lane), "cues"):
            yield from _cue(cue, file, f"lanes.{lane}.cues.{cue.get('label', '')}", known=known)


def _cue(cue: Mapping[str, Any], file: str, place: str, *, known: frozenset[str]) -> _Found:
    for key in ("label", "confirmed_by"):
        label = cue.get(key)
        if isinstance(label, str) and label not in known:
            hint = f"{did_you_mean(label, known)} Or declare it under [labels] extra."
            what = f'no classifier emits "{label}"'
            yield ConfigProblem("C022", at(file, place, key), what, hint)
    yield from _confirming(cue, file, place)
    suspect, severe = cue.get("suspect"), cue.get("severe")
    if _is_number(suspect) and _is_number(severe) and not 0 <= suspect <= severe <= 1:
        what = f"suspect is {suspect} and severe is {severe}, which is impossible"
        hint = "Both lie between 0 and 1, and suspect is not above severe."
        yield ConfigProblem("C021", at(file, place), what, hint)


def _confirming(cue: Mapping[str, Any], file: str, place: str) -> _Found:
    least = cue.get("confirmed_from")
    if _is_number(least) and not 0 <= least <= 1:
        hint = "It lies between 0 and 1, like the score that it is compared with."
        yield ConfigProblem(
            "C021", at(file, place, "confirmed_from"), f"is {least}, which is impossible", hint
        )


def _periods(content: Mapping[str, Any], file: str) -> _Found:
    known = _listed(_table(content, "standard"), "periods")
    for period in tables(content, "period"):
        name = str(period.get("name", ""))
        place = f"period.{name}"
        yield from _unknown_period(name, known, at(file, place, "name"))
        first, last = str(period.get("from", "")), str(period.get("to", ""))
        # Days are spelled so that their order is the alphabet's.
        if last and last < first:
            what = f"ends on {last}, before it begins on {first}"
            yield ConfigProblem("C024", at(file, place), what, "Exchange from and to.")


def _steps(names: list[str], place: str) -> _Found:
    for name in names:
        if not _WORDS.fullmatch(name):
            hint = 'Use small letters and underscores: "monitoring_officer_if_member".'
            yield ConfigProblem("C026", place, f'"{name}" is not plain words', hint)
    if "none" in names and len(names) > 1:
        what = '"none" stands beside others'
        yield ConfigProblem("C026", place, what, "Remove it, or remove the others.")


def _unknown_period(name: str, known: list[str], place: str) -> _Found:
    if name not in known:
        hint = f"{did_you_mean(name, known)} Or add it to [standard] periods."
        yield ConfigProblem("C025", place, f'there is no period "{name}"', hint)


def _labels(content: Mapping[str, Any]) -> frozenset[str]:
    return KNOWN_LABELS.union(_listed(_table(content, "labels"), "extra"))


def _table(content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    held = content.get(key)
    return held if isinstance(held, dict) else {}


def _listed(content: Mapping[str, Any], key: str) -> list[str]:
    held = content.get(key)
    return [each for each in held if isinstance(each, str)] if isinstance(held, list) else []


def _id_of(clause: Mapping[str, Any]) -> str:
    return str(clause.get("id", "?"))


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
