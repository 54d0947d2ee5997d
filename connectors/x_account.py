"""An X account: the replies to its posts, mentions of it elsewhere, and hiding replies.

How it reads is said in ``connectors.threads``. The account's own posts come with a count of their
direct replies; answers to answers move no count, but nearly all of them mention the account, so
its mentions tell which conversation has news. A conversation is searched, newest first; the search
reaches seven days back, so what is older when a channel is first connected is not seen.

Mentions in other people's conversations stand under one post of our own making,
``mentions``. They can be answered and their authors muted, but nobody can hide them.

Every post and user that is read costs money: ``spent`` counts them as post reads.

Options: those of ``connectors.threads``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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
    Post,
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
from connectors.rest import RestAnswer
from connectors.threads import CommentsPage, ListedPost, PostsPage, follow_threads
from connectors.watching import WatchList
from connectors.x_client import XClient
from connectors.x_rows import conversation_of, moment_of, newest_id, read_post, read_reply

__all__ = ["MENTIONS", "XAccount", "connect"]

MENTIONS = NativeId("mentions")
"""The post of our own making under which mentions in other conversations stand."""

_MARK = "xx1:"
_MINUTE = 60
"""The hint of ``MENTIONS`` is in minutes since 1970 and says how far mentions were read: small
beside every conversation's seconds, so that it is read, and the mark moved, after all of them."""

_LARGEST_PAGE = 100
_SMALLEST_SEARCH = 10
_SMALLEST_PAGE = 5
_SEARCHED = timedelta(days=7) - timedelta(minutes=5)
_FIELDS = (
    "id,text,author_id,conversation_id,created_at,referenced_tweets,edit_history_tweet_ids,"
    "note_tweet,entities,attachments"
)
_OF_A_REPLY: Mapping[str, str] = {
    "tweet_fields": _FIELDS,
    "expansions": "author_id",
    "user_fields": "id,name,username",
}
_CAPABILITIES = Capabilities(
    hide=Ability(
        reversible=True, still_seen_by="everybody who opens the hidden replies", cost="$0.005"
    ),
    restore=Ability(reversible=True, cost="$0.005"),
    reply=Ability(reversible=True, cost="$0.015"),
    restrict=Ability(
        reversible=True, still_seen_by="everybody but the council: it is a mute", cost="$0.015"
    ),
)


def connect(settings: ConnectorSettings) -> XAccount:
    """Build the connector; makes no call.

    Args:
        settings: With the secrets ``consumer_key``, ``consumer_secret``, ``access_token`` and
            ``access_token_secret``.
    """
    return XAccount(settings)


class XAccount:
    """Keeps ``connectors.contract.Connector`` for X accounts.

    Args:
        settings: See ``connect``.
    """

    def __init__(self, settings: ConnectorSettings) -> None:
        self._settings = settings
        self._client = XClient(settings)

    @property
    def capabilities(self) -> Capabilities:
        """Hiding, answering and muting; deleting, blocking and reporting are people's alone."""
        return _CAPABILITIES

    def pull(self, channel: Channel, since: Cursor | None) -> Iterator[Pull]:
        """Read what is new; see ``connectors.threads`` for how."""
        source = _AccountThreads(self._client, self._settings, WatchList(since, mark=_MARK))
        yield from follow_threads(source, channel, since, self._settings, mark=_MARK)

    def fetch(self, ref: CommentRef) -> Comment:
        """Read one reply as it stands now. Nothing there tells whether it is hidden."""
        row, users = self._newest_edition(ref)
        return read_reply(row, post_id=ref.post_id, account_id=ref.channel.native_id, users=users)

    def hide(self, ref: CommentRef) -> Outcome:
        """Hide a reply in a conversation of the account's own; readers can still open it."""
        return self._set_hidden(ref, self._client.hide_reply, hidden=True)

    def restore(self, ref: CommentRef) -> Outcome:
        """Show a hidden reply again."""
        return self._set_hidden(ref, self._client.unhide_reply, hidden=False)

    def delete(self, ref: CommentRef) -> Outcome:
        """Refused: X deletes nobody's posts but one's own."""
        raise _by_hand(ref, "deleted")

    def reply(self, ref: CommentRef, text: str) -> NativeId:
        """Answer a post, where its author has mentioned the account, as X demands."""
        answer = self._client.create_tweet(
            text=text, in_reply_to_tweet_id=ref.native_id, user_auth=True
        )
        data = answer.fields.get("data")
        if not isinstance(data, dict) or not data.get("id"):
            raise _not_confirmed()
        return NativeId(str(data["id"]))

    def restrict(self, ref: CommentRef) -> Outcome:
        """Mute the author: X lets programs block nobody."""
        return self._set_muted(ref, self._client.mute, muted=True)

    def lift(self, ref: CommentRef) -> Outcome:
        """End the mute of the author."""
        return self._set_muted(ref, self._client.unmute, muted=False)

    def check(self, channel: Channel) -> Health:
        """Say whether the keys are the account's own."""
        try:
            data = self._client.get_me(user_auth=True).fields.get("data")
        except CredentialsRejected as error:
            hint = error.scope or "access_token"
            return Health(Readiness.CREDENTIALS_REJECTED, error.sentence, hint)
        except ConnectorError as error:
            return Health(Readiness.NOT_READY, error.sentence, "try again later, then ask support")
        if not isinstance(data, dict) or str(data.get("id")) != channel.native_id:
            return Health(
                Readiness.NOT_PERMITTED,
                f"The access token does not belong to the account of {channel.name}.",
                "make the access token while signed in as that account",
            )
        return Health(
            Readiness.READY,
            f"{channel.name} can be read; whether replies can be hidden shows at the first one.",
        )

    def close(self) -> None:
        """Close the connections to the platform; a later call opens new ones."""
        self._client.close()

    def _set_hidden(
        self, ref: CommentRef, act: Callable[..., RestAnswer], *, hidden: bool
    ) -> Outcome:
        if ref.post_id == MENTIONS:
            raise _by_hand(ref, "hidden in somebody else's conversation")
        try:
            # X answers alike for what is gone and what is not ours.
            row, _ = self._newest_edition(ref)
            answer = act(str(row.get("id")), user_auth=True)
        except CommentGone:
            return Outcome.GONE
        return _confirmed(answer, "hidden", hidden)

    def _newest_edition(self, ref: CommentRef) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        """The row of a post's present wording, and the users that came with it.

        X's pages disagree whether the first identifier brings the first wording or the last.
        """
        row, users = self._edition(ref.native_id)
        newest = newest_id(row)
        return (row, users) if newest == str(row.get("id")) else self._edition(newest)

    def _edition(self, native_id: str) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        answer = self._client.get_tweet(native_id, user_auth=True, **_OF_A_REPLY)
        row = answer.fields.get("data")
        if not isinstance(row, dict):
            raise CommentGone("X no longer has this post, or no longer shows it.")
        return row, _users(answer)

    def _set_muted(
        self, ref: CommentRef, act: Callable[..., RestAnswer], *, muted: bool
    ) -> Outcome:
        if ref.author_id is None:
            raise _by_hand(ref, "muted, because X does not say who wrote it,")
        return _confirmed(act(ref.author_id, user_auth=True), "muting", muted)


class _AccountThreads:
    """Keeps ``connectors.threads.ThreadSource`` for one pull of an account."""

    def __init__(self, client: XClient, settings: ConnectorSettings, watched: WatchList) -> None:
        self._client = client
        self._settings = settings
        self._watched = watched
        self._spent_before = client.spent
        self._elsewhere: list[Comment] = []
        self._newest_mention = 0

    def posts(self, channel: Channel, *, oldest: datetime) -> Iterator[PostsPage]:
        own = self._own_posts(channel, oldest)
        news = self._news(channel, {post.native_id for post in own})
        found = [
            ListedPost(
                post,
                # What was once seen stays seen, though it leaves the time that is asked about.
                updated=max(
                    int(post.created_at.timestamp()),
                    self._watched.of(post.native_id).updated,
                    news.get(post.native_id, 0),
                ),
            )
            for post in own
        ]
        pretend = Post(MENTIONS, "Mentions in other conversations", oldest.replace(microsecond=0))
        before = self._watched.of(MENTIONS).updated
        read_to = max(self._newest_mention // _MINUTE, before, 1)
        found.append(ListedPost(pretend, updated=read_to))
        yield PostsPage(tuple(found), is_last=True)

    def comments(
        self, channel: Channel, found: ListedPost, *, since: int
    ) -> Iterator[CommentsPage]:
        if found.post.native_id == MENTIONS:
            yield from self._in_parts(self._elsewhere, is_last=True)
            return
        start = max(self._settings.clock() - _SEARCHED, _moment(since))
        token: str | None = None
        while True:
            answer = self._client.search_recent_tweets(
                f"conversation_id:{found.post.native_id} -is:retweet",
                start_time=start,
                max_results=max(_SMALLEST_SEARCH, min(self._settings.page_size, _LARGEST_PAGE)),
                sort_order="recency",
                next_token=token,
                user_auth=True,
                **_OF_A_REPLY,
            )
            rows, token = _rows(answer)
            read = [
                read_reply(
                    row,
                    post_id=found.post.native_id,
                    account_id=channel.native_id,
                    users=_users(answer),
                )
                for row in rows
                if str(row.get("id")) != found.post.native_id
            ]
            yield from self._in_parts(read, is_last=token is None)
            if token is None:
                return

    def is_tight(self) -> bool:
        return False

    def problems(self) -> tuple[str, ...]:
        return ()

    def spent(self) -> int:
        return self._client.spent - self._spent_before

    def _own_posts(self, channel: Channel, oldest: datetime) -> list[Post]:
        found: list[Post] = []
        for answer in self._pages(
            self._client.get_users_tweets,
            channel,
            exclude="replies,retweets",
            start_time=oldest,
            tweet_fields=f"{_FIELDS},public_metrics",
        ):
            found += [read_post(row) for row in _rows(answer)[0]]
        return found

    def _news(self, channel: Channel, own: set[NativeId]) -> dict[str, int]:
        """Conversation of ours -> the second of its newest mention; others are kept as comments."""
        # Each mention that is read is paid for, so only those since the last look are asked for.
        read_to = self._watched.of(MENTIONS).updated * _MINUTE
        since = read_to - int(self._settings.look_back.total_seconds())
        news: dict[str, int] = {}
        for answer in self._pages(
            self._client.get_users_mentions,
            channel,
            start_time=max(self._settings.clock() - _SEARCHED, _moment(since)),
            **_OF_A_REPLY,
        ):
            for row in _rows(answer)[0]:
                conversation = conversation_of(row)
                written = int(moment_of(row).timestamp())
                self._newest_mention = max(self._newest_mention, written)
                if conversation in own:
                    news[conversation] = max(news.get(conversation, 0), written)
                elif str(row.get("author_id")) != channel.native_id:
                    self._elsewhere.append(
                        read_reply(
                            row,
                            post_id=MENTIONS,
                            account_id=channel.native_id,
                            users=_users(answer),
                        )
                    )
        return news

    def _pages(
        self, ask: Callable[..., RestAnswer], channel: Channel, **arguments: Any
    ) -> Iterator[RestAnswer]:
        token: str | None = None
        while True:
            answer = ask(
                channel.native_id,
                max_results=max(_SMALLEST_PAGE, min(self._settings.page_size, _LARGEST_PAGE)),
                pagination_token=token,
                user_auth=True,
                **arguments,
            )
            yield answer
            _, token = _rows(answer)
            if token is None:
                return

    def _in_parts(self, read: list[Comment], *, is_last: bool) -> Iterator[CommentsPage]:
        """Pages cannot be asked for as small as a batch may have to be."""
        size = self._settings.page_size
        starts = range(0, max(len(read), 1), size)
        for start in starts:
            part = tuple(read[start : start + size])
            yield CommentsPage(part, is_last=is_last and start == starts[-1])


def _rows(answer: RestAnswer) -> tuple[list[Mapping[str, Any]], str | None]:
    """A page's rows, and the token of the next; no rows at all is an answer too."""
    rows, meta = answer.fields.get("data", []), answer.fields.get("meta", {})
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnexpectedReply("X answered without a list; look whether its API has changed.")
    if not rows and not (isinstance(meta, dict) and "result_count" in meta):
        # Taken for an empty list, it would make every post of the account be forgotten.
        raise UnexpectedReply("X answered without a list; look at native_id and the app's access.")
    token = meta.get("next_token") if isinstance(meta, dict) else None
    return rows, str(token) if token else None


def _users(answer: RestAnswer) -> dict[str, str]:
    includes = answer.fields.get("includes")
    users = includes.get("users") if isinstance(includes, dict) else None
    return {
        str(each.get("id")): str(each.get("username") or each.get("name") or "")
        for each in (users if isinstance(users, list) else ())
        if isinstance(each, dict)
    }


def _moment(since: int) -> datetime:
    return datetime.fromtimestamp(max(since, 0), UTC)


def _confirmed(answer: RestAnswer, name: str, wanted: bool) -> Outcome:  # noqa: FBT001 - what X says
    data = answer.fields.get("data")
    if isinstance(data, dict) and data.get(name) is wanted:
        return Outcome.DONE
    raise _not_confirmed()


def _not_confirmed() -> UnexpectedReply:
    return UnexpectedReply("X did not say that it did what was asked; look at the post's address.")


def _by_hand(ref: CommentRef, deed: str) -> NotPermitted:
    return NotPermitted(
        f"On X a post can not be {deed} by a program; look at the one under {ref.channel.name} at"
        " its address."
    )
