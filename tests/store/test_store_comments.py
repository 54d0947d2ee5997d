from __future__ import annotations

from datetime import timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, select, text

from connectors.contract import Author, NativeId
from monitor.store import comments, tables
from monitor.store.columns import escaped, unescaped
from monitor.store.comments import CommentUnknown, Ingested, StoredComment
from monitor.store.engine import Database
from tests.stored import MINUTE, NOW, PARKS, comment, plan, post, store, unread, watch

HARD_TEXTS = {
    "empty": "",
    "emoji": "👩🏽‍🌾🌻 take a bow 👏🏿",
    "right to left": "שלום עולם! مرحبا \u202eabc\u202c",
    "combining": "Z\u0351\u036b\u0343a\u0342l\u030dgo\u0304",
    "lone high surrogate": "broken \ud83d emoji",
    "lone low surrogate": "\udc4d first",
    "reversed surrogates": "\udc4d\ud83d",
    "NUL": "before\x00after",
    "escape": "\ufdd0 and \ufdd00041",
    "quotes": "Robert'); DROP TABLE comments;--",
    "line ends": "a\r\nb\nc\rd\u2028e",
    "long": "Why is the gate locked? 🔒" * 800,
    "twenty thousand": "é" * 20_000,
}


def load(database: Database, comment_id: int = 1) -> StoredComment:
    with database.reading() as reading:
        return comments.load(reading, comment_id)


def lease(database: Database, *, now=NOW, limit: int = 100):
    with database.transaction("T2") as tx:
        return unread(tx, now=now, limit=limit)


def wordings(database: Database) -> list[tuple[int, str]]:
    with database.reading() as reading:
        versions = tables.versions
        return [
            (row.number, row.text)
            for row in reading.session.execute(
                select(versions).order_by(versions.c.comment_id, versions.c.number)
            )
        ]


def test_a_comment_comes_back_as_it_was_stored(database):
    watch(database)
    store(database, comment("c0", "Who asked you?"), posts=[])
    seen = comment(
        "c1",
        "You lot are useless.",
        parent_id=NativeId("c0"),
        hidden=False,
        attachments=("photo", "sticker"),
    )

    assert store(database, seen) == Ingested(new=1, edited=0, seen=1)

    assert load(database, 2) == StoredComment(
        comment_id=2,
        channel_id=PARKS,
        native_id=NativeId("c1"),
        post_id=NativeId("p1"),
        parent_id=NativeId("c0"),
        author_id=NativeId("u1"),
        author_name="A resident",
        text="You lot are useless.",
        posted_at=NOW - 10 * MINUTE,
        seen_at=NOW,
        permalink="https://example.org/c1",
        hidden=False,
        gone_at=None,
        version=1,
        version_id=2,
        attachments=("photo", "sticker"),
        post_text="The library opens on Sunday.",
        parent_text="Who asked you?",
        from_channel=False,
    )


@pytest.mark.parametrize("words", HARD_TEXTS.values(), ids=HARD_TEXTS)
def test_any_text_comes_back_code_point_for_code_point(database, words):
    watch(database)
    author = Author(NativeId(f"u{words[:50]}"), words[:50])

    store(database, comment("c1", words, author=author), posts=[post(text=words)])
    again = store(database, comment("c1", words, author=author), posts=[post(text=words)])

    assert again == Ingested(new=0, edited=0, seen=1)
    stored = load(database)
    assert (stored.text, stored.post_text) == (words, words)
    assert (stored.author_id, stored.author_name) == (author.native_id, author.name)
    assert lease(database)[0].text == words


@given(st.text(st.characters(exclude_categories=[])))
def test_escaping_has_an_exact_way_back(words):
    stored = escaped(words)

    assert unescaped(stored) == words
    assert "\x00" not in stored
    stored.encode()


def test_an_identifier_that_cannot_be_stored_plainly_is_still_itself(database):
    watch(database)
    odd = "c\ud83d\x00"

    assert store(database, comment(odd)).new == 1
    assert store(database, comment(odd)).new == 0
    assert load(database).native_id == odd


def test_moments_come_back_aware_and_in_utc(database):
    watch(database)
    summer = timezone(timedelta(hours=1))
    posted = NOW.replace(microsecond=123456).astimezone(summer)

    store(database, comment(created_at=posted))

    stored = load(database)
    assert stored.posted_at == posted
    assert stored.posted_at.utcoffset() == timedelta(0)
    assert stored.posted_at.tzname() == "UTC"
    assert stored.seen_at.tzname() == "UTC"


def test_the_same_batch_again_changes_nothing(database):
    watch(database)
    batch = [comment("c1"), comment("c2", "Lovely gardens.")]
    assert store(database, *batch) == Ingested(new=2, edited=0, seen=2)

    assert store(database, *batch, now=NOW + MINUTE) == Ingested(new=0, edited=0, seen=2)

    assert wordings(database) == [(1, "You lot are useless."), (1, "Lovely gardens.")]
    assert load(database).seen_at == NOW


def test_an_edit_becomes_the_second_version_and_the_first_is_kept(database):
    watch(database)
    store(database, comment("c1", "Good."))

    edited = store(database, comment("c1", "Useless."), now=NOW + MINUTE)

    stored = load(database)
    assert edited == Ingested(new=0, edited=1, seen=1, reworded=(stored.comment_id,))
    assert wordings(database) == [(1, "Good."), (2, "Useless.")]
    assert (stored.version, stored.text, stored.seen_at) == (2, "Useless.", NOW)


def test_an_edit_back_to_the_first_words_is_a_third_version(database):
    watch(database)
    for words in ("Good.", "Useless.", "Good."):
        store(database, comment("c1", words))

    assert wordings(database) == [(1, "Good."), (2, "Useless."), (3, "Good.")]


def test_a_picture_added_is_an_edit(database):
    watch(database)
    store(database, comment("c1"))

    assert store(database, comment("c1", attachments=("photo",))).edited == 1
    assert load(database).attachments == ("photo",)


def test_one_comment_twice_in_a_batch_is_one_comment_as_last_seen(database):
    watch(database)

    stored = store(database, comment("c1", "Good."), comment("c1", "Useless."))

    assert stored == Ingested(new=1, edited=0, seen=1)
    assert wordings(database) == [(1, "Useless.")]


def test_one_identifier_on_two_channels_is_two_comments(database):
    watch(database, plan(), plan("x-parks"))

    store(database, comment("c1", "Here."))
    assert store(database, comment("c1", "There."), channel_id="x-parks").new == 1

    assert [load(database, number).text for number in (1, 2)] == ["Here.", "There."]


def test_a_missing_author_and_an_unknown_post_are_no_obstacle(database):
    watch(database)

    store(database, comment("c1", author=None, permalink=None), posts=[])

    stored = load(database)
    assert (stored.author_id, stored.author_name, stored.permalink) == (None, None, None)
    assert stored.post_text == ""
    assert lease(database)[0].post_text == ""


def test_a_post_is_kept_as_it_was_last_seen(database):
    watch(database)
    store(database, comment(), posts=[post(text="Open on Sunday.", comment_count=3)])

    store(database, posts=[post(text="Open on Monday.", comment_count=None)])

    assert load(database).post_text == "Open on Monday."


def test_an_empty_batch_is_stored_as_nothing(database):
    watch(database)

    assert store(database, posts=[]) == Ingested(new=0, edited=0, seen=0)


def test_a_thousand_comments_at_once_are_all_stored(database):
    watch(database)
    batch = [comment(f"c{number}", f"Number {number}") for number in range(1000)]

    assert store(database, *batch) == Ingested(new=1000, edited=0, seen=1000)
    assert store(database, *batch) == Ingested(new=0, edited=0, seen=1000)


@pytest.mark.parametrize(
    ("before", "said", "after"),
    [(False, True, True), (True, False, False), (True, None, True), (None, True, True)],
)
def test_what_the_platform_says_of_hiding_is_kept_and_its_silence_changes_nothing(
    database, before, said, after
):
    watch(database)
    store(database, comment(hidden=before))

    store(database, comment(hidden=said))

    assert load(database).hidden is after


def test_hiding_and_going_are_noted(database):
    watch(database)
    store(database, comment())
    with database.transaction("T5b") as tx:
        comments.mark_hidden(tx, 1, hidden=True, now=NOW)
        comments.mark_gone(tx, 1, now=NOW)
    with database.transaction("T5b") as tx:
        comments.mark_gone(tx, 1, now=NOW + MINUTE)

    stored = load(database)
    assert (stored.hidden, stored.gone_at) == (True, NOW)


def test_a_comment_that_is_seen_again_is_no_longer_gone(database):
    watch(database)
    store(database, comment())
    with database.transaction("T5b") as tx:
        comments.mark_gone(tx, 1, now=NOW)

    store(database, comment())

    assert load(database).gone_at is None


def test_an_unknown_comment_is_said_to_be_unknown(database):
    with pytest.raises(CommentUnknown, match="no comment 7"):
        load(database, 7)


def test_what_is_unread_comes_out_oldest_first_with_its_surroundings(database):
    watch(database)
    store(database, comment("c2", "Second.", parent_id=NativeId("c1"), created_at=NOW))
    store(database, comment("c1", "First.", created_at=NOW - MINUTE, attachments=("photo",)))

    second, first = lease(database)

    assert (second.text, second.parent_text, second.service) == ("Second.", "First.", "parks")
    assert (first.text, first.parent_text, first.attachments) == ("First.", "", ("photo",))
    assert (first.channel_id, first.author_id) == (PARKS, "u1")
    assert first.post_text == "The library opens on Sunday."
    assert (first.posted_at, first.seen_at, first.attempts) == (NOW - MINUTE, NOW, 1)


def answering(database, *parent, posts=None):
    """What is read of an answer to a comment, whose wordings are stored before it."""
    for wording in parent:
        store(database, wording, posts=posts)
    lease(database)
    answer = comment("answer", parent_id=NativeId("parent"), created_at=NOW)
    store(database, answer, posts=posts)
    (read,) = lease(database)
    return read


def test_an_answer_is_read_with_the_newest_words_above_it(database):
    watch(database)
    store(database, posts=[post(text="Open on Sunday.")])

    read = answering(
        database,
        comment("parent", "First."),
        comment("parent", "Second."),
        posts=[post(text="Open on Monday.")],
    )

    assert (read.post_text, read.parent_text) == ("Open on Monday.", "Second.")


def test_what_is_gone_is_no_longer_answered(database):
    watch(database)
    store(database, comment("parent", "First."))
    with database.transaction("T5b") as tx:
        comments.mark_gone(tx, 1, now=NOW)

    assert answering(database).parent_text == ""
    assert load(database, 2).parent_text == "First."


def test_what_was_gone_and_is_there_again_is_answered(database):
    watch(database)
    store(database, comment("parent", "First."))
    with database.transaction("T5b") as tx:
        comments.mark_gone(tx, 1, now=NOW)

    assert answering(database, comment("parent", "First.")).parent_text == "First."


def test_the_council_s_own_reply_is_no_resident_to_answer(database):
    watch(database)

    read = answering(database, comment("parent", "We are sorry.", from_channel=True))

    assert read.parent_text == ""


@pytest.mark.parametrize("parent", [None, "never-seen"])
def test_an_answer_to_nothing_that_is_known_stands_under_the_post_alone(database, parent):
    watch(database)
    store(database, comment("answer", parent_id=NativeId(parent) if parent else None))

    (read,) = lease(database)

    assert (read.parent_text, read.post_text) == ("", "The library opens on Sunday.")


def test_another_channel_lends_no_words(database):
    watch(database, plan(), plan("x-parks"))
    store(database, comment("parent", "There."), channel_id="x-parks", posts=[post(text="Theirs.")])
    lease(database)
    store(database, comment("answer", parent_id=NativeId("parent")), posts=[])

    (read,) = lease(database)

    assert (read.parent_text, read.post_text) == ("", "")


def test_a_hundred_answers_take_no_more_questions_than_one(database):
    watch(database)
    answers = [comment(f"c{n}", parent_id=NativeId("parent"), created_at=NOW) for n in range(101)]
    store(database, comment("parent"), *answers)
    lease(database, limit=1)
    asked = []

    with database.transaction("T2") as tx:
        engine = tx.session.get_bind()
        event.listen(engine, "before_cursor_execute", lambda *_: asked.append("question"))
        one = unread(tx, limit=1)
        for_one = len(asked)
        many = unread(tx)

    assert {each.parent_text for each in one + many} == {"You lot are useless."}
    assert (len(one), len(many)) == (1, 100)
    assert len(asked) == 2 * for_one


def test_within_a_batch_the_older_comment_is_read_first(database):
    watch(database)
    store(database, comment("b", created_at=NOW), comment("a", created_at=NOW - MINUTE))

    assert [load(database, each.comment_id).native_id for each in lease(database)] == ["a", "b"]


def test_a_leased_text_is_nobody_elses_until_the_lease_lapses(database):
    watch(database)
    store(database, comment("c1"), comment("c2"))

    assert len(lease(database, limit=1)) == 1
    assert len(lease(database)) == 1
    assert lease(database) == []
    again = lease(database, now=NOW + MINUTE)
    assert [each.attempts for each in again] == [2, 2]


def test_a_poisonous_text_is_pushed_back_and_counted(database):
    watch(database)
    store(database, comment("c1"), comment("c2"))
    poison, _ = lease(database)
    with database.transaction("T2") as tx:
        comments.push_back(tx, [poison.version_id], until=NOW + timedelta(hours=1))

    later = lease(database, now=NOW + MINUTE)
    assert poison.version_id not in {each.version_id for each in later}
    much_later = lease(database, now=NOW + timedelta(hours=1))
    assert {each.version_id: each.attempts for each in much_later}[poison.version_id] == 2


def test_only_the_newest_words_are_read(database):
    watch(database)
    store(database, comment("c1", "Good."))
    store(database, comment("c1", "Useless."))

    assert [each.text for each in lease(database)] == ["Useless."]


def test_the_councils_own_replies_are_stored_and_never_read(database):
    watch(database)
    store(database, comment("c1", "We are sorry.", from_channel=True))
    store(database, comment("c1", "We are very sorry.", from_channel=True))

    assert lease(database) == []
    assert load(database).from_channel
    assert load(database).version == 2


def test_what_the_disk_holds_is_readable_for_ordinary_text(database):
    watch(database)
    store(database, comment(text="Ordinary words, é and 🌻"))

    with database.reading() as reading:
        raw = reading.session.execute(text("SELECT text FROM versions")).scalar_one()

    assert raw == "Ordinary words, é and 🌻"


@pytest.mark.parametrize(
    ("before", "said", "is_unhidden"),
    [(True, False, True), (True, None, False), (True, True, False), (None, False, False)],
)
def test_a_hidden_comment_that_the_platform_shows_in_public_is_named(
    database, before, said, is_unhidden
):
    watch(database)
    store(database, comment(hidden=before))

    seen = store(database, comment(hidden=said))

    assert seen.unhidden == ((load(database).comment_id,) if is_unhidden else ())
