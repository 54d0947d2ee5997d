from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import insert, literal, literal_column, select

from monitor.store import tables
from monitor.store.engine import (
    Database,
    DatabaseBusy,
    DatabaseRefused,
    DatabaseUnusable,
    is_held,
)
from tests.stored import NOW

HEAD = {"id": 1, "number": 0, "hash": "0"}


def heads(database: Database) -> int:
    with database.reading() as reading:
        return len(reading.session.execute(select(tables.audit_head)).all())


def unusable(url: str) -> DatabaseUnusable:
    database = Database.open(url)
    try:
        with pytest.raises(DatabaseUnusable) as refused, database.transaction() as tx:
            tx.session.execute(insert(tables.audit_head).values(**HEAD))
    finally:
        database.dispose()
    return refused.value


def test_what_a_transaction_writes_is_there_afterwards(database):
    with database.transaction("T1") as tx:
        tx.session.execute(insert(tables.audit_head).values(**HEAD))

    assert heads(database) == 1


def test_an_error_inside_leaves_nothing(database):
    with pytest.raises(ZeroDivisionError):
        write_and_fail(database)

    assert heads(database) == 0


def test_an_error_at_the_end_leaves_nothing(database):
    with pytest.raises(ZeroDivisionError):
        write_and_fail_at_the_end(database)

    assert heads(database) == 0


def test_the_hook_hears_each_commit_by_name_and_no_rollback(database_url):
    heard = []
    database = Database.open(database_url, on_commit=heard.append)

    with database.transaction("T1"):
        assert heard == []
    with pytest.raises(ZeroDivisionError), database.transaction("T2"):
        _ = 1 // 0
    with database.reading():
        pass
    with database.transaction("T4"):
        pass
    database.dispose()

    assert heard == ["T1", "T4"]


def test_what_was_committed_is_there_when_the_hook_is_called(database_url):
    seen = []
    other = Database.open(database_url)
    database = Database.open(database_url, on_commit=lambda _: seen.append(heads(other)))

    with database.transaction("T1") as tx:
        tx.session.execute(insert(tables.audit_head).values(**HEAD))
    database.dispose()
    other.dispose()

    assert seen == [1]


def test_a_reading_refuses_to_write(database):
    with pytest.raises(DatabaseUnusable), database.reading() as reading:
        reading.session.execute(insert(tables.audit_head).values(**HEAD))

    assert heads(database) == 0
    with database.transaction() as tx:
        tx.session.execute(insert(tables.audit_head).values(**HEAD))
    assert heads(database) == 1


def test_a_reading_sees_one_state_throughout(database):
    with database.reading() as reading:
        assert reading.session.execute(select(tables.audit_head)).all() == []
        in_a_thread(lambda: write_head(database))
        assert reading.session.execute(select(tables.audit_head)).all() == []

    assert heads(database) == 1


@pytest.mark.parametrize("outer", ["transaction", "reading"])
@pytest.mark.parametrize("inner", ["transaction", "reading"])
def test_one_thread_holds_one_at_a_time(database, outer, inner):
    with getattr(database, outer)():
        assert is_held()
        with pytest.raises(RuntimeError, match="was begun inside"), getattr(database, inner)():
            pytest.fail("It was nested.")
        assert is_held()

    assert not is_held()


def test_another_thread_is_not_held_by_ours(database):
    seen = []
    with database.reading():
        in_a_thread(lambda: seen.append(is_held()))

    assert seen == [False]


def test_a_broken_rule_is_told_without_what_the_row_held(database):
    write_head(database)
    secret = "the words of a resident"

    with pytest.raises(DatabaseRefused) as refused, database.transaction() as tx:
        tx.session.execute(insert(tables.audit_head).values(**(HEAD | {"hash": secret})))

    assert secret not in str(refused.value)
    assert "refused a row" in refused.value.sentence
    assert refused.value.__cause__ is None
    assert refused.value.hint


def test_a_row_that_lacks_a_column_is_told_without_what_it_held(database):
    secret = "the words of a resident"

    with pytest.raises(DatabaseRefused) as refused, database.transaction() as tx:
        tx.session.execute(insert(tables.audit_head).values(id=1, hash=secret))

    assert secret not in str(refused.value)
    assert refused.value.__suppress_context__


def test_a_wrong_statement_is_told_without_its_words(database):
    secret = "the words of a resident"

    with pytest.raises(DatabaseUnusable) as refused, database.transaction() as tx:
        tx.session.execute(select(literal(secret), literal_column("nothing_of_that_name")))

    assert secret not in str(refused.value)


def test_upgrading_an_open_database_again_changes_nothing(database):
    write_head(database)

    database.upgrade()

    assert heads(database) == 1


def test_the_address_is_shown_without_its_password():
    database = Database.open("postgresql://wardmote:hunter2@db.wexcombe.example/wardmote")

    assert database.dialect == "postgresql"
    assert "hunter2" not in database.url_shown
    assert "wardmote:***@db.wexcombe.example/wardmote" in database.url_shown
    assert "hunter2" not in repr(database)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_is_understood(scheme):
    database = Database.open(f"{scheme}://wardmote@db.wexcombe.example/wardmote")

    assert database.url_shown == "postgresql+psycopg://wardmote@db.wexcombe.example/wardmote"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://root@localhost/wardmote", "kind mysql is not supported"),
        ("wardmote.db", "cannot be read"),
        ("postgresql://user:hunter2@host:port/x", "cannot be read"),
        ("sqlite://", "forget everything"),
        ("sqlite:///:memory:", "forget everything"),
        ("sqlite:///file:x?mode=memory&uri=true", "forget everything"),
    ],
)
def test_an_address_that_cannot_serve_is_refused_with_what_to_write(url, words):
    with pytest.raises(DatabaseUnusable, match=words) as refused:
        Database.open(url)

    assert "WARDMOTE_DATABASE_URL" in refused.value.hint
    assert "hunter2" not in str(refused.value)


def test_opening_touches_nothing(tmp_path):
    Database.open(f"sqlite:///{tmp_path / 'wardmote.db'}").dispose()

    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_not_a_database(tmp_path):
    fault = unusable(f"sqlite:///{tmp_path}")

    assert "is a folder" in fault.sentence
    assert "wardmote.db" in fault.hint


def test_a_missing_folder_is_named(tmp_path):
    fault = unusable(f"sqlite:///{tmp_path / 'not-there' / 'wardmote.db'}")

    assert "its folder does not exist" in fault.sentence
    assert str(tmp_path / "not-there") in fault.hint
    assert not (tmp_path / "not-there").exists()


def test_a_file_that_is_no_database_is_left_alone(tmp_path):
    path = tmp_path / "minutes.txt"
    path.write_text("Minutes of the Parks committee. " * 100)
    before = path.read_bytes()

    fault = unusable(f"sqlite:///{path}")

    assert "is not a database" in fault.sentence
    assert path.read_bytes() == before


def test_a_damaged_database_asks_for_a_backup(sqlite_template, tmp_path):
    path = tmp_path / "wardmote.db"
    content = bytearray(sqlite_template.read_bytes())
    content[4096 : 4096 * 4] = b"\xff" * (4096 * 3)
    path.write_bytes(content)
    database = Database.open(f"sqlite:///{path}")

    with pytest.raises(DatabaseUnusable, match="is damaged") as refused:
        read_everything(database)
    database.dispose()

    assert "backup" in refused.value.hint


def test_a_database_opened_read_only_says_who_needs_which_right(sqlite_template):
    fault = unusable(f"sqlite:///file:{sqlite_template}?mode=ro&immutable=1&uri=true")

    assert "cannot be written to" in fault.sentence
    assert "write access" in fault.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to any file")
def test_a_file_without_write_permission_says_so(sqlite_template, tmp_path):
    path = tmp_path / "wardmote.db"
    path.write_bytes(sqlite_template.read_bytes())
    path.chmod(0o400)

    assert "cannot be written to" in unusable(f"sqlite:///{path}").sentence


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read any file")
def test_a_file_without_read_permission_says_so(sqlite_template, tmp_path):
    path = tmp_path / "wardmote.db"
    path.write_bytes(sqlite_template.read_bytes())
    path.chmod(0o000)

    assert "could not be opened" in unusable(f"sqlite:///{path}").sentence


def test_a_file_locked_for_too_long_says_that_nothing_was_written(sqlite_template, tmp_path):
    path = tmp_path / "wardmote.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database.open(f"sqlite:///{path}?timeout=0.1")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    with pytest.raises(DatabaseBusy) as refused, database.transaction():
        pytest.fail("It was opened.")
    holder.execute("ROLLBACK")
    holder.close()
    database.dispose()

    assert "Nothing was written" in refused.value.hint


def test_a_new_file_that_somebody_keeps_reading_says_so_instead_of_hanging(tmp_path):
    path = tmp_path / "wardmote.db"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("CREATE TABLE x (y)")
    holder.execute("BEGIN")
    holder.execute("SELECT * FROM x").fetchall()

    fault = unusable(f"sqlite:///{path}?timeout=0.1")
    holder.close()

    assert isinstance(fault, DatabaseBusy)


@pytest.mark.postgres
def test_a_server_that_is_not_there_is_told_apart_from_a_wrong_name(postgresql_template):
    from tests.databases import server  # noqa: PLC0415 - skipped where none answers

    silent = server().set(port=1).render_as_string(hide_password=False)
    nameless = server().set(database="no-such-database").render_as_string(hide_password=False)

    assert "could not be reached" in unusable(silent).sentence
    assert "does not have that database" in unusable(nameless).sentence


@pytest.mark.postgres
def test_two_transactions_that_wait_for_each_other_end_with_one_refused(database_url):
    if database_url.startswith("sqlite"):
        pytest.skip("one writer at a time cannot deadlock")
    database = Database.open(database_url)
    with database.transaction() as tx:
        for number in (1, 2):
            tx.session.execute(insert(tables.audit_head).values(id=number, number=number, hash="0"))
    together = threading.Barrier(2)
    ends = []

    def touch(first: int, second: int) -> None:
        try:
            with database.transaction() as tx:
                lock(tx, first)
                together.wait(10)
                lock(tx, second)
            ends.append("written")
        except DatabaseBusy:
            ends.append("refused")

    threads = [threading.Thread(target=touch, args=pair) for pair in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.dispose()

    assert sorted(ends) == ["refused", "written"]


def lock(tx, number: int) -> None:
    head = tables.audit_head
    tx.session.execute(select(head).where(head.c.id == number).with_for_update()).all()


def read_everything(database: Database) -> None:
    with database.reading() as reading:
        for table in tables.METADATA.sorted_tables:
            reading.session.execute(select(table)).all()


def write_and_fail(database: Database) -> None:
    with database.transaction("T1") as tx:
        tx.session.execute(insert(tables.audit_head).values(**HEAD))
        raise ZeroDivisionError


def write_and_fail_at_the_end(database: Database) -> None:
    def fail(_: object) -> None:
        raise ZeroDivisionError

    with database.transaction("T1") as tx:
        tx.session.execute(insert(tables.audit_head).values(**HEAD))
        tx.at_the_end.append(fail)


def write_head(database: Database) -> None:
    with database.transaction() as tx:
        tx.session.execute(insert(tables.audit_head).values(**HEAD))


def in_a_thread(work) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_a_naive_moment_is_refused(database):
    from sqlalchemy.exc import StatementError  # noqa: PLC0415 - only this test meets it

    with pytest.raises(StatementError, match="naive"), database.transaction() as tx:
        tx.session.execute(
            insert(tables.weeks).values(
                service="",
                week="2026-W47",
                figures_json="{}",
                html="",
                csv="",
                checksum="",
                made_at=NOW.replace(tzinfo=None),
            )
        )


def test_foreign_keys_hold(database):
    with pytest.raises(DatabaseRefused), database.transaction() as tx:
        tx.session.execute(
            insert(tables.case_clauses).values(case_id=1, position=0, clause="abuse")
        )


def test_the_file_keeps_a_write_ahead_log(sqlite_template: Path):
    with sqlite3.connect(sqlite_template) as connection:
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    connection.close()

    assert mode == "wal"
