"""Facebook's rows in our words: which fields are asked for, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.contract import Author, Comment, NativeId, Post
from connectors.errors import UnexpectedReply
from connectors.threads import ListedPost

__all__ = ["COMMENT_FIELDS", "POST_FIELDS", "read_comment", "read_post"]

COMMENT_FIELDS = (
    "id,message,created_time,from{id,name},parent{id},permalink_url,is_hidden,attachment",
    "id,message,created_time,parent{id},is_hidden,attachment",
    "id,message,created_time",
)
"""What is asked of comments: the platform refuses a whole call for one field that it does not
grant, so each set is tried when the one before was refused."""

POST_FIELDS = (
    (
        "id,message,story,created_time,updated_time,permalink_url,"
        "comments.filter(stream).limit(0).summary(true)"
    ),
    "id,message,created_time,updated_time,permalink_url",
    "id,message,created_time",
)
"""What is asked of posts; only the first set brings the count of comments."""


_EARLIEST, _LATEST = 1969, 9999
"""Years beyond which a date cannot be worked with in every time zone, nor be meant."""


_MOST = 2**31 - 1
"""The largest count that every database takes; no thread is so long."""


def read_post(row: Mapping[str, Any]) -> ListedPost:
    """Translate a row of ``published_posts``.

    Raises:
        UnexpectedReply: It has no identifier or no readable date.
    """
    summary = _inner(_inner(row, "comments"), "summary")
    total = summary.get("total_count")
    updated = row.get("updated_time")
    return ListedPost(
        post=Post(
            native_id=_identifier(row, "post"),
            text=str(row.get("message") or row.get("story") or ""),
            created_at=_moment(row.get("created_time"), "post"),
            permalink=_address(row.get("permalink_url")),
            comment_count=total if isinstance(total, int) and 0 <= total <= _MOST else None,
        ),
        updated=int(_moment(updated, "post").timestamp()) if updated else 0,
    )


def read_comment(row: Mapping[str, Any], *, post_id: NativeId, page_id: NativeId) -> Comment:
    """Translate a comment.

    Args:
        row: As the platform sent it.
        post_id: The post it stands under; the row does not say.
        page_id: Whose own replies are marked ``from_channel``.

    Raises:
        UnexpectedReply: It has no identifier or no readable date.
    """
    author = _inner(row, "from")
    parent = _inner(row, "parent").get("id")
    kind = _inner(row, "attachment").get("type")
    hidden = row.get("is_hidden")
    return Comment(
        native_id=_identifier(row, "comment"),
        post_id=post_id,
        parent_id=NativeId(str(parent)) if parent else None,
        author=_author(author),
        text=str(row.get("message") or ""),
        created_at=_moment(row.get("created_time"), "comment"),
        permalink=_address(row.get("permalink_url")),
        hidden=hidden if isinstance(hidden, bool) else None,
        attachments=(str(kind),) if kind else (),
        from_channel=str(author.get("id", "")) == page_id,
    )


def _address(told: object) -> str | None:
    return told if isinstance(told, str) else None


def _author(told: Mapping[str, Any]) -> Author | None:
    native_id, name = told.get("id"), told.get("name")
    if not native_id and not name:
        return None
    return Author(
        NativeId(str(native_id)) if native_id else None, str(name) if name is not None else None
    )


def _inner(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = row.get(name)
    return value if isinstance(value, dict) else {}


def _identifier(row: Mapping[str, Any], kind: str) -> NativeId:
    if not row.get("id"):
        raise _unreadable(kind, "id")
    return NativeId(str(row["id"]))


def _moment(told: object, kind: str) -> datetime:
    try:
        moment = datetime.fromisoformat(str(told))
    except ValueError:
        raise _unreadable(kind, "created_time") from None
    if not _EARLIEST < moment.year < _LATEST:
        raise _unreadable(kind, "created_time")
    # A date without an offset is the platform's own time, which is UTC.
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _unreadable(kind: str, field: str) -> UnexpectedReply:
    return UnexpectedReply(
        f"Facebook sent a {kind} whose {field} cannot be read; look whether its API has changed.",
        details={"field": field},
    )
