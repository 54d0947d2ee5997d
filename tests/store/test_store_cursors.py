from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from connectors.contract import ChannelId, Cursor
from monitor.domain.coverage import CoverageRow, PullEnd
from monitor.store import comments, cursors, tables, views
from monitor.store.cursors import CursorMoved, DueChannel
from monitor.store.engine import Database
from tests.stored import MINUTE, NOW, PARKS, comment, new_lease, plan, post, watch


def due(database: Database, *, now=NOW, limit: int = 10, only=None) -> list[DueChannel]:
    with database.transaction("T1") as tx:
        return cursors.lease_due(
            tx, now=now, lease_for=MINUTE, limit=limit, new_lease=new_lease, only=only
        )


def finish(database: Database, channel: DueChannel, *, at=NOW + 5 * MINUTE, failing_since=None):
    with database.transaction("T1") as tx:
        return cursors.finish(
            tx, channel.id, lease=channel.lease, next_pull_at=at, failing_since=failing_since
        )


def move(database: Database, channel: DueChannel, to, *, from_version=None, lease=None, until=None):
    with database.transaction("T1") as tx:
        return cursors.move(
            tx,
            channel.id,
            from_version=channel.cursor_version if from_version is None else from_version,
            lease=lease or channel.lease,
            to=None if to is None else Cursor(to),
            now=NOW,
            until=until,
        )


def rows(database: Database):
    with database.reading() as reading:
        return {row.id: row for row in views.channels(reading)}


def coverage(database: Database) -> tuple[CoverageRow, ...]:
    with database.reading() as reading:
        return views.coverage_rows(
            reading, PARKS, start=NOW - timedelta(days=1), end=NOW + timedelta(days=1)
        )


def test_a_new_channel_is_due_at_once_and_read_from_the_beginning(database):
    watch(database)

    (channel,) = due(database)

    assert channel == DueChannel(
        id=PARKS, cursor=None, cursor_version=0, lease=channel.lease, failing_since=None, failures=0
    )


def test_a_leased_channel_is_nobody_elses_until_the_lease_lapses(database):
    watch(database)
    (first,) = due(database)

    assert due(database, now=NOW + MINUTE / 2) == []
    (second,) = due(database, now=NOW + MINUTE)
    assert second.lease != first.lease


def test_the_longest_due_comes_first_and_no_more_than_asked(database):
    watch(database, plan("a"), plan("b"), plan("c"))
    for channel, minutes in zip(due(database), (3, 1, 2), strict=True):
        finish(database, channel, at=NOW + minutes * MINUTE)

    found = due(database, now=NOW + 9 * MINUTE, limit=2)

    assert [channel.id for channel in found] == ["b", "c"]


def test_one_channel_can_be_asked_for(database):
    watch(database, plan("a"), plan("b"))

    assert [channel.id for channel in due(database, only=ChannelId("b"))] == ["b"]
    assert due(database, only=ChannelId("b")) == []
    assert due(database, only=ChannelId("no such channel")) == []


def test_what_could_be_leased_is_what_is_said_to_be_due(database):
    watch(database, plan("a"), plan("b"), plan("c"), plan("d"))
    finish(database, due(database, only=ChannelId("b"))[0])
    with database.transaction() as tx:
        cursors.pause(tx, ChannelId("c"), reason="token", now=NOW)

    with database.reading() as reading:
        found = views.channels_due(reading, now=NOW)

    assert found == ("a", "d")
    assert [channel.id for channel in due(database)] == ["a", "d"]


def test_a_finished_channel_is_due_again_at_its_moment(database):
    watch(database)
    (channel,) = due(database)

    assert finish(database, channel, at=NOW + 5 * MINUTE)

    assert due(database, now=NOW + 4 * MINUTE) == []
    assert len(due(database, now=NOW + 5 * MINUTE)) == 1


def test_a_lost_lease_finishes_nothing(database):
    watch(database)
    (first,) = due(database)
    due(database, now=NOW + MINUTE)

    assert not finish(database, first, at=NOW)

    assert due(database, now=NOW + MINUTE) == []


def test_failures_are_counted_until_a_pull_succeeds(database):
    watch(database)
    for failures in range(3):
        (channel,) = due(database, now=NOW)
        assert channel.failures == failures
        finish(database, channel, at=NOW, failing_since=NOW - MINUTE)

    (channel,) = due(database)
    assert channel.failing_since == NOW - MINUTE
    finish(database, channel, at=NOW)
    (channel,) = due(database)
    assert (channel.failing_since, channel.failures) == (None, 0)


def test_the_cursor_moves_from_the_version_that_was_read(database):
    watch(database)
    (channel,) = due(database)

    assert move(database, channel, "fb1:a") == 1
    assert move(database, channel, "fb1:b", from_version=1) == 2

    finish(database, channel, at=NOW)
    (again,) = due(database)
    assert (again.cursor, again.cursor_version) == ("fb1:b", 2)
    assert rows(database)[PARKS].cursor_moved_at == NOW


def test_a_batch_without_a_promise_leaves_the_cursor_but_asks_for_the_lease(database):
    watch(database)
    (channel,) = due(database)

    assert move(database, channel, None) == 0
    with pytest.raises(CursorMoved):
        move(database, channel, None, lease="another's")
    assert rows(database)[PARKS].cursor_moved_at is None


@pytest.mark.parametrize("wrong", [{"from_version": 7}, {"lease": "another's"}])
def test_a_cursor_that_moved_meanwhile_is_not_moved(database, wrong):
    watch(database)
    (channel,) = due(database)

    with pytest.raises(CursorMoved, match=r"facebook-parks was read by another process"):
        move(database, channel, "fb1:a", **wrong)

    finish(database, channel, at=NOW)
    assert due(database)[0].cursor is None


def test_a_long_pull_keeps_its_lease_by_storing(database):
    watch(database)
    (channel,) = due(database)

    move(database, channel, "fb1:a", until=NOW + 9 * MINUTE)

    assert due(database, now=NOW + 8 * MINUTE) == []
    assert len(due(database, now=NOW + 9 * MINUTE)) == 1


def test_a_paused_channel_rests_until_it_is_resumed(database):
    watch(database)
    with database.transaction() as tx:
        cursors.pause(tx, PARKS, reason="The token has expired.", now=NOW)
    with database.transaction() as tx:
        cursors.pause(tx, PARKS, reason="A permission is missing.", now=NOW + MINUTE)

    assert due(database, now=NOW + timedelta(days=1)) == []
    row = rows(database)[PARKS]
    assert (row.paused_at, row.paused_reason) == (NOW, "A permission is missing.")
    with database.transaction() as tx:
        cursors.resume(tx, PARKS, now=NOW + MINUTE)
    assert len(due(database, now=NOW + MINUTE)) == 1
    assert rows(database)[PARKS].paused_at is None


def test_a_channel_no_longer_planned_is_kept_but_not_pulled(database):
    watch(database, plan("a"), plan("b"))

    watch(database, plan("b"))

    assert [channel.id for channel in due(database)] == ["b"]
    assert {row.id: row.watched for row in rows(database).values()} == {"a": False, "b": True}
    watch(database, plan("a"), plan("b"))
    assert [channel.id for channel in due(database)] == ["a"]


def test_no_plan_at_all_watches_nothing(database):
    watch(database)
    with database.transaction() as tx:
        cursors.sync_channels(tx, (), now=NOW)

    assert due(database) == []


def test_a_changed_plan_keeps_the_cursor_of_the_same_page(database):
    watch(database)
    (channel,) = due(database)
    move(database, channel, "fb1:a")
    finish(database, channel, at=NOW + timedelta(days=1))

    watch(database, plan(name="Parks, Libraries and Trees", interval=MINUTE))

    (again,) = due(database, now=NOW + MINUTE)
    assert again.cursor == "fb1:a"
    assert rows(database)[PARKS].name == "Parks, Libraries and Trees"
    assert rows(database)[PARKS].interval == MINUTE


@pytest.mark.parametrize("change", [{"native_id": "another"}, {"connector": "x_account"}])
def test_a_plan_for_another_page_forgets_the_cursor_of_the_page_before(database, change):
    watch(database)
    (channel,) = due(database)
    move(database, channel, "fb1:a")

    watch(database, plan(**change))

    with pytest.raises(CursorMoved):
        move(database, channel, "fb1:b", from_version=1)
    (again,) = due(database, now=NOW + MINUTE)
    assert again.cursor is None


def test_a_run_adds_its_batches_up(database):
    watch(database)
    with database.transaction("T1") as tx:
        cursors.start_run(tx, PARKS, "run-1", now=NOW)
        cursors.start_run(tx, PARKS, "run-1", now=NOW + MINUTE)
        cursors.record_pull(tx, "run-1", seen=10, new=3, edited=1, platform_count=None)
        cursors.record_pull(tx, "run-1", seen=5, new=0, edited=0, platform_count=20)
        cursors.record_pull(tx, "run-1", seen=1, new=1, edited=0, platform_count=4)
        cursors.record_pull(tx, "run-1", seen=1, new=0, edited=0, platform_count=None)
        cursors.end_run(tx, "run-1", end=PullEnd.DONE, cause="", now=NOW + MINUTE)
        cursors.end_run(tx, "run-1", end=PullEnd.LATER, cause="late", now=NOW + 2 * MINUTE)

    assert coverage(database) == (
        CoverageRow(
            channel_id=PARKS,
            run="run-1",
            started_at=NOW,
            ended_at=NOW + MINUTE,
            end=PullEnd.DONE,
            seen=17,
            new=4,
            edited=1,
            platform_count=24,
            cause="",
        ),
    )
    assert rows(database)[PARKS].last_done_at == NOW + MINUTE


def test_a_run_that_failed_is_no_proof_that_the_channel_was_seen(database):
    watch(database)
    with database.transaction("T1") as tx:
        cursors.start_run(tx, PARKS, "run-1", now=NOW)
        cursors.start_run(tx, PARKS, "run-2", now=NOW + MINUTE)
        cursors.end_run(
            tx, "run-1", end=PullEnd.LATER, cause="The platform asks for a pause.", now=NOW
        )

    first, second = coverage(database)
    assert (first.end, first.cause) == (PullEnd.LATER, "The platform asks for a pause.")
    assert (second.end, second.ended_at) == (PullEnd.RUNNING, None)
    assert rows(database)[PARKS].last_done_at is None


def test_four_threads_pull_one_channel_and_each_page_is_won_once(database):
    pages, pullers = 30, 4
    watch(database)
    (channel,) = due(database, now=NOW)
    won, lost = [], []
    together = threading.Barrier(pullers)

    def pull_page(page: int, puller: int) -> None:
        # Each puller stores a comment of its own beside the page's, so that a loser's would show.
        shared = comment(f"page-{page}", created_at=NOW + page * MINUTE)
        own = comment(f"page-{page}-puller-{puller}")
        try:
            with database.transaction("T1") as tx:
                comments.store_pull(tx, PARKS, [post()], [shared, own], now=NOW)
                cursors.move(
                    tx,
                    PARKS,
                    from_version=page,
                    lease=channel.lease,
                    to=Cursor(f"fb1:{page}"),
                    now=NOW,
                )
            won.append((page, puller))
        except CursorMoved:
            lost.append((page, puller))

    def pull(puller: int) -> None:
        for page in range(pages):
            together.wait(60)
            pull_page(page, puller)

    with ThreadPoolExecutor(pullers) as pool:
        for result in [pool.submit(pull, puller) for puller in range(pullers)]:
            result.result()

    assert sorted(page for page, _ in won) == list(range(pages))
    assert len(lost) == pages * (pullers - 1)
    with database.reading() as reading:
        stored = set(reading.session.execute(select(tables.comments.c.native_id)).scalars())
        cursor, version = reading.session.execute(
            select(tables.channels.c.cursor, tables.channels.c.cursor_version)
        ).one()
    assert stored == {f"page-{page}" for page in range(pages)} | {
        f"page-{page}-puller-{puller}" for page, puller in won
    }
    assert (cursor, version) == (f"fb1:{pages - 1}", pages)


def test_six_threads_lease_twenty_channels_and_each_is_leased_once(database):
    watch(database, *(plan(f"channel-{number:02}") for number in range(20)))
    taken = []

    def lease() -> None:
        while found := due(database, limit=2):
            taken.extend(channel.id for channel in found)

    with ThreadPoolExecutor(6) as pool:
        for result in [pool.submit(lease) for _ in range(6)]:
            result.result()

    assert sorted(taken) == [f"channel-{number:02}" for number in range(20)]
