from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.contract import CommentRef, NativeId, Outcome, Readiness
from connectors.errors import CredentialsRejected, NotPermitted, TryLater, UnexpectedReply
from monitor.sandbox.faults import answer, did_nothing, drop, html_page, json_answer
from monitor.sandbox.http import Clock
from monitor.sandbox.linkedin import SCOPES, throttled
from monitor.sandbox.townsfolk import TownToken
from tests.connectors.linkedin_stage import PAGE, TOKEN, LinkedInStage, open_stage

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("socket_enabled")]

HOUR = timedelta(hours=1)


@pytest.fixture
def stage(clock: Clock) -> Iterator[LinkedInStage]:
    with open_stage(clock) as opened:
        yield opened


def written(stage: LinkedInStage, text: str = "unkind", **more) -> CommentRef:
    post = stage.publish("Open day", at=stage.now() - 3 * HOUR)
    native_id = stage.write(post, text, at=stage.now() - HOUR, **more)
    return CommentRef(stage.channel, native_id, post)


def read(stage: LinkedInStage, **settings):
    pulls = stage.connector(100, **settings).pull(stage.channel, None)
    return [comment for pull in pulls for comment in pull.comments]


def test_nobody_has_a_name_and_everybody_an_identifier(stage: LinkedInStage) -> None:
    written(stage)

    (comment,) = read(stage)

    assert comment.author is not None
    assert str(comment.author.native_id).startswith("urn:li:person:")
    assert comment.author.name is None


def test_a_quiet_post_costs_nothing_and_a_notification_makes_it_read(stage: LinkedInStage) -> None:
    ref = written(stage, "old")
    connector = stage.connector(100)
    first = [*connector.pull(stage.channel, None)]
    stage.advance(6 * HOUR)
    quiet = [*connector.pull(stage.channel, first[-1].resume_at)]
    assert sum(pull.cost for pull in quiet) == 2  # the posts and the notifications

    stage.edit(ref.native_id, "old, and edited")
    news = [*connector.pull(stage.channel, quiet[-1].resume_at)]

    assert [each.text for pull in news for each in pull.comments] == ["old, and edited"]


def test_the_pages_own_replies_are_marked_and_join_the_thread(stage: LinkedInStage) -> None:
    ref = written(stage)
    ours = stage.connector().reply(ref, "Thank you.")

    found = {each.native_id: each for each in read(stage)}

    assert found[ours].from_channel
    assert found[ours].parent_id == ref.native_id
    assert not found[ref.native_id].from_channel


def test_a_reply_that_is_too_long_is_refused_before_it_is_sent(stage: LinkedInStage) -> None:
    ref = written(stage)
    stage.sandbox.forget_requests()

    with pytest.raises(NotPermitted, match="1250 characters"):
        stage.connector().reply(ref, "x" * 1251)
    assert stage.sandbox.requests == ()


@pytest.mark.parametrize("act", ["hide", "restore", "restrict", "lift"])
def test_what_linkedin_does_not_offer_is_done_by_hand(stage: LinkedInStage, act: str) -> None:
    assert stage.connector().capabilities.hide is None

    with pytest.raises(NotPermitted, match="by a program"):
        getattr(stage.connector(), act)(written(stage))


def test_deleting_is_tried_and_a_second_time_finds_nothing(stage: LinkedInStage) -> None:
    ref = written(stage)

    assert stage.connector().delete(ref) is Outcome.DONE
    assert stage.connector().delete(ref) is Outcome.GONE
    assert stage.town.comment(ref.native_id) is None


def test_a_refused_deletion_is_done_by_hand(stage: LinkedInStage) -> None:
    stage.sandbox.may_delete = False

    with pytest.raises(NotPermitted, match="by hand"):
        stage.connector().delete(written(stage))


def test_a_deletion_that_did_nothing_is_no_success(stage: LinkedInStage) -> None:
    ref = written(stage)
    stage.sandbox.faults.add(answer(204), method="DELETE")

    with pytest.raises(UnexpectedReply, match="still shows the comment"):
        stage.connector().delete(ref)


def test_a_reply_that_is_not_confirmed_is_no_success(stage: LinkedInStage) -> None:
    ref = written(stage)
    stage.sandbox.faults.add(did_nothing({}), method="POST")

    with pytest.raises(UnexpectedReply, match="did not say"):
        stage.connector().reply(ref, "Thank you.")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, UnexpectedReply),
        (401, CredentialsRejected),
        (403, CredentialsRejected),
        (409, TryLater),
        (422, UnexpectedReply),
        (426, UnexpectedReply),
        (429, TryLater),
        (500, TryLater),
        (503, TryLater),
    ],
)
def test_every_status_has_its_meaning(stage: LinkedInStage, status: int, error) -> None:
    stage.sandbox.faults.add(json_answer(status, {"status": status, "message": "x"}))

    with pytest.raises(error):
        read(stage)


def test_a_dead_version_is_said_with_what_to_set(stage: LinkedInStage) -> None:
    with pytest.raises(UnexpectedReply, match="set api_version"):
        read(stage, options={"api_version": "202401"})


def test_the_days_calls_return_at_midnight_and_others_soon(stage: LinkedInStage) -> None:
    stage.sandbox.faults.add(throttled(day=True), times=1)
    with pytest.raises(TryLater) as spent:
        read(stage)
    assert spent.value.at == datetime(2026, 11, 21, tzinfo=UTC)

    stage.sandbox.faults.add(throttled())
    with pytest.raises(TryLater) as asked:
        read(stage)
    assert asked.value.at == stage.now() + timedelta(minutes=5)
    assert asked.value.whole_account


def test_a_read_whose_answer_was_lost_is_asked_for_once_more(stage: LinkedInStage) -> None:
    written(stage)
    stage.sandbox.faults.add(drop(), every=2)

    assert len(read(stage)) == 1


def test_a_write_is_never_repeated(stage: LinkedInStage) -> None:
    ref = written(stage)
    stage.sandbox.faults.add(json_answer(503, {}), method="DELETE")
    stage.sandbox.forget_requests()

    with pytest.raises(TryLater):
        stage.connector().delete(ref)
    assert len([each for each in stage.sandbox.requests if each.method == "DELETE"]) == 1


@pytest.mark.parametrize(
    "strange",
    [
        {},
        {"elements": "none"},
        {"elements": [{"id": "urn:li:share:1"}]},
        {"elements": [{"id": "urn:li:share:1", "createdAt": "today"}]},
        {"elements": [{"createdAt": 1795169730000}]},
        {"elements": [{"id": "urn:li:share:1", "createdAt": 10**18}]},
        ["a list"],
    ],
)
def test_an_answer_that_cannot_be_read_parks_the_channel(stage: LinkedInStage, strange) -> None:
    stage.sandbox.faults.add(json_answer(200, strange), path="/rest/posts")

    with pytest.raises(UnexpectedReply):
        read(stage)


def test_a_page_of_html_is_no_answer(stage: LinkedInStage) -> None:
    stage.sandbox.faults.add(html_page(200))

    with pytest.raises(UnexpectedReply):
        read(stage)


def test_the_check_names_what_is_missing_and_when_the_token_ends(stage: LinkedInStage) -> None:
    ends = stage.now() + timedelta(days=30)
    stage.town.issue(TownToken(TOKEN, PAGE, SCOPES, expires_at=ends))
    found = stage.connector().check(stage.channel)
    assert (found.readiness, found.expires_at) == (Readiness.READY, ends)

    stage.town.issue(TownToken(TOKEN, PAGE, SCOPES - {"w_organization_social"}))
    found = stage.connector().check(stage.channel)
    assert (found.readiness, found.hint) == (Readiness.NOT_PERMITTED, "w_organization_social")


def test_without_the_apps_credentials_the_check_only_tries(stage: LinkedInStage) -> None:
    bare = stage.connector(secrets={"token": TOKEN})
    assert "are checked too" in bare.check(stage.channel).sentence

    other = replace(stage.channel, native_id=NativeId("urn:li:organization:1"))
    assert bare.check(other).readiness is Readiness.NOT_PERMITTED

    stage.sandbox.faults.add(json_answer(500, {}))
    assert bare.check(stage.channel).readiness is Readiness.NOT_READY
