from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.week_facts import week_of

LONDON = ZoneInfo("Europe/London")
AWARE = st.datetimes(datetime(2000, 1, 1), datetime(2037, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001 - Hypothesis wants naive bounds


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "label", "start", "end"),
    [
        ("2026-11-18 12:00", "2026-W47", "2026-11-16 00:00", "2026-11-23 00:00"),
        ("2026-11-16 00:00", "2026-W47", "2026-11-16 00:00", "2026-11-23 00:00"),
        ("2026-11-15 23:59", "2026-W46", "2026-11-09 00:00", "2026-11-16 00:00"),
        # In summer the local Monday begins at 23:00 UTC on Sunday.
        ("2026-07-05 22:59", "2026-W27", "2026-06-28 23:00", "2026-07-05 23:00"),
        ("2026-07-05 23:00", "2026-W28", "2026-07-05 23:00", "2026-07-12 23:00"),
        # Clocks go forward on Sunday 29 March and back on Sunday 25 October.
        ("2026-03-29 12:00", "2026-W13", "2026-03-23 00:00", "2026-03-29 23:00"),
        ("2026-10-25 12:00", "2026-W43", "2026-10-18 23:00", "2026-10-26 00:00"),
        # The ISO year of a week is that of its Thursday.
        ("2027-01-01 12:00", "2026-W53", "2026-12-28 00:00", "2027-01-04 00:00"),
        ("2024-12-31 12:00", "2025-W01", "2024-12-30 00:00", "2025-01-06 00:00"),
    ],
)
def test_a_week_runs_from_monday_to_monday_on_the_local_clock(moment, label, start, end):
    assert week_of(utc(moment), LONDON) == (label, utc(start), utc(end))


def test_a_week_in_which_the_clocks_change_has_an_hour_less_or_more():
    spring, autumn = (week_of(utc(day), LONDON) for day in ("2026-03-25", "2026-10-21"))

    assert spring.end - spring.start == timedelta(hours=167)
    assert autumn.end - autumn.start == timedelta(hours=169)


def test_the_moment_may_be_told_on_any_clock():
    moment = datetime(2026, 11, 16, 8, tzinfo=ZoneInfo("Asia/Tokyo"))

    assert week_of(moment, LONDON).label == "2026-W46"


def test_a_naive_moment_is_refused():
    with pytest.raises(ValueError, match="aware moment"):
        week_of(utc("2026-11-16").replace(tzinfo=None), LONDON)


@given(AWARE, st.sampled_from(["Europe/London", "UTC", "America/Santiago", "Asia/Beirut"]))
def test_weeks_meet_without_a_hole_and_hold_their_moment(moment, name):
    zone = ZoneInfo(name)

    week = week_of(moment, zone)

    assert week.start <= moment < week.end
    assert week.start.tzinfo is UTC
    assert week_of(week.start, zone) == week
    assert week_of(week.end, zone).start == week.end
    assert week_of(week.start - timedelta(seconds=1), zone).end == week.start
