from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from classifiers.contract import Label
from classifiers.heads import BY_CLAUSE, BY_TARGET, HEADS
from classifiers.labelled import Example
from classifiers.training.council_data import council_rows
from classifiers.training.rows import HEAD_INDEX

TEXT = "The lads on the bin round left our lane again, and nobody at the depot can say why. " * 3
SEEN, CRITICISM, ANSWER = "must_be_seen", "criticism", "needs_response"


def example(text: str = TEXT, clauses: tuple[str, ...] = (), **changes: object) -> Example:
    values = {
        "id": "X-1",
        "lane": "breach" if clauses else "clear",
        "target": "nobody",
        "severity": "S3" if clauses else "",
        "needs_response": False,
        "family": "abuse",
        "topic": "bins",
        "style": "x01",
        "post": "",
    }
    return Example(text=text, clauses=clauses, **{**values, **changes})


def learnt(one: Example) -> dict[str, float]:
    """What a row says of the heads that it knows."""
    (row,) = council_rows([one], copies=0, seed=1).targets
    return {
        str(label): value for label, value in zip(HEADS, row, strict=True) if not np.isnan(value)
    }


@pytest.mark.parametrize("clause", BY_CLAUSE)
def test_an_example_speaks_for_every_clause_whether_it_touches_it_or_not(clause: str) -> None:
    found = learnt(example(clauses=(clause,)))

    assert {name: found[label] for name, label in BY_CLAUSE.items()} == {
        name: float(name == clause) for name in BY_CLAUSE
    }


@pytest.mark.parametrize("target", [*BY_TARGET, "nobody"])
def test_it_says_whom_it_bears_on_and_whom_not(target: str) -> None:
    found = learnt(example(target=target))

    assert {name: found[label] for name, label in BY_TARGET.items()} == {
        name: float(name == target) for name in BY_TARGET
    }


@pytest.mark.parametrize("needs", [True, False])
def test_it_says_whether_an_officer_must_answer(needs: bool) -> None:  # noqa: FBT001 - a parameter
    assert learnt(example(needs_response=needs))[ANSWER] == needs


UNKNOWN = None


@pytest.mark.parametrize(
    ("one", "heads"),
    [
        (example(), {SEEN: 0, CRITICISM: 0}),
        (example(lane="request"), {SEEN: 0, CRITICISM: 0}),
        (example(lane="criticism"), {SEEN: 0, CRITICISM: 1}),
        (example(lane="unsure"), {SEEN: UNKNOWN, CRITICISM: 0}),
        (example(clauses=("abuse",)), {SEEN: 1, CRITICISM: UNKNOWN}),
        (example(clauses=("welfare",), lane="welfare"), {SEEN: 1, CRITICISM: UNKNOWN}),
        # Of Detoxify's labels it says what the clauses say, and leaves the rest open.
        (example(), {"toxicity": 0, "severe_toxicity": 0, "insult": 0, "obscene": 0, "threat": 0}),
        (example(lane="request"), {"toxicity": 0, "severe_toxicity": 0}),
        (
            example(lane="criticism"),
            {"toxicity": UNKNOWN, "severe_toxicity": UNKNOWN, "insult": 0, "obscene": 0},
        ),
        (example(lane="unsure"), {"toxicity": UNKNOWN, "severe_toxicity": UNKNOWN}),
        (
            example(clauses=("abuse",)),
            {"toxicity": 1, "severe_toxicity": UNKNOWN, "insult": 1, "obscene": UNKNOWN},
        ),
        (
            example(clauses=("threat",)),
            {"toxicity": 1, "threat": 1, "insult": UNKNOWN, "identity_attack": 0},
        ),
        (
            example(clauses=("hate", "abuse")),
            {"toxicity": 1, "identity_attack": 1, "insult": 1, "threat": 0},
        ),
        (example(clauses=("hate",)), {"identity_attack": 1, "insult": UNKNOWN}),
        (example(clauses=("sexual",)), {"toxicity": 1, "sexual_explicit": 1, "insult": UNKNOWN}),
        (example(clauses=("harassment",)), {"toxicity": UNKNOWN, "insult": UNKNOWN}),
        (
            example(clauses=("language",)),
            {"toxicity": UNKNOWN, "obscene": 1, "insult": 0, "sexual_explicit": 0},
        ),
        (
            example(clauses=("private-information",)),
            {"toxicity": UNKNOWN, "obscene": UNKNOWN, "insult": 0},
        ),
    ],
)
def test_what_an_example_does_not_say_stays_unknown(
    one: Example, heads: Mapping[str, float | None]
) -> None:
    found = learnt(one)

    assert {head: found.get(head) for head in heads} == heads


def test_every_example_comes_first_as_it_was_written() -> None:
    examples = [example("One."), example("Two.", ("abuse",)), example("Three.")]

    rows = council_rows(examples, copies=2, seed=7)

    assert list(rows.texts[:3]) == ["One.", "Two.", "Three."]
    assert (len(rows), rows.targets.shape) == (9, (9, len(HEADS)))
    assert rows.weights.tolist() == [1.0] * 9
    contempt = rows.targets[:, HEAD_INDEX[Label("contempt")]]
    assert contempt.tolist() == [0, 1, 0] * 3


def test_without_copies_nothing_is_changed() -> None:
    assert list(council_rows([example()], copies=0, seed=7).texts) == [TEXT]


def test_the_same_seed_types_the_same_and_another_does_not() -> None:
    examples = [example(f"{TEXT} {number}") for number in range(20)]
    one, same, other = (council_rows(examples, copies=1, seed=seed) for seed in (7, 7, 8))

    assert list(one.texts) == list(same.texts)
    assert np.array_equal(one.targets, same.targets, equal_nan=True)
    assert list(one.texts) != list(other.texts)


def test_copies_are_typed_in_every_way_that_people_in_a_hurry_type() -> None:
    copies = council_rows([example()], copies=300, seed=7).texts[1:]
    typed = [copy for copy in copies if "," in copy]

    assert TEXT.strip() in copies
    assert any(not set(".,") & set(copy) for copy in copies)
    # Lost, doubled, and swapped or struck beside the right one.
    assert min(map(len, typed)) < len(TEXT.strip()) < max(map(len, typed))
    assert any(len(copy) == len(TEXT.strip()) and copy != TEXT.strip() for copy in typed)
    assert sum(copy != TEXT.strip() for copy in copies) > 150


def test_a_copy_stays_close_to_what_was_written() -> None:
    copies = council_rows([example()], copies=300, seed=7).texts[1:]
    marks = sum(TEXT.count(mark) for mark in ".,")

    assert all(abs(len(copy) - len(TEXT)) <= marks + 0.1 * len(TEXT) for copy in copies)


@pytest.mark.parametrize("text", ["...", "!", ".,;:!'", "🐍"])
def test_a_copy_is_never_empty(text: str) -> None:
    assert set(council_rows([example(text)], copies=100, seed=7).texts) == {text}


def test_one_letter_alone_has_no_next_to_be_swapped_with() -> None:
    copies = council_rows([example("q")], copies=3000, seed=7).texts

    assert set(copies) == {"q", "qq", "w"}


def test_in_some_copies_another_group_is_named_and_nothing_else_is_changed() -> None:
    text = "The women at the library helped me"
    copies = council_rows([example(text)], copies=300, seed=7).texts[1:]
    others = {copy for copy in copies if copy.endswith(" at the library helped me")} - {text}

    assert 100 < sum("women" in copy for copy in copies) < 250
    assert {
        "The Muslims at the library helped me",
        "The disabled people at the library helped me",
    } <= (others)
