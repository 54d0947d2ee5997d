from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from atproto_client import exceptions

from connectors.bluesky_client import KNOWN, explain
from connectors.bluesky_rows import moment_of
from connectors.contract import CommentRef, NativeId, Outcome, Readiness
from connectors.errors import (
    ConnectorError,
    CredentialsRejected,
    NotPermitted,
    TryLater,
    UnexpectedReply,
)
from connectors.kept import KeptInFiles
from monitor.sandbox.faults import did_nothing, drop, html_page, json_answer
from monitor.sandbox.http import Clock
from tests.connectors.bluesky_stage import ACCOUNT, TOKEN, BlueskyStage, open_stage

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("socket_enabled")]

HOUR = timedelta(hours=1)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
GATE = "app.bsky.feed.threadgate"


@pytest.fixture
def stage(clock: Clock) -> Iterator[BlueskyStage]:
    with open_stage(clock) as opened:
        yield opened


def written(stage: BlueskyStage, text: str = "unkind", **more) -> CommentRef:
    post = stage.publish("Open day", at=stage.now() - 3 * HOUR)
    native_id = stage.write(post, text, at=stage.now() - HOUR, **more)
    author = NativeId(stage.town.comment(native_id).author.id)
    return CommentRef(stage.channel, native_id, post, author)


def read(stage: BlueskyStage, since=None, **settings):
    pulls = stage.connector(100, **settings).pull(stage.channel, since)
    return {each.native_id: each for pull in pulls for each in pull.comments}


def gate_of(stage: BlueskyStage, ref: CommentRef):
    return stage.sandbox.record(ACCOUNT, GATE, ref.post_id.rpartition("/")[2])


def test_a_thread_that_is_deeper_than_one_answer_is_read_to_its_end(stage: BlueskyStage) -> None:
    ref = written(stage, "level 1")
    chain = [ref.native_id]
    for level in range(2, 26):
        chain.append(
            stage.write(ref.post_id, f"level {level}", at=stage.now(), parent_id=chain[-1])
        )

    found = read(stage)

    assert set(chain) <= set(found)
    assert found[chain[-1]].parent_id == chain[-2]


def test_an_answer_to_a_residents_answer_is_found_by_the_sweep(stage: BlueskyStage) -> None:
    ref = written(stage, "first")
    connector = stage.connector(100)
    first = [*connector.pull(stage.channel, None)]
    stage.advance(timedelta(days=1))
    below = stage.write(ref.post_id, "deep", at=stage.now(), parent_id=ref.native_id)

    assert below in read(stage, first[-1].resume_at)


def test_a_notification_makes_an_old_thread_be_read(stage: BlueskyStage) -> None:
    ref = written(stage, "old")
    first = [*stage.connector(100).pull(stage.channel, None)]
    stage.advance(6 * HOUR)
    quiet = [*stage.connector(100).pull(stage.channel, first[-1].resume_at)]
    assert sum(len(pull.comments) for pull in quiet) == 0

    ours = stage.connector().reply(ref, "Thank you.")
    stage.sandbox.forget_requests()
    answer = stage.write(ref.post_id, "no thanks", at=stage.now(), parent_id=ours)
    found = read(stage, quiet[-1].resume_at)

    assert {ours, answer} <= set(found)
    assert found[ours].from_channel


def test_hiding_keeps_what_the_gate_says_and_makes_one_where_there_is_none(
    stage: BlueskyStage,
) -> None:
    ref, other = written(stage), written(stage)
    key = other.post_id.rpartition("/")[2]
    rule = [{"$type": "app.bsky.feed.threadgate#followingRule"}]
    stage.sandbox.put(ACCOUNT, GATE, key, {"post": other.post_id, "allow": rule})
    connector = stage.connector()

    assert connector.hide(ref) is Outcome.DONE
    assert connector.hide(other) is Outcome.DONE

    assert "allow" not in gate_of(stage, ref)  # an empty one would let nobody reply
    assert gate_of(stage, ref)["hiddenReplies"] == [ref.native_id]
    assert gate_of(stage, other)["allow"] == rule
    assert connector.restore(other) is Outcome.DONE
    assert gate_of(stage, other)["hiddenReplies"] == []
    assert gate_of(stage, other)["allow"] == rule


def test_a_gate_that_somebody_changed_meanwhile_is_read_again(stage: BlueskyStage) -> None:
    ref = written(stage)
    connector = stage.connector()
    connector.hide(ref)
    stage.sandbox.interlopers = 3
    assert connector.restore(ref) is Outcome.DONE

    stage.sandbox.interlopers = 99
    with pytest.raises(TryLater, match="keeps changing"):
        connector.hide(ref)


def test_the_three_hundred_and_first_is_refused_in_words(stage: BlueskyStage) -> None:
    ref = written(stage)
    key = ref.post_id.rpartition("/")[2]
    full = [f"at://did:plc:x/app.bsky.feed.post/{number}" for number in range(300)]
    stage.sandbox.put(ACCOUNT, GATE, key, {"post": ref.post_id, "hiddenReplies": full})

    with pytest.raises(NotPermitted, match="at most 300"):
        stage.connector().hide(ref)


def test_what_bluesky_does_not_offer_is_done_by_hand(stage: BlueskyStage) -> None:
    ref = written(stage)
    connector = stage.connector()
    assert connector.capabilities.delete is None

    with pytest.raises(NotPermitted, match="nobody can delete"):
        connector.delete(ref)
    elsewhere = replace(ref, post_id=NativeId("at://did:plc:other/app.bsky.feed.post/1"))
    with pytest.raises(NotPermitted, match="that the account began"):
        connector.hide(elsewhere)
    with pytest.raises(NotPermitted, match="300 characters"):
        connector.reply(ref, "x" * 301)
    with pytest.raises(NotPermitted, match="block the author by hand"):
        connector.restrict(replace(ref, author_id=None))


def test_a_block_is_a_record_that_is_made_once_and_removed(stage: BlueskyStage) -> None:
    ref = written(stage)
    connector = stage.connector()

    assert [connector.restrict(ref), connector.restrict(ref)] == [Outcome.DONE, Outcome.ALREADY]
    assert stage.town.blocked(ACCOUNT) == (ref.author_id,)
    assert [connector.lift(ref), connector.lift(ref)] == [Outcome.DONE, Outcome.ALREADY]
    assert stage.town.blocked(ACCOUNT) == ()


@pytest.mark.parametrize("act", ["hide", "restrict"])
def test_an_answer_that_confirms_nothing_is_no_success(stage: BlueskyStage, act: str) -> None:
    ref = written(stage)
    stage.sandbox.faults.add(did_nothing({}), path="*Record", method="POST")

    with pytest.raises(UnexpectedReply, match="did not say that it did"):
        getattr(stage.connector(), act)(ref)
    with pytest.raises(UnexpectedReply, match="did not say that it did"):
        stage.connector().reply(ref, "Thank you.")


def test_a_session_is_kept_and_used_after_a_restart(stage: BlueskyStage, tmp_path: Path) -> None:
    written(stage)
    kept = KeptInFiles(tmp_path)
    for _ in range(3):
        read(stage, kept=kept)

    assert stage.sandbox.sign_ins == 1
    assert TOKEN not in (tmp_path / "session").read_text("utf-8")


def test_a_session_that_is_refused_is_replaced_by_one_sign_in(
    stage: BlueskyStage, tmp_path: Path
) -> None:
    written(stage)
    kept = KeptInFiles(tmp_path)
    read(stage, kept=kept)
    stage.sandbox.end_sessions()

    assert len(read(stage, kept=kept)) == 1
    assert stage.sandbox.sign_ins == 2
    (tmp_path / "session").write_text("not json")
    assert len(read(stage, kept=kept)) == 1
    assert stage.sandbox.sign_ins == 3


def test_another_password_does_not_use_the_old_session(stage: BlueskyStage, tmp_path: Path) -> None:
    kept = KeptInFiles(tmp_path)
    read(stage, kept=kept)
    wrong = {"identifier": "wexcombe.example", "app_password": "wrong"}

    with pytest.raises(CredentialsRejected):
        read(stage, kept=kept, secrets=wrong)


@pytest.mark.parametrize(
    ("status", "name", "error"),
    [
        (400, "InvalidRequest", UnexpectedReply),
        (401, "AuthMissing", CredentialsRejected),
        (400, "AccountTakedown", CredentialsRejected),
        (403, "Forbidden", CredentialsRejected),
        (429, "RateLimitExceeded", TryLater),
        (500, "InternalServerError", TryLater),
        (501, "MethodNotImplemented", TryLater),
        (502, "UpstreamFailure", TryLater),
        (503, "NotEnoughResources", TryLater),
    ],
)
def test_every_answer_has_its_meaning(stage: BlueskyStage, status: int, name: str, error) -> None:
    fault = json_answer(status, {"error": name, "message": "x"})
    stage.sandbox.faults.add(fault, path="*/app.bsky.*")

    with pytest.raises(error):
        read(stage)


@pytest.mark.parametrize("strange", [["a list"], {"feed": "none"}, {"feed": [{"post": {}}]}])
def test_an_answer_that_cannot_be_read_parks_the_channel(stage: BlueskyStage, strange) -> None:
    stage.sandbox.faults.add(json_answer(200, strange), path="*getAuthorFeed")

    with pytest.raises(UnexpectedReply):
        read(stage)


def test_a_page_of_html_is_no_answer(stage: BlueskyStage) -> None:
    stage.sandbox.faults.add(html_page(200), path="*/app.bsky.*")

    with pytest.raises(UnexpectedReply):
        read(stage)


def test_a_read_whose_answer_was_lost_is_asked_for_once_more(stage: BlueskyStage) -> None:
    written(stage)
    stage.sandbox.faults.add(drop(), path="*/app.bsky.*", every=2)

    assert len(read(stage)) == 1


@pytest.mark.parametrize(
    ("claimed", "indexed", "believed"),
    [
        ("2026-11-20T10:15:30.123Z", "2026-11-20T10:15:31.004Z", "2026-11-20T10:15:30.123+00:00"),
        ("2031-01-01T00:00:00Z", "2026-11-20T10:15:31Z", "2026-11-20T10:15:31+00:00"),
        ("1999-01-01T00:00:00Z", "2026-11-20T10:15:31Z", "2026-11-20T10:15:31+00:00"),
        ("yesterday", "2026-11-20T10:15:31Z", "2026-11-20T10:15:31+00:00"),
        ("2026-11-20T11:15:30+01:00", None, "2026-11-20T10:15:30+00:00"),
    ],
)
def test_what_an_author_claims_is_believed_where_it_is_borne_out(
    claimed, indexed, believed
) -> None:
    view = {"record": {"createdAt": claimed}, "indexedAt": indexed}

    assert moment_of(view) == datetime.fromisoformat(believed)
    with pytest.raises(UnexpectedReply):
        moment_of({"record": {}})


def test_the_check_tells_whose_the_password_is(stage: BlueskyStage) -> None:
    assert stage.connector().check(stage.channel).readiness is Readiness.READY

    other = replace(stage.channel, native_id=NativeId("did:plc:other"))
    assert stage.connector().check(other).readiness is Readiness.NOT_PERMITTED
    fault = json_answer(500, {"error": "InternalServerError", "message": "x"})
    stage.sandbox.faults.add(fault)
    assert stage.connector().check(stage.channel).readiness is Readiness.NOT_READY


@pytest.mark.parametrize(
    "kind",
    [
        found
        for _, found in inspect.getmembers(exceptions, inspect.isclass)
        if issubclass(found, Exception) and found.__module__ == exceptions.__name__
    ],
    ids=lambda kind: kind.__name__,
)
def test_everything_that_the_library_raises_has_a_meaning(kind: type[Exception]) -> None:
    assert issubclass(kind, KNOWN)
    assert isinstance(explain(kind.__new__(kind), writes=False, now=NOON), ConnectorError)
