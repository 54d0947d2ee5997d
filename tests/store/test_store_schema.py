from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, text

from monitor.store import tables
from monitor.store.engine import (
    Database,
    DatabaseBehind,
    DatabaseRefused,
    DatabaseTooNew,
    DatabaseUnusable,
)
from monitor.store.schema import SchemaState, head
from tests.stored import NOW


@pytest.fixture
def empty(empty_url):
    database = Database.open(empty_url)
    yield database
    database.dispose()


def execute(database: Database, statement: str) -> None:
    with database.transaction() as tx:
        tx.session.execute(text(statement))


def test_upgrading_from_nothing_makes_the_tables_that_the_code_declares(empty):
    empty.upgrade()

    with empty.reading() as reading:
        context = MigrationContext.configure(
            reading.session.connection(),
            opts={"compare_type": True, "compare_server_default": True},
        )
        assert compare_metadata(context, tables.METADATA) == []


def test_the_state_is_told_before_and_after(empty):
    assert empty.state() == SchemaState(current=None, head=head())
    empty.upgrade()
    assert empty.state() == SchemaState(current=head(), head=head())
    assert empty.state().is_current
    empty.require_current()


def test_asking_for_the_state_creates_no_file(tmp_path):
    database = Database.open(f"sqlite:///{tmp_path / 'wardmote.db'}")

    assert database.state().current is None
    with pytest.raises(DatabaseBehind):
        database.require_current()
    database.dispose()
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_tables_says_what_to_run(empty):
    with pytest.raises(DatabaseBehind) as refused:
        empty.require_current()

    assert "has no tables yet" in refused.value.sentence
    assert "wardmote database upgrade" in refused.value.hint


def test_a_newer_database_is_refused_in_words(empty):
    empty.upgrade()
    execute(empty, "UPDATE alembic_version SET version_num = '9999'")

    for ask in (empty.require_current, empty.upgrade):
        with pytest.raises(DatabaseTooNew) as refused:
            ask()
        assert "revision 9999, which this version does not know" in refused.value.sentence
        assert "Install the version of Wardmote that last used it" in refused.value.hint
    assert not empty.state().is_known


def test_an_older_database_asks_for_an_upgrade(tmp_path):
    found = SchemaState(current="0000", head="0001")
    from monitor.store import schema  # noqa: PLC0415 - there is no older revision to open yet

    with pytest.raises(DatabaseBehind, match="is at revision 0000; this version needs 0001"):
        schema.require_current(found, shown="sqlite:///x")


def test_another_programs_database_is_left_alone(empty):
    execute(empty, "CREATE TABLE bin_rounds (id INTEGER PRIMARY KEY)")

    for ask in (empty.require_current, empty.upgrade):
        with pytest.raises(DatabaseUnusable, match="another program's tables"):
            ask()


def test_an_upgrade_that_fails_leaves_nothing(empty):
    # A view of the last table's name: the upgrade fails when it comes to make that table.
    execute(empty, "CREATE VIEW weeks AS SELECT 1 AS one")

    with pytest.raises(DatabaseUnusable):
        empty.upgrade()

    execute(empty, "DROP VIEW weeks")
    assert empty.state() == SchemaState(current=None, head=head())
    empty.upgrade()
    empty.require_current()


def test_processes_that_upgrade_at_once_all_end_well(empty_url):
    databases = [Database.open(empty_url) for _ in range(4)]

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(database.upgrade) for database in databases]:
            done.result()

    for database in databases:
        database.require_current()
        database.dispose()


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
def test_the_audit_table_only_grows(database, statement):
    with database.transaction() as tx:
        tx.session.execute(
            insert(tables.audit).values(
                number=1,
                event="a",
                actor="amina",
                subject="",
                at=NOW,
                details={},
                previous="",
                hash="",
            )
        )

    with pytest.raises(DatabaseRefused, match="append-only"):
        execute(database, statement)


def test_a_file_of_another_kind_with_our_name_is_not_upgraded(tmp_path):
    path = tmp_path / "wardmote.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE notes (body TEXT)")
    connection.close()
    database = Database.open(f"sqlite:///{path}")

    with pytest.raises(DatabaseUnusable, match="another program's tables"):
        database.upgrade()
    database.dispose()


def test_migration_names_say_when_they_run():
    from pathlib import Path  # noqa: PLC0415 - only this test looks at the files

    from monitor.store import migrations  # noqa: PLC0415 - as above

    names = sorted(
        path.name for path in (Path(migrations.__file__).parent / "versions").glob("[0-9]*.py")
    )

    assert names[0] == "0001_pre_first_tables.py"
    for number, name in enumerate(names, start=1):
        assert name.startswith((f"{number:04}_pre_", f"{number:04}_post_"))
