from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from monitor.sandbox import instagram
from monitor.sandbox.http import Clock
from monitor.sandbox.instagram import InstagramSandbox, open_account
from monitor.sandbox.town import Town
from monitor.sandbox.townsfolk import TownToken

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("socket_enabled")]

SPECS = Path(__file__).resolve().parents[3] / "shared" / "specs" / "meta"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACCOUNT = "17841400000000009"
GOOD = "good"


@pytest.fixture
def town() -> Town:
    one = Town()
    open_account(one, ACCOUNT, "Wexcombe Council")
    scopes = frozenset({"instagram_basic", "instagram_manage_comments"})
    one.issue(TownToken("good", ACCOUNT, scopes))
    return one


@pytest.fixture
def sandbox(town: Town) -> Iterator[InstagramSandbox]:
    with InstagramSandbox(town, clock=Clock(NOON)) as opened:
        yield opened
        assert opened.failures == ()


def ask(sandbox: InstagramSandbox, path: str, method: str = "GET", token: str = GOOD, **args):
    response = requests.request(
        method,
        f"{sandbox.base_url}/v26.0/{path}",
        params={"access_token": token, **args},
        timeout=5,
    )
    return response.status_code, response.json()


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("IGMedia", instagram.MEDIA_FIELDS),
        ("IGComment", instagram.COMMENT_FIELDS),
        ("IGUser", instagram.ACCOUNT_FIELDS),
    ],
)
@pytest.mark.skipif(not SPECS.is_dir(), reason="the published specification is not beside us")
def test_every_field_is_one_of_the_published_specification(name, fields) -> None:
    told = json.loads((SPECS / f"{name}.json").read_text("utf-8"))

    assert fields <= {each["name"] for each in told["fields"]}


def test_comments_come_newest_first_and_take_no_date(sandbox, town) -> None:
    post = town.publish(ACCOUNT, "Open day", at=NOON - timedelta(hours=3))
    ids = [
        town.write(post.id, str(number), at=NOON - timedelta(minutes=number)).id
        for number in range(3)
    ]
    _, page = ask(sandbox, f"{post.id}/comments", limit=2)
    assert [each["id"] for each in page["data"]] == ids[:2]
    assert "after=" in page["paging"]["next"]

    status, refused = ask(sandbox, f"{post.id}/comments", since="1795169730")
    assert (status, refused["error"]["code"]) == (400, 100)


def test_a_row_brings_some_of_its_replies_and_says_that_there_are_more(sandbox, town) -> None:
    post = town.publish(ACCOUNT, "Open day", at=NOON)
    first = town.write(post.id, "first", at=NOON)
    for number in range(3):
        town.write(post.id, str(number), at=NOON, parent_id=first.id)

    _, page = ask(sandbox, f"{post.id}/comments", fields="id,replies{id,text}")
    replies = page["data"][0]["replies"]
    assert len(replies["data"]) == 2
    assert replies["paging"]["next"]
    _, rest = ask(sandbox, f"{first.id}/replies", fields="id,parent_id")
    assert {each["parent_id"] for each in rest["data"]} == {first.id}
    assert len(rest["data"]) == 3


def test_a_hidden_comment_cannot_be_answered(sandbox, town) -> None:
    post = town.publish(ACCOUNT, "Open day", at=NOON)
    comment = town.write(post.id, "first", at=NOON)
    assert ask(sandbox, comment.id, "POST", hide="true") == (200, {"success": True})
    assert ask(sandbox, comment.id, fields="hidden")[1] == {"id": comment.id, "hidden": True}

    status, refused = ask(sandbox, f"{comment.id}/replies", "POST", message="Thanks")
    assert (status, refused["error"]["code"]) == (400, 200)


@pytest.mark.parametrize(
    ("path", "method", "args", "code"),
    [
        ("17900000000000099", "GET", {}, 100),
        (f"{ACCOUNT}/stories", "GET", {}, 2500),
        (f"{ACCOUNT}/media", "GET", {"fields": "id,shoe_size"}, 100),
        ("refresh_access_token", "GET", {"grant_type": "password"}, 100),
    ],
)
def test_what_is_not_there_is_refused_in_the_platforms_words(
    sandbox, path, method, args, code
) -> None:
    status, refused = ask(sandbox, path, method, **args)

    assert (status, refused["error"]["code"]) == (400, code)


def test_a_token_is_renewed_after_a_day_and_never_after_its_end(sandbox, town) -> None:
    sandbox.issued_at = NOON
    assert ask(sandbox, "refresh_access_token", grant_type="ig_refresh_token")[0] == 400

    sandbox.clock.advance(timedelta(days=2))
    _, renewed = ask(sandbox, "refresh_access_token", grant_type="ig_refresh_token")
    assert renewed["expires_in"] == 60 * 24 * 3600
    assert ask(sandbox, ACCOUNT, token=renewed["access_token"], fields="username")[0] == 200

    sandbox.clock.advance(timedelta(days=61))
    status, refused = ask(
        sandbox,
        "refresh_access_token",
        token=renewed["access_token"],
        grant_type="ig_refresh_token",
    )
    assert (status, refused["error"]["code"]) == (400, 190)


def test_only_the_accounts_own_token_opens_it(sandbox, town) -> None:
    town.issue(TownToken("other", "17841400000000077", frozenset({"instagram_basic"})))

    assert ask(sandbox, f"{ACCOUNT}/media", token="other")[1]["error"]["code"] == 100
