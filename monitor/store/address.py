"""Where a database is: its address parsed, and shown without its password.

Serves no transaction of DESIGN.md 5 itself: it is what ``engine`` opens them with.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from monitor.store.faults import DatabaseUnusable

__all__ = ["parse", "shown", "sqlite_path"]

_HINT = (
    "Set WARDMOTE_DATABASE_URL to sqlite:////folder/wardmote.db "
    "or postgresql://user:password@host/database."
)
_POSTGRES = {"postgres", "postgresql", "postgresql+psycopg"}


def parse(url: str) -> URL:
    """The address, its driver filled in.

    Raises:
        DatabaseUnusable: It is not an address, names another kind of database, or one that
            would be forgotten when the process ends.
    """
    try:
        # SQLAlchemy would look a driver called "postgres" up and fail; people write it often.
        parsed = make_url(url.replace("postgres://", "postgresql://", 1))
    except (ArgumentError, ValueError):
        # The error's own text would quote the address, password included.
        raise DatabaseUnusable("The database address cannot be read.", hint=_HINT) from None
    if parsed.drivername in _POSTGRES:
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in {"sqlite", "sqlite+pysqlite"}:
        raise DatabaseUnusable(
            f"A database of the kind {parsed.drivername} is not supported.", hint=_HINT
        )
    if parsed.database in {None, "", ":memory:"} or parsed.query.get("mode") == "memory":
        raise DatabaseUnusable(
            "A database in memory would forget everything when the program ends.", hint=_HINT
        )
    return parsed


def shown(url: URL) -> str:
    """The address for people and logs, its password masked."""
    return url.render_as_string(hide_password=True)


def sqlite_path(url: URL) -> Path | None:
    """The file of a SQLite database; None for a server."""
    if url.get_backend_name() != "sqlite" or url.database is None:
        return None
    return Path(url.database.removeprefix("file:"))
