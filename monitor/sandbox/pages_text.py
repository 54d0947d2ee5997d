"""Slack's mrkdwn as safe HTML: the only place where text of others becomes markup.

Everything that is not one of Slack's few marks is escaped, and a link leads to http, https or
mailto or is shown as plain text. ``plain_text`` never comes here: the templates escape it whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

__all__ = ["TOWN_ZONE", "NameOf", "as_html", "emoji", "safe_link", "slack_date"]

NameOf = Callable[[str], str]
"""A person's, channel's or group's identifier -> the name that people know it by."""

TOWN_ZONE = ZoneInfo("Europe/London")
"""The pretend town's clock on the wall."""

_INLINE = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|<(?P<ref>[^<>\n]+)>"
    r"|(?<!\w)\*(?P<bold>[^\s*](?:[^*\n]*[^\s*])?)\*(?!\w)"
    r"|(?<!\w)_(?P<italic>[^\s_](?:[^_\n]*[^\s_])?)_(?!\w)"
    r"|(?<!\w)~(?P<strike>[^\s~](?:[^~\n]*[^\s~])?)~(?!\w)"
    r"|:(?P<emoji>[a-z0-9_+-]+):"
    r"|(?P<url>https?://[^\s<>|]*[^\s<>|.,;:!?)'\"])"
)
_FENCE = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
_QUOTE = re.compile(r"^(?:&gt;|>) ?")
_DATE = re.compile(r"!date\^(?P<stamp>\d{1,11})\^(?P<form>[^^|]*)(?:\^[^|]*)?\|(?P<fallback>.*)")
_TAGS = {
    "bold": Markup("<strong>{}</strong>"),
    "italic": Markup("<em>{}</em>"),
    "strike": Markup("<s>{}</s>"),
}
_FORMS = {
    "{date_num}": "%Y-%m-%d",
    "{date}": "%-d %B %Y",
    "{date_pretty}": "%-d %B %Y",
    "{date_short}": "%-d %b %Y",
    "{date_short_pretty}": "%-d %b %Y",
    "{date_long}": "%A %-d %B %Y",
    "{date_long_pretty}": "%A %-d %B %Y",
    "{time}": "%H:%M",
    "{time_secs}": "%H:%M:%S",
}
_EMOJI = {
    "alarm_clock": "\N{ALARM CLOCK}",
    "bell": "\N{BELL}",
    "bust_in_silhouette": "\N{BUST IN SILHOUETTE}",
    "eyes": "\N{EYES}",
    "hourglass": "\N{HOURGLASS}",
    "information_source": "\N{INFORMATION SOURCE}",
    "large_blue_circle": "\N{LARGE BLUE CIRCLE}",
    "large_green_circle": "\N{LARGE GREEN CIRCLE}",
    "large_orange_circle": "\N{LARGE ORANGE CIRCLE}",
    "large_yellow_circle": "\N{LARGE YELLOW CIRCLE}",
    "lock": "\N{LOCK}",
    "no_entry": "\N{NO ENTRY}",
    "pushpin": "\N{PUSHPIN}",
    "raising_hand": "\N{HAPPY PERSON RAISING ONE HAND}",
    "red_circle": "\N{LARGE RED CIRCLE}",
    "rotating_light": "\N{POLICE CARS REVOLVING LIGHT}",
    "see_no_evil": "\N{SEE-NO-EVIL MONKEY}",
    "speech_balloon": "\N{SPEECH BALLOON}",
    "sos": "\N{SQUARED SOS}",
    "warning": "\N{WARNING SIGN}\N{VARIATION SELECTOR-16}",
    "white_check_mark": "\N{WHITE HEAVY CHECK MARK}",
    "white_circle": "\N{MEDIUM WHITE CIRCLE}",
    "x": "\N{CROSS MARK}",
}


def as_html(text: str, *, name_of: NameOf) -> Markup:
    """Turn a ``mrkdwn`` text into HTML.

    Args:
        text: As an app sends it: ``&``, ``<`` and ``>`` escaped, links and mentions in ``<…>``.
        name_of: Asked for the name behind ``<@U1>``, ``<#C1>`` and ``<!subteam^S1>``.

    Returns:
        Markup in which nothing of the text is markup except Slack's own marks.
    """
    parts = _FENCE.split(text)
    shown = [
        Markup("<pre>{}</pre>").format(_plain(part)) if index % 2 else _paragraphs(part, name_of)
        for index, part in enumerate(parts)
        if part or index % 2
    ]
    return Markup().join(shown)


def emoji(name: str) -> str:
    """The character behind an emoji's short name; ``:name:`` where this page has none."""
    return _EMOJI.get(name, f":{name}:")


def safe_link(url: object) -> str | None:
    """The address if a browser may be sent there (http, https, mailto); None otherwise."""
    address = str(url or "")
    return address if re.match(r"(?:https?://|mailto:)\S+\Z", address) else None


def slack_date(stamp: int, form: str) -> str:
    """Write a moment as Slack does: ``{date_short} {time}`` in the town's own zone."""
    moment = datetime.fromtimestamp(stamp, UTC).astimezone(TOWN_ZONE)
    for token, strftime in _FORMS.items():
        form = form.replace(token, moment.strftime(strftime))
    return form


def _paragraphs(text: str, name_of: NameOf) -> Markup:
    shown: list[Markup] = []
    quoted = False
    for line in text.strip("\n").split("\n"):
        quotes = bool(_QUOTE.match(line))
        if quotes != quoted:
            shown.append(Markup("<blockquote>") if quotes else Markup("</blockquote>"))
        elif shown:
            shown.append(Markup("<br>"))
        shown.append(_inline(_QUOTE.sub("", line) if quotes else line, name_of))
        quoted = quotes
    if quoted:
        shown.append(Markup("</blockquote>"))
    return Markup().join(shown)


def _inline(text: str, name_of: NameOf) -> Markup:
    shown: list[Markup] = []
    end = 0
    for found in _INLINE.finditer(text):
        shown.append(_literal(text[end : found.start()]))
        shown.append(_marked(found, name_of))
        end = found.end()
    shown.append(_literal(text[end:]))
    return Markup().join(shown)


def _literal(text: str) -> Markup:
    return escape(_plain(text))


def _plain(text: str) -> str:
    # Slack undoes these three entities and no others.
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _marked(found: re.Match[str], name_of: NameOf) -> Markup:
    kind, inside = str(found.lastgroup), found[str(found.lastgroup)]
    if kind in _TAGS:
        return _TAGS[kind].format(_inline(inside, name_of))
    if kind == "code":
        return Markup("<code>{}</code>").format(_literal(inside))
    if kind == "emoji":
        return escape(emoji(inside))
    return _reference(inside, name_of)


def _reference(inside: str, name_of: NameOf) -> Markup:
    target, _, label = inside.partition("|")
    if dated := _DATE.fullmatch(inside):
        return escape(slack_date(int(dated["stamp"]), dated["form"]))
    if target[0] in "@#!":
        return Markup('<span class="mention">{}</span>').format(_mention(target, label, name_of))
    address = safe_link(_plain(target))
    if address is None:
        return _literal(f"<{inside}>")
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(
        address, _literal(label or target)
    )


def _mention(target: str, label: str, name_of: NameOf) -> str:
    sign = "#" if target[0] == "#" else "@"
    if label:
        return sign + label.lstrip("@#")
    identifier = target[1:].removeprefix("subteam^")
    return sign + (identifier if target[0] == "!" and "^" not in target else name_of(identifier))
