from __future__ import annotations

import itertools
import json
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, fields
from importlib.resources import files

import pytest

from classifiers.heads import BY_CLAUSE, BY_TARGET
from classifiers.labelled import SPLITS, Example, read_examples
from config.standards import Lane, Severity, Target

EXAMPLES = {split: read_examples(split) for split in SPLITS}
EVERY = [example for split in SPLITS for example in EXAMPLES[split]]
PAIRS = list(itertools.combinations(SPLITS, 2))


def bare(text: str) -> str:
    """Without case, accents, spaces and marks; letters, digits and signs such as emoji stay."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in plain if unicodedata.category(each)[0] not in "PZCM")


def wrong(is_right: Callable[[Example], bool]) -> list[str]:
    """The ids of what is not right; never the texts, which no report should hold."""
    return [example.id for example in EVERY if not is_right(example)]


@pytest.mark.parametrize("split", SPLITS)
def test_every_line_of_a_split_is_read_in_its_order(split: str) -> None:
    file = files("classifiers").joinpath("examples", f"{split}.jsonl")
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]

    assert lines == [
        asdict(example) | {"clauses": list(example.clauses)} for example in EXAMPLES[split]
    ]
    assert {name for line in lines for name in line} == {each.name for each in fields(Example)}


def test_a_split_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(ValueError, match="no split 'valid'; these are: train, development, test"):
        read_examples("valid")


def test_a_breach_is_what_lies_in_that_lane() -> None:
    assert wrong(lambda example: example.is_breach == (example.lane == "breach")) == []
    assert {example.is_breach for example in EVERY} == {True, False}


def test_there_are_enough_of_them() -> None:
    assert len(EVERY) >= 3000


@pytest.mark.parametrize("split", SPLITS)
def test_every_split_has_every_clause_every_lane_and_every_target(split: str) -> None:
    found = EXAMPLES[split]

    assert {clause for example in found for clause in example.clauses} == set(BY_CLAUSE)
    assert {example.lane for example in found} == {str(lane) for lane in Lane}
    assert {example.target for example in found} == {str(target) for target in Target}
    assert {*BY_TARGET, "nobody"} == {str(target) for target in Target}


def test_an_example_says_nothing_that_the_standard_does_not_know() -> None:
    severities = {"", *(str(each) for each in Severity)}

    assert wrong(lambda example: set(example.clauses) <= set(BY_CLAUSE)) == []
    assert wrong(lambda example: example.lane in set(Lane)) == []
    assert wrong(lambda example: example.target in set(Target)) == []
    assert wrong(lambda example: example.severity in severities) == []
    assert wrong(lambda example: isinstance(example.needs_response, bool)) == []


def test_a_lane_agrees_with_the_clauses() -> None:
    touched = {"breach", "welfare"}

    assert wrong(lambda example: (example.lane in touched) == bool(example.clauses)) == []
    assert wrong(lambda example: bool(example.clauses) == bool(example.severity)) == []
    assert wrong(lambda e: e.lane != "breach" or set(e.clauses) != {"welfare"}) == []
    assert wrong(lambda e: e.lane != "welfare" or "welfare" in e.clauses) == []
    assert wrong(lambda example: len(set(example.clauses)) == len(example.clauses)) == []


def test_every_example_has_words_and_a_place() -> None:
    named = ("id", "text", "family", "topic", "style")

    assert wrong(lambda example: all(getattr(example, name).strip() for name in named)) == []
    assert wrong(lambda example: example.post == example.post.strip()) == []


def test_an_id_is_one_example_over_all_splits() -> None:
    assert [each for each, times in Counter(e.id for e in EVERY).items() if times > 1] == []


@pytest.mark.parametrize(("one", "other"), PAIRS)
@pytest.mark.parametrize("held", ["style", "topic", "post"])
def test_no_style_no_topic_and_no_post_is_in_two_splits(one: str, other: str, held: str) -> None:
    of_one, of_other = (
        {getattr(example, held) for example in EXAMPLES[split]} - {""} for split in (one, other)
    )

    assert of_one & of_other == set()
    assert of_one
    assert of_other


def test_no_text_stands_twice_after_case_spaces_and_marks_are_folded() -> None:
    by_text: dict[str, list[str]] = {}
    for example in EVERY:
        by_text.setdefault(bare(example.text), []).append(example.id)

    assert [ids for ids in by_text.values() if len(ids) > 1] == []
    assert "" not in by_text


@pytest.mark.parametrize(
    ("one", "other"),
    [("You lot!", "you lot"), ("Café, now", "cafe\u0301now"), ("a\u200bb", "A-B"), ("Ⅳ", "iv")],
)
def test_folding_sees_through_case_spaces_and_marks(one: str, other: str) -> None:
    assert bare(one) == bare(other)


def test_folding_keeps_what_makes_a_text_another() -> None:
    assert len({bare(text) for text in ("🐍", "🐀", "£4", "4", "a", "b")}) == 6
