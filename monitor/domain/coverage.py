"""Was every channel really seen? Pulls done against pulls due, and the holes between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from connectors.contract import ChannelId

__all__ = ["CoverageRow", "Gap", "PullEnd", "gaps", "pulls_due"]

_TOLERANCE = 2
"""A channel counts as unseen once this many intervals pass without a finished pull."""

_SHORTEST_GAP = timedelta(minutes=1)
"""Nobody answers for seconds, however often a channel is read."""


class PullEnd(StrEnum):
    """How a pull ended; ``running`` is one that has not, or whose process died."""

    RUNNING = "running"
    DONE = "done"
    LATER = "later"
    REJECTED = "rejected"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """One pull of one channel, from its start to its end.

    Attributes:
        seen: Comments that the platform showed; ``new`` and ``edited`` are those we stored.
        platform_count: The platform's own count on the posts that were read, where it states one.
        cause: One sentence where it did not end well, or "".
        cost: What it cost, in the unit of the platform's budget.
    """

    channel_id: ChannelId
    run: str
    started_at: datetime
    ended_at: datetime | None
    end: PullEnd
    seen: int
    new: int
    edited: int
    platform_count: int | None
    cause: str
    cost: int = 0


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of time in which a channel was not seen, with its cause as far as known."""

    channel_id: ChannelId
    start: datetime
    end: datetime
    cause: str


def pulls_due(interval: timedelta, start: datetime, end: datetime) -> int:
    """How many pulls a channel owes between two moments."""
    return max(0, int((end - start) / interval))


def gaps(
    rows: Sequence[CoverageRow],
    *,
    interval: timedelta,
    start: datetime,
    end: datetime,
    channel_id: ChannelId | None = None,
) -> tuple[Gap, ...]:
    """The stretches between ``start`` and ``end`` without a finished pull, in order.

    Args:
        rows: One channel's pulls in any order.
        interval: How often the channel is due.
        start: The beginning of what is asked about, aware UTC.
        end: Its end, not included.
        channel_id: Whose pulls these are; needed to say that a channel without any was not seen.
    """
    whose = rows[0].channel_id if rows else channel_id
    if end <= start or whose is None:
        return ()
    done = sorted(
        row.ended_at
        for row in rows
        if row.end is PullEnd.DONE and row.ended_at is not None and start <= row.ended_at < end
    )
    return tuple(
        Gap(channel_id=whose, start=before, end=after, cause=_cause(rows, before, after))
        for before, after in pairwise([start, *done, end])
        if after - before > max(interval * _TOLERANCE, _SHORTEST_GAP)
    )


def _cause(rows: Sequence[CoverageRow], start: datetime, end: datetime) -> str:
    began = sorted(
        (row for row in rows if row.end is not PullEnd.DONE and start <= row.started_at < end),
        key=lambda row: row.started_at,
    )
    told = [row.cause for row in began if row.cause]
    if told:
        return told[-1]
    # A pull whose process died tells nothing, but it was made: say so, for the log has the rest.
    return "a pull began and did not finish" if began else "no pull was made"
