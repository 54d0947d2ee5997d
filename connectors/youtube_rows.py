"""YouTube's rows in our words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.contract import Author, Channel, Comment, NativeId, Post
from connectors.errors import UnexpectedReply
from connectors.threads import ListedPost

__all__ = ["HELD", "moment_of", "read_comment", "read_video", "snippet_of"]

HELD = frozenset({"heldForReview", "likelySpam", "rejected"})
"""The states in which the public does not see a comment."""

_MOST = 2**31 - 1


def read_video(row: Mapping[str, Any], *, count: str | None, newest: int) -> ListedPost:
    """Translate a row of ``playlistItems``.

    Args:
        row: As the platform sent it.
        count: The video's count of comments, replies included; None where it states none.
        newest: The second of its newest comment as far as the channel's own lists show it.

    Raises:
        UnexpectedReply: It has no identifier or no readable date.
    """
    details = row.get("contentDetails")
    details = details if isinstance(details, dict) else {}
    video_id = details.get("videoId")
    if not video_id:
        raise unreadable("video", "videoId")
    published = moment_of(details.get("videoPublishedAt"), "video")
    number = int(count) if count is not None and count.isdigit() else 0
    return ListedPost(
        Post(
            native_id=NativeId(str(video_id)),
            text=str(snippet_of(row).get("title") or ""),
            created_at=published,
            permalink=f"https://www.youtube.com/watch?v={video_id}",
            # It leaves out what is held for review, so that nought promises nothing.
            comment_count=min(number, _MOST) or None,
        ),
        updated=max(int(published.timestamp()), newest),
    )


def read_comment(
    row: Mapping[str, Any],
    *,
    video_id: NativeId,
    channel: Channel,
    hidden: bool | None,
) -> Comment:
    """Translate a comment, at whatever level it stands.

    Args:
        row: As the platform sent it.
        video_id: The video that it stands under.
        channel: Whose own comments are marked ``from_channel``.
        hidden: What the list that it came in says, where the row itself does not.

    Raises:
        UnexpectedReply: It has no identifier or no readable date.
    """
    native_id = row.get("id")
    if not native_id:
        raise unreadable("comment", "id")
    snippet = snippet_of(row)
    told = snippet.get("authorChannelId")
    author_id = told.get("value") if isinstance(told, dict) else None
    name = snippet.get("authorDisplayName") or None
    parent_id = snippet.get("parentId")
    status = snippet.get("moderationStatus")
    text = str(snippet.get("textDisplay") or "")
    return Comment(
        native_id=NativeId(str(native_id)),
        post_id=video_id,
        parent_id=NativeId(str(parent_id)) if parent_id else None,
        author=Author(NativeId(str(author_id)), str(name) if name else None) if author_id else None,
        text=text,
        created_at=moment_of(snippet.get("publishedAt"), "comment"),
        permalink=f"https://www.youtube.com/watch?v={video_id}&lc={native_id}",
        hidden=status in HELD if isinstance(status, str) else hidden,
        attachments=("image",) if snippet.get("imageUrl") or not text else (),
        from_channel=author_id == channel.native_id,
    )


def snippet_of(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row's snippet; empty where it has none."""
    snippet = row.get("snippet")
    return snippet if isinstance(snippet, dict) else {}


def moment_of(told: object, kind: str) -> datetime:
    """A date as YouTube writes it, aware UTC.

    Raises:
        UnexpectedReply: It cannot be read.
    """
    try:
        moment = datetime.fromisoformat(str(told))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise unreadable(kind, "date") from None


def unreadable(kind: str, field: str) -> UnexpectedReply:
    """A row that lacks what nothing can be done without."""
    return UnexpectedReply(
        f"YouTube sent a {kind} whose {field} cannot be read; look whether its API has changed.",
        details={"field": field},
    )
