"""What a person does in the pretend Slack: press a button, fill in a form, close it.

Each becomes the payload that the real platform would send, goes to the app over Socket Mode, and
what the app answers is done to the person's screen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from monitor.sandbox.http import Clock
from monitor.sandbox.slack_limits import complaints_about_view
from monitor.sandbox.slack_link import Envelope, SlackLink
from monitor.sandbox.slack_state import NoSuchThing, Postcard, Screen, Workspace

__all__ = ["TRIGGER_LIFE", "SlackWorkspace", "TriggerRefused"]

TRIGGER_LIFE = timedelta(seconds=3)
"""How long after a press the app may open a view for it."""

_NO_ANSWER = "We had some trouble connecting. Try again?"


class TriggerRefused(Exception):  # noqa: N818 - it says what happened to the trigger
    """A trigger cannot open a view (any more); the platform's own error name."""


@dataclass(slots=True)
class _Trigger:
    user: str
    given_at: datetime
    used: bool = False


class SlackWorkspace(Workspace):
    """A workspace with people in it who press and type.

    Args:
        link: Where presses go.
        clock: The town's time.
    """

    def __init__(self, link: SlackLink, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self.link = link
        self._triggers: dict[str, _Trigger] = {}
        self._warnings: list[tuple[str, str]] = []

    def press(
        self,
        user_id: str,
        channel_id: str,
        ts: str,
        action_id: str,
        *,
        drawn: Postcard | None = None,
    ) -> Envelope:
        """Press a button on a message.

        Args:
            user_id: Who presses.
            channel_id: Where the message stands.
            ts: Which message.
            action_id: Which button.
            drawn: The message as the person still sees it, when their screen is out of date.

        Raises:
            NoSuchThing: No such user or message, or no such button on it.
        """
        self.user(user_id)
        seen = drawn or self._seen(user_id, channel_id, ts)
        block_id, button = _button_in(seen.blocks, action_id)
        payload = {
            **self._interaction("block_actions", user_id),
            "container": {
                "type": "message",
                "message_ts": seen.ts,
                "channel_id": seen.channel,
                "is_ephemeral": bool(seen.only_for),
            },
            "channel": {"id": seen.channel, "name": self.channel(seen.channel).name},
            "message": {
                "type": "message",
                "user": seen.user,
                "ts": seen.ts,
                "bot_id": self.bot_id,
                "text": seen.text,
                "blocks": list(seen.blocks),
            },
            "response_url": "https://hooks.slack.invalid/actions/T0WEXCOMBE/1/sandbox",
            "actions": [self._action(button, block_id)],
        }
        return self.link.send("interactive", payload, self._warn_if_unanswered(user_id))

    def press_in_view(self, user_id: str, view_id: str, action_id: str) -> Envelope:
        """Press a button inside a view; raises ``NoSuchThing``."""
        screen = self._screen_of(user_id, view_id)
        block_id, button = _button_in(tuple(screen.view["blocks"]), action_id)
        payload = {
            **self._interaction("block_actions", user_id),
            "container": {"type": "view", "view_id": screen.id},
            "view": self.shown(screen),
            "actions": [self._action(button, block_id)],
        }
        return self.link.send("interactive", payload, self._warn_if_unanswered(user_id))

    def submit_view(self, user_id: str, view_id: str, values: Mapping[str, str]) -> Envelope:
        """Fill in a form and send it.

        Args:
            user_id: Whose screen.
            view_id: Which form.
            values: Block -> what was chosen or typed (an option's value; a box is ticked by its
                option's value). What is left out is left empty.

        Raises:
            NoSuchThing: The person has no such view open, or the form has no such field or option.
        """
        screen = self._screen_of(user_id, view_id)
        payload = {
            **self._interaction("view_submission", user_id),
            "view": {**self.shown(screen), "state": {"values": _filled_in(screen, values)}},
            "response_urls": [],
            "is_enterprise_install": False,
        }
        with self.changed:
            self.redraw(replace(screen, errors={}, trouble=""))
        return self.link.send("interactive", payload, lambda ack: self._answered(screen.id, ack))

    def dismiss(self, user_id: str, view_id: str) -> None:
        """Close a view without sending anything; raises ``NoSuchThing``."""
        self.close_view(self._screen_of(user_id, view_id).id)

    @property
    def warnings(self) -> tuple[tuple[str, str], ...]:
        """Person and sentence, each time a press was not acknowledged in time."""
        with self.changed:
            return tuple(self._warnings)

    def give_trigger(self, user_id: str) -> str:
        """A trigger for one view, good for three seconds of the town's time."""
        with self.changed:
            trigger = f"{self.next_ts()}.{self.next_id('t')}"
            self._triggers[trigger] = _Trigger(user_id, self.clock())
            return trigger

    def spend_trigger(self, trigger_id: str) -> str:
        """Whose screen a trigger opens a view on; raises ``TriggerRefused``."""
        with self.changed:
            trigger = self._triggers.get(trigger_id)
            if trigger is None:
                raise TriggerRefused("invalid_trigger_id")
            if trigger.used:
                raise TriggerRefused("exchanged_trigger_id")
            if self.clock() - trigger.given_at > TRIGGER_LIFE:
                raise TriggerRefused("expired_trigger_id")
            trigger.used = True
            return trigger.user

    def shown(self, screen: Screen) -> dict[str, Any]:
        """An open view as the platform describes it to the app."""
        return {
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            "submit": None,
            "close": None,
            "clear_on_close": False,
            "notify_on_close": False,
            "state": {"values": {}},
            **screen.view,
            "id": screen.id,
            "team_id": self.team_id,
            "app_id": self.app_id,
            "app_installed_team_id": self.team_id,
            "bot_id": self.bot_id,
            "hash": screen.hash,
            "root_view_id": screen.root_id,
            "previous_view_id": None,
        }

    def _seen(self, user_id: str, channel_id: str, ts: str) -> Postcard:
        for post in self.ephemerals(user_id):
            if post.ts == ts:
                return post
        return self.message(channel_id, ts)

    def _screen_of(self, user_id: str, view_id: str) -> Screen:
        screen = self.view(view_id)
        if screen.user != user_id:
            raise NoSuchThing(f"view {view_id} on the screen of {user_id}")
        return screen

    def _interaction(self, kind: str, user_id: str) -> dict[str, Any]:
        user = self.user(user_id)
        return {
            "type": kind,
            "team": {"id": self.team_id, "domain": "wexcombe"},
            "enterprise": None,
            "user": {
                "id": user.id,
                "username": user.name,
                "name": user.name,
                "team_id": self.team_id,
            },
            "api_app_id": self.app_id,
            "token": "verification-token-of-the-sandbox",
            "trigger_id": self.give_trigger(user_id),
        }

    def _action(self, button: Mapping[str, Any], block_id: str) -> dict[str, Any]:
        kept = {name: button[name] for name in ("type", "action_id", "text") if name in button}
        value = {"value": button["value"]} if "value" in button else {}
        return {**kept, **value, "block_id": block_id, "action_ts": self.next_ts()}

    def _warn_if_unanswered(self, user_id: str) -> Any:
        def answered(ack: Mapping[str, Any] | None) -> None:
            if ack is None:
                with self.changed:
                    self._warnings.append((user_id, _NO_ANSWER))
                    self.changed.notify_all()

        return answered

    def _answered(self, view_id: str, ack: Mapping[str, Any] | None) -> None:
        with self.changed:
            try:
                screen = self.view(view_id)
            except NoSuchThing:
                return
            if ack is None:
                self.redraw(replace(screen, trouble=_NO_ANSWER))
            else:
                self._respond(screen, ack)

    def _respond(self, screen: Screen, ack: Mapping[str, Any]) -> None:
        view = ack.get("view")
        if view is not None and complaints_about_view(view):
            self.redraw(replace(screen, trouble=_NO_ANSWER))
            return
        match ack.get("response_action"):
            case "errors":
                self.redraw(replace(screen, errors=dict(ack["errors"])))
            case "update":
                self.redraw(replace(screen, view=dict(view or {}), errors={}))
            case "push":
                self.show(screen.user, view or {}, on=screen.id)
            case "clear":
                self.close_view(screen.id, stack=True)
            case _:
                self.close_view(screen.id)


def _button_in(
    blocks: tuple[Mapping[str, Any], ...], action_id: str
) -> tuple[str, Mapping[str, Any]]:
    for number, block in enumerate(blocks):
        for element in block.get("elements", ()) if block.get("type") == "actions" else ():
            if element.get("action_id") == action_id:
                return str(block.get("block_id") or f"block-{number}"), element
    raise NoSuchThing(f"button {action_id}")


def _filled_in(screen: Screen, values: Mapping[str, str]) -> dict[str, Any]:
    state: dict[str, Any] = {}
    for block in screen.view["blocks"]:
        if block.get("type") == "input":
            element = block["element"]
            typed = values.get(block["block_id"])
            state[block["block_id"]] = {element["action_id"]: _field(element, typed)}
    unknown = set(values) - set(state)
    if unknown:
        raise NoSuchThing(f"fields {sorted(unknown)} in view {screen.id}")
    return state


def _field(element: Mapping[str, Any], typed: str | None) -> dict[str, Any]:
    kind = element["type"]
    if kind == "plain_text_input":
        return {"type": kind, "value": typed or None}
    chosen = _option(element, typed) if typed else None
    if kind == "checkboxes":
        return {"type": kind, "selected_options": [chosen] if chosen else []}
    return {"type": kind, "selected_option": chosen}


def _option(element: Mapping[str, Any], value: str) -> Mapping[str, Any]:
    groups = element.get("option_groups") or [{"options": element.get("options", [])}]
    for group in groups:
        for option in group["options"]:
            if option["value"] == value:
                chosen: Mapping[str, Any] = option
                return chosen
    raise NoSuchThing(f"option {value}")
