from __future__ import annotations

import threading
import tomllib
from datetime import UTC, datetime, timedelta
from importlib import resources

import pytest

from monitor.sandbox.town import WEXCOMBE_PAGE, WEXCOMBE_TOKEN, Town, seed_wexcombe
from monitor.sandbox.townsfolk import TownPost, TownRefusalError, TownToken

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PAGE = "100"


@pytest.fixture
def town() -> Town:
    one = Town()
    one.open_page(PAGE, "Parks and Libraries")
    return one


@pytest.fixture
def post(town: Town) -> TownPost:
    return town.publish(PAGE, "Open day", at=NOON)


def minute(number: int) -> datetime:
    return NOON + timedelta(minutes=number)


def test_comments_are_listed_by_the_time_they_were_written(town, post) -> None:
    late = town.write(post.id, "b", at=minute(2))
    early = town.write(post.id, "a", at=minute(1))

    assert town.comments(post.id) == (early, late)
    assert town.keys_below(post.id) == [(minute(1), early.id), (minute(2), late.id)]
    assert town.count_below(post.id) == 2


def test_replies_stand_below_their_comment_and_below_the_post(town, post) -> None:
    first = town.write(post.id, "a", at=minute(1))
    reply = town.write(post.id, "b", at=minute(2), parent_id=first.id)

    assert town.comments(post.id) == (first, reply)
    assert town.comments(post.id, toplevel=True) == (first,)
    assert town.comments(first.id) == (reply,)


def test_a_comment_moves_the_posts_hint_and_an_edit_does_not(town, post) -> None:
    comment = town.write(post.id, "a", at=minute(5))
    town.write(post.id, "held back", at=minute(1))
    town.edit(comment.id, "b", at=minute(9))

    changed = town.comment(comment.id)
    assert town.post(post.id).updated_at == minute(5)
    assert (changed.text, changed.edited_at) == ("b", minute(9))


def test_a_deleted_comment_takes_its_replies_along(town, post) -> None:
    first = town.write(post.id, "a", at=minute(1))
    town.write(post.id, "b", at=minute(2), parent_id=first.id)
    other = town.write(post.id, "c", at=minute(3))

    town.delete(first.id)
    town.delete(first.id)

    assert town.comments(post.id) == (other,)
    assert town.comments(post.id, toplevel=True) == (other,)
    assert town.comments(first.id) == ()
    assert town.comment(first.id) is None


def test_a_deleted_reply_leaves_its_comment(town, post) -> None:
    first = town.write(post.id, "a", at=minute(1))
    reply = town.write(post.id, "b", at=minute(2), parent_id=first.id)

    town.delete(reply.id)

    assert town.comments(post.id) == (first,)
    assert town.comments(first.id) == ()


def test_a_deleted_post_takes_everything_along(town, post) -> None:
    first = town.write(post.id, "a", at=minute(1))
    town.write(post.id, "b", at=minute(2), parent_id=first.id)

    town.delete_post(post.id)
    town.delete_post(post.id)

    assert town.posts(PAGE) == ()
    assert town.comment(first.id) is None
    assert town.comments(post.id) == ()
    with pytest.raises(TownRefusalError):
        town.write(post.id, "too late", at=minute(3))


def test_nobody_answers_what_is_gone(town, post) -> None:
    with pytest.raises(TownRefusalError):
        town.write(post.id, "a", at=NOON, parent_id="nothing")
    with pytest.raises(TownRefusalError):
        town.edit("nothing", "a", at=NOON)
    with pytest.raises(TownRefusalError):
        town.publish("no-such-page", "a", at=NOON)
    with pytest.raises(TownRefusalError):
        town.reply_as_page("no-such-post", "a", at=NOON)


def test_a_blocked_resident_is_refused_until_the_block_ends(town, post) -> None:
    jo = town.move_in("Jo Millbank")
    town.block(PAGE, jo.id, at=NOON)

    assert town.blocked(PAGE) == (jo.id,)
    assert town.blocked_at(PAGE, jo.id) == NOON
    with pytest.raises(TownRefusalError):
        town.write(post.id, "a", at=minute(1), author=jo)
    town.unblock(PAGE, jo.id)
    assert town.write(post.id, "a", at=minute(2), author=jo).author == jo
    assert town.blocked_at(PAGE, jo.id) is None
    assert town.resident(jo.id) == jo


def test_hiding_and_protecting_change_only_that(town, post) -> None:
    comment = town.write(post.id, "a", at=minute(1), attachment="photo")

    assert town.hide(comment.id).hidden
    assert not town.hide(comment.id, hidden=False).hidden
    protected = town.protect(comment.id)
    assert (protected.can_hide, protected.can_remove) == (False, False)
    assert (protected.text, protected.attachment) == ("a", "photo")


def test_the_pages_own_replies_carry_the_page_as_author(town, post) -> None:
    reply = town.reply_as_page(post.id, "Thank you", at=minute(1))

    assert reply.author.id == PAGE
    assert reply.author.name == "Parks and Libraries"


def test_every_change_is_counted_and_looking_is_not(town, post) -> None:
    comment = town.write(post.id, "a", at=minute(1))
    before = town.changes
    town.comments(post.id)
    town.posts(PAGE)

    assert town.changes == before
    town.edit(comment.id, "b", at=minute(2))
    assert town.changes == before + 1


def test_tokens_are_found_by_value_and_by_page(town) -> None:
    person = town.issue(TownToken("person", None))
    page = town.issue(TownToken("page", PAGE))

    assert town.token("person") == person
    assert town.token("unknown") is None
    assert town.token_of_page(PAGE) == page.value
    assert town.token_of_page("other") == ""


def test_writing_from_many_threads_loses_nothing(town, post) -> None:
    def write() -> None:
        for number in range(50):
            town.write(post.id, "a", at=minute(number))

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({comment.id for comment in town.comments(post.id)}) == 300
    assert town.keys_below(post.id) == sorted(town.keys_below(post.id))


def test_wexcombe_has_a_page_posts_and_some_forty_comments() -> None:
    town = Town()
    ids = seed_wexcombe(town, NOON)

    posts = town.posts(WEXCOMBE_PAGE)
    comments = [comment for post in posts for comment in town.comments(post.id)]
    assert town.page(WEXCOMBE_PAGE).name == "Parks and Libraries"
    assert town.pages() == (town.page(WEXCOMBE_PAGE),)
    assert town.token(WEXCOMBE_TOKEN).page_id == WEXCOMBE_PAGE
    assert len(posts) == 8
    assert 40 <= len(comments) <= 50
    assert len(ids) == len(posts) + len(comments)
    assert all(comment.created_at <= NOON for comment in comments)
    assert any(comment.author is None for comment in comments)
    assert any(comment.attachment for comment in comments)
    assert any(comment.author and comment.author.id == WEXCOMBE_PAGE for comment in comments)


def test_wexcombes_residents_write_in_every_lane_and_breach_many_clauses() -> None:
    told = tomllib.loads(
        resources.files("monitor.sandbox").joinpath("wexcombe.toml").read_text(encoding="utf-8")
    )
    comments = told["comments"]

    assert {comment["lane"] for comment in comments} == {
        "breach",
        "criticism",
        "welfare",
        "request",
        "clear",
    }
    assert {
        "abuse",
        "deception",
        "hate",
        "language",
        "private-information",
        "threat",
        "welfare",
    } <= {clause for comment in comments for clause in comment["clauses"]}
    assert all(
        bool(comment["clauses"]) == (comment["lane"] in {"breach", "welfare"})
        for comment in comments
    )


def test_seeding_twice_gives_the_same_town() -> None:
    assert seed_wexcombe(Town(), NOON) == seed_wexcombe(Town(), NOON)
