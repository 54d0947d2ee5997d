from __future__ import annotations

import pytest

from classifiers.expression import Expression, word_starts

_SETS = {"who": ["you", "(he|she)", "the {role}"], "role": ["mayor", "clerk"]}


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("i'll go", "ill go"),
        ("i'll go", "i'll go"),
        ("half-wit", "half wit"),
        ("half-wit", "halfwit"),
        ("o*", "oops"),
        ("99% sure", "99% sure"),
        ("@ home", "@ home"),
        ("+ is bad", "anybody is bad"),
        ("^bad", "...bad"),
        ("^bad", " bad"),
        ("~{who} went", "the clerk went"),
        ("{who} went", "she went"),
        ("u r bad", "u r bad"),
    ],
)
def test_a_phrase_is_found_whatever_it_begins_with(phrase: str, text: str) -> None:
    found = Expression([["zebra"], [phrase]], sets=_SETS).matches(text)

    assert [group for _, _, group in found] == [1]


def test_where_two_phrases_begin_alike_the_earlier_opening_is_tried_first() -> None:
    assert Expression([["{who} went"], ["you"]], sets=_SETS).matches("you went") == [(0, 8, 0)]
    assert Expression([["you"], ["{who} went"]], sets=_SETS).matches("you went") == [(0, 3, 0)]


def test_what_a_match_covers_is_not_read_again() -> None:
    found = Expression([["bad word", "word"]], sets={}).matches("bad word, word")

    assert found == [(0, 8, 0), (10, 14, 0)]


@pytest.mark.parametrize("phrase", ["a {nobody}", "{nobody}", "a (b|c", "a b)"])
def test_a_malformed_phrase_is_refused_at_once(phrase: str) -> None:
    with pytest.raises(ValueError, match="phrase"):
        Expression([[phrase]], sets=_SETS)


def test_more_word_beginnings_than_are_remembered_do_not_change_what_is_found() -> None:
    expression = Expression([["zz top"]], sets={})
    text = " ".join(chr(0x4E00 + n // 300) + chr(0x4E00 + n % 300) for n in range(50_100))

    assert expression.matches(text) == []
    assert expression.matches("zz top") == [(0, 6, 0)]


def test_words_begin_after_signs_and_a_text_begins_at_its_first_sign() -> None:
    assert word_starts("ab cdef") == [(0, "ab"), (3, "cde")]
    assert word_starts(" a") == [(0, ""), (1, "a")]
    assert word_starts("") == []
