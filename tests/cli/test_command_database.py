from __future__ import annotations


def test_a_database_is_made_and_upgrading_twice_is_harmless(home) -> None:
    (home.path / "wardmote.db").unlink()
    before = home.run("database", "state")
    first = home.run("database", "upgrade")
    second = home.run("database", "upgrade")

    assert "at nothing yet" in before.stdout
    assert first.exit_code == second.exit_code == 0
    assert first.stdout == second.stdout
    assert "wardmote.db is at 0002" in first.stdout


def test_the_state_of_one_that_is_up_to_date_is_what_the_program_needs(home) -> None:
    result = home.run("database", "state")

    current = result.stdout.partition(": at ")[2].partition(",")[0]
    assert result.exit_code == 0
    assert result.stdout.endswith(f"this program needs {current}.\n")
