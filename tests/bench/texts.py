"""The realistic comments that the comparisons read: the pretend town's and the labelled examples."""

from __future__ import annotations

import tomllib
from functools import cache
from itertools import cycle, islice
from pathlib import Path

__all__ = ["realistic", "so_many"]

_ROOT = Path(__file__).resolve().parents[2]


@cache
def realistic() -> tuple[str, ...]:
    """Every text once, the pretend town's first."""
    town = tomllib.loads((_ROOT / "monitor/sandbox/wexcombe.toml").read_text("utf-8"))
    examples = tomllib.loads((_ROOT / "tests/classifiers/examples.toml").read_text("utf-8"))
    written = [each["text"] for each in town["comments"]]
    for clause in examples["clause"]:
        written += [*clause["breaching"], *clause["fine"]]
    return tuple(written)


def so_many(number: int) -> list[str]:
    """As many texts as asked for, the realistic ones over and over."""
    return list(islice(cycle(realistic()), number))
