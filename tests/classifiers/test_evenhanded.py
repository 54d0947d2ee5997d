from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.evenhanded import even_handed
from classifiers.normalise import Normalised, normalise

LIST = tomllib.loads(
    files("classifiers").joinpath("wordlists", "identities.toml").read_text("utf-8")
)["kind"]
KINDS: dict[str, list[tuple[str, str]]] = {
    kind["name"]: [(one, many) for one, many in kind["words"]] for kind in LIST
}
AS_FIRST: dict[str, tuple[str, str]] = {
    kind["name"]: tuple(kind.get("reads_as", kind["words"][0])) for kind in LIST
}
# What must stand behind a word of the kind for it to count.
FOLLOWED: dict[str, str] = {
    kind["name"]: f" {kind['before'][0]}" if "before" in kind else "" for kind in LIST
}
ONES = {kind: [f"{one}{FOLLOWED[kind]}" for one, _ in words] for kind, words in KINDS.items()}
# A word that is its own plural cannot say which it is here, and is read as the singular.
MANIES = {
    kind: [f"{many}{FOLLOWED[kind]}" for one, many in words if many != one]
    for kind, words in KINDS.items()
}
FORMS = [*ONES.values(), *(forms for forms in MANIES.values() if forms)]
EVERY_WORD = sorted({word for words in KINDS.values() for pair in words for word in pair})


def read(text: str) -> Normalised:
    return even_handed(normalise(text), text)


@pytest.mark.parametrize(
    ("word", "first"),
    [
        (f"{one}{FOLLOWED[kind]}", f"{AS_FIRST[kind][0]}{FOLLOWED[kind]}")
        for kind, words in KINDS.items()
        for one, _ in words
    ],
)
def test_every_word_reads_as_the_first_of_its_kind(word: str, first: str) -> None:
    assert read(f"A {word.title()}, here").text == f"a {first}, here"


@pytest.mark.parametrize(
    ("word", "first"),
    [
        (f"{many}{FOLLOWED[kind]}", f"{AS_FIRST[kind][1]}{FOLLOWED[kind]}")
        for kind, words in KINDS.items()
        for one, many in words
        if many != one
    ],
)
def test_every_plural_reads_as_the_first_plural(word: str, first: str) -> None:
    assert read(f"The {word.upper()} here").text == f"the {first} here"


def test_a_word_is_of_one_kind_only() -> None:
    words = [word for pairs in KINDS.values() for pair in pairs for word in set(pair)]

    assert sorted(set(words)) == sorted(words)


def test_every_word_is_written_as_a_normalised_text_writes_it() -> None:
    assert [word for word in EVERY_WORD if normalise(word).text != word] == []


@st.composite
def _swapped(draw: st.DrawFn) -> tuple[str, str]:
    """Two texts that differ in one identity for another of its kind, in the same number."""
    around = st.text(st.sampled_from("abz ,.!?'1é🙂\u200b\n"), max_size=12)
    before, after = draw(around), draw(around)
    words = draw(st.sampled_from(FORMS))
    one, other = draw(st.sampled_from(words)), draw(st.sampled_from(words))
    shape = draw(st.sampled_from([str.title, str.upper]))
    return f"{before} {shape(one)} {after}", f"{before} {shape(other)} {after}"


@settings(max_examples=200, deadline=None)
@given(_swapped())
def test_a_text_and_its_copy_with_the_identity_swapped_read_the_same(texts) -> None:
    one, other = texts

    assert read(one).text == read(other).text


def test_every_identity_of_a_text_is_read_alike() -> None:
    text = "Sikhs and Jews and Christians at the Synagogue, said a Tory (not UKIP)"

    assert (
        read(text).text == "muslims and muslims and muslims at the mosque, said a tory (not tory)"
    )


def test_the_longest_name_is_the_one_that_is_read() -> None:
    assert read("Asylum seekers, lib dems and the Reform UK lot").text == (
        "migrants, tories and the tory lot"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "the black bins and a white van on a blind corner",
        "reform of council tax, the labour of many, the green, a conservative estimate",
        "conservatives with a small c",
        "transport, transfer, a gaze, an indiana accent",
        "the hindustan times, afghani, irishman, welshpool",
        "jewellery, gayle, polished floors, an arabesque",
        "asylum, seekers",
        "a lib and a dem",
        "muslim_quarter2",
    ],
)
def test_words_that_only_look_like_identities_stay(text: str) -> None:
    reading = normalise(text)

    assert even_handed(reading, text) is reading


@pytest.mark.parametrize("word", ["muslim", "muslims", "mosque", "tory", "gay", "islam", "migrant"])
def test_a_text_with_nothing_but_first_words_is_left_as_it_is(word: str) -> None:
    text = f"one {word}"
    reading = normalise(text)

    assert even_handed(reading, text) is reading


def test_what_stands_beside_a_word_tells_a_person_from_a_thing() -> None:
    assert (
        read("a blind resident at the blind bend").text == "a disabled resident at the blind bend"
    )
    assert read("Black families, black bins").text == "pakistani families, black bins"


def test_a_party_that_is_also_a_word_is_told_by_its_capital_letter() -> None:
    assert read("Labour, after hard labour").text == "tory, after hard labour"
    assert read("Conservatives made a conservative guess").text == (
        "tories made a conservative guess"
    )


def test_a_disguised_identity_reads_alike_too() -> None:
    assert read("S\u200bikhs").text == read("\uff2aews").text == "muslims"


def test_spans_lead_back_to_what_was_written() -> None:
    text = "😀 The S\u200bikhs met Muslims and asylum seekers today"
    reading = read(text)

    assert reading.text == "😀 the muslims met muslims and migrants today"
    found = [
        text[span.start : span.end]
        for words in ("the ", "muslims met", "met muslims", "migrants", "and", "today")
        if (start := reading.text.index(words)) >= 0
        and (span := reading.original_span(start, start + len(words)))
    ]
    assert found == [
        "The ",
        "S\u200bikhs met",
        "met Muslims",
        "asylum seekers",
        "and",
        "today",
    ]


def test_any_part_of_a_replaced_word_leads_back_to_the_whole_of_it() -> None:
    text = "no Sikh here"
    reading = read(text)
    start = reading.text.index("muslim")

    for index in range(start, start + len("muslim")):
        span = reading.origin(index)
        assert text[span.start : span.end] == "Sikh"


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([*EVERY_WORD, "bin", "🙂", "é", " ", "\u200b", "-"]), max_size=12))
def test_origins_lie_within_the_original_and_never_run_backwards(words) -> None:
    text = " ".join(words)
    reading = read(text)
    spans = [reading.origin(index) for index in range(len(reading.text))]

    assert len(reading.text) == len(reading.starts) == len(reading.ends)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert spans == sorted(spans)


@given(st.lists(st.sampled_from(EVERY_WORD), max_size=8))
def test_reading_again_changes_nothing(words) -> None:
    text = ", ".join(words)
    once = read(text)

    assert even_handed(once, text).text == once.text
