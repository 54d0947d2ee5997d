"""What can be wrong with a database, in sentences for the person who has to mend it.

Serves every transaction of DESIGN.md 5: a fault inside one rolls it back whole.

DatabaseUnusable
├─ DatabaseBusy      another process held the lock for too long  -> try again
├─ DatabaseBehind    the tables are older than this program      -> ``wardmote database upgrade``
├─ DatabaseTooNew    the tables are newer than this program      -> install the newer version
└─ DatabaseRefused   a statement broke a rule of the tables      -> a defect: report it
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

__all__ = [
    "DatabaseBehind",
    "DatabaseBusy",
    "DatabaseRefused",
    "DatabaseTooNew",
    "DatabaseUnusable",
    "translated",
]


class DatabaseUnusable(Exception):  # noqa: N818 - it says what is the matter
    """The database cannot be used as it is.

    Args:
        sentence: What happened and where, without comment text or password.
        hint: What to do about it.
    """

    def __init__(self, sentence: str, *, hint: str) -> None:
        super().__init__(f"{sentence} {hint}")
        self.sentence = sentence
        self.hint = hint


class DatabaseBusy(DatabaseUnusable):
    """Another process held the lock for longer than we wait; nothing was written."""


class DatabaseBehind(DatabaseUnusable):
    """The tables are older than this program, or not there yet."""


class DatabaseTooNew(DatabaseUnusable):
    """The tables are newer than this program."""


class DatabaseRefused(DatabaseUnusable):
    """A statement broke a rule of the tables (a unique key, an append-only trigger)."""


_SQLITE_FAULTS = (
    ("unable to open", "could not be opened", "Check the path and who may read and write it."),
    ("is not a database", "is not a database", "Name another file, or restore it from a backup."),
    ("malformed", "is damaged", "Restore it from a backup."),
    (
        "readonly",
        "cannot be written to",
        "Give this program's user write access to the file and to its folder.",
    ),
    ("disk is full", "cannot grow: the disk is full", "Free some space, then start again."),
    ("disk i/o", "could not be read or written", "Check the disk; do not use a network drive."),
)
_POSTGRES_FAULTS = (
    (
        "password authentication failed",
        "did not accept the user name or password",
        "Correct them in WARDMOTE_DATABASE_URL.",
    ),
    ("no password supplied", "asks for a password", "Put one into WARDMOTE_DATABASE_URL."),
    ("does not exist", "does not have that database or user", "Create it, or correct the name."),
    ("resolve", "could not be found", "Correct the host in WARDMOTE_DATABASE_URL."),
    ("name or service", "could not be found", "Correct the host in WARDMOTE_DATABASE_URL."),
    (
        "connection",
        "could not be reached",
        "Check that the server runs and that host and port are right.",
    ),
    ("permission denied", "does not let us do that", "Grant its user rights on the schema."),
)
_BUSY_WORDS = ("database is locked", "database table is locked")
# PostgreSQL words its errors in the server's language; these are the driver's names for them.
_BUSY_KINDS = {"DeadlockDetected", "LockNotAvailable", "SerializationFailure"}


def translated(
    error: DBAPIError | PoolExhausted, *, shown: str, path: Path | None
) -> DatabaseUnusable:
    """The driver's error as ours, naming the database by its masked address or its file.

    Nothing that a row holds is repeated.
    """
    if isinstance(error, PoolExhausted):
        return DatabaseBusy(
            f"Every connection to the database {shown} was in use for too long.",
            hint="Nothing was written; try again.",
        )
    said, kind = str(error.orig).lower(), type(error.orig).__name__
    if kind in _BUSY_KINDS or any(words in said for words in _BUSY_WORDS):
        return DatabaseBusy(
            f"The database {shown} was locked by another process for too long.",
            hint="Nothing was written; try again.",
        )
    if isinstance(error, IntegrityError) or "append-only" in said:
        return DatabaseRefused(
            f"The database {shown} refused a row: {_rule(error)}.",
            hint="Nothing was written. This is a defect; please report it.",
        )
    if (fault := _known_fault(said, shown=shown, path=path)) is not None:
        return fault
    if isinstance(error, OperationalError):
        return DatabaseUnusable(
            f"The database {shown} failed ({kind}).", hint="Its own log says more."
        )
    return DatabaseRefused(
        f"The database {shown} refused a statement ({kind}).",
        hint="Nothing was written. Run `wardmote database upgrade`, or report it.",
    )


def _rule(error: DBAPIError) -> str:
    # PostgreSQL's primary message names the rule and its detail quotes the row; SQLite's only
    # message names the columns.
    diagnosis = getattr(error.orig, "diag", None)
    primary = getattr(diagnosis, "message_primary", None)
    return str(primary or error.orig)


def _known_fault(said: str, *, shown: str, path: Path | None) -> DatabaseUnusable | None:
    if path is not None and (fault := _path_fault(path, shown)) is not None:
        return fault
    for words, what, hint in _POSTGRES_FAULTS if path is None else _SQLITE_FAULTS:
        if words in said:
            return DatabaseUnusable(f"The database {shown} {what}.", hint=hint)
    return None


def _path_fault(path: Path, shown: str) -> DatabaseUnusable | None:
    if path.is_dir():
        return DatabaseUnusable(
            f"The database {shown} is a folder, not a file.",
            hint="Name a file inside it, such as wardmote.db.",
        )
    if not path.parent.is_dir():
        return DatabaseUnusable(
            f"The database {shown} cannot be created: its folder does not exist.",
            hint=f"Create the folder {path.parent}, or name another path.",
        )
    return None
