"""Comments as residents wrote them, wording by wording.

Serves T1 of DESIGN.md 5 (``store_pull``). What a comment said before an edit is kept; the hash of
its words decides what is an edit.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from connectors.contract import ChannelId, Comment, NativeId, Post
from monitor.store import tables
from monitor.store.engine import Reading, Transaction
from monitor.store.statements import AnyRow, insert_new
from monitor.store.unread import WITH_CONTEXT, ToAssess, lease_unassessed, push_back

__all__ = [
    "CommentUnknown",
    "Ingested",
    "StoredComment",
    "ToAssess",
    "lease_unassessed",
    "load",
    "mark_gone",
    "mark_hidden",
    "push_back",
    "store_pull",
]

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Ingested:
    """How many comments a batch held, and how many of them were new or edited.

    Attributes:
        reworded: The comments that were edited, by their number in the store.
        unhidden: Those that were hidden and that the platform now shows as public.
    """

    new: int
    edited: int
    seen: int
    reworded: tuple[int, ...] = ()
    unhidden: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredComment:
    """A comment in its newest wording.

    Attributes:
        seen_at: When the comment was first seen, in whatever wording.
        hidden: What the platform said last; None where it does not say.
        gone_at: When we learned that it is no longer there.
        version: The wording's number, from 1; ``version_id`` is its row.
    """

    comment_id: int
    channel_id: ChannelId
    native_id: NativeId
    post_id: NativeId
    parent_id: NativeId | None
    author_id: NativeId | None
    author_name: str | None
    text: str
    posted_at: datetime
    seen_at: datetime
    permalink: str | None
    hidden: bool | None
    gone_at: datetime | None
    version: int
    version_id: int
    attachments: tuple[str, ...]
    post_text: str
    parent_text: str | None
    from_channel: bool = False


class CommentUnknown(LookupError):  # noqa: N818 - it says what the comment is
    """There is no comment of that number."""

    def __init__(self, comment_id: int) -> None:
        super().__init__(f"There is no comment {comment_id} in the store.")


def store_pull(
    tx: Transaction,
    channel_id: ChannelId,
    posts: Sequence[Post],
    comments: Sequence[Comment],
    *,
    now: datetime,
) -> Ingested:
    """Store one batch: new comments, new wordings of known ones, and what the platform says.

    A comment that is seen again is no longer gone. The council's own replies are stored and
    never assessed. The same batch stored twice changes nothing.
    """
    # Two pulls of one channel take turns here, so that neither trips over the other's rows.
    tx.session.execute(
        select(tables.channels.c.id).where(tables.channels.c.id == channel_id).with_for_update()
    ).all()
    _store_posts(tx, channel_id, posts)
    latest = {comment.native_id: comment for comment in comments}
    known = _known(tx, channel_id, list(latest))
    fresh = [comment for native_id, comment in latest.items() if native_id not in known]
    _insert(tx, channel_id, fresh, now)
    reworded = tuple(
        known[native_id].id
        for native_id, comment in latest.items()
        if native_id in known and _see_again(tx, known[native_id], comment, now)
    )
    unhidden = tuple(
        known[native_id].id
        for native_id, comment in latest.items()
        if native_id in known and known[native_id].hidden and comment.hidden is False
    )
    return Ingested(
        new=len(fresh),
        edited=len(reworded),
        seen=len(latest),
        reworded=reworded,
        unhidden=unhidden,
    )


def mark_gone(tx: Transaction, comment_id: int, *, now: datetime) -> None:
    """Note that a comment is no longer at the platform; the first such note stands."""
    tx.session.execute(
        update(tables.comments)
        .where(tables.comments.c.id == comment_id, tables.comments.c.gone_at.is_(None))
        .values(gone_at=now)
    )


def mark_hidden(tx: Transaction, comment_id: int, *, hidden: bool, now: datetime) -> None:  # noqa: ARG001 - the moment is in the audit row beside it
    """Note what the platform says of a comment now."""
    tx.session.execute(
        update(tables.comments).where(tables.comments.c.id == comment_id).values(hidden=hidden)
    )


def load(held: Transaction | Reading, comment_id: int) -> StoredComment:
    """One comment in its newest wording.

    Raises:
        CommentUnknown: There is none of that number.
    """
    row = held.session.execute(
        WITH_CONTEXT.where(
            tables.comments.c.id == comment_id,
            tables.versions.c.number == tables.comments.c.version,
        )
    ).one_or_none()
    if row is None:
        raise CommentUnknown(comment_id)
    return StoredComment(
        comment_id=row.comment_id,
        channel_id=ChannelId(row.channel_id),
        native_id=NativeId(row.native_id),
        post_id=NativeId(row.post_id),
        parent_id=row.parent_id,
        author_id=row.author_id,
        author_name=row.author_name,
        text=row.text,
        posted_at=row.posted_at,
        seen_at=row.first_seen_at,
        permalink=row.permalink,
        hidden=row.hidden,
        gone_at=row.gone_at,
        version=row.number,
        version_id=row.version_id,
        attachments=tuple(row.attachments),
        post_text=row.post_text or "",
        parent_text=row.parent_text,
        from_channel=row.from_channel,
    )


def _store_posts(tx: Transaction, channel_id: ChannelId, seen: Sequence[Post]) -> None:
    latest = {post.native_id: post for post in seen}
    rows = [
        {
            "channel_id": channel_id,
            "native_id": post.native_id,
            "text": post.text,
            "created_at": post.created_at,
            "permalink": post.permalink,
            "comment_count": post.comment_count,
        }
        for post in latest.values()
    ]
    fresh = {
        row.native_id
        for row in insert_new(tx.session, tables.posts, rows, returning=[tables.posts.c.native_id])
    }
    for row in rows:
        if row["native_id"] not in fresh:
            tx.session.execute(
                update(tables.posts)
                .where(
                    tables.posts.c.channel_id == channel_id,
                    tables.posts.c.native_id == row["native_id"],
                )
                .values(
                    text=row["text"],
                    permalink=row["permalink"],
                    comment_count=row["comment_count"],
                )
            )


def _known(
    tx: Transaction, channel_id: ChannelId, native_ids: Sequence[NativeId]
) -> dict[NativeId, AnyRow]:
    known: dict[NativeId, AnyRow] = {}
    for start in range(0, len(native_ids), _AT_ONCE):
        asked = native_ids[start : start + _AT_ONCE]
        found = tx.session.execute(
            select(
                tables.comments.c.id,
                tables.comments.c.native_id,
                tables.comments.c.version,
                tables.comments.c.text_hash,
                tables.comments.c.hidden,
                tables.comments.c.gone_at,
                tables.comments.c.from_channel,
            ).where(
                tables.comments.c.channel_id == channel_id, tables.comments.c.native_id.in_(asked)
            )
        )
        known.update({NativeId(row.native_id): row for row in found})
    return known


def _insert(
    tx: Transaction, channel_id: ChannelId, fresh: Sequence[Comment], now: datetime
) -> None:
    rows = [
        {
            "channel_id": channel_id,
            "native_id": comment.native_id,
            "post_id": comment.post_id,
            "parent_id": comment.parent_id,
            "author_id": comment.author.native_id if comment.author else None,
            "author_name": comment.author.name if comment.author else None,
            "posted_at": comment.created_at,
            "seen_at": now,
            "permalink": comment.permalink,
            "hidden": comment.hidden,
            "gone_at": None,
            "from_channel": comment.from_channel,
            "version": 1,
            "text_hash": _text_hash(comment),
        }
        for comment in sorted(fresh, key=lambda comment: comment.created_at)
    ]
    stored = insert_new(
        tx.session,
        tables.comments,
        rows,
        returning=[tables.comments.c.id, tables.comments.c.native_id],
    )
    by_native_id = {comment.native_id: comment for comment in fresh}
    worded = [
        _wording(row.id, 1, by_native_id[row.native_id], now=now)
        for row in sorted(stored, key=lambda row: row.id)
    ]
    if worded:
        tx.session.execute(insert(tables.versions), worded)


def _see_again(tx: Transaction, known: AnyRow, comment: Comment, now: datetime) -> bool:
    values: dict[str, Any] = {}
    if known.gone_at is not None:
        values["gone_at"] = None
    if comment.hidden is not None and comment.hidden != known.hidden:
        values["hidden"] = comment.hidden
    text_hash = _text_hash(comment)
    edited = bool(text_hash != known.text_hash)
    if edited:
        number = known.version + 1
        values |= {"version": number, "text_hash": text_hash}
        tx.session.execute(
            update(tables.versions)
            .where(tables.versions.c.comment_id == known.id)
            .values(to_assess=False)
        )
        tx.session.execute(insert(tables.versions), [_wording(known.id, number, comment, now=now)])
    if values:
        tx.session.execute(
            update(tables.comments).where(tables.comments.c.id == known.id).values(**values)
        )
    return edited


def _wording(comment_id: int, number: int, comment: Comment, *, now: datetime) -> dict[str, Any]:
    return {
        "comment_id": comment_id,
        "number": number,
        "text": comment.text,
        "attachments": list(comment.attachments),
        "seen_at": now,
        "to_assess": not comment.from_channel,
        "not_before": None,
        "lease": None,
        "leased_until": None,
        "attempts": 0,
    }


def _text_hash(comment: Comment) -> str:
    content = json.dumps([comment.text, list(comment.attachments)])
    return hashlib.sha256(content.encode("ascii")).hexdigest()
