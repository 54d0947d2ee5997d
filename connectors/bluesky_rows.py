"""Bluesky's posts and threads in our words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.contract import Author, Comment, NativeId, Post
from connectors.errors import UnexpectedReply

__all__ = ["Node", "moment_of", "nodes_of", "permalink_of", "read_comment", "read_post", "root_of"]

Node = tuple[Mapping[str, Any], int]
"""A post of a thread, and how many levels below the thread's beginning it stands."""

_AHEAD = timedelta(minutes=5)
_BEHIND = timedelta(days=30)


def read_post(view: Mapping[str, Any]) -> Post:
    """Translate one of the account's own posts.

    Raises:
        UnexpectedReply: It has no identifier or no readable date.
    """
    uri, count = _uri(view), view.get("replyCount")
    return Post(
        native_id=uri,
        text=str(_record(view).get("text") or ""),
        created_at=moment_of(view),
        permalink=permalink_of(uri),
        # Answers to answers are not counted, so that nought promises nothing.
        comment_count=count or None if isinstance(count, int) else None,
    )


def read_comment(
    view: Mapping[str, Any], *, post_id: NativeId, account_id: NativeId, hidden: bool
) -> Comment:
    """Translate a reply.

    Raises:
        UnexpectedReply: It has no identifier or no readable date.
    """
    uri, record = _uri(view), _record(view)
    author = view.get("author")
    author = author if isinstance(author, dict) else {}
    did = str(author.get("did") or "")
    reply = record.get("reply")
    parent = reply.get("parent") if isinstance(reply, dict) else None
    answered = str(parent.get("uri") or "") if isinstance(parent, dict) else ""
    embed = record.get("embed")
    kind = str(embed.get("$type") or "") if isinstance(embed, dict) else ""
    return Comment(
        native_id=uri,
        post_id=post_id,
        parent_id=NativeId(answered) if answered and answered != post_id else None,
        author=Author(NativeId(did), str(author.get("handle") or "") or None) if did else None,
        text=str(record.get("text") or ""),
        created_at=moment_of(view),
        permalink=permalink_of(uri),
        hidden=hidden,
        attachments=(kind.rpartition(".")[2],) if kind else (),
        from_channel=did == account_id,
    )


def nodes_of(thread: object, *, depth: int = 0) -> Iterator[Node]:
    """Every post of a thread, its beginning first; what is deleted or blocked is left out."""
    waiting: list[tuple[object, int]] = [(thread, depth)]
    while waiting:
        node, level = waiting.pop()
        if not isinstance(node, dict) or not isinstance(node.get("post"), dict):
            continue
        yield node["post"], level
        replies = node.get("replies")
        if isinstance(replies, list):
            waiting += [(each, level + 1) for each in replies]


def root_of(record: object) -> str:
    """The post that a reply's conversation began with; "" where it is no reply."""
    reply = record.get("reply") if isinstance(record, dict) else None
    root = reply.get("root") if isinstance(reply, dict) else None
    return str(root.get("uri") or "") if isinstance(root, dict) else ""


def moment_of(view: Mapping[str, Any]) -> datetime:
    """When a post was written, aware UTC: as its author says where the network bears it out.

    Raises:
        UnexpectedReply: Neither date can be read.
    """
    claimed, indexed = _moment(_record(view).get("createdAt")), _moment(view.get("indexedAt"))
    if indexed is None and claimed is None:
        raise UnexpectedReply(
            "Bluesky sent a post without a readable date; look whether its API has changed.",
            details={"field": "indexedAt"},
        )
    if indexed is None or (
        claimed is not None and indexed - _BEHIND <= claimed <= indexed + _AHEAD
    ):
        return claimed or indexed or datetime.fromtimestamp(0, UTC)
    return indexed


def permalink_of(uri: str) -> str:
    """Where people look at a post."""
    parts = uri.removeprefix("at://").split("/")
    return f"https://bsky.app/profile/{parts[0]}/post/{parts[-1]}"


def _record(view: Mapping[str, Any]) -> Mapping[str, Any]:
    record = view.get("record")
    return record if isinstance(record, dict) else {}


def _uri(view: Mapping[str, Any]) -> NativeId:
    uri = view.get("uri")
    if not isinstance(uri, str) or not uri.startswith("at://"):
        raise UnexpectedReply(
            "Bluesky sent a post without an identifier; look whether its API has changed.",
            details={"field": "uri"},
        )
    return NativeId(uri)


def _moment(told: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(told))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
