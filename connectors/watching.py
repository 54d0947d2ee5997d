"""Which posts of a channel are watched, and how far each thread has been read.

This is what the cursor of a connector that follows threads holds: the connector's own mark
(``fb1:``) and a JSON object that maps a post's identifier to five numbers, in the order of
:class:`Watched`'s attributes. Replies do not bump old threads, so there is no one moment up to
which a channel has been read; every thread has its own.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import astuple, dataclass, replace

from connectors.contract import Cursor

__all__ = ["WatchList", "Watched"]

_UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Watched:
    """How far one thread has been read. Moments are seconds since 1970; -1 is "not known".

    Attributes:
        read_to: Nothing created before it is outstanding, but for what arrives late.
        count: The platform's count of comments when the thread was last read to its end.
        updated: The platform's ``updated_time`` of the post at that same moment.
        swept: When the thread was last read from its beginning to its end.
        sweeping: How far an unfinished sweep has come.
    """

    read_to: int = _UNKNOWN
    count: int = _UNKNOWN
    updated: int = _UNKNOWN
    swept: int = _UNKNOWN
    sweeping: int = _UNKNOWN

    @property
    def is_complete(self) -> bool:
        """Whether the thread was once read to its end, so that its hints say something."""
        return self.updated != _UNKNOWN


class WatchList:
    """The watched posts of one channel. Progress only ever grows.

    Args:
        cursor: What an earlier pull promised. One that cannot be read starts from nothing, which
            reads the whole watch window again.
        mark: What the connector's cursors begin with: ``fb1:``.
    """

    def __init__(self, cursor: Cursor | None = None, *, mark: str) -> None:
        self._mark = mark
        self._posts = _parse(cursor, mark)

    def cursor(self) -> Cursor:
        """The list as it stands now."""
        told = {post_id: astuple(watched) for post_id, watched in self._posts.items()}
        return Cursor(self._mark + json.dumps(told, separators=(",", ":")))

    def of(self, post_id: str) -> Watched:
        """How far this post's thread has been read."""
        return self._posts.get(post_id, Watched())

    def latest_news(self) -> int:
        """The latest hint of all posts, in seconds since 1970; -1 where there is none."""
        return max((known.updated for known in self._posts.values()), default=_UNKNOWN)

    def keep_only(self, post_ids: Collection[str]) -> None:
        """Forget the posts that are deleted or have left the watch window."""
        self._posts = {key: known for key, known in self._posts.items() if key in post_ids}

    def forget(self, post_id: str) -> None:
        """Forget one post."""
        self._posts.pop(post_id, None)

    def advance(self, post_id: str, moment: int, *, sweep: bool) -> None:
        """Note that everything up to ``moment`` has been read, though not yet to the end."""
        known = self.of(post_id)
        if sweep:
            known = replace(known, sweeping=max(known.sweeping, moment))
        self._posts[post_id] = replace(known, read_to=max(known.read_to, moment))

    def finish(
        self, post_id: str, moment: int, *, count: int | None, updated: int, swept: int | None
    ) -> None:
        """Note that a thread has been read to its end.

        Args:
            post_id: Which one.
            moment: When its newest comment was written; -1 where there is none.
            count: The platform's count before it was read, or None where it states none.
            updated: The post's ``updated_time`` before it was read.
            swept: Now, if it was read from its very beginning; None leaves that as it was.
        """
        known = self.of(post_id)
        self._posts[post_id] = Watched(
            read_to=max(known.read_to, moment),
            count=_UNKNOWN if count is None else count,
            updated=updated,
            swept=known.swept if swept is None else swept,
            sweeping=known.sweeping if swept is None else _UNKNOWN,
        )

    def ask_for_sweep(self, post_id: str) -> None:
        """Make a thread due to be read from its beginning, the first of all."""
        self._posts[post_id] = replace(self.of(post_id), swept=_UNKNOWN)


def _parse(cursor: Cursor | None, mark: str) -> dict[str, Watched]:
    if cursor is None or not cursor.startswith(mark):
        return {}
    try:
        told = json.loads(cursor.removeprefix(mark))
        return {str(key): Watched(*(int(number) for number in row)) for key, row in told.items()}
    except (AttributeError, TypeError, ValueError):
        return {}
