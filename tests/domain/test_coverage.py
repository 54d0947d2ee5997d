from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import ChannelId
from monitor.domain.coverage import CoverageRow, Gap, PullEnd, gaps, pulls_due

START = datetime(2026, 11, 16, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
PAGE = ChannelId("facebook-parks")


def pull(
    began: float, *, took: float | None = 0, end: PullEnd = PullEnd.DONE, cause: str = ""
) -> CoverageRow:
    started_at = START + began * MINUTE
    return CoverageRow(
        channel_id=PAGE,
        run=f"run-{began}",
        started_at=started_at,
        ended_at=None if took is None else started_at + took * MINUTE,
        end=end,
        seen=1,
        new=0,
        edited=0,
        platform_count=None,
        cause=cause,
    )


def found(*rows: CoverageRow, interval: timedelta = 5 * MINUTE, hours: float = 1) -> list[Gap]:
    return list(gaps(rows, interval=interval, start=START, end=START + hours * HOUR))


@pytest.mark.parametrize(
    ("interval", "hours", "due"), [(5, 1, 12), (7, 1, 8), (5, 0, 0), (5, -1, 0), (90, 1, 0)]
)
def test_a_channel_owes_a_pull_for_every_whole_interval(interval, hours, due):
    assert pulls_due(interval * MINUTE, START, START + hours * HOUR) == due


def test_a_channel_that_was_pulled_in_time_has_no_gap():
    assert found(*(pull(minute) for minute in range(0, 60, 5))) == []


def test_one_late_pull_is_not_a_gap_and_two_missed_ones_are():
    late = [pull(minute) for minute in range(0, 60, 5) if minute != 30]
    missed = [row for row in late if row.started_at != START + 35 * MINUTE]

    assert found(*late) == []
    assert found(*missed) == [
        Gap(PAGE, START + 25 * MINUTE, START + 40 * MINUTE, "no pull was made")
    ]


def test_rows_may_come_in_any_order():
    rows = [pull(minute) for minute in (55, 0, 50, 5, 45, 10)]

    assert [(gap.start, gap.end) for gap in found(*rows)] == [
        (START + 10 * MINUTE, START + 45 * MINUTE)
    ]


def test_a_gap_says_the_last_cause_that_was_told():
    rows = [
        pull(0),
        pull(20, end=PullEnd.LATER, cause="The platform asked us to wait."),
        pull(10, end=PullEnd.UNEXPECTED, cause="The platform changed its answer."),
        pull(30, took=None, end=PullEnd.RUNNING),
        pull(59),
    ]

    assert [gap.cause for gap in found(*rows)] == ["The platform asked us to wait."]


def test_a_pull_that_never_finished_is_told_from_one_that_was_never_made():
    rows = [pull(0), pull(20, took=None, end=PullEnd.RUNNING), pull(59)]

    assert [gap.cause for gap in found(*rows)] == ["a pull began and did not finish"]


def test_a_finished_pull_with_a_remark_is_no_cause_of_a_gap():
    rows = [pull(0, cause="Line 4 was left out."), pull(59)]

    assert [gap.cause for gap in found(*rows)] == ["no pull was made"]


def test_a_gap_may_reach_from_the_beginning_to_the_end():
    rows = [pull(10, end=PullEnd.REJECTED, cause="The token expired.")]

    assert found(*rows) == [Gap(PAGE, START, START + HOUR, "The token expired.")]


def test_a_cause_belongs_to_the_gap_in_which_its_pull_began():
    rows = [
        pull(0, end=PullEnd.LATER, cause="The platform asked us to wait."),
        pull(20),
        pull(20, end=PullEnd.REJECTED, cause="The token expired."),
        pull(40),
    ]

    assert [gap.cause for gap in found(*rows)] == [
        "The platform asked us to wait.",
        "The token expired.",
        "no pull was made",
    ]


def test_pulls_outside_the_stretch_do_not_count():
    assert found(pull(-5), pull(60)) == [Gap(PAGE, START, START + HOUR, "no pull was made")]


def test_a_channel_without_any_pull_was_not_seen_at_all():
    silent = gaps((), interval=5 * MINUTE, start=START, end=START + HOUR, channel_id=PAGE)

    assert silent == (Gap(PAGE, START, START + HOUR, "no pull was made"),)


def test_no_rows_and_no_channel_say_nothing():
    assert found() == []


def test_a_stretch_that_ends_before_it_begins_has_no_gap():
    assert found(pull(0), hours=0) == []


@given(
    minutes=st.lists(st.tuples(st.integers(-10, 130), st.sampled_from(PullEnd)), max_size=30),
    interval=st.integers(1, 60),
)
def test_gaps_are_apart_in_order_and_hold_no_finished_pull(minutes, interval):
    rows = [pull(minute, end=end) for minute, end in minutes]

    holes = gaps(
        rows, interval=interval * MINUTE, start=START, end=START + 2 * HOUR, channel_id=PAGE
    )

    done = [row.ended_at for row in rows if row.end is PullEnd.DONE]
    edges = [edge for gap in holes for edge in (gap.start, gap.end)]
    assert edges == sorted(edges)
    assert all(gap.end - gap.start > 2 * interval * MINUTE for gap in holes)
    assert not any(gap.start < moment < gap.end for gap in holes for moment in done)
    seen = [START, *sorted(m for m in done if START <= m < START + 2 * HOUR), START + 2 * HOUR]
    longest = max(after - before for before, after in itertools.pairwise(seen))
    assert bool(holes) == (longest > 2 * interval * MINUTE)
