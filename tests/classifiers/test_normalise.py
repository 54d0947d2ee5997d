from __future__ import annotations

import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.contract import Span
from classifiers.normalise import normalise

_ANY_TEXT = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("fuckidot*.!1@ \u200b\u202e\u0430\u0435\u0441\u0301\ud83d👏ﬁＦ"),
    ),
    max_size=80,
)


@pytest.mark.parametrize(
    ("disguised", "plain"),
    [
        ("1d10t", "idiot"),
        ("m0r0n", "moron"),
        ("f*ck", "fuck"),
        ("f**k", "fuck"),
        ("f***ing", "fucking"),
        ("sh1t", "shit"),
        ("tw4ts", "twats"),
        ("g*ppos", "gyppos"),
        ("p*kies", "pikies"),
        ("f@ggots", "faggots"),
        ("m#ngs", "mongs"),
        ("b*llocks", "bollocks"),
        ("sh!t", "shit"),
        ("$hit", "shit"),
        ("@rse", "arse"),
        ("f.u.c.k", "fuck"),
        ("i d i o t", "idiot"),
        ("s-c-u-m", "scum"),
        ("y o u a r e a n i d i o t", "you are an idiot"),
        ("such a t w a t", "such a twat"),
        ("fuuuuuck", "fuck"),
        ("bollllocks", "bollocks"),
        ("sooooo", "so"),
        ("\uff46\uff55\uff43\uff4b", "fuck"),
        ("\U0001d58b\U0001d59a\U0001d588\U0001d590", "fuck"),
        ("🅕🅤🅒🅚", "fuck"),
        ("\u0441unt", "cunt"),
        ("\u0430rs\u0435hole", "arsehole"),
        ("i\u200bd\u200ci\u2060o\u200dt", "idiot"),
        ("s\u0335c\u0336u\u0337m\u0338", "scum"),
        ("\u202eidiot\u202c", "idiot"),
        ("\u0131d\u0131ot", "idiot"),
        ("fuck\u2019s", "fuck's"),
        ("crème brûlée", "creme brulee"),
    ],
)
def test_a_disguised_word_is_read_as_the_word(disguised: str, plain: str) -> None:
    assert plain == normalise(disguised).text


@pytest.mark.parametrize(
    "text",
    [
        "the a55 and the m25 are shut at 5pm",
        "late.the council",
        "www.wexcombe.gov.uk",
        "co2 and 20mph and 1st and 4x4",
        "plan a b c",
        "b&b near the r&d park",
        "rated 5* by visitors",
        "**important** notice",
        "e.g. this and i.e. that",
        "\u0431\u0438\u0431\u043b\u0438\u043e\u0442\u0435\u043a\u0430",
        "👩‍👩‍👧‍👦 ❤️ 👏🏽",
        "before \ud83d after",
    ],
)
def test_what_is_no_disguise_stays_as_typed(text: str) -> None:
    assert text == normalise(text).text


def test_a_span_leads_back_to_what_was_typed() -> None:
    text = "You total \u0130 1d10t, i d i o t and f*ck"

    reading = normalise(text)

    for word, typed in (("idiot,", "1d10t,"), ("idiot and", "i d i o t and"), ("fuck", "f*ck")):
        start = reading.text.index(word)
        span = reading.original_span(start, start + len(word))
        assert typed == text[span.start : span.end]


def test_every_code_point_says_where_it_came_from() -> None:
    reading = normalise("aﬁb")

    assert reading.text == "afib"
    assert [Span(0, 1), Span(1, 2), Span(1, 2), Span(2, 3)] == [
        reading.origin(index) for index in range(4)
    ]


@given(_ANY_TEXT)
def test_origins_lie_within_the_original_and_never_run_backwards(text: str) -> None:
    reading = normalise(text)
    spans = [reading.origin(index) for index in range(len(reading.text))]

    assert len(reading.text) == len(reading.starts) == len(reading.ends)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert spans == sorted(spans)


@given(st.lists(st.text(alphabet=string.ascii_letters, min_size=1, max_size=12), max_size=12))
def test_plain_words_are_only_lowered_and_stay_so(words: list[str]) -> None:
    once = normalise(" ".join(words)).text

    assert once == normalise(once).text


@given(st.lists(st.sampled_from(["Bins", "again", "LATE", "park", "library"]), max_size=8))
def test_ordinary_words_keep_their_letters(words: list[str]) -> None:
    assert " ".join(words).lower() == normalise(" ".join(words)).text


@pytest.mark.parametrize(
    "piece", ["a", "a ", "f*ck ", "f.u.c.k.", "*", "a_", "\u0430b", "\u200b", "é", "aaab1", "1a-"]
)
def test_twenty_thousand_characters_of_trouble_are_read_in_linear_time(piece: str) -> None:
    text = (piece * 20_000)[:20_000]

    before = time.process_time()
    normalise(text)

    assert time.process_time() - before < 3
