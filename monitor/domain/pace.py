"""How soon a channel is read again: by how busy it is, its hours, and its platform's budget."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

__all__ = ["SLOW_AT", "STOP_AT", "Bounds", "Window", "is_within", "next_wait", "window_of"]

SLOW_AT = 0.75
"""From this share of a budget on, a channel is read half as often."""

STOP_AT = 0.95
"""From this share on it is not read until the window ends: what is left is for moderators' acts."""

_BUSY = 6
"""So many new comments in the last hour make a channel busy."""

_QUIET = timedelta(hours=6)
"""A channel without a new comment for so long is quiet."""

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SPELL = re.compile(r"(\w{3})(?:-(\w{3}))? (\d\d:\d\d)-(\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How often a channel is read: usually, when it is busy, and when it is quiet."""

    usual: timedelta
    shortest: timedelta
    longest: timedelta


@dataclass(frozen=True, slots=True)
class Window:
    """The hour or day that a budget is for; aware UTC, the end not included."""

    start: datetime
    end: datetime


def window_of(kind: str, zone: tzinfo, now: datetime) -> Window:
    """The ``hour`` that ``now`` lies in, or the ``day`` from midnight to midnight in a zone."""
    if kind == "hour":
        start = now.replace(minute=0, second=0, microsecond=0)
        return Window(start, start + timedelta(hours=1))
    local = now.astimezone(zone)
    midnight = datetime.combine(local.date(), time(), tzinfo=zone)
    next_one = datetime.combine(local.date() + timedelta(days=1), time(), tzinfo=zone)
    return Window(midnight.astimezone(now.tzinfo), next_one.astimezone(now.tzinfo))


def next_wait(
    bounds: Bounds,
    *,
    new_in_last_hour: int,
    quiet_for: timedelta,
    in_hours: bool,
    spent: float,
) -> timedelta:
    """How long to wait before a channel is read again.

    Args:
        bounds: What may come out, but for a budget that is nearly spent.
        new_in_last_hour: Comments that were new to us.
        quiet_for: Since a comment was last new to us.
        in_hours: Whether its people look at it now.
        spent: The share of the platform's budget that is gone, from 0.
    """
    wait = bounds.usual
    if new_in_last_hour >= _BUSY:
        wait = max(bounds.shortest, bounds.usual / 2)
    elif quiet_for >= _QUIET or not in_hours:
        wait = min(bounds.longest, bounds.usual * 2)
    return wait * 2 if spent >= SLOW_AT else wait


def is_within(hours: str, moment: datetime) -> bool:
    """Whether a local moment lies in hours such as ``Mon-Fri 09:00-17:00, Sat 10:00-13:00``.

    "" is all hours.
    """
    if not hours:
        return True
    day, clock = moment.weekday(), f"{moment:%H:%M}"
    for first, last, opens, closes in _SPELL.findall(hours):
        start, end = _DAYS.index(first), _DAYS.index(last or first)
        # "Sat-Mon" goes over the end of the week.
        is_day = (day - start) % 7 <= (end - start) % 7
        if is_day and opens <= clock < closes:
            return True
    return False
