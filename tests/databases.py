"""Fixtures that give a test an empty, current database on either dialect.

A conftest brings them in by name: ``from tests.databases import database, database_url, …``.
Tables are made once a session; each test gets a copy (of the SQLite file, or by PostgreSQL's
``CREATE DATABASE … TEMPLATE``) that is dropped afterwards.

WARDMOTE_TEST_POSTGRES_URL    the server, as a user who may create databases
WARDMOTE_REQUIRE_POSTGRES=1   a server that does not answer fails the tests instead of skipping
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError

from monitor.store.engine import Database

__all__ = [
    "created",
    "database",
    "database_url",
    "empty_url",
    "postgresql_template",
    "server",
    "sqlite_template",
]

_SERVER = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
_BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    _upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_template() -> Iterator[str]:
    _requireserver()
    with created() as url:
        _upgrade(url.render_as_string(hide_password=False))
        yield str(url.database)


@pytest.fixture(params=_BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    _requireserver()
    with created() as url:
        yield url.render_as_string(hide_password=False)


@pytest.fixture(params=_BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database with current, empty tables."""
    if request.param == "sqlite":
        path = tmp_path / "wardmote.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    template = request.getfixturevalue("postgresql_template")
    with created(template=template) as url:
        yield url.render_as_string(hide_password=False)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with current, empty tables, closed after the test."""
    opened = Database.open(database_url)
    yield opened
    opened.dispose()


def _upgrade(url: str) -> None:
    database = Database.open(url)
    database.upgrade()
    database.dispose()


def server() -> URL:
    return make_url(os.environ.get("WARDMOTE_TEST_POSTGRES_URL", _SERVER)).set(
        drivername="postgresql+psycopg"
    )


@contextmanager
def _connected() -> Iterator[Connection]:
    engine = create_engine(
        server(), isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3}
    )
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _requireserver() -> None:
    try:
        with _connected():
            return
    except OperationalError as error:
        reason = f"no PostgreSQL server answers at {server()!r} ({type(error.orig).__name__})"
    if os.environ.get("WARDMOTE_REQUIRE_POSTGRES") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def created(*, template: str = "template1") -> Iterator[URL]:
    name = f"wardmote_test_{uuid.uuid4().hex}"
    with _connected() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    try:
        yield server().set(database=name)
    finally:
        with _connected() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
