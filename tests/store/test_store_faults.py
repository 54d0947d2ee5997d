from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.exc import DatabaseError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from monitor.store.faults import DatabaseBusy, DatabaseRefused, DatabaseUnusable, translated

SERVER = "postgresql+psycopg://wardmote:***@db.wexcombe.example/wardmote"


class Said(Exception):  # noqa: N818 - stands for a driver's error of an unknown kind
    pass


class DeadlockDetected(Said):
    pass


def server_fault(words: str) -> DatabaseUnusable:
    return translated(OperationalError("SELECT", {}, Said(words)), shown=SERVER, path=None)


@pytest.mark.parametrize(
    ("said", "sentence", "hint"),
    [
        (
            'connection failed: FATAL: password authentication failed for user "wardmote"',
            "did not accept the user name or password",
            "WARDMOTE_DATABASE_URL",
        ),
        ("fe_sendauth: no password supplied", "asks for a password", "WARDMOTE_DATABASE_URL"),
        ('FATAL: database "wardmote" does not exist', "does not have that database", "Create it"),
        ("failed to resolve host 'db': Name or service not known", "could not be found", "host"),
        ("connection failed: Connection refused", "could not be reached", "server runs"),
        ("server closed the connection unexpectedly", "could not be reached", "server runs"),
        ("permission denied for schema public", "does not let us", "Grant"),
        ("something that nobody has seen yet", "failed (Said)", "log"),
    ],
)
def test_a_server_s_fault_says_what_to_do(said, sentence, hint):
    fault = server_fault(said)

    assert sentence in fault.sentence
    assert SERVER in fault.sentence
    assert hint in fault.hint
    assert str(fault) == f"{fault.sentence} {fault.hint}"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("unable to open database file", "could not be opened"),
        ("database disk image is malformed", "is damaged"),
        ("attempt to write a readonly database", "cannot be written to"),
        ("database or disk is full", "the disk is full"),
        ("disk I/O error", "could not be read or written"),
    ],
)
def test_a_file_s_fault_says_what_to_do(tmp_path, said, sentence):
    error = DatabaseError("SELECT", {}, Said(said))

    fault = translated(error, shown="sqlite:///w.db", path=tmp_path / "w.db")

    assert sentence in fault.sentence
    assert fault.hint


def test_waiting_in_vain_is_told_apart_from_being_broken():
    for error in (
        OperationalError("SELECT", {}, Said("database is locked")),
        OperationalError("SELECT", {}, DeadlockDetected("blockiert")),
        PoolExhausted("QueuePool limit"),
    ):
        fault = translated(error, shown=SERVER, path=None)
        assert isinstance(fault, DatabaseBusy)
        assert "Nothing was written" in fault.hint


def test_a_statement_that_does_not_fit_the_tables_repeats_nothing_of_itself():
    error = ProgrammingError("SELECT 'words'", {}, Said("no such column: words"))

    fault = translated(error, shown=SERVER, path=Path("w.db"))

    assert isinstance(fault, DatabaseRefused)
    assert "words" not in str(fault)
