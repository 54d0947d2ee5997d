"""A pretend town with a daemon's configuration that points at it: what the demo runs in."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Self

from config.loading import Configuration, load_configuration
from monitor import telemetry
from monitor.cli.daemon import Daemon
from monitor.domain.people import Person, PersonId, Role
from monitor.sandbox.accounts import TownAccounts
from monitor.sandbox.graph import GraphSandbox
from monitor.sandbox.pages import TownPages
from monitor.sandbox.slack import SlackServer
from monitor.sandbox.town import WEXCOMBE_PAGE, WEXCOMBE_TOKEN, Town, seed_wexcombe
from monitor.services import Pace, Services
from monitor.store import people
from monitor.workflow import staffing

__all__ = ["CAST", "Pretend", "free_port"]

CAST = (
    Person(PersonId("amina"), "Amina", Role.MODERATOR, slack_user_id="U0AMINA"),
    Person(PersonId("bede"), "Bede", Role.MODERATOR, slack_user_id="U0BEDE"),
    Person(PersonId("carys"), "Carys", Role.LEAD, slack_user_id="U0CARYS"),
    Person(
        PersonId("dov"),
        "Dov",
        Role.MODERATOR,
        services=frozenset({"Highways"}),
        slack_user_id="U0DOV",
    ),
    Person(PersonId("eun"), "Eun", Role.VIEWER, slack_user_id="U0EUN"),
)
"""The people of the pretend council, as the pretend Slack knows them."""

_ADDRESSES = {
    "moderation": "C0MODERATION",
    "serious": "C0MODERATION",
    "operators": "C0OPERATORS",
    "managers": "C0REPORTS",
    "safeguarding": "C0SAFEGUARDING",
    "legal": "C0LEGAL",
}


class Pretend:
    """The sandbox servers, a home directory written for them, and a daemon over both.

    Args:
        home: Receives the configuration and the database.
        interval_s: How often the page is read.
        console_port: Where the console listens; 0 for any free port.
        pages_port: Where the town's own pages are; 0 for any free port.
        log_level: What the daemon's log tells.
    """

    def __init__(
        self,
        home: Path,
        *,
        interval_s: int = 5,
        console_port: int = 0,
        pages_port: int = 0,
        log_level: str = "warning",
    ) -> None:
        self.home = home
        self.town = Town()
        self.slack = SlackServer()
        self._console_port = console_port or free_port()
        console_url = f"http://127.0.0.1:{self._console_port}"
        self.pages = TownPages(
            self.town,
            self.slack.workspace,
            port=pages_port or free_port(),
            console_url=console_url,
        )
        self.accounts = TownAccounts(self.town)
        self.graph = GraphSandbox(self.town, permalink_base=f"http://127.0.0.1:{self.pages.port}")
        self._interval_s = interval_s
        self._log_level = log_level
        self.daemon: Daemon | None = None
        self._started = ExitStack()

    @property
    def services(self) -> Services:
        """The daemon's services, once started."""
        if self.daemon is None:
            raise RuntimeError("the pretend town has not been started")
        return self.daemon.services

    def environ(self) -> Mapping[str, str]:
        """The environment that points a daemon at this town."""
        return {
            "WARDMOTE_HOME": str(self.home),
            "WARDMOTE_COUNCIL": "Wexcombe Borough Council",
            "WARDMOTE_FACEBOOK_BASE_URL": self.graph.base_url,
            "WARDMOTE_FACEBOOK_PARKS_TOKEN": WEXCOMBE_TOKEN,
            **self.accounts.environ(),
            "WARDMOTE_SLACK_BASE_URL": self.slack.api_url,
            "WARDMOTE_SLACK_BOT_TOKEN": self.slack.bot_token,
            "WARDMOTE_SLACK_APP_TOKEN": self.slack.app_token,
            "WARDMOTE_WEB_PORT": str(self._console_port),
            "WARDMOTE_LOG_LEVEL": self._log_level,
            "WARDMOTE_LOG_FORMAT": "console",
        }

    def configure(self) -> Configuration:
        """Write the configuration files and load them as any daemon's are loaded."""
        self.home.mkdir(parents=True, exist_ok=True)
        ours = resources.files("monitor.cli").joinpath("demo_channels.toml")
        (self.home / "channels.toml").write_text(
            ours.read_text(encoding="utf-8")
            .replace("{page}", WEXCOMBE_PAGE)
            .replace("{interval}", str(self._interval_s)),
            encoding="utf-8",
        )
        (self.home / "routes.toml").write_text(_routes(), encoding="utf-8")
        (self.home / "platforms").mkdir(exist_ok=True)
        for shipped in resources.files("config").joinpath("platforms").iterdir():
            (self.home / "platforms" / shipped.name).write_text(
                _hasty(shipped.read_text(encoding="utf-8")), encoding="utf-8"
            )
        return load_configuration(self.environ())

    def start(self, *, seed: bool = True, pace: Pace | None = None) -> Self:
        """Start the town, fill it, and start the daemon; what fails leaves nothing running."""
        with ExitStack() as started:
            for server in (self.slack, self.graph, self.pages):
                server.start()
                started.callback(server.stop)
            started.enter_context(self.accounts)
            if seed:
                seed_wexcombe(self.town, datetime.now(UTC))
                self.accounts.seed(datetime.now(UTC))
            configuration = self.configure()
            settings = configuration.settings
            telemetry.configure(level=settings.log_level, form=settings.log_format)
            self.daemon = Daemon(configuration, self.environ(), pace=pace)
            self.daemon.start()
            started.callback(self.daemon.stop)
            self._employ()
            self._started = started.pop_all()
        return self

    def stop(self) -> None:
        """Stop the daemon, then the town; harmless when they are not running."""
        self._started.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _employ(self) -> None:
        with self.services.database.reading() as reading:
            known = {person.id for person in people.all_people(reading)}
        for person in CAST:
            if person.id not in known:
                staffing.add_person(self.services, person, password_hash=None, actor="demo")


def free_port(wanted: int = 0) -> int:
    """A port that nothing on this machine listens at: ``wanted`` if it is free, else another."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise OSError("no port is free on this machine")


def _hasty(platform: str) -> str:
    """Defaults without the patience of a real platform: nobody who tries a demo waits minutes."""
    hasty = re.sub(r"(?m)^shortest_interval = .*$", 'shortest_interval = "1 s"', platform)
    return re.sub(r"(?m)^amount = .*$", "amount = 10_000_000", hasty)


def _routes() -> str:
    """The shipped example, with the pretend Slack's channels behind every destination."""
    example = resources.files("config").joinpath("routes.example.toml").read_text(encoding="utf-8")
    for name, address in _ADDRESSES.items():
        example = re.sub(
            rf'(?m)(^\[destination\.{name}\]\nkind = )"\w+"\naddress = "[^"]*"',
            rf'\1"slack"\naddress = "{address}"',
            example,
        )
    # Nobody tries a demo in office hours only.
    return re.sub(r"(?ms)^\[alert\.daily\.quiet_hours\]\n.*?\n\n", "", example)
