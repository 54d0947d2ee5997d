"""The pretend platform behind a connector's contract tests, and the inbox that stores from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from connectors.contract import Channel, Comment, Connector, Cursor, NativeId, Pull

__all__ = ["Inbox", "Stage", "abandon"]


class Stage(Protocol):
    """A pretend platform with one channel, as the contract's tests need it.

    Attributes:
        channel: What is read.
        secrets: Every token that the connector holds; none may be seen anywhere.
        released_cursors: A cursor of each format that was ever released.
    """

    channel: Channel
    secrets: tuple[str, ...]
    released_cursors: tuple[Cursor, ...]

    def now(self) -> datetime:
        """The platform's time, aware UTC."""
        ...

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        ...

    def connector(self) -> Connector:
        """A new connector, as after a restart, whose batches hold three comments at most."""
        ...

    def publish(self, text: str, *, at: datetime) -> NativeId:
        """Publish a post."""
        ...

    def write(
        self,
        post_id: NativeId,
        text: str,
        *,
        at: datetime,
        author: str | None = "Jo",
        parent_id: NativeId | None = None,
    ) -> NativeId:
        """Write a comment; None withholds its author."""
        ...

    def write_attachment(self, post_id: NativeId, *, at: datetime) -> NativeId:
        """Write a comment that has no text and something attached."""
        ...

    def edit(self, comment_id: NativeId, text: str) -> None:
        """Change a comment's text, as its author."""
        ...

    def delete(self, comment_id: NativeId) -> None:
        """Delete a comment, as its author."""
        ...

    def limit_calls(self) -> None:
        """Answer every call with the platform's rate limit."""
        ...

    def expire_token(self) -> None:
        """Make the token expire."""
        ...


@dataclass(slots=True)
class Inbox:
    """What a caller has stored: the newest version of each comment, and the cursor."""

    comments: dict[str, Comment] = field(default_factory=dict)
    cursor: Cursor | None = None

    def store(self, batch: Pull) -> None:
        """Store a batch and move the cursor, as the daemon does in one transaction."""
        self.comments.update({comment.native_id: comment for comment in batch.comments})
        if batch.resume_at is not None:
            self.cursor = batch.resume_at

    def drain(self, stage: Stage, *, stop_after: int | None = None) -> int:
        """Pull with a new connector and store; returns how many batches there were.

        Args:
            stage: Whose connector and channel.
            stop_after: Abandon the pull after so many batches; None reads to the end.
        """
        batches = stage.connector().pull(stage.channel, self.cursor)
        stored = 0
        for batch in batches:
            self.store(batch)
            stored += 1
            if stored == stop_after:
                abandon(batches)
                break
        return stored


def abandon(batches: Iterator[Pull]) -> None:
    """Leave an iterator half-way, as a caller does whose transaction rolled back."""
    close = getattr(batches, "close", None)
    if close is not None:
        close()
