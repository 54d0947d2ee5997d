from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest
import requests

from connectors.contract import CommentRef, NativeId
from connectors.oauth1 import OAuth1Signing
from monitor.sandbox.http import Clock
from monitor.sandbox.town import Town
from monitor.sandbox.townsfolk import TownToken
from monitor.sandbox.x import XSandbox, open_account
from tests.connectors.x_stage import open_stage

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("socket_enabled")]

SPEC = (
    Path(__file__).resolve().parents[3]
    / "shared"
    / "specs"
    / "x"
    / "x-api-v2-openapi-2.159-tweet-names.json"
)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACCOUNT = "1200000000000000009"
GOOD = OAuth1Signing("x-key", "x-secret", "good", "good")


@pytest.fixture
def town() -> Town:
    one = Town()
    open_account(one, ACCOUNT, "Wexcombe Council")
    one.issue(TownToken("good", ACCOUNT))
    return one


@pytest.fixture
def sandbox(town: Town) -> Iterator[XSandbox]:
    with XSandbox(town, clock=Clock(NOON)) as opened:
        yield opened
        assert opened.failures == ()


def ask(sandbox, path, method="GET", auth=GOOD, body=None, **arguments):
    address = f"{sandbox.base_url}/2{path}"
    return requests.request(method, address, params=arguments, json=body, auth=auth, timeout=5)


def search(sandbox, post_id, **arguments):
    query = f"conversation_id:{post_id} -is:retweet"
    return ask(sandbox, "/tweets/search/recent", query=query, **arguments).json()


@pytest.mark.skipif(not SPEC.is_file(), reason="the published specification is not beside us")
def test_what_is_asked_and_what_is_answered_keeps_to_the_specification() -> None:
    told = json.loads(SPEC.read_text("utf-8"))
    with open_stage(Clock(NOON)) as stage:
        post = stage.publish("Open day", at=NOON - timedelta(hours=3))
        first = stage.write(post, "first & <last>", at=NOON - timedelta(hours=1))
        stage.write(post, "who?", at=NOON - timedelta(minutes=5), author=None)
        stage.write_attachment(post, at=NOON - timedelta(minutes=4))
        stage.write(post, "long " * 100, at=NOON - timedelta(minutes=3), parent_id=first)
        stage.edit(first, "edited")
        author = NativeId(stage.town.comment(first).author.id)
        ref = CommentRef(stage.channel, first, post, author)
        connector = stage.connector(5)
        [*connector.pull(stage.channel, None)]
        connector.hide(ref)
        connector.restore(ref)
        connector.reply(ref, "Thank you.")
        connector.restrict(ref)
        connector.lift(ref)
        connector.check(stage.channel)
        asked = stage.sandbox.requests
        answered = [(each, stage.sandbox._handle(each)) for each in asked]

    for request, answer in answered:
        path, operation = operation_of(told, request)
        names = {parameter(told, each)["name"] for each in operation.get("parameters", [])}
        assert set(request.query) <= names, path
        if request.body:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            validate(told, request.json(), schema)
        good = operation["responses"][str(answer.status)]["content"]["application/json"]["schema"]
        validate(told, json.loads(answer.body), good)
    assert len({request.method + request.path.rpartition("/")[2] for request in asked}) >= 8


def operation_of(told, request):
    for path, item in told["paths"].items():
        pattern = re.sub(r"\{\w+\}", r"[^/]+", path)
        if re.fullmatch(pattern, request.path) and request.method.lower() in item:
            return path, item[request.method.lower()]
    raise AssertionError(f"the specification knows no {request.method} {request.path}")


def parameter(told, each):
    return (
        told["components"]["parameters"][each["$ref"].rpartition("/")[2]]
        if "$ref" in each
        else each
    )


def validate(told, value, schema) -> None:
    whole = {**schema, "components": told["components"]}
    jsonschema.Draft7Validator(whole).validate(value)


@pytest.mark.parametrize(
    ("auth", "status"),
    [
        (None, 401),
        (OAuth1Signing("another", "x-secret", "good", "good"), 401),
        (OAuth1Signing("x-key", "wrong", "good", "good"), 401),
        (OAuth1Signing("x-key", "x-secret", "gone", "gone"), 401),
        (GOOD, 200),
    ],
    ids=["unsigned", "another app", "wrong secret", "no token", "good"],
)
def test_calls_are_signed_and_the_signature_is_checked(sandbox, auth, status: int) -> None:
    assert ask(sandbox, "/users/me", auth=auth).status_code == status


def test_identifiers_grow_with_time_and_pages_go_down(sandbox, town) -> None:
    post = town.publish(ACCOUNT, "Open day", at=NOON - timedelta(hours=3))
    ids = [
        town.write(post.id, str(number), at=NOON - timedelta(minutes=number)).id
        for number in range(12)
    ]
    assert [int(each) for each in ids] == sorted(map(int, ids), reverse=True)
    first = search(sandbox, post.id, max_results=10)
    rest = search(sandbox, post.id, max_results=10, next_token=first["meta"]["next_token"])

    assert [each["id"] for each in first["data"] + rest["data"]] == ids
    assert first["meta"]["newest_id"] == ids[0]
    assert "next_token" not in rest["meta"]


def test_no_result_has_no_data(sandbox, town) -> None:
    post = town.publish(ACCOUNT, "Open day", at=NOON)

    assert search(sandbox, post.id) == {"meta": {"result_count": 0}}


def test_the_search_reaches_seven_days_back(sandbox, town) -> None:
    post = town.publish(ACCOUNT, "Open day", at=NOON)
    old = (NOON - timedelta(days=8)).isoformat()

    assert search(sandbox, post.id, start_time=old)["title"] == "Invalid Request"


def test_an_edition_is_a_new_post_with_a_history(sandbox, town) -> None:
    post = town.publish(ACCOUNT, "Open day", at=NOON - timedelta(hours=3))
    comment = town.write(post.id, "kind", at=NOON - timedelta(hours=1))
    town.edit(comment.id, "unkind", at=NOON)
    (row,) = search(sandbox, post.id)["data"]

    assert row["edit_history_tweet_ids"] == [comment.id, row["id"]]
    assert row["id"] != comment.id
    assert ask(sandbox, f"/tweets/{row['id']}").json()["data"]["text"] == "unkind"


def test_a_vanished_author_and_a_vanished_post_are_partial_errors(sandbox, town) -> None:
    post = town.publish(ACCOUNT, "Open day", at=NOON)
    town.write(post.id, "who?", at=NOON)
    found = search(sandbox, post.id)
    assert found["errors"][0]["resource_type"] == "user"
    assert "includes" not in found

    gone = ask(sandbox, "/tweets/1990000000000000099")
    assert (gone.status_code, "data" in gone.json()) == (200, False)


def test_only_replies_in_own_conversations_are_hidden(sandbox, town) -> None:
    post = town.publish(ACCOUNT, "Open day", at=NOON)
    comment = town.write(post.id, "unkind", at=NOON)
    sam = town.move_in("Sam", page_id=ACCOUNT)
    elsewhere = sandbox.mention("@wexcombe", account_id=ACCOUNT, at=NOON, author=sam)

    hidden = ask(sandbox, f"/tweets/{comment.id}/hidden", "PUT", body={"hidden": True})
    assert hidden.json() == {"data": {"hidden": True}}
    assert town.comment(comment.id).hidden
    refused = ask(sandbox, f"/tweets/{elsewhere}/hidden", "PUT", body={"hidden": True})
    assert refused.status_code == 403
    assert ask(sandbox, f"/tweets/{comment.id}/hidden", "PUT", body={}).status_code == 400
    assert ask(sandbox, "/tweets/5/hidden", "PUT", body={"hidden": True}).status_code == 404


@pytest.mark.parametrize(
    ("path", "arguments", "status"),
    [
        ("/users/1/mentions", {}, 403),
        ("/users/1/tweets", {}, 403),
        (f"/users/{ACCOUNT}/mentions", {"max_results": 4}, 400),
        (f"/users/{ACCOUNT}/mentions", {"start_time": "soon"}, 400),
        (f"/users/{ACCOUNT}/mentions", {"pagination_token": "x"}, 400),
        ("/tweets/search/recent", {"query": "from:somebody"}, 400),
        ("/lists", {}, 404),
    ],
)
def test_what_cannot_be_is_refused(sandbox, path, arguments, status: int) -> None:
    assert ask(sandbox, path, **arguments).status_code == status
