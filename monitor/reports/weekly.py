"""The weekly report as a document, as rows and as a short notice; without comments or authors."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from config.standards import Lane, Severity
from monitor.domain.case import DecisionOutcome, EnforcementState
from monitor.domain.figures import WeeklyFigures
from monitor.domain.week_sentences import counted, in_words
from monitor.domain.weekly_figures import Change, Step, Timing
from monitor.reports.weekly_rows import csv_text, weekly_rows
from monitor.reports.wording import ACTS, LANES, OUTCOMES, SEVERITIES, STANDINGS, STATES

__all__ = [
    "NOTICE_LIMIT",
    "checksum",
    "figures_json",
    "notice_lines",
    "render_csv",
    "render_html",
    "report_id",
]

NOTICE_LIMIT: Final = 12
"""The most lines of a notice: what is read on a telephone without scrolling far."""

_SCOPE: Final[Mapping[str, object]] = {
    "lanes": LANES,
    "severities": SEVERITIES,
    "outcomes": OUTCOMES,
    "standings": STANDINGS,
    "acts": ACTS,
    "states": STATES,
    "all_severities": tuple(Severity),
    "all_states": tuple(EnforcementState),
    "criticism": Lane.CRITICISM,
    "hide": DecisionOutcome.HIDE,
}


def render_html(figures: WeeklyFigures, *, council: str, generated_for: str = "") -> str:
    """The report as one self-contained, accessible HTML document.

    The same figures give the same bytes: nothing in it says when or where it was made.

    Args:
        figures: The week.
        council: Whose report it is: "Wexcombe Borough Council".
        generated_for: Who it is made for ("Scrutiny Committee"), or "".
    """
    zone = ZoneInfo(figures.timezone)
    return (
        _templates()
        .get_template("weekly.html")
        .render(
            figures=figures,
            council=council,
            generated_for=generated_for,
            report_id=report_id(figures),
            title=_title(figures),
            moment=lambda at: _moment(at, zone),
            last_moment=lambda at: _moment(at - timedelta(minutes=1), zone),
            **_SCOPE,
        )
    )


def render_csv(figures: WeeklyFigures) -> str:
    """The report's numbers, one a row: section, name, key, value, unit (RFC 4180, CRLF).

    A cell that a spreadsheet would take for a formula is quoted with an apostrophe.
    """
    return csv_text(weekly_rows(figures))


def figures_json(figures: WeeklyFigures) -> str:
    """The figures as canonical JSON, for the store: keys sorted, times ISO 8601, durations in s."""
    return json.dumps(_plain(figures), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def notice_lines(figures: WeeklyFigures) -> tuple[str, ...]:
    """The report for a chat channel: the headline first, at most ``NOTICE_LIMIT`` lines."""
    lines = [figures.headline, _beside_last_week(figures), _pulls(figures), _fairness(figures)]
    if figures.all_cases:
        lines[3:3] = [_decided(figures), _how_fast(figures)]
    asks = list(figures.attention)
    room = NOTICE_LIMIT - len(lines)
    if len(asks) > room:
        left = len(asks) - room + 1
        asks = [*asks[: room - 1], f"{counted(left, 'more point')} for attention in the report."]
    return (*lines, *(f"To do: {ask}" for ask in asks))


def checksum(html: str, csv: str) -> str:
    """The SHA-256 of both documents, hexadecimal: what was sent can be told from what was not."""
    digest = hashlib.sha256()
    for document in (html, csv):
        content = document.encode()
        # The length keeps a character from moving over the border unseen.
        digest.update(f"{len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest()


def report_id(figures: WeeklyFigures) -> str:
    """What the report is filed under: ``weekly-2026-W47``, then the service where it has one."""
    words = "".join(c if c.isalnum() else " " for c in figures.service.lower()).split()
    return "-".join(["weekly", figures.label, *words])


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("monitor.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters.update(
        thousands=lambda number: f"{number:,}", words=in_words, share=_share, change=_change
    )
    return templates


def _title(figures: WeeklyFigures) -> str:
    year, week = figures.label.split("-W")
    return f"Weekly monitoring report: week {int(week)} of {year}"


def _moment(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M %Z}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "none due"


def _change(change: Change) -> str:
    if change.before is None:
        return "no week to compare"
    more = change.now - change.before
    if not more:
        return "no change"
    return f"{more:,} more" if more > 0 else f"{-more:,} fewer"


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    return value


def _beside_last_week(figures: WeeklyFigures) -> str:
    compared = any(change.before is not None for change in figures.changes)
    numbers = "; ".join(
        f"{change.measure} {change.now:,}"
        + ("" if change.before is None else f" ({change.before:,})")
        for change in figures.changes
    )
    return f"This week{' (the week before)' if compared else ''}: {numbers}."


def _pulls(figures: WeeklyFigures) -> str:
    done = sum(channel.done for channel in figures.channels)
    due = sum(channel.due for channel in figures.channels)
    watched = counted(len(figures.channels), "channel")
    return f"Coverage: {done:,} pulls done of {due:,} due on {watched}."


def _decided(figures: WeeklyFigures) -> str:
    words = ", ".join(
        f"{OUTCOMES[outcome].lower()} {number:,}" for outcome, number in figures.decisions.items()
    )
    return f"Decisions on this week's cases: {words}; none yet {figures.undecided:,}."


def _how_fast(figures: WeeklyFigures) -> str:
    told = (Step.POSTED_TO_SEEN, Step.ALERTED_TO_CLAIMED, Step.POSTED_TO_HIDDEN)
    timings = {timing.step: timing for timing in figures.timings}
    return "Median time: " + "; ".join(_timed(timings[step]) for step in told) + "."


def _timed(timing: Timing) -> str:
    if timing.median is None:
        return f"{timing.step} not measured (0 of {timing.of:,})"
    return f"{timing.step} {in_words(timing.median)} ({timing.measured:,} of {timing.of:,})"


def _fairness(figures: WeeklyFigures) -> str:
    allowed = counted(figures.criticism_allowed, "comment")
    uncited = counted(figures.hides_without_clause, "decision")
    return (
        f"Fairness: {allowed} of criticism left to stand; "
        f"{uncited} to hide without a clause (target 0)."
    )
