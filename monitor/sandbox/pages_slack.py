"""The pretend Slack in a browser: one channel on one person's screen, with what they can press."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode
from zlib import crc32

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from monitor.sandbox.pages_render import Filled, Frame, day_of
from monitor.sandbox.slack_hands import SlackWorkspace
from monitor.sandbox.slack_state import NoSuchThing, Postcard, SlackChannel, SlackFile, SlackUser

__all__ = ["SlackScreens", "slack_router"]

_NEWEST = 200
_GONE = "That is no longer there. The page now shows what is."


@dataclass(frozen=True, slots=True)
class _ShownMessage:
    card: Postcard
    name: str
    is_app: bool
    day: str
    new_day: bool
    in_thread: bool
    files: tuple[SlackFile, ...]


@dataclass(frozen=True, slots=True)
class _ShownChannel:
    channel: SlackChannel
    unread: int


@dataclass(slots=True)
class SlackScreens:
    """What each person has read, and which of Slack's own warnings they have seen.

    Attributes:
        workspace: What is shown.
        patience_s: How long a press waits for what the app makes of it, so that the page that
            comes back shows it already; later changes arrive by themselves.
    """

    workspace: SlackWorkspace
    patience_s: float = 1.5
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _read_to: dict[tuple[str, str], str] = field(default_factory=dict)
    _warnings_seen: dict[str, int] = field(default_factory=dict)

    def name_of(self, identifier: str) -> str:
        """The name behind a person's or channel's identifier; the identifier where none is."""
        for user in self.workspace.users():
            if user.id == identifier:
                return user.real_name
        for channel in self.workspace.channels():
            if channel.id == identifier:
                return channel.name
        return identifier

    def people(self) -> tuple[SlackUser, ...]:
        """Everybody who can sign in."""
        return tuple(user for user in self.workspace.users() if not user.is_bot)

    def signed_in(self, user_id: str) -> SlackUser:
        """The person of this identifier, or the first there is."""
        return next((one for one in self.people() if one.id == user_id), self.people()[0])

    def open_channel(self, channel_id: str) -> SlackChannel:
        """The channel of this identifier, or the first that the app is in."""
        shown = self._channels()
        return next((one for one in shown if one.id == channel_id), shown[0])

    def channels(self, user: SlackUser) -> tuple[_ShownChannel, ...]:
        """Every channel with how much this person has not read in it."""
        with self._lock:
            read_to = dict(self._read_to)
        return tuple(
            _ShownChannel(
                channel,
                sum(
                    _key(card.ts) > _key(read_to.get((user.id, channel.id), "0"))
                    for card in self.workspace.messages(channel.id)
                ),
            )
            for channel in self._channels()
        )

    def read(self, user: SlackUser, channel: SlackChannel) -> tuple[_ShownMessage, ...]:
        """The newest 200 things in a channel for this person, oldest first; now they are read."""
        own = [card for card in self.workspace.ephemerals(user.id) if card.channel == channel.id]
        cards = sorted(
            [*self.workspace.messages(channel.id), *own],
            key=lambda card: (_key(card.thread_ts or card.ts), _key(card.ts)),
        )[-_NEWEST:]
        if cards:
            with self._lock:
                newest = max((card.ts for card in cards), key=_key)
                self._read_to[user.id, channel.id] = newest
        return tuple(
            self._shown(card, before) for card, before in zip(cards, [None, *cards], strict=False)
        )

    def warning(self, user: SlackUser) -> str:
        """Slack's own complaint about this person's latest press; "" when there is none."""
        sentences = self._warnings(user.id)
        with self._lock:
            seen = self._warnings_seen.get(user.id, 0)
        return sentences[-1] if len(sentences) > seen else ""

    def act(self, user: SlackUser, filled: Mapping[str, str], *, act: str) -> str:
        """Press, submit or close as this person, and give the app a moment to answer.

        Args:
            user: Who does it.
            filled: The form: ``pressed`` with ``channel`` and ``ts`` or with ``view``; for a
                submission ``view`` and the answers, each named ``in:`` and its block.
            act: ``press``, ``submit`` or ``close``.

        Returns:
            "" or one sentence for the person.
        """
        with self._lock:
            self._warnings_seen[user.id] = len(self._warnings(user.id))
        before = self.state(user.id)
        try:
            if act == "press":
                self._press(user.id, filled)
            elif act == "submit":
                self.workspace.submit_view(user.id, filled.get("view", ""), _answers(filled))
                before = self.state(user.id)
            else:
                self.workspace.dismiss(user.id, filled.get("view", ""))
        except NoSuchThing:
            return _GONE
        self.workspace.wait_until(lambda: self.state(user.id) != before, timeout_s=self.patience_s)
        return ""

    def state(self, user_id: str) -> int:
        """A number that changes when anything changes that this person can see."""
        with self.workspace.changed:
            cards = [
                card for channel in self._channels() for card in self.workspace.messages(channel.id)
            ]
            seen = [(card.ts, card.edited_ts) for card in (*cards, *self._own(user_id))]
            screens = [screen.hash for screen in self.workspace.open_views(user_id)]
            files = [len(self.workspace.files(channel.id)) for channel in self._channels()]
            return crc32(repr((seen, screens, files, self._warnings(user_id))).encode())

    def _own(self, user_id: str) -> tuple[Postcard, ...]:
        return self.workspace.ephemerals(user_id)

    def _channels(self) -> tuple[SlackChannel, ...]:
        return tuple(
            one for one in self.workspace.channels() if one.is_member and not one.is_archived
        )

    def _warnings(self, user_id: str) -> tuple[str, ...]:
        return tuple(sentence for who, sentence in self.workspace.warnings if who == user_id)

    def _shown(self, card: Postcard, before: Postcard | None) -> _ShownMessage:
        in_thread = card.thread_ts not in {"", card.ts}
        day = day_of(card.thread_ts or card.ts)
        return _ShownMessage(
            card,
            name=self.name_of(card.user),
            is_app=card.user == self.workspace.bot_user,
            day=day,
            new_day=before is None or day_of(before.thread_ts or before.ts) != day,
            in_thread=in_thread,
            files=tuple(self.workspace.file(one) for one in card.files),
        )

    def _press(self, user_id: str, filled: Mapping[str, str]) -> None:
        action_id = filled.get("pressed", "")
        if "view" in filled:
            self.workspace.press_in_view(user_id, filled["view"], action_id)
        else:
            channel_id, ts = filled.get("channel", ""), filled.get("ts", "")
            self.workspace.press(user_id, channel_id, ts, action_id)


def slack_router(frame: Frame, screens: SlackScreens) -> APIRouter:
    """The routes below ``/slack``: look at a channel, press, submit, close."""
    router = APIRouter(prefix="/slack")

    @router.get("")
    def look(user: str = "", channel: str = "") -> Response:
        return _drawn(frame, screens, user_id=user, channel_id=channel)

    @router.post("/{act}")
    def act(act: str, filled: Filled) -> Response:
        if act not in {"press", "submit", "close"}:
            return frame.missing("Nothing of that name can be done in this Slack.")
        person = screens.signed_in(filled.get("user", ""))
        channel_id = filled.get("channel", "")
        trouble = screens.act(person, filled, act=act)
        if trouble:
            return _drawn(frame, screens, user_id=person.id, channel_id=channel_id, trouble=trouble)
        query = urlencode({"user": person.id, "channel": channel_id})
        anchor = f"#m-{filled['ts']}" if "ts" in filled else ""
        return RedirectResponse(f"/slack?{query}{anchor}", 303)

    return router


def _drawn(
    frame: Frame, screens: SlackScreens, *, user_id: str, channel_id: str, trouble: str = ""
) -> Response:
    user, channel = screens.signed_in(user_id), screens.open_channel(channel_id)
    messages = screens.read(user, channel)
    opened = screens.workspace.open_views(user.id)
    return frame.draw(
        "slack.html",
        here="slack",
        status=409 if trouble else 200,
        team=screens.workspace.team_name,
        people=screens.people(),
        user=user,
        channel=channel,
        channels=screens.channels(user),
        messages=messages,
        screen=opened[-1] if opened else None,
        notice=trouble or screens.warning(user),
    )


def _answers(filled: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix("in:"): value for name, value in filled.items() if name[:3] == "in:"}


def _key(ts: str) -> tuple[int, str]:
    whole, _, fraction = ts.partition(".")
    return int(whole), fraction
