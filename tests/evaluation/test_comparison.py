from __future__ import annotations

import dataclasses

import pytest

from config.standards import Cue, Severity
from monitor.evaluation.comparison import Side, compare
from tests.evaluation.cast import STANDARD, clause, example, readings_of

pytest.importorskip("sklearn")

EXAMPLES = (
    example("threat=0.9 1", "", "threat", id="A-1"),
    example("threat=0.6 2", "", "threat", id="A-2"),
    example("threat=0.6 3", "clear", id="A-3", family="looks-bad"),
    example("threat=0.6 4", "unsure", id="A-4"),
    example("hello 5", "clear", id="A-5"),
)
STRICTER = dataclasses.replace(
    STANDARD,
    version="2.0.0",
    clauses=(clause("threat", Severity.S1, Cue("threat", 0.8, 0.9)), *STANDARD.clauses[1:]),
)


@pytest.fixture(scope="module")
def comparison():
    return compare(
        Side("lenient", readings_of(*EXAMPLES), STANDARD),
        Side("strict", readings_of(*EXAMPLES, standards=STRICTER), STRICTER),
    )


def test_the_examples_that_change_lane_are_named_with_who_is_right(comparison) -> None:
    assert [(each.id, each.first, each.second, each.right) for each in comparison.changes] == [
        ("A-2", "breach", "clear", "first"),
        ("A-3", "breach", "clear", "second"),
        ("A-4", "breach", "clear", "neither"),
    ]


def test_mcnemar_asks_only_for_breach_or_not(comparison) -> None:
    assert (comparison.only_first_right, comparison.only_second_right) == (1, 2)
    assert comparison.p_value == pytest.approx(1)


def test_figures_stand_side_by_side_with_their_difference(comparison) -> None:
    figures = {each.name: each for each in comparison.figures}
    recall = figures["Breach recall"]

    assert (recall.first, recall.second, recall.difference) == (1, 0.5, -0.5)
    assert figures["False alarms on words that only look bad"].difference == -1
    assert not figures["False alarms on words that only look bad"].is_better_higher
    assert figures["Hate found"].difference is None


def test_a_side_beside_itself_changes_nothing() -> None:
    side = Side("one", readings_of(*EXAMPLES), STANDARD)
    found = compare(side, side)

    assert (found.changes, found.p_value) == ((), 1)
    assert {each.difference for each in found.figures} <= {0.0, None}
