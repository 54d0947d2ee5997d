from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
import requests

from monitor.sandbox.http import Clock
from monitor.sandbox.linkedin import SCOPES, LinkedInSandbox, open_organisation
from monitor.sandbox.town import Town
from monitor.sandbox.townsfolk import TownToken

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("socket_enabled")]

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PAGE = "urn:li:organization:90009"
HEADERS = {
    "Authorization": "Bearer good",
    "LinkedIn-Version": "202609",
    "X-Restli-Protocol-Version": "2.0.0",
}
FINDER = {**HEADERS, "X-RestLi-Method": "FINDER"}


@pytest.fixture
def town() -> Town:
    one = Town()
    open_organisation(one, PAGE, "Wexcombe Council")
    one.issue(TownToken("good", PAGE, SCOPES))
    return one


@pytest.fixture
def sandbox(town: Town) -> Iterator[LinkedInSandbox]:
    with LinkedInSandbox(town, clock=Clock(NOON)) as opened:
        yield opened
        assert opened.failures == ()


def ask(sandbox: LinkedInSandbox, path: str, *, method: str = "GET", headers=HEADERS, **more):
    address = f"{sandbox.base_url}{path}"
    return requests.request(method, address, headers=headers, timeout=5, **more)


def comments_of(urn: str) -> str:
    return f"/rest/socialActions/{quote(urn, safe='')}/comments"


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"LinkedIn-Version": ""}, 400),
        ({"LinkedIn-Version": "202401"}, 426),
        ({"X-Restli-Protocol-Version": "1.0.0"}, 400),
        ({"Authorization": "Bearer stolen"}, 401),
        ({}, 200),
    ],
)
def test_its_three_headers_are_insisted_on(sandbox, changed, status: int) -> None:
    path = f"/rest/posts?q=author&author={quote(PAGE, safe='')}&start=0&count=10"

    assert ask(sandbox, path, headers={**FINDER, **changed}).status_code == status


def test_a_finder_must_say_that_it_is_one(sandbox) -> None:
    path = f"/rest/posts?q=author&author={quote(PAGE, safe='')}&start=0&count=10"

    assert ask(sandbox, path).json()["code"] == "ILLEGAL_ARGUMENT"


def test_lists_are_paged_by_start_and_count_with_a_total(sandbox, town) -> None:
    post = town.publish(PAGE, "Open day", at=NOON)
    for number in range(3):
        town.write(post.id, str(number), at=NOON + timedelta(minutes=number))
    first = ask(sandbox, f"{comments_of(post.id)}?start=0&count=2").json()
    assert len(first["elements"]) == 2
    assert first["paging"]["total"] == 3
    assert [each["rel"] for each in first["paging"]["links"]] == ["next"]

    last = ask(sandbox, f"{comments_of(post.id)}?start=2&count=2").json()
    assert (len(last["elements"]), last["paging"]["links"]) == (1, [])


def test_a_share_and_its_activity_lead_to_the_same_comments(sandbox, town) -> None:
    post = town.publish(PAGE, "Open day", at=NOON)
    comment = town.write(post.id, "hello", at=NOON)
    reply = town.write(post.id, "answer", at=NOON, parent_id=comment.id)
    (row,) = ask(sandbox, f"{comments_of(post.id)}?start=0&count=10").json()["elements"]
    assert row["object"].startswith("urn:li:activity:")
    assert row["commentsSummary"]["aggregatedTotalComments"] == 1

    (below,) = ask(sandbox, f"{comments_of(row['commentUrn'])}?start=0&count=10").json()["elements"]
    assert (below["id"], below["parentComment"]) == (reply.id, row["commentUrn"])
    activity = comments_of(row["object"])
    assert ask(sandbox, f"{activity}?start=0&count=10").json()["elements"] == [row]


def test_a_creation_answers_with_a_header_and_nothing_else(sandbox, town) -> None:
    post = town.publish(PAGE, "Open day", at=NOON)
    body = {"actor": PAGE, "object": post.id, "message": {"text": "Thank you."}}
    made = ask(sandbox, comments_of(post.id), method="POST", json=body)

    assert (made.status_code, made.content) == (201, b"")
    assert town.comment(made.headers["x-restli-id"]).text == "Thank you."
    long = {**body, "message": {"text": "x" * 1251}}
    assert ask(sandbox, comments_of(post.id), method="POST", json=long).status_code == 422


def test_a_deletion_is_204_and_then_404(sandbox, town) -> None:
    post = town.publish(PAGE, "Open day", at=NOON)
    comment = town.write(post.id, "hello", at=NOON)
    path = f"{comments_of(post.id)}/{comment.id}?actor={quote(PAGE, safe='')}"

    assert ask(sandbox, path, method="DELETE").status_code == 204
    assert ask(sandbox, path, method="DELETE").status_code == 404


def test_notifications_tell_who_commented_and_edited_in_a_time(sandbox, town) -> None:
    post = town.publish(PAGE, "Open day", at=NOON - timedelta(days=3))
    comment = town.write(post.id, "hello", at=NOON - timedelta(days=2))
    town.edit(comment.id, "hello again", at=NOON)
    start, end = (int(moment.timestamp() * 1000) for moment in (NOON - timedelta(days=1), NOON))
    path = (
        "/rest/organizationalEntityNotifications?q=criteria&actions=List(COMMENT,COMMENT_EDIT)"
        f"&organizationalEntity={quote(PAGE, safe='')}&timeRange=(start:{start},end:{end})"
        "&start=0&count=10"
    )
    (row,) = ask(sandbox, path, headers=FINDER).json()["elements"]

    assert (row["action"], row["sourcePost"]) == ("COMMENT_EDIT", post.id)


def test_a_token_is_described_to_its_own_app_only(sandbox, town) -> None:
    form = {"client_id": "linkedin-app", "client_secret": "linkedin-secret", "token": "good"}
    told = requests.post(f"{sandbox.base_url}/oauth/v2/introspectToken", data=form, timeout=5)
    assert told.json()["active"] is True
    assert told.json()["scope"].split(",") == sorted(SCOPES)

    wrong = {**form, "client_secret": "x"}
    refused = requests.post(f"{sandbox.base_url}/oauth/v2/introspectToken", data=wrong, timeout=5)
    assert refused.status_code == 401


def test_what_is_not_there_is_said_in_its_words(sandbox, town) -> None:
    post = town.publish(PAGE, "Open day", at=NOON)
    assert ask(sandbox, "/rest/people").status_code == 404
    assert ask(sandbox, f"{comments_of('urn:li:share:1')}?start=0&count=1").status_code == 404
    assert ask(sandbox, comments_of(post.id)).status_code == 400
    assert ask(sandbox, comments_of(post.id), method="PUT").status_code == 405
