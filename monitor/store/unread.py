"""Wordings that nobody has read yet, each handed to one reader at a time.

Serves T2 of DESIGN.md 5: the lease keeps double scoring rare, and the context that a reader needs
comes with the text. Callers find these names in ``monitor.store.comments``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select, update

from connectors.contract import ChannelId, NativeId
from monitor.store.engine import Transaction
from monitor.store.statements import AnyRow
from monitor.store.tables import channels, comments, posts, versions

__all__ = ["WITH_CONTEXT", "ToAssess", "lease_unassessed", "push_back"]


_parent = comments.alias("parent")
_parent_version = versions.alias("parent_version")
WITH_CONTEXT = (
    select(
        versions.c.id.label("version_id"),
        versions.c.number,
        versions.c.text,
        versions.c.attachments,
        versions.c.seen_at,
        versions.c.attempts,
        comments.c.id.label("comment_id"),
        comments.c.channel_id,
        comments.c.native_id,
        comments.c.post_id,
        comments.c.parent_id,
        comments.c.author_id,
        comments.c.author_name,
        comments.c.posted_at,
        comments.c.seen_at.label("first_seen_at"),
        comments.c.permalink,
        comments.c.hidden,
        comments.c.gone_at,
        comments.c.from_channel,
        channels.c.service,
        posts.c.text.label("post_text"),
        _parent_version.c.text.label("parent_text"),
        _parent.c.gone_at.label("parent_gone_at"),
        _parent.c.from_channel.label("parent_from_channel"),
    )
    .select_from(versions)
    .join(comments, comments.c.id == versions.c.comment_id)
    .join(channels, channels.c.id == comments.c.channel_id)
    .outerjoin(
        posts,
        and_(posts.c.channel_id == comments.c.channel_id, posts.c.native_id == comments.c.post_id),
    )
    .outerjoin(
        _parent,
        and_(
            _parent.c.channel_id == comments.c.channel_id,
            _parent.c.native_id == comments.c.parent_id,
        ),
    )
    .outerjoin(
        _parent_version,
        and_(
            _parent_version.c.comment_id == _parent.c.id,
            _parent_version.c.number == _parent.c.version,
        ),
    )
)


@dataclass(frozen=True, slots=True)
class ToAssess:
    """The newest wording of a comment that nobody has read yet.

    Attributes:
        post_text: What the council wrote above it, as last seen, or "" where the post is not known.
        parent_text: The newest wording of the resident's comment that it answers; "" where it
            answers none that is known, one that is gone, or the council itself.
        seen_at: When this wording was first seen; aware UTC, as ``posted_at``.
        attempts: Readings begun, this one included: many mean that the text is poison.
    """

    version_id: int
    comment_id: int
    channel_id: ChannelId
    service: str
    text: str
    attachments: tuple[str, ...]
    post_text: str
    parent_text: str
    posted_at: datetime
    seen_at: datetime
    author_id: NativeId | None
    attempts: int = 1


def lease_unassessed(
    tx: Transaction,
    *,
    now: datetime,
    lease_for: timedelta,
    limit: int,
    new_lease: Callable[[], str],
) -> list[ToAssess]:
    """Take the newest wordings that nobody has read, oldest first, until the lease lapses."""
    due = (
        select(versions.c.id)
        .where(
            versions.c.to_assess,
            or_(versions.c.not_before.is_(None), versions.c.not_before <= now),
            or_(versions.c.leased_until.is_(None), versions.c.leased_until <= now),
        )
        .order_by(versions.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = list(tx.session.execute(due).scalars())
    if not taken:
        return []
    tx.session.execute(
        update(versions)
        .where(versions.c.id.in_(taken))
        .values(lease=new_lease(), leased_until=now + lease_for, attempts=versions.c.attempts + 1)
    )
    found = tx.session.execute(WITH_CONTEXT.where(versions.c.id.in_(taken)).order_by(versions.c.id))
    return [_to_assess(row) for row in found]


def push_back(tx: Transaction, version_ids: Iterable[int], *, until: datetime) -> None:
    """Give wordings back unread, not to be tried before a moment."""
    tx.session.execute(
        update(versions)
        .where(versions.c.id.in_(list(version_ids)))
        .values(not_before=until, lease=None, leased_until=None)
    )


def _to_assess(row: AnyRow) -> ToAssess:
    return ToAssess(
        version_id=row.version_id,
        comment_id=row.comment_id,
        channel_id=ChannelId(row.channel_id),
        service=row.service,
        text=row.text,
        attachments=tuple(row.attachments),
        post_text=row.post_text or "",
        parent_text=_answered(row),
        posted_at=row.posted_at,
        seen_at=row.seen_at,
        author_id=row.author_id,
        attempts=row.attempts,
    )


def _answered(row: AnyRow) -> str:
    # What is gone says nothing to a reader any more, and the council's own reply is no resident:
    # words that answer either bear on whom they would bear on under the post.
    if row.parent_gone_at is not None or row.parent_from_channel:
        return ""
    return row.parent_text or ""
