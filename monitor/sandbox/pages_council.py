"""The pretend council page: who sees which comment, and what they may do with it.

The rules are the real platform's: a hidden comment, and what answers it, is gone for the public
and still there for its author; the page's administrators see it marked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.sandbox.town import (
    Town,
    TownComment,
    TownPage,
    TownPost,
    TownRefusalError,
    TownResident,
)

__all__ = [
    "ADMIN",
    "NEWEST_COMMENTS",
    "NEWEST_POSTS",
    "PUBLIC",
    "ShownComment",
    "ShownPost",
    "change_comment",
    "shown_posts",
    "write_comment",
    "writers",
]

PUBLIC = "public"
"""The viewer who is nobody in particular."""

ADMIN = "admin"
"""The viewer who runs the page. Every other viewer is a resident's identifier."""

NEWEST_POSTS = 20
"""How many posts a page shows."""

NEWEST_COMMENTS = 200
"""How many comments, without their answers, stand under one post."""

_DEEPEST = 2
_LONGEST_TEXT = 8000
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class ShownComment:
    """One comment as one viewer sees it.

    Attributes:
        depth: 0 under the post; replies are indented by at most 2.
        own: The viewer wrote it, and may edit and delete it.
        by_page: The page itself wrote it.
    """

    comment: TownComment
    depth: int
    own: bool
    by_page: bool

    @property
    def name(self) -> str:
        """Who wrote it, as the page says it."""
        return self.comment.author.name if self.comment.author else "Somebody on the site"


@dataclass(frozen=True, slots=True)
class ShownPost:
    """One post with the comments that one viewer sees, oldest first, replies below theirs.

    Attributes:
        left_out: How many older comments are not shown, answers not counted.
    """

    post: TownPost
    comments: tuple[ShownComment, ...]
    left_out: int


def shown_posts(town: Town, page: TownPage, *, viewer: str) -> tuple[ShownPost, ...]:
    """List the page's newest posts as ``viewer`` sees them, newest first.

    Args:
        town: Read once for each post.
        page: The page that is looked at.
        viewer: ``PUBLIC``, ``ADMIN`` or a resident's identifier.
    """
    newest = tuple(reversed(town.posts(page.id)))[:NEWEST_POSTS]
    return tuple(_shown_post(town, post, viewer) for post in newest)


def writers(town: Town, page: TownPage) -> tuple[TownResident, ...]:
    """Everybody who has written on the page's newest posts, by name; never the page itself."""
    found = {
        comment.author.id: comment.author
        for post in town.posts(page.id)[-NEWEST_POSTS:]
        for comment in town.comments(post.id)
        if comment.author and comment.author.id != page.id
    }
    return tuple(sorted(found.values(), key=lambda one: one.name))


def write_comment(
    town: Town, page: TownPage, post_id: str, *, text: str, name: str, parent_id: str, at: datetime
) -> TownComment:
    """Write a comment or a reply as whoever has this name; a new name is a new resident.

    Args:
        town: Receives the comment.
        page: The page on which it is written; its own name writes as the page.
        post_id: The post it stands under.
        text: At most 8,000 characters; white space around it is dropped.
        name: At most 60 characters.
        parent_id: The comment it answers, or "".
        at: Aware.

    Raises:
        TownRefusalError: Nothing was written, no name was given, or the town does not take it.
    """
    written, called = _text_or_refuse(text), name.strip()[:_LONGEST_NAME]
    post = town.post(post_id)
    if post is None or post.page_id != page.id:
        raise TownRefusalError("This post is no longer on the page. Reload to see what is.")
    if called == page.name:
        return town.reply_as_page(post_id, written, at=at, parent_id=parent_id or None)
    if not called:
        raise TownRefusalError("The comment has no writer. Choose a resident or type a name.")
    known = next((one for one in writers(town, page) if one.name == called), None)
    author = known or town.move_in(called, page_id=page.id)
    return town.write(post_id, written, at=at, author=author, parent_id=parent_id or None)


def change_comment(
    town: Town, comment_id: str, *, change: str, viewer: str, text: str, at: datetime
) -> None:
    """Carry out what a viewer asked for: ``edit``, ``delete``, ``hide`` or ``show``.

    Only an author edits; an author or the page's administrator deletes; only the administrator
    hides and shows, and neither hides nor removes what the site protects.

    Raises:
        TownRefusalError: The comment is gone, the viewer may not do it, or the text is empty.
    """
    comment = town.comment(comment_id)
    if comment is None:
        raise TownRefusalError("This comment is no longer there. Reload to see the page as it is.")
    if change not in _allowed(comment, viewer):
        raise TownRefusalError(
            "Only the author, or the page's administrator where the site allows it, can do that."
        )
    if change == "edit":
        town.edit(comment_id, _text_or_refuse(text), at=at)
    elif change == "delete":
        town.delete(comment_id)
    else:
        town.hide(comment_id, hidden=change == "hide")


def _shown_post(town: Town, post: TownPost, viewer: str) -> ShownPost:
    toplevel = town.comments(post.id, toplevel=True)
    shown = tuple(_thread(town, toplevel[-NEWEST_COMMENTS:], viewer))
    return ShownPost(post, shown, max(0, len(toplevel) - NEWEST_COMMENTS))


def _thread(town: Town, toplevel: Sequence[TownComment], viewer: str) -> Iterator[ShownComment]:
    below = [(comment, 0) for comment in reversed(toplevel)]
    while below:
        comment, depth = below.pop()
        own = _is_own(comment, viewer)
        if comment.hidden and not (own or viewer == ADMIN):
            continue
        by_page = comment.author is not None and comment.author.id == comment.page_id
        yield ShownComment(comment, min(depth, _DEEPEST), own=own, by_page=by_page)
        below += [(reply, depth + 1) for reply in reversed(town.comments(comment.id))]


def _is_own(comment: TownComment, viewer: str) -> bool:
    if comment.author is None:
        return False
    return comment.author.id == (comment.page_id if viewer == ADMIN else viewer)


def _allowed(comment: TownComment, viewer: str) -> frozenset[str]:
    allowed = {"edit", "delete"} if _is_own(comment, viewer) else set()
    if viewer == ADMIN:
        allowed |= {"show"}
        allowed |= {"hide"} if comment.can_hide else set()
        allowed |= {"delete"} if comment.can_remove else set()
    return frozenset(allowed)


def _text_or_refuse(text: str) -> str:
    written = text.replace("\r\n", "\n").strip()
    if not written:
        raise TownRefusalError("There is nothing in the comment. Write something first.")
    if len(written) > _LONGEST_TEXT:
        raise TownRefusalError(
            f"The comment is longer than {_LONGEST_TEXT} characters. Shorten it and send it again."
        )
    return written
