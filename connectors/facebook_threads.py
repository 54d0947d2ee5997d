"""Reading one thread: what it has met so far, and what to do when threads cannot be read."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.contract import Comment
from connectors.errors import TryLater, UnexpectedReply
from connectors.facebook_rows import ListedPost
from connectors.facebook_watch import Watched

__all__ = ["Reading", "SickThreads"]

_DEAD_CALLS = 3


@dataclass(slots=True)
class Reading:
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
            # Asked for in order, but only what is seen to be in order may move the progress.
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


class SickThreads:
    """The threads that could not be read: the others go on, and the first error is kept."""

    def __init__(self) -> None:
        self._errors: list[UnexpectedReply | TryLater] = []
        self._without_reason = 0

    def note(self, error: UnexpectedReply | TryLater) -> None:
        """Keep the error, or raise it where going on would help nobody."""
        if isinstance(error, TryLater):
            # With a code the platform speaks of this thread; without, the line itself is bad.
            self._without_reason += "code" not in error.details
            if error.whole_account or self._without_reason == _DEAD_CALLS:
                raise error
        self._errors.append(error)

    def complain(self) -> None:
        """Raise the first error, now that everything else has been read."""
        if self._errors:
            raise self._errors[0]
