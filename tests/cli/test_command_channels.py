from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from connectors.contract import ChannelId
from monitor.domain.coverage import PullEnd
from monitor.store import cursors, gaps
from monitor.store.cursors import ChannelPlan
from tests.consoles import CHANNELS

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PARKS = ChannelId("facebook-parks")


def plan(channel_id: ChannelId = PARKS) -> ChannelPlan:
    watched = CHANNELS[0]
    return ChannelPlan(
        channel_id, "facebook_page", "1", "Parks on Facebook", "Parks", watched.interval
    )


def listed(home) -> list[dict]:
    result = home.run("channels", "list", "--json")
    assert result.exit_code == 0
    return json.loads(result.stdout)


def test_before_the_first_start_no_channel_is_known(home) -> None:
    assert listed(home) == []


def test_each_state_is_said_in_words(home, database_of) -> None:
    with database_of.transaction("test") as tx:
        cursors.sync_channels(tx, [plan()], now=NOW)
    assert listed(home)[0]["state"] == "ok"
    assert listed(home)[0]["last read"] == "never"
    assert listed(home)[0]["next"] == "2026-11-18 10:00 UTC"

    with database_of.transaction("test") as tx:
        (due,) = cursors.lease_due(
            tx, now=NOW, lease_for=CHANNELS[0].interval, limit=1, new_lease=lambda: "x"
        )
        cursors.start_run(tx, PARKS, "x", now=NOW)
        cursors.end_run(tx, "x", end=PullEnd.DONE, cause="", now=NOW)
        cursors.finish(tx, PARKS, lease=due.lease, next_pull_at=NOW, failing_since=NOW)
    assert listed(home)[0]["state"] == "failing since 2026-11-18 10:00 UTC"
    assert listed(home)[0]["last read"] == "2026-11-18 10:00 UTC"

    with database_of.transaction("test") as tx:
        cursors.pause(tx, PARKS, reason="The token has expired.", now=NOW)
    assert listed(home)[0]["state"] == "paused: The token has expired."

    with database_of.transaction("test") as tx:
        cursors.sync_channels(tx, [], now=NOW)
    assert listed(home)[0]["state"].startswith("not watched")


def test_the_table_shows_the_same(home, database_of) -> None:
    with database_of.transaction("test") as tx:
        cursors.sync_channels(tx, [plan()], now=NOW)
    result = home.run("channels", "list")

    assert result.exit_code == 0
    assert "facebook" in result.stdout


def test_a_paused_channel_is_read_again(home, database_of) -> None:
    with database_of.transaction("test") as tx:
        cursors.sync_channels(tx, [plan()], now=NOW)
        cursors.pause(tx, PARKS, reason="The token has expired.", now=NOW)
    result = home.run("channels", "resume", "facebook-parks")

    assert result.exit_code == 0
    assert result.stdout == "facebook-parks is read again from where it stopped.\n"
    assert listed(home)[0]["state"] == "ok"


def test_a_channel_that_does_not_exist_is_a_wrong_request_with_a_hint(home) -> None:
    result = home.run("channels", "resume", "facebook-park")

    assert result.exit_code == 2
    assert result.stderr == (
        "There is no channel 'facebook-park' in channels.toml. Did you mean \"facebook-parks\"?\n"
    )


def test_the_strip_shows_the_last_hours_and_the_list_needs_no_further_word(
    home, database_of
) -> None:
    with database_of.transaction("test") as tx:
        cursors.sync_channels(tx, [plan()], now=NOW)
    result = home.run("channels")

    assert result.exit_code == 0
    assert "last 24 hours" in result.stdout.replace("\n", " ") or "✗" in result.stdout
    assert listed(home)[0]["last 24 hours"] == "✗" * 24
    assert listed(home)[0]["access ends"] == "not stated"


def test_a_gap_is_listed_with_what_was_seen_late(home, database_of) -> None:
    empty = home.run("channels", "gaps")
    assert empty.stdout == "Every channel was seen throughout, as far as it was watched.\n"

    now = datetime.now(UTC)
    with database_of.transaction("test") as tx:
        cursors.sync_channels(tx, [plan()], now=now)
        gaps.begin(tx, PARKS, began_at=now - HOUR, cause="The line is down.", now=now)
    (still,) = json.loads(home.run("channels", "gaps", "--json").stdout)
    assert (still["to"], still["cause"]) == ("still", "The line is down.")

    with database_of.transaction("test") as tx:
        gaps.close(tx, PARKS, read_since=now, now=now)
    (over,) = json.loads(home.run("channels", "gaps", "--json").stdout)
    assert over["to"] == f"{now:%Y-%m-%d %H:%M} UTC"
    assert over["seen late"] == 0
    assert "The line" in home.run("channels", "gaps").stdout


def test_a_budget_says_what_is_left_and_what_a_day_costs(home, database_of) -> None:
    now = datetime.now(UTC)
    with database_of.transaction("test") as tx:
        cursors.sync_channels(tx, [plan()], now=now)
        cursors.start_run(tx, PARKS, "x", now=now)
        cursors.record_pull(tx, "x", seen=1, new=1, edited=0, platform_count=None, cost=480)

    (budget,) = json.loads(home.run("channels", "budgets", "--json").stdout)

    assert (budget["connector"], budget["spent"], budget["amount"]) == ("facebook_page", 480, 600)
    assert budget["state"] == "read half as often"
    assert budget["last_day"] == 480
    assert budget["dollars_a_day"] == 0
    assert "read half" in home.run("channels", "budgets").stdout
