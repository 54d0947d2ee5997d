"""Which revision the tables are at, and how they come to this version's.

Serves no transaction of DESIGN.md 5 itself: it makes the tables that all of them write. Alembic
runs on package data and on our own connection, so that an upgrade is one transaction on both
dialects and no file of a working directory can redirect it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from monitor.store import migrations
from monitor.store.faults import DatabaseBehind, DatabaseTooNew, DatabaseUnusable

__all__ = ["SchemaState", "head", "require_current", "state", "upgrade"]

_VERSION_TABLE = "alembic_version"
_UPGRADE_LOCK = 0x77617264


@dataclass(frozen=True, slots=True)
class SchemaState:
    """The tables' revision and the one that this version wants.

    Attributes:
        current: None when there are no tables yet.
        is_known: False when ``current`` is not a revision of this version: it is newer.
        is_ours: False when there are tables, but none of them tells a revision.
    """

    current: str | None
    head: str
    is_known: bool = True
    is_ours: bool = True

    @property
    def is_current(self) -> bool:
        """Whether nothing needs to be done."""
        return self.current == self.head


def head() -> str:
    """The revision that this version wants."""
    (newest,) = _scripts().get_heads()
    return newest


def state(connection: Connection) -> SchemaState:
    """Which revision the tables are at; changes nothing."""
    current = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in _scripts().walk_revisions()}
    names = set() if current is not None else set(inspect(connection).get_table_names())
    return SchemaState(
        current=current,
        head=head(),
        is_known=current is None or current in known,
        is_ours=not names - {_VERSION_TABLE},
    )


def require_current(found: SchemaState, *, shown: str) -> None:
    """Return only if ``found`` needs nothing.

    Raises:
        DatabaseBehind: An upgrade has to run first.
        DatabaseTooNew: A newer version of the program has changed the tables.
        DatabaseUnusable: The tables are another program's.
    """
    _require_upgradable(found, shown)
    if found.current is None:
        raise DatabaseBehind(
            f"The database {shown} has no tables yet.", hint="Run `wardmote database upgrade`."
        )
    if not found.is_current:
        raise DatabaseBehind(
            f"The database {shown} is at revision {found.current}; this version needs "
            f"{found.head}.",
            hint="Make a backup, then run `wardmote database upgrade`.",
        )


def upgrade(connection: Connection, *, shown: str) -> None:
    """Bring the tables to ``head()`` on a connection that is in a transaction already."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _UPGRADE_LOCK})
    _require_upgradable(state(connection), shown)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _require_upgradable(found: SchemaState, shown: str) -> None:
    if not found.is_known:
        raise DatabaseTooNew(
            f"The database {shown} is at revision {found.current}, which this version does not "
            f"know (its newest is {found.head}).",
            hint="Install the version of Wardmote that last used it, or a newer one.",
        )
    if not found.is_ours:
        raise DatabaseUnusable(
            f"The database {shown} holds another program's tables.",
            hint="Name an empty database of its own in WARDMOTE_DATABASE_URL.",
        )


def _config() -> Config:
    config = Config()
    folder = Path(migrations.__file__).parent
    # A percent sign in a path would be read as interpolation.
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
