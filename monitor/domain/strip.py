"""One channel's last twenty-four hours: was each of them seen, and what came of it?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.domain.coverage import CoverageRow, PullEnd, gaps, pulls_due

__all__ = ["Hour", "HourState", "first_hour", "hours_of"]

_HOURS = 24
_HOUR = timedelta(hours=1)


class HourState(StrEnum):
    """Whether a channel was seen through an hour; ``before`` it was watched, nobody was to look."""

    SEEN = "seen"
    PARTLY = "partly"
    UNSEEN = "unseen"
    BEFORE = "before"


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of one channel's coverage.

    Attributes:
        start: Aware UTC.
        cause: Why it was not wholly seen, or "".
        due: How many pulls the channel owed in it, at its usual interval.
        done: How many came to their end in it.
        new: How many comments these stored that were new.
    """

    start: datetime
    state: HourState
    cause: str
    due: int = 0
    done: int = 0
    new: int = 0


def hours_of(
    rows: Sequence[CoverageRow],
    *,
    interval: timedelta,
    now: datetime,
    first: datetime | None = None,
) -> tuple[Hour, ...]:
    """The last twenty-four whole hours, oldest first, each seen, partly seen or unseen.

    Args:
        rows: The channel's pulls of that time, in any order.
        interval: How often it is due; a channel due less often than hourly counts as seen in
            between.
        now: Aware UTC; the hour that it lies in is the last, and counts as far as it has run.
        first: When the channel was first pulled at all; the hours before count for nothing.
    """
    start = first_hour(now)
    if not rows:
        return tuple(
            Hour(
                start + number * _HOUR,
                HourState.UNSEEN,
                "no pull was made",
                due=pulls_due(interval, start, start + _HOUR),
            )
            for number in range(_HOURS)
        )
    since = start if first is None else max(start, first)
    holes = gaps(rows, interval=interval, start=since, end=now)
    spans = [(hole.start, hole.end, hole.cause) for hole in holes]
    hours = (start + number * _HOUR for number in range(_HOURS))
    return tuple(
        Hour(hour, HourState.BEFORE, "")
        if hour + _HOUR <= since
        else _counted(
            _hour(hour, spans, until=min(hour + _HOUR, now)), rows, interval=interval, now=now
        )
        for hour in hours
    )


def first_hour(now: datetime) -> datetime:
    """When the first of the twenty-four hours begins that end with the one of ``now``."""
    begun = now.replace(minute=0, second=0, microsecond=0)
    end = begun if begun == now else begun + _HOUR
    return end - _HOURS * _HOUR


def _hour(
    start: datetime, holes: Sequence[tuple[datetime, datetime, str]], *, until: datetime
) -> Hour:
    touching = [hole for hole in holes if hole[0] < until and hole[1] > start]
    if not touching:
        return Hour(start, HourState.SEEN, "")
    is_whole = any(first <= start and last >= until for first, last, _ in touching)
    return Hour(start, HourState.UNSEEN if is_whole else HourState.PARTLY, touching[0][2])


def _counted(
    hour: Hour, rows: Sequence[CoverageRow], *, interval: timedelta, now: datetime
) -> Hour:
    until = min(hour.start + _HOUR, now)
    ended = [row for row in rows if row.ended_at and hour.start <= row.ended_at < until]
    return replace(
        hour,
        due=pulls_due(interval, hour.start, until),
        done=sum(row.end is PullEnd.DONE for row in ended),
        new=sum(row.new for row in ended),
    )
