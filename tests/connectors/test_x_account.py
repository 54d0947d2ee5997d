from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import tweepy

from connectors.contract import CommentRef, Cursor, NativeId, Outcome, Readiness
from connectors.errors import CredentialsRejected, NotPermitted, TryLater, UnexpectedReply
from connectors.stage import Inbox
from connectors.x_account import MENTIONS
from connectors.x_client import XClient
from connectors.x_rows import words_of
from monitor.sandbox.faults import did_nothing, html_page, json_answer
from monitor.sandbox.http import Clock
from monitor.sandbox.x import rate_limited, usage_capped
from tests.connectors.x_stage import ACCOUNT, XStage, open_stage

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("socket_enabled")]

HOUR = timedelta(hours=1)


@pytest.fixture
def stage(clock: Clock) -> Iterator[XStage]:
    with open_stage(clock) as opened:
        yield opened


def written(stage: XStage, text: str = "unkind", **more) -> CommentRef:
    post = stage.publish("Open day", at=stage.now() - 3 * HOUR)
    native_id = stage.write(post, text, at=stage.now() - HOUR, **more)
    author = stage.town.comment(native_id).author
    return CommentRef(stage.channel, native_id, post, NativeId(author.id) if author else None)


def read(stage: XStage, since: Cursor | None = None):
    pulls = stage.connector(100).pull(stage.channel, since)
    return {comment.native_id: comment for pull in pulls for comment in pull.comments}


def mentioned(stage: XStage, text: str = "@wexcombe you are useless") -> CommentRef:
    stage.publish("Open day", at=stage.now() - 3 * HOUR)
    someone = stage.town.move_in("Sam", page_id=ACCOUNT)
    native_id = stage.sandbox.mention(text, account_id=ACCOUNT, at=stage.now(), author=someone)
    return CommentRef(stage.channel, NativeId(native_id), MENTIONS, NativeId(someone.id))


def test_an_answer_to_an_answer_is_found_by_its_mention(stage: XStage) -> None:
    ref = written(stage, "first")
    connector = stage.connector(100)
    first = [*connector.pull(stage.channel, None)]
    stage.advance(5 * HOUR)
    below = stage.write(ref.post_id, "deep", at=stage.now(), parent_id=ref.native_id)

    assert read(stage, first[-1].resume_at)[below].parent_id == ref.native_id


def test_a_mention_elsewhere_is_read_and_cannot_be_hidden(stage: XStage) -> None:
    ref = mentioned(stage)
    found = read(stage)[ref.native_id]
    assert (found.post_id, found.text) == (MENTIONS, "@wexcombe you are useless")
    stage.sandbox.forget_requests()

    with pytest.raises(NotPermitted, match="somebody else's conversation"):
        stage.connector().hide(ref)
    assert stage.sandbox.requests == ()


def test_what_is_read_is_counted_with_its_authors(stage: XStage) -> None:
    mentioned(stage)
    first = [*stage.connector(100).pull(stage.channel, None)]
    stage.advance(5 * HOUR)
    second = [*stage.connector(100).pull(stage.channel, first[-1].resume_at)]

    assert sum(len(pull.comments) for pull in second) == 0
    assert sum(pull.cost for pull in first) == 4  # the post, the mention, and its author twice
    assert sum(pull.cost for pull in second) == 4  # the same again, which X bills once a day


def test_a_pull_that_breaks_off_loses_no_mention_elsewhere(stage: XStage) -> None:
    ref = mentioned(stage)
    stage.advance(5 * HOUR)
    written(stage, "an hour old, and so the newest mention of all")
    batches = len([*stage.connector(100).pull(stage.channel, None)])

    for stop_after in range(1, batches):
        inbox = Inbox()
        inbox.drain(stage, stop_after=stop_after)
        inbox.drain(stage)
        assert ref.native_id in inbox.comments, stop_after


def test_mentions_are_asked_for_from_where_they_were_read_to(stage: XStage) -> None:
    mentioned(stage)
    first = [*stage.connector(100).pull(stage.channel, None)]
    stage.advance(24 * HOUR)
    stage.sandbox.forget_requests()
    read(stage, first[-1].resume_at)

    (asked,) = [each for each in stage.sandbox.requests if each.path.endswith("/mentions")]
    assert asked.query["start_time"] == ("2026-11-20T11:00:00Z",)


def test_an_older_wording_leads_to_the_present_one(stage: XStage) -> None:
    """X's pages disagree about what the first identifier brings; both answers are understood."""
    ref = written(stage, "kind")
    stage.edit(ref.native_id, "unkind")
    answered = requests_of(stage, ref)
    history = answered["edit_history_tweet_ids"]
    older = {"data": {**answered, "id": history[0], "text": "kind"}}
    first = f"/2/tweets/{history[0]}"
    stage.sandbox.faults.add(json_answer(200, older), method="GET", path=first)

    assert stage.connector().fetch(ref).text == "unkind"
    assert stage.connector().fetch(ref).native_id == ref.native_id
    assert stage.connector().hide(ref) is Outcome.DONE
    assert stage.sandbox.requests[-1].path == f"/2/tweets/{history[1]}/hidden"


def requests_of(stage: XStage, ref: CommentRef):
    stage.connector().fetch(ref)
    answer = stage.sandbox._handle(stage.sandbox.requests[-1])
    return json.loads(answer.body)["data"]


def test_errors_in_place_of_a_list_are_no_empty_list(stage: XStage) -> None:
    written(stage)
    told = {"errors": [{"title": "Not Found Error", "resource_type": "user"}]}
    stage.sandbox.faults.add(json_answer(200, told), path="*/tweets")

    with pytest.raises(UnexpectedReply, match="native_id"):
        read(stage)


def test_an_edition_is_a_new_wording_of_the_same_comment(stage: XStage) -> None:
    ref = written(stage, "kind")
    first = read(stage)
    stage.edit(ref.native_id, "unkind")

    assert first[ref.native_id].text == "kind"
    assert read(stage)[ref.native_id].text == "unkind"


def test_both_vocabularies_are_read(stage: XStage) -> None:
    ref = written(stage, "x" * 400)
    stage.edit(ref.native_id, "y" * 400)
    stage.sandbox.new_names = True

    assert read(stage)[ref.native_id].text == "y" * 400


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"text": "useless &amp; lazy &lt;3"}, "useless & lazy <3"),
        ({"text": "cut…", "note_tweet": {"text": "whole &gt; cut"}}, "whole > cut"),
        ({"text": "cut…", "note_post": {"text": "whole"}}, "whole"),
        (
            {
                "text": "look https://t.co/a https://t.co/b",
                "entities": {"urls": [{"url": "https://t.co/b", "media_key": "3_1"}]},
            },
            "look https://t.co/a",
        ),
        ({}, ""),
    ],
)
def test_words_are_whole_and_plain(row, words: str) -> None:
    assert words_of(row) == words


def test_hiding_says_what_x_answered_each_time(stage: XStage) -> None:
    ref = written(stage)
    connector = stage.connector()

    assert connector.hide(ref) is Outcome.DONE
    assert stage.town.comment(ref.native_id).hidden
    assert connector.hide(ref) is Outcome.DONE  # nothing tells that it was hidden before
    assert connector.fetch(ref).hidden is None
    assert connector.restore(ref) is Outcome.DONE
    stage.delete(ref.native_id)
    assert connector.restore(ref) is Outcome.GONE


@pytest.mark.parametrize("act", ["hide", "restore", "restrict", "lift"])
def test_an_answer_that_confirms_nothing_is_no_success(stage: XStage, act: str) -> None:
    ref = written(stage)
    for method in ("PUT", "POST", "DELETE"):
        stage.sandbox.faults.add(did_nothing({"data": {}}), method=method)

    with pytest.raises(UnexpectedReply, match="did not say that it did"):
        getattr(stage.connector(), act)(ref)


def test_what_x_refuses_is_done_by_hand(stage: XStage) -> None:
    ref = written(stage)
    stage.town.protect(ref.native_id)
    connector = stage.connector()
    assert connector.capabilities.delete is None

    for act in (connector.hide, connector.delete):
        with pytest.raises(NotPermitted, match="address"):
            act(ref)
    with pytest.raises(NotPermitted, match="does not say who wrote it"):
        connector.restrict(replace(ref, author_id=None))
    with pytest.raises(NotPermitted, match="by hand"):
        connector.reply(mentioned(stage), "Thank you.")


def test_muting_is_what_x_has_for_blocking(stage: XStage) -> None:
    ref = written(stage)
    connector = stage.connector()
    assert "it is a mute" in connector.capabilities.restrict.still_seen_by

    assert connector.restrict(ref) is Outcome.DONE
    assert connector.lift(ref) is Outcome.DONE


def test_the_accounts_own_replies_are_marked(stage: XStage) -> None:
    ref = written(stage)
    ours = stage.connector().reply(ref, "Thank you.")

    assert read(stage)[ours].from_channel
    stage.sandbox.faults.add(did_nothing({"data": {}}), method="POST")
    with pytest.raises(UnexpectedReply):
        stage.connector().reply(ref, "Thank you.")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, UnexpectedReply),
        (401, CredentialsRejected),
        (402, TryLater),
        (403, CredentialsRejected),
        (409, UnexpectedReply),
        (429, TryLater),
        (500, TryLater),
        (503, TryLater),
    ],
)
def test_every_status_has_its_meaning(stage: XStage, status: int, error) -> None:
    stage.sandbox.faults.add(json_answer(status, {"title": "x", "status": status}))

    with pytest.raises(error):
        read(stage)


def test_a_limit_lasts_until_its_reset_or_a_quarter_of_an_hour(stage: XStage) -> None:
    reset = stage.now() + timedelta(minutes=7)
    stage.sandbox.faults.add(rate_limited(reset), times=1)
    with pytest.raises(TryLater) as told:
        read(stage)
    assert told.value.at == reset

    stage.sandbox.faults.add(rate_limited())
    with pytest.raises(TryLater) as untold:
        read(stage)
    assert untold.value.at == stage.now() + timedelta(minutes=15)
    assert untold.value.whole_account


def test_spent_reads_and_credits_wait_for_hours(stage: XStage) -> None:
    stage.sandbox.faults.add(usage_capped(), times=1)
    with pytest.raises(TryLater, match="monthly reads at X are spent") as caught:
        read(stage)
    assert caught.value.at == stage.now() + 6 * HOUR

    stage.sandbox.faults.add(json_answer(402, {"title": "CreditsDepleted"}))
    with pytest.raises(TryLater, match="credits at X are spent"):
        read(stage)


@pytest.mark.parametrize(
    "strange",
    [
        ["a list"],
        {"data": "none"},
        {"data": [{"id": "5", "text": "x"}]},
        {"data": [{"created_at": "2026-11-20T10:00:00.000Z"}]},
        {"data": [{"id": "5", "created_at": "today"}]},
    ],
)
def test_an_answer_that_cannot_be_read_parks_the_channel(stage: XStage, strange) -> None:
    stage.sandbox.faults.add(json_answer(200, strange))

    with pytest.raises(UnexpectedReply):
        read(stage)


def test_a_page_of_html_is_no_answer(stage: XStage) -> None:
    stage.sandbox.faults.add(html_page(200))

    with pytest.raises(UnexpectedReply):
        read(stage)


def test_the_check_tells_whose_the_keys_are(stage: XStage) -> None:
    assert stage.connector().check(stage.channel).readiness is Readiness.READY

    other = replace(stage.channel, native_id=NativeId("1200000000000000010"))
    assert stage.connector().check(other).readiness is Readiness.NOT_PERMITTED
    wrong = {"consumer_key": "x-key", "consumer_secret": "no", "access_token": stage.token}
    found = stage.connector(secrets=wrong).check(stage.channel)
    assert found.readiness is Readiness.CREDENTIALS_REJECTED
    stage.sandbox.faults.add(json_answer(500, {}))
    assert stage.connector().check(stage.channel).readiness is Readiness.NOT_READY


def test_the_librarys_own_way_of_failing_is_replaced_whole(stage: XStage) -> None:
    """None of its exceptions can come out, because the one method that raises them is ours."""
    raising = {
        name
        for name, found in vars(tweepy.client.BaseClient).items()
        if callable(found) and "raise" in getattr(found, "__code__", read.__code__).co_names
    }
    assert raising == set()
    assert XClient.request is not tweepy.client.BaseClient.request
    assert "request" in vars(XClient)
    every = [found for found in vars(tweepy.errors).values() if isinstance(found, type)]
    used = tweepy.client.BaseClient.request.__code__.co_names
    named = {found.__name__ for found in every if issubclass(found, tweepy.TweepyException)}
    assert named - set(used) <= {"TweepyException", "HTTPException"}
