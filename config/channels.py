"""Which pages are watched, how often, with whose token, and which service answers for them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, PlainValidator

from config.problems import ConfigProblem, did_you_mean
from config.reading import (
    NAME,
    Duration,
    TomlTable,
    at,
    mistake,
    read_table,
    read_toml,
    spell_duration,
)
from config.settings import read_named

__all__ = [
    "QUALITY_RULES",
    "SHIPPED_PLATFORMS",
    "PlatformDefaults",
    "WatchedChannel",
    "load_channels",
    "load_platforms",
]

SHIPPED_PLATFORMS: Final = Path(__file__).with_name("platforms")
"""Where the defaults of each connector are."""

QUALITY_RULES: Final[Mapping[str, tuple[str, ...]]] = {
    "bronze": ("reads", "resumes", "tells_errors_apart", "documented"),
    "silver": ("hides_and_restores", "survives_token_expiry", "states_interval_and_budget"),
    "gold": ("edits_and_deletions", "late_comments", "recorded_live_fixtures", "load_tested"),
}
"""The checklist of a connector. A level asks for its own rules and those of the levels before."""


@dataclass(frozen=True, slots=True)
class PlatformDefaults:
    """How one platform is read unless a channel says otherwise (``platforms/<connector>.toml``).

    Attributes:
        interval: Time between pulls; ``interval_reason`` says why.
        shortest_interval: Nothing may poll faster.
        look_back: How far behind the cursor late and edited comments are looked for.
        watch_for: How long a post's comments are followed.
        hourly_budget: Calls an hour that one channel may cost.
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
    hourly_budget: int
    page_size: int
    secrets: tuple[str, ...]
    optional_secrets: tuple[str, ...]
    options: Mapping[str, str | int | bool]
    quality_level: str
    quality: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WatchedChannel:
    """One channel as configured, its platform's defaults filled in.

    Attributes:
        id: The table's name in ``channels.toml``: ``[channel.facebook-parks]``.
        native_id: The page or account at the platform, or a path for ``csv_import``.
        service: Who owns it.
        secret_names: Role -> name of the environment variable (``NAME`` or ``NAME_FILE``).
        hours: When it is checked, as the public page says it; "" means at all hours.
        actions_enabled: False for a partner's channel that is watched without control.
    """

    id: str
    connector: str
    native_id: str
    name: str
    service: str
    interval: timedelta
    look_back: timedelta
    watch_for: timedelta
    page_size: int
    secret_names: Mapping[str, str]
    owner: str = ""
    deputy: str = ""
    hours: str = ""
    actions_enabled: bool = True
    enabled: bool = True
    options: Mapping[str, str | int | bool] = field(default_factory=dict)


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


def load_channels(
    path: Path, platforms: Mapping[str, PlatformDefaults], environ: Mapping[str, str]
) -> tuple[tuple[WatchedChannel, ...], tuple[ConfigProblem, ...]]:
    """Read which channels are watched.

    Returns:
        The channels without a mistake, in the file's order; and every mistake.
    """
    content, unread = read_toml(path, missing="Run: wardmote init.")
    if content is None:
        return (), unread
    _, problems = read_table(_ChannelsFile, content, file=path.name)
    channels: list[WatchedChannel] = []
    for channel_id, written in _channel_tables(content):
        table, found = read_table(
            _ChannelTable, written, file=path.name, table=f"channel.{channel_id}"
        )
        problems += found
        place = _Place(path.name, channel_id)
        problems += tuple(_name_problems(place))
        if table is None:
            continue
        problems += tuple(_against_platform(table, platforms, place))
        problems += tuple(_secret_problems(table, platforms, environ, place=place))
        if (platform := platforms.get(table.connector)) is not None:
            channels.append(table.channel(channel_id, platform))
    problems += tuple(_twice(channels, path.name))
    return tuple(channels), problems


@dataclass(frozen=True, slots=True)
class _Place:
    file: str
    channel_id: str

    def key(self, key: str = "", inner: str = "") -> str:
        table = ".".join(part for part in ("channel", self.channel_id, inner) if part)
        return at(self.file, table, key)


def _option(written: object) -> str | int | bool:
    if isinstance(written, str | int):
        return written
    hint = "Write text in quotes, a whole number, true or false."
    raise mistake("C007", "is not an option's value", hint)


def _hours(written: object) -> str:
    if isinstance(written, str) and _HOURS.fullmatch(written):
        return written
    hint = 'Write days and times: "Mon-Fri 09:00-17:00, Sat 10:00-13:00", or leave it out.'
    raise mistake("C015", "cannot be read as hours", hint)


def _variable(written: object) -> str:
    # What stands here may be a token that was pasted by mistake, so it is never shown.
    if isinstance(written, str) and _VARIABLE.fullmatch(written):
        return written
    hint = 'Write the name of a variable, "WARDMOTE_FACEBOOK_PARKS_TOKEN", never the token.'
    raise mistake("C016", "is not the name of an environment variable", hint)


_VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_DAY: Final = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_CLOCK: Final = r"(?:[01]\d|2[0-3]):[0-5]\d"
_SPELL: Final = rf"{_DAY}(?:-{_DAY})? {_CLOCK}-(?:{_CLOCK}|24:00)"
_HOURS: Final = re.compile(rf"(?:{_SPELL}(?:, {_SPELL})*)?")
_Options = dict[str, Annotated[str | int | bool, PlainValidator(_option)]]


class _QualityTable(TomlTable):
    level: Literal["none", "bronze", "silver", "gold"]
    rules: dict[str, str]


class _PlatformTable(TomlTable):
    connector: str
    interval: Duration
    interval_reason: str
    shortest_interval: Duration
    look_back: Duration
    watch_for: Duration
    hourly_budget: Annotated[int, Field(ge=1)]
    page_size: Annotated[int, Field(ge=1)]
    secrets: tuple[str, ...] = ()
    optional_secrets: tuple[str, ...] = ()
    options: _Options = Field(default_factory=dict)
    quality: _QualityTable

    def defaults(self) -> PlatformDefaults:
        own = {key: getattr(self, key) for key in type(self).model_fields if key != "quality"}
        quality = self.quality
        return PlatformDefaults(**own, quality_level=quality.level, quality=quality.rules)


class _ChannelsFile(TomlTable):
    channel: dict[str, dict[str, Any]]


class _ChannelTable(TomlTable):
    connector: str
    native_id: Annotated[str, Field(min_length=1)]
    name: Annotated[str, Field(min_length=1)]
    service: Annotated[str, Field(min_length=1)]
    interval: Duration | None = None
    look_back: Duration | None = None
    watch_for: Duration | None = None
    page_size: Annotated[int, Field(ge=1)] | None = None
    secrets: dict[str, Annotated[str, PlainValidator(_variable)]] = Field(default_factory=dict)
    owner: str = ""
    deputy: str = ""
    hours: Annotated[str, PlainValidator(_hours)] = ""
    actions_enabled: bool = True
    enabled: bool = True
    options: _Options = Field(default_factory=dict)

    def channel(self, channel_id: str, platform: PlatformDefaults) -> WatchedChannel:
        return WatchedChannel(
            id=channel_id,
            connector=self.connector,
            native_id=self.native_id,
            name=self.name,
            service=self.service,
            interval=_first(self.interval, platform.interval),
            look_back=_first(self.look_back, platform.look_back),
            watch_for=_first(self.watch_for, platform.watch_for),
            page_size=self.page_size or platform.page_size,
            secret_names=self.secrets,
            owner=self.owner,
            deputy=self.deputy,
            hours=self.hours,
            actions_enabled=self.actions_enabled,
            enabled=self.enabled,
            options={**platform.options, **self.options},
        )


def _first(own: timedelta | None, default: timedelta) -> timedelta:
    return default if own is None else own


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
        problems += (
            _too_short(table.interval, table.shortest_interval, table.connector, at(file)),
        )
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


def _channel_tables(content: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    held = content.get("channel")
    if not isinstance(held, dict):
        return []
    return [(name, table) for name, table in held.items() if isinstance(table, dict)]


def _name_problems(place: _Place) -> Iterator[ConfigProblem]:
    if not NAME.fullmatch(place.channel_id):
        hint = 'Use lower-case letters, digits and hyphens, a letter first: "facebook-parks".'
        yield ConfigProblem("C018", place.key(), "is not a usable name", hint)


def _against_platform(
    table: _ChannelTable, platforms: Mapping[str, PlatformDefaults], place: _Place
) -> Iterator[ConfigProblem]:
    platform = platforms.get(table.connector)
    if platform is None:
        what = f'there is no connector "{table.connector}"'
        hint = did_you_mean(table.connector, platforms)
        yield ConfigProblem("C010", place.key("connector"), what, hint)
        return
    if table.interval is not None and table.interval < platform.shortest_interval:
        where = place.key("interval")
        yield _too_short(table.interval, platform.shortest_interval, platform.connector, where)
    for option in sorted(set(table.options) - set(platform.options)):
        hint = did_you_mean(option, platform.options)
        yield ConfigProblem("C005", place.key(option, "options"), "is no option here", hint)


def _too_short(
    interval: timedelta, shortest: timedelta, connector: str, place: str
) -> ConfigProblem:
    allowed = spell_duration(shortest)
    what = f"is {spell_duration(interval)}; the shortest allowed for {connector} is {allowed}"
    return ConfigProblem("C012", place, what, f"Write {allowed} or more.")


def _secret_problems(
    table: _ChannelTable,
    platforms: Mapping[str, PlatformDefaults],
    environ: Mapping[str, str],
    *,
    place: _Place,
) -> Iterator[ConfigProblem]:
    platform = platforms.get(table.connector)
    required, optional = (platform.secrets, platform.optional_secrets) if platform else ((), ())
    for role in required:
        if role not in table.secrets:
            hint = f'Add {role} = "NAME", the variable that holds it.'
            yield ConfigProblem("C006", place.key(role, "secrets"), f'"{role}" is missing', hint)
    for role, name in table.secrets.items():
        where = place.key(role, "secrets")
        if platform and role not in {*required, *optional}:
            hint = did_you_mean(role, {*required, *optional})
            yield ConfigProblem("C005", where, "is no secret of this connector", hint)
        elif table.enabled:
            yield from _unset(environ, name, where)


def _unset(environ: Mapping[str, str], name: str, where: str) -> Iterator[ConfigProblem]:
    value, _, problems = read_named(environ, name)
    yield from problems
    if value is None and not problems:
        hint = f"Set {name}, or {name}_FILE, or set enabled = false for this channel."
        yield ConfigProblem("C013", where, f"{name} is not set", hint)


def _twice(channels: list[WatchedChannel], file: str) -> Iterator[ConfigProblem]:
    seen: dict[tuple[str, str], str] = {}
    for channel in channels:
        first = seen.setdefault((channel.connector, channel.native_id), channel.id)
        if first != channel.id:
            what = f'watches the same page or account as "{first}"'
            where = at(file, f"channel.{channel.id}", "native_id")
            yield ConfigProblem("C011", where, what, "Remove one of the two.")
