"""What the comparisons stand on: how large they are, and fresh databases that vanish afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.exc import OperationalError

from monitor.store.engine import Database
from tests import databases

__all__ = ["FULL", "POSTGRESQL", "QUICK", "SQLITE", "Ground", "Size", "prepared_ground"]

SQLITE = "SQLite"
POSTGRESQL = "PostgreSQL"


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything.

    Attributes:
        page: Comments on one page of a platform's answer.
        batch: Comments assessed at once; ``assessed`` in one round.
        read: Comments that the detectors read in one round; ``read_by_model``, the model.
        hidden: The model's width; 768 is Detoxify's own.
        looks: How often a view is read in one round.
        audited: Rows of the short audit chain; the long one has four times as many.
        long_rounds: Rounds of what takes seconds.
    """

    rounds: int
    long_rounds: int
    page: int
    batch: int
    assessed: int
    read: int
    read_by_model: int
    hidden: int
    comments: int
    posts: int
    many_cases: int
    few_cases: int
    looks: int
    audited: int


FULL = Size(
    rounds=7,
    long_rounds=5,
    page=100,
    batch=64,
    assessed=128,
    read=1200,
    read_by_model=16,
    hidden=768,
    comments=2000,
    posts=40,
    many_cases=2000,
    few_cases=20,
    looks=10,
    audited=1000,
)
QUICK = Size(
    rounds=2,
    long_rounds=1,
    page=4,
    batch=4,
    assessed=8,
    read=40,
    read_by_model=2,
    hidden=8,
    comments=12,
    posts=3,
    many_cases=8,
    few_cases=4,
    looks=1,
    audited=10,
)


class Ground:
    """Hands out empty databases; all of them are dropped when the ground is left.

    Attributes:
        folder: For files.
        refused: Why no PostgreSQL server can be used; "" where one answers.
    """

    def __init__(self, size: Size, folder: Path, opened: ExitStack) -> None:
        self.size = size
        self.folder = folder
        self._opened = opened
        self._given = 0
        self.refused = ""
        try:
            self.url(POSTGRESQL)
        except (OperationalError, ModuleNotFoundError) as error:
            self.refused = f"no server answers ({type(error).__name__})"

    @property
    def dialects(self) -> tuple[str, ...]:
        """The databases that can be used here."""
        return (SQLITE,) if self.refused else (SQLITE, POSTGRESQL)

    def home(self) -> Path:
        """A fresh folder."""
        self._given += 1
        home = self.folder / f"{self._given}"
        home.mkdir()
        return home

    def url(self, dialect: str) -> str:
        """The address of a fresh database without tables.

        Raises:
            OperationalError: No PostgreSQL server answers.
        """
        if dialect == SQLITE:
            return f"sqlite:///{self.home() / 'wardmote.db'}"
        made = self._opened.enter_context(databases.created())
        return made.render_as_string(hide_password=False)

    def database(self, dialect: str) -> Database:
        """A fresh database with current, empty tables."""
        opened = Database.open(self.url(dialect))
        self._opened.callback(opened.dispose)
        opened.upgrade()
        return opened


@contextmanager
def prepared_ground(size: Size) -> Iterator[Ground]:
    """A ground that leaves nothing behind."""
    with TemporaryDirectory(prefix="wardmote-bench-") as folder, ExitStack() as opened:
        yield Ground(size, Path(folder), opened)
