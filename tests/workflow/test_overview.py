from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from config.platform_defaults import Budget
from connectors.contract import ChannelId
from monitor.domain.strip import HourState
from monitor.workflow import overview
from tests.workflow.conftest import PARKS, watched

ROADS = ChannelId("facebook-roads")


def test_a_channel_comes_with_its_day_and_what_was_not_seen(bench) -> None:
    bench.pull()
    bench.clock.advance(timedelta(minutes=1))

    (now,) = overview.channels_now(bench.services)
    assert now.row.id == PARKS
    assert len(now.hours) == 24
    assert {hour.state for hour in now.hours[:-1]} == {HourState.BEFORE}
    assert now.unseen == 0
    assert overview.channels_now(bench.services, which=lambda _row: False) == ()


@pytest.mark.parametrize(
    ("cost", "state"),
    [(10, "ok"), (75, "read half as often"), (95, "reading waits for the next window")],
)
def test_a_platforms_budget_is_told_once_for_all_its_channels(bench, cost: int, state: str) -> None:
    budget = Budget(amount=100, window="day", unit="post reads", price=0.005)
    parks = replace(watched(), budget=budget)
    bench.change(
        channels={
            PARKS: parks,
            ROADS: replace(parks, id=ROADS, native_id="2"),
            ChannelId("off"): replace(parks, id="off", connector="x_account", enabled=False),
            ChannelId("free"): replace(watched(), id="free", connector="csv_import"),
        }
    )
    bench.shows(bench.comment("Lovely park."), cost=cost)
    bench.pull()

    (found,) = overview.budgets_now(bench.services)
    assert (found.connector, found.spent, found.amount) == ("facebook_page", cost, 100)
    assert found.dollars_a_day == pytest.approx(cost * 0.005)
    assert found.state == state
