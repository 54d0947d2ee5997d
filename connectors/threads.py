"""Following the threads under a channel's posts, on platforms that tell of no changes.

No platform has a reliable feed of changed comments, and on most a reply does not bring its thread
to the front. So the list of the channel's own posts in the watch window comes first: with each
thread's count of comments, and where the platform has one a moment that moves with its news, so
that a quiet thread costs nothing. A thread with news is read from where it was read to, less the
look-back. Edits move no hint: threads whose newest comment is younger than the look-back are read
every time, and every thread is read from its beginning once in ``sweep_hours``, a few in each
pull. A count that grew by more than what was found (comments released late) makes a thread be
read from its beginning at once.

A connector supplies a :class:`ThreadSource`, which knows the platform; :func:`follow_threads`
knows the order, the cursor and what an error means for the rest.

Options, of every connector that follows threads: ``sweep_hours`` (24), ``sweeps_per_pull`` (10)
and ``always_read_hours`` (0): threads of posts younger than this are read whatever the hints say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from connectors.contract import Channel, Comment, ConnectorSettings, Cursor, NativeId, Post, Pull
from connectors.errors import CommentGone, TryLater, UnexpectedReply
from connectors.watching import Watched, WatchList

__all__ = ["CommentsPage", "ListedPost", "PostsPage", "ThreadSource", "follow_threads", "option"]

_DEAD_CALLS = 3
_MORE_TRIES = 2


@dataclass(frozen=True, slots=True)
class ListedPost:
    """A post, and the hints that something was written under it.

    Attributes:
        post: Its ``comment_count`` is the platform's own, at every level that the platform
            counts; 0 promises that nothing stands there, so that it need not be read.
        updated: Seconds since 1970, moving with the thread's news; 0 where there is no such hint.
    """

    post: Post
    updated: int = 0


@dataclass(frozen=True, slots=True)
class PostsPage:
    """Some of a channel's posts.

    Attributes:
        is_last: The list is complete with this page; until it is, no post is forgotten.
        problem: Why it could not be read to its end, in one sentence, or "".
    """

    posts: tuple[ListedPost, ...]
    is_last: bool
    problem: str = ""


@dataclass(frozen=True, slots=True)
class CommentsPage:
    """Some of a thread's comments, at every level and in any order.

    Attributes:
        is_last: The thread has been read to its end, or as far back as was asked for.
        problem: Why it could not be read to its end, in one sentence, or "".
    """

    comments: tuple[Comment, ...]
    is_last: bool
    problem: str = ""


class ThreadSource(Protocol):
    """What a connector knows of its platform, for one pull. It may raise any ``ConnectorError``."""

    def posts(self, channel: Channel, *, oldest: datetime) -> Iterator[PostsPage]:
        """List the channel's own posts that were published at or after ``oldest``."""
        ...

    def comments(
        self, channel: Channel, found: ListedPost, *, since: int
    ) -> Iterator[CommentsPage]:
        """Read one thread.

        Args:
            channel: Whose.
            found: Which one.
            since: What was written before this moment (seconds since 1970) may be left out; -1
                asks for the whole thread.
        """
        ...

    def is_tight(self) -> bool:
        """Whether so much of a budget is spent that sweeping has to wait."""
        ...

    def problems(self) -> tuple[str, ...]:
        """One sentence for each thing that could not be read as it should, so far."""
        ...

    def spent(self) -> int:
        """What this pull has cost so far, in the unit of the platform's budget."""
        ...


def follow_threads(
    source: ThreadSource,
    channel: Channel,
    since: Cursor | None,
    settings: ConnectorSettings,
    *,
    mark: str,
) -> Iterator[Pull]:
    """Read what is new on a channel, as ``Connector.pull`` promises it.

    A thread that cannot be read is left out and the others are read; it is asked for twice more
    at the end, and then its error is raised. A limit of the whole account, or three dead calls
    in a row, end the pull at once.

    Args:
        source: The platform.
        channel: What is read.
        since: Where an earlier pull got to; one without ``mark`` counts as none.
        settings: The connector's: clock, look-back, watch window and options.
        mark: What the connector's cursors begin with: its own letters, a number and a colon.
    """
    yield from _Following(source, channel, settings, WatchList(since, mark=mark)).pulls()


def option(settings: ConnectorSettings, name: str, default: int) -> int:
    """A whole number from the connector's options.

    Raises:
        UnexpectedReply: What stands there is none.
    """
    told = settings.options.get(name, default)
    try:
        return int(told)
    except ValueError:
        raise UnexpectedReply(
            f"The option {name} is no whole number; correct it in channels.toml."
        ) from None


class _Following:
    """One pull."""

    def __init__(
        self,
        source: ThreadSource,
        channel: Channel,
        settings: ConnectorSettings,
        watched: WatchList,
    ) -> None:
        self._source = source
        self._channel = channel
        self._settings = settings
        self._watched = watched
        self._look_back = int(settings.look_back.total_seconds())
        self._told_cost = 0

    def pulls(self) -> Iterator[Pull]:
        for batch in self._batches():
            spent = self._source.spent()
            yield replace(batch, cost=spent - self._told_cost)
            self._told_cost = spent

    def _batches(self) -> Iterator[Pull]:
        listing = self._list_posts()
        if listing.is_complete:
            self._watched.keep_only({_id(found) for found in listing.posts})
        sick = _SickThreads()
        for found, sweep in self._due(listing.posts):
            yield from self._tried(found, sick, sweep=sweep)
        # A few lost answers among many must not make the whole channel look unseen.
        for _ in range(_MORE_TRIES):
            for found, sweep in sick.once_more():
                yield from self._tried(found, sick, sweep=sweep)
        problems = (*listing.problems, *self._source.problems())
        yield Pull((), (), self._watched.cursor(), problems=problems)
        sick.complain()

    def _tried(self, found: ListedPost, sick: _SickThreads, *, sweep: bool) -> Iterator[Pull]:
        try:
            yield from self._read_what_is_new(found, sweep=sweep)
        except CommentGone:
            self._watched.forget(_id(found))
        except (UnexpectedReply, TryLater) as error:
            sick.note(error, found, sweep=sweep)
        else:
            sick.answered()

    def _list_posts(self) -> _Listing:
        listing = _Listing()
        oldest = self._settings.clock() - self._settings.watch_for
        for page in self._source.posts(self._channel, oldest=oldest):
            listing.posts.extend(page.posts)
            listing.is_complete = page.is_last
            listing.problems.extend([page.problem] if page.problem else [])
        return listing

    def _due(self, posts: list[ListedPost]) -> Iterator[tuple[ListedPost, bool]]:
        """Threads with news, the latest news first; then a few that are due to be swept."""
        now = self._now()
        news = [found for found in posts if self._has_news(found, now)]
        for found in sorted(news, key=lambda found: found.updated, reverse=True):
            yield found, False
        if self._source.is_tight():
            return
        due = [found for found in posts if self._is_sweep_due(found, now)]
        due.sort(key=lambda found: self._watched.of(_id(found)).swept)
        for found in due[: option(self._settings, "sweeps_per_pull", 10)]:
            yield found, True

    def _has_news(self, found: ListedPost, now: int) -> bool:
        known = self._watched.of(_id(found))
        count = found.post.comment_count
        if not known.is_complete or found.updated != known.updated:
            return True
        if count != known.count if count is not None else not found.updated:
            return True
        always = option(self._settings, "always_read_hours", 0) * 3600
        if found.post.created_at.timestamp() > now - always:
            return True
        return known.read_to >= now - self._look_back

    def _is_sweep_due(self, found: ListedPost, now: int) -> bool:
        known = self._watched.of(_id(found))
        every = option(self._settings, "sweep_hours", 24) * 3600
        return known.is_complete and known.swept <= now - every

    def _read_what_is_new(self, found: ListedPost, *, sweep: bool) -> Iterator[Pull]:
        post_id = _id(found)
        known = self._watched.of(post_id)
        if found.post.comment_count == 0:
            self._watched.finish(post_id, -1, count=0, updated=found.updated, swept=self._now())
            if known.count != 0:
                yield Pull((found.post,), (), self._watched.cursor(), 0)
            return
        if not sweep:
            since = -1 if known.read_to < 0 else max(0, known.read_to - self._look_back)
            reading = _Reading(found, since, sweep=False)
            yield from self._read_thread(reading)
            if not reading.leaves_unexplained(known):
                return
            self._watched.ask_for_sweep(post_id)
        yield from self._read_thread(
            _Reading(found, self._watched.of(post_id).sweeping, sweep=True)
        )

    def _read_thread(self, reading: _Reading) -> Iterator[Pull]:
        found = reading.found
        known = self._watched.of(_id(found))
        for page in self._source.comments(self._channel, found, since=reading.since):
            reading.take(page.comments, known)
            self._note(reading, is_last=page.is_last)
            yield Pull(
                posts=(found.post,),
                comments=page.comments,
                resume_at=self._watched.cursor(),
                platform_count=found.post.comment_count if page.is_last else None,
                problems=(page.problem,) if page.problem else (),
            )

    def _note(self, reading: _Reading, *, is_last: bool) -> None:
        post_id = _id(reading.found)
        if is_last:
            from_the_start = reading.since < 0 or reading.sweep
            self._watched.finish(
                post_id,
                reading.newest,
                count=reading.found.post.comment_count,
                updated=reading.found.updated,
                swept=self._now() if from_the_start else None,
            )
        elif reading.in_order and reading.newest >= 0:
            self._watched.advance(post_id, reading.newest, sweep=reading.sweep)

    def _now(self) -> int:
        return int(self._settings.clock().timestamp())


@dataclass(slots=True)
class _Listing:
    posts: list[ListedPost] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    is_complete: bool = False


@dataclass(slots=True)
class _Reading:
    """One reading of a thread: from ``since`` (-1: the beginning), and what it has met so far."""

    found: ListedPost
    since: int
    sweep: bool
    newest: int = -1
    fresh: int = 0
    in_order: bool = True

    def take(self, comments: tuple[Comment, ...], known: Watched) -> None:
        """Note when the comments of one page were written."""
        for comment in comments:
            moment = int(comment.created_at.timestamp())
            # Only what is seen to come oldest first may move the progress before the end.
            self.in_order = self.in_order and moment >= self.newest
            self.newest = max(self.newest, moment)
            self.fresh += moment > known.read_to

    def leaves_unexplained(self, known: Watched) -> bool:
        """Whether the platform's hints tell of more than was found."""
        if self.since < 0:
            return False
        if not known.is_complete:
            return True
        count = self.found.post.comment_count
        if count is None or known.count < 0:
            return False
        growth = count - known.count
        moved = self.found.updated != known.updated
        return growth > self.fresh or (moved and growth == 0 and self.fresh == 0)


class _SickThreads:
    """The threads that could not be read: the others go on, and the first error is kept."""

    def __init__(self) -> None:
        self._errors: list[UnexpectedReply | TryLater] = []
        self._waiting: list[tuple[ListedPost, bool]] = []
        self._dead_calls = 0

    def note(self, error: UnexpectedReply | TryLater, found: ListedPost, *, sweep: bool) -> None:
        """Keep the error, or raise it where going on would help nobody."""
        if isinstance(error, TryLater):
            # With a code the platform speaks of this thread; without, the line itself is bad.
            self._dead_calls += "code" not in error.details
            if error.whole_account or self._dead_calls == _DEAD_CALLS:
                raise error
        self._errors.append(error)
        self._waiting.append((found, sweep))

    def answered(self) -> None:
        """Note that a thread was read, so that the line is not dead."""
        self._dead_calls = 0

    def once_more(self) -> list[tuple[ListedPost, bool]]:
        """Hand out the threads that were noted, and forget them and their errors."""
        waiting, self._waiting, self._errors = self._waiting, [], []
        return waiting

    def complain(self) -> None:
        """Raise the first error, now that everything else has been read."""
        if self._errors:
            raise self._errors[0]


def _id(found: ListedPost) -> NativeId:
    return found.post.native_id
