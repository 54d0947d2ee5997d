"""A pretend API of X, standing on a town: what one account's own program meets.

Identifiers grow with time; an edition is a new post whose history begins with the first one's
identifier; long posts are cut and whole in ``note_tweet``; words hold HTML entities; a vanished
author is a partial error; the search reaches seven days back; nothing tells that a reply is
hidden. Calls are signed by OAuth 1.0a, and the signature is checked.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.sandbox.faults import Fault, Faults, json_answer
from monitor.sandbox.http import Answer, Clock, Request, json_reply
from monitor.sandbox.oauth1 import is_signed, signed_fields
from monitor.sandbox.platform import PretendPlatform
from monitor.sandbox.town import Town
from monitor.sandbox.townsfolk import TownComment, TownPage, TownResident, TownToken
from monitor.sandbox.x_rows import (
    XIdentifiers,
    author_of,
    edition_at,
    handle_of,
    history,
    is_own,
    missing,
    row_of,
    snowflake,
    told,
)

__all__ = ["XIdentifiers", "XSandbox", "open_account", "rate_limited", "usage_capped"]

_SEARCHED = timedelta(days=7)
_QUERY = re.compile(r"conversation_id:(\d+) -is:retweet")
_PROBLEM = "https://api.twitter.com/2/problems/"


class XRefusalError(Exception):
    """The platform says no."""

    def __init__(self, status: int, title: str, kind: str = "", **more: object) -> None:
        super().__init__(f"{status} {title}")
        self.status = status
        self.body: dict[str, object] = {
            "title": title,
            "detail": title,
            "type": f"{_PROBLEM}{kind}" if kind else "about:blank",
            "status": status,
            **more,
        }


def open_account(town: Town, account_id: str, name: str) -> TownPage:
    """Open an account of the council's."""
    return town.open_page(
        account_id,
        name,
        platform="X",
        hidden_seen_by="Everybody can still open the hidden replies.",
        identifiers=XIdentifiers(),
    )


def rate_limited(reset: datetime | None = None) -> Fault:
    """A fault: too many calls in the window, with the moment of its end or without."""
    headers = {"x-rate-limit-reset": str(int(reset.timestamp()))} if reset else {}
    return json_answer(429, XRefusalError(429, "Too Many Requests").body, headers)


def usage_capped() -> Fault:
    """A fault: the month's reads are spent; no moment is told."""
    refusal = XRefusalError(429, "UsageCapExceeded", "usage-capped", period="Monthly")
    return json_answer(429, refusal.body)


class XSandbox(PretendPlatform):
    """A loopback server that answers as ``api.x.com`` does.

    Args:
        town: What it tells of, and what it changes; a token's secret is its value.
        port: 0 for any free one.
        clock: When something is written, and what is older than seven days.
        faults: What goes wrong.
        consumer_key: The app's.
        consumer_secret: The app's.

    Attributes:
        new_names: Speak of posts where it used to speak of tweets.
    """

    def __init__(
        self,
        town: Town,
        *,
        port: int = 0,
        clock: Callable[[], datetime] | None = None,
        faults: Faults | None = None,
        consumer_key: str = "x-key",
        consumer_secret: str = "x-secret",  # noqa: S107 - opens a pretend platform
    ) -> None:
        super().__init__(self._handle, port=port, faults=faults)
        self.town = town
        self.clock = clock or Clock()
        self.new_names = False
        self._keys = (consumer_key, consumer_secret)
        self._muted: set[tuple[str, str]] = set()
        self._elsewhere: dict[str, TownComment] = {}

    def mention(self, text: str, *, account_id: str, at: datetime, author: TownResident) -> str:
        """Somebody mentions the account in a conversation of their own; its identifier."""
        native_id = snowflake(at, 900_000 + len(self._elsewhere))
        self._elsewhere[native_id] = TownComment(
            native_id, native_id, account_id, text, at.astimezone(UTC), author
        )
        return native_id

    def _handle(self, request: Request) -> Answer:
        try:
            account_id = self._admitted(request)
            value, status = self._answer(request, account_id)
        except XRefusalError as refusal:
            return json_reply(refusal.body, refusal.status)
        headers = {"x-rate-limit-limit": "900", "x-rate-limit-remaining": "899"}
        return json_reply(self._renamed(value), status, headers=headers)

    def _admitted(self, request: Request) -> str:
        signed = signed_fields(request)
        token = self.town.token(signed.get("oauth_token", ""))
        if (
            signed.get("oauth_consumer_key") != self._keys[0]
            or token is None
            or not is_signed(request, signed, key_secret=self._keys[1], token_secret=token.value)
            or not self._is_good(token)
        ):
            raise XRefusalError(401, "Unauthorized")
        return token.page_id or ""

    def _is_good(self, token: TownToken) -> bool:
        return token.expires_at is None or token.expires_at > self.clock()

    def _answer(self, request: Request, account_id: str) -> tuple[Mapping[str, object], int]:
        known: Sequence[tuple[str, str, Callable[..., Mapping[str, object]]]] = (
            ("GET", r"/2/users/me", self._me),
            ("GET", r"/2/users/(\d+)/tweets", self._own),
            ("GET", r"/2/users/(\d+)/mentions", self._mentions),
            ("GET", r"/2/tweets/search/recent", self._search),
            ("GET", r"/2/tweets/(\d+)", self._one),
            ("PUT", r"/2/tweets/(\d+)/hidden", self._hide),
            ("POST", r"/2/tweets", self._create),
            ("POST", r"/2/users/(\d+)/muting", self._mute),
            ("DELETE", r"/2/users/(\d+)/muting/(\d+)", self._unmute),
        )
        for method, pattern, act in known:
            found = re.fullmatch(pattern, request.path)
            if method == request.method and found:
                status = 201 if method == "POST" and pattern == r"/2/tweets" else 200
                return act(request, account_id, *found.groups()), status
        raise XRefusalError(404, "Not Found", "resource-not-found")

    def _me(self, request: Request, account_id: str) -> Mapping[str, object]:
        del request
        return {"data": {"id": account_id, "name": "Wexcombe", "username": "wexcombe"}}

    def _own(self, request: Request, account_id: str, asked: str) -> Mapping[str, object]:
        if asked != account_id:
            raise XRefusalError(403, "Forbidden", "client-forbidden")
        since = _moment(request.argument("start_time"))
        rows = [
            {
                "id": post.id,
                "text": html.escape(post.text, quote=False),
                "author_id": post.page_id,
                "conversation_id": post.id,
                "created_at": told(post.created_at),
                "edit_history_tweet_ids": [post.id],
                "public_metrics": {
                    "reply_count": len(self.town.comments(post.id, toplevel=True)),
                    "retweet_count": 0,
                    "like_count": 0,
                    "quote_count": 0,
                    "bookmark_count": 0,
                    "impression_count": 0,
                },
            }
            for post in self.town.posts(asked)
            if post.created_at >= since
        ]
        return _page(request, rows, least=5)

    def _mentions(self, request: Request, account_id: str, asked: str) -> Mapping[str, object]:
        if asked != account_id:
            raise XRefusalError(403, "Forbidden", "client-forbidden")
        since = _moment(request.argument("start_time"))
        below = [each for post in self.town.posts(asked) for each in self.town.comments(post.id)]
        every = [each for each in below if not is_own(each)] + [*self._elsewhere.values()]
        found = [each for each in every if edition_at(each) >= since]
        return self._listed(request, found, least=5)

    def _search(self, request: Request, account_id: str) -> Mapping[str, object]:
        query = _QUERY.fullmatch(request.argument("query") or "")
        oldest = self.clock() - _SEARCHED
        since = _moment(request.argument("start_time") or oldest.isoformat())
        if query is None or since < oldest:
            raise XRefusalError(400, "Invalid Request", "invalid-request")
        post = self.town.post(query[1])
        if post is None or post.page_id != account_id:
            return {"meta": {"result_count": 0}}
        found = [each for each in self.town.comments(post.id) if edition_at(each) >= since]
        return self._listed(request, found, least=10)

    def _one(self, request: Request, account_id: str, asked: str) -> Mapping[str, object]:
        del request, account_id
        comment = self._comment(asked)
        if comment is None:
            return {"errors": [missing(asked, "tweet")]}
        found = self._told_of([comment])
        return {**found, "data": found["data"][0]}

    def _hide(self, request: Request, account_id: str, asked: str) -> Mapping[str, object]:
        body = request.json()
        if not isinstance(body, dict) or not isinstance(body.get("hidden"), bool):
            raise XRefusalError(400, "Invalid Request", "invalid-request")
        comment = self._comment(asked)
        if comment is None:
            raise XRefusalError(404, "Not Found", "resource-not-found")
        if comment.id in self._elsewhere or comment.page_id != account_id or not comment.can_hide:
            raise XRefusalError(403, "Forbidden", "client-forbidden")
        self.town.hide(comment.id, hidden=body["hidden"])
        return {"data": {"hidden": body["hidden"]}}

    def _create(self, request: Request, account_id: str) -> Mapping[str, object]:
        del account_id
        body = request.json()
        reply = body.get("reply", {}) if isinstance(body, dict) else {}
        answered = self._comment(str(reply.get("in_reply_to_tweet_id", "")))
        if answered is None or answered.id in self._elsewhere:
            raise XRefusalError(403, "Forbidden", "client-forbidden")
        written = self.town.reply_as_page(
            answered.post_id, str(body.get("text", "")), at=self.clock(), parent_id=answered.id
        )
        return {"data": {"id": written.id, "text": written.text}}

    def _mute(self, request: Request, account_id: str, asked: str) -> Mapping[str, object]:
        body = request.json()
        target = str(body.get("target_user_id", "")) if isinstance(body, dict) else ""
        if asked != account_id or not target.isdigit():
            raise XRefusalError(403, "Forbidden", "client-forbidden")
        self._muted.add((asked, target))
        return {"data": {"muting": True}}

    def _unmute(
        self, request: Request, account_id: str, asked: str, target: str
    ) -> Mapping[str, object]:
        del request
        if asked != account_id:
            raise XRefusalError(403, "Forbidden", "client-forbidden")
        self._muted.discard((asked, target))
        return {"data": {"muting": False}}

    def _comment(self, asked: str) -> TownComment | None:
        """By the identifier of any of its editions."""
        found = self.town.comment(asked) or self._elsewhere.get(asked)
        if found is not None:
            return found
        every = (
            each
            for page in self.town.pages()
            for post in self.town.posts(page.id)
            for each in self.town.comments(post.id)
        )
        return next((each for each in every if asked in history(each)), None)

    def _listed(
        self, request: Request, found: Sequence[TownComment], *, least: int
    ) -> Mapping[str, object]:
        newest_first = sorted(found, key=lambda each: int(history(each)[-1]), reverse=True)
        by_id = {history(each)[-1]: each for each in newest_first}
        page = _page(request, [{"id": native_id} for native_id in by_id], least=least)
        rows = page.get("data", [])
        shown = [by_id[row["id"]] for row in rows] if isinstance(rows, list) else []
        return {**page, **self._told_of(shown)} if shown else page

    def _told_of(self, comments: Sequence[TownComment]) -> dict[str, Any]:
        shown = {each.author.id: each.author for each in comments if each.author}
        users = [
            {"id": each.id, "name": each.name, "username": handle_of(each)}
            for each in shown.values()
        ]
        gone = [missing(author_of(each), "user") for each in comments if each.author is None]
        return {
            "data": [row_of(each) for each in comments],
            **({"includes": {"users": users}} if users else {}),
            **({"errors": gone} if gone else {}),
        }

    def _renamed(self, value: object) -> object:
        if not self.new_names:
            return value
        names = {
            "referenced_tweets": "referenced_posts",
            "edit_history_tweet_ids": "edit_history_post_ids",
            "note_tweet": "note_post",
        }
        if isinstance(value, dict):
            return {names.get(name, name): self._renamed(each) for name, each in value.items()}
        return [self._renamed(each) for each in value] if isinstance(value, list) else value


def _page(
    request: Request, newest_first: Sequence[Mapping[str, object]], *, least: int
) -> dict[str, object]:
    asked = request.argument("max_results") or "10"
    if not asked.isdigit() or not least <= int(asked) <= 100:  # noqa: PLR2004 - the platform's own
        raise XRefusalError(400, "Invalid Request", "invalid-request")
    token = request.argument("next_token") or request.argument("pagination_token")
    rest = sorted(newest_first, key=lambda row: int(str(row["id"])), reverse=True)
    if token is not None:
        if not token.startswith("b26"):
            raise XRefusalError(400, "Invalid Request", "invalid-request")
        rest = [row for row in rest if int(str(row["id"])) < int(token.removeprefix("b26"))]
    page = rest[: int(asked)]
    meta: dict[str, object] = {"result_count": len(page)}
    if page:
        meta |= {"newest_id": page[0]["id"], "oldest_id": page[-1]["id"]}
    if len(rest) > len(page):
        meta["next_token"] = f"b26{page[-1]['id']}"
    return {"meta": meta, **({"data": page} if page else {})}


def _moment(asked: str | None) -> datetime:
    if asked is None:
        return datetime.fromtimestamp(0, UTC)
    try:
        return datetime.fromisoformat(asked)
    except ValueError:
        raise XRefusalError(400, "Invalid Request", "invalid-request") from None
