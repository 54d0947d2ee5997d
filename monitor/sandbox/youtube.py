"""A pretend YouTube Data API, standing on a town: what a channel's own program meets.

Threads come newest first and bring only some of their replies; comments that are held or taken
for spam stand in lists of their own; asked by identifier a comment does not say its state; a
changed state is answered with 204 and nothing; every call costs units, and when the day's are
spent it says so. The sign-in gives short-lived tokens for a refresh token.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from monitor.sandbox.faults import Fault, Faults, json_answer
from monitor.sandbox.http import Answer, Clock, Request, json_reply
from monitor.sandbox.platform import PretendPlatform
from monitor.sandbox.town import Town
from monitor.sandbox.townsfolk import TownComment, TownPage, TownPost
from monitor.sandbox.youtube_lists import (
    YouTubeIdentifiers,
    YouTubeRefusalError,
    cut,
    listed,
    page_of,
    told,
)

__all__ = ["YouTubeIdentifiers", "YouTubeSandbox", "open_channel", "too_fast"]

_PACIFIC = ZoneInfo("America/Los_Angeles")
_STATUSES = ("published", "heldForReview", "likelySpam", "rejected")
_REPLIES_SHOWN = 2
_READ, _WRITE = 1, 50


def open_channel(town: Town, channel_id: str, name: str) -> TownPage:
    """Open a channel of the council's."""
    return town.open_page(
        channel_id,
        name,
        platform="YouTube",
        hidden_seen_by="It is held for review; only the author still sees it.",
        identifiers=YouTubeIdentifiers(),
    )


def too_fast() -> Fault:
    """A fault: too many calls in a short time."""
    refusal = YouTubeRefusalError(403, "rateLimitExceeded", "usageLimits")
    return json_answer(403, refusal.body)


class YouTubeSandbox(PretendPlatform):
    """A loopback server that answers as ``youtube.googleapis.com`` and the sign-in's host do.

    Args:
        town: What it tells of, and what it changes; its tokens are refresh tokens.
        port: 0 for any free one.
        clock: When something is written, and which day's quota is spent.
        faults: What goes wrong.
        client_id: The app's.
        client_secret: The app's.
        quota: Units a day.

    Attributes:
        spent: Units of the present day.
        comments_off: Videos whose comments are switched off.
        spam: Comments that are taken for spam until somebody publishes them.
    """

    def __init__(
        self,
        town: Town,
        *,
        port: int = 0,
        clock: Callable[[], datetime] | None = None,
        faults: Faults | None = None,
        client_id: str = "youtube-app",
        client_secret: str = "youtube-secret",  # noqa: S107 - opens a pretend platform
        quota: int = 10_000,
    ) -> None:
        super().__init__(self._handle, port=port, faults=faults)
        self.town = town
        self.clock = clock or Clock()
        self.quota = quota
        self.spent = 0
        self.comments_off: set[str] = set()
        self.spam: set[str] = set()
        self._client = (client_id, client_secret)
        self._day = ""
        self._access: dict[str, str] = {}

    def _handle(self, request: Request) -> Answer:
        if request.path == "/token":
            return self._sign_in(request)
        try:
            channel_id = self._admitted(request)
            self._charge(_READ if request.method == "GET" else _WRITE)
            return self._answer(request, channel_id)
        except YouTubeRefusalError as refusal:
            return json_reply(refusal.body, refusal.status)

    def _sign_in(self, request: Request) -> Answer:
        given = (request.argument("client_id"), request.argument("client_secret"))
        refresh = request.argument("refresh_token") or ""
        if given != self._client:
            return json_reply({"error": "invalid_client"}, 401)
        if not self._is_good(refresh):
            refused = {"error": "invalid_grant", "error_description": "Expired or revoked."}
            return json_reply(refused, 400)
        access = f"ya29.{len(self._access)}"
        self._access[access] = refresh
        issued = {"access_token": access, "expires_in": 3599, "token_type": "Bearer"}
        return json_reply(issued)

    def _is_good(self, refresh: str) -> bool:
        token = self.town.token(refresh)
        return token is not None and (token.expires_at is None or token.expires_at > self.clock())

    def _admitted(self, request: Request) -> str:
        access = request.headers.get("authorization", "").removeprefix("Bearer ")
        refresh = self._access.get(access, "")
        token = self.town.token(refresh)
        if token is None or not self._is_good(refresh):
            raise YouTubeRefusalError(401, "authError", "global")
        return token.page_id or ""

    def _charge(self, units: int) -> None:
        day = f"{self.clock().astimezone(_PACIFIC):%Y-%m-%d}"
        if day != self._day:
            self._day, self.spent = day, 0
        if self.spent + units > self.quota:
            raise YouTubeRefusalError(403, "quotaExceeded", "youtube.quota")
        self.spent += units

    def _answer(self, request: Request, channel_id: str) -> Answer:
        known: Mapping[tuple[str, str], Callable[[Request, str], Answer]] = {
            ("GET", "channels"): self._channels,
            ("GET", "playlistItems"): self._uploads,
            ("GET", "videos"): self._videos,
            ("GET", "commentThreads"): self._threads,
            ("GET", "comments"): self._comments,
            ("POST", "comments"): self._reply,
            ("POST", "comments/setModerationStatus"): self._moderate,
        }
        act = known.get((request.method, request.path.removeprefix("/youtube/v3/")))
        if act is None:
            raise YouTubeRefusalError(404, "notFound", "global")
        return act(request, channel_id)

    def _channels(self, request: Request, channel_id: str) -> Answer:
        mine, asked = request.argument("mine"), request.argument("id")
        found = [channel_id] if mine == "true" else listed(asked)
        items = [
            {
                "kind": "youtube#channel",
                "id": each,
                "contentDetails": {"relatedPlaylists": {"uploads": f"UU{each[2:]}"}},
            }
            for each in found
            if self.town.page(each) is not None
        ]
        return json_reply({"kind": "youtube#channelListResponse", "items": items})

    def _uploads(self, request: Request, channel_id: str) -> Answer:
        if (request.argument("playlistId") or "")[2:] != channel_id[2:]:
            raise YouTubeRefusalError(404, "playlistNotFound", "youtube.playlistItem")
        videos = [*reversed(self.town.posts(channel_id))]
        page, token = cut(request, videos, key=lambda each: (each.created_at, each.id))
        items = [
            {
                "kind": "youtube#playlistItem",
                "id": f"PL{each.id}",
                "snippet": {"title": each.text, "publishedAt": told(each.created_at)},
                "contentDetails": {
                    "videoId": each.id,
                    "videoPublishedAt": told(each.created_at),
                },
            }
            for each in page
        ]
        return page_of("playlistItem", items, token)

    def _videos(self, request: Request, channel_id: str) -> Answer:
        found = [self.town.post(each) for each in listed(request.argument("id"))]
        items = [
            {
                "kind": "youtube#video",
                "id": each.id,
                "statistics": {
                    "viewCount": "0",
                    **(
                        {}
                        if each.id in self.comments_off
                        else {"commentCount": str(self._public_count(each))}
                    ),
                },
            }
            for each in found
            if each is not None and each.page_id == channel_id
        ]
        return json_reply({"kind": "youtube#videoListResponse", "items": items})

    def _threads(self, request: Request, channel_id: str) -> Answer:
        filters = ("allThreadsRelatedToChannelId", "videoId", "id")
        given = [name for name in filters if request.argument(name)]
        if len(given) != 1:
            raise YouTubeRefusalError(400, "invalidFilters")
        status = request.argument("moderationStatus") or "published"
        if status not in _STATUSES[:3] or (given == ["id"] and status != "published"):
            raise YouTubeRefusalError(400, "invalidValue")
        found = [
            each
            for each in self._first_level(request, given[0], channel_id)
            if self._status(each) == status
        ]
        found.sort(key=lambda each: (each.created_at, each.id), reverse=True)
        page, token = cut(request, found, key=lambda each: (each.created_at, each.id))
        return page_of("commentThread", [self._thread(each) for each in page], token)

    def _first_level(self, request: Request, name: str, channel_id: str) -> list[TownComment]:
        asked = request.argument(name) or ""
        if name == "id":
            chosen = [self.town.comment(each) for each in listed(asked)]
            return [each for each in chosen if each is not None and each.parent_id is None]
        if name == "videoId":
            posts = [self._own_video(asked, channel_id)]
            if asked in self.comments_off:
                raise YouTubeRefusalError(403, "commentsDisabled", "youtube.commentThread")
        elif asked != channel_id:
            raise YouTubeRefusalError(403, "forbidden")
        else:
            posts = [*self.town.posts(channel_id)]
        return [each for post in posts for each in self.town.comments(post.id, toplevel=True)]

    def _comments(self, request: Request, channel_id: str) -> Answer:
        asked, parent_id = request.argument("id"), request.argument("parentId")
        if (asked is None) is (parent_id is None):
            raise YouTubeRefusalError(400, "invalidFilters")
        if asked is not None:
            chosen = [self.town.comment(each) for each in listed(asked)]
            items = [
                self._row(each, owned=False)
                for each in chosen
                if each is not None and each.page_id == channel_id
            ]
            return page_of("comment", items, None)
        parent = self._own_comment(parent_id or "", channel_id)
        replies = [*self.town.comments(parent.id)]
        page, token = cut(request, replies[::-1], key=lambda each: (each.created_at, each.id))
        return page_of("comment", [self._row(each, owned=True) for each in page], token)

    def _moderate(self, request: Request, channel_id: str) -> Answer:
        status = request.argument("moderationStatus") or ""
        if status not in _STATUSES or status == "likelySpam":
            raise YouTubeRefusalError(400, "invalidValue")
        if request.argument("banAuthor") == "true" and status != "rejected":
            raise YouTubeRefusalError(400, "banWithoutReject")
        for each in listed(request.argument("id")):
            comment = self._own_comment(each, channel_id)
            if not comment.can_hide:
                raise YouTubeRefusalError(403, "forbidden")
            if status == "rejected":
                self.town.delete(comment.id)
            else:
                self.spam.discard(comment.id)
                self.town.hide(comment.id, hidden=status == "heldForReview")
        return Answer(204)

    def _reply(self, request: Request, channel_id: str) -> Answer:
        body = request.json()
        snippet = body.get("snippet", {}) if isinstance(body, dict) else {}
        parent = self._own_comment(str(snippet.get("parentId", "")), channel_id)
        text = str(snippet.get("textOriginal", ""))
        if not text or parent.parent_id is not None:
            raise YouTubeRefusalError(400, "commentTextRequired" if not text else "parentIdInvalid")
        written = self.town.reply_as_page(
            parent.post_id, text, at=self.clock(), parent_id=parent.id
        )
        return json_reply(self._row(written, owned=False))

    def _thread(self, comment: TownComment) -> Mapping[str, object]:
        replies = [
            each
            for each in self.town.comments(comment.id)
            if self._status(each) == "published" or self._status(comment) != "published"
        ]
        thread: dict[str, object] = {
            "kind": "youtube#commentThread",
            "id": comment.id,
            "snippet": {
                "channelId": comment.page_id,
                "videoId": comment.post_id,
                "canReply": True,
                "isPublic": self._status(comment) == "published",
                "totalReplyCount": self.town.count_below(comment.id),
                "topLevelComment": self._row(comment, owned=True),
            },
        }
        if replies:
            some = [self._row(each, owned=True) for each in replies[:_REPLIES_SHOWN]]
            thread["replies"] = {"comments": some}
        return thread

    def _row(self, comment: TownComment, *, owned: bool) -> Mapping[str, object]:
        author = comment.author
        snippet: dict[str, object] = {
            "channelId": comment.page_id,
            "videoId": comment.post_id,
            "textDisplay": comment.text,
            "textOriginal": comment.text,
            "authorDisplayName": f"@{author.name}" if author else "",
            "canRate": True,
            "viewerRating": "none",
            "likeCount": 0,
            "publishedAt": told(comment.created_at),
            "updatedAt": told(comment.edited_at or comment.created_at),
        }
        if author is not None:
            snippet["authorChannelId"] = {"value": author.id}
        if comment.parent_id is not None:
            snippet["parentId"] = comment.parent_id
        if comment.attachment is not None:
            snippet["imageUrl"] = "https://lh3.example/signed"
        if owned:
            snippet["moderationStatus"] = self._status(comment)
        return {"kind": "youtube#comment", "id": comment.id, "snippet": snippet}

    def _status(self, comment: TownComment) -> str:
        if comment.id in self.spam:
            return "likelySpam"
        return "heldForReview" if comment.hidden else "published"

    def _public_count(self, post: TownPost) -> int:
        every = self.town.comments(post.id)
        return sum(self._status(each) == "published" for each in every)

    def _own_video(self, video_id: str, channel_id: str) -> TownPost:
        post = self.town.post(video_id)
        if post is None or post.page_id != channel_id:
            raise YouTubeRefusalError(404, "videoNotFound", "youtube.commentThread")
        return post

    def _own_comment(self, comment_id: str, channel_id: str) -> TownComment:
        comment = self.town.comment(comment_id)
        if comment is None or comment.page_id != channel_id:
            raise YouTubeRefusalError(404, "commentNotFound")
        return comment
