"""Opening the database, and the two ways to hold it: a transaction that writes, a reading.

Serves every transaction of DESIGN.md 5: T1 to T6 each run inside one ``Database.transaction``.
A transaction is never nested in another on one thread, and never held across a call outside;
``is_held`` lets whatever makes such a call, or a test of it, see that none is.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.orm import Session

from monitor.store import schema
from monitor.store.address import parse, shown, sqlite_path
from monitor.store.faults import (
    DatabaseBehind,
    DatabaseBusy,
    DatabaseRefused,
    DatabaseTooNew,
    DatabaseUnusable,
    translated,
)
from monitor.store.schema import SchemaState

__all__ = [
    "Database",
    "DatabaseBehind",
    "DatabaseBusy",
    "DatabaseRefused",
    "DatabaseTooNew",
    "DatabaseUnusable",
    "Reading",
    "SchemaState",
    "Transaction",
    "is_held",
]

_BUSY_S = 10
_CONNECTIONS = 40
_TURNS = 50
_BEGIN = "wardmote_begin"
_HELD = threading.local()


@dataclass(frozen=True, slots=True, eq=False)
class Transaction:
    """The database opened for writing; its holder writes everything together or nothing.

    Attributes:
        session: For the store's own modules only.
        at_the_end: What is written last, just before the commit (the audit chain, whose lock
            must be taken after every other).
    """

    session: Session
    dialect: str
    at_the_end: list[Callable[[Session], None]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """The database opened for reading, as it stood at the first question; a write is refused."""

    session: Session
    dialect: str


def is_held() -> bool:
    """Whether this thread is inside a transaction or a reading of any database."""
    return getattr(_HELD, "name", None) is not None


class Database:
    """One database, SQLite or PostgreSQL. Connects when first used, not when opened.

    Attributes:
        dialect: ``sqlite`` or ``postgresql``.
        url_shown: The address with its password masked.
        on_commit: Called with a transaction's name right after it was committed.
    """

    def __init__(self, url: URL, *, echo: bool, on_commit: Callable[[str], None]) -> None:
        self.dialect = url.get_backend_name()
        self.url_shown = shown(url)
        self.on_commit = on_commit
        self._path = sqlite_path(url)
        engine = _engine(url, echo=echo)
        self._engine = engine
        if self.dialect == "sqlite":
            self._writing = engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
            self._reading = engine.execution_options(**{_BEGIN: "BEGIN"})
        else:
            self._writing = engine.execution_options()
            self._reading = engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )

    @classmethod
    def open(
        cls, url: str, *, echo: bool = False, on_commit: Callable[[str], None] | None = None
    ) -> Database:
        """The database at ``url``: ``sqlite:////path/to/file`` or ``postgresql://…``.

        Raises:
            DatabaseUnusable: The address is not one of those.
        """
        return cls(parse(url), echo=echo, on_commit=on_commit or _nobody_listens)

    @contextmanager
    def transaction(self, name: str = "") -> Iterator[Transaction]:
        """Write what the block writes, together, when it ends; nothing when it raises.

        Args:
            name: Which transaction of DESIGN.md 5 this is (``T1``), for ``on_commit``.

        Raises:
            DatabaseUnusable: The database cannot be opened, is locked, full or damaged.
        """
        with self._session(self._writing, name or "a transaction") as session:
            tx = Transaction(session, self.dialect)
            yield tx
            for write in tx.at_the_end:
                write(session)
            session.commit()
        self.on_commit(name)

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Read one consistent state of the database.

        Raises:
            DatabaseUnusable: The database cannot be opened or is damaged.
        """
        with self._session(self._reading, "a reading") as session:
            yield Reading(session, self.dialect)

    def upgrade(self) -> None:
        """Bring the tables to this version's, from nothing or from any earlier version.

        All or nothing; two processes that start together wait for each other.

        Raises:
            DatabaseTooNew: A newer version of the program has changed the tables.
            DatabaseUnusable: It cannot be opened, or holds another program's tables.
        """
        with self._session(self._writing, "an upgrade") as session:
            schema.upgrade(session.connection(), shown=self.url_shown)
            session.commit()

    def state(self) -> SchemaState:
        """Which revision the tables are at, and which this version wants; creates nothing."""
        if self._path is not None and self._path.parent.is_dir() and not self._path.exists():
            return SchemaState(current=None, head=schema.head())
        with self.reading() as reading:
            return schema.state(reading.session.connection())

    def require_current(self) -> None:
        """Return only if the tables are exactly those this version was written for.

        Raises:
            DatabaseBehind: ``wardmote database upgrade`` has to run first.
            DatabaseTooNew: A newer version of the program has changed the tables.
            DatabaseUnusable: It cannot be opened, or is not ours.
        """
        schema.require_current(self.state(), shown=self.url_shown)

    def dispose(self) -> None:
        """Close every connection; the next use opens new ones."""
        self._engine.dispose()

    @contextmanager
    def _session(self, engine: Engine, name: str) -> Iterator[Session]:
        held = getattr(_HELD, "name", None)
        if held is not None:
            raise RuntimeError(
                f"{name} was begun inside {held} on the same thread: end that one first."
            )
        _HELD.name = name
        try:
            with Session(engine, expire_on_commit=False) as session:
                session.connection()
                yield session
        except (DBAPIError, PoolExhausted) as error:
            fault = translated(error, shown=self.url_shown, path=self._path)
            # The driver's own words may quote a row, and rows hold what residents wrote.
            raise fault from None
        finally:
            _HELD.name = None


def _nobody_listens(_: str) -> None:
    return


def _engine(url: URL, *, echo: bool) -> Engine:
    if url.get_backend_name() == "sqlite":
        patience = {} if "timeout" in url.query else {"timeout": _BUSY_S}
        engine = create_engine(
            url,
            echo=echo,
            hide_parameters=True,
            connect_args=patience,
            # A connection to a file costs little; the console's threads must not queue for one.
            pool_size=_CONNECTIONS,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(
        url,
        echo=echo,
        hide_parameters=True,
        pool_pre_ping=True,
        connect_args={"connect_timeout": _BUSY_S, "application_name": "wardmote"},
    )


def _prepare_sqlite(connection: Any, _: object) -> None:
    # The driver must not begin transactions by itself: it would begin them deferred, and a
    # deferred transaction that turns to writing fails at once instead of waiting its turn.
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        cursor.execute("PRAGMA foreign_keys = ON")
        _log_ahead(cursor)
    finally:
        cursor.close()


def _log_ahead(cursor: sqlite3.Cursor) -> None:
    if cursor.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
        return
    for _ in range(_TURNS):
        # On a new file this statement does not wait for others, but beginning to write does.
        with suppress(sqlite3.OperationalError):
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        cursor.execute("BEGIN IMMEDIATE")
        cursor.execute("ROLLBACK")
    cursor.execute("PRAGMA journal_mode = WAL")


def _begin_sqlite(connection: Connection) -> None:
    begin = connection.get_execution_options().get(_BEGIN, "BEGIN")
    writes = begin == "BEGIN IMMEDIATE"
    connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if writes else 'ON'}")
    connection.exec_driver_sql(begin)
