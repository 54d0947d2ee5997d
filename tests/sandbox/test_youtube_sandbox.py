from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from importlib import resources

import pytest
import requests

from monitor.sandbox.http import Clock
from monitor.sandbox.town import Town
from monitor.sandbox.townsfolk import TownToken
from monitor.sandbox.youtube import YouTubeSandbox, open_channel
from tests.connectors.youtube_stage import open_stage

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("socket_enabled")]

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
CHANNEL = "UCwexcombe000000000000009"
FORM = {
    "client_id": "youtube-app",
    "client_secret": "youtube-secret",
    "refresh_token": "good",
    "grant_type": "refresh_token",
}
DISCOVERY = json.loads(
    resources.files("googleapiclient")
    .joinpath("discovery_cache", "documents", "youtube.v3.json")
    .read_text("utf-8")
)


@pytest.fixture
def town() -> Town:
    one = Town()
    open_channel(one, CHANNEL, "Wexcombe Council")
    one.issue(TownToken("good", CHANNEL))
    return one


@pytest.fixture
def sandbox(town: Town) -> Iterator[YouTubeSandbox]:
    with YouTubeSandbox(town, clock=Clock(NOON)) as opened:
        yield opened
        assert opened.failures == ()


@pytest.fixture
def access(sandbox: YouTubeSandbox) -> Mapping[str, str]:
    told = requests.post(f"{sandbox.base_url}/token", data=FORM, timeout=5).json()
    return {"Authorization": f"Bearer {told['access_token']}"}


def ask(sandbox, access, path, method="GET", **arguments):
    address = f"{sandbox.base_url}/youtube/v3/{path}"
    body = arguments.pop("body", None)
    return requests.request(method, address, params=arguments, json=body, headers=access, timeout=5)


def reason_of(answer) -> str:
    return answer.json()["error"]["errors"][0]["reason"]


def schema_problems(value, schema: Mapping, where: str = "") -> list[str]:
    """What an answer says that the discovery document does not know; it has no required fields."""
    if "$ref" in schema:
        return schema_problems(value, DISCOVERY["schemas"][schema["$ref"]], where)
    kinds = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}
    if not isinstance(value, kinds.get(schema.get("type", "object"), object)):
        return [f"{where} is no {schema.get('type')}"]
    if isinstance(value, list):
        return [
            found
            for each in value
            for found in schema_problems(each, schema["items"], f"{where}[]")
        ]
    if isinstance(value, dict):
        known = schema.get("properties", {})
        return [
            found
            for name, each in value.items()
            for found in (
                schema_problems(each, known[name], f"{where}.{name}")
                if name in known
                else [f"{where}.{name} is unknown"]
            )
        ]
    return []


def test_a_whole_pull_and_every_act_keep_to_the_discovery_document() -> None:
    clock = Clock(NOON)
    with open_stage(clock) as stage:
        video = stage.publish("Open day", at=NOON - timedelta(hours=3))
        first = stage.write(video, "first", at=NOON - timedelta(hours=1))
        for number in range(4):
            stage.write(video, f"answer {number}", at=NOON, parent_id=first)
        connector = stage.connector(2)
        from connectors.contract import CommentRef  # noqa: PLC0415 - this test's own

        ref = CommentRef(stage.channel, first, video)
        [*connector.pull(stage.channel, None)]
        connector.hide(ref)
        connector.restore(ref)
        connector.reply(ref, "Thank you.")
        connector.check(stage.channel)
        asked = [each for each in stage.sandbox.requests if each.path != "/token"]

    methods = {}
    for resource in DISCOVERY["resources"].values():
        for method in resource.get("methods", {}).values():
            methods[(method["httpMethod"], f"/{method['path']}")] = method
    assert len({each.path for each in asked}) == 6
    for request in asked:
        method = methods[(request.method, request.path)]
        known = set(method["parameters"]) | {"alt", "key", "prettyPrint"}
        assert set(request.query) <= known, request.path
        for name, given in request.query.items():
            allowed = method["parameters"].get(name, {}).get("enum")
            assert not allowed or set(given) <= set(allowed), name


@pytest.mark.parametrize(
    ("path", "schema", "arguments"),
    [
        ("channels", "ChannelListResponse", {"mine": "true"}),
        ("playlistItems", "PlaylistItemListResponse", {"playlistId": f"UU{CHANNEL[2:]}"}),
        ("commentThreads", "CommentThreadListResponse", {"allThreadsRelatedToChannelId": CHANNEL}),
    ],
)
def test_answers_keep_to_the_discovery_document(
    sandbox, access, town, path, schema, arguments
) -> None:
    video = town.publish(CHANNEL, "Open day", at=NOON)
    jo = town.move_in("Jo", page_id=CHANNEL)
    comment = town.write(video.id, "first", at=NOON, author=jo)
    for number in range(3):
        town.write(video.id, str(number), at=NOON, parent_id=comment.id)
    told = ask(sandbox, access, path, part="id,snippet,replies", **arguments).json()

    assert told["items"]
    problems = schema_problems(told, DISCOVERY["schemas"][schema], schema)
    # The signed address of a picture is newer than the document.
    assert [each for each in problems if "imageUrl" not in each] == []


def test_a_refresh_token_buys_an_hour_and_a_revoked_one_nothing(sandbox, town) -> None:
    good = requests.post(f"{sandbox.base_url}/token", data=FORM, timeout=5).json()
    assert good["expires_in"] == 3599

    town.issue(TownToken("good", CHANNEL, expires_at=NOON))
    bad = requests.post(f"{sandbox.base_url}/token", data=FORM, timeout=5)
    assert (bad.status_code, bad.json()["error"]) == (400, "invalid_grant")
    used = ask(sandbox, {"Authorization": f"Bearer {good['access_token']}"}, "channels")
    assert used.status_code == 401
    other = {**FORM, "client_secret": "x"}
    assert requests.post(f"{sandbox.base_url}/token", data=other, timeout=5).status_code == 401


def test_threads_are_newest_first_and_arrivals_move_no_page(sandbox, access, town) -> None:
    video = town.publish(CHANNEL, "Open day", at=NOON)
    ids = [
        town.write(video.id, str(number), at=NOON + timedelta(minutes=number)).id
        for number in range(4)
    ]
    first = ask(sandbox, access, "commentThreads", videoId=video.id, maxResults=2).json()
    town.write(video.id, "meanwhile", at=NOON + timedelta(minutes=9))
    rest = ask(
        sandbox,
        access,
        "commentThreads",
        videoId=video.id,
        maxResults=2,
        pageToken=first["nextPageToken"],
    ).json()

    assert [each["id"] for each in first["items"] + rest["items"]] == ids[::-1]
    assert "nextPageToken" not in rest


def test_held_comments_have_a_list_of_their_own_and_no_state_by_identifier(
    sandbox, access, town
) -> None:
    video = town.publish(CHANNEL, "Open day", at=NOON)
    comment = town.write(video.id, "unkind", at=NOON)
    held = ask(sandbox, access, "comments/setModerationStatus", "POST",
               id=comment.id, moderationStatus="heldForReview")  # fmt: skip
    assert (held.status_code, held.content) == (204, b"")

    public = ask(sandbox, access, "commentThreads", videoId=video.id).json()
    assert public["items"] == []
    listed = ask(
        sandbox, access, "commentThreads", videoId=video.id, moderationStatus="heldForReview"
    ).json()
    assert [each["id"] for each in listed["items"]] == [comment.id]
    (by_id,) = ask(sandbox, access, "comments", id=comment.id).json()["items"]
    assert "moderationStatus" not in by_id["snippet"]
    (counted,) = ask(sandbox, access, "videos", id=video.id).json()["items"]
    assert counted["statistics"]["commentCount"] == "0"


def test_rejected_is_for_ever_and_banning_needs_it(sandbox, access, town) -> None:
    video = town.publish(CHANNEL, "Open day", at=NOON)
    comment = town.write(video.id, "unkind", at=NOON)
    path = "comments/setModerationStatus"
    ban = ask(sandbox, access, path, "POST", id=comment.id, moderationStatus="published",
              banAuthor="true")  # fmt: skip
    assert reason_of(ban) == "banWithoutReject"

    assert ask(sandbox, access, path, "POST", id=comment.id, moderationStatus="rejected").ok
    again = ask(sandbox, access, path, "POST", id=comment.id, moderationStatus="published")
    assert (again.status_code, reason_of(again)) == (404, "commentNotFound")


def test_every_call_costs_and_the_day_is_pacific(sandbox, access) -> None:
    sandbox.quota = 3
    codes = [ask(sandbox, access, "channels", mine="true").status_code for _ in range(4)]
    assert codes == [200, 200, 200, 403]
    assert reason_of(ask(sandbox, access, "channels")) == "quotaExceeded"

    sandbox.clock.set(datetime(2026, 11, 21, 8, tzinfo=UTC))
    assert ask(sandbox, access, "channels", mine="true").status_code == 200


@pytest.mark.parametrize(
    ("path", "arguments", "reason"),
    [
        ("commentThreads", {}, "invalidFilters"),
        ("commentThreads", {"videoId": "x", "id": "y"}, "invalidFilters"),
        ("commentThreads", {"videoId": "nothing"}, "videoNotFound"),
        ("commentThreads", {"allThreadsRelatedToChannelId": "UCother"}, "forbidden"),
        ("commentThreads", {"id": "x", "moderationStatus": "heldForReview"}, "invalidValue"),
        ("comments", {}, "invalidFilters"),
        ("comments", {"parentId": "x"}, "commentNotFound"),
        ("playlistItems", {"playlistId": "UUother"}, "playlistNotFound"),
        ("playlistItems", {"playlistId": f"UU{CHANNEL[2:]}", "maxResults": 99}, "invalidValue"),
        ("search", {}, "notFound"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(sandbox, access, path, arguments, reason) -> None:
    assert reason_of(ask(sandbox, access, path, **arguments)) == reason


def test_a_video_with_comments_off_says_so(sandbox, access, town) -> None:
    video = town.publish(CHANNEL, "Open day", at=NOON)
    sandbox.comments_off.add(video.id)

    refused = ask(sandbox, access, "commentThreads", videoId=video.id)
    assert (refused.status_code, reason_of(refused)) == (403, "commentsDisabled")
    (counted,) = ask(sandbox, access, "videos", id=video.id).json()["items"]
    assert "commentCount" not in counted["statistics"]


def test_a_reply_goes_below_a_thread_and_not_below_a_reply(sandbox, access, town) -> None:
    video = town.publish(CHANNEL, "Open day", at=NOON)
    comment = town.write(video.id, "first", at=NOON)
    body = {"snippet": {"parentId": comment.id, "textOriginal": "Thank you."}}
    made = ask(sandbox, access, "comments", "POST", body=body).json()
    assert made["id"].startswith(f"{comment.id}.")

    below = {"snippet": {"parentId": made["id"], "textOriginal": "Again."}}
    assert reason_of(ask(sandbox, access, "comments", "POST", body=below)) == "parentIdInvalid"
    empty = {"snippet": {"parentId": comment.id}}
    assert reason_of(ask(sandbox, access, "comments", "POST", body=empty)) == "commentTextRequired"
