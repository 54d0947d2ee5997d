"""The rows as one table for people, or as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from tests.bench.rounds import Row

__all__ = ["as_json", "print_table"]

_WIDTH = 132


def print_table(rows: Sequence[Row], console: Console) -> None:
    """One table, a line for each row; nothing is cut off where the terminal is narrow."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("")
    table.add_column("first / second")
    table.add_column("on", no_wrap=True)
    for column in ("ratio", "low-high"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("aim", no_wrap=True)
    for column in ("first", "second"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    table.add_column("rounds", justify="right")
    before = rows[0].group if rows else 0
    for row in rows:
        if row.group != before:
            table.add_section()
            before = row.group
        table.add_row(f"{row.group}", row.compared, row.on, *_figures(row))
    console.width = max(console.width, _WIDTH)
    console.print(table)
    console.print("ratio: the median of the rounds' first / second; below 1 the first is quicker.")


def as_json(rows: Sequence[Row], about: Mapping[str, str | int]) -> str:
    """The same rows with what they were measured on."""
    return json.dumps({"about": dict(about), "rows": [asdict(row) for row in rows]}, indent=2)


def _figures(row: Row) -> list[str]:
    if row.missing or row.ratio is None:
        return ["-", row.missing]
    first, second, ratio, low, high = (
        _short(figure or 0.0) for figure in (row.first, row.second, row.ratio, row.low, row.high)
    )
    return [ratio, f"{low}-{high}", row.aim, first, second, row.unit, f"{row.rounds}"]


def _short(figure: float) -> str:
    """Three digits that say something, never an exponent."""
    whole = len(f"{int(figure)}") if figure >= 1 else 0
    leading_zeros = 0 if figure >= 1 or figure <= 0 else int(-math.log10(figure))
    return f"{figure:.{max(0, 3 - whole) + leading_zeros}f}"
