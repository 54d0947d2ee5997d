"""What is watched: each channel, when it was last read, and the last day's holes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from monitor.desk.permissions import DeskAct
from monitor.desk.web.pages import SignedIn, page
from monitor.domain.coverage import CoverageRow, gaps
from monitor.store import views
from monitor.store.views import ChannelRow

__all__ = ["Hour", "HourState", "hours_of", "router"]

router = APIRouter(include_in_schema=False)

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
    """One hour of one channel's coverage; ``start`` is aware UTC."""

    start: datetime
    state: HourState
    cause: str


@dataclass(frozen=True, slots=True)
class _Watched:
    """A channel with its last day."""

    row: ChannelRow
    hours: tuple[Hour, ...]

    @property
    def unseen(self) -> int:
        """Hours that were not wholly seen."""
        return sum(hour.state in {HourState.PARTLY, HourState.UNSEEN} for hour in self.hours)


@router.get("/channels")
def show_channels(request: Request, visitor: SignedIn) -> HTMLResponse:
    """Every channel, and how well it was seen in the last twenty-four hours."""
    now = visitor.services.now()
    with visitor.services.database.reading() as reading:
        rows = [
            row
            for row in views.channels(reading)
            if visitor.refusal(DeskAct.VIEW, service=row.service) is None
        ]
        pulls = {
            row.id: views.coverage_rows(reading, row.id, start=_first_hour(now), end=now)
            for row in rows
        }
    watched = [
        _Watched(
            row,
            hours_of(pulls[row.id], interval=row.interval, now=now, first=row.first_pulled_at),
        )
        for row in rows
    ]
    return page(request, "channels.html", channels=watched)


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
    start = _first_hour(now)
    if not rows:
        return tuple(
            Hour(start + number * _HOUR, HourState.UNSEEN, "no pull was made")
            for number in range(_HOURS)
        )
    since = start if first is None else max(start, first)
    holes = gaps(rows, interval=interval, start=since, end=now)
    spans = [(hole.start, hole.end, hole.cause) for hole in holes]
    hours = (start + number * _HOUR for number in range(_HOURS))
    return tuple(
        Hour(hour, HourState.BEFORE, "")
        if hour + _HOUR <= since
        else _hour(hour, spans, until=min(hour + _HOUR, now))
        for hour in hours
    )


def _first_hour(now: datetime) -> datetime:
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
