"""LinkedIn's rows in our words. Its identifiers are URNs or numbers, and are taken as they come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.contract import Author, Comment, NativeId, Post
from connectors.errors import UnexpectedReply
from connectors.threads import ListedPost

__all__ = ["comment_urn", "news_of", "read_comment", "read_post", "reply_count"]

_LATEST_MS = 4_102_444_800_000
"""The year 2100: no later millisecond is meant."""


def read_post(row: Mapping[str, Any], *, news: Mapping[str, int]) -> ListedPost:
    """Translate a row of ``posts``.

    Args:
        row: As the platform sent it.
        news: Post -> the second of the latest notification about it.

    Raises:
        UnexpectedReply: It has no identifier or no readable date.
    """
    native_id = _identifier(row, "post")
    created = _moment(row.get("publishedAt") or row.get("createdAt"), "post")
    return ListedPost(
        Post(
            native_id=native_id,
            text=str(row.get("commentary") or ""),
            created_at=created,
            permalink=f"https://www.linkedin.com/feed/update/{native_id}",
        ),
        updated=max(int(created.timestamp()), news.get(native_id, 0)),
    )


def read_comment(
    row: Mapping[str, Any],
    *,
    post_id: NativeId,
    page_urn: NativeId,
    parents: Mapping[str, str],
) -> Comment:
    """Translate a comment.

    Args:
        row: As the platform sent it.
        post_id: The post that it stands under.
        page_urn: Whose own comments are marked ``from_channel``.
        parents: A comment's URN -> its identifier, for those seen so far.

    Raises:
        UnexpectedReply: It has no identifier or no readable date.
    """
    actor = str(row.get("actor") or "")
    message = row.get("message")
    created = row.get("created")
    parent = str(row.get("parentComment") or "")
    content = row.get("content")
    kinds = [
        str(each.get("type", "unknown")).lower()
        for each in (content if isinstance(content, list) else ())
        if isinstance(each, dict)
    ]
    return Comment(
        native_id=_identifier(row, "comment"),
        post_id=post_id,
        parent_id=NativeId(parents.get(parent, parent)) if parent else None,
        # The platform tells no names to programs.
        author=Author(NativeId(actor), None) if actor else None,
        text=str(message.get("text") or "") if isinstance(message, dict) else "",
        created_at=_moment(created.get("time") if isinstance(created, dict) else None, "comment"),
        permalink=f"https://www.linkedin.com/feed/update/{post_id}",
        attachments=tuple(dict.fromkeys(kinds)),
        from_channel=actor == page_urn,
    )


def comment_urn(row: Mapping[str, Any]) -> str:
    """A comment's URN, under its newer or its older name; "" where it has none."""
    return str(row.get("commentUrn") or row.get("$URN") or "")


def reply_count(row: Mapping[str, Any]) -> int:
    """How many replies stand below a comment, as its row says."""
    summary = row.get("commentsSummary")
    total = summary.get("aggregatedTotalComments") if isinstance(summary, dict) else None
    return total if isinstance(total, int) else 0


def news_of(rows: list[Mapping[str, Any]]) -> dict[str, int]:
    """Post -> the second of the latest notification about it."""
    news: dict[str, int] = {}
    for row in rows:
        post, told = row.get("sourcePost"), row.get("lastModifiedAt")
        if isinstance(post, str) and isinstance(told, int) and 0 < told < _LATEST_MS:
            news[post] = max(news.get(post, 0), told // 1000)
    return news


def _identifier(row: Mapping[str, Any], kind: str) -> NativeId:
    if not row.get("id"):
        raise _unreadable(kind, "id")
    return NativeId(str(row["id"]))


def _moment(told: object, kind: str) -> datetime:
    if not isinstance(told, int) or not 0 < told < _LATEST_MS:
        raise _unreadable(kind, "time")
    return datetime.fromtimestamp(told / 1000, UTC)


def _unreadable(kind: str, field: str) -> UnexpectedReply:
    return UnexpectedReply(
        f"LinkedIn sent a {kind} whose {field} cannot be read; look whether its API has changed.",
        details={"field": field},
    )
