"""A Facebook page: its posts, the comments under them, and what a moderator can do there.

How it reads. The list of the page's own posts in the watch window comes first; it brings each
thread's count of comments and ``updated_time``, so a quiet thread costs nothing. A thread with
news is read from where it was read to, less the look-back. Edits move no hint: threads whose
newest comment is younger than the look-back are read every time, and every thread is read from
its beginning once in ``sweep_hours``, a few in each pull. A count that grew by more than what was
found (comments released late) makes a thread be read from its beginning at once.

Options: ``graph_version`` (``v26.0``), ``sweep_hours`` (24), ``sweeps_per_pull`` (10), and
``always_read_hours`` (0): threads of posts younger than this are read whatever the hints say.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

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
)
from connectors.errors import (
    CommentGone,
    CredentialsRejected,
    NotPermitted,
    TryLater,
    UnexpectedReply,
)
from connectors.facebook_health import examine
from connectors.facebook_rows import (
    COMMENT_FIELDS,
    POST_FIELDS,
    ListedPost,
    read_comment,
    read_post,
)
from connectors.facebook_threads import Reading, SickThreads
from connectors.facebook_watch import Watched, WatchList
from connectors.graph import GraphClient
from connectors.graph_pages import GraphWalk

__all__ = ["FacebookPage", "connect"]

_LARGEST_PAGE = 100
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
        """Read what is new; see the module for how, and the contract for what is promised.

        A thread that cannot be read is left out and the others are read; its error is raised
        at the end. A limit of the whole account, or three dead calls, end the pull at once.
        """
        watched = WatchList(since)
        walk = GraphWalk(self._client, limit=self._limit)
        listing = self._list_posts(channel, walk)
        if listing.is_complete:
            watched.keep_only({found.post.native_id for found in listing.posts})
        sick = SickThreads()
        for found, sweep in self._due(listing.posts, watched):
            try:
                yield from self._read_what_is_new(
                    _Thread(channel, found, walk), watched, sweep=sweep
                )
            except CommentGone:
                watched.forget(found.post.native_id)
            except (UnexpectedReply, TryLater) as error:
                sick.note(error)
        yield Pull((), (), watched.cursor(), problems=(*listing.problems, *walk.problems))
        sick.complain()

    def fetch(self, ref: CommentRef) -> Comment:
        """Read one comment as it stands now."""
        with self._telling_gone_from_unseen(ref.channel):
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
            with self._telling_gone_from_unseen(ref.channel):
                told = self._client.get_object(ref.native_id, fields="id,can_remove")
                if told.get("can_remove") is False:
                    raise _by_hand("be deleted")
                return _done(self._client.delete_object(ref.native_id))
        except CommentGone:
            return Outcome.GONE

    def reply(self, ref: CommentRef, text: str) -> NativeId:
        """Answer a comment as the page."""
        answer = self._client.put_object(ref.native_id, "comments", message=text)
        if not answer.get("id"):
            raise _not_confirmed()
        return NativeId(str(answer["id"]))

    def restrict(self, ref: CommentRef) -> Outcome:
        """Block the comment's author from the page."""
        author_id = _author_of(ref)
        if self._is_blocked(ref):
            return Outcome.ALREADY
        answer = self._client.put_object(ref.channel.native_id, "blocked", user=author_id)
        return _done(answer, also=author_id)

    def lift(self, ref: CommentRef) -> Outcome:
        """End the block of the comment's author."""
        author_id = _author_of(ref)
        if not self._is_blocked(ref):
            return Outcome.ALREADY
        path = f"{self._client.version}/{ref.channel.native_id}/blocked"
        return _done(self._client.request(path, {"user": author_id}, method="DELETE"))

    def check(self, channel: Channel) -> Health:
        """Say whether the token can read and act, and when it or data access ends."""
        return examine(self._client, channel, self._settings)

    def close(self) -> None:
        """Close the connections to the platform; a later call opens new ones."""
        self._client.close()

    def _list_posts(self, channel: Channel, walk: GraphWalk) -> _Listing:
        listing = _Listing()
        oldest = self._settings.clock() - self._settings.watch_for
        since = int(oldest.timestamp())
        with self._telling_gone_from_unseen(channel):
            for page in walk.pages(channel.native_id, "published_posts", POST_FIELDS, since=since):
                listing.posts.extend(read_post(row) for row in page.rows)
                listing.is_complete = page.is_last
                listing.problems.extend([page.problem] if page.problem else [])
        return listing

    def _due(
        self, posts: list[ListedPost], watched: WatchList
    ) -> Iterator[tuple[ListedPost, bool]]:
        """Threads with news, the latest news first; then a few that are due to be swept."""
        now = self._now()
        news = [found for found in posts if self._has_news(found, watched.of(_id(found)), now)]
        for found in sorted(news, key=lambda found: found.updated, reverse=True):
            yield found, False
        if self._client.usage.is_high:
            return
        due = [found for found in posts if self._is_sweep_due(watched.of(_id(found)), now)]
        due.sort(key=lambda found: watched.of(_id(found)).swept)
        for found in due[: self._option("sweeps_per_pull", 10)]:
            yield found, True

    def _has_news(self, found: ListedPost, known: Watched, now: int) -> bool:
        if not known.is_complete or not found.updated or found.updated != known.updated:
            return True
        if found.post.comment_count is not None and found.post.comment_count != known.count:
            return True
        always = self._option("always_read_hours", 0) * 3600
        if found.post.created_at.timestamp() > now - always:
            return True
        return known.read_to >= now - int(self._settings.look_back.total_seconds())

    def _is_sweep_due(self, known: Watched, now: int) -> bool:
        every = self._option("sweep_hours", 24) * 3600
        return known.is_complete and known.swept <= now - every

    def _read_what_is_new(
        self, thread: _Thread, watched: WatchList, *, sweep: bool
    ) -> Iterator[Pull]:
        found = thread.found
        known = watched.of(_id(found))
        if found.post.comment_count == 0:
            watched.finish(_id(found), -1, count=0, updated=found.updated, swept=self._now())
            if known.count != 0:
                yield Pull((found.post,), (), watched.cursor(), 0)
            return
        if not sweep:
            reading = Reading(found, _since(known, self._settings), sweep=False)
            yield from self._read_thread(thread, reading, watched)
            if not reading.leaves_unexplained(known):
                return
            watched.ask_for_sweep(_id(found))
        reading = Reading(found, watched.of(_id(found)).sweeping, sweep=True)
        yield from self._read_thread(thread, reading, watched)

    def _read_thread(self, thread: _Thread, reading: Reading, watched: WatchList) -> Iterator[Pull]:
        post_id = _id(reading.found)
        known = watched.of(post_id)
        since = {"since": reading.since} if reading.since >= 0 else {}
        for page in thread.walk.pages(
            post_id, "comments", COMMENT_FIELDS, filter="stream", order="chronological", **since
        ):
            comments = tuple(
                read_comment(row, post_id=post_id, page_id=thread.channel.native_id)
                for row in page.rows
            )
            reading.take(comments, known)
            self._note(reading, watched, is_last=page.is_last)
            yield Pull(
                posts=(reading.found.post,),
                comments=comments,
                resume_at=watched.cursor(),
                platform_count=reading.found.post.comment_count if page.is_last else None,
                problems=(page.problem,) if page.problem else (),
            )

    def _note(self, reading: Reading, watched: WatchList, *, is_last: bool) -> None:
        post_id = _id(reading.found)
        if is_last:
            from_the_start = reading.since < 0 or reading.sweep
            watched.finish(
                post_id,
                reading.newest,
                count=reading.found.post.comment_count,
                updated=reading.found.updated,
                swept=self._now() if from_the_start else None,
            )
        elif reading.in_order and reading.newest >= 0:
            watched.advance(post_id, reading.newest, sweep=reading.sweep)

    def _set_hidden(self, ref: CommentRef, *, hidden: bool) -> Outcome:
        try:
            with self._telling_gone_from_unseen(ref.channel):
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
        return _done(self._client.request(path, post_args={"is_hidden": word}))

    @contextmanager
    def _telling_gone_from_unseen(self, channel: Channel) -> Iterator[None]:
        """Let ``CommentGone`` pass only while the page itself can be seen.

        The platform gives one answer for what was deleted and for what the token may not see, and
        a lost role must not make every hide request look as if the comment were gone.
        """
        try:
            yield
        except CommentGone:
            try:
                self._client.get_object(channel.native_id, fields="id")
            except CommentGone as error:
                raise CredentialsRejected(
                    f"The token no longer sees the page of {channel.name}; look at the page's"
                    " roles and issue a new token.",
                    details=error.details,
                ) from None
            raise

    def _is_blocked(self, ref: CommentRef) -> bool:
        page = self._client.get_page(ref.channel.native_id, "blocked", user=_author_of(ref))
        return bool(page["data"])

    def _option(self, name: str, default: int) -> int:
        told = self._settings.options.get(name, default)
        try:
            return int(told)
        except ValueError:
            raise UnexpectedReply(
                f"The option {name} is no whole number; correct it in channels.toml."
            ) from None

    def _now(self) -> int:
        return int(self._settings.clock().timestamp())


@dataclass(slots=True)
class _Listing:
    posts: list[ListedPost] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    is_complete: bool = False


@dataclass(frozen=True, slots=True)
class _Thread:
    channel: Channel
    found: ListedPost
    walk: GraphWalk


def _id(found: ListedPost) -> NativeId:
    return found.post.native_id


def _since(known: Watched, settings: ConnectorSettings) -> int:
    if known.read_to < 0:
        return -1
    return max(0, known.read_to - int(settings.look_back.total_seconds()))


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


def _done(answer: object, *, also: str = "success") -> Outcome:
    if isinstance(answer, dict) and (answer.get("success") is True or answer.get(also) is True):
        return Outcome.DONE
    raise _not_confirmed()


def _not_confirmed() -> UnexpectedReply:
    return UnexpectedReply(
        "Facebook did not say that it did what was asked; look at the comment's address."
    )
