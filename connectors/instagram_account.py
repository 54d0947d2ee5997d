"""An Instagram professional account: its media, the comments and replies under them, hiding.

How it reads is said in ``connectors.threads``. The list of media brings each one's count of
comments; comments come newest first, and a reply moves nothing but that count, so a count that
grew by more than was found has the whole thread read, replies and all.

Two ways of signing in lead to the same comments: through Facebook (``login = "facebook"``: the
host and the token of the Page that the account belongs to) and through Instagram itself
(``login = "instagram"``: its own host, and a token of sixty days that is renewed here).

Options: ``graph_version`` (``v26.0``), ``login``, and those of ``connectors.threads``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
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
from connectors.errors import CommentGone, NotPermitted
from connectors.graph import GraphClient
from connectors.graph_health import examine
from connectors.graph_pages import GraphWalk
from connectors.graph_presence import done, not_confirmed, telling_gone_from_unseen
from connectors.instagram_rows import COMMENT_FIELDS, MEDIA_FIELDS, read_comments, read_media
from connectors.instagram_token import InstagramToken
from connectors.threads import CommentsPage, ListedPost, PostsPage, follow_threads

__all__ = ["InstagramAccount", "connect"]

_LARGEST_PAGE = 50
_OWN_HOST = "https://graph.instagram.com"
_SCOPES = {
    "facebook": ("instagram_basic", "instagram_manage_comments", "pages_read_engagement"),
    "instagram": ("instagram_business_basic", "instagram_business_manage_comments"),
}
_CAPABILITIES = Capabilities(
    hide=Ability(reversible=True, still_seen_by="its author"),
    restore=Ability(reversible=True),
    delete=Ability(reversible=False),
    reply=Ability(reversible=True),
)


def connect(settings: ConnectorSettings) -> InstagramAccount:
    """Build the connector; makes no call.

    Args:
        settings: With the secret ``token``, and perhaps ``app_id`` and ``app_secret``.
    """
    return InstagramAccount(settings)


class InstagramAccount:
    """Keeps ``connectors.contract.Connector`` for Instagram professional accounts.

    Args:
        settings: See ``connect``.
    """

    def __init__(self, settings: ConnectorSettings) -> None:
        self._login = str(settings.options.get("login", "facebook"))
        own_host = self._login == "instagram" and not settings.base_url
        self._settings = replace(settings, base_url=_OWN_HOST) if own_host else settings
        self._client = GraphClient(self._settings)
        self._token = InstagramToken(self._client, self._settings)
        self._limit = min(settings.page_size, _LARGEST_PAGE)

    @property
    def capabilities(self) -> Capabilities:
        """Everything but blocking and reporting, which the platform offers to people only."""
        return _CAPABILITIES

    def pull(self, channel: Channel, since: Cursor | None) -> Iterator[Pull]:
        """Read what is new; see ``connectors.threads`` for how."""
        self._keep_token_fresh()
        source = _AccountThreads(self._client, self._limit)
        yield from follow_threads(source, channel, since, self._settings, mark="ig1:")

    def fetch(self, ref: CommentRef) -> Comment:
        """Read one comment as it stands now."""
        with telling_gone_from_unseen(self._client, ref.channel):
            row = GraphWalk(self._client, limit=1).read(
                COMMENT_FIELDS, lambda fields: self._client.get_object(ref.native_id, fields=fields)
            )
        comments = read_comments((row,), post_id=ref.post_id, account=ref.channel, permalink=None)
        return next(each for each in comments if each.native_id == str(row.get("id")))

    def hide(self, ref: CommentRef) -> Outcome:
        """Hide a comment; its author goes on seeing it."""
        return self._set_hidden(ref, hidden=True)

    def restore(self, ref: CommentRef) -> Outcome:
        """Make a hidden comment public again."""
        return self._set_hidden(ref, hidden=False)

    def delete(self, ref: CommentRef) -> Outcome:
        """Delete a comment under the account's own media, and the replies to it, for ever."""
        try:
            with telling_gone_from_unseen(self._client, ref.channel):
                return done(self._client.delete_object(ref.native_id))
        except CommentGone:
            return Outcome.GONE

    def reply(self, ref: CommentRef, text: str) -> NativeId:
        """Answer a comment as the account; an answer to a reply joins the thread above it."""
        answer = self._client.put_object(ref.native_id, "replies", message=text)
        if not answer.get("id"):
            raise not_confirmed()
        return NativeId(str(answer["id"]))

    def restrict(self, ref: CommentRef) -> Outcome:
        """Refused: Instagram's interface blocks nobody."""
        raise _by_people(ref, "be blocked")

    def lift(self, ref: CommentRef) -> Outcome:
        """Refused, for there is no block that this could end."""
        raise _by_people(ref, "have a block ended")

    def check(self, channel: Channel) -> Health:
        """Say whether the token can read and act, and when it ends."""
        needed = {scope: frozenset({scope}) for scope in _SCOPES.get(self._login, ())}
        found = examine(
            self._client,
            channel,
            self._settings,
            needed=needed,
            tried=lambda: self._tried(channel),
        )
        if found.expires_at is None:
            return replace(found, expires_at=self._token.expires_at())
        return found

    def close(self) -> None:
        """Close the connections to the platform; a later call opens new ones."""
        self._client.close()

    def _keep_token_fresh(self) -> None:
        if self._login == "instagram":
            self._token.renew_if_due()

    def _set_hidden(self, ref: CommentRef, *, hidden: bool) -> Outcome:
        try:
            with telling_gone_from_unseen(self._client, ref.channel):
                told = self._client.get_object(ref.native_id, fields="id,hidden")
                if told.get("hidden") is hidden:
                    return Outcome.ALREADY
                # Written as "hide", read as "hidden"; as text, like every boolean of a form.
                path = f"{self._client.version}/{ref.native_id}"
                word = "true" if hidden else "false"
                return done(self._client.request(path, post_args={"hide": word}))
        except CommentGone:
            return Outcome.GONE

    def _tried(self, channel: Channel) -> Health:
        told = self._client.get_object(channel.native_id, fields="id,username")
        if told.get("id") != channel.native_id:
            return Health(
                Readiness.NOT_PERMITTED,
                f"The token does not act as the account of {channel.name}.",
                "use the token that goes with this account",
            )
        self._client.get_page(channel.native_id, "media", fields="id", limit=1)
        return Health(
            Readiness.READY,
            f"{channel.name} can be read; with app_id and app_secret its permissions are checked"
            " too.",
        )


class _AccountThreads:
    """Keeps ``connectors.threads.ThreadSource`` for one pull of an account."""

    def __init__(self, client: GraphClient, limit: int) -> None:
        self._client = client
        self._walk = GraphWalk(client, limit=limit)
        self._calls_before = client.calls

    def posts(self, channel: Channel, *, oldest: datetime) -> Iterator[PostsPage]:
        since = int(oldest.timestamp())
        with telling_gone_from_unseen(self._client, channel):
            for page in self._walk.pages(channel.native_id, "media", MEDIA_FIELDS, since=since):
                yield PostsPage(
                    tuple(read_media(row) for row in page.rows), page.is_last, page.problem
                )

    def comments(
        self, channel: Channel, found: ListedPost, *, since: int
    ) -> Iterator[CommentsPage]:
        post = found.post
        for page in self._walk.pages(post.native_id, "comments", COMMENT_FIELDS):
            read = read_comments(
                page.rows, post_id=post.native_id, account=channel, permalink=post.permalink
            )
            # Newest first: what stands below an older one of the first level is older still,
            # but for replies, which the count of comments tells of.
            first_level = [each for each in read if each.parent_id is None]
            is_past = bool(first_level) and first_level[-1].created_at.timestamp() < since
            longer = [row for row in page.rows if _has_more_replies(row)]
            yield CommentsPage(read, (page.is_last or is_past) and not longer, page.problem)
            for number, row in enumerate(longer, 1):
                last = (page.is_last or is_past) and number == len(longer)
                yield from self._replies(channel, found, row, is_last=last)
            if is_past:
                return

    def is_tight(self) -> bool:
        return self._client.usage.is_high

    def problems(self) -> tuple[str, ...]:
        return self._walk.problems

    def spent(self) -> int:
        return self._client.calls - self._calls_before

    def _replies(
        self, channel: Channel, found: ListedPost, row: Mapping[str, Any], *, is_last: bool
    ) -> Iterator[CommentsPage]:
        """The replies of one thread from their beginning: the rows' own are only some of them."""
        for page in self._walk.pages(str(row["id"]), "replies", COMMENT_FIELDS):
            read = read_comments(
                page.rows,
                post_id=found.post.native_id,
                account=channel,
                permalink=found.post.permalink,
                parent_id=str(row["id"]),
            )
            yield CommentsPage(read, is_last and page.is_last, page.problem)


def _has_more_replies(row: object) -> bool:
    replies = row.get("replies") if isinstance(row, dict) else None
    paging = replies.get("paging") if isinstance(replies, dict) else None
    return isinstance(paging, dict) and bool(paging.get("next"))


def _by_people(ref: CommentRef, deed: str) -> NotPermitted:
    return NotPermitted(
        f"Instagram lets no program ask for an author on {ref.channel.name} to {deed}; do it by"
        " hand in the app."
    )
