from __future__ import annotations

import json

import pytest

from monitor.evaluation.examples import digest, read_file
from monitor.evaluation.needs import EvaluationImpossible
from tests.evaluation.cast import example

LEAST = {"id": "a", "text": "Thank you", "lane": "clear"}


def written(tmp_path, *rows) -> object:
    path = tmp_path / "mine.jsonl"
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines), "utf-8")
    return path


def test_three_keys_make_an_example(tmp_path) -> None:
    (found,) = read_file(written(tmp_path, LEAST))

    assert (found.id, found.text, found.lane) == ("a", "Thank you", "clear")
    assert (found.clauses, found.target, found.family, found.post) == ((), "nobody", "unnamed", "")
    assert found.needs_response is False


def test_every_key_is_read(tmp_path) -> None:
    whole = LEAST | {
        "clauses": ["abuse", "language"],
        "lane": "breach",
        "target": "staff",
        "severity": "S3",
        "needs_response": True,
        "family": "mixed",
        "topic": "bins",
        "style": "s01",
        "post": "Bins",
    }
    (found,) = read_file(written(tmp_path, whole))

    assert found.clauses == ("abuse", "language")
    assert (found.severity, found.needs_response, found.post) == ("S3", True, "Bins")


def test_empty_lines_and_a_byte_order_mark_are_no_matter(tmp_path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(LEAST).encode() + b"\n\n")

    assert len(read_file(path)) == 1


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("{", "it is not a JSON object"),
        ("[1]", "it is not a JSON object"),
        ({"id": "b", "text": "x"}, "it has no lane"),
        (LEAST | {"id": "b", "lane": "breech"}, "its lane is none of: breach, welfare"),
        (LEAST | {"id": "b", "target": "them"}, "its target is none of: staff, councillor"),
        (LEAST | {"id": "b", "severity": "S9"}, "its severity is none of: S1, S2, S3, S4"),
        (LEAST | {"id": "b", "clauses": "abuse"}, "its clauses are not a list"),
        (LEAST | {"id": "b", "clauses": [1]}, "its clauses are not a list"),
        (LEAST | {"id": 7}, "its id is not text"),
        (LEAST | {"id": "b", "needs_response": "no"}, "its needs_response is neither"),
        (LEAST | {"id": "b", "label": "rude"}, "an example has no 'label'"),
        (LEAST, "its id has stood before"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_without_the_words(tmp_path, row, complaint) -> None:
    path = written(tmp_path, LEAST, row)
    with pytest.raises(EvaluationImpossible) as refusal:
        read_file(path)

    assert refusal.value.sentence.startswith(f"{path}, line 2: {complaint}")
    assert "Thank you" not in refusal.value.sentence
    assert "evaluation-card.md" in refusal.value.hint


def test_a_file_without_examples_is_none(tmp_path) -> None:
    with pytest.raises(EvaluationImpossible, match="holds no example"):
        read_file(written(tmp_path, ""))


def test_a_file_that_is_not_utf_8_is_told(tmp_path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(EvaluationImpossible, match="is not UTF-8"):
        read_file(path)


def test_the_digest_says_which_examples_exactly() -> None:
    some = [example("one"), example("two")]

    assert digest(some) == digest(list(some))
    assert len(digest(some)) == 12
    assert digest(some) != digest(some[::-1])
    assert digest(some) != digest([some[0], example("two", family="praise")])


def test_half_a_character_has_a_digest_too() -> None:
    assert digest([example("\ud83d")])
