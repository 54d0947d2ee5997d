"""What Slack's errors mean for a notification: later, or not as things stand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import Any

from slack_sdk.errors import (
    BotUserAccessError,
    SlackApiError,
    SlackClientConfigurationError,
    SlackClientError,
    SlackObjectFormationError,
    SlackRequestError,
    SlackTokenRotationError,
)

from monitor.alerting.contract import AlertLater, AlertRefused, AlertTargetError

__all__ = ["EXPECTED", "as_alert_error", "error_name"]

EXPECTED: tuple[type[Exception], ...] = (SlackClientError, HTTPException, OSError)
"""Everything that a call through the SDK raises in ordinary life."""

_SOON = timedelta(seconds=30)
_RATE_LIMITED = timedelta(seconds=30)
_NAME = re.compile(r"[a-z][a-z_]*")
_TOO_MANY = 429
_SERVER_ERROR = 500

_LATER = frozenset(
    {
        "ratelimited",
        "rate_limited",
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
        "team_access_not_granted_yet",
    }
)
_TOKEN_HINT = "Put a valid bot token (xoxb-) of the Wardmote app into the Slack token setting."  # noqa: S105
_BUG_HINT = "This is a fault in Wardmote: please report it with this sentence."
_REFUSED: Mapping[str, tuple[str, str]] = {
    "not_authed": ("Slack was given no token", _TOKEN_HINT),
    "invalid_auth": ("Slack does not know the token", _TOKEN_HINT),
    "account_inactive": ("The app was removed from the workspace", "Install the app again."),
    "token_revoked": ("The token was revoked", _TOKEN_HINT),
    "token_expired": ("The token has expired", _TOKEN_HINT),
    "not_allowed_token_type": ("This kind of token may not do that", _TOKEN_HINT),
    "channel_not_found": (
        "Slack knows no such channel, or the app may not see it",
        "Use the channel's identifier (C0…) in routes.toml, and invite the app to the channel.",
    ),
    "not_in_channel": ("The app is not in that channel", "Type /invite @Wardmote there."),
    "is_archived": ("That channel is archived", "Unarchive it, or change routes.toml."),
    "restricted_action": (
        "The workspace's rules do not let the app post there",
        "Ask a workspace administrator to let apps post in that channel.",
    ),
    "invalid_blocks": ("Slack does not take these blocks", _BUG_HINT),
    "invalid_blocks_format": ("Slack does not take these blocks", _BUG_HINT),
    "invalid_metadata_format": ("Slack does not take this metadata", _BUG_HINT),
    "msg_too_long": ("The text is longer than Slack takes", _BUG_HINT),
    "msg_blocks_too_long": ("The card is longer than Slack takes", _BUG_HINT),
    "no_text": ("The notification has no text", _BUG_HINT),
    "invalid_arguments": ("Slack does not take these arguments", _BUG_HINT),
    "message_not_found": ("The card is not there any more", "Nothing is to be done."),
    "cant_update_message": ("The card was not posted by this app", "Nothing is to be done."),
    "edit_window_closed": (
        "The workspace does not let old messages be changed",
        "Ask a workspace administrator to let the app edit its messages at any time.",
    ),
}


_BY_CLASS: tuple[tuple[type[SlackClientError], str, str], ...] = (
    (SlackTokenRotationError, "Slack did not renew the token", _TOKEN_HINT),
    (BotUserAccessError, "A bot token may not do that", _TOKEN_HINT),
    (SlackClientConfigurationError, "The Slack client is set up wrongly", _BUG_HINT),
    (SlackObjectFormationError, "The Slack client refused what was sent", _BUG_HINT),
    (SlackRequestError, "The Slack client refused the call", _BUG_HINT),
)


def as_alert_error(error: Exception, *, doing: str, now: datetime) -> AlertTargetError:
    """The same failure in our words; nothing of the request or of a token is in it.

    Args:
        error: What the SDK raised.
        doing: What was being done: ``posting to C0MODERATION``.
        now: Aware UTC; the moment that a wait is reckoned from.
    """
    if isinstance(error, SlackApiError):
        return _from_answer(error, doing=doing, now=now)
    for kind, what, hint in _BY_CLASS:
        if isinstance(error, kind):
            return _refused(what, doing, hint)
    # What is left is the line: HTTPException, OSError with every timeout, a lost connection.
    return _later("Slack cannot be reached", doing, now + _SOON)


def error_name(error: SlackApiError) -> str:
    """The platform's own name for an error: ``channel_not_found``; "" where it gave none."""
    name = str(_read(error.response).get("error") or "")
    # Where Slack's gateway answered a page, the SDK puts that whole page here.
    return name if _NAME.fullmatch(name) else ""


def _from_answer(error: SlackApiError, *, doing: str, now: datetime) -> AlertTargetError:
    name, status = error_name(error), _status(error.response)
    if status == _TOO_MANY or name in {"ratelimited", "rate_limited"}:
        return _later("Slack asks to slow down", doing, now + _retry_after(error.response))
    if name in _LATER or status >= _SERVER_ERROR or not name:
        return _later(f"Slack has trouble of its own ({name or status})", doing, now + _SOON)
    if name == "missing_scope":
        needed = _read(error.response).get("needed", "unknown")
        return _refused(
            f"The app lacks the scope {needed}",
            doing,
            f"Add the scope {needed} to the app and install it again.",
        )
    what, hint = _REFUSED.get(name, ("Slack refused", f"Look up {name} in Slack's documentation."))
    return _refused(f"{what} ({name})", doing, hint)


def _later(what: str, doing: str, at: datetime) -> AlertLater:
    hint = "Nothing is to be done: it is tried again."
    return AlertLater(f"{what} while {doing}.", at=at, hint=hint)


def _refused(what: str, doing: str, hint: str) -> AlertRefused:
    return AlertRefused(f"{what} while {doing}.", hint=hint)


def _retry_after(response: Any) -> timedelta:
    # The SDK hands over a SlackResponse where Slack answered JSON, and a plain dict otherwise.
    headers = getattr(response, "headers", None) or _read(response).get("headers") or {}
    for name, value in dict(headers).items():
        if name.lower() == "retry-after" and str(value).isdecimal():
            return timedelta(seconds=max(int(value), 1))
    return _RATE_LIMITED


def _status(response: Any) -> int:
    return int(getattr(response, "status_code", None) or _read(response).get("status") or 0)


def _read(response: Any) -> Mapping[str, Any]:
    data = getattr(response, "data", response)
    return data if isinstance(data, Mapping) else {}
