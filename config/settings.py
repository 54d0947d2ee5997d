"""The environment and the secrets, read once into one frozen ``Settings``."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BeforeValidator,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from typing_extensions import override

from config.problems import ConfigProblem, did_you_mean
from config.reading import mistake, sentence

__all__ = [
    "PREFIX",
    "SettingRow",
    "Settings",
    "load_settings",
    "read_named",
    "read_secret",
    "unknown_variables",
]

PREFIX: Final = "WARDMOTE_"
"""What every variable of ours begins with."""

# A broker's or database's address may carry a password before its host, or among its options.
_PASSWORD: Final = re.compile(r"(://[^:/@]*:).*(?=@)|(password=)[^&]+")
_DEFAULT_CLASSIFIERS: Final = ("council",)


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One line of what is in force: secrets are masked, ``origin`` says what won."""

    name: str
    value: str
    origin: str


def _absolute(written: object) -> object:
    return Path(written).expanduser().absolute() if isinstance(written, str | Path) else written


def _names(written: object) -> object:
    if not isinstance(written, str):
        return written
    names = tuple(name.strip() for name in written.split(",") if name.strip())
    if len(set(names)) < len(names):
        raise mistake("C043", "names one classifier twice", "Name each once.")
    return names


def _web_address(written: object) -> object:
    address = str(written).strip().rstrip("/")
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("unreadable:")
    if address and (parts.scheme not in {"http", "https"} or not parts.netloc):
        raise mistake("C043", "is not a web address", 'Write "https://", a host, and any path.')
    return address


def _address_with_slash(written: object) -> object:
    # slack_sdk joins the method's name to this as it stands.
    return f"{_web_address(written)}/"


def _database(written: object) -> object:
    # Hosting services hand out the scheme without a driver; SQLAlchemy needs one that is installed.
    address = str(written)
    for scheme in ("postgres://", "postgresql://"):
        if address.startswith(scheme):
            return f"postgresql+psycopg://{address.removeprefix(scheme)}"
    if not address.startswith(("sqlite:///", "postgresql+psycopg://")):
        hint = "Write sqlite:/// and a path, or postgresql:// and a server."
        raise mistake("C043", "is no database that Wardmote runs on", hint)
    return address


def _graph_version(written: object) -> str:
    if not re.fullmatch(r"v\d{1,3}\.\d", str(written)):
        raise mistake("C043", "is not a version of the Graph API", 'Write it as "v26.0".')
    return str(written)


_Folder = Annotated[Path, BeforeValidator(_absolute)]
_WebAddress = Annotated[str, BeforeValidator(_web_address)]


class Settings(BaseSettings):
    """Everything that a process is told from outside; made by ``load_settings``.

    Every value may stand in the variable itself or, for a secret handed over as a file, in a
    file that ``NAME_FILE`` names. No secret shows in ``repr``.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    home: _Folder = Field(
        default=Path("~/.wardmote"),
        validate_default=True,
        description="Where the database lives, and the configuration unless CONFIG_DIR says else.",
    )
    config_dir: _Folder = Field(
        default_factory=lambda data: data.get("home", Path()),
        description="Where channels.toml, routes.toml and your standards.toml live.",
    )
    database_url: Annotated[str, BeforeValidator(_database)] = Field(
        default_factory=lambda data: f"sqlite:///{data.get('home', '')}/wardmote.sqlite3",
        repr=False,
        description="SQLite in one file, or postgresql:// and a server.",
    )
    council: str = Field(
        default="The council", min_length=1, description="The council's name, as reports say it."
    )
    broker_url: str | None = Field(
        default=None, repr=False, description="A message broker, where more than one worker runs."
    )
    facebook_base_url: _WebAddress = Field(
        default="", description="Stands in for the Graph API; empty means Facebook's own."
    )
    facebook_graph_version: Annotated[str, BeforeValidator(_graph_version)] = Field(
        default="v26.0", description="The Graph API version to ask for."
    )
    instagram_base_url: _WebAddress = Field(
        default="", description="Stands in for Instagram's Graph API; empty means its own."
    )
    x_base_url: _WebAddress = Field(
        default="", description="Stands in for the API of X; empty means its own."
    )
    youtube_base_url: _WebAddress = Field(
        default="", description="Stands in for YouTube's Data API; empty means its own."
    )
    linkedin_base_url: _WebAddress = Field(
        default="", description="Stands in for LinkedIn's API; empty means its own."
    )
    flickr_base_url: _WebAddress = Field(
        default="", description="Stands in for Flickr's API; empty means its own."
    )
    bluesky_base_url: _WebAddress = Field(
        default="", description="The account's own server, where it is not bsky.social."
    )
    slack_base_url: Annotated[str, BeforeValidator(_address_with_slash)] = Field(
        default="https://slack.com/api/", description="The Slack Web API."
    )
    slack_bot_token: SecretStr | None = Field(
        default=None, description="Bot token (xoxb-…): posts and re-draws the alert cards."
    )
    slack_app_token: SecretStr | None = Field(
        default=None, description="App-level token (xapp-…): receives the presses of buttons."
    )
    smtp_host: str | None = Field(default=None, description="Mail server for e-mail alerts.")
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    smtp_username: str | None = Field(default=None, description="Where it asks for a sign-in.")
    smtp_password: SecretStr | None = Field(default=None, description="And the password for it.")
    smtp_from: str | None = Field(default=None, description="The address that alerts come from.")
    smtp_starttls: bool = Field(default=True, description="Encrypt the connection to it.")
    web_host: str = Field(default="127.0.0.1", description="The address the console listens on.")
    web_port: int = Field(default=8080, ge=1, le=65535, description="The port of the console.")
    web_base_url: _WebAddress = Field(
        default_factory=lambda data: f"http://{data.get('web_host')}:{data.get('web_port')}",
        description="The console as people's browsers reach it; links in alerts begin with it.",
    )
    web_secret: SecretStr | None = Field(
        default=None, description="Signs the sessions of the console; set it to keep them alive."
    )
    classifiers: Annotated[tuple[str, ...], BeforeValidator(_names)] = Field(
        default=_DEFAULT_CLASSIFIERS, description="The classifiers that score, with commas between."
    )
    model: Path | None = Field(
        default=None, description="A model's folder in place of the bundled one."
    )
    first_stage: bool = Field(
        default=False,
        description="Let a cheap first stage pass what is surely lawful, for a very busy council.",
    )
    detoxify_checkpoint: Path | None = Field(
        default=None,
        description="A checkpoint in Detoxify's layout, its config.json and tokenizer beside it.",
    )
    detoxify_sha256: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{64}$",
        description="That file's SHA-256, where it is not one of Detoxify's own releases.",
    )
    http_timeout_s: float = Field(
        default=20.0, gt=0, le=300, description="Seconds before a platform's call is given up."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="What the log tells: debug, info, warning or error."
    )
    log_format: Literal["json", "console"] = Field(
        default="json", description="json for machines, console for a person's eyes."
    )

    _origins: dict[str, str] = PrivateAttr(default_factory=dict)

    @override
    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what ``load_settings`` was given: the environment is an argument, not a global."""
        return (init_settings,)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.smtp_host and not self.smtp_from:
            hint = f"Set {PREFIX}SMTP_FROM."
            raise mistake("C044", "a mail server is set, but no sender's address", hint)
        if self.slack_app_token and not self.slack_bot_token:
            hint = f"Set {PREFIX}SLACK_BOT_TOKEN."
            raise mistake("C044", "Slack's app token is set, but not its bot token", hint)
        return self

    def described(self) -> tuple[SettingRow, ...]:
        """Every setting as it is in force, in the order that they are documented."""
        return tuple(
            SettingRow(
                name=_variable(field),
                value=_shown(getattr(self, field)),
                origin=self._origins.get(field, "default"),
            )
            for field in type(self).model_fields
        )


def load_settings(
    environ: Mapping[str, str],
) -> tuple[Settings | None, tuple[ConfigProblem, ...]]:
    """Read the settings.

    Variables that begin with ``WARDMOTE_`` and are no setting are left alone here, because a
    channel's token may be one: ``unknown_variables`` looks at them when the channels are known.

    Returns:
        The settings, or None and every mistake in them.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    problems: list[ConfigProblem] = []
    for field in Settings.model_fields:
        value, origin, unread = read_named(environ, _variable(field))
        problems.extend(unread)
        if value is not None:
            values[field], origins[field] = value, origin
    try:
        settings = Settings(**values)
    except ValidationError as error:
        return None, tuple(problems) + _translated(error)
    if problems:
        return None, tuple(problems)
    settings._origins.update(origins)  # noqa: SLF001 - its own module
    return settings, ()


def read_secret(environ: Mapping[str, str], name: str) -> str | None:
    """The value of ``name``, or of the file that ``name_FILE`` names; None when there is none."""
    value, _, problems = read_named(environ, name)
    return None if problems else value


def read_named(
    environ: Mapping[str, str], name: str
) -> tuple[str | None, str, tuple[ConfigProblem, ...]]:
    """Read NAME or NAME_FILE.

    Returns:
        The value without surrounding white space, or None when neither holds anything; where it
        came from; and what stood in the way.
    """
    value = environ.get(name, "").strip()
    path = environ.get(f"{name}_FILE", "").strip()
    if value and path:
        what = f"{name} and {name}_FILE are both set"
        return None, "", (ConfigProblem("C041", name, what, "Keep one of them."),)
    if not path:
        return (value or None), "environment", ()
    try:
        value = Path(path).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as refusal:
        reason = refusal.strerror if isinstance(refusal, OSError) else "it is not UTF-8 text"
        hint = "Name a text file that this process may read."
        problem = ConfigProblem("C042", f"{name}_FILE", f"cannot be read: {reason}", hint)
        return None, "", (problem,)
    return (value or None), f"file {path}", ()


def unknown_variables(
    environ: Mapping[str, str], also_known: Collection[str] = ()
) -> tuple[ConfigProblem, ...]:
    """The variables that look like settings and are none.

    Args:
        environ: The environment.
        also_known: The names of the variables that the channels' tokens stand in.
    """
    known = {_variable(field) for field in Settings.model_fields}.union(also_known)
    return tuple(
        ConfigProblem("C040", name, "is not a setting", _closest(name, known))
        for name in sorted(environ)
        if name.startswith(PREFIX) and name.removesuffix("_FILE") not in known
    )


def _closest(name: str, known: Collection[str]) -> str:
    # The shared prefix would make every pair of names look alike.
    bare = did_you_mean(name.removeprefix(PREFIX), (each.removeprefix(PREFIX) for each in known))
    return bare.replace('"', f'"{PREFIX}', 1) if bare.startswith("Did") else "Remove it."


def _variable(field: str) -> str:
    return f"{PREFIX}{field.upper()}"


def _translated(error: ValidationError) -> tuple[ConfigProblem, ...]:
    found = []
    for each in error.errors(include_url=False, include_input=False):
        if each["type"] == "default_factory_not_called":
            # A default that hangs on a value that is a problem of its own.
            continue
        place = _variable(str(each["loc"][0])) if each["loc"] else "The settings"
        problem_id, what, hint = sentence(each)
        kept = problem_id if problem_id in {"C043", "C044"} else "C043"
        found.append(ConfigProblem(kept, place, what, hint))
    return tuple(found)


def _shown(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, SecretStr):
        return "***"
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return _PASSWORD.sub(lambda found: f"{found[1] or found[2]}***", str(value)) or "empty"
