"""What every connector must keep, as tests to inherit.

A connector's own test class supplies a *stage*: the pretend platform behind it, on which a test
can write, edit, delete and break things. Every test of :class:`ConnectorContract` then runs
against the real connector:

    class TestTheContract(ConnectorContract):
        exempt = {"test_hide_twice_is_fine": "the platform cannot hide"}

        @pytest.fixture
        def stage(self, ...) -> Iterator[Stage]:
            ...

What a platform cannot do is named in ``exempt`` with the reason, and is skipped with it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import ClassVar

import pytest

from connectors.contract import (
    Comment,
    CommentRef,
    Cursor,
    Health,
    NativeId,
    Outcome,
    Pull,
)
from connectors.errors import CommentGone, ConnectorError, CredentialsRejected, TryLater
from connectors.stage import Inbox, Stage, abandon

__all__ = ["ConnectorContract", "Inbox", "Stage"]

_LONG = "Ünïcode and more. " * 1112
_TEXTS = ("👩🏽‍🦽😡🏴󠁧󠁢󠁷󠁬󠁳󠁿", "שלום עולם \u202eabc", 'line one\nline two, "quoted"', _LONG[:20_000])


class ConnectorContract:
    """The suites that a connector's tests inherit; supply the fixture ``stage``.

    Attributes:
        exempt: Test -> why it cannot apply to this platform.
    """

    exempt: ClassVar[Mapping[str, str]] = {}

    @pytest.fixture(autouse=True)
    def _skip_what_is_exempt(self, request: pytest.FixtureRequest) -> None:
        reason = self.exempt.get(request.function.__name__)
        if reason:
            pytest.skip(reason)

    def test_every_exemption_names_a_test_and_gives_a_reason(self) -> None:
        """An exemption that fits nothing hides nothing, and would rot."""
        for name, reason in self.exempt.items():
            assert hasattr(self, name), name
            assert len(reason) > 10, name

    def test_the_first_pull_needs_no_cursor(self, stage: Stage) -> None:
        """None reads the watch window from its beginning."""
        written = _a_thread(stage)

        inbox = Inbox()
        inbox.drain(stage)

        assert written == set(inbox.comments)

    def test_a_pull_resumes_with_no_gap(self, stage: Stage) -> None:
        """What is written between two pulls is in the second."""
        inbox = Inbox()
        written = _a_thread(stage)
        inbox.drain(stage)
        stage.advance(timedelta(minutes=10))

        written |= _a_thread(stage)
        inbox.drain(stage)

        assert written == set(inbox.comments)

    def test_stopping_after_any_batch_loses_nothing(self, stage: Stage) -> None:
        """Platforms list newest first: a cursor moved too early is how comments are lost."""
        written = _a_thread(stage, posts=3)
        batches = Inbox().drain(stage)

        for stop_after in range(1, batches + 1):
            inbox = Inbox()
            inbox.drain(stage, stop_after=stop_after)
            inbox.drain(stage)
            assert written == set(inbox.comments), stop_after

    def test_a_repeated_pull_yields_the_same_comments(self, stage: Stage) -> None:
        """A pull whose batches were not stored can simply be made again."""
        _a_thread(stage)
        first, second = Inbox(), Inbox()

        first.drain(stage)
        second.drain(stage)

        assert first.comments == second.comments

    def test_an_abandoned_batch_comes_again(self, stage: Stage) -> None:
        """A batch that was read and not stored, because its transaction rolled back."""
        written = _a_thread(stage, posts=2)
        batches = Inbox().drain(stage)

        for lost in range(batches):
            inbox = Inbox()
            pulls = stage.connector().pull(stage.channel, None)
            for _, batch in zip(range(lost), pulls, strict=False):
                inbox.store(batch)
            next(pulls, None)
            abandon(pulls)
            inbox.drain(stage)
            assert written == set(inbox.comments), lost

    def test_late_and_out_of_order_comments_are_found(self, stage: Stage) -> None:
        """A comment that was held back appears with the time at which it was written."""
        post = stage.publish("Open day", at=stage.now() - timedelta(days=3))
        stage.write(post, "on time", at=stage.now() - timedelta(minutes=5))
        inbox = Inbox()
        inbox.drain(stage)

        late = stage.write(post, "late", at=stage.now() - timedelta(minutes=20))
        very_late = stage.write(post, "very late", at=stage.now() - timedelta(days=2))
        inbox.drain(stage)

        assert {late, very_late} <= set(inbox.comments)

    def test_a_reply_to_an_old_thread_is_found(self, stage: Stage) -> None:
        """Replies do not bump an old thread to the front on most platforms."""
        post = stage.publish("Long ago", at=stage.now() - timedelta(days=30))
        first = stage.write(post, "first", at=stage.now() - timedelta(days=29))
        for number in range(5):
            stage.publish(f"Newer {number}", at=stage.now() - timedelta(days=number))
        inbox = Inbox()
        inbox.drain(stage)

        reply = stage.write(post, "answer", at=stage.now(), parent_id=first)
        inbox.drain(stage)

        assert inbox.comments[reply].parent_id == first
        assert inbox.comments[reply].post_id == post

    def test_an_edited_comment_comes_back_changed(self, stage: Stage) -> None:
        """Edits matter most just after writing, and later ones must be found within two days."""
        post = stage.publish("Open day", at=stage.now() - timedelta(days=3))
        fresh = stage.write(post, "kind", at=stage.now() - timedelta(minutes=5))
        old = stage.write(post, "also kind", at=stage.now() - timedelta(days=2))
        inbox = Inbox()
        inbox.drain(stage)

        stage.edit(fresh, "unkind")
        inbox.drain(stage)
        assert inbox.comments[fresh].text == "unkind"

        stage.edit(old, "also unkind")
        stage.advance(timedelta(days=2))
        inbox.drain(stage)

        assert inbox.comments[old].text == "also unkind"

    def test_a_deleted_comment_is_no_error(self, stage: Stage) -> None:
        """It is missing from the next pull, and asking for it says that it is gone."""
        post = stage.publish("Open day", at=stage.now() - timedelta(hours=3))
        gone = stage.write(post, "gone soon", at=stage.now() - timedelta(minutes=9))
        kept = stage.write(post, "stays", at=stage.now() - timedelta(minutes=8))
        inbox = Inbox()
        inbox.drain(stage)

        stage.delete(gone)
        again = Inbox(cursor=inbox.cursor)
        again.drain(stage)

        assert gone not in again.comments
        assert stage.connector().fetch(_ref(stage, inbox.comments[kept])).text == "stays"
        with pytest.raises(CommentGone):
            stage.connector().fetch(_ref(stage, inbox.comments[gone]))

    def test_strange_texts_survive(self, stage: Stage) -> None:
        """Emoji, right-to-left text, line breaks and 20,000 characters arrive as written."""
        post = stage.publish("Open day", at=stage.now() - timedelta(hours=3))
        at = stage.now() - timedelta(minutes=30)
        written = {stage.write(post, text, at=at): text for text in _TEXTS}
        inbox = Inbox()

        inbox.drain(stage)

        assert written == {key: comment.text for key, comment in inbox.comments.items()}

    def test_a_comment_without_text_survives(self, stage: Stage) -> None:
        """A sticker or a photo is a comment, and what kind of thing is attached is told."""
        post = stage.publish("Open day", at=stage.now() - timedelta(hours=3))
        sticker = stage.write_attachment(post, at=stage.now() - timedelta(minutes=9))
        inbox = Inbox()

        inbox.drain(stage)

        assert inbox.comments[sticker].text == ""
        assert inbox.comments[sticker].attachments

    def test_a_missing_author_survives(self, stage: Stage) -> None:
        """Platforms withhold authors, and accounts end."""
        post = stage.publish("Open day", at=stage.now() - timedelta(hours=3))
        nobody = stage.write(post, "who?", at=stage.now() - timedelta(minutes=9), author=None)
        inbox = Inbox()

        inbox.drain(stage)

        assert inbox.comments[nobody].author is None

    def test_a_rate_limit_says_when_to_come_back(self, stage: Stage) -> None:
        """It is no failure, and the time is aware and in the future."""
        stage.limit_calls()

        with pytest.raises(TryLater) as caught:
            Inbox().drain(stage)

        assert caught.value.at > stage.now()
        assert caught.value.at.tzinfo is not None

    def test_an_expired_token_is_told_apart(self, stage: Stage) -> None:
        """The channel is paused and an operator told, and a health check says the same."""
        stage.expire_token()

        with pytest.raises(CredentialsRejected):
            Inbox().drain(stage)
        assert stage.connector().check(stage.channel).readiness.value == "credentials rejected"

    def test_hide_twice_is_fine(self, stage: Stage) -> None:
        """The second time says that it was done before, and asking again finds it hidden."""
        ref = _a_comment(stage)
        connector = stage.connector()

        outcomes = [connector.hide(ref), connector.hide(ref)]

        assert outcomes == [Outcome.DONE, Outcome.ALREADY]
        assert connector.fetch(ref).hidden is True
        assert connector.restore(ref) is Outcome.DONE
        assert connector.fetch(ref).hidden is False

    def test_hiding_a_gone_comment_says_so(self, stage: Stage) -> None:
        """Somebody was faster: a success with a different word."""
        ref = _a_comment(stage)
        stage.delete(ref.native_id)

        assert stage.connector().hide(ref) is Outcome.GONE

    def test_timestamps_are_aware_utc(self, stage: Stage) -> None:
        """A naive or a local time would be an hour off for half of the year."""
        _a_thread(stage)

        moments = [value for value in _values_of(_everything(stage)) if isinstance(value, datetime)]

        assert moments
        assert all(moment.tzinfo is UTC for moment in moments)

    def test_identifiers_stay_text(self, stage: Stage) -> None:
        """Numbers lose digits: identifiers exceed what a float holds."""
        _a_thread(stage)
        inbox = Inbox()

        inbox.drain(stage)

        assert inbox.comments
        for comment in inbox.comments.values():
            assert isinstance(comment.native_id, str)
            assert isinstance(comment.post_id, str)
            assert isinstance(comment.parent_id, str | None)

    def test_no_secret_is_shown(self, stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
        """Not in a repr, not in an error, and not in the log of a library that talks much."""
        caplog.set_level(logging.DEBUG)
        _a_thread(stage)
        connector = stage.connector()
        told = [repr(connector), repr(tuple(connector.pull(stage.channel, None)))]
        stage.expire_token()
        try:
            list(connector.pull(stage.channel, None))
        except ConnectorError as error:
            told += [repr(error), str(error), str(error.details), repr(error.__cause__)]
        told += [record.getMessage() for record in caplog.records]
        # Some platforms take the token that they examine as a parameter, so a check's own
        # addresses are not looked at; telemetry passes on no library's words.
        told.append(repr(connector.check(stage.channel)))

        assert not [text for text in told for secret in stage.secrets if secret in text]

    def test_nothing_but_our_types_comes_out(self, stage: Stage) -> None:
        """A library's type in a result would spread through the daemon."""
        _a_thread(stage)
        allowed = (str, int, bool, datetime, type(None))

        health = stage.connector().check(stage.channel)
        found = [*_values_of(_everything(stage)), *_values_of(health)]

        assert isinstance(health, Health)
        assert not [value for value in found if not isinstance(value, allowed)]

    def test_cursors_of_earlier_releases_still_work(self, stage: Stage) -> None:
        """Neither they nor a foreign one may lose a comment."""
        written = _a_thread(stage)

        for cursor in (*stage.released_cursors, Cursor("zz9:unknown"), Cursor("")):
            inbox = Inbox(cursor=cursor)
            inbox.drain(stage)
            assert written == set(inbox.comments), cursor[:8]


def _a_thread(stage: Stage, *, posts: int = 1) -> set[NativeId]:
    """Write seven comments under each of some posts, replies among them, in the last hour."""
    written: set[NativeId] = set()
    for number in range(posts):
        published = stage.now() - timedelta(minutes=59 - number)
        post = stage.publish(f"Post {number}", at=published)
        first = stage.write(post, "first", at=published + timedelta(minutes=1))
        written.add(first)
        for minute in range(2, 8):
            parent = first if minute % 3 == 0 else None
            at = published + timedelta(minutes=minute)
            written.add(stage.write(post, f"comment {minute}", at=at, parent_id=parent))
    return written


def _a_comment(stage: Stage) -> CommentRef:
    post = stage.publish("Open day", at=stage.now() - timedelta(hours=3))
    comment_id = stage.write(post, "unkind", at=stage.now() - timedelta(minutes=9))
    inbox = Inbox()
    inbox.drain(stage)
    return _ref(stage, inbox.comments[comment_id])


def _ref(stage: Stage, comment: Comment) -> CommentRef:
    author_id = comment.author.native_id if comment.author else None
    return CommentRef(stage.channel, comment.native_id, comment.post_id, author_id)


def _everything(stage: Stage) -> tuple[Pull, ...]:
    return tuple(stage.connector().pull(stage.channel, None))


def _values_of(value: object) -> Iterator[object]:
    """The leaves of tuples and of our own dataclasses; anything else is a leaf."""
    ours = type(value).__module__ == "connectors.contract"
    if isinstance(value, tuple):
        for one in value:
            yield from _values_of(one)
    elif ours and is_dataclass(value):
        for one_field in fields(value):
            yield from _values_of(getattr(value, one_field.name))
    elif ours and isinstance(value, Enum):
        yield value.value
    else:
        yield value
