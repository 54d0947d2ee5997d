"""Text on its way into Slack: what a resident wrote may be read there, and do nothing else."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import quote, urlsplit

__all__ = ["age", "clean", "escape", "link", "mention", "plain", "shorten", "shorten_escaped"]

_ELLIPSIS = "…"
_NOT_SHOWN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls, except newline and tab
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # they reorder what stands around them
    "\ufeff]"
)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_CUT_ENTITY = re.compile(r"&[a-z]{0,4}$")
_USER_ID = re.compile(r"[UW][A-Z0-9]{2,30}")
_GROUP_ID = re.compile(r"S[A-Z0-9]{2,30}")
_URL_LIMIT = 2000
_UNITS: tuple[tuple[str, timedelta], ...] = (
    ("day", timedelta(days=1)),
    ("hour", timedelta(hours=1)),
    ("minute", timedelta(minutes=1)),
)


def clean(text: str) -> str:
    """Text that JSON and every screen can carry: no lone surrogates, controls or reordering."""
    return _NOT_SHOWN.sub("", _LONE_SURROGATE.sub("\ufffd", text))


def escape(text: str) -> str:
    """Clean text with the three characters escaped that Slack's mrkdwn reads as commands."""
    return clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def shorten(text: str, limit: int) -> str:
    """At most ``limit`` characters as Slack counts them, with an ellipsis where cut.

    Characters outside the basic plane count twice, as in Slack's own clients.
    """
    if _length(text) <= limit:
        return text
    room, kept = limit - _length(_ELLIPSIS), []
    for character in text:
        room -= _length(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept) + _ELLIPSIS


def shorten_escaped(escaped: str, limit: int) -> str:
    """Like ``shorten`` for text that was escaped: an entity is kept whole or left out."""
    if _length(escaped) <= limit:
        return escaped
    cut = shorten(escaped, limit).removesuffix(_ELLIPSIS)
    return _CUT_ENTITY.sub("", cut) + _ELLIPSIS


def plain(text: str, limit: int) -> dict[str, object]:
    """A ``plain_text`` object, in which nothing is a command; never empty, never emoji."""
    return {"type": "plain_text", "text": shorten(clean(text), limit) or " ", "emoji": False}


def link(url: str, label: str) -> str | None:
    """A mrkdwn link under a label of ours, or None where the address is no web address."""
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        return None
    # What could end the link early or start a command is percent-encoded; the rest stays as it is.
    address = quote(clean(url), safe="!#$%&'()*+,/:;=?@[]~-._")
    if scheme not in {"http", "https"} or len(address) > _URL_LIMIT:
        return None
    return f"<{address.replace('&', '&amp;')}|{escape(label)}>"


def mention(identifier: str) -> str | None:
    """What pages one Slack user or user group; None for anything but an identifier."""
    if _USER_ID.fullmatch(identifier):
        return f"<@{identifier}>"
    if _GROUP_ID.fullmatch(identifier):
        return f"<!subteam^{identifier}>"
    return None


def age(elapsed: timedelta) -> str:
    """How long, in the one unit that matters: ``2 hours``, ``1 minute``, ``less than a minute``."""
    for name, unit in _UNITS:
        count = elapsed // unit
        if count > 0:
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "less than a minute"


def _length(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)
