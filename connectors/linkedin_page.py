"""A LinkedIn organisation page: its posts, and the comments and replies under them.

How it reads is said in ``connectors.threads``. The list of posts states no counts, so news comes
from the organisation's notifications: who commented, edited or deleted under which post in the
last week. A thread has no order that its contract promises, and is read whole each time.

Nothing can be hidden on LinkedIn. Whether a program may delete other people's comments is not
documented, so it is tried, and a refusal means "by hand". Names are not told to programs.

Options: ``api_version`` (``202609``), and those of ``connectors.threads``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
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
from connectors.linkedin_client import LinkedInClient, encoded
from connectors.linkedin_rows import comment_urn, news_of, read_comment, read_post, reply_count
from connectors.threads import CommentsPage, ListedPost, PostsPage, follow_threads

__all__ = ["LinkedInPage", "connect"]

_LARGEST_PAGE = 100
_LONGEST_REPLY = 1250
_NEWS_OF = timedelta(days=7)
_NEEDED = ("r_organization_social", "w_organization_social", "rw_organization_admin")
_CAPABILITIES = Capabilities(delete=Ability(reversible=False), reply=Ability(reversible=True))


def connect(settings: ConnectorSettings) -> LinkedInPage:
    """Build the connector; makes no call.

    Args:
        settings: With the secret ``token``, and perhaps ``client_id`` and ``client_secret``.
    """
    return LinkedInPage(settings)


class LinkedInPage:
    """Keeps ``connectors.contract.Connector`` for LinkedIn organisation pages.

    Args:
        settings: See ``connect``.
    """

    def __init__(self, settings: ConnectorSettings) -> None:
        self._settings = settings
        self._client = LinkedInClient(settings)

    @property
    def capabilities(self) -> Capabilities:
        """Deleting, where LinkedIn lets us, and answering; the rest is done by hand."""
        return _CAPABILITIES

    def pull(self, channel: Channel, since: Cursor | None) -> Iterator[Pull]:
        """Read what is new; see ``connectors.threads`` for how."""
        source = _PageThreads(self._client, self._settings)
        yield from follow_threads(source, channel, since, self._settings, mark="li1:")

    def fetch(self, ref: CommentRef) -> Comment:
        """Read one comment as it stands now."""
        row = self._client.read(_one(ref))
        return read_comment(row, post_id=ref.post_id, page_urn=ref.channel.native_id, parents={})

    def hide(self, ref: CommentRef) -> Outcome:
        """Refused: LinkedIn hides nothing."""
        raise _by_hand(ref, "hidden")

    def restore(self, ref: CommentRef) -> Outcome:
        """Refused, for nothing can have been hidden."""
        raise _by_hand(ref, "shown again")

    def delete(self, ref: CommentRef) -> Outcome:
        """Delete a comment for ever, where LinkedIn lets the page."""
        actor = encoded(ref.channel.native_id)
        try:
            self._client.write("DELETE", _one(ref), query=f"actor={actor}")
        except CommentGone:
            return Outcome.GONE
        try:
            self._client.read(_one(ref))
        except CommentGone:
            return Outcome.DONE
        raise UnexpectedReply(
            "LinkedIn took the deletion and still shows the comment; look at its address."
        )

    def reply(self, ref: CommentRef, text: str) -> NativeId:
        """Answer a comment as the page.

        Raises:
            NotPermitted: The text is longer than LinkedIn takes.
        """
        if len(text) > _LONGEST_REPLY:
            raise NotPermitted(
                f"LinkedIn takes {_LONGEST_REPLY} characters in a reply; shorten it."
            )
        answered = self._client.read(_one(ref))
        body = {
            "actor": ref.channel.native_id,
            "object": str(answered.get("object") or ref.post_id),
            "parentComment": comment_urn(answered),
            "message": {"text": text},
        }
        answer = self._client.write("POST", _comments_of(ref.post_id), body=body)
        written = answer.headers.get("x-restli-id")
        if not written:
            raise UnexpectedReply("LinkedIn did not say that it took the reply; look at the post.")
        return NativeId(written)

    def restrict(self, ref: CommentRef) -> Outcome:
        """Refused: LinkedIn lets no program block anybody."""
        raise _by_hand(ref, "blocked")

    def lift(self, ref: CommentRef) -> Outcome:
        """Refused, for there is no block that this could end."""
        raise _by_hand(ref, "unblocked")

    def check(self, channel: Channel) -> Health:
        """Say whether the token can read and write, and when it ends."""
        try:
            told = self._client.introspect()
            found = _judged(told, channel) if told is not None else None
            if found is not None and found.readiness is not Readiness.READY:
                return found
            tried = self._tried(channel)
        except CredentialsRejected as error:
            hint = error.scope or "token"
            return Health(Readiness.CREDENTIALS_REJECTED, error.sentence, hint)
        except ConnectorError as error:
            return Health(Readiness.NOT_READY, error.sentence, "try again later, then ask support")
        return tried if tried.readiness is not Readiness.READY else found or tried

    def close(self) -> None:
        """Close the connections to the platform; a later call opens new ones."""
        self._client.close()

    def _tried(self, channel: Channel) -> Health:
        query = "q=roleAssignee&role=ADMINISTRATOR&state=APPROVED"
        for rows, _ in self._client.pages(
            "/organizationAcls", query=query, count=_LARGEST_PAGE, method="FINDER"
        ):
            if any(
                channel.native_id in (row.get("organization"), row.get("organizationTarget"))
                for row in rows
            ):
                return Health(
                    Readiness.READY,
                    f"{channel.name} can be read; with client_id and client_secret its permissions"
                    " and its end are checked too.",
                )
        return Health(
            Readiness.NOT_PERMITTED,
            f"The token's user is no administrator of the page of {channel.name}.",
            "make the user an administrator of the page, or use another's token",
        )


class _PageThreads:
    """Keeps ``connectors.threads.ThreadSource`` for one pull of a page."""

    def __init__(self, client: LinkedInClient, settings: ConnectorSettings) -> None:
        self._client = client
        self._settings = settings
        self._limit = min(settings.page_size, _LARGEST_PAGE)
        self._calls_before = client.calls

    def posts(self, channel: Channel, *, oldest: datetime) -> Iterator[PostsPage]:
        news = self._news(channel)
        query = f"q=author&author={encoded(channel.native_id)}&sortBy=CREATED"
        for rows, is_last in self._client.pages(
            "/posts", query=query, count=self._limit, method="FINDER"
        ):
            read = [read_post(row, news=news) for row in rows]
            kept = tuple(found for found in read if found.post.created_at >= oldest)
            # The newest are listed first, so that one which is too old ends the list.
            ends = is_last or len(kept) < len(read)
            yield PostsPage(kept, ends)
            if ends:
                return

    def comments(
        self, channel: Channel, found: ListedPost, *, since: int
    ) -> Iterator[CommentsPage]:
        del since  # no order is promised, so that nothing tells where to stop
        post_id = found.post.native_id
        parents: dict[str, str] = {}
        answered: list[str] = []
        for rows, is_last in self._client.pages(_comments_of(post_id), count=self._limit):
            parents.update({comment_urn(row): str(row.get("id")) for row in rows})
            answered += [comment_urn(row) for row in rows if reply_count(row)]
            yield self._page(rows, post_id, channel, parents, is_last=is_last and not answered)
        for number, urn in enumerate(answered, 1):
            for rows, is_last in self._client.pages(_comments_of(urn), count=self._limit):
                ends = is_last and number == len(answered)
                yield self._page(rows, post_id, channel, parents, is_last=ends)

    def is_tight(self) -> bool:
        return False

    def problems(self) -> tuple[str, ...]:
        return ()

    def spent(self) -> int:
        return self._client.calls - self._calls_before

    def _page(
        self,
        rows: list[Mapping[str, Any]],
        post_id: NativeId,
        channel: Channel,
        parents: Mapping[str, str],
        *,
        is_last: bool,
    ) -> CommentsPage:
        read = tuple(
            read_comment(row, post_id=post_id, page_urn=channel.native_id, parents=parents)
            for row in rows
        )
        return CommentsPage(read, is_last)

    def _news(self, channel: Channel) -> dict[str, int]:
        now = self._settings.clock()
        start, end = (int(moment.timestamp() * 1000) for moment in (now - _NEWS_OF, now))
        query = (
            "q=criteria&actions=List(COMMENT,COMMENT_EDIT,COMMENT_DELETE)"
            f"&organizationalEntity={encoded(channel.native_id)}"
            f"&timeRange=(start:{start},end:{end})"
        )
        rows: list[Mapping[str, Any]] = []
        for page, _ in self._client.pages(
            "/organizationalEntityNotifications", query=query, count=_LARGEST_PAGE, method="FINDER"
        ):
            rows += page
        return news_of(rows)


def _comments_of(urn: str) -> str:
    return f"/socialActions/{encoded(urn)}/comments"


def _one(ref: CommentRef) -> str:
    return f"{_comments_of(ref.post_id)}/{encoded(ref.native_id)}"


def _judged(told: Mapping[str, Any], channel: Channel) -> Health:
    ends = told.get("expires_at")
    expires_at = datetime.fromtimestamp(ends, UTC) if isinstance(ends, int) else None
    if told.get("active") is not True:
        return Health(
            Readiness.CREDENTIALS_REJECTED,
            f"LinkedIn says that the token for {channel.name} is not active.",
            "sign in again as an administrator of the page",
            expires_at,
        )
    granted = str(told.get("scope", "")).split(",")
    missing = [scope for scope in _NEEDED if scope not in granted]
    if missing:
        return Health(
            Readiness.NOT_PERMITTED,
            f"The token for {channel.name} lacks {len(missing)} permission(s).",
            ", ".join(missing),
            expires_at,
        )
    return Health(
        Readiness.READY, f"{channel.name} can be read and answered.", expires_at=expires_at
    )


def _by_hand(ref: CommentRef, deed: str) -> NotPermitted:
    return NotPermitted(
        f"On LinkedIn nothing can be {deed} by a program; look at the comment of"
        f" {ref.channel.name} at its address."
    )
