"""What each platform was asked to do, in the unit of its budget, and how much it still shows.

Serves no transaction of DESIGN.md 5: it reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select

from connectors.contract import ChannelId
from monitor.store import tables
from monitor.store.engine import Reading

__all__ = ["acts_since", "busyness", "missing_comments", "spent_since"]


def spent_since(reading: Reading, connector: str, since: datetime) -> int:
    """What reading all channels of a connector has cost since a moment."""
    pulls, channels = tables.pulls, tables.channels
    total = reading.session.execute(
        select(func.sum(pulls.c.cost))
        .join(channels, channels.c.id == pulls.c.channel_id)
        .where(channels.c.connector == connector, pulls.c.started_at >= since)
    ).scalar_one()
    return int(total or 0)


def acts_since(reading: Reading, connector: str, since: datetime) -> Mapping[str, int]:
    """How often each act was asked of a connector's platform since a moment."""
    enforcements, cases, channels = tables.enforcements, tables.cases, tables.channels
    found = reading.session.execute(
        select(enforcements.c.act, func.sum(enforcements.c.attempts))
        .join(cases, cases.c.id == enforcements.c.case_id)
        .join(channels, channels.c.id == cases.c.channel_id)
        .where(channels.c.connector == connector, enforcements.c.requested_at >= since)
        .group_by(enforcements.c.act)
    )
    return {act: int(number or 0) for act, number in found}


def busyness(
    reading: Reading, channel_id: ChannelId, *, since: datetime
) -> tuple[int, datetime | None]:
    """How many comments were new to us since a moment, and when the last one was at all."""
    comments = tables.comments.c
    number = reading.session.execute(
        select(func.count()).where(comments.channel_id == channel_id, comments.seen_at >= since)
    ).scalar_one()
    newest = reading.session.execute(
        select(func.max(comments.seen_at)).where(comments.channel_id == channel_id)
    ).scalar_one()
    return int(number), newest


def missing_comments(reading: Reading, channel_id: ChannelId, *, published_since: datetime) -> int:
    """By how many comments the platform's counts exceed ours, over the posts that are followed.

    A post whose count is below ours counts for nothing: what was deleted there is still ours.
    """
    posts, comments = tables.posts, tables.comments
    ours = (
        select(func.count())
        .where(comments.c.channel_id == posts.c.channel_id, comments.c.post_id == posts.c.native_id)
        .correlate(posts)
        .scalar_subquery()
    )
    more = posts.c.comment_count - ours
    found = reading.session.execute(
        select(more).where(
            posts.c.channel_id == channel_id,
            posts.c.created_at >= published_since,
            posts.c.comment_count.is_not(None),
        )
    ).scalars()
    return sum(max(0, int(number)) for number in found)
