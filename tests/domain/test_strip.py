from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from connectors.contract import ChannelId
from monitor.domain.coverage import CoverageRow, PullEnd
from monitor.domain.strip import HourState, hours_of
from tests.stored import NOW

QUARTER = timedelta(minutes=15)
PARKS = ChannelId("facebook-parks")


def pulled(at, end=PullEnd.DONE, cause=""):
    return CoverageRow(PARKS, str(at), at, at, end, 1, 0, 0, None, cause)


def quarters(count):
    return [NOW - timedelta(hours=24) + QUARTER * number for number in range(count)]


def test_a_day_of_pulls_is_seen_throughout():
    hours = hours_of([pulled(at) for at in quarters(96)], interval=QUARTER, now=NOW)

    assert {HourState.SEEN} == {hour.state for hour in hours}
    assert [NOW - timedelta(hours=24 - number) for number in range(24)] == [
        hour.start for hour in hours
    ]


def test_a_channel_that_was_never_pulled_was_never_seen():
    hours = hours_of([], interval=QUARTER, now=NOW)

    assert {(HourState.UNSEEN, "no pull was made")} == {(hour.state, hour.cause) for hour in hours}


def test_a_hole_shows_in_its_hours_with_its_cause():
    rows = [pulled(at) for at in quarters(96)]
    for number in range(10, 21):
        rows[number] = pulled(rows[number].started_at, PullEnd.LATER, "Facebook asked us to wait.")

    hours = hours_of(rows, interval=QUARTER, now=NOW)

    states = [hour.state for hour in hours]
    assert states[2:6] == [
        HourState.PARTLY,
        HourState.UNSEEN,
        HourState.UNSEEN,
        HourState.PARTLY,
    ]
    assert {HourState.SEEN} == set(states[:2]) | set(states[6:])
    assert hours[3].cause == "Facebook asked us to wait."


def test_a_channel_that_is_due_twice_a_day_is_seen_in_between():
    rows = [pulled(NOW - timedelta(hours=hours)) for hours in (23, 11)]

    hours = hours_of(rows, interval=timedelta(hours=12), now=NOW)

    assert {HourState.SEEN} == {hour.state for hour in hours}


def test_hours_are_whole_and_the_last_counts_as_far_as_it_has_run():
    now = NOW + timedelta(minutes=50)
    rows = [pulled(at) for at in quarters(98)]

    hours = hours_of(rows, interval=QUARTER, now=now)

    assert hours[-1].start == NOW
    assert (hours[-2].state, hours[-1].state) == (HourState.SEEN, HourState.PARTLY)
    assert len(hours) == 24


def test_the_hours_before_a_channel_was_watched_count_for_nothing():
    first = NOW - timedelta(hours=2)
    rows = [pulled(first + number * QUARTER) for number in range(8)]

    hours = hours_of(rows, interval=QUARTER, now=NOW, first=first)

    assert hours[0].state is HourState.BEFORE
    assert hours[-1].state is HourState.SEEN
    assert {hour.state for hour in hours} == {HourState.BEFORE, HourState.SEEN}


def test_an_hour_says_what_was_due_what_was_done_and_what_was_new():
    rows = [replace(pulled(at), new=2) for at in quarters(96)]
    rows[-1] = replace(rows[-1], end=PullEnd.LATER, new=0)

    hours = hours_of(rows, interval=QUARTER, now=NOW)

    assert (hours[0].due, hours[0].done, hours[0].new) == (4, 4, 8)
    assert (hours[-1].due, hours[-1].done, hours[-1].new) == (4, 3, 6)
