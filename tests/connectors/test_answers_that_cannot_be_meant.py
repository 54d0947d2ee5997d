"""Whatever stands in an answer or a file, a connector raises our errors and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.contract import (
    Channel,
    ChannelId,
    CommentRef,
    ConnectorSettings,
    NativeId,
    Readiness,
)
from connectors.csv_import import connect
from connectors.errors import TryLater, UnexpectedReply
from connectors.facebook_rows import read_post
from connectors.stage import Inbox
from monitor.sandbox import faults as broken
from monitor.sandbox.town import WEXCOMBE_PAGE

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BROKEN_DISK = Path("/proc/self/mem")
"""Opens, and answers the first reading with an input/output error."""

APP = {"app_id": "1234", "app_secret": "app-secret"}


def archive(path: Path) -> Channel:
    return Channel(ChannelId("archive"), "csv_import", NativeId(str(path)), "The old forum")


def read(path: Path) -> tuple[Inbox, list[str]]:
    inbox, problems = Inbox(), []
    for batch in connect(ConnectorSettings("", {}, lambda: NOON)).pull(archive(path), None):
        inbox.store(batch)
        problems += batch.problems
    return inbox, problems


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "export.csv"


@pytest.mark.parametrize(
    "moment",
    ["0001-01-01T00:00:00+10:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-10:00"],
)
def test_a_row_at_the_ends_of_the_calendar_costs_itself_and_not_the_channel(path, moment) -> None:
    path.write_text(f"id,text,created_at\n1,a,{moment}\n2,b,\n", encoding="utf-8")

    inbox, problems = read(path)

    assert set(inbox.comments) == {"2"}
    assert problems == ["Line 2 was left out: its created_at is no ISO 8601 date; correct it."]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://forum.example/1", "https://forum.example/1"),
        ("http://forum.example/1", "http://forum.example/1"),
        ("javascript:alert(1)", None),
        ("data:text/html,hello", None),
        ("", None),
    ],
)
def test_a_permalink_leads_to_the_web_or_nowhere(path, given, kept) -> None:
    path.write_text(f'id,text,permalink\n1,a,"{given}"\n', encoding="utf-8")

    inbox, _ = read(path)

    assert inbox.comments["1"].permalink == kept


@pytest.mark.parametrize("column", ["id", "post_id", "parent_id", "author_id"])
def test_an_id_that_no_index_would_take_is_left_out(path, column) -> None:
    columns = {"id": "1", "text": "a", column: "x" * 201}
    path.write_text(f"{','.join(columns)}\n{','.join(columns.values())}\n", encoding="utf-8")

    inbox, problems = read(path)

    assert inbox.comments == {}
    (problem,) = problems
    assert "longer than 200 characters" in problem


@pytest.mark.skipif(not BROKEN_DISK.exists(), reason="only Linux has a file that fails to be read")
def test_a_file_that_fails_while_it_is_read_is_tried_again_later() -> None:
    with pytest.raises(TryLater, match="cannot be read"):
        read(BROKEN_DISK)


@pytest.fixture
def ref(page) -> CommentRef:
    return CommentRef(page, NativeId("1_2"), NativeId("1_1"))


@pytest.mark.sandbox
@pytest.mark.parametrize("told", [[], True, "yes", 3])
@pytest.mark.parametrize("act", ["hide", "restore", "delete", "fetch"])
def test_an_answer_that_is_no_object_is_an_unexpected_reply(
    connect_page, graph, ref, told, act
) -> None:
    graph.faults.add(broken.json_answer(200, told))

    with pytest.raises(UnexpectedReply):
        getattr(connect_page(), act)(ref)


@pytest.mark.sandbox
def test_a_reply_whose_answer_is_no_object_is_an_unexpected_reply(connect_page, graph, ref) -> None:
    graph.faults.add(broken.json_answer(200, []))

    with pytest.raises(UnexpectedReply):
        connect_page().reply(ref, "Thank you.")


@pytest.mark.sandbox
@pytest.mark.parametrize("created", ["0001-01-01T00:00:00+1000", "9999-12-31T23:59:59-1000"])
def test_a_date_that_cannot_be_meant_is_an_unexpected_reply(
    connect_page, graph, ref, created
) -> None:
    row = {"id": "1_2", "message": "a", "created_time": created}
    graph.faults.add(broken.json_answer(200, row))

    with pytest.raises(UnexpectedReply, match="created_time"):
        connect_page().fetch(ref)


@pytest.mark.sandbox
def test_a_permalink_that_is_no_text_is_none(connect_page, graph, ref) -> None:
    row = {"id": "1_2", "created_time": "2026-11-20T10:00:00+0000", "permalink_url": {"a": 1}}
    graph.faults.add(broken.json_answer(200, row))

    assert connect_page().fetch(ref).permalink is None


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("told", "wait"),
    [
        ("9" * 30, timedelta(hours=24)),
        ("3153600000", timedelta(hours=24)),
        ("999999999", timedelta(hours=24)),
        ("90", timedelta(seconds=90)),
        ("\u00b2", timedelta(minutes=2)),
        ("-5", timedelta(minutes=2)),
    ],
)
def test_no_retry_after_silences_a_channel_for_years(connect_page, graph, ref, told, wait) -> None:
    graph.faults.add(broken.answer(503, headers={"Retry-After": told}))

    with pytest.raises(TryLater) as caught:
        connect_page().hide(ref)

    assert caught.value.at == NOON + wait


@pytest.mark.sandbox
@pytest.mark.parametrize("minutes", [10**15, 10**6])
def test_no_estimate_of_the_platforms_silences_a_channel_for_years(
    connect_page, graph, page, minutes
) -> None:
    graph.report_usage(page_percent=99, minutes=minutes)
    connector = connect_page()
    connector.check(page)

    with pytest.raises(TryLater) as caught:
        list(connector.pull(page, None))

    assert caught.value.at == NOON + timedelta(hours=24)


@pytest.mark.sandbox
def test_an_option_that_is_no_number_says_which(connect_page, town, page) -> None:
    town.publish(WEXCOMBE_PAGE, "Open day", at=NOON - timedelta(days=3))

    with pytest.raises(UnexpectedReply, match="sweep_hours is no whole number"):
        list(connect_page(options={"sweep_hours": "daily"}).pull(page, None))


@pytest.mark.sandbox
@pytest.mark.parametrize(
    "told",
    [
        {"is_valid": True, "scopes": 3, "granular_scopes": 5},
        {"is_valid": True, "granular_scopes": ["x", {"scope": "y", "target_ids": 7}]},
        {"is_valid": True, "expires_at": 10**18},
    ],
)
def test_a_check_raises_nothing_whatever_the_platform_says_of_the_token(
    connect_page, graph, page, told
) -> None:
    graph.faults.add(broken.json_answer(200, {"data": told}), path="*/debug_token")

    found = connect_page(secrets=APP).check(page)

    assert found.readiness is Readiness.NOT_PERMITTED
    assert found.expires_at is None


@pytest.mark.sandbox
def test_a_check_without_a_token_raises_nothing(connect_page, page) -> None:
    found = connect_page(secrets={**APP, "token": ""}).check(page)

    assert found.readiness is Readiness.CREDENTIALS_REJECTED


@pytest.mark.sandbox
def test_a_list_of_nothing_but_empty_pages_ends(connect_page, graph, town, page, ref) -> None:
    post = town.publish(WEXCOMBE_PAGE, "Open day", at=NOON - timedelta(days=3))
    jo = town.move_in("Jo Millbank")
    town.write(post.id, "unkind", at=NOON - timedelta(hours=5), author=jo)
    for number in range(300):
        cursors = {"cursors": {"after": f"a{number}"}, "next": "https://graph.facebook.com/x"}
        graph.faults.add(
            broken.json_answer(200, {"data": [], "paging": cursors}), path="*/comments", times=1
        )

    batches = list(connect_page().pull(page, None))

    assert any("nothing but empty ones" in problem for one in batches for problem in one.problems)
    assert len(graph.requests) < 150


@pytest.mark.parametrize("total", [2**31, -1, "many", 1.5])
def test_a_count_that_cannot_be_meant_is_no_count(total) -> None:
    row = {
        "id": "1_1",
        "created_time": "2026-11-20T10:00:00+0000",
        "comments": {"summary": {"total_count": total}},
    }

    assert read_post(row).post.comment_count is None
