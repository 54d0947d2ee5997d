from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from monitor.domain.pace import Bounds, is_within, next_wait, window_of

BOUNDS = Bounds(
    usual=timedelta(minutes=3), shortest=timedelta(minutes=1), longest=timedelta(minutes=5)
)
ORDINARY = {
    "new_in_last_hour": 1,
    "quiet_for": timedelta(hours=1),
    "in_hours": True,
    "spent": 0.2,
}


@pytest.mark.parametrize(
    ("seen", "minutes"),
    [
        ({}, 3),
        ({"new_in_last_hour": 6}, 1.5),
        ({"new_in_last_hour": 6, "in_hours": False}, 1.5),
        ({"quiet_for": timedelta(hours=6)}, 5),
        ({"in_hours": False}, 5),
        ({"spent": 0.74}, 3),
        ({"spent": 0.75}, 6),
        ({"spent": 0.75, "quiet_for": timedelta(days=1)}, 10),
    ],
)
def test_a_busy_channel_is_read_more_often_and_a_quiet_or_dear_one_less(seen, minutes) -> None:
    assert next_wait(BOUNDS, **(ORDINARY | seen)) == timedelta(minutes=minutes)


def test_no_channel_is_read_more_often_than_its_platform_allows() -> None:
    tight = Bounds(timedelta(minutes=3), timedelta(minutes=2), timedelta(minutes=3))

    assert next_wait(tight, **(ORDINARY | {"new_in_last_hour": 99})) == timedelta(minutes=2)
    assert next_wait(tight, **(ORDINARY | {"quiet_for": timedelta(days=9)})) == timedelta(minutes=3)


def test_an_hour_is_the_clocks() -> None:
    window = window_of("hour", UTC, datetime(2026, 11, 20, 12, 34, 56, tzinfo=UTC))

    assert window.start == datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert window.end == datetime(2026, 11, 20, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "start", "end"),
    [
        ("2026-11-20T07:59+00:00", "2026-11-19T08:00+00:00", "2026-11-20T08:00+00:00"),
        ("2026-11-20T08:00+00:00", "2026-11-20T08:00+00:00", "2026-11-21T08:00+00:00"),
        ("2026-07-20T07:00+00:00", "2026-07-20T07:00+00:00", "2026-07-21T07:00+00:00"),
        # The day on which the clocks go forward has 23 hours.
        ("2026-03-08T12:00+00:00", "2026-03-08T08:00+00:00", "2026-03-09T07:00+00:00"),
    ],
)
def test_a_day_is_the_calendars_where_the_platform_counts_it(now, start, end) -> None:
    window = window_of("day", ZoneInfo("America/Los_Angeles"), datetime.fromisoformat(now))

    assert (window.start, window.end) == (
        datetime.fromisoformat(start),
        datetime.fromisoformat(end),
    )


@pytest.mark.parametrize(
    ("hours", "moment", "within"),
    [
        ("", "2026-11-21T03:00", True),
        ("Mon-Fri 09:00-17:00", "2026-11-20T09:00", True),
        ("Mon-Fri 09:00-17:00", "2026-11-20T17:00", False),
        ("Mon-Fri 09:00-17:00", "2026-11-21T10:00", False),
        ("Mon-Fri 09:00-17:00, Sat 10:00-13:00", "2026-11-21T10:00", True),
        ("Sat-Mon 09:00-17:00", "2026-11-22T10:00", True),
        ("Sat-Mon 09:00-17:00", "2026-11-24T10:00", False),
        ("Sun 00:00-24:00", "2026-11-22T23:59", True),
    ],
)
def test_hours_are_local_days_and_times(hours: str, moment: str, within: bool) -> None:  # noqa: FBT001
    assert is_within(hours, datetime.fromisoformat(moment)) is within
