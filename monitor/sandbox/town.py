"""A pretend town: its council's pages, what residents write there, and who holds which token.

The town knows nothing of any platform's wire format; ``monitor.sandbox.graph`` and the demo's
web pages both stand on it. Everything is in memory and thread-safe, and what is handed out is a
frozen value: ask again to see a change. Time is always an argument.
"""

from __future__ import annotations

import threading
import tomllib
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any

from monitor.sandbox.townsfolk import (
    FacebookIdentifiers,
    TownComment,
    TownPage,
    TownPost,
    TownRefusalError,
    TownResident,
    TownToken,
)

__all__ = [
    "WEXCOMBE_PAGE",
    "WEXCOMBE_TOKEN",
    "Town",
    "TownComment",
    "TownPage",
    "TownPost",
    "TownRefusalError",
    "TownResident",
    "TownToken",
    "seed_wexcombe",
]

WEXCOMBE_PAGE = "100000000000009"
"""The identifier of Wexcombe's page "Parks and Libraries"."""

WEXCOMBE_TOKEN = "wexcombe-page-token"  # noqa: S105 - a pretend town's token opens nothing
"""The page token that ``seed_wexcombe`` issues; it may do everything and never expires."""


class Town:
    """The state of a pretend town. Identifiers are given in order, so that runs can be compared.

    Looking up one thing and reading one page of a list cost the same however large the town is.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._changes = 0
        self._counter = 0
        self._pages: dict[str, TownPage] = {}
        self._residents: dict[str, TownResident] = {}
        self._posts: dict[str, TownPost] = {}
        self._comments: dict[str, TownComment] = {}
        self._tokens: dict[str, TownToken] = {}
        self._blocked: dict[str, dict[str, datetime]] = defaultdict(dict)
        # Sorted (created_at, identifier) keys: of a page's posts, of the comments below something.
        self._posts_of: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        self._below_post: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        self._toplevel: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        self._replies: dict[str, list[tuple[datetime, str]]] = defaultdict(list)

    @property
    def changes(self) -> int:
        """A number that grows with every change; a page that polls can stay quiet without one."""
        with self._lock:
            return self._changes

    def open_page(self, page_id: str, name: str, **platform: Any) -> TownPage:
        """Open a page of the council's, or rename it.

        Args:
            page_id: Its identifier at the platform.
            name: What it is called.
            platform: The other attributes of ``TownPage``, for platforms other than Facebook.
        """
        with self._lock:
            self._changes += 1
            self._pages[page_id] = TownPage(page_id, name, **platform)
            return self._pages[page_id]

    def move_in(
        self, name: str, *, resident_id: str | None = None, page_id: str = ""
    ) -> TownResident:
        """Register a resident, with an identifier as the platform of ``page_id`` spells it."""
        with self._lock:
            spelled = self._pages[page_id].identifiers if page_id else FacebookIdentifiers()
            resident = TownResident(resident_id or spelled.resident(self._next_number()), name)
            self._residents[resident.id] = resident
            return resident

    def publish(
        self, page_id: str, text: str, *, at: datetime, post_id: str | None = None
    ) -> TownPost:
        """Publish a post on a page at ``at`` (aware)."""
        with self._lock:
            self._page_or_refuse(page_id)
            moment = at.astimezone(UTC)
            spelled = self._pages[page_id].identifiers
            new_id = post_id or spelled.post(page_id, self._next_number(), at=moment)
            post = TownPost(new_id, page_id, text, moment, moment)
            self._changes += 1
            self._posts[post.id] = post
            insort(self._posts_of[page_id], (moment, post.id))
            return post

    def write(
        self,
        post_id: str,
        text: str,
        *,
        at: datetime,
        author: TownResident | None = None,
        parent_id: str | None = None,
        attachment: str | None = None,
    ) -> TownComment:
        """Write a comment at ``at`` (aware); it may lie in the past, as a released one does.

        Raises:
            TownRefusalError: The post or the answered comment is gone, or the author is blocked.
        """
        with self._lock:
            post = self.post(post_id)
            if post is None or (parent_id and parent_id not in self._comments):
                raise TownRefusalError("There is nothing here to comment on any more.")
            if author and author.id in self._blocked[post.page_id]:
                raise TownRefusalError("This page does not take comments from you at present.")
            new_id = self._pages[post.page_id].identifiers.comment(
                post_id,
                self._next_number(),
                at=at.astimezone(UTC),
                author_id=author.id if author else "",
                parent_id=parent_id,
            )
            comment = TownComment(
                new_id,
                post_id,
                post.page_id,
                text,
                at.astimezone(UTC),
                author,
                parent_id,
                attachment,
            )
            self._insert(comment)
            moved = max(post.updated_at, comment.created_at)
            self._posts[post_id] = replace(post, updated_at=moved)
            return comment

    def reply_as_page(
        self, post_id: str, text: str, *, at: datetime, parent_id: str | None = None
    ) -> TownComment:
        """Write a comment as the page itself."""
        with self._lock:
            post = self.post(post_id)
            page = self._pages[post.page_id] if post else None
            author = TownResident(page.id, page.name) if page else None
            return self.write(post_id, text, at=at, author=author, parent_id=parent_id)

    def edit(self, comment_id: str, text: str, *, at: datetime) -> TownComment:
        """Change a comment's text, as its author."""
        return self._change(comment_id, text=text, edited_at=at.astimezone(UTC))

    def hide(self, comment_id: str, *, hidden: bool = True) -> TownComment:
        """Hide a comment from the public, or show it again."""
        return self._change(comment_id, hidden=hidden)

    def protect(
        self, comment_id: str, *, can_hide: bool = False, can_remove: bool = False
    ) -> TownComment:
        """Make a comment one that the page may not hide or remove."""
        return self._change(comment_id, can_hide=can_hide, can_remove=can_remove)

    def delete(self, comment_id: str) -> None:
        """Delete a comment and its replies; one that is gone already stays gone."""
        with self._lock:
            comment = self._comments.pop(comment_id, None)
            if comment is None:
                return
            self._changes += 1
            for _, reply_id in tuple(self._replies.pop(comment_id, ())):
                self.delete(reply_id)
            for index in self._indexes_of(comment):
                _drop(index, (comment.created_at, comment.id))

    def delete_post(self, post_id: str) -> None:
        """Delete a post and everything below it."""
        with self._lock:
            post = self._posts.pop(post_id, None)
            if post is None:
                return
            self._changes += 1
            _drop(self._posts_of[post.page_id], (post.created_at, post.id))
            for _, comment_id in tuple(self._below_post.pop(post_id, ())):
                self._comments.pop(comment_id, None)
                self._replies.pop(comment_id, None)
            self._toplevel.pop(post_id, None)

    def block(self, page_id: str, resident_id: str, *, at: datetime) -> None:
        """Keep a resident from writing on a page."""
        with self._lock:
            self._changes += 1
            self._blocked[page_id][resident_id] = at.astimezone(UTC)

    def unblock(self, page_id: str, resident_id: str) -> None:
        """Let a resident write on a page again."""
        with self._lock:
            self._changes += 1
            self._blocked[page_id].pop(resident_id, None)

    def issue(self, token: TownToken) -> TownToken:
        """Issue a token, or change the one of the same value."""
        with self._lock:
            self._tokens[token.value] = token
            return token

    def token(self, value: str) -> TownToken | None:
        """The token of this value, expired ones too."""
        with self._lock:
            return self._tokens.get(value)

    def token_of_page(self, page_id: str) -> str:
        """The value of a page's first token; "" where none was issued."""
        with self._lock:
            return next((t.value for t in self._tokens.values() if t.page_id == page_id), "")

    def page(self, page_id: str) -> TownPage | None:
        """The page of this identifier."""
        with self._lock:
            return self._pages.get(page_id)

    def pages(self) -> tuple[TownPage, ...]:
        """Every page, in the order they were opened."""
        with self._lock:
            return tuple(self._pages.values())

    def post(self, post_id: str) -> TownPost | None:
        """The post of this identifier; None when it was deleted."""
        with self._lock:
            return self._posts.get(post_id)

    def posts(self, page_id: str) -> tuple[TownPost, ...]:
        """A page's posts, oldest first."""
        with self._lock:
            return tuple(self._posts[key[1]] for key in self._posts_of[page_id])

    def comment(self, comment_id: str) -> TownComment | None:
        """The comment of this identifier; None when it was deleted."""
        with self._lock:
            return self._comments.get(comment_id)

    def comments(self, parent_id: str, *, toplevel: bool = False) -> tuple[TownComment, ...]:
        """The comments below a post (at every level, or only the first) or a comment."""
        with self._lock:
            keys = self._index(parent_id, toplevel=toplevel)
            return tuple(self._comments[key[1]] for key in keys)

    def keys_below(self, parent_id: str, *, toplevel: bool = False) -> list[tuple[datetime, str]]:
        """The sorted (created_at, identifier) keys of ``comments``: a copy, cheap to bisect."""
        with self._lock:
            return list(self._index(parent_id, toplevel=toplevel))

    def count_below(self, parent_id: str) -> int:
        """How many comments stand below a post, at every level, or below a comment."""
        with self._lock:
            return len(self._index(parent_id, toplevel=False))

    def resident(self, resident_id: str) -> TownResident | None:
        """The resident of this identifier."""
        with self._lock:
            return self._residents.get(resident_id)

    def blocked_at(self, page_id: str, resident_id: str) -> datetime | None:
        """When this resident was blocked from this page; None when they are not."""
        with self._lock:
            return self._blocked[page_id].get(resident_id)

    def blocked(self, page_id: str) -> tuple[str, ...]:
        """The identifiers of everybody blocked from a page."""
        with self._lock:
            return tuple(self._blocked[page_id])

    def _page_or_refuse(self, page_id: str) -> None:
        if page_id not in self._pages:
            raise TownRefusalError(f"The town has no page {page_id}; open it first.")

    def _next_number(self) -> int:
        self._counter += 1
        return self._counter

    def _insert(self, comment: TownComment) -> None:
        self._changes += 1
        self._comments[comment.id] = comment
        for index in self._indexes_of(comment):
            insort(index, (comment.created_at, comment.id))

    def _indexes_of(self, comment: TownComment) -> tuple[list[tuple[datetime, str]], ...]:
        if comment.parent_id is None:
            return self._below_post[comment.post_id], self._toplevel[comment.post_id]
        return self._below_post[comment.post_id], self._replies[comment.parent_id]

    def _index(self, parent_id: str, *, toplevel: bool) -> list[tuple[datetime, str]]:
        if parent_id not in self._posts:
            return self._replies.get(parent_id, [])
        return (self._toplevel if toplevel else self._below_post)[parent_id]

    def _change(self, comment_id: str, **changes: Any) -> TownComment:
        with self._lock:
            comment = self._comments.get(comment_id)
            if comment is None:
                raise TownRefusalError("This comment is no longer there.")
            self._changes += 1
            self._comments[comment_id] = replace(comment, **changes)
            return self._comments[comment_id]


def seed_wexcombe(town: Town, now: datetime) -> Mapping[str, str]:
    """Fill a town with Wexcombe Borough Council's page and its residents' comments.

    Args:
        town: Receives one page, its token, about eight posts and forty comments.
        now: Aware; the latest comments are a few minutes older.

    Returns:
        The key of each post and comment in ``wexcombe.toml`` -> its identifier in the town.
    """
    told = tomllib.loads(
        resources.files("monitor.sandbox").joinpath("wexcombe.toml").read_text(encoding="utf-8")
    )
    town.open_page(WEXCOMBE_PAGE, told["page"]["name"])
    town.issue(TownToken(WEXCOMBE_TOKEN, WEXCOMBE_PAGE))
    residents = {key: town.move_in(name) for key, name in told["residents"].items()}
    posts = {
        post["key"]: town.publish(
            WEXCOMBE_PAGE, post["text"], at=now - timedelta(hours=post["hours_ago"])
        )
        for post in told["posts"]
    }
    ids = {key: post.id for key, post in posts.items()}
    for comment in told["comments"]:
        ids[comment["key"]] = _seed_comment(
            town, comment, posts=posts, ids=ids, residents=residents, now=now
        )
    return ids


def _seed_comment(
    town: Town,
    told: Mapping[str, Any],
    *,
    posts: Mapping[str, TownPost],
    ids: Mapping[str, str],
    residents: Mapping[str, TownResident],
    now: datetime,
) -> str:
    post = posts[told["post"]]
    at = min(post.created_at + timedelta(minutes=told["minutes_after"]), now)
    parent_id = ids[told["answers"]] if "answers" in told else None
    if told.get("by") == "page":
        return town.reply_as_page(post.id, told["text"], at=at, parent_id=parent_id).id
    return town.write(
        post.id,
        told["text"],
        at=at,
        author=residents.get(told.get("by", "")),
        parent_id=parent_id,
        attachment=told.get("attachment"),
    ).id


def _drop(index: list[tuple[datetime, str]], key: tuple[datetime, str]) -> None:
    place = bisect_left(index, key)
    if index[place : place + 1] == [key]:
        del index[place]
