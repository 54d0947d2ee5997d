"""A Facebook page: its posts, the comments under them, and what a moderator can do there.

How it reads is said in ``connectors.threads``; the list of posts brings each thread's count of
comments and ``updated_time``, and threads are read oldest first.

Options: ``graph_version`` (``v26.0``), and those of ``connectors.threads``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

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
    NotPermitted,
)
from connectors.facebook_rows import COMMENT_FIELDS, POST_FIELDS, read_comment, read_post
from connectors.graph import GraphClient
from connectors.graph_health import examine
from connectors.graph_pages import GraphWalk
from connectors.graph_presence import done, not_confirmed, telling_gone_from_unseen
from connectors.threads import CommentsPage, ListedPost, PostsPage, follow_threads

__all__ = ["FacebookPage", "connect"]

_LARGEST_PAGE = 100
_NEEDED = {
    "pages_read_engagement": frozenset({"pages_read_engagement"}),
    # One page of Meta's documentation spells it the second way.
    "pages_read_user_content": frozenset({"pages_read_user_content", "pages_read_user_engagement"}),
    "pages_manage_engagement": frozenset({"pages_manage_engagement"}),
}
_CAPABILITIES = Capabilities(
    hide=Ability(reversible=True, still_seen_by="its author and the author's friends"),
    restore=Ability(reversible=True),
    delete=Ability(reversible=False),
    reply=Ability(reversible=True),
    restrict=Ability(reversible=True, still_seen_by="everybody, what they wrote before"),
)


def connect(settings: ConnectorSettings) -> FacebookPage:
    """Build the connector; makes no call.

    Args:
        settings: With the secret ``token`` (a page token), and perhaps ``app_id`` and
            ``app_secret``.
    """
    return FacebookPage(settings)


class FacebookPage:
    """Keeps ``connectors.contract.Connector`` for Facebook pages.

    Args:
        settings: See ``connect``.
    """

    def __init__(self, settings: ConnectorSettings) -> None:
        self._settings = settings
        self._client = GraphClient(settings)
        self._limit = min(settings.page_size, _LARGEST_PAGE)

    @property
    def capabilities(self) -> Capabilities:
        """Everything but reporting, which the platform offers to people only."""
        return _CAPABILITIES

    def pull(self, channel: Channel, since: Cursor | None) -> Iterator[Pull]:
        """Read what is new; see ``connectors.threads`` for how."""
        source = _PageThreads(self._client, self._limit)
        yield from follow_threads(source, channel, since, self._settings, mark="fb1:")

    def fetch(self, ref: CommentRef) -> Comment:
        """Read one comment as it stands now."""
        with telling_gone_from_unseen(self._client, ref.channel):
            row = GraphWalk(self._client, limit=1).read(
                COMMENT_FIELDS, lambda fields: self._client.get_object(ref.native_id, fields=fields)
            )
        return read_comment(row, post_id=ref.post_id, page_id=ref.channel.native_id)

    def hide(self, ref: CommentRef) -> Outcome:
        """Hide a comment; its author and their friends go on seeing it."""
        return self._set_hidden(ref, hidden=True)

    def restore(self, ref: CommentRef) -> Outcome:
        """Make a hidden comment public again."""
        return self._set_hidden(ref, hidden=False)

    def delete(self, ref: CommentRef) -> Outcome:
        """Delete a comment and the replies to it, for ever."""
        try:
            with telling_gone_from_unseen(self._client, ref.channel):
                told = self._client.get_object(ref.native_id, fields="id,can_remove")
                if told.get("can_remove") is False:
                    raise _by_hand("be deleted")
                return done(self._client.delete_object(ref.native_id))
        except CommentGone:
            return Outcome.GONE

    def reply(self, ref: CommentRef, text: str) -> NativeId:
        """Answer a comment as the page."""
        answer = self._client.put_object(ref.native_id, "comments", message=text)
        if not answer.get("id"):
            raise not_confirmed()
        return NativeId(str(answer["id"]))

    def restrict(self, ref: CommentRef) -> Outcome:
        """Block the comment's author from the page."""
        author_id = _author_of(ref)
        if self._is_blocked(ref):
            return Outcome.ALREADY
        answer = self._client.put_object(ref.channel.native_id, "blocked", user=author_id)
        return done(answer, also=author_id)

    def lift(self, ref: CommentRef) -> Outcome:
        """End the block of the comment's author."""
        author_id = _author_of(ref)
        if not self._is_blocked(ref):
            return Outcome.ALREADY
        path = f"{self._client.version}/{ref.channel.native_id}/blocked"
        return done(self._client.request(path, {"user": author_id}, method="DELETE"))

    def check(self, channel: Channel) -> Health:
        """Say whether the token can read and act, and when it or data access ends."""
        return examine(
            self._client,
            channel,
            self._settings,
            needed=_NEEDED,
            tried=lambda: _tried(self._client, channel),
        )

    def close(self) -> None:
        """Close the connections to the platform; a later call opens new ones."""
        self._client.close()

    def _set_hidden(self, ref: CommentRef, *, hidden: bool) -> Outcome:
        try:
            with telling_gone_from_unseen(self._client, ref.channel):
                return self._set_hidden_where_it_stands(ref, hidden=hidden)
        except CommentGone:
            return Outcome.GONE

    def _set_hidden_where_it_stands(self, ref: CommentRef, *, hidden: bool) -> Outcome:
        told = self._client.get_object(ref.native_id, fields="id,is_hidden,can_hide")
        if told.get("is_hidden") is hidden:
            return Outcome.ALREADY
        if hidden and told.get("can_hide") is False:
            raise _by_hand("be hidden")
        # As text: the library would send Python's own spelling of a boolean.
        word = "true" if hidden else "false"
        path = f"{self._client.version}/{ref.native_id}"
        return done(self._client.request(path, post_args={"is_hidden": word}))

    def _is_blocked(self, ref: CommentRef) -> bool:
        page = self._client.get_page(ref.channel.native_id, "blocked", user=_author_of(ref))
        return bool(page["data"])


class _PageThreads:
    """Keeps ``connectors.threads.ThreadSource`` for one pull of a page."""

    def __init__(self, client: GraphClient, limit: int) -> None:
        self._client = client
        self._walk = GraphWalk(client, limit=limit)
        self._calls_before = client.calls

    def posts(self, channel: Channel, *, oldest: datetime) -> Iterator[PostsPage]:
        since = int(oldest.timestamp())
        with telling_gone_from_unseen(self._client, channel):
            for page in self._walk.pages(
                channel.native_id, "published_posts", POST_FIELDS, since=since
            ):
                yield PostsPage(
                    tuple(read_post(row) for row in page.rows), page.is_last, page.problem
                )

    def comments(
        self, channel: Channel, found: ListedPost, *, since: int
    ) -> Iterator[CommentsPage]:
        post_id = found.post.native_id
        from_there = {"since": since} if since >= 0 else {}
        for page in self._walk.pages(
            post_id,
            "comments",
            COMMENT_FIELDS,
            filter="stream",
            order="chronological",
            **from_there,
        ):
            comments = tuple(
                read_comment(row, post_id=post_id, page_id=channel.native_id) for row in page.rows
            )
            yield CommentsPage(comments, page.is_last, page.problem)

    def is_tight(self) -> bool:
        return self._client.usage.is_high

    def problems(self) -> tuple[str, ...]:
        return self._walk.problems

    def spent(self) -> int:
        return self._client.calls - self._calls_before


def _tried(client: GraphClient, channel: Channel) -> Health:
    me = client.get_object("me", fields="id,name")
    if me.get("id") != channel.native_id:
        return Health(
            Readiness.NOT_PERMITTED,
            f"The token does not act as the page of {channel.name}.",
            "use the page's own token, from /me/accounts",
        )
    client.get_page(channel.native_id, "published_posts", fields="id", limit=1)
    return Health(
        Readiness.READY,
        f"{channel.name} can be read; with app_id and app_secret its permissions are checked too.",
    )


def _author_of(ref: CommentRef) -> NativeId:
    if ref.author_id is None:
        raise NotPermitted(
            "Facebook does not say who wrote this comment; block its author by hand at the"
            " comment's address."
        )
    return ref.author_id


def _by_hand(deed: str) -> NotPermitted:
    return NotPermitted(
        f"Facebook does not let the page's token ask for this comment to {deed}; do it by hand at"
        " the comment's address."
    )
