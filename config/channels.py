"""Which pages are watched, how often, with whose token, and which service answers for them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, PlainValidator

from config.platform_defaults import Budget, Options, PlatformDefaults, too_short
from config.problems import ConfigProblem, did_you_mean
from config.reading import (
    NAME,
    Duration,
    TomlTable,
    at,
    mistake,
    read_table,
    read_toml,
)
from config.settings import read_named

__all__ = ["WatchedChannel", "load_channels"]


@dataclass(frozen=True, slots=True)
class WatchedChannel:
    """One channel as configured, its platform's defaults filled in.

    Attributes:
        id: The table's name in ``channels.toml``: ``[channel.facebook-parks]``.
        native_id: The page or account at the platform, or a path for ``csv_import``.
        service: Who owns it.
        secret_names: Role -> name of the environment variable (``NAME`` or ``NAME_FILE``).
        hours: When it is checked, as the public page says it; "" means at all hours.
        shortest_interval: A busy channel is read as often as this, a quiet one (or one outside its
        longest_interval: hours) as seldom as this; ``interval`` where nothing is said.
        budget: What all channels of its platform may spend together; None for no bound.
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
    shortest_interval: timedelta | None = None
    longest_interval: timedelta | None = None
    budget: Budget | None = None


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
    options: Options = Field(default_factory=dict)

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
            shortest_interval=platform.shortest_interval,
            # A channel that its council reads more seldom is not read more often when quiet.
            longest_interval=max(platform.longest_interval, self.interval or platform.interval),
            budget=platform.budget,
        )


def _first(own: timedelta | None, default: timedelta) -> timedelta:
    return default if own is None else own


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
        yield too_short(table.interval, platform.shortest_interval, platform.connector, where)
    for option in sorted(set(table.options) - set(platform.options)):
        hint = did_you_mean(option, platform.options)
        yield ConfigProblem("C005", place.key(option, "options"), "is no option here", hint)


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
