"""Instagram's rows in our words: which fields are asked for, and what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.contract import Author, Channel, Comment, NativeId, Post
from connectors.errors import UnexpectedReply
from connectors.threads import ListedPost

__all__ = ["COMMENT_FIELDS", "MEDIA_FIELDS", "read_comments", "read_media"]

_REPLY = "id,text,timestamp,username,from{id,username},hidden,parent_id"
COMMENT_FIELDS = (
    f"{_REPLY},replies{{{_REPLY}}}",
    "id,text,timestamp,username,hidden,parent_id,replies{id,text,timestamp,username,hidden}",
    "id,text,timestamp,replies{id,text,timestamp}",
)
"""What is asked of comments, from the fullest to the barest, as far as the platform grants it."""

MEDIA_FIELDS = (
    "id,caption,timestamp,permalink,comments_count,media_type",
    "id,caption,timestamp",
)
"""What is asked of media; only the first set brings the count of comments."""

_MOST = 2**31 - 1
_LATEST = 9999


def read_media(row: Mapping[str, Any]) -> ListedPost:
    """Translate a row of ``media``.

    Raises:
        UnexpectedReply: It has no identifier or no readable date.
    """
    count = row.get("comments_count")
    permalink = row.get("permalink")
    return ListedPost(
        Post(
            native_id=_identifier(row, "post"),
            text=str(row.get("caption") or ""),
            created_at=_moment(row, "post"),
            permalink=permalink if isinstance(permalink, str) else None,
            comment_count=count if isinstance(count, int) and 0 <= count <= _MOST else None,
        )
    )


def read_comments(
    rows: Sequence[Mapping[str, Any]],
    *,
    post_id: NativeId,
    account: Channel,
    permalink: str | None,
    parent_id: str | None = None,
) -> tuple[Comment, ...]:
    """Translate comments, each followed by the replies that its row brings along.

    Args:
        rows: As the platform sent them.
        post_id: The media that they stand under.
        account: Whose own replies are marked ``from_channel``.
        permalink: The media's; a comment has no address of its own here.
        parent_id: What the rows answer, where they were asked for as its replies.

    Raises:
        UnexpectedReply: One has no identifier or no readable date.
    """
    return tuple(
        _comment(row, post_id=post_id, account=account, permalink=permalink, parent_id=parent)
        for each in rows
        for row, parent in _with_replies(each, parent_id)
    )


def _with_replies(
    row: Mapping[str, Any], parent_id: str | None
) -> Iterator[tuple[Mapping[str, Any], str | None]]:
    yield row, str(row["parent_id"]) if row.get("parent_id") else parent_id
    replies = row.get("replies")
    listed = replies.get("data") if isinstance(replies, dict) else None
    for reply in listed if isinstance(listed, list) else ():
        if isinstance(reply, dict):
            yield reply, str(reply.get("parent_id") or row.get("id"))


def _comment(
    row: Mapping[str, Any],
    *,
    post_id: NativeId,
    account: Channel,
    permalink: str | None,
    parent_id: str | None,
) -> Comment:
    told = row.get("from")
    author = told if isinstance(told, dict) else {}
    author_id, name = author.get("id"), author.get("username") or row.get("username")
    text = str(row.get("text") or "")
    hidden = row.get("hidden")
    return Comment(
        native_id=_identifier(row, "comment"),
        post_id=post_id,
        parent_id=NativeId(parent_id) if parent_id else None,
        author=Author(NativeId(str(author_id)) if author_id else None, str(name) if name else None)
        if author_id or name
        else None,
        text=text,
        created_at=_moment(row, "comment"),
        permalink=permalink,
        hidden=hidden if isinstance(hidden, bool) else None,
        # The platform does not say what a comment without words shows; it may be a GIF.
        attachments=() if text else ("unknown",),
        from_channel=str(author_id or "") == account.native_id,
    )


def _identifier(row: Mapping[str, Any], kind: str) -> NativeId:
    if not row.get("id"):
        raise _unreadable(kind, "id")
    return NativeId(str(row["id"]))


def _moment(row: Mapping[str, Any], kind: str) -> datetime:
    try:
        moment = datetime.fromisoformat(str(row.get("timestamp")))
    except ValueError:
        raise _unreadable(kind, "timestamp") from None
    if not 1 < moment.year < _LATEST:
        raise _unreadable(kind, "timestamp")
    # A date without an offset is the platform's own time, which is UTC.
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _unreadable(kind: str, field: str) -> UnexpectedReply:
    return UnexpectedReply(
        f"Instagram sent a {kind} whose {field} cannot be read; look whether its API has changed.",
        details={"field": field},
    )
