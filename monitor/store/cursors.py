"""Which channels are due, who pulls them, and how far each has been read.

Serves T1 of DESIGN.md 5: the cursor moves in the transaction that stores what was pulled, and
only from the version that the pull began at, so of two pulls of one page one is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, or_, select, true, update

from connectors.contract import ChannelId, Cursor
from monitor.domain.coverage import PullEnd
from monitor.store.engine import Transaction
from monitor.store.statements import AnyRow, changed, insert_new
from monitor.store.tables import channels, pulls

__all__ = [
    "ChannelPlan",
    "CursorMoved",
    "DueChannel",
    "end_run",
    "finish",
    "is_due",
    "lease_due",
    "move",
    "note_examined",
    "note_missing",
    "pause",
    "record_pull",
    "resume",
    "start_run",
    "sync_channels",
]


@dataclass(frozen=True, slots=True)
class ChannelPlan:
    """A channel as configured: what it is, whose it is, and how often it is pulled."""

    id: ChannelId
    connector: str
    native_id: str
    name: str
    service: str
    interval: timedelta


@dataclass(frozen=True, slots=True)
class DueChannel:
    """A channel that is ours to pull until the lease lapses.

    Attributes:
        cursor: Where to resume; None reads from the beginning.
        cursor_version: What ``move`` must be given back.
        lease: Ours, as ``move`` and ``finish`` must be given it.
        failing_since: Since when it could not be read, or None; ``failures`` in a row since.
    """

    id: ChannelId
    cursor: Cursor | None
    cursor_version: int
    lease: str
    failing_since: datetime | None = None
    failures: int = 0


class CursorMoved(Exception):  # noqa: N818 - it says what happened meanwhile
    """Another pull of this channel was stored, or its lease was taken; nothing of ours may be."""

    def __init__(self, channel_id: ChannelId) -> None:
        super().__init__(
            f"Channel {channel_id} was read by another process meanwhile. "
            "This pull is dropped; the next one resumes where the other got to."
        )


def sync_channels(tx: Transaction, plans: Sequence[ChannelPlan], *, now: datetime) -> None:
    """Make the watched channels equal the plans.

    A channel that is no longer planned is kept, with its comments, but not pulled. One that now
    names another page loses its cursor, which belonged to the page before.
    """
    planned = {plan.id for plan in plans}
    tx.session.execute(
        update(channels)
        .where(channels.c.id.not_in(planned), channels.c.watched)
        .values(watched=False)
    )
    rows = [
        {"id": plan.id, "next_pull_at": now, **_UNREAD, **_planned(plan)}
        for plan in sorted(plans, key=lambda plan: plan.id)
    ]
    fresh = {row.id for row in insert_new(tx.session, channels, rows, returning=[channels.c.id])}
    for plan in plans:
        if plan.id not in fresh:
            _replan(tx, plan, now)


def lease_due(
    tx: Transaction,
    *,
    now: datetime,
    lease_for: timedelta,
    limit: int,
    new_lease: Callable[[], str],
    only: ChannelId | None = None,
) -> list[DueChannel]:
    """Take channels that are watched, not paused, due, and free or abandoned; longest due first.

    With ``only``, take that channel or none.
    """
    due = (
        select(channels)
        .where(is_due(now), true() if only is None else channels.c.id == only)
        .order_by(channels.c.next_pull_at, channels.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [
        _lease(tx, row, lease=new_lease(), until=now + lease_for)
        for row in tx.session.execute(due).all()
    ]


def is_due(now: datetime) -> ColumnElement[bool]:
    """The condition under which a channel is to be pulled at a moment, and nobody pulls it."""
    return and_(
        channels.c.watched,
        channels.c.paused_at.is_(None),
        channels.c.next_pull_at <= now,
        or_(channels.c.leased_until.is_(None), channels.c.leased_until <= now),
    )


def move(
    tx: Transaction,
    channel_id: ChannelId,
    *,
    from_version: int,
    lease: str,
    to: Cursor | None,
    now: datetime,
    until: datetime | None = None,
) -> int:
    """Move a channel's cursor and return its version, to be given to the next ``move``.

    A lease that still stands is made to last ``until``, so that a long pull keeps its channel.

    ``to=None`` keeps the cursor and its version, but asks all the same that both the version
    and the lease still stand.

    Raises:
        CursorMoved: They do not: roll this transaction back.
    """
    version = from_version if to is None else from_version + 1
    values: dict[str, Any] = {"cursor_version": version}
    if to is not None:
        values |= {"cursor": to, "cursor_moved_at": now}
    if until is not None:
        values["leased_until"] = until
    statement = (
        update(channels)
        .where(
            channels.c.id == channel_id,
            channels.c.cursor_version == from_version,
            channels.c.lease == lease,
        )
        .values(**values)
    )
    if not changed(tx.session, statement):
        raise CursorMoved(channel_id)
    return version


def finish(
    tx: Transaction,
    channel_id: ChannelId,
    *,
    lease: str,
    next_pull_at: datetime,
    failing_since: datetime | None,
) -> bool:
    """Give a channel back, to be pulled again at a moment; False when the lease was lost.

    With ``failing_since`` it counts one failure more; without, it counts from nought again.
    """
    failures = channels.c.failures + 1 if failing_since is not None else 0
    statement = (
        update(channels)
        .where(channels.c.id == channel_id, channels.c.lease == lease)
        .values(
            lease=None,
            leased_until=None,
            next_pull_at=next_pull_at,
            failing_since=failing_since,
            failures=failures,
        )
    )
    return changed(tx.session, statement) == 1


def pause(tx: Transaction, channel_id: ChannelId, *, reason: str, now: datetime) -> None:
    """Stop pulling a channel until ``resume``; a later reason replaces an earlier one."""
    _change(
        tx,
        channel_id,
        paused_reason=reason,
        paused_at=case((channels.c.paused_at.is_(None), now), else_=channels.c.paused_at),
    )


def resume(tx: Transaction, channel_id: ChannelId, *, now: datetime) -> None:
    """Pull a paused channel again, at once."""
    _change(tx, channel_id, paused_reason="", paused_at=None, next_pull_at=now)


def start_run(tx: Transaction, channel_id: ChannelId, run: str, *, now: datetime) -> None:
    """Note that a pull began; a second beginning of the same run does nothing."""
    row = {
        "run": run,
        "channel_id": channel_id,
        "started_at": now,
        "ended_at": None,
        "end": PullEnd.RUNNING,
        "seen": 0,
        "new": 0,
        "edited": 0,
        "platform_count": None,
        "cause": "",
        "cost": 0,
    }
    insert_new(tx.session, pulls, [row], returning=[pulls.c.run])


def record_pull(
    tx: Transaction,
    run: str,
    *,
    seen: int,
    new: int,
    edited: int,
    platform_count: int | None,
    cost: int = 0,
) -> None:
    """Add one stored batch to a run's numbers, in the transaction that stores the batch."""
    total: ColumnElement[int | None] = pulls.c.platform_count
    if platform_count is not None:
        total = case((total.is_(None), platform_count), else_=total + platform_count)
    tx.session.execute(
        update(pulls)
        .where(pulls.c.run == run)
        .values(
            seen=pulls.c.seen + seen,
            new=pulls.c.new + new,
            edited=pulls.c.edited + edited,
            platform_count=total,
            cost=pulls.c.cost + cost,
        )
    )


def end_run(tx: Transaction, run: str, *, end: PullEnd, cause: str, now: datetime) -> None:
    """Note how a pull ended; a run ends once, and a second end does nothing."""
    statement = (
        update(pulls)
        .where(pulls.c.run == run, pulls.c.ended_at.is_(None))
        .values(ended_at=now, end=end, cause=cause)
    )
    if changed(tx.session, statement) and end is PullEnd.DONE:
        owner = select(pulls.c.channel_id).where(pulls.c.run == run).scalar_subquery()
        tx.session.execute(update(channels).where(channels.c.id == owner).values(last_done_at=now))


def note_examined(
    tx: Transaction, channel_id: ChannelId, *, expires_at: datetime | None, now: datetime
) -> None:
    """Note when the platform said that a channel's token, or its access to data, ends."""
    _change(tx, channel_id, examined_at=now, expires_at=expires_at)


def note_missing(tx: Transaction, channel_id: ChannelId, missing: int, *, now: datetime) -> None:
    """Note by how many comments the platform's own counts exceed what is stored."""
    since = case((channels.c.missing_since.is_(None), now), else_=channels.c.missing_since)
    _change(tx, channel_id, missing=missing, missing_since=since if missing else None)


_UNREAD: dict[str, Any] = {
    "cursor": None,
    "cursor_version": 0,
    "cursor_moved_at": None,
    "lease": None,
    "leased_until": None,
    "failing_since": None,
    "failures": 0,
    "paused_at": None,
    "paused_reason": "",
    "last_done_at": None,
}


def _planned(plan: ChannelPlan) -> dict[str, Any]:
    return {
        "connector": plan.connector,
        "native_id": plan.native_id,
        "name": plan.name,
        "service": plan.service,
        "interval_s": int(plan.interval.total_seconds()),
        "watched": True,
    }


def _replan(tx: Transaction, plan: ChannelPlan, now: datetime) -> None:
    soonest = now + plan.interval
    moved_page = and_(
        channels.c.id == plan.id,
        or_(channels.c.connector != plan.connector, channels.c.native_id != plan.native_id),
    )
    tx.session.execute(
        update(channels)
        .where(moved_page)
        .values(
            cursor=None,
            cursor_version=channels.c.cursor_version + 1,
            cursor_moved_at=None,
            next_pull_at=now,
        )
    )
    _change(
        tx,
        plan.id,
        **_planned(plan),
        # A shorter interval counts from now on; a back-off ends with the next attempt anyway.
        next_pull_at=case(
            (channels.c.next_pull_at > soonest, soonest), else_=channels.c.next_pull_at
        ),
    )


def _lease(tx: Transaction, row: AnyRow, *, lease: str, until: datetime) -> DueChannel:
    _change(tx, row.id, lease=lease, leased_until=until)
    return DueChannel(
        id=ChannelId(row.id),
        cursor=None if row.cursor is None else Cursor(row.cursor),
        cursor_version=row.cursor_version,
        lease=lease,
        failing_since=row.failing_since,
        failures=row.failures,
    )


def _change(tx: Transaction, channel_id: str, **values: Any) -> None:
    tx.session.execute(update(channels).where(channels.c.id == channel_id).values(**values))
