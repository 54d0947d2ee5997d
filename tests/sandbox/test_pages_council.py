from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from monitor.sandbox.pages_council import (
    ADMIN,
    NEWEST_COMMENTS,
    PUBLIC,
    change_comment,
    shown_posts,
    write_comment,
    writers,
)
from monitor.sandbox.town import (
    Town,
    TownComment,
    TownPage,
    TownPost,
    TownRefusalError,
    TownResident,
)

NOW = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Square:
    """One post with a comment by Rowan, Jo's answer to it, and one whose author is withheld."""

    town: Town
    page: TownPage
    post: TownPost
    rowan: TownResident
    jo: TownResident
    first: TownComment
    answer: TownComment
    nameless: TownComment

    def seen_by(self, viewer: str) -> list[str]:
        (shown,) = shown_posts(self.town, self.page, viewer=viewer)
        return [one.comment.text for one in shown.comments]


@pytest.fixture
def square() -> Square:
    town = Town()
    page = town.open_page("9", "Parks and Libraries")
    post = town.publish("9", "The pond is open.", at=NOW)
    rowan, jo = town.move_in("Rowan Pike"), town.move_in("Jo Millbank")
    first = town.write(post.id, "first", at=NOW, author=rowan)
    nameless = town.write(post.id, "nameless", at=NOW + timedelta(minutes=2))
    answer = town.write(
        post.id, "answer", at=NOW + timedelta(minutes=3), author=jo, parent_id=first.id
    )
    return Square(town, page, post, rowan, jo, first, answer, nameless)


def write(
    square: Square, text: str, *, name: str = "Jo Millbank", parent_id: str = ""
) -> TownComment:
    return write_comment(
        square.town, square.page, square.post.id, text=text, name=name, parent_id=parent_id, at=NOW
    )


def change(square: Square, what: str, *, viewer: str, text: str = "") -> None:
    change_comment(square.town, square.first.id, change=what, viewer=viewer, text=text, at=NOW)


def test_an_answer_stands_below_what_it_answers(square: Square) -> None:
    assert square.seen_by(PUBLIC) == ["first", "answer", "nameless"]


def test_the_public_sees_neither_a_hidden_comment_nor_its_answers(square: Square) -> None:
    square.town.hide(square.first.id)

    assert square.seen_by(PUBLIC) == ["nameless"]
    assert square.seen_by(square.jo.id) == ["nameless"]


def test_the_author_and_the_administrator_still_see_a_hidden_comment(square: Square) -> None:
    square.town.hide(square.first.id)

    assert square.seen_by(square.rowan.id) == ["first", "answer", "nameless"]
    assert square.seen_by(ADMIN) == ["first", "answer", "nameless"]


def test_nobody_owns_a_comment_whose_author_is_withheld(square: Square) -> None:
    (shown,) = shown_posts(square.town, square.page, viewer="")

    assert [one.own for one in shown.comments] == [False, False, False]
    assert shown.comments[-1].name == "Somebody on the site"


def test_deep_answers_are_not_indented_for_ever(square: Square) -> None:
    below = square.answer.id
    for _ in range(4):
        below = write(square, "deeper", parent_id=below).id

    (shown,) = shown_posts(square.town, square.page, viewer=PUBLIC)

    assert [one.depth for one in shown.comments] == [0, 1, 2, 2, 2, 2, 0]


def test_the_newest_post_comes_first(square: Square) -> None:
    square.town.publish("9", "The pond is shut.", at=NOW + timedelta(hours=1))

    shown = shown_posts(square.town, square.page, viewer=PUBLIC)

    assert [one.post.text for one in shown] == ["The pond is shut.", "The pond is open."]


def test_a_known_name_is_the_same_resident_and_a_new_one_moves_in(square: Square) -> None:
    known, new = write(square, "again"), write(square, "hello", name="  Una New  ")

    assert known.author == square.jo
    assert new.author is not None
    assert new.author.name == "Una New"
    assert [one.name for one in writers(square.town, square.page)] == [
        "Jo Millbank",
        "Rowan Pike",
        "Una New",
    ]


def test_the_pages_own_name_writes_as_the_page(square: Square) -> None:
    reply = write(square, "Thank you.", name="Parks and Libraries", parent_id=square.first.id)

    (shown,) = shown_posts(square.town, square.page, viewer=ADMIN)
    mine = [one for one in shown.comments if one.own]
    assert [one.comment.id for one in mine] == [reply.id]
    assert mine[0].by_page
    assert reply.author not in writers(square.town, square.page)


@pytest.mark.parametrize(
    ("text", "name", "why"),
    [
        (" \n ", "Jo Millbank", "There is nothing in the comment"),
        ("x" * 8001, "Jo Millbank", "longer than 8000 characters"),
        ("hello", "  ", "no writer"),
    ],
)
def test_a_comment_without_words_or_writer_is_turned_back(
    square: Square, text: str, name: str, why: str
) -> None:
    with pytest.raises(TownRefusalError, match=why):
        write(square, text, name=name)

    assert square.seen_by(PUBLIC) == ["first", "answer", "nameless"]


def test_a_post_of_another_page_cannot_be_commented_on_here(square: Square) -> None:
    other = square.town.open_page("8", "Roads")

    with pytest.raises(TownRefusalError, match="no longer on the page"):
        write_comment(
            square.town, other, square.post.id, text="hi", name="Jo", parent_id="", at=NOW
        )


def test_an_author_edits_their_comment(square: Square) -> None:
    change(square, "edit", viewer=square.rowan.id, text="better\r\nwords")

    assert square.seen_by(PUBLIC)[0] == "better\nwords"


@pytest.mark.parametrize("of", ["rowan", ADMIN])
def test_the_author_and_the_administrator_delete(square: Square, of: str) -> None:
    change(square, "delete", viewer=square.rowan.id if of == "rowan" else ADMIN)

    assert square.seen_by(ADMIN) == ["nameless"]


def test_the_administrator_hides_and_shows_again(square: Square) -> None:
    change(square, "hide", viewer=ADMIN)
    assert square.seen_by(PUBLIC) == ["nameless"]

    change(square, "show", viewer=ADMIN)
    assert square.seen_by(PUBLIC) == ["first", "answer", "nameless"]


@pytest.mark.parametrize(
    ("what", "viewer"),
    [
        ("edit", PUBLIC),
        ("edit", ADMIN),
        ("delete", PUBLIC),
        ("hide", "author"),
        ("show", PUBLIC),
        ("nonsense", ADMIN),
    ],
)
def test_nobody_else_changes_a_comment(square: Square, what: str, viewer: str) -> None:
    with pytest.raises(TownRefusalError, match="Only the author"):
        change(square, what, viewer=square.rowan.id if viewer == "author" else viewer, text="x")

    assert square.town.comment(square.first.id) == square.first


@pytest.mark.parametrize("what", ["hide", "delete"])
def test_what_the_site_protects_the_administrator_leaves_alone(square: Square, what: str) -> None:
    protected = square.town.protect(square.first.id)

    with pytest.raises(TownRefusalError, match="where the site allows it"):
        change(square, what, viewer=ADMIN)

    assert square.town.comment(square.first.id) == protected


def test_a_flood_is_cut_to_its_newest_comments(square: Square) -> None:
    for number in range(NEWEST_COMMENTS):
        comment_at = NOW + timedelta(minutes=5, seconds=number)
        square.town.write(square.post.id, f"wave {number}", at=comment_at, author=square.jo)

    (shown,) = shown_posts(square.town, square.page, viewer=PUBLIC)

    assert shown.left_out == 2
    assert len(shown.comments) == NEWEST_COMMENTS
    assert shown.comments[0].comment.text == "wave 0"


def test_a_comment_that_is_gone_cannot_be_changed(square: Square) -> None:
    square.town.delete(square.first.id)

    with pytest.raises(TownRefusalError, match="no longer there"):
        change(square, "delete", viewer=ADMIN)
