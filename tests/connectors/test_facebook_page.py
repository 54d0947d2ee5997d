from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.contract import CommentRef, Cursor, NativeId, Outcome, Readiness
from connectors.errors import (
    CommentGone,
    ConnectorError,
    CredentialsRejected,
    NotPermitted,
    TryLater,
    UnexpectedReply,
)
from connectors.stage import Inbox
from monitor.sandbox import faults as broken
from monitor.sandbox.graph_errors import graph_fault
from monitor.sandbox.town import WEXCOMBE_PAGE, WEXCOMBE_TOKEN
from monitor.sandbox.townsfolk import TownToken

pytestmark = pytest.mark.sandbox

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
APP = {"app_id": "1234", "app_secret": "app-secret"}


def read(connector, page, inbox: Inbox | None = None) -> Inbox:
    inbox = inbox or Inbox()
    for batch in connector.pull(page, inbox.cursor):
        inbox.store(batch)
    return inbox


def ref_to(page, comment) -> CommentRef:
    author_id = NativeId(comment.author.id) if comment.author else None
    return CommentRef(page, NativeId(comment.id), NativeId(comment.post_id), author_id)


def calls(graph, edge: str) -> int:
    return sum(asked.path.endswith(edge) for asked in graph.requests)


@pytest.fixture
def post(town):
    return town.publish(WEXCOMBE_PAGE, "Open day", at=NOON - timedelta(days=3))


@pytest.fixture
def comment(town, post):
    jo = town.move_in("Jo Millbank")
    return town.write(post.id, "unkind", at=NOON - timedelta(hours=5), author=jo)


def test_a_quiet_page_costs_one_call(connect_page, page, graph, town, post, comment) -> None:
    connector = connect_page()
    inbox = read(connector, page)
    graph.forget_requests()

    batches = list(connector.pull(page, inbox.cursor))

    assert len(graph.requests) == 1
    assert [batch.comments for batch in batches] == [()]
    assert batches[0].resume_at == inbox.cursor


def test_a_post_without_comments_is_told_once_and_costs_nothing(
    connect_page, page, graph, post
) -> None:
    connector = connect_page()
    first = list(connector.pull(page, None))
    second = list(connector.pull(page, first[-1].resume_at))

    assert [one.native_id for batch in first for one in batch.posts] == [post.id]
    assert first[0].platform_count == 0
    assert [one for batch in second for one in batch.posts] == []
    assert calls(graph, "/comments") == 0


def test_posts_are_told_with_their_text_address_and_count(
    connect_page, page, post, comment
) -> None:
    told = next(connect_page().pull(page, None)).posts[0]

    assert (told.text, told.created_at, told.comment_count) == ("Open day", post.created_at, 1)
    assert told.permalink.startswith("https://www.facebook.com/")


def test_the_platforms_count_is_stated_once_for_each_post(connect_page, page, town, post) -> None:
    for number in range(7):
        town.write(post.id, "a", at=NOON - timedelta(minutes=100 - number))

    batches = list(connect_page(page_size=3).pull(page, None))

    assert [batch.platform_count for batch in batches] == [None, None, 7, None]


def test_own_replies_are_marked(connect_page, page, town, post, comment) -> None:
    own = town.reply_as_page(post.id, "Thank you", at=NOON, parent_id=comment.id)

    inbox = read(connect_page(), page)

    assert inbox.comments[own.id].from_channel
    assert not inbox.comments[comment.id].from_channel


def test_a_post_that_left_the_watch_window_is_forgotten(connect_page, page, clock, town) -> None:
    old = town.publish(WEXCOMBE_PAGE, "a", at=NOON - timedelta(days=89))
    town.write(old.id, "a", at=NOON - timedelta(days=88))
    connector = connect_page()
    inbox = read(connector, page)
    assert old.id in str(inbox.cursor)

    clock.advance(timedelta(days=2))
    inbox = read(connector, page, inbox)

    assert old.id not in str(inbox.cursor)


def test_a_post_that_was_deleted_is_forgotten(connect_page, page, town, post, comment) -> None:
    connector = connect_page()
    inbox = read(connector, page)

    town.delete_post(post.id)
    inbox = read(connector, page, inbox)

    assert inbox.cursor == "fb1:{}"


def test_a_post_deleted_while_it_is_read_is_no_error(connect_page, page, graph, post, comment):
    graph.faults.add(graph_fault(100, subcode=33), path=f"*/{post.id}/comments")

    inbox = read(connect_page(), page)

    assert inbox.comments == {}
    assert inbox.cursor == "fb1:{}"


@pytest.mark.parametrize("cursor", ["x9:1", "fb1:", "fb1:[]", 'fb1:{"a":1}', 'fb1:{"a":["x"]}'])
def test_a_cursor_that_cannot_be_read_starts_again(
    connect_page, page, post, comment, cursor: str
) -> None:
    inbox = read(connect_page(), page, Inbox(cursor=Cursor(cursor)))

    assert set(inbox.comments) == {comment.id}


def test_progress_never_goes_backwards(connect_page, page, town, post, comment) -> None:
    newest = town.write(post.id, "newest", at=NOON - timedelta(hours=2))
    connector = connect_page()
    inbox = read(connector, page)
    before = json.loads(inbox.cursor.removeprefix("fb1:"))[post.id][0]
    town.delete(newest.id)

    inbox = read(connector, page, inbox)

    after = json.loads(inbox.cursor.removeprefix("fb1:"))[post.id][0]
    assert before == after == int(newest.created_at.timestamp())


def test_a_count_that_grew_by_more_than_was_found_makes_the_thread_be_read_again(
    connect_page, page, graph, town, post, comment
) -> None:
    connector = connect_page()
    inbox = read(connector, page)
    released = town.write(post.id, "released", at=NOON - timedelta(days=2))
    graph.forget_requests()

    inbox = read(connector, page, inbox)

    assert released.id in inbox.comments
    assert calls(graph, "/comments") == 2


def test_a_hint_that_moved_for_nothing_makes_the_thread_be_read_again(
    connect_page, page, graph, town, post, comment
) -> None:
    town.write(post.id, "b", at=NOON - timedelta(hours=4))
    connector = connect_page()
    inbox = read(connector, page)
    # One is deleted and one released: the count stands, and the released one is old.
    town.delete(comment.id)
    released = town.write(post.id, "released", at=NOON - timedelta(days=2))
    town.delete(town.write(post.id, "moves the hint", at=NOON - timedelta(hours=3)).id)

    inbox = read(connector, page, inbox)

    assert released.id in inbox.comments


def test_every_thread_is_swept_in_a_day_a_few_at_a_time(
    connect_page, page, graph, clock, town
) -> None:
    posts = [town.publish(WEXCOMBE_PAGE, "a", at=NOON - timedelta(days=n)) for n in range(1, 6)]
    for one in posts:
        town.write(one.id, "a", at=one.created_at + timedelta(minutes=1))
    connector = connect_page(options={"sweeps_per_pull": 2, "sweep_hours": 12})
    inbox = read(connector, page)
    clock.advance(timedelta(hours=12))
    swept = []
    for _ in range(4):
        graph.forget_requests()
        inbox = read(connector, page, inbox)
        swept.append(calls(graph, "/comments"))

    assert swept == [2, 2, 1, 0]


def test_an_unfinished_sweep_goes_on_where_it_was(connect_page, page, graph, clock, town, post):
    for number in range(9):
        town.write(post.id, str(number), at=NOON - timedelta(hours=20 - number))
    connector = connect_page(page_size=3)
    inbox = read(connector, page)
    clock.advance(timedelta(days=2))
    inbox.store(next(connector.pull(page, inbox.cursor)))
    graph.forget_requests()

    inbox = read(connector, page, inbox)

    (first, *_) = [asked for asked in graph.requests if asked.path.endswith("/comments")]
    third = NOON - timedelta(hours=18)
    assert first.query["since"] == (str(int(third.timestamp())),)
    graph.forget_requests()
    read(connector, page, inbox)
    assert calls(graph, "/comments") == 0


def test_a_page_with_little_budget_left_is_not_swept(
    connect_page, page, graph, clock, comment
) -> None:
    connector = connect_page()
    inbox = read(connector, page)
    clock.advance(timedelta(days=2))
    graph.report_usage(page_percent=80)
    graph.forget_requests()

    inbox = read(connector, page, inbox)
    assert calls(graph, "/comments") == 0

    graph.report_usage(page_percent=10)
    read(connector, page, inbox)
    assert calls(graph, "/comments") == 1


def test_a_spent_budget_ends_the_pull_and_keeps_what_was_read(
    connect_page, page, graph, clock, town
) -> None:
    for day in (1, 2, 3):
        one = town.publish(WEXCOMBE_PAGE, "a", at=NOON - timedelta(days=day))
        town.write(one.id, "a", at=NOON - timedelta(hours=day))
    connector, inbox = connect_page(), Inbox()
    batches = connector.pull(page, None)
    inbox.store(next(batches))
    graph.report_usage(page_percent=97, minutes=5)
    inbox.store(next(batches))

    with pytest.raises(TryLater) as caught:
        next(batches)

    assert caught.value.at == NOON + timedelta(minutes=5)
    graph.report_usage()
    clock.advance(timedelta(minutes=5))
    assert len(read(connector, page, inbox).comments) == 3


def test_fields_that_are_not_granted_are_left_out_and_reported(
    connect_page, page, graph, post, comment
) -> None:
    graph.edges.refused_fields = frozenset({"from", "comments"})
    connector = connect_page()

    batches = list(connector.pull(page, None))

    (told,) = [one for batch in batches for one in batch.comments]
    assert (told.text, told.author, told.permalink) == ("unkind", None, None)
    assert told.hidden is False
    assert len(batches[-1].problems) == 2
    assert "from{id,name}" in " ".join(batches[-1].problems)
    assert connector.fetch(ref_to(page, comment)).text == "unkind"


def test_a_thread_with_the_barest_fields_is_read_every_time(
    connect_page, page, graph, town, post, comment
) -> None:
    graph.edges.refused_fields = frozenset({"updated_time", "comments", "is_hidden"})
    connector = connect_page()
    inbox = read(connector, page)
    later = town.write(post.id, "later", at=NOON)

    inbox = read(connector, page, inbox)

    assert set(inbox.comments) == {comment.id, later.id}
    assert inbox.comments[later.id].hidden is None


def test_a_missing_scope_is_named_when_reading(connect_page, page, town, post, comment) -> None:
    town.issue(
        TownToken(WEXCOMBE_TOKEN, WEXCOMBE_PAGE, scopes=frozenset({"pages_read_engagement"}))
    )

    with pytest.raises(CredentialsRejected) as caught:
        read(connect_page(), page)

    assert caught.value.scope == "pages_read_user_content"


def test_a_page_that_is_sent_again_is_reported_and_loses_nothing(
    connect_page, page, graph, town, post
) -> None:
    """The first page comes again and again; what was read moves on by time all the same."""
    written = {
        town.write(post.id, str(n), at=NOON - timedelta(hours=30 - 2 * n)).id for n in range(7)
    }
    graph.faults.add(broken.twist("duplicate_page"), path="*/comments", containing="after")
    connector, inbox, problems = connect_page(page_size=3), Inbox(), []
    for _ in range(4):
        for batch in connector.pull(page, inbox.cursor):
            inbox.store(batch)
            problems.extend(batch.problems)

    assert set(inbox.comments) == written
    assert "sent the same page" in problems[0]


def test_a_list_of_posts_that_repeats_itself_forgets_no_post(
    connect_page, page, graph, town
) -> None:
    for day in range(5):
        one = town.publish(WEXCOMBE_PAGE, "a", at=NOON - timedelta(days=day))
        town.write(one.id, "a", at=NOON - timedelta(hours=2))
    connector = connect_page(page_size=2)
    inbox = read(connector, page)
    graph.faults.add(broken.twist("duplicate_page"), path="*/published_posts", containing="after")

    again = Inbox(cursor=inbox.cursor)
    problems = []
    for batch in connector.pull(page, again.cursor):
        again.store(batch)
        problems.extend(batch.problems)

    assert again.cursor == inbox.cursor
    assert "sent the same page of published_posts" in problems[0]


def test_a_thread_that_cannot_be_read_does_not_stop_the_others(
    connect_page, page, graph, town
) -> None:
    posts = [town.publish(WEXCOMBE_PAGE, "a", at=NOON - timedelta(days=n)) for n in range(5)]
    written = [town.write(one.id, "a", at=NOON - timedelta(hours=2)).id for one in posts]
    graph.faults.add(broken.html_page(200), path=f"*/{posts[0].id}/comments")
    graph.faults.add(graph_fault(2), path=f"*/{posts[1].id}/comments")
    inbox = Inbox()

    with pytest.raises(ConnectorError):
        read(connect_page(), page, inbox)

    assert set(inbox.comments) == set(written[2:])
    graph.faults.clear()
    assert set(read(connect_page(), page, inbox).comments) == set(written)


def test_a_dead_line_is_given_up_after_three_calls(connect_page, page, graph, town) -> None:
    for day in range(6):
        one = town.publish(WEXCOMBE_PAGE, "a", at=NOON - timedelta(days=day))
        town.write(one.id, "a", at=NOON - timedelta(hours=2))
    graph.faults.add(broken.drop(), path="*/comments")
    graph.forget_requests()

    with pytest.raises(TryLater):
        read(connect_page(), page)

    assert calls(graph, "/comments") == 3


def test_a_limit_of_the_account_ends_the_pull_at_once(connect_page, page, graph, town) -> None:
    for day in range(3):
        one = town.publish(WEXCOMBE_PAGE, "a", at=NOON - timedelta(days=day))
        town.write(one.id, "a", at=NOON - timedelta(hours=2))
    graph.faults.add(graph_fault(80001), path="*/comments")

    with pytest.raises(TryLater):
        read(connect_page(), page)

    assert calls(graph, "/comments") == 1


@pytest.mark.parametrize(
    "row",
    [
        {"message": "no id", "created_time": "2026-11-20T10:15:30+0000"},
        {"id": "1", "message": "no date"},
        {"id": "1", "created_time": "yesterday"},
    ],
)
def test_a_row_that_cannot_be_read_is_said_and_not_skipped(
    connect_page, page, graph, post, comment, row: dict[str, str]
) -> None:
    graph.faults.add(broken.json_answer(200, {"data": [row]}), path="*/comments")

    with pytest.raises(UnexpectedReply) as caught:
        read(connect_page(), page)

    assert "no date" not in caught.value.sentence


def test_a_next_page_without_a_cursor_is_said(connect_page, page, graph, post, comment) -> None:
    answer = {"data": [], "paging": {"next": "https://graph.facebook.com/x"}}
    graph.faults.add(broken.json_answer(200, answer), path="*/comments")

    with pytest.raises(UnexpectedReply):
        read(connect_page(), page)


def test_a_row_with_strange_halves_is_read_as_far_as_it_goes(
    connect_page, page, graph, post, comment
) -> None:
    rows = [
        {"id": 7, "created_time": "2026-11-20T10:15:30", "from": {"name": "Jo"}, "parent": "x"},
        {"id": "8", "created_time": "2026-11-20T11:15:30+0100", "from": {"id": 5}},
    ]
    graph.faults.add(broken.json_answer(200, {"data": rows}), path="*/comments")

    seven, eight = read(connect_page(), page).comments.values()

    assert (seven.native_id, seven.text, seven.parent_id, seven.hidden) == ("7", "", None, None)
    assert (seven.author.native_id, seven.author.name) == (None, "Jo")
    assert (eight.author.native_id, eight.author.name) == ("5", None)
    assert seven.created_at == eight.created_at == datetime(2026, 11, 20, 10, 15, 30, tzinfo=UTC)


def test_comments_out_of_order_do_not_move_progress_in_mid_thread(
    connect_page, page, graph, post, comment
) -> None:
    def row(number: int, hour: int) -> dict[str, str]:
        return {"id": str(number), "created_time": f"2026-11-20T{hour:02}:00:00+0000"}

    first = {
        "data": [row(1, 9), row(2, 7)],
        "paging": {"cursors": {"after": "A"}, "next": "https://graph.facebook.com/x"},
    }
    graph.faults.add(broken.json_answer(200, first), path="*/comments")

    batch = next(connect_page().pull(page, None))

    assert len(batch.comments) == 2
    assert batch.resume_at == "fb1:{}"


def test_acting_goes_there_and_back(connect_page, page, town, comment) -> None:
    connector, ref = connect_page(), ref_to(page, comment)

    assert connector.hide(ref) is Outcome.DONE
    assert town.comment(comment.id).hidden
    assert connector.hide(ref) is Outcome.ALREADY
    assert connector.restore(ref) is Outcome.DONE
    assert connector.restore(ref) is Outcome.ALREADY
    assert connector.delete(ref) is Outcome.DONE
    assert connector.delete(ref) is Outcome.GONE
    assert connector.hide(ref) is Outcome.GONE
    assert connector.restore(ref) is Outcome.GONE
    with pytest.raises(CommentGone):
        connector.reply(ref, "too late")


def test_what_the_platform_does_not_allow_is_to_be_done_by_hand(
    connect_page, page, town, comment
) -> None:
    town.protect(comment.id)
    connector, ref = connect_page(), ref_to(page, comment)

    for act in (connector.hide, connector.delete):
        with pytest.raises(NotPermitted) as caught:
            act(ref)
        assert "by hand" in caught.value.sentence


def test_a_200_that_did_nothing_is_not_taken_for_done(connect_page, page, graph, comment) -> None:
    graph.faults.add(broken.did_nothing({}), method="POST")
    graph.faults.add(broken.did_nothing({"success": False}), method="DELETE")
    connector, ref = connect_page(), ref_to(page, comment)

    for act in (connector.hide, connector.delete, connector.restrict):
        with pytest.raises(UnexpectedReply):
            act(ref)
    with pytest.raises(UnexpectedReply):
        connector.reply(ref, "Thank you")


def test_a_200_that_lies_is_found_out_by_asking_again(connect_page, page, graph, comment) -> None:
    graph.faults.add(broken.did_nothing({"success": True}), method="POST")
    connector, ref = connect_page(), ref_to(page, comment)

    assert connector.hide(ref) is Outcome.DONE
    assert connector.fetch(ref).hidden is False


def test_an_answer_that_was_lost_makes_the_second_try_find_it_done(
    connect_page, page, graph, comment
) -> None:
    graph.faults.add(broken.drop_after(), method="POST", times=1)
    connector, ref = connect_page(), ref_to(page, comment)

    with pytest.raises(TryLater):
        connector.hide(ref)
    assert connector.hide(ref) is Outcome.ALREADY


def test_a_page_that_is_no_longer_seen_is_not_taken_for_a_gone_comment(
    connect_page, page, graph, comment
) -> None:
    """A lost role answers like a deletion, and must not pass for a success."""
    graph.faults.add(graph_fault(100, subcode=33))
    connector, ref = connect_page(), ref_to(page, comment)

    for act in (connector.hide, connector.restore, connector.delete, connector.fetch):
        with pytest.raises(CredentialsRejected):
            act(ref)
    with pytest.raises(CredentialsRejected):
        read(connector, page)


def test_young_posts_can_be_read_whatever_the_hints_say(
    connect_page, page, graph, town, comment
) -> None:
    young = town.publish(WEXCOMBE_PAGE, "a", at=NOON - timedelta(hours=10))
    town.write(young.id, "a", at=NOON - timedelta(hours=9))
    connector = connect_page(options={"always_read_hours": 24})
    inbox = read(connector, page)
    graph.forget_requests()

    read(connector, page, inbox)

    asked = [one.path for one in graph.requests if one.path.endswith("/comments")]
    assert asked == [f"/v26.0/{young.id}/comments"]


def test_a_reply_stands_under_its_comment(connect_page, page, town, comment) -> None:
    reply_id = connect_page().reply(ref_to(page, comment), "Thank you")

    told = town.comment(reply_id)
    assert (told.text, told.parent_id) == ("Thank you", comment.id)


def test_a_block_begins_and_ends_once(connect_page, page, town, comment) -> None:
    connector, ref = connect_page(), ref_to(page, comment)

    assert connector.lift(ref) is Outcome.ALREADY
    assert connector.restrict(ref) is Outcome.DONE
    assert town.blocked(WEXCOMBE_PAGE) == (comment.author.id,)
    assert connector.restrict(ref) is Outcome.ALREADY
    assert connector.lift(ref) is Outcome.DONE
    assert town.blocked(WEXCOMBE_PAGE) == ()


def test_nobody_can_be_blocked_for_a_comment_without_an_author(
    connect_page, page, town, post
) -> None:
    nobody = town.write(post.id, "a", at=NOON)

    for act in (connect_page().restrict, connect_page().lift):
        with pytest.raises(NotPermitted):
            act(ref_to(page, nobody))


def test_a_missing_permission_to_act_is_told_to_the_moderator(
    connect_page, page, town, comment
) -> None:
    reading = frozenset({"pages_read_engagement", "pages_read_user_content"})
    town.issue(TownToken(WEXCOMBE_TOKEN, WEXCOMBE_PAGE, scopes=reading))

    with pytest.raises(NotPermitted) as caught:
        connect_page().hide(ref_to(page, comment))

    assert caught.value.scope == "pages_manage_engagement"


def test_everything_but_reporting_can_be_done(connect_page) -> None:
    able = connect_page().capabilities

    assert able.hide.reversible
    assert "friends" in able.hide.still_seen_by
    assert not able.delete.reversible
    assert able.report is None


def test_a_healthy_token_is_ready_and_tells_the_earlier_end(connect_page, page, town) -> None:
    week, month = NOON + timedelta(days=7), NOON + timedelta(days=30)
    town.issue(
        TownToken(WEXCOMBE_TOKEN, WEXCOMBE_PAGE, expires_at=month, data_access_expires_at=week)
    )

    health = connect_page(secrets=APP).check(page)

    assert health.readiness is Readiness.READY
    assert health.hint == ""
    assert health.expires_at == week


def test_missing_scopes_are_named_by_a_check(connect_page, page, town) -> None:
    town.issue(
        TownToken(WEXCOMBE_TOKEN, WEXCOMBE_PAGE, scopes=frozenset({"pages_read_user_engagement"}))
    )

    health = connect_page(secrets=APP).check(page)

    assert health.readiness is Readiness.NOT_PERMITTED
    assert health.hint == "pages_read_engagement, pages_manage_engagement"


def test_a_scope_for_another_page_does_not_count(connect_page, page, graph) -> None:
    told = {
        "is_valid": True,
        "scopes": ["pages_read_engagement", "pages_read_user_content", "pages_manage_engagement"],
        "granular_scopes": [
            {"scope": "pages_manage_engagement", "target_ids": ["999"]},
            {"scope": "pages_read_engagement", "target_ids": [WEXCOMBE_PAGE]},
            {"scope": "pages_read_user_content"},
        ],
    }
    graph.faults.add(broken.json_answer(200, {"data": told}), path="*/debug_token")

    health = connect_page(secrets=APP).check(page)

    assert health.readiness is Readiness.NOT_PERMITTED
    assert health.hint == "pages_manage_engagement"


def test_the_end_of_data_access_is_told_although_the_token_is_valid(
    connect_page, page, town
) -> None:
    town.issue(TownToken(WEXCOMBE_TOKEN, WEXCOMBE_PAGE, data_access_expires_at=NOON))

    health = connect_page(secrets=APP).check(page)

    assert health.readiness is Readiness.CREDENTIALS_REJECTED
    assert "data" in health.sentence


@pytest.mark.parametrize("answer", [[], {"data": None}])
def test_a_check_that_is_answered_strangely_does_not_say_ready(
    connect_page, page, graph, answer: object
) -> None:
    graph.faults.add(broken.json_answer(200, answer), path="*/debug_token")

    assert connect_page(secrets=APP).check(page).readiness is not Readiness.READY


def test_without_an_app_the_check_tries_to_read(connect_page, page, town, graph) -> None:
    assert connect_page().check(page).readiness is Readiness.READY
    assert calls(graph, "/published_posts") == 1

    town.issue(TownToken(WEXCOMBE_TOKEN, None))
    another = connect_page().check(page)
    assert another.readiness is Readiness.NOT_PERMITTED
    assert "/me/accounts" in another.hint

    town.issue(TownToken(WEXCOMBE_TOKEN, WEXCOMBE_PAGE, scopes=frozenset()))
    rejected = connect_page().check(page)
    assert rejected.readiness is Readiness.CREDENTIALS_REJECTED
    assert rejected.hint == "pages_read_engagement"


def test_a_check_raises_nothing_when_the_platform_is_away(connect_page, page, graph) -> None:
    graph.faults.add(broken.drop())

    assert connect_page().check(page).readiness is Readiness.NOT_READY
