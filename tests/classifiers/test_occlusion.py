from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from classifiers.contract import Label, Span
from classifiers.occlusion import READINGS, occlude

_HEADS = (Label("insult"), Label("threat"), Label("leak"))
_INSULT, _THREAT, _LEAK = _HEADS
_PLAIN = "The bins on Mill Lane were missed again and nobody has told us why or when. "


class _Toy:
    """Adds up phrases, or takes the strongest; counts what it was given to read."""

    def __init__(
        self, script: Mapping[str, Mapping[Label, float]], *, takes_strongest: bool = False
    ) -> None:
        self._script = script
        self._join = max if takes_strongest else math.fsum
        self.read: list[str] = []

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.read += texts
        return np.array([self._row(text.lower()) for text in texts], dtype=np.float32)

    def _row(self, text: str) -> list[float]:
        return [
            self._join(
                [0.0, *(each.get(head, 0.0) for word, each in self._script.items() if word in text)]
            )
            - 4.0
            for head in _HEADS
        ]


def _shown(text: str, toy: _Toy, *wanted: Label) -> dict[Label, list[str]]:
    found = occlude(text, wanted, toy, heads=_HEADS)
    assert list(found) == list(wanted)
    assert len(toy.read) <= READINGS
    for spans in found.values():
        assert list(spans) == sorted(spans)
    return {label: [text[s.start : s.end] for s in spans] for label, spans in found.items()}


def test_the_clause_that_says_it_is_shown() -> None:
    text = "I asked three times about my bin, you are an utter disgrace, and still no answer came."

    shown = _shown(text, _Toy({"utter disgrace": {_INSULT: 7.0}}), _INSULT)

    (stretch,) = shown[_INSULT]
    assert "utter disgrace" in stretch
    assert len(stretch) < 30


def test_each_label_has_its_own_words() -> None:
    text = "You lazy clown. My neighbour has a hammer and will find you tonight, mark that."
    toy = _Toy({"clown": {_INSULT: 6.0}, "find you": {_THREAT: 8.0}})

    shown = _shown(text, toy, _THREAT, _INSULT)

    assert shown[_INSULT] == ["You lazy clown"]
    assert len(shown[_THREAT]) == 1
    assert "find you" in shown[_THREAT][0]
    assert "hammer" not in shown[_THREAT][0]


def test_two_stretches_that_add_up_are_both_shown() -> None:
    text = "You are an idiot. The library was shut on Monday morning when we came. What a clown."

    shown = _shown(text, _Toy({"idiot": {_INSULT: 4.0}, "clown": {_INSULT: 4.0}}), _INSULT)

    first, second = shown[_INSULT]
    assert "idiot" in first
    assert second == "What a clown"


def test_what_adds_almost_nothing_is_not_shown() -> None:
    text = "You are an idiot. The library was shut on Monday morning when we came. What a clown."

    shown = _shown(text, _Toy({"idiot": {_INSULT: 6.0}, "clown": {_INSULT: 0.9}}), _INSULT)

    assert len(shown[_INSULT]) == 1
    assert "idiot" in shown[_INSULT][0]


def test_two_stretches_that_say_the_same_are_both_shown_though_neither_is_missed() -> None:
    text = "You are an idiot. The library was shut on Monday morning when we came. What a clown."
    words = {"idiot": {_INSULT: 6.0}, "clown": {_INSULT: 6.0}}

    shown = _shown(text, _Toy(words, takes_strongest=True), _INSULT)

    assert len(shown[_INSULT]) == 2
    assert "idiot" in shown[_INSULT][0]
    assert "clown" in shown[_INSULT][1]


def test_in_a_longer_text_they_are_found_in_wider_stretches() -> None:
    text = f"You are an idiot. {_PLAIN * 6}What a clown."
    words = {"idiot": {_INSULT: 6.0}, "clown": {_INSULT: 6.0}}

    shown = _shown(text, _Toy(words, takes_strongest=True), _INSULT)

    assert "idiot" in shown[_INSULT][0]
    assert "clown" in shown[_INSULT][-1]
    assert sum(map(len, shown[_INSULT])) < len(text) * 0.8


def test_a_text_that_says_it_only_as_a_whole_has_no_spans() -> None:
    toy = _Toy({"": {_INSULT: 6.0}})

    assert _shown(_PLAIN, toy, _INSULT) == {_INSULT: []}


def test_neighbours_are_one_stretch_without_the_marks_at_its_ends() -> None:
    text = (
        "Well, well. \u201cYou miserable little thieving good for nothing wretch!!!\u201d (he said)"
    )
    words = {word: {_INSULT: 3.0} for word in ("miserable", "thieving", "nothing wretch")}

    shown = _shown(text, _Toy(words), _INSULT)

    (stretch,) = shown[_INSULT]
    assert stretch == "You miserable little thieving good for nothing wretch"


def test_the_stars_of_a_masked_word_belong_to_it() -> None:
    text = "Sort it out. Absolute f***** the lot of you, every single one, all of them. Thanks."

    shown = _shown(text, _Toy({"f*****": {_INSULT: 6.0}}), _INSULT)

    assert "f*****" in shown[_INSULT][0]


def test_a_snake_alone_is_something_to_point_at() -> None:
    assert _shown("🐍!", _Toy({"🐍": {_INSULT: 6.0}}), _INSULT) == {_INSULT: ["🐍"]}


def test_a_few_words_are_shown_whole() -> None:
    assert _shown(" You idiot! ", _Toy({}), _INSULT, _LEAK) == {
        _INSULT: ["You idiot"],
        _LEAK: ["You idiot"],
    }


@pytest.mark.parametrize("text", ["", " \n ", "... !?", "\u201c\u201d"])
def test_where_there_is_no_word_there_is_nothing_to_show(text: str) -> None:
    toy = _Toy({})

    assert _shown(text, toy, _INSULT) == {_INSULT: []}
    assert toy.read == []


def test_nothing_wanted_reads_nothing() -> None:
    toy = _Toy({})

    assert occlude(_PLAIN, (), toy, heads=_HEADS) == {}
    assert toy.read == []


def test_a_label_without_a_head_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="not in list"):
        occlude(_PLAIN, [Label("spam")], _Toy({}), heads=_HEADS)


@pytest.mark.parametrize("place", [0, 100, 249])
def test_in_twenty_thousand_characters_the_sentence_is_found(place: int) -> None:
    sentences = [_PLAIN] * 250
    sentences[place] = "Somebody will find you in the dark. "
    text = "".join(sentences)[:20_000]

    shown = _shown(text, _Toy({"will find you": {_THREAT: 9.0}}), _THREAT)

    (stretch,) = shown[_THREAT]
    assert "will find you" in stretch
    assert len(stretch) < 200


def test_labels_in_different_parts_of_a_long_text_are_each_found_there() -> None:
    text = f"You clown. {_PLAIN * 60}They will find you. {_PLAIN * 60}Her file says so."
    toy = _Toy({"clown": {_INSULT: 6.0}, "find you": {_THREAT: 6.0}, "her file": {_LEAK: 6.0}})

    shown = _shown(text, toy, _INSULT, _THREAT, _LEAK)

    for label, words in ((_INSULT, "clown"), (_THREAT, "find you"), (_LEAK, "Her file")):
        assert words in " ".join(shown[label])
        assert sum(map(len, shown[label])) < len(text) / 20


def test_more_parts_than_can_be_taken_apart_are_shown_as_they_are() -> None:
    heads = tuple(Label(f"label_{number}") for number in range(6))
    words = [f"word{number}" for number in range(6)]
    text = " ".join(f"{_PLAIN * 20} {word}." for word in words)
    read: list[str] = []

    def logits(texts: Sequence[str]) -> NDArray[np.float32]:
        read.extend(texts)
        rows = [[6.0 * (word in text) - 4.0 for word in words] for text in texts]
        return np.array(rows, dtype=np.float32)

    found = occlude(text, heads, logits, heads=heads)

    assert len(read) <= READINGS
    for label, word in zip(heads, words, strict=True):
        assert word in " ".join(text[span.start : span.end] for span in found[label])


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (
            "昨日图书馆关门了。你这个白痴\uff0c什么都不会做。明天公园开放吗\uff1f谢谢大家的帮助。",
            "白痴",
        ),
        ("x" * 9_000 + "idiot" + "x" * 10_000, "idiot"),
    ],
    ids=["a script without spaces", "no space at all"],
)
def test_a_text_without_spaces_is_cut_all_the_same(text: str, word: str) -> None:
    (stretch,) = _shown(text, _Toy({word: {_INSULT: 6.0}}), _INSULT)[_INSULT]

    assert word in stretch
    assert len(stretch) < len(text) / 3


def test_a_short_word_is_never_cut() -> None:
    text = "See https://example.org/" + "a" * 90 + " you idiot, it is all there for you to read."
    toy = _Toy({"idiot": {_INSULT: 6.0}})

    _shown(text, toy, _INSULT)

    assert all(("a" * 90 in each) or ("aaa" not in each) for each in toy.read)


def test_the_same_text_always_gets_the_same_stretches() -> None:
    words = {"missed": {_INSULT: 3.0}, "nobody": {_INSULT: 3.0}, "why": {_THREAT: 3.0}}

    first, second = (occlude(_PLAIN * 20, _HEADS, _Toy(words), heads=_HEADS) for _ in range(2))

    assert first == second


@settings(max_examples=60, deadline=None)
@given(
    st.text(
        alphabet=st.one_of(st.characters(), st.sampled_from(" .,!?\nab\ud83d👏")), max_size=300
    ),
    st.integers(min_value=1, max_value=40),
)
def test_spans_lie_within_any_text_and_readings_are_bounded(piece: str, times: int) -> None:
    text = (piece * times)[:20_000]
    read: list[str] = []

    def logits(texts: Sequence[str]) -> NDArray[np.float32]:
        read.extend(texts)
        rows = [[len(each) % 13 - 6.0, each.count("a") - 1.0, 0.0] for each in texts]
        return np.array(rows, dtype=np.float32)

    found = occlude(text, _HEADS, logits, heads=_HEADS)

    assert len(read) <= READINGS
    assert list(found) == list(_HEADS)
    for spans in found.values():
        before = Span(0, 0)
        for span in spans:
            assert before.end <= span.start < span.end <= len(text)
            before = span
