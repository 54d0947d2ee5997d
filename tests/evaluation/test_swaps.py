from __future__ import annotations

import pytest

from monitor.evaluation.swaps import swapped, template_sets


def texts(text: str, kind: str | None = None) -> list[str]:
    return [swap.text for swap in swapped(text) if kind in (None, swap.kind)]


def test_a_text_that_names_nobody_has_no_copies() -> None:
    assert texts("The bins on Mill Lane were missed again.") == []


def test_every_word_of_a_kind_gives_way() -> None:
    copies = texts("Muslims and MUSLIMS and a muslim neighbour", "religion")

    assert copies == [
        "Christians and CHRISTIANS and a christian neighbour",
        "Jews and JEWS and a jewish neighbour",
        "Sikhs and SIKHS and a sikh neighbour",
    ]


def test_two_words_of_a_kind_never_become_one() -> None:
    for copy in texts("Labour or Tories, Tory or Labour, who cares", "party"):
        first, _, second = copy.partition(" or ")
        assert first != second.split(",")[0]


def test_the_article_fits_the_word_that_is_put_in() -> None:
    (first, *_) = texts("He is an Indian lad, I think", "origin")

    assert first == "He is a Somali lad, I think"
    assert "an Ukip" not in " ".join(texts("a Labour man", "party"))


def test_each_kind_is_swapped_for_itself() -> None:
    kinds = {swap.kind for swap in swapped("A gay couple and two refugees at the mosque")}

    assert kinds == {"sexuality", "way here", "place of worship"}


@pytest.mark.parametrize(
    "text",
    [
        "The black bins and the white van were there",
        "My disabled parking bay is full again",
        "Hard labour, and a green space to reform",
        "Look at #Labour and @Tory and non-Muslim",
        "polish the floor, will you",
    ],
)
def test_words_that_are_mostly_something_else_are_left_alone(text) -> None:
    assert texts(text) == []


def test_a_word_that_is_only_put_in_is_put_in() -> None:
    copies = [copy for text in ("Bulgarians", "Syrians") for copy in texts(text, "origin")]

    assert "Poles" in copies


def test_a_swap_says_what_was_changed() -> None:
    assert [swap.change for swap in swapped("a mosque")] == [
        "mosque to synagogue",
        "mosque to gurdwara",
        "mosque to church",
    ]


def test_the_built_in_sentences_are_said_of_every_group() -> None:
    identities, parties = template_sets()

    assert (identities.name, parties.name) == ("identities", "parties")
    assert len(identities.groups) == len(set(identities.groups)) > 20
    assert identities.hostile
    for templates in (identities, parties):
        for group in templates.groups:
            for said in templates.said_of(group, (*templates.neutral, *templates.hostile)):
                assert group in said or group.capitalize() in said or said.startswith("The ")
                assert "{" not in said
                assert not said[0].islower()
