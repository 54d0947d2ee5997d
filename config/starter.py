"""The first files of a new installation: commented, complete, and never written over others."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from config.problems import ConfigProblem, ConfigurationInvalid
from config.settings import Settings

__all__ = ["settings_example", "write_starter"]

_SHIPPED: Final = Path(__file__).parent
_COPIES: Final = {
    "channels.toml": "channels.example.toml",
    "routes.toml": "routes.example.toml",
    "standards.toml": "standards.toml",
    "app-manifest.yaml": "slack-app-manifest.yaml",
}
_SETTINGS: Final = "settings.env"
_HOME: Final = "WARDMOTE_HOME"
_OWNER_ONLY: Final = 0o600
_SETTINGS_HEAD: Final = """\
# Settings. Wardmote reads the environment only, so hand this file to whatever starts it:
#     set -a; . ./settings.env; set +a        in a shell
#     EnvironmentFile=/path/to/settings.env   in a systemd unit
#     --env-file settings.env                 with containers
# Any value can stand in a file of its own instead: WARDMOTE_SLACK_BOT_TOKEN_FILE=/path/to/file.
# What is commented out shows the default; what stands empty has none, and counts as not set.

# The token of the page in channels.toml.
WARDMOTE_FACEBOOK_PARKS_TOKEN=
"""


def write_starter(directory: Path) -> tuple[Path, ...]:
    """Write the starter files into ``directory``, which is made if need be.

    Returns:
        The files that were written: ``channels.toml``, ``routes.toml``, ``standards.toml``, the
        manifest of the Slack app, and ``settings.env``, which only its owner may read.

    Raises:
        ConfigurationInvalid: A file is there already, or the directory cannot be written; then
            nothing was written.
    """
    contents = {name: _shipped(source) for name, source in _COPIES.items()}
    contents[_SETTINGS] = settings_example(directory)
    standing = tuple(_standing(directory / name) for name in contents if _exists(directory, name))
    if standing:
        raise ConfigurationInvalid(standing)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        return tuple(_write(directory / name, text) for name, text in contents.items())
    except OSError as refusal:
        what = f"cannot be written: {refusal.strerror}"
        hint = "Name a directory that we may write to."
        raise ConfigurationInvalid((ConfigProblem("C002", str(directory), what, hint),)) from None


def settings_example(home: Path) -> str:
    """Every setting with its meaning and its default, as an environment file for ``home``."""
    lines = [_SETTINGS_HEAD]
    fields = Settings.model_fields.values()
    for row, field in zip(Settings(home=home).described(), fields, strict=True):
        # What has a default is commented out; what has none waits, empty, to be filled in.
        unset = row.value in {"not set", "empty"}
        line = f"{row.name}=" if unset else f"{row.name}={row.value}"
        stands = unset or row.name == _HOME
        lines.append(f"# {field.description}\n{'' if stands else '# '}{line}\n")
    return "\n".join(lines)


def _shipped(name: str) -> str:
    return (_SHIPPED / name).read_text(encoding="utf-8")


def _exists(directory: Path, name: str) -> bool:
    # A dangling link counts: writing through it would put the file somewhere else.
    path = directory / name
    return path.exists() or path.is_symlink()


def _standing(path: Path) -> ConfigProblem:
    hint = "Move it away first, or keep it and write nothing."
    return ConfigProblem("C050", str(path), "exists already and is not overwritten", hint)


def _write(path: Path, text: str) -> Path:
    # "x" refuses a file that appeared since we looked.
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
    if path.name == _SETTINGS:
        path.chmod(_OWNER_ONLY)
    return path
