from __future__ import annotations

from sqlalchemy import text

from monitor.workflow import record_keeping


def tamper(bench, statement: str) -> None:
    """As somebody with the file in hand can, who first takes the guards away."""
    with bench.services.database.transaction("a thief") as tx:
        named = tx.session.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        for (trigger,) in named.all():
            tx.session.execute(text(f"DROP TRIGGER {trigger}"))
        tx.session.execute(text(statement))


def test_a_record_that_nobody_touched_is_intact(bench) -> None:
    bench.read()
    bench.decide("keep")
    audit, evidence = record_keeping.verify(bench.services)

    assert (audit.what, audit.intact, audit.rows > 0) == ("audit", True, True)
    assert (evidence.what, evidence.intact, evidence.rows) == ("evidence", True, 1)


def test_a_changed_row_of_the_chain_is_found(bench) -> None:
    bench.read()
    tamper(bench, "UPDATE audit SET actor = 'person:nobody' WHERE number = 2")
    audit, evidence = record_keeping.verify(bench.services)

    assert not audit.intact
    assert "2" in audit.sentence
    assert evidence.intact
