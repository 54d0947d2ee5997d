"""How each platform is read unless a channel says otherwise: ``platforms/<connector>.toml``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, PlainValidator

from config.problems import ConfigProblem, did_you_mean
from config.reading import Duration, TomlTable, at, mistake, read_table, read_toml, spell_duration

__all__ = [
    "QUALITY_RULES",
    "SHIPPED_PLATFORMS",
    "Budget",
    "Options",
    "PlatformDefaults",
    "load_platforms",
    "too_short",
]

SHIPPED_PLATFORMS: Final = Path(__file__).with_name("platforms")
"""Where the defaults of each connector are."""

QUALITY_RULES: Final[Mapping[str, tuple[str, ...]]] = {
    "bronze": ("reads", "resumes", "tells_errors_apart", "documented"),
    "silver": ("hides_and_restores", "survives_token_expiry", "states_interval_and_budget"),
    "gold": ("edits_and_deletions", "late_comments", "recorded_live_fixtures", "load_tested"),
}
"""The checklist of a connector. A level asks for its own rules and those of the levels before."""


_UTC: Final = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Budget:
    """What all channels of one platform may spend together.

    Attributes:
        amount: So many of ``unit`` in one ``window``.
        window: ``hour`` or ``day``: the clock's, or the calendar's in ``zone``.
        unit: What is counted: ``calls``, or what the platform itself counts.
        zone: Where the day begins at midnight.
        price: What one unit costs, in US dollars as platforms state it; 0 for nothing.
    """

    amount: int
    window: str
    unit: str = "calls"
    zone: ZoneInfo = _UTC
    price: float = 0.0


@dataclass(frozen=True, slots=True)
class PlatformDefaults:
    """How one platform is read unless a channel says otherwise (``platforms/<connector>.toml``).

    Attributes:
        interval: Time between pulls; ``interval_reason`` says why.
        shortest_interval: Nothing may poll faster.
        look_back: How far behind the cursor late and edited comments are looked for.
        watch_for: How long a post's comments are followed.
        longest_interval: Nothing polls more slowly, however quiet it is.
        budget: What all channels of this platform may spend together.
        secrets: The roles of the secrets that a channel of this platform must name.
        optional_secrets: The roles that it may name.
        options: Passed to the connector as they stand.
        quality_level: ``bronze``, ``silver``, ``gold``, or ``none``.
        quality: Rule -> ``done``, ``exempt: reason`` or ``todo: what is missing``.
    """

    connector: str
    interval: timedelta
    interval_reason: str
    shortest_interval: timedelta
    look_back: timedelta
    watch_for: timedelta
    longest_interval: timedelta
    budget: Budget
    page_size: int
    secrets: tuple[str, ...]
    optional_secrets: tuple[str, ...]
    options: Mapping[str, str | int | bool]
    quality_level: str
    quality: Mapping[str, str]


def load_platforms(
    directory: Path | None = None,
) -> tuple[dict[str, PlatformDefaults], tuple[ConfigProblem, ...]]:
    """Read the defaults of every connector.

    Args:
        directory: Files that win over the shipped ones of the same name; None for none.

    Returns:
        Connector -> defaults, without those that have mistakes; and every mistake.
    """
    paths = {path.name: path for path in sorted(SHIPPED_PLATFORMS.glob("*.toml"))}
    if directory is not None:
        paths |= {path.name: path for path in sorted(directory.glob("*.toml"))}
    platforms: dict[str, PlatformDefaults] = {}
    problems: list[ConfigProblem] = []
    for path in paths.values():
        platform, found = _platform(path)
        problems.extend(found)
        if platform is not None:
            platforms[platform.connector] = platform
    return platforms, tuple(problems)


def _zone(written: object) -> str:
    try:
        return ZoneInfo(str(written)).key
    except (ValueError, ZoneInfoNotFoundError):
        hint = 'Write it as "America/Los_Angeles".'
        raise mistake("C015", "is no time zone", hint) from None


def read_option(written: object) -> str | int | bool:
    """A value of an ``options`` table: text, a whole number or a boolean."""
    if isinstance(written, str | int):
        return written
    hint = "Write text in quotes, a whole number, true or false."
    raise mistake("C007", "is not an option's value", hint)


Options = dict[str, Annotated[str | int | bool, PlainValidator(read_option)]]


class _QualityTable(TomlTable):
    level: Literal["none", "bronze", "silver", "gold"]
    rules: dict[str, str]


class _BudgetTable(TomlTable):
    amount: Annotated[int, Field(ge=1)]
    window: Literal["hour", "day"]
    unit: Annotated[str, Field(min_length=1)] = "calls"
    zone: Annotated[str, PlainValidator(_zone)] = "UTC"
    price: Annotated[float, Field(ge=0)] = 0.0

    def budget(self) -> Budget:
        return Budget(self.amount, self.window, self.unit, ZoneInfo(self.zone), self.price)


class _PlatformTable(TomlTable):
    connector: str
    interval: Duration
    interval_reason: str
    shortest_interval: Duration
    longest_interval: Duration
    look_back: Duration
    watch_for: Duration
    budget: _BudgetTable
    page_size: Annotated[int, Field(ge=1)]
    secrets: tuple[str, ...] = ()
    optional_secrets: tuple[str, ...] = ()
    options: Options = Field(default_factory=dict)
    quality: _QualityTable

    def defaults(self) -> PlatformDefaults:
        own = {
            key: getattr(self, key)
            for key in type(self).model_fields
            if key not in {"quality", "budget"}
        }
        quality = self.quality
        return PlatformDefaults(
            **own,
            budget=self.budget.budget(),
            quality_level=quality.level,
            quality=quality.rules,
        )


def _platform(path: Path) -> tuple[PlatformDefaults | None, tuple[ConfigProblem, ...]]:
    file = f"platforms/{path.name}"
    content, problems = read_toml(path, name=file, missing="Write the connector's defaults.")
    if content is None:
        return None, problems
    table, problems = read_table(_PlatformTable, content, file=file)
    if table is None:
        return None, problems
    problems = tuple(_quality_problems(table, file))
    if table.interval < table.shortest_interval:
        problems += (too_short(table.interval, table.shortest_interval, table.connector, at(file)),)
    if table.longest_interval < table.interval:
        what = "is shorter than the interval"
        hint = f"Write {spell_duration(table.interval)} or more."
        problems += (ConfigProblem("C012", at(file, key="longest_interval"), what, hint),)
    if table.connector != path.stem:
        hint = "Name the file after its connector."
        what = f'"{table.connector}" is not the file\'s name'
        problems += (ConfigProblem("C010", at(file, key="connector"), what, hint),)
    return (None if problems else table.defaults()), problems


def _quality_problems(table: _PlatformTable, file: str) -> Iterator[ConfigProblem]:
    level, rules = table.quality.level, table.quality.rules
    known = {rule for names in QUALITY_RULES.values() for rule in names}
    for rule in sorted(set(rules) - known):
        hint = did_you_mean(rule, known)
        yield ConfigProblem("C005", at(file, "quality.rules", rule), "is no rule", hint)
    levels = list(QUALITY_RULES)
    claimed = levels[: levels.index(level) + 1] if level != "none" else []
    for rule in (rule for name in claimed for rule in QUALITY_RULES[name]):
        state = rules.get(rule, "missing")
        if not _borne_out(state):
            what = f'{level} is claimed, but "{rule}" is {state}'
            hint = 'Do it, write "exempt: " and a reason, or claim a lower level.'
            yield ConfigProblem("C017", at(file, "quality.rules", rule), what, hint)


def _borne_out(state: str) -> bool:
    exempt, _, reason = state.partition(":")
    return state == "done" or (exempt == "exempt" and bool(reason.strip()))


def too_short(
    interval: timedelta, shortest: timedelta, connector: str, place: str
) -> ConfigProblem:
    """An interval that is shorter than the platform allows."""
    allowed = spell_duration(shortest)
    what = f"is {spell_duration(interval)}; the shortest allowed for {connector} is {allowed}"
    return ConfigProblem("C012", place, what, f"Write {allowed} or more.")
