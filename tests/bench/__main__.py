"""``python -m tests.bench``: the costs of the main steps, side by side, in one run.

docs/reference/benchmarks.md says how to read what it prints.
"""

from __future__ import annotations

import os
import platform
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import FrameType

import click
from rich.console import Console

from monitor import telemetry
from tests.bench.classifying import classifying_rows
from tests.bench.ground import FULL, QUICK, Ground, prepared_ground
from tests.bench.looking import looking_rows, verifying_rows
from tests.bench.printed import as_json, print_table
from tests.bench.pulling import pulling_rows
from tests.bench.rounds import Row
from tests.bench.scoring import scoring_rows
from tests.bench.storing import assessing_rows, storing_rows

_QUESTIONS: tuple[Callable[[Ground], Iterator[Row]], ...] = (
    storing_rows,
    assessing_rows,
    scoring_rows,
    pulling_rows,
    looking_rows,
    verifying_rows,
    classifying_rows,
)


@click.command()
@click.option("--quick", is_flag=True, help="Tiny sizes: proves that it runs, measures nothing.")
@click.option("--json", "wants_json", is_flag=True, help="Print JSON instead of a table.")
def bench(*, quick: bool, wants_json: bool) -> None:
    """Compare the costs of the main steps side by side, as ratios."""
    # A stopped run drops its databases too.
    signal.signal(signal.SIGTERM, _leave)
    telemetry.configure(level="error")
    told = Console(stderr=True)
    began = datetime.now(UTC)
    rows: list[Row] = []
    with (
        told.status("Opening databases and reading the word lists") as status,
        prepared_ground(QUICK if quick else FULL) as ground,
    ):
        for number, question in enumerate(_QUESTIONS, start=1):
            status.update(f"Measuring, part {number} of {len(_QUESTIONS)}")
            rows += question(ground)
    rows.sort(key=lambda row: row.group)
    about: dict[str, str | int] = {
        "measured_at": began.isoformat(timespec="seconds"),
        "seconds": round((datetime.now(UTC) - began).total_seconds()),
        "quick": quick,
        "cores": os.cpu_count() or 0,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }
    if wants_json:
        click.echo(as_json(rows, about))
        return
    console = Console()
    print_table(rows, console)
    console.print(", ".join(f"{name} {value}" for name, value in about.items()))


def _leave(signal_number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + signal_number)


if __name__ == "__main__":
    bench()
