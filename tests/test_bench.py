from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from tests.bench.printed import as_json, print_table
from tests.bench.rounds import Measured, Row, Side, in_turns, pair, row_of, unmeasured

_ROOT = Path(__file__).resolve().parents[1]

_FIRST_WORDS = {
    (1, "SQLite"): ["4 new comments / the same 4"],
    (1, "PostgreSQL"): ["4 new comments / the same 4"],
    (1, "PostgreSQL / SQLite"): ["4 new comments", "the same 4 again"],
    (2, "SQLite"): ["assessing one at a time"],
    (2, "PostgreSQL"): ["assessing one at a time"],
    (3, "detectors"): [
        "the panel / its slowest detector",
        "the panel / each detector",
        "the panel, a text at a time",
        "word lists, one expression a list",
        "the panel / a network",
    ],
    (4, "Graph sandbox"): ["a first pull of 12", "a first pull of 12"],
    (5, "SQLite"): ["a queue page of 4", "a case's page"],
    (5, "PostgreSQL"): ["a queue page of 4", "a case's page"],
    (6, "SQLite"): ["csv_import / facebook_page"],
    (7, "SQLite"): ["verifying 40 audit rows", "1000 rows of a chain"],
    (7, "PostgreSQL"): ["verifying 40 audit rows", "1000 rows of a chain"],
    (8, "two threads"): [
        "the encoder / Detoxify",
        "the whole reading / Detoxify",
        "with the first stage / Detoxify",
        "with the first stage / without it",
    ],
}


def _table(rows: list[Row]) -> str:
    shown = io.StringIO()
    print_table(rows, Console(file=shown, width=300))
    return shown.getvalue()


@pytest.fixture(scope="module")
def quick_rows() -> list[Row]:
    command = [sys.executable, "-W", "error", "-m", "tests.bench", "--quick", "--json"]
    run = subprocess.run(  # noqa: S603 - our own command
        command, cwd=_ROOT, capture_output=True, text=True, timeout=240, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "Error" not in run.stderr
    assert "Warning" not in run.stderr
    answer = json.loads(run.stdout)
    assert answer["about"]["quick"] is True
    return [Row(**each) for each in answer["rows"]]


def test_a_quick_run_answers_every_question_in_order(quick_rows: list[Row]) -> None:
    assert [row.group for row in quick_rows] == sorted(row.group for row in quick_rows)
    asked = {
        place: [row.compared for row in quick_rows if (row.group, row.on) == place]
        for place in _FIRST_WORDS
    }
    assert {place: len(found) for place, found in asked.items()} == {
        place: len(words) for place, words in _FIRST_WORDS.items()
    }
    for place, words in _FIRST_WORDS.items():
        for compared, start in zip(asked[place], words, strict=True):
            assert compared.startswith(start)
    assert len(quick_rows) == sum(map(len, _FIRST_WORDS.values()))


def test_every_row_has_figures_or_says_why_not(quick_rows: list[Row]) -> None:
    for row in quick_rows:
        if row.missing:
            assert row.ratio is None
            # Only what a machine may lack may be missing.
            assert "PostgreSQL" in row.on or row.group in {3, 8}
            continue
        assert row.ratio is not None
        assert row.low is not None
        assert row.high is not None
        assert 0 < row.low <= row.ratio <= row.high
        assert row.rounds >= 1
        assert row.unit


def test_a_quiet_pull_makes_one_call_where_a_first_one_reads_every_post(
    quick_rows: list[Row],
) -> None:
    (calls,) = [row for row in quick_rows if row.unit == "calls"]

    assert (calls.first, calls.second) == (4, 1)


def test_the_table_has_a_line_for_every_row(quick_rows: list[Row]) -> None:
    printed = _table(quick_rows).splitlines()

    for row in quick_rows:
        assert [line for line in printed if row.compared in line and row.on in line]


def test_sides_take_turns_and_the_first_round_only_warms_up() -> None:
    happened: list[str] = []

    def side(name: str) -> Side:
        def act() -> int:
            happened.append(name)
            return len(happened)

        return Side(name, act, prepare=lambda: happened.append(f"before {name}"))

    measured = in_turns([side("a"), side("b")], rounds=2)

    assert happened == ["before a", "a", "before b", "b"] * 3
    assert measured["a"].told == (6, 10)
    assert len(measured["b"].seconds) == 2


def test_seconds_are_stated_for_one_unit_of_work() -> None:
    ticks = iter([0.0, 1.0, 10.0, 18.0, 20.0, 24.0])

    measured = in_turns([Side("a", lambda: 4, per=4)], rounds=2, clock=lambda: next(ticks))

    assert measured["a"].seconds == (2.0, 1.0)


def test_a_ratio_is_the_median_of_the_rounds_and_not_of_the_sums() -> None:
    measured = {"a": Measured((1.0, 20.0, 3.0), ()), "b": Measured((1.0, 10.0, 6.0), ())}

    row = row_of(1, "a / b", pair(measured, "a", "b"), on="here", unit="s", scale=1)

    assert (row.first, row.second) == (3.0, 6.0)
    assert (row.low, row.ratio, row.high, row.rounds) == (0.5, 1.0, 2.0, 3)


def test_what_could_not_be_measured_stands_in_the_table_with_its_reason() -> None:
    row = unmeasured(1, "new / known", on="PostgreSQL", missing="no server answers")

    (line,) = [line for line in _table([row]).splitlines() if "new / known" in line]

    assert " ".join(line.split()) == "1 new / known PostgreSQL - no server answers"


@pytest.mark.parametrize(
    ("figure", "shown"),
    [
        (1234.6, "1235"),
        (99.4, "99.4"),
        (9.53, "9.53"),
        (41.0, "41.0"),
        (6.256, "6.26"),
        (0.627, "0.627"),
        (0.0397, "0.0397"),
        (0.000355, "0.000355"),
        (0.0, "0.000"),
    ],
)
def test_a_figure_has_three_digits_that_say_something(figure: float, shown: str) -> None:
    row = row_of(1, "a / b", [[figure], [1.0]], on="here", unit="s", scale=1)

    (line,) = [line for line in _table([row]).splitlines() if "a / b" in line]

    assert line.split()[5] == shown


def test_json_holds_the_same_rows_and_what_they_were_measured_on() -> None:
    row = row_of(7, "a / b", [[2.0], [1.0]], on="here", unit="s", scale=1, aim="near 4")

    answer = json.loads(as_json([row], {"cores": 2}))

    assert answer["about"] == {"cores": 2}
    assert [Row(**each) for each in answer["rows"]] == [row]
