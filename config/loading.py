"""All of the configuration at once, or all of its mistakes at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from config.channels import WatchedChannel, load_channels
from config.platform_defaults import PlatformDefaults, load_platforms
from config.problems import ConfigProblem, ConfigurationInvalid, did_you_mean
from config.reading import at, read_toml
from config.routes import Routes, load_routes
from config.settings import PREFIX, Settings, load_settings, unknown_variables
from config.standards import SHIPPED_STANDARDS, Standards, load_standards

__all__ = ["Configuration", "load_configuration"]


@dataclass(frozen=True, slots=True)
class Configuration:
    """What an operator has decided, without a mistake in it."""

    settings: Settings
    standards: Standards
    channels: tuple[WatchedChannel, ...]
    routes: Routes
    platforms: Mapping[str, PlatformDefaults]


def load_configuration(environ: Mapping[str, str]) -> Configuration:
    """Read everything.

    The operator's own files in ``Settings.config_dir`` win over the shipped ones:
    ``standards.toml`` and ``platforms/<connector>.toml``. ``channels.toml`` and ``routes.toml``
    have no shipped counterpart and must be there.

    Raises:
        ConfigurationInvalid: It holds every mistake in every file and in the environment.
    """
    settings, problems = load_settings(environ)
    directory = _directory(settings, environ)
    if directory is None:
        raise ConfigurationInvalid(problems)

    own_standards = directory / "standards.toml"
    standards, found = load_standards(
        own_standards if own_standards.exists() else SHIPPED_STANDARDS
    )
    problems += found
    platforms, found = load_platforms(directory / "platforms")
    problems += found
    channels, mistaken = load_channels(directory / "channels.toml", platforms, environ)
    routes, found = load_routes(directory / "routes.toml", standards)
    problems += mistaken + found + tuple(_unknown(environ, directory / "channels.toml"))
    if routes is not None:
        problems += () if mistaken else tuple(_services(routes, channels))
        problems += () if settings is None else tuple(_unreachable(routes, settings))
    if settings is None or standards is None or routes is None or problems:
        raise ConfigurationInvalid(tuple(dict.fromkeys(problems)))
    return Configuration(settings, standards, channels, routes, platforms)


def _directory(settings: Settings | None, environ: Mapping[str, str]) -> Path | None:
    """Where the files are, even when another setting is wrong."""
    if settings is None:
        names = {f"{PREFIX}{name}{end}" for name in ("HOME", "CONFIG_DIR") for end in ("", "_FILE")}
        settings, _ = load_settings({name: environ[name] for name in names & set(environ)})
    return None if settings is None else settings.config_dir


def _unknown(environ: Mapping[str, str], channels: Path) -> Iterator[ConfigProblem]:
    """The variables that are neither settings nor named by a channel, mistaken or not."""
    content, _ = read_toml(channels, missing="")
    if content is not None:
        yield from unknown_variables(environ, frozenset(_texts(content)))


def _texts(held: object) -> Iterator[str]:
    if isinstance(held, str):
        yield held
    elif isinstance(held, dict | list):
        for each in held.values() if isinstance(held, dict) else held:
            yield from _texts(each)


def _services(routes: Routes, channels: tuple[WatchedChannel, ...]) -> Iterator[ConfigProblem]:
    known = {channel.service for channel in channels}
    for route in routes.alerts:
        for service in sorted(route.services - known):
            place = at("routes.toml", f"alert.{route.name}", "services")
            what = f'no channel belongs to the service "{service}"'
            yield ConfigProblem("C034", place, what, did_you_mean(service, known))


def _unreachable(routes: Routes, settings: Settings) -> Iterator[ConfigProblem]:
    reachable = {
        "slack": (settings.slack_bot_token is not None, f"Set {PREFIX}SLACK_BOT_TOKEN."),
        "email": (settings.smtp_host is not None, f"Set {PREFIX}SMTP_HOST and {PREFIX}SMTP_FROM."),
    }
    for destination in routes.destinations:
        can_be_reached, hint = reachable[destination.kind]
        if not can_be_reached:
            place = at("routes.toml", f"destination.{destination.name}")
            what = f"cannot be reached: no {destination.kind} settings"
            yield ConfigProblem("C037", place, what, hint)
