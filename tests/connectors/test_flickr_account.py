from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.contract import CommentRef, NativeId, Outcome, Readiness
from connectors.errors import CredentialsRejected, NotPermitted, TryLater, UnexpectedReply
from connectors.flickr_text import words_of
from monitor.sandbox.faults import did_nothing, html_page, json_answer
from monitor.sandbox.http import Clock
from monitor.sandbox.townsfolk import TownToken
from tests.connectors.flickr_stage import ACCOUNT, TOKEN, FlickrStage, open_stage

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("socket_enabled")]

HOUR = timedelta(hours=1)


@pytest.fixture
def stage(clock: Clock) -> Iterator[FlickrStage]:
    with open_stage(clock) as opened:
        yield opened


def written(stage: FlickrStage, text: str = "unkind", **more) -> CommentRef:
    photo = stage.publish("Open day", at=stage.now() - 3 * HOUR)
    native_id = stage.write(photo, text, at=stage.now() - HOUR, **more)
    return CommentRef(stage.channel, native_id, photo)


def read(stage: FlickrStage):
    return [comment for pull in stage.connector(500).pull(stage.channel, None)
            for comment in pull.comments]  # fmt: skip


def failing(code: int) -> dict[str, object]:
    return {"stat": "fail", "code": code, "message": "x"}


@pytest.mark.parametrize(
    ("content", "text", "attached"),
    [
        ("Nice, <b>awful</b> council &amp; staff", "Nice, awful council & staff", ()),
        ("one<br />two", "one\ntwo", ()),
        ("&lt;b&gt; is a tag", "<b> is a tag", ()),
        ('<a href="x"><img src="y"></a>', "", ("image",)),
        ("", "", ()),
        ("5 < 6 and a <3", "5 < 6 and a <3", ()),
    ],
)
def test_comments_are_html_and_only_their_words_are_kept(content, text, attached) -> None:
    assert words_of(content) == (text, attached)


def test_a_comment_under_an_old_photo_is_found(stage: FlickrStage) -> None:
    ref = written(stage, "old")
    connector = stage.connector(500)
    first = [*connector.pull(stage.channel, None)]
    stage.advance(60 * HOUR)
    late = stage.write(ref.post_id, "late", at=stage.now())

    found = [each for pull in connector.pull(stage.channel, first[-1].resume_at)
             for each in pull.comments]  # fmt: skip

    assert late in {each.native_id for each in found}


def test_the_accounts_own_comments_are_marked(stage: FlickrStage) -> None:
    ref = written(stage)
    ours = stage.connector().reply(ref, "Thank you.")

    found = {each.native_id: each for each in read(stage)}

    assert found[ours].from_channel
    assert not found[ref.native_id].from_channel


@pytest.mark.parametrize("act", ["hide", "restore", "restrict", "lift"])
def test_what_flickr_does_not_offer_is_done_by_hand(stage: FlickrStage, act: str) -> None:
    connector = stage.connector()
    assert connector.capabilities.hide is None
    assert connector.capabilities.restrict is None

    with pytest.raises(NotPermitted, match="by a program"):
        getattr(connector, act)(written(stage))


def test_deleting_is_tried_and_a_second_time_finds_nothing(stage: FlickrStage) -> None:
    ref = written(stage)

    assert stage.connector().delete(ref) is Outcome.DONE
    assert stage.connector().delete(ref) is Outcome.GONE
    assert stage.town.comment(ref.native_id) is None


def test_a_refused_deletion_is_done_by_hand(stage: FlickrStage) -> None:
    stage.sandbox.may_delete = False

    with pytest.raises(NotPermitted, match="by hand"):
        stage.connector().delete(written(stage))


def test_a_reply_that_is_not_confirmed_is_no_success(stage: FlickrStage) -> None:
    ref = written(stage)
    stage.sandbox.faults.add(did_nothing({"stat": "ok"}), method="POST")

    with pytest.raises(UnexpectedReply, match="did not say"):
        stage.connector().reply(ref, "Thank you.")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (96, CredentialsRejected),
        (97, CredentialsRejected),
        (98, CredentialsRejected),
        (99, CredentialsRejected),
        (100, CredentialsRejected),
        pytest.param("98", CredentialsRejected, id="as text"),
        (105, TryLater),
        (106, TryLater),
        (9, TryLater),
        (111, UnexpectedReply),
        (112, UnexpectedReply),
        (116, UnexpectedReply),
        (95, UnexpectedReply),
    ],
)
def test_a_200_that_failed_is_sorted_by_its_code(stage: FlickrStage, code, error) -> None:
    stage.sandbox.faults.add(json_answer(200, failing(code)))

    with pytest.raises(error):
        read(stage)


@pytest.mark.parametrize(
    "strange",
    [
        {"stat": "ok"},
        {"stat": "ok", "photos": {"photo": "none"}},
        {"stat": "ok", "photos": {"photo": [{"id": "5"}], "pages": 1}},
        {"stat": "ok", "photos": {"photo": [{"dateupload": "1795169730"}], "pages": 1}},
        {"stat": "ok", "photos": {"photo": [{"id": 5, "dateupload": "99999999999999"}]}},
        {"stat": "maybe"},
        ["a list"],
    ],
)
def test_an_answer_that_cannot_be_read_parks_the_channel(stage: FlickrStage, strange) -> None:
    stage.sandbox.faults.add(json_answer(200, strange))

    with pytest.raises(UnexpectedReply):
        read(stage)


def test_a_page_of_html_is_no_answer(stage: FlickrStage) -> None:
    stage.sandbox.faults.add(html_page(200))

    with pytest.raises(UnexpectedReply) as caught:
        read(stage)
    assert "Something went wrong" in caught.value.sample


def test_an_overrun_waits_an_hour_for_the_whole_account(stage: FlickrStage) -> None:
    stage.limit_calls()

    with pytest.raises(TryLater) as caught:
        read(stage)
    assert caught.value.at == stage.now() + HOUR
    assert caught.value.whole_account


def test_the_check_tells_whose_token_it_is_and_what_it_may(stage: FlickrStage) -> None:
    connector = stage.connector()
    assert connector.check(stage.channel).readiness is Readiness.READY

    other = replace(stage.channel, native_id=NativeId("199000010@N01"))
    assert connector.check(other).readiness is Readiness.NOT_PERMITTED

    stage.town.issue(TownToken(TOKEN, ACCOUNT, frozenset({"read"})))
    found = connector.check(stage.channel)
    assert (found.readiness, found.hint) == (
        Readiness.NOT_PERMITTED,
        "authorise the app again with perms=write",
    )

    stage.sandbox.faults.add(json_answer(200, failing(105)))
    assert connector.check(stage.channel).readiness is Readiness.NOT_READY
    missing = stage.connector(secrets={"api_key": "flickr-key"})
    assert missing.check(stage.channel).hint == "oauth_token"


def test_many_photos_come_in_pages(stage: FlickrStage) -> None:
    ids = {
        stage.write(
            stage.publish(f"Photo {number}", at=stage.now() - HOUR), "hello", at=stage.now()
        )
        for number in range(7)
    }
    found = [each for pull in stage.connector(3).pull(stage.channel, None)
             for each in pull.comments]  # fmt: skip

    assert {each.native_id for each in found} == ids
