"""The pretend Slack's memory: who is there, what was posted, and what stands on whose screen.

Everything a person would see or do in Slack is here as plain Python, for tests and for the
pages that show this workspace in a browser. ``monitor.sandbox.slack`` puts the Web API on top.
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from monitor.sandbox.http import Clock

__all__ = [
    "CAST",
    "CHANNELS",
    "NoSuchThing",
    "Postcard",
    "Screen",
    "SlackChannel",
    "SlackFile",
    "SlackUser",
    "Workspace",
]

_Kept = TypeVar("_Kept")


class NoSuchThing(LookupError):  # noqa: N818 - it says what was not found
    """Nobody, no channel, no post or no view of that name is in this workspace."""


@dataclass(frozen=True, slots=True)
class SlackUser:
    """Somebody in the workspace."""

    id: str
    name: str
    real_name: str
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class SlackChannel:
    """A channel. The app posts only where it is a member."""

    id: str
    name: str
    is_member: bool = True
    is_archived: bool = False


@dataclass(frozen=True, slots=True)
class Postcard:
    """What stands in a channel, or on one person's screen alone when ``only_for`` names them.

    Attributes:
        ts: Its key: unique, increasing, a string.
        metadata: As it was posted; the platform shows it only to who asks for it.
        edited_ts: When it was last changed, or "".
        unfurls: Whether links would have been unfurled, as asked for.
    """

    channel: str
    ts: str
    user: str
    text: str
    blocks: tuple[Mapping[str, Any], ...] = ()
    metadata: Mapping[str, Any] | None = None
    thread_ts: str = ""
    edited_ts: str = ""
    only_for: str = ""
    unfurls: bool = True
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SlackFile:
    """An uploaded file; in no channel until the upload was completed."""

    id: str
    filename: str
    title: str = ""
    content: bytes = b""
    channel: str = ""
    length: int = 0


@dataclass(frozen=True, slots=True)
class Screen:
    """A view that is open on somebody's screen.

    Attributes:
        view: As the app sent it.
        errors: Block -> sentence, after a submission that was turned back.
        trouble: What Slack itself says when the app did not answer in time, or "".
        hash: Changes with every update.
    """

    id: str
    user: str
    view: Mapping[str, Any]
    hash: str
    root_id: str
    errors: Mapping[str, str] = field(default_factory=dict)
    trouble: str = ""
    external_id: str = ""


CAST = (
    SlackUser("U0AMINA", "amina", "Amina"),
    SlackUser("U0BEDE", "bede", "Bede"),
    SlackUser("U0CARYS", "carys", "Carys"),
    SlackUser("U0DOV", "dov", "Dov"),
    SlackUser("U0EUN", "eun", "Eun"),
    SlackUser("U0GUEST", "guest", "A guest of the workspace"),
    SlackUser("U0WARDMOTE", "wardmote", "Wardmote", is_bot=True),
)
CHANNELS = (
    SlackChannel("C0MODERATION", "moderation"),
    SlackChannel("C0OPERATORS", "operators"),
    SlackChannel("C0REPORTS", "reports"),
    SlackChannel("C0LEGAL", "legal"),
    SlackChannel("C0SAFEGUARDING", "safeguarding"),
    SlackChannel("C0PRIVATE", "members-only", is_member=False),
    SlackChannel("C0OLD", "old-project", is_archived=True),
)


class Workspace:
    """One pretend workspace; every method is safe from any thread.

    Args:
        clock: The town's time; timestamps are made from it.
    """

    team_id = "T0WEXCOMBE"
    team_name = "Wexcombe Borough Council"
    app_id = "A0WARDMOTE"
    bot_id = "B0WARDMOTE"
    bot_user = "U0WARDMOTE"

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.changed = threading.Condition(threading.RLock())
        self._users = {user.id: user for user in CAST}
        self._channels = {channel.id: channel for channel in CHANNELS}
        self._groups: dict[str, tuple[str, ...]] = {"S0MODERATORS": ("U0AMINA", "U0BEDE")}
        self._posts: list[Postcard] = []
        self._screens: list[Screen] = []
        self._files: dict[str, SlackFile] = {}
        self._last_ts = 0
        self._count = 0

    def users(self) -> tuple[SlackUser, ...]:
        """Everybody, the app's own user last."""
        with self.changed:
            return tuple(self._users.values())

    def user(self, user_id: str) -> SlackUser:
        """Somebody; raises ``NoSuchThing``."""
        return _found(self._users, user_id)

    def add_user(self, user: SlackUser) -> None:
        """Let somebody in."""
        with self.changed:
            self._users[user.id] = user

    def group(self, group_id: str) -> tuple[str, ...]:
        """The members of a user group; raises ``NoSuchThing``."""
        return _found(self._groups, group_id)

    def channels(self) -> tuple[SlackChannel, ...]:
        """Every channel."""
        with self.changed:
            return tuple(self._channels.values())

    def channel(self, channel_id: str) -> SlackChannel:
        """A channel; raises ``NoSuchThing``."""
        return _found(self._channels, channel_id)

    def put_channel(self, channel: SlackChannel) -> None:
        """Open a channel, or change one of that identifier."""
        with self.changed:
            self._channels[channel.id] = channel

    def messages(self, channel_id: str) -> tuple[Postcard, ...]:
        """What everybody in a channel sees, oldest first."""
        with self.changed:
            return tuple(
                post for post in self._posts if post.channel == channel_id and not post.only_for
            )

    def message(self, channel_id: str, ts: str) -> Postcard:
        """One message of a channel; raises ``NoSuchThing``."""
        for post in self.messages(channel_id):
            if post.ts == ts:
                return post
        raise NoSuchThing(f"message {ts} in {channel_id}")

    def ephemerals(self, user_id: str) -> tuple[Postcard, ...]:
        """What only this person was told, oldest first."""
        with self.changed:
            return tuple(post for post in self._posts if post.only_for == user_id)

    def open_views(self, user_id: str) -> tuple[Screen, ...]:
        """The views on somebody's screen, the topmost last."""
        with self.changed:
            return tuple(screen for screen in self._screens if screen.user == user_id)

    def view(self, view_id: str) -> Screen:
        """An open view by its identifier or by the app's own for it; raises ``NoSuchThing``."""
        with self.changed:
            for screen in self._screens:
                if view_id in {screen.id, screen.external_id}:
                    return screen
        raise NoSuchThing(f"view {view_id}")

    def files(self, channel_id: str) -> tuple[SlackFile, ...]:
        """The files that were shared in a channel."""
        with self.changed:
            return tuple(each for each in self._files.values() if each.channel == channel_id)

    def file(self, file_id: str) -> SlackFile:
        """An uploaded file; raises ``NoSuchThing``."""
        return _found(self._files, file_id)

    def wait_until(self, holds: Callable[[], bool], *, timeout_s: float = 10.0) -> bool:
        """Wait for the workspace to change until ``holds``; says whether it does."""
        with self.changed:
            # Some conditions look at more than this workspace, so they are asked again anyway.
            deadline = time.monotonic() + timeout_s
            while not holds():
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self.changed.wait(min(left, 0.05))
            return True

    def next_ts(self) -> str:
        """A timestamp like Slack's: unique, increasing, six digits after the point."""
        with self.changed:
            moment = int(self.clock().timestamp() * 1_000_000)
            self._last_ts = max(moment, self._last_ts + 1)
            return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def next_id(self, letter: str) -> str:
        """An identifier that was never given before: ``V00000007``."""
        with self.changed:
            self._count += 1
            return f"{letter}{self._count:08d}"

    def post(self, postcard: Postcard) -> Postcard:
        """Put something up, under a new timestamp."""
        with self.changed:
            posted = replace(postcard, ts=self.next_ts())
            self._posts.append(posted)
            self.changed.notify_all()
            return posted

    def change(self, postcard: Postcard) -> Postcard:
        """Replace a message by another version of itself."""
        with self.changed:
            edited = replace(postcard, edited_ts=self.next_ts())
            self._posts = [edited if post.ts == postcard.ts else post for post in self._posts]
            self.changed.notify_all()
            return edited

    def delete(self, channel_id: str, ts: str) -> None:
        """Take a message down; raises ``NoSuchThing``."""
        with self.changed:
            self.message(channel_id, ts)
            self._posts = [post for post in self._posts if post.ts != ts]
            self.changed.notify_all()

    def show(self, user_id: str, view: Mapping[str, Any], *, on: str = "") -> Screen:
        """Open a view for somebody, on top of the view ``on`` where that is given."""
        with self.changed:
            view_id = self.next_id("V")
            screen = Screen(
                id=view_id,
                user=user_id,
                view=copy.deepcopy(dict(view)),
                hash=self.next_id("h"),
                root_id=self.view(on).root_id if on else view_id,
                external_id=str(view.get("external_id") or ""),
            )
            self._screens.append(screen)
            self.changed.notify_all()
            return screen

    def redraw(self, screen: Screen) -> Screen:
        """Replace an open view by another version of itself, under a new hash."""
        with self.changed:
            self.view(screen.id)
            drawn = replace(screen, hash=self.next_id("h"))
            self._screens = [drawn if each.id == screen.id else each for each in self._screens]
            self.changed.notify_all()
            return drawn

    def close_view(self, view_id: str, *, stack: bool = False) -> None:
        """Close a view, or with ``stack`` everything that was opened with it."""
        with self.changed:
            closing = self.view(view_id)
            self._screens = [
                each
                for each in self._screens
                if not (each.id == closing.id or (stack and each.root_id == closing.root_id))
            ]
            self.changed.notify_all()

    def keep_file(self, kept: SlackFile) -> None:
        """Keep a file, in whatever state of upload it is."""
        with self.changed:
            self._files[kept.id] = kept
            self.changed.notify_all()


def _found(kept: Mapping[str, _Kept], name: str) -> _Kept:
    try:
        return kept[name]
    except KeyError:
        raise NoSuchThing(name) from None
