from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from monitor.store import audit, views
from monitor.store.audit import ChainCheck
from monitor.store.engine import Database, DatabaseRefused
from tests.stored import MINUTE, NOW


def append(database: Database, count: int, *, first: int = 0) -> None:
    with database.transaction("T4") as tx:
        for number in range(first, first + count):
            audit.append(
                tx,
                "case.claimed",
                actor="person:amina",
                subject=audit.case_subject(412),
                at=NOW + number * MINUTE,
                details={"version": number, "clause": None, "words": "é \ud83d"},
            )


def verify(database: Database) -> ChainCheck:
    with database.reading() as reading:
        return audit.verify(reading)


def tamper(database: Database, *statements: str) -> None:
    """Do what only somebody with the database's own password can do."""
    off, on = "", ""
    with database.transaction() as tx:
        run = tx.session.execute
        if database.dialect == "sqlite":
            off = ("DROP TRIGGER audit_refuses_update", "DROP TRIGGER audit_refuses_delete")
            on = ()
        else:
            off = ("ALTER TABLE audit DISABLE TRIGGER ALL",)
            on = ("ALTER TABLE audit ENABLE TRIGGER ALL",)
        for statement in (*off, *statements, *on):
            run(text(statement))


def test_an_empty_chain_holds(database):
    assert verify(database) == ChainCheck(
        rows=0, intact=True, first_bad=None, sentence="The audit chain holds: 0 rows."
    )


def test_a_chain_of_several_transactions_holds(database):
    for number in range(4):
        append(database, 3, first=3 * number)

    assert verify(database) == ChainCheck(
        rows=12, intact=True, first_bad=None, sentence="The audit chain holds: 12 rows."
    )


def test_rows_are_read_newest_first_as_they_were_written(database):
    append(database, 3)
    with database.transaction() as tx:
        audit.append(tx, "week.stored", actor="system", subject="week:2026-W47", at=NOW)

    with database.reading() as reading:
        newest, *_ = views.audit_rows(reading, limit=10)
        found = views.audit_rows(reading, subject="case:412", limit=2)
        before = views.audit_rows(reading, subject="case:412", limit=2, before=2)

    assert (newest.number, newest.event, newest.details) == (4, "week.stored", {})
    assert [row.number for row in found] == [3, 2]
    assert [row.number for row in before] == [1]
    assert before[0].details == {"version": 0, "clause": None, "words": "é \ud83d"}
    assert (before[0].actor, before[0].subject) == ("person:amina", "case:412")
    assert (before[0].event, before[0].at) == ("case.claimed", NOW)


def test_what_is_rolled_back_is_not_in_the_chain(database):
    append(database, 2)
    with pytest.raises(ZeroDivisionError), database.transaction() as tx:
        fail(tx)

    append(database, 1)

    assert verify(database).rows == 3
    assert verify(database).intact


def fail(tx) -> None:
    audit.append(tx, "case.claimed", actor="person:amina", subject="case:412", at=NOW)
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("statement", "first_bad"),
    [
        ("UPDATE audit SET actor = 'person:bede' WHERE number = 3", 3),
        ("UPDATE audit SET details = '{}' WHERE number = 3", 3),
        ("UPDATE audit SET at = '2026-01-01 00:00:00.000000' WHERE number = 3", 3),
        ("UPDATE audit SET event = 'case.kept' WHERE number = 3", 3),
        ("UPDATE audit SET subject = 'case:413' WHERE number = 3", 3),
        ("UPDATE audit SET hash = previous WHERE number = 3", 3),
        ("DELETE FROM audit WHERE number = 1", 1),
        ("DELETE FROM audit WHERE number = 3", 3),
        ("DELETE FROM audit WHERE number = 5", 5),
        ("DELETE FROM audit", 1),
        (
            (
                "INSERT INTO audit SELECT 6, event, actor, subject, at, details, hash, hash "
                "FROM audit WHERE number = 5"
            ),
            6,
        ),
        (
            (
                "INSERT INTO audit SELECT 0, event, actor, subject, at, details, previous, hash "
                "FROM audit WHERE number = 1"
            ),
            1,
        ),
    ],
)
def test_what_is_done_around_the_triggers_shows(database, statement, first_bad):
    append(database, 5)

    tamper(database, statement)

    found = verify(database)
    assert not found.intact
    assert found.first_bad == first_bad
    assert "Monitoring Officer" in found.sentence


def test_a_row_forged_with_its_own_hash_breaks_the_next(database):
    append(database, 5)
    with database.reading() as reading:
        forged = (
            reading.session.execute(text("SELECT * FROM audit WHERE number = 3")).mappings().one()
        )
    row = dict(forged) | {"actor": "person:bede", "at": NOW + 2 * MINUTE}
    row["details"] = {"version": 2, "clause": None, "words": "é \ud83d"}

    tamper(
        database,
        f"UPDATE audit SET actor = 'person:bede', hash = '{audit._hash(row)}' WHERE number = 3",  # noqa: S608 - a forger's own statement
    )

    assert verify(database).first_bad == 4


def test_an_end_cut_off_and_forgotten_shows(database):
    append(database, 5)

    tamper(database, "DELETE FROM audit_head")

    assert not verify(database).intact


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'person:bede'",
        "UPDATE audit SET actor = 'person:bede' WHERE number = 1",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE number = 5",
    ],
)
def test_the_triggers_refuse_to_change_the_chain(database, statement):
    append(database, 5)

    with pytest.raises(DatabaseRefused, match="append-only"):
        execute(database, statement)

    assert verify(database).rows == 5
    assert verify(database).intact


def execute(database: Database, statement: str) -> None:
    with database.transaction() as tx:
        tx.session.execute(text(statement))


def test_a_chain_longer_than_a_page_is_walked_whole(database):
    append(database, 1001)
    assert verify(database).rows == 1001

    tamper(database, "UPDATE audit SET actor = 'person:bede' WHERE number = 1001")

    assert verify(database).first_bad == 1001


def test_four_threads_append_to_one_chain_and_it_holds(database):
    def work(thread: int) -> None:
        for number in range(10):
            append(database, 2, first=thread * 100 + number)

    with ThreadPoolExecutor(4) as pool:
        for result in [pool.submit(work, thread) for thread in range(4)]:
            result.result()

    found = verify(database)
    assert (found.rows, found.intact) == (80, True)
