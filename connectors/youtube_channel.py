"""A YouTube channel: the comments and replies under its videos, and holding them for review.

How it reads is said in ``connectors.threads``. The list of uploads and each video's count of
comments cost two units of quota for fifty videos; the channel's own newest comments, published
and held, tell which video has news that the count leaves out. Threads come newest first, and a
row brings only some of its replies, so the rest is asked for.

Hiding is "held for review" and restoring is "published". Rejecting is for ever, so it stands
under ``delete`` alone.

Options: those of ``connectors.threads``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.contract import (
    Ability,
    Capabilities,
    Channel,
    Comment,
    CommentRef,
    ConnectorSettings,
    Cursor,
    Health,
    NativeId,
    Outcome,
    Pull,
    Readiness,
)
from connectors.errors import (
    CommentGone,
    ConnectorError,
    CredentialsRejected,
    NotPermitted,
    UnexpectedReply,
)
from connectors.threads import CommentsPage, ListedPost, PostsPage, follow_threads
from connectors.youtube_client import WRITE_UNITS, YouTubeClient
from connectors.youtube_failures import CommentsOffError
from connectors.youtube_rows import HELD, moment_of, read_comment, read_video, snippet_of

__all__ = ["YouTubeChannel", "connect"]

_LARGEST_PAGE = 100
_VIDEOS_AT_ONCE = 50
_STATUSES = ("published", "heldForReview", "likelySpam")
_COSTS = f"{WRITE_UNITS} units of quota"
_CAPABILITIES = Capabilities(
    hide=Ability(reversible=True, still_seen_by="its author", cost=_COSTS, units=WRITE_UNITS),
    restore=Ability(reversible=True, cost=_COSTS, units=WRITE_UNITS),
    delete=Ability(reversible=False, cost=_COSTS, units=WRITE_UNITS),
    reply=Ability(reversible=True, cost=_COSTS, units=WRITE_UNITS),
)


def connect(settings: ConnectorSettings) -> YouTubeChannel:
    """Build the connector; makes no call.

    Args:
        settings: With the secrets ``client_id``, ``client_secret`` and ``refresh_token``.
    """
    return YouTubeChannel(settings)


class YouTubeChannel:
    """Keeps ``connectors.contract.Connector`` for YouTube channels.

    Args:
        settings: See ``connect``.
    """

    def __init__(self, settings: ConnectorSettings) -> None:
        self._settings = settings
        self._client = YouTubeClient(settings)

    @property
    def capabilities(self) -> Capabilities:
        """Holding, publishing, rejecting and answering; blocking only comes with rejecting."""
        return _CAPABILITIES

    def pull(self, channel: Channel, since: Cursor | None) -> Iterator[Pull]:
        """Read what is new; see ``connectors.threads`` for how."""
        source = _ChannelThreads(self._client, min(self._settings.page_size, _LARGEST_PAGE))
        yield from follow_threads(source, channel, since, self._settings, mark="yt1:")

    def fetch(self, ref: CommentRef) -> Comment:
        """Read one comment as it stands now; its state is told by the lists that it stands in."""
        row = self._row(ref)
        hidden = self._is_held(ref, snippet_of(row).get("parentId"))
        return read_comment(row, video_id=ref.post_id, channel=ref.channel, hidden=hidden)

    def hide(self, ref: CommentRef) -> Outcome:
        """Hold a comment for review."""
        return self._set(ref, "heldForReview")

    def restore(self, ref: CommentRef) -> Outcome:
        """Publish a comment that is held."""
        return self._set(ref, "published")

    def delete(self, ref: CommentRef) -> Outcome:
        """Reject a comment: it can never be published again."""
        try:
            self._moderate(ref, "rejected")
        except CommentGone:
            return Outcome.GONE
        return Outcome.DONE

    def reply(self, ref: CommentRef, text: str) -> NativeId:
        """Answer a comment as the channel; an answer to a reply joins the thread above it."""
        parent_id = snippet_of(self._row(ref)).get("parentId") or ref.native_id
        body = {"snippet": {"parentId": parent_id, "textOriginal": text}}
        answer = self._client.write(
            lambda service: service.comments().insert(part="snippet", body=body)
        )
        if not isinstance(answer, dict) or not answer.get("id"):
            raise _not_confirmed()
        return NativeId(str(answer["id"]))

    def restrict(self, ref: CommentRef) -> Outcome:
        """Refused: YouTube blocks an author only together with rejecting the comment."""
        raise _by_hand(ref)

    def lift(self, ref: CommentRef) -> Outcome:
        """Refused: YouTube lets no program end a block."""
        raise _by_hand(ref)

    def check(self, channel: Channel) -> Health:
        """Say whether the sign-in is the channel's own, which sees held comments."""
        try:
            told = self._client.read(
                lambda service: service.channels().list(mine=True, part="id", maxResults=50)
            )
        except CredentialsRejected as error:
            hint = error.scope or "connect the channel again"
            return Health(Readiness.CREDENTIALS_REJECTED, error.sentence, hint)
        except ConnectorError as error:
            return Health(Readiness.NOT_READY, error.sentence, "try again later, then ask support")
        if channel.native_id not in [str(row.get("id")) for row in told.get("items", [])]:
            return Health(
                Readiness.NOT_PERMITTED,
                f"The sign-in does not own {channel.name}.",
                "connect it while signed in as the channel's own account",
            )
        return Health(Readiness.READY, f"{channel.name} can be read and moderated.")

    def close(self) -> None:
        """Close the connections to the platform; a later call opens new ones."""
        self._client.close()

    def _set(self, ref: CommentRef, status: str) -> Outcome:
        try:
            held = self._is_held(ref, snippet_of(self._row(ref)).get("parentId"))
            if held is (status != "published"):
                return Outcome.ALREADY
            self._moderate(ref, status)
        except CommentGone:
            return Outcome.GONE
        return Outcome.DONE

    def _moderate(self, ref: CommentRef, status: str) -> None:
        answer = self._client.write(
            lambda service: service.comments().setModerationStatus(
                id=ref.native_id, moderationStatus=status
            )
        )
        if answer:  # done is an answer without a word
            raise _not_confirmed()

    def _row(self, ref: CommentRef) -> Mapping[str, Any]:
        told = self._client.read(
            lambda service: service.comments().list(
                id=ref.native_id, part="id,snippet", textFormat="plainText"
            )
        )
        for row in told.get("items", []):
            if isinstance(row, dict) and str(row.get("id")) == ref.native_id:
                return row
        raise CommentGone("YouTube no longer has this comment.")

    def _is_held(self, ref: CommentRef, parent_id: object) -> bool:
        """Whether the public does not see it: asked by identifier, YouTube does not say."""
        if parent_id:
            replies = self._client.pages(
                lambda service, token: service.comments().list(
                    parentId=str(parent_id),
                    part="id,snippet",
                    maxResults=_LARGEST_PAGE,
                    textFormat="plainText",
                    pageToken=token,
                )
            )
            return any(
                str(row.get("id")) == ref.native_id
                and snippet_of(row).get("moderationStatus") in HELD
                for rows, _ in replies
                for row in rows
            )
        return any(
            str(row.get("id")) == ref.native_id
            for status in _STATUSES[1:]
            for rows, _ in _threads(self._client, ref.post_id, status, _LARGEST_PAGE)
            for row in rows
        )


class _ChannelThreads:
    """Keeps ``connectors.threads.ThreadSource`` for one pull of a channel."""

    def __init__(self, client: YouTubeClient, limit: int) -> None:
        self._client = client
        self._limit = limit
        self._spent_before = client.spent

    def posts(self, channel: Channel, *, oldest: datetime) -> Iterator[PostsPage]:
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
        video_id = found.post.native_id
        try:
            for status in _STATUSES:
                for rows, is_last in _threads(self._client, video_id, status, self._limit):
                    is_past = bool(rows) and _published(rows[-1]) < since
                    yield from self._page(channel, video_id, rows, status)
                    if is_last or is_past:
                        break
        except CommentsOffError:
            pass  # nothing stands there, and nothing can
        yield CommentsPage((), is_last=True)

    def is_tight(self) -> bool:
        return False

    def problems(self) -> tuple[str, ...]:
        return ()

    def spent(self) -> int:
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
        for status in _STATUSES:
            told = self._client.read(_newest_of(channel.native_id, status))
            for row in told.get("items", []):
                video_id = str(snippet_of(row).get("videoId") or "")
                newest[video_id] = max(newest.get(video_id, 0), _published(row))
        return newest


def _threads(
    client: YouTubeClient, video_id: str, status: str, limit: int
) -> Iterator[tuple[list[Any], bool]]:
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
        maxResults=_LARGEST_PAGE,
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


def _by_hand(ref: CommentRef) -> NotPermitted:
    return NotPermitted(
        f"YouTube lets no program block or unblock an author on {ref.channel.name} by itself; do"
        " it by hand in YouTube Studio."
    )


def _not_confirmed() -> UnexpectedReply:
    return UnexpectedReply(
        "YouTube did not say that it did what was asked; look at the comment's address."
    )
