from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from monitor.sandbox import graph_fields
from monitor.sandbox.faults import twist
from monitor.sandbox.graph import GraphSandbox
from monitor.sandbox.graph_errors import expired_token, graph_fault, rate_limited
from monitor.sandbox.http import Clock
from monitor.sandbox.town import WEXCOMBE_PAGE, WEXCOMBE_TOKEN, Town
from monitor.sandbox.townsfolk import TownComment, TownPost, TownToken

pytestmark = pytest.mark.sandbox

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SPECS = Path(__file__).resolve().parents[3] / "shared" / "specs" / "meta"
EVERY_COMMENT_FIELD = ",".join(sorted(graph_fields.COMMENT_FIELDS))
EVERY_POST_FIELD = ",".join(sorted(graph_fields.POST_FIELDS))
Call = Callable[..., requests.Response]


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
def town() -> Town:
    one = Town()
    one.open_page(WEXCOMBE_PAGE, "Parks and Libraries")
    one.issue(TownToken(WEXCOMBE_TOKEN, WEXCOMBE_PAGE))
    return one


@pytest.fixture
def graph(town: Town, clock: Clock, socket_enabled: None) -> Iterator[GraphSandbox]:
    with GraphSandbox(town, clock=clock, app_id="1234", app_secret="shh") as sandbox:
        yield sandbox
        assert sandbox.failures == ()


@pytest.fixture
def call(graph: GraphSandbox) -> Iterator[Call]:
    with requests.Session() as session:
        session.trust_env = False

        def one(
            method: str, path: str, *, token: str | None = WEXCOMBE_TOKEN, **given: Any
        ) -> requests.Response:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            return session.request(
                method, f"{graph.base_url}/v26.0/{path}", headers=headers, timeout=5, **given
            )

        yield one


@pytest.fixture
def get(call: Call) -> Callable[..., Any]:
    return lambda path, **params: call("GET", path, params=params).json()


@pytest.fixture
def post(town: Town) -> TownPost:
    return town.publish(WEXCOMBE_PAGE, "Open day", at=NOON - timedelta(days=2))


@pytest.fixture
def thread(town: Town, post: TownPost) -> list[TownComment]:
    """Twelve comments a minute apart; every fourth answers the first."""
    jo = town.move_in("Jo Millbank")
    written = [town.write(post.id, "0", at=NOON - timedelta(hours=1), author=jo)]
    for number in range(1, 12):
        parent = written[0].id if number % 4 == 0 else None
        at = NOON - timedelta(minutes=60 - number)
        written.append(town.write(post.id, str(number), at=at, author=jo, parent_id=parent))
    return written


def error_of(response: requests.Response) -> tuple[int, int, int | None]:
    error = response.json()["error"]
    assert error["type"]
    assert error["message"]
    assert error["fbtrace_id"]
    return response.status_code, error["code"], error.get("error_subcode")


def specified(name: str) -> set[str]:
    path = SPECS / f"{name}.json"
    if not path.exists():
        pytest.skip("Meta's specification is not on this machine")
    return {field["name"] for field in json.loads(path.read_text(encoding="utf-8"))["fields"]}


@pytest.mark.parametrize(
    ("known", "name"),
    [
        (graph_fields.COMMENT_FIELDS, "Comment"),
        (graph_fields.POST_FIELDS, "PagePost"),
        (graph_fields.PAGE_FIELDS, "Page"),
        (graph_fields.BLOCKED_FIELDS, "BlockedUserInfo"),
    ],
)
def test_the_known_fields_are_those_of_the_specification(known: frozenset[str], name: str) -> None:
    assert known <= specified(name)


def test_every_field_of_an_answer_is_in_the_specification(get, town, post, thread) -> None:
    town.write(post.id, "", at=NOON, attachment="sticker")
    comments = get(f"{post.id}/comments", fields=EVERY_COMMENT_FIELD, filter="stream")["data"]
    posts = get(f"{WEXCOMBE_PAGE}/published_posts", fields=EVERY_POST_FIELD)["data"]
    town.block(WEXCOMBE_PAGE, thread[0].author.id, at=NOON)
    blocked = get(f"{WEXCOMBE_PAGE}/blocked")["data"]

    assert {name for row in comments for name in row} <= specified("Comment")
    assert {name for row in posts for name in row} <= specified("PagePost")
    assert {name for row in blocked for name in row} <= specified("BlockedUserInfo")
    assert set(get("me", fields="id,name,category")) <= specified("Page")


def test_an_answer_is_json_and_says_which_version_answered(call) -> None:
    got = call("GET", "me")

    assert got.headers["Content-Type"].startswith("application/json")
    assert got.headers["facebook-api-version"] == "v26.0"
    assert got.json() == {"id": WEXCOMBE_PAGE, "name": "Parks and Libraries"}


def test_a_comment_looks_as_the_documentation_says(get, town, post) -> None:
    jo = town.move_in("Jo Millbank")
    first = town.write(post.id, "Bins 😡", at=NOON, author=jo)
    reply = town.write(post.id, "agree", at=NOON, parent_id=first.id, attachment="photo")

    told = get(first.id, fields=EVERY_COMMENT_FIELD)
    answer = get(reply.id, fields=EVERY_COMMENT_FIELD)

    assert told["message"] == "Bins 😡"
    assert told["created_time"] == "2026-11-20T12:00:00+0000"
    assert told["from"] == {"id": jo.id, "name": "Jo Millbank"}
    assert told["comment_count"] == 1
    assert (told["is_hidden"], told["can_hide"], told["can_remove"]) == (False, True, True)
    assert told["permalink_url"].startswith("https://www.facebook.com/permalink.php?")
    assert "parent" not in told
    assert "attachment" not in told
    assert answer["parent"] == {"id": first.id}
    assert answer["attachment"] == {"type": "photo"}
    assert "from" not in answer


def test_only_what_is_asked_for_is_told_and_always_the_identifier(get, thread) -> None:
    assert get(thread[0].id, fields="message") == {"id": thread[0].id, "message": "0"}
    assert set(get(thread[0].id)) == {"id", "message"}


def test_authors_can_be_withheld_but_for_the_page_itself(get, graph, town, post, thread) -> None:
    graph.edges.show_authors = False
    own = town.reply_as_page(post.id, "Thanks", at=NOON)

    assert "from" not in get(thread[0].id, fields="from")
    assert get(own.id, fields="from")["from"]["id"] == WEXCOMBE_PAGE


@pytest.mark.parametrize(
    "fields", ["id,colour", "from{id", "comments.limit(3", "id,,message", "id}", "id,"]
)
def test_an_unknown_field_fails_the_whole_call(call, thread, fields: str) -> None:
    got = call("GET", thread[0].id, params={"fields": fields})

    assert error_of(got) == (400, 100, None)


def test_a_field_that_is_not_granted_fails_the_whole_call(call, graph, thread) -> None:
    graph.edges.refused_fields = frozenset({"from"})

    assert error_of(call("GET", thread[0].id, params={"fields": "id,from{id}"})) == (400, 10, None)


def test_stream_lists_every_level_and_toplevel_only_the_first(get, post, thread) -> None:
    stream = get(f"{post.id}/comments", filter="stream", order="chronological", limit=100)
    top = get(f"{post.id}/comments", order="chronological", limit=100)

    assert [row["message"] for row in stream["data"]] == [str(number) for number in range(12)]
    assert [row["message"] for row in top["data"]] == [*"0123", "5", "6", "7", "9", "10", "11"]
    assert [row["message"] for row in get(f"{thread[0].id}/comments")["data"]] == ["8", "4"]


def test_a_ranked_list_runs_backwards_and_leaves_comments_out(get, town, post) -> None:
    for number in range(20):
        town.write(post.id, str(number), at=NOON + timedelta(minutes=number))

    ranked = get(f"{post.id}/comments", limit=100, summary="true")

    assert ranked["data"][0]["message"] == "18"
    assert len(ranked["data"]) == 18
    assert ranked["summary"] == {"order": "ranked", "total_count": 20, "can_comment": True}


def test_pages_follow_each_other_by_cursor_and_by_address(get, post, thread, graph) -> None:
    seen: list[str] = []
    answer = get(f"{post.id}/comments", filter="stream", order="chronological", limit=5)
    while True:
        seen += [row["message"] for row in answer["data"]]
        following = answer["paging"].get("next")
        if following is None:
            break
        asked = parse_qs(urlsplit(following).query)
        assert following.startswith(f"{graph.base_url}/v26.0/{post.id}/comments?")
        assert asked["after"] == [answer["paging"]["cursors"]["after"]]
        answer = get(f"{post.id}/comments", **{name: one[0] for name, one in asked.items()})

    assert seen == [str(number) for number in range(12)]


@pytest.mark.parametrize("order", ["chronological", "reverse_chronological"])
def test_a_deletion_between_two_pages_skips_nothing(get, town, post, thread, order: str) -> None:
    first = get(f"{post.id}/comments", filter="stream", order=order, limit=3)
    for row in first["data"]:
        town.delete(row["id"])

    after = first["paging"]["cursors"]["after"]
    rest = get(f"{post.id}/comments", filter="stream", order=order, limit=100, after=after)

    left = {comment.id for comment in town.comments(post.id)}
    assert {row["id"] for row in rest["data"]} == left


def test_pages_can_be_short_and_even_empty_while_there_is_more(get, graph, post, thread) -> None:
    graph.edges.cutter.page_sizes = (0, 2)
    empty = get(f"{post.id}/comments", filter="stream", order="chronological", limit=10)
    after = empty["paging"]["cursors"]["after"]
    short = get(
        f"{post.id}/comments", filter="stream", order="chronological", limit=10, after=after
    )

    assert empty["data"] == []
    assert "next" in empty["paging"]
    assert [row["message"] for row in short["data"]] == ["0", "1"]


def test_a_twist_sends_the_first_page_again(get, graph, post, thread) -> None:
    args = {"filter": "stream", "order": "chronological", "limit": 4}
    first = get(f"{post.id}/comments", **args)
    graph.faults.add(twist("duplicate_page"), times=1)

    again = get(f"{post.id}/comments", after=first["paging"]["cursors"]["after"], **args)

    assert again["data"] == first["data"]


def test_since_takes_the_comments_from_that_moment_on(get, post, thread) -> None:
    moment = thread[9].created_at
    for told in (int(moment.timestamp()), moment.isoformat(), "2026-11-20T11:09:00"):
        got = get(f"{post.id}/comments", filter="stream", order="chronological", since=told)
        assert [row["message"] for row in got["data"]] == ["9", "10", "11"]


def test_posts_come_newest_first_and_can_be_bounded(get, town) -> None:
    for day in range(5):
        town.publish(WEXCOMBE_PAGE, str(day), at=NOON - timedelta(days=day))

    def listed(**bounds: int) -> list[str]:
        rows = get(f"{WEXCOMBE_PAGE}/published_posts", fields="message", **bounds)["data"]
        return [row["message"] for row in rows]

    day = NOON - timedelta(days=3)
    assert listed() == list("01234")
    assert listed(since=int(day.timestamp())) == list("0123")
    assert listed(until=int(day.timestamp())) == list("34")


def test_a_post_can_bring_its_count_of_comments(get, post, thread) -> None:
    fields = "id,updated_time,comments.filter(stream).limit(0).summary(true)"

    (row,) = get(f"{WEXCOMBE_PAGE}/published_posts", fields=fields)["data"]

    assert row["comments"]["summary"]["total_count"] == 12
    assert row["comments"]["data"] == []
    assert row["updated_time"] == "2026-11-20T11:11:00+0000"
    assert get(post.id, fields="message")["message"] == "Open day"


@pytest.mark.parametrize(
    "params",
    [
        {"limit": "101"},
        {"limit": "many"},
        {"order": "random"},
        {"filter": "everything"},
        {"since": "yesterday"},
        {"after": "!!"},
        {"after": "bm90LWEtY3Vyc29y"},
    ],
)
def test_arguments_that_cannot_be_are_refused(call, post, params: dict[str, str]) -> None:
    assert error_of(call("GET", f"{post.id}/comments", params=params)) == (400, 100, None)


def test_hiding_persists_until_it_is_undone(call, get, town, thread) -> None:
    for word, hidden in (("true", True), ("false", False)):
        got = call("POST", thread[0].id, data={"is_hidden": word})
        assert got.json() == {"success": True}
        assert town.comment(thread[0].id).hidden is hidden
        assert get(thread[0].id, fields="is_hidden")["is_hidden"] is hidden


def test_a_boolean_in_pythons_spelling_is_refused(call, town, thread) -> None:
    assert error_of(call("POST", thread[0].id, data={"is_hidden": "True"})) == (400, 100, None)
    assert not town.comment(thread[0].id).hidden


def test_what_may_not_be_hidden_or_removed_says_so(call, get, town, thread) -> None:
    town.protect(thread[0].id)

    told = get(thread[0].id, fields="can_hide,can_remove")
    assert (told["can_hide"], told["can_remove"]) == (False, False)
    assert error_of(call("POST", thread[0].id, data={"is_hidden": "true"})) == (400, 200, None)
    assert error_of(call("DELETE", thread[0].id)) == (400, 200, None)


def test_a_deleted_comment_is_gone_for_every_call(call, town, thread) -> None:
    assert call("DELETE", thread[1].id).json() == {"success": True}

    for method in ("GET", "POST", "DELETE"):
        assert error_of(call(method, thread[1].id)) == (400, 100, 33)
    assert error_of(call("GET", f"{thread[1].id}/comments")) == (400, 100, 33)
    assert error_of(call("GET", "no-such-alias")) == (404, 803, None)


def test_the_page_answers_a_post_a_comment_and_a_reply(call, town, post, thread) -> None:
    to_post = call("POST", f"{post.id}/comments", data={"message": "a"}).json()["id"]
    to_comment = call("POST", f"{thread[0].id}/comments", data={"message": "b"}).json()["id"]
    to_reply = call("POST", f"{to_comment}/comments", data={"message": "c"}).json()["id"]

    assert town.comment(to_post).parent_id is None
    assert town.comment(to_comment).parent_id == thread[0].id
    assert town.comment(to_reply).parent_id == thread[0].id
    assert town.comment(to_reply).author.id == WEXCOMBE_PAGE
    assert error_of(call("POST", f"{post.id}/comments")) == (400, 100, None)


def test_the_page_edits_its_own_comments_only(call, town, post, thread) -> None:
    own = town.reply_as_page(post.id, "a", at=NOON)

    assert call("POST", own.id, data={"message": "b"}).json() == {"success": True}
    assert town.comment(own.id).text == "b"
    assert error_of(call("POST", thread[0].id, data={"message": "b"})) == (400, 200, None)
    assert error_of(call("POST", own.id)) == (400, 100, None)


def test_blocking_is_seen_undone_and_checked(call, get, town, thread) -> None:
    jo = thread[0].author
    place = f"{WEXCOMBE_PAGE}/blocked"

    assert call("POST", place, data={"user": jo.id}).json() == {jo.id: True}
    (row,) = get(place, user=jo.id)["data"]
    assert (row["fbid"], row["name"]) == (jo.id, "Jo Millbank")
    assert get(place)["data"] == [row]
    assert call("DELETE", place, params={"user": jo.id}).json() == {"success": True}
    assert get(place, user=jo.id)["data"] == []
    assert error_of(call("POST", place, data={"user": "nobody"})) == (400, 100, None)
    assert error_of(call("GET", "999/blocked")) == (400, 100, 33)


def test_every_call_needs_a_token_that_works(call, clock, town) -> None:
    town.issue(TownToken("expired", WEXCOMBE_PAGE, expires_at=NOON))
    town.issue(TownToken("revoked", WEXCOMBE_PAGE, revoked_subcode=460))

    assert error_of(call("GET", "me", token=None)) == (400, 104, None)
    assert error_of(call("GET", "me", token="unknown")) == (400, 190, None)
    assert error_of(call("GET", "me", token="expired")) == (400, 190, 463)
    assert error_of(call("GET", "me", token="revoked")) == (400, 190, 460)
    clock.set(NOON - timedelta(seconds=1))
    assert call("GET", "me", token="expired").ok


def test_a_token_may_stand_in_the_query_as_well(call) -> None:
    assert call("GET", "me", token=None, params={"access_token": WEXCOMBE_TOKEN}).ok


def test_a_missing_scope_is_named(call, town, post, thread) -> None:
    town.issue(TownToken("weak", WEXCOMBE_PAGE, scopes=frozenset({"pages_show_list"})))

    reading = call("GET", f"{post.id}/comments", token="weak")
    posts = call("GET", f"{WEXCOMBE_PAGE}/published_posts", token="weak")
    acting = call("POST", thread[0].id, token="weak", data={"is_hidden": "true"})

    assert error_of(reading)[1] == 10
    assert "pages_read_user_content" in reading.json()["error"]["message"]
    assert "pages_read_engagement" in posts.json()["error"]["message"]
    assert error_of(acting)[1] == 200
    assert "pages_manage_engagement" in acting.json()["error"]["message"]


def test_another_pages_token_sees_nothing_of_this_page(call, town, post, thread) -> None:
    town.open_page("555", "Another page")
    town.issue(TownToken("other", "555"))

    assert error_of(call("GET", thread[0].id, token="other")) == (400, 100, 33)
    assert error_of(call("GET", post.id, token="other")) == (400, 100, 33)
    assert error_of(call("GET", f"{post.id}/comments", token="other")) == (400, 100, 33)
    assert error_of(call("GET", f"{WEXCOMBE_PAGE}/published_posts", token="other"))[1] == 10
    assert error_of(call("GET", "777/published_posts")) == (400, 100, 33)


def test_a_persons_token_lists_pages_page_by_page(call, town) -> None:
    town.issue(TownToken("person", None))
    for number in range(30):
        town.open_page(str(200 + number), f"Page {number}")

    first = call("GET", "me/accounts", token="person").json()
    after = first["paging"]["cursors"]["after"]
    rest = call("GET", "me/accounts", token="person", params={"after": after}).json()

    assert len(first["data"]) == 25
    assert len(first["data"]) + len(rest["data"]) == 31
    assert call("GET", "me", token="person").json()["name"] == "Wexcombe system user"
    fields = {"fields": "access_token,tasks"}
    told = call("GET", "me/accounts", token="person", params=fields).json()["data"][0]
    assert (told["access_token"], told["tasks"]) == (WEXCOMBE_TOKEN, ["MODERATE"])
    assert error_of(call("GET", "me/accounts"))[1] == 100


def test_debug_token_tells_what_a_token_is_worth(call, town) -> None:
    later = NOON + timedelta(days=30)
    town.issue(TownToken("dated", WEXCOMBE_PAGE, data_access_expires_at=later))
    town.issue(TownToken("revoked", None, revoked_subcode=458))

    def told(value: str) -> dict[str, Any]:
        params = {"input_token": value}
        return call("GET", "debug_token", token="1234|shh", params=params).json()["data"]

    dated = told("dated")
    assert (dated["is_valid"], dated["type"], dated["expires_at"]) == (True, "PAGE", 0)
    assert dated["data_access_expires_at"] == int(later.timestamp())
    assert dated["profile_id"] == WEXCOMBE_PAGE
    assert "pages_manage_engagement" in dated["scopes"]
    assert told("revoked")["error"]["subcode"] == 458
    assert told("revoked")["type"] == "USER"
    assert told("unknown")["is_valid"] is False
    refused = call("GET", "debug_token", params={"input_token": "dated"})
    assert error_of(refused) == (400, 190, None)


def test_a_proof_is_checked_where_it_is_sent(call) -> None:
    proof = hmac.new(b"shh", WEXCOMBE_TOKEN.encode(), hashlib.sha256).hexdigest()

    assert call("GET", "me", params={"appsecret_proof": proof}).ok
    assert error_of(call("GET", "me", params={"appsecret_proof": "wrong"})) == (400, 100, None)


def test_an_app_can_insist_on_the_proof(town, socket_enabled) -> None:
    with GraphSandbox(town, app_secret="shh", require_proof=True) as graph:
        headers = {"Authorization": f"Bearer {WEXCOMBE_TOKEN}", "Connection": "close"}
        got = requests.get(f"{graph.base_url}/v26.0/me", headers=headers, timeout=5)

    assert error_of(got) == (400, 100, None)
    assert "appsecret_proof" in got.json()["error"]["message"]


def test_paths_that_do_not_exist_are_refused(call, graph, thread) -> None:
    unversioned = requests.get(graph.base_url + "/me", headers={"Connection": "close"}, timeout=5)

    assert error_of(unversioned) == (400, 2500, None)
    assert error_of(call("GET", f"{thread[0].id}/likes")) == (400, 2500, None)


def test_usage_headers_come_with_every_answer_once_there_is_traffic(call, graph) -> None:
    assert "X-App-Usage" not in call("GET", "me").headers

    graph.report_usage(app_percent=76, page_percent=96, minutes=7)
    for path in ("me", "nothing"):
        headers = call("GET", path).headers
        assert json.loads(headers["X-App-Usage"])["call_count"] == 76
        (row,) = json.loads(headers["X-Business-Use-Case-Usage"])[WEXCOMBE_PAGE]
        assert (row["call_count"], row["estimated_time_to_regain_access"]) == (96, 7)
    graph.report_usage()
    assert "X-App-Usage" not in call("GET", "me").headers


def test_the_platforms_faults_have_the_platforms_shape(call, graph) -> None:
    graph.faults.add(expired_token(), times=1)
    graph.faults.add(rate_limited(4), times=1)
    graph.faults.add(graph_fault(2, status=500, headers={"X-App-Usage": "{}"}), times=1)

    assert error_of(call("GET", "me")) == (400, 190, 463)
    limited = call("GET", "me")
    assert error_of(limited) == (400, 4, None)
    assert limited.json()["error"]["is_transient"] is True
    assert error_of(call("GET", "me")) == (500, 2, None)


def test_what_was_asked_can_be_looked_up_and_forgotten(call, graph) -> None:
    call("GET", "me")

    assert [asked.path for asked in graph.requests] == ["/v26.0/me"]
    graph.forget_requests()
    assert graph.requests == ()


def test_a_large_town_answers_at_once(get, town) -> None:
    """Twenty thousand comments are an ordinary load test."""
    posts = [
        town.publish(WEXCOMBE_PAGE, str(number), at=NOON - timedelta(hours=number))
        for number in range(400)
    ]
    for post in posts:
        for number in range(50):
            town.write(post.id, "hello", at=post.created_at + timedelta(minutes=number))

    listed = get(f"{WEXCOMBE_PAGE}/published_posts", limit=100, fields="id,updated_time")
    comments = get(f"{posts[399].id}/comments", filter="stream", limit=100)

    assert len(listed["data"]) == 100
    assert len(comments["data"]) == 50
