"""The stretches in which a channel was not seen: open from when it is noticed until it is read.

Serves the watch over coverage and the end of T1: a gap is closed in the transaction that notes
the first pull which came to its end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select, update

from connectors.contract import ChannelId
from monitor.store import tables
from monitor.store.engine import Reading, Transaction
from monitor.store.statements import AnyRow, insert_one

__all__ = ["StoredGap", "begin", "close", "gaps_since", "open_gap"]


@dataclass(frozen=True, slots=True)
class StoredGap:
    """One stretch in which a channel was not seen.

    Attributes:
        noticed_at: When an operator could know.
        ended_at: When it was read again; None while it is not.
        seen_late: Comments that were written in it and seen only afterwards.
    """

    id: int
    channel_id: ChannelId
    began_at: datetime
    noticed_at: datetime
    ended_at: datetime | None
    cause: str
    seen_late: int


def open_gap(held: Transaction | Reading, channel_id: ChannelId) -> StoredGap | None:
    """The gap that a channel is in; None when it is in none."""
    gaps = tables.gaps
    row = held.session.execute(
        select(gaps).where(gaps.c.channel_id == channel_id, gaps.c.ended_at.is_(None))
    ).first()
    return None if row is None else _gap(row)


def begin(
    tx: Transaction, channel_id: ChannelId, *, began_at: datetime, cause: str, now: datetime
) -> bool:
    """Note that a channel has not been seen since a moment; False where that is noted already."""
    if open_gap(tx, channel_id) is not None:
        return False
    row = {
        "channel_id": channel_id,
        "began_at": began_at,
        "noticed_at": now,
        "ended_at": None,
        "cause": cause,
        "seen_late": 0,
    }
    return insert_one(tx.session, tables.gaps, row) is not None


def close(
    tx: Transaction, channel_id: ChannelId, *, read_since: datetime, now: datetime
) -> StoredGap | None:
    """Note that a channel has been read again, and how much of the gap was seen late.

    Args:
        tx: The transaction that notes the end of the pull.
        channel_id: Which channel.
        read_since: When the pull that ended the gap began.
        now: When it ended.

    Returns:
        The gap as it stands now; None when there was none.
    """
    found = open_gap(tx, channel_id)
    if found is None:
        return None
    comments = tables.comments.c
    late = tx.session.execute(
        select(func.count()).where(
            comments.channel_id == channel_id,
            comments.seen_at >= read_since,
            comments.posted_at >= found.began_at,
            comments.posted_at < now,
            comments.from_channel.is_(False),
        )
    ).scalar_one()
    gaps = tables.gaps
    tx.session.execute(
        update(gaps).where(gaps.c.id == found.id).values(ended_at=now, seen_late=late)
    )
    return replace(found, ended_at=now, seen_late=late)


def gaps_since(reading: Reading, since: datetime) -> tuple[StoredGap, ...]:
    """Every gap that is open or ended after a moment, oldest first."""
    gaps = tables.gaps
    found = reading.session.execute(
        select(gaps)
        .where(gaps.c.ended_at.is_(None) | (gaps.c.ended_at > since))
        .order_by(gaps.c.began_at, gaps.c.id)
    )
    return tuple(_gap(row) for row in found)


def _gap(row: AnyRow) -> StoredGap:
    return StoredGap(
        id=row.id,
        channel_id=ChannelId(row.channel_id),
        began_at=row.began_at,
        noticed_at=row.noticed_at,
        ended_at=row.ended_at,
        cause=row.cause,
        seen_late=row.seen_late,
    )
