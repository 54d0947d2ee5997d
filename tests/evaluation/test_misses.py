from __future__ import annotations

from config.standards import Lane
from monitor.evaluation.misses import worst_misses
from tests.evaluation.cast import example, readings_of


def kinds(*examples):
    return {kind.name: kind for kind in worst_misses(readings_of(*examples))}


def test_every_way_of_being_wrong_is_told_apart() -> None:
    found = kinds(
        example("1", "", "welfare"),
        example("2", "", "threat"),
        example("3", "unsure"),
        example("threat=0.9 4", "clear"),
        example("self_harm_risk=0.9 5", "clear"),
        example("self_harm_risk=0.9 6", "", "threat"),
        example("threat=0.9 7", "", "threat", "hate"),
        example("threat=0.9 8", "", "threat"),
        example("9", "clear"),
    )

    assert [kind.count for kind in found.values()] == [1] * 7


def test_the_surest_mistake_comes_first() -> None:
    alarms = kinds(
        example("threat=0.6", "clear", id="A-1"),
        example("threat=0.95", "criticism", id="A-2", family="satire"),
    )["Lawful comments read as a breach"]
    missed = kinds(
        example("threat=0.45", "", "threat", id="B-1"),
        example("threat=0.1", "", "threat", id="B-2"),
    )["Breaches that nobody would see"]

    assert [each.id for each in alarms.worst] == ["A-2", "A-1"]
    assert [each.id for each in missed.worst] == ["B-2", "B-1"]


def test_a_miss_says_what_was_expected_and_what_was_read() -> None:
    (miss,) = kinds(example("threat=0.9 x", "criticism", family="satire"))[
        "Lawful comments read as a breach"
    ].worst

    assert (miss.expected, miss.got, miss.family) == (Lane.CRITICISM, Lane.BREACH, "satire")
    assert (miss.expected_clauses, miss.got_clauses, miss.score) == ((), ("threat",), 0.9)


def test_one_family_does_not_hide_the_others() -> None:
    many = [example(f"threat=0.9 {number}", "clear", family="looks-bad") for number in range(20)]
    found = kinds(*many, example("threat=0.6", "clear", family="praise"))
    alarms = found["Lawful comments read as a breach"]

    assert alarms.count == 21
    assert [each.family for each in alarms.worst] == ["looks-bad"] * 3 + ["praise"]


def test_no_more_than_twelve_are_shown() -> None:
    many = [
        example(f"threat=0.9 {number}", "clear", family=f"family {number}") for number in range(20)
    ]

    assert len(kinds(*many)["Lawful comments read as a breach"].worst) == 12


def test_nothing_is_wrong_where_all_is_right() -> None:
    assert all(not kind.count for kind in kinds(example("hello")).values())
