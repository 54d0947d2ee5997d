"""What a YouTube channel shows for one pull: uploads, news, threads and replies of every state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from connectors.contract import Channel, Comment, NativeId
from connectors.errors import CredentialsRejected
from connectors.threads import CommentsPage, ListedPost, PostsPage
from connectors.youtube_client import YouTubeClient
from connectors.youtube_failures import CommentsOffError
from connectors.youtube_rows import HELD, moment_of, read_comment, read_video, snippet_of

__all__ = ["LARGEST_PAGE", "STATUSES", "ChannelThreads", "threads_of"]

LARGEST_PAGE: Final = 100
"""So many threads or replies come at once at most."""

STATUSES: Final = ("published", "heldForReview", "likelySpam")
"""The states that have lists of their own."""

_VIDEOS_AT_ONCE = 50


class ChannelThreads:
    """Keeps ``connectors.threads.ThreadSource`` for one pull of a channel.

    Args:
        client: Makes the calls.
        limit: How many rows are asked for at once.
    """

    def __init__(self, client: YouTubeClient, limit: int) -> None:
        self._client = client
        self._limit = limit
        self._spent_before = client.spent

    def posts(self, channel: Channel, *, oldest: datetime) -> Iterator[PostsPage]:
        """The uploads, newest first, each with its count and its newest thread."""
        uploads = self._uploads_of(channel)
        newest = self._newest(channel)
        for rows, is_last in self._client.pages(_uploads(uploads)):
            counts = self._counts(rows)
            read = [
                read_video(row, count=counts.get(video_id), newest=newest.get(video_id, 0))
                for row in rows
                for video_id in (_video_id(row),)
            ]
            kept = tuple(found for found in read if found.post.created_at >= oldest)
            # The newest uploads come first, so that one which is too old ends the list.
            ends = is_last or len(kept) < len(read)
            yield PostsPage(kept, ends)
            if ends:
                return

    def comments(
        self, channel: Channel, found: ListedPost, *, since: int
    ) -> Iterator[CommentsPage]:
        """A video's threads in every state, with all their replies."""
        video_id = found.post.native_id
        try:
            for status in STATUSES:
                for rows, is_last in threads_of(self._client, video_id, status, self._limit):
                    is_past = bool(rows) and _published(rows[-1]) < since
                    yield from self._page(channel, video_id, rows, status)
                    if is_last or is_past:
                        break
        except CommentsOffError:
            pass  # nothing stands there, and nothing can
        yield CommentsPage((), is_last=True)

    def is_tight(self) -> bool:
        """Never: the budget is watched by whoever calls."""
        return False

    def problems(self) -> tuple[str, ...]:
        """None that would not be an error."""
        return ()

    def spent(self) -> int:
        """Units of quota."""
        return self._client.spent - self._spent_before

    def _page(
        self, channel: Channel, video_id: NativeId, rows: Sequence[Mapping[str, Any]], status: str
    ) -> Iterator[CommentsPage]:
        hidden = status in HELD
        told: list[Comment] = []
        longer: list[str] = []
        for row in rows:
            top = snippet_of(row).get("topLevelComment")
            top = top if isinstance(top, dict) else {"id": row.get("id")}
            replies = _replies_in(row)
            told += [
                read_comment(each, video_id=video_id, channel=channel, hidden=hidden)
                for each in (top, *replies)
            ]
            if _reply_count(row) > len(replies):
                longer.append(str(row.get("id")))
        yield CommentsPage(tuple(told), is_last=False)
        for parent_id in longer:
            yield from self._replies(channel, video_id, parent_id, hidden=hidden)

    def _replies(
        self, channel: Channel, video_id: NativeId, parent_id: str, *, hidden: bool
    ) -> Iterator[CommentsPage]:
        pages = self._client.pages(
            lambda service, token: service.comments().list(
                parentId=parent_id,
                part="id,snippet",
                maxResults=self._limit,
                textFormat="plainText",
                pageToken=token,
            )
        )
        for rows, _ in pages:
            read = [
                read_comment(row, video_id=video_id, channel=channel, hidden=hidden) for row in rows
            ]
            yield CommentsPage(tuple(read), is_last=False)

    def _uploads_of(self, channel: Channel) -> str:
        told = self._client.read(
            lambda service: service.channels().list(id=channel.native_id, part="contentDetails")
        )
        for row in told.get("items", []):
            details = row.get("contentDetails") if isinstance(row, dict) else None
            lists = details.get("relatedPlaylists") if isinstance(details, dict) else None
            if isinstance(lists, dict) and lists.get("uploads"):
                return str(lists["uploads"])
        raise CredentialsRejected(
            f"YouTube shows no channel of this identifier for {channel.name}; look at native_id.",
            scope="native_id",
        )

    def _counts(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        ids = [_video_id(row) for row in rows if _video_id(row)]
        if not ids:
            return {}
        told = self._client.read(
            lambda service: service.videos().list(
                id=",".join(ids), part="id,statistics", maxResults=_VIDEOS_AT_ONCE
            )
        )
        return {
            str(row.get("id")): str((row.get("statistics") or {}).get("commentCount", ""))
            for row in told.get("items", [])
            if isinstance(row, dict)
        }

    def _newest(self, channel: Channel) -> dict[str, int]:
        """Video -> the second of its newest thread, among the channel's newest of each state."""
        newest: dict[str, int] = {}
        for status in STATUSES:
            told = self._client.read(_newest_of(channel.native_id, status))
            for row in told.get("items", []):
                video_id = str(snippet_of(row).get("videoId") or "")
                newest[video_id] = max(newest.get(video_id, 0), _published(row))
        return newest


def threads_of(
    client: YouTubeClient, video_id: str, status: str, limit: int
) -> Iterator[tuple[list[Any], bool]]:
    """A video's threads of one state, newest first, page by page."""
    return client.pages(
        lambda service, token: service.commentThreads().list(
            videoId=video_id,
            part="id,snippet,replies",
            order="time",
            maxResults=limit,
            textFormat="plainText",
            moderationStatus=status,
            pageToken=token,
        )
    )


def _newest_of(channel_id: str, status: str) -> Callable[[Any], Any]:
    return lambda service: service.commentThreads().list(
        allThreadsRelatedToChannelId=channel_id,
        part="id,snippet",
        order="time",
        maxResults=LARGEST_PAGE,
        moderationStatus=status,
    )


def _uploads(playlist_id: str) -> Callable[[Any, str | None], Any]:
    return lambda service, token: service.playlistItems().list(
        playlistId=playlist_id,
        part="snippet,contentDetails",
        maxResults=_VIDEOS_AT_ONCE,
        pageToken=token,
    )


def _video_id(row: Mapping[str, Any]) -> str:
    details = row.get("contentDetails")
    return str(details.get("videoId") or "") if isinstance(details, dict) else ""


def _replies_in(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    replies = row.get("replies")
    listed = replies.get("comments") if isinstance(replies, dict) else None
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _reply_count(row: Mapping[str, Any]) -> int:
    count = snippet_of(row).get("totalReplyCount")
    return count if isinstance(count, int) else 0


def _published(row: Mapping[str, Any]) -> int:
    top = snippet_of(row).get("topLevelComment")
    told = snippet_of(top).get("publishedAt") if isinstance(top, dict) else None
    return int(moment_of(told, "comment").timestamp())
