"""A Bluesky account: the replies to its posts, and hiding them by its own threadgates.

How it reads is said in ``connectors.threads``. The account's own posts come with a count of their
direct replies; its notifications tell which thread has news, and hold the direct replies
themselves. A thread comes ten levels deep at once, and what lies deeper is asked for from there.
Answers to other residents' answers raise neither count nor notification, so they are found when
the thread is read for another reason, or by the daily sweep.

There are no edits on Bluesky, only deletions and new posts.

Options: those of ``connectors.threads``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.bluesky_client import BlueskyClient
from connectors.bluesky_gate import ThreadGate
from connectors.bluesky_rows import moment_of, nodes_of, read_comment, read_post, root_of
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
from connectors.watching import WatchList

__all__ = ["BlueskyAccount", "connect"]

_MARK = "bs1:"
_LARGEST_PAGE = 100
_DEPTH = 10
_LONGEST_REPLY = 300
_FIRST_NEWS = timedelta(days=7)
_BLOCKS = "app.bsky.graph.block"
_POSTS = "app.bsky.feed.post"
_CAPABILITIES = Capabilities(
    hide=Ability(reversible=True, still_seen_by="everybody who opens the hidden replies"),
    restore=Ability(reversible=True),
    reply=Ability(reversible=True),
    restrict=Ability(
        reversible=True, still_seen_by="everybody: a block is public, and hides nothing written"
    ),
)


def connect(settings: ConnectorSettings) -> BlueskyAccount:
    """Build the connector; makes no call.

    Args:
        settings: With the secrets ``identifier`` (the handle) and ``app_password``.
    """
    return BlueskyAccount(settings)


class BlueskyAccount:
    """Keeps ``connectors.contract.Connector`` for Bluesky accounts.

    Args:
        settings: See ``connect``.
    """

    def __init__(self, settings: ConnectorSettings) -> None:
        self._settings = settings
        self._client = BlueskyClient(settings)

    @property
    def capabilities(self) -> Capabilities:
        """Hiding, answering and blocking; deleting others' posts is nobody's."""
        return _CAPABILITIES

    def pull(self, channel: Channel, since: Cursor | None) -> Iterator[Pull]:
        """Read what is new; see ``connectors.threads`` for how."""
        source = _AccountThreads(self._client, self._settings, WatchList(since, mark=_MARK))
        yield from follow_threads(source, channel, since, self._settings, mark=_MARK)

    def fetch(self, ref: CommentRef) -> Comment:
        """Read one reply as it stands now."""
        view = self._view(ref.native_id)
        hidden = ref.native_id in self._gate(ref).hidden()
        return read_comment(
            view, post_id=ref.post_id, account_id=ref.channel.native_id, hidden=hidden
        )

    def hide(self, ref: CommentRef) -> Outcome:
        """Hide a reply in a thread of the account's own; readers can still open it."""
        return self._set_hidden(ref, hidden=True)

    def restore(self, ref: CommentRef) -> Outcome:
        """Show a hidden reply again."""
        return self._set_hidden(ref, hidden=False)

    def delete(self, ref: CommentRef) -> Outcome:
        """Refused: on Bluesky everybody deletes their own posts only."""
        raise NotPermitted(
            f"On Bluesky nobody can delete another's post; report the one under"
            f" {ref.channel.name} at its address."
        )

    def reply(self, ref: CommentRef, text: str) -> NativeId:
        """Answer a post as the account.

        Raises:
            NotPermitted: The text is longer than Bluesky takes.
        """
        if len(text) > _LONGEST_REPLY:
            raise NotPermitted(f"Bluesky takes {_LONGEST_REPLY} characters; shorten the reply.")
        parent, root = self._view(ref.native_id), self._view(ref.post_id)
        record = {
            "$type": _POSTS,
            "text": text,
            "createdAt": self._settings.clock().strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "reply": {
                "root": {"uri": root["uri"], "cid": root.get("cid")},
                "parent": {"uri": parent["uri"], "cid": parent.get("cid")},
            },
        }
        answer = self._client.write(
            "com.atproto.repo.createRecord",
            repo=ref.channel.native_id,
            collection=_POSTS,
            record=record,
        )
        if not answer.get("uri"):
            raise _not_confirmed()
        return NativeId(str(answer["uri"]))

    def restrict(self, ref: CommentRef) -> Outcome:
        """Block the author; anybody can see that the account does."""
        if self._block_key(ref) is not None:
            return Outcome.ALREADY
        record = {
            "$type": _BLOCKS,
            "subject": _author_of(ref),
            "createdAt": self._settings.clock().strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        }
        answer = self._client.write(
            "com.atproto.repo.createRecord",
            repo=ref.channel.native_id,
            collection=_BLOCKS,
            record=record,
        )
        if not answer.get("uri"):
            raise _not_confirmed()
        return Outcome.DONE

    def lift(self, ref: CommentRef) -> Outcome:
        """End the block of the author."""
        key = self._block_key(ref)
        if key is None:
            return Outcome.ALREADY
        self._client.write(
            "com.atproto.repo.deleteRecord",
            repo=ref.channel.native_id,
            collection=_BLOCKS,
            rkey=key,
        )
        if self._block_key(ref) is not None:
            raise _not_confirmed()
        return Outcome.DONE

    def check(self, channel: Channel) -> Health:
        """Say whether the handle and app password open this account."""
        try:
            told = self._client.read("com.atproto.server.getSession")
        except CredentialsRejected as error:
            hint = error.scope or "app_password"
            return Health(Readiness.CREDENTIALS_REJECTED, error.sentence, hint)
        except ConnectorError as error:
            return Health(Readiness.NOT_READY, error.sentence, "try again later, then ask support")
        if told.get("did") != channel.native_id:
            return Health(
                Readiness.NOT_PERMITTED,
                f"The app password does not belong to the account of {channel.name}.",
                "use the handle and an app password of that account",
            )
        return Health(Readiness.READY, f"{channel.name} can be read and its threads moderated.")

    def close(self) -> None:
        """Close the connections to the platform; a later call opens new ones."""
        self._client.close()

    def _set_hidden(self, ref: CommentRef, *, hidden: bool) -> Outcome:
        if not ref.post_id.startswith(f"at://{ref.channel.native_id}/"):
            raise NotPermitted(
                "On Bluesky replies are hidden only in threads that the account began; report the"
                " post at its address."
            )
        try:
            self._view(ref.native_id)
        except CommentGone:
            return Outcome.GONE
        return self._gate(ref).set_hidden(ref.native_id, hidden=hidden)

    def _gate(self, ref: CommentRef) -> ThreadGate:
        return ThreadGate(
            self._client,
            repo=ref.channel.native_id,
            post_uri=ref.post_id,
            clock=self._settings.clock,
        )

    def _view(self, uri: str) -> Mapping[str, Any]:
        told = self._client.read("app.bsky.feed.getPosts", uris=[uri])
        for view in told.get("posts") or ():
            if isinstance(view, dict) and view.get("uri") == uri:
                return view
        raise CommentGone("Bluesky no longer has this post.")

    def _block_key(self, ref: CommentRef) -> str | None:
        """The key of the record that blocks the author; None where there is none."""
        author_id, cursor = _author_of(ref), None
        while True:
            told = self._client.read(
                "com.atproto.repo.listRecords",
                repo=ref.channel.native_id,
                collection=_BLOCKS,
                limit=_LARGEST_PAGE,
                cursor=cursor,
            )
            for each in told.get("records") or ():
                value = each.get("value") if isinstance(each, dict) else None
                if isinstance(value, dict) and value.get("subject") == author_id:
                    return str(each.get("uri")).rpartition("/")[2]
            cursor = told.get("cursor")
            if not cursor:
                return None


class _AccountThreads:
    """Keeps ``connectors.threads.ThreadSource`` for one pull of an account."""

    def __init__(
        self, client: BlueskyClient, settings: ConnectorSettings, watched: WatchList
    ) -> None:
        self._client = client
        self._settings = settings
        self._watched = watched
        self._calls_before = client.calls
        self._notified: dict[str, list[Mapping[str, Any]]] = {}

    def posts(self, channel: Channel, *, oldest: datetime) -> Iterator[PostsPage]:
        self._hear()
        cursor: str | None = None
        while True:
            told = self._client.read(
                "app.bsky.feed.getAuthorFeed",
                actor=channel.native_id,
                filter="posts_no_replies",
                limit=min(max(self._settings.page_size, 1), _LARGEST_PAGE),
                cursor=cursor,
            )
            own = [
                read_post(each["post"])
                for each in _rows(told, "feed")
                if isinstance(each.get("post"), dict) and "reason" not in each  # no reposts
            ]
            kept = [post for post in own if post.created_at >= oldest]
            cursor = told.get("cursor")
            ends = not cursor or len(kept) < len(own)
            listed = tuple(
                ListedPost(post, updated=self._news_of(post.native_id, post.created_at))
                for post in kept
            )
            yield PostsPage(listed, is_last=ends)
            if ends:
                return

    def comments(
        self, channel: Channel, found: ListedPost, *, since: int
    ) -> Iterator[CommentsPage]:
        del since  # a thread comes whole
        post_id = found.post.native_id
        gate = ThreadGate(
            self._client,
            repo=channel.native_id,
            post_uri=post_id,
            clock=self._settings.clock,
        )
        hidden = gate.hidden()
        views = {str(view.get("uri")): view for view in self._thread(post_id)}
        for notice in self._notified.get(post_id, []):
            views.setdefault(str(notice.get("uri")), notice)
        views.pop(post_id, None)
        read = [
            read_comment(view, post_id=post_id, account_id=channel.native_id, hidden=uri in hidden)
            for uri, view in views.items()
        ]
        size = self._settings.page_size
        starts = range(0, max(len(read), 1), size)
        for start in starts:
            part = tuple(read[start : start + size])
            yield CommentsPage(part, is_last=start == starts[-1])

    def is_tight(self) -> bool:
        return False

    def problems(self) -> tuple[str, ...]:
        return ()

    def spent(self) -> int:
        return self._client.calls - self._calls_before

    def _thread(self, uri: str) -> Iterator[Mapping[str, Any]]:
        """Every post of a thread, however deep."""
        waiting = [uri]
        while waiting:
            told = self._client.read(
                "app.bsky.feed.getPostThread", uri=waiting.pop(), depth=_DEPTH, parentHeight=0
            )
            for view, level in nodes_of(told.get("thread")):
                yield view
                if level == _DEPTH and view.get("replyCount"):
                    waiting.append(str(view.get("uri")))

    def _hear(self) -> None:
        """Note what the notifications tell, from the newest back to the last look."""
        latest = self._watched.latest_news() - int(self._settings.look_back.total_seconds())
        first = int((self._settings.clock() - _FIRST_NEWS).timestamp())
        until, cursor = max(latest, first), None
        while True:
            told = self._client.read(
                "app.bsky.notification.listNotifications", limit=_LARGEST_PAGE, cursor=cursor
            )
            rows = _rows(told, "notifications")
            for row in rows:
                root = root_of(row.get("record"))
                if row.get("reason") == "reply" and root:
                    self._notified.setdefault(root, []).append(row)
            cursor = told.get("cursor")
            if not cursor or not rows or moment_of(rows[-1]).timestamp() < until:
                return

    def _news_of(self, post_id: NativeId, published: datetime) -> int:
        heard = [int(moment_of(row).timestamp()) for row in self._notified.get(post_id, [])]
        return max(int(published.timestamp()), self._watched.of(post_id).updated, *heard, 0)


def _rows(told: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = told.get(name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnexpectedReply(
            f"Bluesky answered without a list of {name}; look whether its API has changed."
        )
    return rows


def _author_of(ref: CommentRef) -> str:
    if ref.author_id is None:
        raise NotPermitted("Nobody said who wrote this post; block the author by hand.")
    return ref.author_id


def _not_confirmed() -> UnexpectedReply:
    return UnexpectedReply(
        "Bluesky did not say that it did what was asked; look at the post's address."
    )
