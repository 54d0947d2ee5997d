from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.preparing import prepare, undisguised

_ANY_TEXT = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("idt10.* \u200b\u200d\ufe0f\u20e3🐍👏🏽🏿🇬🇧❤️👩\ud83d"),
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("My bin was missed, again!", "my bin was missed, again!"),
        ("You 1d10t", "you idiot"),
        ("", ""),
        ("\u200b", ""),
        ("two\nlines\tand\x00 a gap", "two\nlines\tand\x00 a gap"),
    ],
)
def test_words_are_read_as_the_word_lists_read_them(text: str, read: str) -> None:
    assert read == prepare(text).text


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("cllr 🐍", "cllr  snake "),
        ("🐍cllr", " snake cllr"),
        ("✂", " black scissors "),
        ("☮", " peace "),
        ("⚓", " anchor "),
        ("👁\u200d🗨", " eye  left speech bubble "),
        ("🤷\U0001f3fd\u200d♀️", " shrug  female "),
        ("\U0001f90f", " pinching hand "),
        ("\U0001faff", "  "),
    ],
)
def test_an_emoji_reads_as_its_name(text: str, read: str) -> None:
    assert read == undisguised(text).text


@pytest.mark.parametrize("tone", ["", "\U0001f3fb", "\U0001f3ff", "\ufe0f"])
def test_the_colour_of_a_hand_says_nothing(tone: str) -> None:
    assert (
        undisguised(f"👏{tone} well done").text
        == " clapping hands sign".removesuffix(" sign") + "  well done"
    )


@pytest.mark.parametrize(("times", "read"), [(1, 1), (3, 3), (4, 3), (5_000, 3)])
def test_a_row_of_one_emoji_is_loud_but_not_long(times: int, read: int) -> None:
    assert " snake " * read == undisguised("🐍" * times).text
    assert " clapping hands " * read == undisguised("👏🏽" * times).text


def test_another_emoji_or_word_begins_a_new_row() -> None:
    assert undisguised("🐍🐍🐍🐍🐀🐍").text == " snake " * 3 + " rat " + " snake "
    assert undisguised("🐍🐍🐍a🐍").text == " snake " * 3 + "a" + " snake "


def test_a_span_leads_from_the_name_back_to_the_emoji() -> None:
    text = "Cllr 👏🏽 Jones is a 🐍, you 1d10t"

    reading = prepare(text)

    for word, typed in (("snake", "🐍"), ("clapping hands", "👏"), ("idiot", "1d10t")):
        start = reading.text.index(word)
        span = reading.original_span(start, start + len(word))
        assert typed == text[span.start : span.end]


@settings(max_examples=100, deadline=None)
@given(_ANY_TEXT)
def test_origins_lie_within_the_original_and_never_run_backwards(text: str) -> None:
    reading = prepare(text)
    spans = [reading.origin(index) for index in range(len(reading.text))]

    assert len(reading.text) == len(reading.starts) == len(reading.ends)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert spans == sorted(spans)


@pytest.mark.parametrize("piece", ["🐍", "🐍🐀", "👩\u200d👩\u200d👧 ", "1d10t 🐍 ", "🏽"])
def test_twenty_thousand_characters_are_prepared_in_linear_time(piece: str) -> None:
    text = (piece * 20_000)[:20_000]

    before = time.process_time()
    prepare(text)

    assert time.process_time() - before < 3
