"""From a file or a pydantic error to plain values and ``ConfigProblem``, in one manner."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from config.problems import ConfigProblem, did_you_mean

__all__ = [
    "NAME",
    "Day",
    "Duration",
    "Name",
    "TomlTable",
    "Zone",
    "at",
    "canonical_json",
    "days_in_utc",
    "mistake",
    "parse_duration",
    "read_table",
    "read_toml",
    "sentence",
    "spell_duration",
    "tables",
]


NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")
"""How a name is spelled that appears in output, addresses and log lines."""


class TomlTable(BaseModel):
    """A table as it stands in a file: unknown keys and coerced values are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    inner_keys: ClassVar[frozenset[str]] = frozenset()
    """The keys of the tables inside, for the hint beside an unknown key."""


Table = TypeVar("Table", bound=TomlTable)


def read_toml(
    path: Path, *, name: str = "", missing: str
) -> tuple[dict[str, Any] | None, tuple[ConfigProblem, ...]]:
    """Read one TOML file.

    Args:
        path: The file.
        name: What problems call it; the file's own name by default.
        missing: What to do when there is no such file.

    Returns:
        The content, or None and the one problem that stood in the way.
    """
    name = name or path.name
    content, problem = _parse(path, name, missing)
    return content, (() if problem is None else (problem,))


def read_table(
    shape: type[Table], content: Mapping[str, Any], *, file: str, table: str = ""
) -> tuple[Table | None, tuple[ConfigProblem, ...]]:
    """Hold a parsed table against its shape; every mistake in it becomes a problem."""
    try:
        # JSON is pydantic's strict mode for text formats: an enum may come as a string, a tuple
        # as an array, but never a number as a string.
        return shape.model_validate_json(_json(content)), ()
    except ValidationError as error:
        known = _keys_of(shape)
        found = error.errors(include_url=False, include_input=False)
        return None, tuple(_problem(each, content, file, table, known) for each in found)


def tables(content: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """The tables under ``key``, whatever else is wrong with the file; the rest is left out."""
    held = content.get(key, [])
    return [each for each in held if isinstance(each, dict)] if isinstance(held, list) else []


def canonical_json(content: Mapping[str, Any]) -> str:
    """One spelling for one content: the order of keys, comments and layout leave no trace."""
    return _json(content, sort_keys=True)


def at(file: str, table: str = "", key: str = "") -> str:
    """Where something stands: ``channels.toml, [channel.parks] interval``."""
    inside = " ".join(part for part in (f"[{table}]" if table else "", key) if part)
    return f"{file}, {inside}" if inside else file


def mistake(problem_id: str, what: str, hint: str) -> PydanticCustomError:
    """What a validator raises so that the problem keeps its own identifier and hint."""
    # The sentence travels as a parameter, because braces in a message are a template's.
    return PydanticCustomError("config", "{what}", {"id": problem_id, "what": what, "hint": hint})


def sentence(error: ErrorDetails, known: Iterable[str] = ()) -> tuple[str, str, str]:
    """A pydantic error as problem id, what, and hint; never with the value that was given."""
    context = error.get("ctx", {})
    if error["type"] == "config":
        return context["id"], context["what"], context["hint"]

    kind, key = error["type"], str(error["loc"][-1])
    if kind in _UNKNOWN_KEY:
        return "C005", f'"{key}" is not known here', did_you_mean(key, known)
    if kind in _MISSING_KEY:
        return "C006", f'"{key}" is missing', f"Add {key}."
    if kind in _NOT_ALLOWED:
        return "C008", "is not one of those allowed", f"Write {context['expected']}."
    return "C007", *_wrong_value(kind, context, error["msg"])


def parse_duration(written: object) -> timedelta:
    """Read ``"3 min"``, ``"90 days"``, ``"60 s"``, or a whole number of seconds.

    Raises:
        ValueError: It is none of these, negative, or longer than ten years.
    """
    amount: float
    if isinstance(written, int) and not isinstance(written, bool):
        amount, unit = min(max(written, -1), _LONGEST_S + 1), 1
    elif isinstance(written, str) and (found := _DURATION.match(written)):
        amount, unit = float(found["amount"]), _UNITS.get(found["unit"], 0)
    else:
        raise ValueError("is not a duration")
    if unit == 0:
        raise ValueError("has a unit that is not known")
    if not 0 <= amount * unit <= _LONGEST_S:
        raise ValueError("is negative or longer than ten years")
    return timedelta(seconds=amount * unit)


def spell_duration(duration: timedelta) -> str:
    """``3 min``; the longest unit that leaves a whole number."""
    seconds = duration.total_seconds()
    for name, unit in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds and seconds % unit == 0:
            return f"{seconds // unit:.0f} {'day' if seconds == unit and name == 'days' else name}"
    return f"{seconds:.6f}".rstrip("0").rstrip(".") + " s"


def days_in_utc(first: date, last: date, *, zone: str) -> tuple[datetime, datetime]:
    """The moments, in UTC, at which local day ``first`` begins and local day ``last`` is over."""
    local = ZoneInfo(zone)
    starts = datetime.combine(first, time(), tzinfo=local)
    ends = datetime.combine(last + timedelta(days=1), time(), tzinfo=local)
    return starts.astimezone(UTC), ends.astimezone(UTC)


def _wrong_value(kind: str, context: Mapping[str, Any], said: str) -> tuple[str, str]:
    if kind in _EMPTY:
        return "is empty", "Fill it in."
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        return "is out of range", f"Write {words} {context[key]}."
    wanted = next((words for start, words in _KINDS.items() if kind.startswith(start)), "")
    if wanted:
        return f"is not {wanted}", f"Write {wanted}."
    return said[:1].lower() + said[1:], "Correct the value."


def _duration(written: object) -> timedelta:
    try:
        return parse_duration(written)
    except ValueError as refusal:
        hint = 'Write a number and s, min, h, days or weeks: "3 min".'
        raise mistake("C014", str(refusal), hint) from None


def _name(written: object) -> str:
    if isinstance(written, str) and NAME.fullmatch(written):
        return written
    hint = 'Use lower-case letters, digits and hyphens, a letter first: "parks-facebook".'
    raise mistake("C018", "is not a usable name", hint)


def _json(content: Mapping[str, Any], *, sort_keys: bool = False) -> str:
    return json.dumps(
        content,
        sort_keys=sort_keys,
        separators=(",", ":"),
        ensure_ascii=False,
        default=lambda value: value.isoformat(),
    )


def _day(written: object) -> date:
    try:
        return date.fromisoformat(str(written))
    except ValueError:
        raise mistake("C024", "is not a day", "Write year, month and day: 2027-03-24.") from None


def _zone(written: object) -> str:
    # available_timezones() is asked because ZoneInfo() would open any path that it is given.
    if isinstance(written, str) and written in available_timezones():
        return written
    raise mistake("C032", "is not a time zone", 'Write a name such as "Europe/London".')


Duration = Annotated[timedelta, PlainValidator(_duration)]
"""A duration as ``parse_duration`` reads it."""

Name = Annotated[str, PlainValidator(_name)]
"""A name that appears in output, addresses and log lines."""

Day = Annotated[date, PlainValidator(_day)]
"""A day of the calendar, without a clock."""

Zone = Annotated[str, PlainValidator(_zone)]
"""The name of a time zone that this machine knows."""

_DURATION: Final = re.compile(r"\s*(?P<amount>\d{1,12}(?:\.\d{1,6})?)\s*(?P<unit>[a-z]+)\s*\Z")
_UNITS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1),
    **dict.fromkeys(("min", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hour", "hours"), 3_600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("week", "weeks"), 604_800),
}
_LONGEST_S: Final = 10 * 366 * 86_400
_LINE: Final = re.compile(r" \(at (?:line (?P<line>\d+), column \d+|end of document)\)")
_UNKNOWN_KEY: Final = frozenset({"extra_forbidden", "unexpected_keyword_argument"})
_MISSING_KEY: Final = frozenset({"missing", "missing_argument"})
_NOT_ALLOWED: Final = frozenset({"enum", "literal_error"})
_EMPTY: Final = frozenset({"string_too_short", "too_short"})
_BOUNDS: Final[Mapping[str, tuple[str, str]]] = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than_equal": ("le", "at most"),
}
_KINDS: Final[Mapping[str, str]] = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "text in quotes",
    "tuple": "a list",
    "frozen_set": "a list",
    "list": "a list",
    "dict": "a table",
    "model": "a table",
    "dataclass": "a table",
}


def _parse(
    path: Path, name: str, missing: str
) -> tuple[dict[str, Any] | None, ConfigProblem | None]:
    try:
        content = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        what = f"there is no such file in {path.parent}"
        return None, ConfigProblem("C001", name, what, missing)
    except OSError as refusal:
        what = f"cannot be read: {refusal.strerror}"
        return None, ConfigProblem("C002", name, what, "Put a file that we may read there.")
    except UnicodeDecodeError as refusal:
        line = refusal.object.count(b"\n", 0, refusal.start) + 1
        hint = "Save it as UTF-8 in your editor."
        return None, ConfigProblem("C003", f"{name}, line {line}", "is not UTF-8 text", hint)
    except tomllib.TOMLDecodeError as refusal:
        return None, _malformed(str(refusal), name)
    if not content:
        return None, ConfigProblem("C009", name, "holds nothing", missing)
    return content, None


def _malformed(refusal: str, name: str) -> ConfigProblem:
    found = _LINE.search(refusal)
    line = found["line"] if found else None
    what = _LINE.sub("", refusal)
    return ConfigProblem(
        "C004",
        f"{name}, line {line}" if line else f"{name}, at its end",
        f"is not TOML: {what[:1].lower()}{what[1:]}",
        "Correct it there; text stands in quotes, and a table's name once only.",
    )


def _problem(
    error: ErrorDetails, content: Mapping[str, Any], file: str, table: str, known: frozenset[str]
) -> ConfigProblem:
    problem_id, what, hint = sentence(error, known)
    inner, key = _locate(error["loc"], content)
    full_table = ".".join(part for part in (table, *inner) if part)
    return ConfigProblem(problem_id, at(file, full_table, key), what, hint)


def _locate(loc: tuple[int | str, ...], content: object) -> tuple[list[str], str]:
    """Translate pydantic's path into a table's name and a key, naming list entries."""
    inner: list[str] = []
    for step in loc[:-1]:
        content = _step(content, step)
        if isinstance(step, str):
            inner.append(step)
        elif isinstance(content, dict):
            inner.append(_entry_name(content, step))
    last = loc[-1]
    if isinstance(last, str):
        return inner, last
    # An entry of a list of plain values is shown by the list's own key.
    return inner[:-1], inner[-1]


def _step(content: object, step: int | str) -> object:
    if isinstance(content, dict):
        return content.get(step)
    if isinstance(content, list) and isinstance(step, int):
        return content[step]
    return None


def _entry_name(entry: Mapping[str, Any], position: int) -> str:
    for key in ("id", "label", "name"):
        if isinstance(entry.get(key), str):
            return str(entry[key])
    return str(position + 1)


def _keys_of(shape: type[TomlTable]) -> frozenset[str]:
    own = (field.alias or name for name, field in shape.model_fields.items())
    return shape.inner_keys.union(own)
