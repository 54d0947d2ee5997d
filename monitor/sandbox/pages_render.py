"""What every page of the pretend town shares: templates, their filters, and the frame around."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from zlib import crc32

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from monitor.sandbox.pages_text import TOWN_ZONE, NameOf, as_html, emoji, safe_link, slack_date
from monitor.sandbox.townsfolk import TownPage

__all__ = ["Filled", "Frame", "day_of", "moment_of", "templates"]

_TINTS = 6


@dataclass(frozen=True, slots=True)
class Frame:
    """Draws a template inside the town's frame.

    Attributes:
        environment: Where the templates are.
        town_pages: The council's pages, for the way from one place to another.
        console_url: Where the console is, or None when there is none.
        clock: Now, aware UTC.
    """

    environment: Environment
    town_pages: Callable[[], tuple[TownPage, ...]]
    console_url: str | None
    clock: Callable[[], datetime]

    def draw(self, template: str, *, here: str, status: int = 200, **shown: Any) -> HTMLResponse:
        """Answer a page; ``here`` names the place for the navigation."""
        drawn = self.environment.get_template(template).render(
            here=here, town_pages=self.town_pages(), console_url=self.console_url, **shown
        )
        return HTMLResponse(drawn, status)

    def missing(self, what: str) -> HTMLResponse:
        """Answer 404 with one sentence that says what is not there."""
        return self.draw("missing.html", here="", status=404, what=what)


def templates(name_of: NameOf) -> Environment:
    """The templates with every filter they use; ``name_of`` names people and channels."""
    environment = Environment(
        loader=PackageLoader("monitor.sandbox"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def mrkdwn(text: str) -> Markup:
        return as_html(text, name_of=name_of)

    environment.filters |= {
        "initials": _initials,
        "mrkdwn": mrkdwn,
        "name_of": name_of,
        "safe_link": safe_link,
        "short_emoji": _short_emoji,
        "slack_date": slack_date,
        "tint": lambda name: crc32(name.encode()) % _TINTS,
        "ts_moment": lambda ts: moment_of(ts).isoformat(),
        "ts_time": lambda ts: moment_of(ts).astimezone(TOWN_ZONE).strftime("%H:%M"),
        "wall_time": lambda moment: moment.astimezone(TOWN_ZONE).strftime("%-d %b, %H:%M"),
    }
    return environment


def moment_of(ts: str) -> datetime:
    """The moment in a Slack timestamp (``1795169730.000100``), aware UTC."""
    return datetime.fromtimestamp(float(ts), UTC)


def day_of(ts: str) -> str:
    """The day of a Slack timestamp in the town's zone: ``Friday 20 November``."""
    return moment_of(ts).astimezone(TOWN_ZONE).strftime("%A %-d %B")


async def _filled(request: Request) -> Mapping[str, str]:
    return {name: str(value) for name, value in (await request.form()).items()}


Filled = Annotated[Mapping[str, str], Depends(_filled)]
"""A form's fields as they were sent; where a name came twice, the last."""


def _initials(name: str) -> str:
    words = re.findall(r"\w+", name)
    return "".join(word[0].upper() for word in (words[:1] + words[1:][-1:])) or "?"


def _short_emoji(text: str) -> str:
    return re.sub(r":([a-z0-9_+-]+):", lambda found: emoji(found[1]), text)
