from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.domain.masking import MARK, NO_TEXT, SHORTEST_LIMIT, masked_snippet

ANY_TEXT = st.text(st.characters(codec=None), max_size=300)
PLAIN_WORDS = st.lists(st.text("abcdefgh", min_size=1, max_size=9), max_size=60)
# Greek appears in nothing else that these tests write, so one letter of it is a leak.
SECRETS = st.text("αβγδεζηθικλμ", min_size=1, max_size=40)
HIDDEN = st.sampled_from(["\u200b", "\u202e", "\u2066", "\x00", "\u00ad", "\ufeff", "\ufe0f"])


@given(
    text=ANY_TEXT,
    spans=st.lists(st.tuples(st.integers(-5, 400), st.integers(-5, 400)), max_size=6),
    limit=st.integers(SHORTEST_LIMIT, 200),
)
@example(text="\ud800 alone", spans=[(0, 1)], limit=20)
@example(text="a" * 300, spans=[(150, 151)], limit=20)
def test_any_text_gives_one_short_printable_line(text, spans, limit):
    snippet = masked_snippet(text, spans, limit=limit)

    assert 0 < len(snippet) <= limit
    assert snippet.isprintable()
    assert snippet == " ".join(snippet.split())


@given(before=PLAIN_WORDS, secret=SECRETS, after=PLAIN_WORDS, limit=st.integers(20, 160))
def test_no_character_of_the_evidence_is_shown_and_its_place_is_marked(
    before, secret, after, limit
):
    start = len(" ".join([*before, ""]))
    text = " ".join([*before, secret, *after])

    snippet = masked_snippet(text, [(start, start + len(secret))], limit=limit)

    assert set(snippet).isdisjoint(secret)
    assert MARK in snippet


@given(secrets=st.lists(SECRETS, min_size=1, max_size=8), gap=PLAIN_WORDS)
def test_no_evidence_of_several_is_shown(secrets, gap):
    text, spans = "", []
    for secret in secrets:
        text += " ".join([*gap, ""])
        spans.append((len(text), len(text) + len(secret)))
        text += secret + " "

    snippet = masked_snippet(text, spans, limit=1000)

    assert set(snippet).isdisjoint("".join(secrets))


@given(secret=st.lists(st.tuples(SECRETS, HIDDEN), min_size=1, max_size=8))
def test_hidden_characters_inside_the_evidence_do_not_let_it_through(secret):
    word = "".join(letters + hidden for letters, hidden in secret)
    text = f"you are a {word} and more"

    snippet = masked_snippet(text, [(10, 10 + len(word))])

    assert snippet == f"you are a {MARK} and more"


@given(secret=SECRETS, start=st.integers(0, 39), length=st.integers(1, 40))
def test_evidence_inside_a_word_masks_the_whole_word(secret, start, length):
    start = start % len(secret)
    text = f"so {secret} then"

    snippet = masked_snippet(text, [(3 + start, 3 + min(start + length, len(secret)))])

    assert snippet == f"so {MARK} then"


@given(first=SECRETS, second=SECRETS)
def test_the_mark_says_nothing_about_the_length(first, second):
    assert masked_snippet(f"a {first} b", [(2, 2 + len(first))]) == masked_snippet(
        f"a {second} b", [(2, 2 + len(second))]
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ring me on 07700 900123 tonight", f"ring me on {MARK} tonight"),
        ("ring (01632) 960-123 now", f"ring ({MARK} now"),
        ("account ١٢٣٤٥٦ is mine", f"account {MARK} is mine"),
        ("write to eun@example.org please", f"write to {MARK} please"),
        ("ask @some.one about it", f"ask {MARK} about it"),
        ("see https://example.org/a?b=c now", f"see {MARK} now"),
        ("see WWW.EXAMPLE.ORG/x now", f"see {MARK} now"),
        ("see wexcombe-deals.co.uk/win now", f"see {MARK} now"),
        ("it\u200b is at e\u200bun@example.org", f"it is at {MARK}"),
        ("bins at 14:30 on 3 May, 240 of them", "bins at 14:30 on 3 May, 240 of them"),
        ("one.Two sentences", "one.Two sentences"),
    ],
)
def test_contact_details_are_masked_and_ordinary_numbers_are_not(text, shown):
    assert masked_snippet(text, []) == shown


@pytest.mark.parametrize("text", ["", "   ", "\u200b\u202e", "\x00\x07", "\u3164", "\n\t\r"])
def test_a_comment_without_words_says_so(text):
    assert masked_snippet(text, [(0, 1)]) == NO_TEXT


def test_a_comment_that_is_evidence_throughout_is_one_mark():
    assert masked_snippet("every word of it", [(0, 16)]) == MARK


def test_touching_and_overlapping_evidence_is_one_mark():
    assert masked_snippet("go away you lot", [(3, 7), (5, 11), (3, 4)]) == f"go {MARK} lot"


def test_evidence_outside_the_text_is_ignored():
    assert masked_snippet("all is well", [(40, 50), (-9, -2), (5, 5), (7, 3)]) == "all is well"


def test_white_space_is_folded_onto_one_line():
    assert masked_snippet("one\n\n two\t\u2028three\u00a0four", []) == "one two three four"


def test_lone_surrogates_are_replaced():
    assert masked_snippet("a\udc80b", []) == "a\N{REPLACEMENT CHARACTER}b"


def test_a_long_comment_is_cut_between_words_with_an_ellipsis():
    snippet = masked_snippet("lovely park " * 30, [], limit=40)

    assert snippet == "lovely park lovely park lovely park…"


def test_a_long_comment_is_centred_on_its_first_evidence():
    text = "quiet words " * 20 + "insult " + "later words " * 20 + "another"
    spans = [(text.index("another"), len(text)), (240, 246)]

    snippet = masked_snippet(text, spans, limit=50)

    assert snippet == f"…words quiet words {MARK} later words later…"


def test_contact_details_before_the_evidence_do_not_shift_the_centre():
    text = "ring 07700 900123 or " * 20 + "insult at the end"
    start = text.index("insult")

    snippet = masked_snippet(text, [(start, start + 6)], limit=40)

    assert snippet.startswith("…")
    assert snippet.endswith(f"{MARK} at the end")


def test_a_comment_whose_evidence_comes_early_is_shown_from_its_first_word():
    text = "you are an insult and so on and on and on and on"

    assert (
        masked_snippet(text, [(11, 17)], limit=40) == f"you are an {MARK} and so on and on and on…"
    )


def test_one_unbroken_word_is_cut_where_it_must():
    assert masked_snippet("a" * 500, [], limit=20) == "a" * 18 + "…"


def test_a_limit_that_shows_nothing_is_refused():
    with pytest.raises(ValueError, match="room for 20 characters"):
        masked_snippet("text", [], limit=SHORTEST_LIMIT - 1)


@pytest.mark.timeout(10)
@pytest.mark.parametrize("unit", ["a", "1 ", "a@", "www.", "a.", "1    ", "@", "é\u0301"])
def test_twenty_thousand_awkward_characters_are_read_in_time(unit):
    text = (unit * 20_000)[:20_000]

    assert len(masked_snippet(text, [(10_000, 10_001)])) <= 140
