from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import google.auth.exceptions
import googleapiclient.errors
import httplib2
import pytest

from connectors.contract import CommentRef, NativeId, Outcome, Readiness
from connectors.errors import (
    CommentGone,
    ConnectorError,
    CredentialsRejected,
    NotPermitted,
    TryLater,
    UnexpectedReply,
)
from connectors.youtube_failures import KNOWN, explain
from monitor.sandbox.faults import answer, did_nothing, drop, html_page, json_answer
from monitor.sandbox.http import Clock
from tests.connectors.youtube_stage import YouTubeStage, open_stage

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("socket_enabled")]

HOUR = timedelta(hours=1)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
API = "/youtube/*"


@pytest.fixture
def stage(clock: Clock) -> Iterator[YouTubeStage]:
    with open_stage(clock) as opened:
        yield opened


def written(stage: YouTubeStage, text: str = "unkind", **more) -> CommentRef:
    video = stage.publish("Open day", at=stage.now() - 3 * HOUR)
    native_id = stage.write(video, text, at=stage.now() - HOUR, **more)
    return CommentRef(stage.channel, native_id, video)


def read(stage: YouTubeStage, since=None):
    pulls = stage.connector(100).pull(stage.channel, since)
    return [comment for pull in pulls for comment in pull.comments]


def refused(status: int, reason: str):
    error = {"code": status, "errors": [{"reason": reason, "message": "x", "domain": "youtube"}]}
    return json_answer(status, {"error": error})


def test_every_reply_is_read_though_a_row_brings_only_some(stage: YouTubeStage) -> None:
    ref = written(stage, "first")
    replies = {
        stage.write(ref.post_id, f"answer {number}", at=stage.now(), parent_id=ref.native_id)
        for number in range(5)
    }

    found = read(stage)

    assert {each.native_id for each in found if each.parent_id == ref.native_id} == replies


def test_a_comment_that_youtube_holds_back_is_seen_though_it_is_not_counted(
    stage: YouTubeStage,
) -> None:
    connector = stage.connector(100)
    ref = written(stage, "fine")
    first = [*connector.pull(stage.channel, None)]
    stage.advance(6 * HOUR)
    spam = stage.write(ref.post_id, "buy now", at=stage.now())
    stage.sandbox.spam.add(spam)

    found = {
        each.native_id: each
        for pull in connector.pull(stage.channel, first[-1].resume_at)
        for each in pull.comments
    }

    assert found[spam].hidden is True


def test_a_video_without_comments_allowed_is_skipped(stage: YouTubeStage) -> None:
    closed = written(stage, "before it was closed")
    stage.sandbox.comments_off.add(closed.post_id)
    open_one = written(stage, "still open")

    assert [each.native_id for each in read(stage)] == [open_one.native_id]


def test_holding_and_publishing_are_what_the_platform_does(stage: YouTubeStage) -> None:
    ref = written(stage)
    connector = stage.connector()

    assert connector.hide(ref) is Outcome.DONE
    assert stage.town.comment(ref.native_id).hidden
    assert connector.restore(ref) is Outcome.DONE
    assert connector.restore(ref) is Outcome.ALREADY
    posts = [each for each in stage.sandbox.requests if each.method == "POST"]
    assert [each.query["moderationStatus"][0] for each in posts if "moderation" in each.path.lower()
            ] == ["heldForReview", "published"]  # fmt: skip


def test_a_reply_is_held_and_found_held(stage: YouTubeStage) -> None:
    ref = written(stage)
    reply = stage.write(ref.post_id, "worse", at=stage.now(), parent_id=ref.native_id)
    below = replace(ref, native_id=reply)
    connector = stage.connector()

    assert [connector.hide(below), connector.hide(below)] == [Outcome.DONE, Outcome.ALREADY]
    assert connector.fetch(below).hidden is True
    assert connector.fetch(below).parent_id == ref.native_id


def test_rejecting_is_for_ever(stage: YouTubeStage) -> None:
    ref = written(stage)
    connector = stage.connector()
    assert connector.capabilities.delete is not None
    assert not connector.capabilities.delete.reversible

    assert connector.delete(ref) is Outcome.DONE
    assert connector.delete(ref) is Outcome.GONE
    assert connector.restore(ref) is Outcome.GONE


@pytest.mark.parametrize("act", ["hide", "delete"])
def test_an_answer_that_confirms_nothing_is_no_success(stage: YouTubeStage, act: str) -> None:
    ref = written(stage)
    stage.sandbox.faults.add(did_nothing({"kind": "odd"}), method="POST", path=API)

    with pytest.raises(UnexpectedReply, match="did not say that it did"):
        getattr(stage.connector(), act)(ref)


def test_what_the_platform_refuses_is_done_by_hand(stage: YouTubeStage) -> None:
    ref = written(stage)
    stage.town.protect(ref.native_id)

    with pytest.raises(NotPermitted, match="by hand"):
        stage.connector().hide(ref)
    for act in ("restrict", "lift"):
        with pytest.raises(NotPermitted, match="by hand"):
            getattr(stage.connector(), act)(ref)


def test_an_answer_to_a_reply_joins_the_thread_above_it_and_is_marked(stage: YouTubeStage) -> None:
    ref = written(stage)
    reply = stage.write(ref.post_id, "agreed", at=stage.now(), parent_id=ref.native_id)
    ours = stage.connector().reply(replace(ref, native_id=reply), "Thank you.")

    found = {each.native_id: each for each in read(stage)}

    assert found[ours].parent_id == ref.native_id
    assert found[ours].from_channel


def test_a_reply_that_is_not_confirmed_is_no_success(stage: YouTubeStage) -> None:
    ref = written(stage)
    stage.sandbox.faults.add(did_nothing({}), method="POST", path=API)

    with pytest.raises(UnexpectedReply, match="did not say"):
        stage.connector().reply(ref, "Thank you.")


def test_a_spent_quota_returns_at_midnight_pacific_time(stage: YouTubeStage) -> None:
    stage.sandbox.quota = 2

    with pytest.raises(TryLater) as caught:
        read(stage)
    assert caught.value.at == datetime(2026, 11, 21, 8, tzinfo=UTC)
    assert caught.value.whole_account


def test_what_a_pull_costs_is_told_as_the_platform_counts_it(stage: YouTubeStage) -> None:
    written(stage)

    pulls = [*stage.connector(100).pull(stage.channel, None)]

    assert sum(pull.cost for pull in pulls) == stage.sandbox.spent == 9
    stage.sandbox.spent = 0
    stage.connector().hide(written(stage))
    assert stage.sandbox.spent == 53


@pytest.mark.parametrize(
    ("status", "reason", "error"),
    [
        (400, "processingFailure", TryLater),
        (400, "invalidValue", UnexpectedReply),
        (401, "authError", CredentialsRejected),
        (403, "forbidden", CredentialsRejected),
        (403, "userRateLimitExceeded", TryLater),
        (403, "dailyLimitExceeded", TryLater),
        (404, "channelNotFound", CommentGone),
        (429, "", TryLater),
        (500, "backendError", TryLater),
        (503, "", TryLater),
    ],
)
def test_every_reason_has_its_meaning(stage: YouTubeStage, status, reason, error) -> None:
    stage.sandbox.faults.add(refused(status, reason), path=API)

    with pytest.raises(error):
        read(stage)


@pytest.mark.parametrize(
    "strange",
    [
        ["a list"],
        {"items": "none"},
        {"items": [{"contentDetails": {"videoPublishedAt": "2026-11-20T10:00:00Z"}}]},
        {"items": [{"contentDetails": {"videoId": "x", "videoPublishedAt": "today"}}]},
    ],
)
def test_an_answer_that_cannot_be_read_parks_the_channel(stage: YouTubeStage, strange) -> None:
    stage.sandbox.faults.add(json_answer(200, strange), path="*/playlistItems")

    with pytest.raises(UnexpectedReply):
        read(stage)


def test_a_page_of_html_and_half_an_answer_are_no_answers(stage: YouTubeStage) -> None:
    stage.sandbox.faults.add(html_page(200), path=API)
    with pytest.raises(UnexpectedReply):
        read(stage)

    stage.sandbox.faults.clear()
    stage.sandbox.faults.add(answer(502, b"<html>"), path=API)
    with pytest.raises(TryLater):
        read(stage)


def test_a_read_whose_answer_was_lost_is_asked_for_once_more(stage: YouTubeStage) -> None:
    written(stage)
    stage.sandbox.faults.add(drop(), path=API, every=2)

    assert len(read(stage)) == 1


def test_a_sign_in_that_cannot_be_reached_is_tried_later(stage: YouTubeStage) -> None:
    stage.sandbox.faults.add(json_answer(503, {"error": "backend"}), path="/token")

    with pytest.raises(ConnectorError) as caught:
        read(stage)
    assert isinstance(caught.value, TryLater)


def test_wrong_credentials_are_told_apart(stage: YouTubeStage) -> None:
    wrong = {"client_id": "x", "client_secret": "y", "refresh_token": stage.token}
    with pytest.raises(CredentialsRejected):
        [*stage.connector(secrets=wrong).pull(stage.channel, None)]
    with pytest.raises(CredentialsRejected):
        [*stage.connector(secrets={"client_id": "x"}).pull(stage.channel, None)]


def test_the_check_tells_whose_the_sign_in_is(stage: YouTubeStage) -> None:
    assert stage.connector().check(stage.channel).readiness is Readiness.READY

    other = replace(stage.channel, native_id=NativeId("UCanother0000000000000001"))
    assert stage.connector().check(other).readiness is Readiness.NOT_PERMITTED
    with pytest.raises(CredentialsRejected, match="look at native_id"):
        [*stage.connector().pull(replace(other, native_id=NativeId("UCnobody")), None)]

    stage.sandbox.faults.add(json_answer(500, {}), path=API)
    assert stage.connector().check(stage.channel).readiness is Readiness.NOT_READY


def _exceptions(module) -> list[type[Exception]]:
    return [
        found
        for _, found in inspect.getmembers(module, inspect.isclass)
        if issubclass(found, Exception) and found.__module__ == module.__name__
    ]


@pytest.mark.parametrize(
    "kind",
    [
        *_exceptions(googleapiclient.errors),
        *_exceptions(google.auth.exceptions),
        *_exceptions(httplib2.error),
        TimeoutError,
        ConnectionResetError,
        ValueError,
    ],
    ids=lambda kind: f"{kind.__module__}.{kind.__name__}",
)
def test_everything_that_the_libraries_raise_has_a_meaning(kind: type[Exception]) -> None:
    assert issubclass(kind, KNOWN)
    error = kind.__new__(kind)
    if isinstance(error, googleapiclient.errors.HttpError):
        error.resp, error.content = httplib2.Response({"status": 418}), b"tea"
    if isinstance(error, google.auth.exceptions.GoogleAuthError):
        error.__init__("x")

    assert isinstance(explain(error, writes=False, now=NOON), ConnectorError)
