from __future__ import annotations

import json

from sqlalchemy import text

ADD = ["people", "add", "amina", "--name", "Amina", "--role", "viewer", "--no-password"]


def tamper(database) -> None:
    with database.transaction("a thief") as tx:
        for (name,) in tx.session.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        ).all():
            tx.session.execute(text(f"DROP TRIGGER {name}"))
        tx.session.execute(text("UPDATE audit SET actor = 'nobody'"))


def test_a_record_that_nobody_touched_is_intact(home) -> None:
    home.run(*ADD)
    result = home.run("records", "verify")

    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 2


def test_a_record_that_was_changed_is_found_out(home, database_of) -> None:
    home.run(*ADD)
    tamper(database_of)
    result = home.run("records", "verify")

    assert result.exit_code == 1
    assert "1" in result.stdout


def test_the_proof_can_be_had_as_json(home, database_of) -> None:
    home.run(*ADD)
    intact = home.run("records", "verify", "--json")
    tamper(database_of)
    changed = home.run("records", "verify", "--json")

    assert json.loads(intact.stdout)["intact"] is True
    facts = json.loads(changed.stdout)
    assert facts["intact"] is False
    assert [each["what"] for each in facts["checks"]] == ["audit", "evidence"]
    assert changed.exit_code == 1
