from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from atproto_client import models
from atproto_client.models.utils import get_or_create

from monitor.sandbox.bluesky import BlueskySandbox, open_account
from monitor.sandbox.http import Clock
from monitor.sandbox.town import Town
from monitor.sandbox.townsfolk import TownToken
from tests.connectors.bluesky_stage import open_stage

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("socket_enabled")]

LEXICONS = Path(__file__).resolve().parents[3] / "shared" / "specs" / "bluesky" / "lexicons"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACCOUNT = "did:plc:wexcombe2222222222222222"
GATE = "app.bsky.feed.threadgate"


@pytest.fixture
def town() -> Town:
    one = Town()
    open_account(one, ACCOUNT, "Wexcombe Council")
    one.issue(TownToken("good", ACCOUNT))
    return one


@pytest.fixture
def sandbox(town: Town) -> Iterator[BlueskySandbox]:
    with BlueskySandbox(town, clock=Clock(NOON)) as opened:
        yield opened
        assert opened.failures == ()


@pytest.fixture
def session(sandbox: BlueskySandbox) -> Mapping[str, str]:
    body = {"identifier": "wexcombe.example", "password": "good"}
    return ask(sandbox, {}, "com.atproto.server.createSession", body=body).json()


@pytest.fixture
def access(session: Mapping[str, str]) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {session['accessJwt']}"}


def ask(sandbox, access, method, body=None, **params):
    address = f"{sandbox.base_url}/xrpc/{method}"
    verb = "GET" if body is None else "POST"
    return requests.request(verb, address, params=params, json=body, headers=access, timeout=5)


@pytest.mark.skipif(not LEXICONS.is_dir(), reason="the published lexicons are not beside us")
def test_a_whole_pull_and_every_act_ask_what_the_lexicons_know() -> None:
    from connectors.contract import CommentRef, NativeId  # noqa: PLC0415 - this test's own

    with open_stage(Clock(NOON)) as stage:
        post = stage.publish("Open day", at=NOON - timedelta(hours=3))
        reply = stage.write(post, "unkind", at=NOON - timedelta(hours=1))
        author = NativeId(stage.town.comment(reply).author.id)
        ref = CommentRef(stage.channel, reply, post, author)
        connector = stage.connector(3)
        [*connector.pull(stage.channel, None)]
        for act in (connector.hide, connector.restore, connector.restrict, connector.lift):
            act(ref)
        connector.reply(ref, "Thank you.")
        connector.check(stage.channel)
        asked = stage.sandbox.requests

    assert len({each.path for each in asked}) >= 10
    for request in asked:
        name = request.path.removeprefix("/xrpc/")
        told = json.loads((LEXICONS / f"{name.replace('.', '/')}.json").read_text("utf-8"))
        main = told["defs"]["main"]
        given = main.get("parameters", {}).get("properties", {})
        assert set(request.query) <= set(given), name
        if main["type"] == "procedure" and request.body:
            schema = main["input"]["schema"]
            assert set(request.json()) <= set(schema["properties"]), name
            assert set(schema["required"]) <= set(request.json()), name


def test_its_answers_are_what_the_library_takes_for_the_lexicons_own(sandbox, access, town) -> None:
    post = town.publish(ACCOUNT, "Open day", at=NOON)
    jo = town.move_in("Jo", page_id=ACCOUNT)
    first = town.write(post.id, "first", at=NOON, author=jo)
    town.write(post.id, "below", at=NOON, author=jo, parent_id=first.id)
    for method, model, params in (
        ("app.bsky.feed.getAuthorFeed", models.AppBskyFeedGetAuthorFeed, {"actor": ACCOUNT}),
        ("app.bsky.feed.getPosts", models.AppBskyFeedGetPosts, {"uris": [first.id]}),
        ("app.bsky.feed.getPostThread", models.AppBskyFeedGetPostThread, {"uri": post.id}),
        (
            "app.bsky.notification.listNotifications",
            models.AppBskyNotificationListNotifications,
            {},
        ),
    ):
        told = ask(sandbox, access, method, **params).json()
        assert isinstance(get_or_create(told, model.Response), model.Response)


def test_a_session_is_refreshed_once_and_ends_with_its_password(sandbox, session, town) -> None:
    refresh = {"Authorization": f"Bearer {session['refreshJwt']}"}
    method = "com.atproto.server.refreshSession"
    assert ask(sandbox, refresh, method, body={}).status_code == 200
    again = ask(sandbox, refresh, method, body={})
    assert (again.status_code, again.json()["error"]) == (400, "ExpiredToken")

    town.issue(TownToken("good", ACCOUNT, expires_at=NOON))
    access = {"Authorization": f"Bearer {session['accessJwt']}"}
    ended = ask(sandbox, access, "com.atproto.server.getSession")
    assert (ended.status_code, ended.json()["error"]) == (400, "ExpiredToken")
    assert ask(sandbox, {}, "com.atproto.server.getSession").json()["error"] == "AuthMissing"


def test_a_thread_is_as_deep_as_was_asked_and_says_that_there_is_more(
    sandbox, access, town
) -> None:
    post = town.publish(ACCOUNT, "Open day", at=NOON)
    above = None
    for level in range(4):
        above = town.write(post.id, str(level), at=NOON, parent_id=above.id if above else None)
    method = "app.bsky.feed.getPostThread"
    node = ask(sandbox, access, method, uri=post.id, depth=2).json()["thread"]
    last = node["replies"][0]["replies"][0]

    assert "replies" not in last
    assert last["post"]["replyCount"] == 1
    gone = ask(sandbox, access, method, uri="at://did:plc:x/app.bsky.feed.post/1")
    assert (gone.status_code, gone.json()["error"]) == (400, "NotFound")


def test_only_answers_to_the_account_raise_notifications(sandbox, access, town) -> None:
    post = town.publish(ACCOUNT, "Open day", at=NOON)
    direct = town.write(post.id, "direct", at=NOON)
    town.write(post.id, "below a resident", at=NOON, parent_id=direct.id)
    ours = town.reply_as_page(post.id, "Thank you.", at=NOON, parent_id=direct.id)
    answer = town.write(post.id, "below ours", at=NOON, parent_id=ours.id)

    rows = ask(sandbox, access, "app.bsky.notification.listNotifications").json()["notifications"]
    assert {row["uri"] for row in rows} == {direct.id, answer.id}


def test_a_record_is_swapped_only_against_what_it_is(sandbox, access, town) -> None:
    post = town.publish(ACCOUNT, "Open day", at=NOON)
    reply = town.write(post.id, "unkind", at=NOON)
    where = {"repo": ACCOUNT, "collection": GATE, "rkey": post.id.rpartition("/")[2]}
    missing = ask(sandbox, access, "com.atproto.repo.getRecord", **where)
    assert missing.json()["error"] == "RecordNotFound"
    record = {"post": post.id, "hiddenReplies": [reply.id]}
    made = ask(
        sandbox, access, "com.atproto.repo.createRecord", body={**where, "record": record}
    ).json()
    assert town.comment(reply.id).hidden

    wrong = {**where, "record": record, "swapRecord": "bafyother"}
    refused = ask(sandbox, access, "com.atproto.repo.putRecord", body=wrong)
    assert refused.json()["error"] == "InvalidSwap"
    right = {**where, "record": {**record, "hiddenReplies": []}, "swapRecord": made["cid"]}
    changed = ask(sandbox, access, "com.atproto.repo.putRecord", body=right).json()
    assert changed["cid"] != made["cid"]
    assert not town.comment(reply.id).hidden


@pytest.mark.parametrize(
    ("method", "body", "params", "error"),
    [
        ("app.bsky.feed.getAuthorFeed", None, {"actor": "did:plc:x"}, "InvalidRequest"),
        ("app.bsky.feed.getAuthorFeed", None, {"actor": ACCOUNT, "limit": 101}, "InvalidRequest"),
        ("app.bsky.feed.getTimeline", None, {}, "MethodNotImplemented"),
        ("com.atproto.repo.getRecord", None, {"repo": "did:plc:x"}, "InvalidRequest"),
        ("com.atproto.repo.createRecord", {"repo": ACCOUNT}, {}, "InvalidRequest"),
        ("com.atproto.repo.putRecord", {"repo": "did:plc:x", "record": {}}, {}, "Forbidden"),
    ],
)
def test_what_cannot_be_is_refused_in_its_words(
    sandbox, access, method, body, params, error
) -> None:
    assert ask(sandbox, access, method, body=body, **params).json()["error"] == error
