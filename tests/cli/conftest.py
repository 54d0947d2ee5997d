"""A configured home for commands, and two ways to run them: in this process, and as a process."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result

from monitor import telemetry
from monitor.cli import commands
from monitor.store.engine import Database
from tests.world import PARKS, World


class Home:
    """A directory with a valid configuration, and an empty database that is up to date.

    Attributes:
        environ: What a command is started with; change it before a run.
    """

    def __init__(self, path: Path, environ: dict[str, str]) -> None:
        self.path = path
        self.environ = environ

    @property
    def url(self) -> str:
        return self.environ["WARDMOTE_DATABASE_URL"]

    def run(self, *arguments: str, said: str | bytes = "") -> Result:
        """Run a command in this process."""
        runner = CliRunner(env=dict.fromkeys(_ours(os.environ)) | self.environ)
        return runner.invoke(commands, list(arguments), input=said, prog_name="wardmote")

    @contextmanager
    def process(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """A command as a process of its own, which does not outlive the test."""
        with subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "monitor", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            cwd=self.path,
            env={"PATH": os.environ["PATH"], "HOME": str(self.path)} | self.environ,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def told(self, *arguments: str) -> Result:
        """Run a command in this process and send it SIGTERM once it listens for that."""
        quiet = signal.signal(signal.SIGTERM, _not_yet)
        telling = threading.Thread(target=_tell_when_it_listens)
        telling.start()
        try:
            return self.run(*arguments)
        finally:
            telling.join()
            signal.signal(signal.SIGTERM, quiet)

    def finished(self, *arguments: str, said: str = "") -> tuple[int, str, str]:
        """Run a command as a process to its end: its status, what it printed, what it complained."""
        with self.process(*arguments) as process:
            out, err = process.communicate(said, timeout=60)
        return process.returncode, out, err

    def write(self, name: str, text: str) -> Path:
        path = self.path / name
        path.write_text(text, "utf-8")
        return path

    def append(self, name: str, text: str) -> None:
        path = self.path / name
        path.write_text(path.read_text("utf-8") + text, "utf-8")


def _not_yet(_number: int, _frame: object) -> None:
    raise AssertionError("the command was told to stop before it listened")


def _tell_when_it_listens() -> None:
    for _ in range(600):
        if signal.getsignal(signal.SIGTERM) is not _not_yet:
            os.kill(os.getpid(), signal.SIGTERM)
            return
        threading.Event().wait(0.05)


def _ours(environ) -> list[str]:
    return [name for name in environ if name.startswith("WARDMOTE_")]


@pytest.fixture
def home(tmp_path: Path, sqlite_template: Path) -> Home:
    place = tmp_path / "home"
    world = World(place, f"sqlite:///{place / 'wardmote.db'}")
    place.mkdir()
    (place / "wardmote.db").write_bytes(sqlite_template.read_bytes())
    world.write_configuration()
    return Home(
        place,
        {
            "WARDMOTE_HOME": str(place),
            "WARDMOTE_DATABASE_URL": f"sqlite:///{place / 'wardmote.db'}",
            "WARDMOTE_SLACK_BOT_TOKEN": "xoxb-secret-of-wexcombe",
            "WARDMOTE_TOKEN_FACEBOOK_PARKS": "EAAB-secret-of-parks",
        },
    )


@pytest.fixture
def world(tmp_path: Path, sqlite_template: Path) -> Iterator[World]:
    """The pretend town and Slack on loopback, over a database that is up to date."""
    path = tmp_path / "wardmote.db"
    path.write_bytes(sqlite_template.read_bytes())
    with World(tmp_path / "home", f"sqlite:///{path}", channels=(PARKS,)) as made:
        yield made


@pytest.fixture
def town_home(world: World, tmp_path: Path) -> Home:
    """A home whose channel and destinations are the pretend ones."""
    return Home(tmp_path / "home", world.environ())


@pytest.fixture
def database_of(home: Home) -> Iterator[Database]:
    opened = Database.open(home.url)
    yield opened
    opened.dispose()


@pytest.fixture(autouse=True)
def _the_log_as_it_was() -> Iterator[None]:
    yield
    structlog.reset_defaults()
    root = logging.getLogger()
    for handler in list(root.handlers):
        if type(handler).__module__ == telemetry.__name__:
            root.removeHandler(handler)
    root.setLevel(logging.WARNING)
