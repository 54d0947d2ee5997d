"""The weekly figures in long format: one number a row, so that any spreadsheet can pivot them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from io import StringIO
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from monitor.domain.weekly_figures import CaseTally, ChannelFigures, WeeklyFigures
from monitor.reports.wording import ACTS, LANES, OUTCOMES, STANDINGS, STATES

__all__ = ["Row", "csv_text", "weekly_rows"]

_FORMULA_STARTS: Final = ("=", "+", "-", "@")


class Row(NamedTuple):
    """One number. ``value`` is "" where nothing was measured or stated."""

    section: str
    name: str
    key: str
    value: str
    unit: str


def weekly_rows(figures: WeeklyFigures) -> Iterator[Row]:
    """Every number of the report, section by section in the report's order."""
    yield from _period(figures)
    yield from _changes(figures)
    for channel in figures.channels:
        yield from _coverage(channel)
    yield from _gaps(figures)
    yield from _comments(figures)
    yield from _cases("cases by clause", figures.by_clause)
    yield from _cases("cases by channel", figures.by_channel)
    yield from _serious(figures)
    yield from _decisions(figures)
    yield from _timings(figures)
    yield from _escalations(figures)
    yield from _records(figures)


def csv_text(rows: Iterable[Row]) -> str:
    """Rows as CSV with a heading; no cell can be taken for a formula."""
    out = StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(Row._fields)
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return out.getvalue()


def _safe(cell: str) -> str:
    one_line = " ".join(cell.split())
    return f"'{one_line}" if one_line.startswith(_FORMULA_STARTS) else one_line


def _period(figures: WeeklyFigures) -> Iterator[Row]:
    yield Row("period", figures.service or "whole council", "week", figures.label, "ISO week")
    yield from _times("period", "", {"start": figures.start, "end": figures.end}, figures)
    yield Row("period", "", "whole week", _yes(answer=figures.whole), "yes or no")


def _times(
    section: str, name: str, moments: dict[str, datetime], figures: WeeklyFigures
) -> Iterator[Row]:
    zone = ZoneInfo(figures.timezone)
    for key, moment in moments.items():
        local = moment.astimezone(zone).isoformat(timespec="seconds")
        yield Row(section, name, key, local, f"local time ({figures.timezone})")


def _yes(*, answer: bool) -> str:
    return "yes" if answer else "no"


def _changes(figures: WeeklyFigures) -> Iterator[Row]:
    for change in figures.changes:
        yield Row("at a glance", change.measure, "this week", str(change.now), "count")
        yield Row("at a glance", change.measure, "week before", _stated(change.before), "count")


def _stated(number: int | None) -> str:
    return "" if number is None else str(number)


def _coverage(channel: ChannelFigures) -> Iterator[Row]:
    for key, number in (
        ("due", channel.due),
        ("done", channel.done),
        ("failed", channel.failed),
        ("unfinished", channel.unfinished),
    ):
        yield Row("coverage", channel.name, f"pulls {key}", str(number), "pulls")
    yield Row("coverage", channel.name, "comments seen", str(channel.comments), "comments")
    counted = _stated(channel.platform_count)
    yield Row("coverage", channel.name, "platform's own count", counted, "comments")
    yield Row("coverage", channel.name, "unseen", _seconds(channel.unseen), "seconds")


def _seconds(duration: timedelta | None) -> str:
    return "" if duration is None else f"{duration.total_seconds():.0f}"


def _gaps(figures: WeeklyFigures) -> Iterator[Row]:
    for channel in figures.channels:
        for number, gap in enumerate(channel.gaps, start=1):
            moments = {f"{number} start": gap.start, f"{number} end": gap.end}
            yield from _times("gaps", channel.name, moments, figures)
            yield Row("gaps", channel.name, f"{number} cause", gap.cause, "text")


def _comments(figures: WeeklyFigures) -> Iterator[Row]:
    for channel in figures.channels:
        for lane, number in channel.lanes.items():
            yield Row("comments by lane", channel.name, LANES[lane], str(number), "comments")


def _cases(section: str, tallies: Iterable[CaseTally]) -> Iterator[Row]:
    for tally in tallies:
        for severity, number in tally.by_severity.items():
            yield Row(section, tally.name, severity, str(number), "cases")
        yield Row(section, tally.name, "touched", str(tally.touched), "cases")


def _serious(figures: WeeklyFigures) -> Iterator[Row]:
    for case in figures.serious_cases:
        for key, value in (
            ("channel", case.channel),
            ("clause", case.clause),
            ("lane", LANES[case.lane]),
            ("severity", case.severity),
            ("standing", STANDINGS[case.state]),
            ("decision", OUTCOMES[case.outcome] if case.outcome else ""),
            ("escalated to", ", ".join(case.routes)),
        ):
            yield Row("serious cases", case.reference, key, value, "text")
        yield from _times("serious cases", case.reference, {"seen": case.seen_at}, figures)


def _decisions(figures: WeeklyFigures) -> Iterator[Row]:
    for outcome, number in figures.decisions.items():
        yield Row("decisions", OUTCOMES[outcome], "decided", str(number), "cases")
    yield Row("decisions", "None yet", "undecided", str(figures.undecided), "cases")
    uncited = str(figures.hides_without_clause)
    yield Row("decisions", "Hide", "without a clause", uncited, "cases")
    for tally in figures.acts:
        for state, number in tally.by_state.items():
            yield Row("acts", ACTS[tally.act], STATES[state], str(number), "requests")


def _timings(figures: WeeklyFigures) -> Iterator[Row]:
    for timing in figures.timings:
        yield Row("timeliness", timing.step, "median", _seconds(timing.median), "seconds")
        ninetieth = _seconds(timing.ninetieth)
        yield Row("timeliness", timing.step, "90th percentile", ninetieth, "seconds")
        yield Row("timeliness", timing.step, "measured", str(timing.measured), "count")
        yield Row("timeliness", timing.step, "out of", str(timing.of), "count")


def _escalations(figures: WeeklyFigures) -> Iterator[Row]:
    for tally in figures.escalations:
        for key, number in (("sent", tally.sent), ("back", tally.back), ("out", tally.out)):
            yield Row("escalations", tally.title, key, str(number), "escalations")


def _records(figures: WeeklyFigures) -> Iterator[Row]:
    yield Row("records", "cases", "not closed", str(figures.open_cases), "cases")
    yield Row("records", "outbox", "undeliverable", str(figures.dead_letters), "alerts or requests")
    intact = "" if figures.audit_intact is None else _yes(answer=figures.audit_intact)
    yield Row("records", "audit chain", "verifies", intact, "yes or no")
    for kind, names in (("standard", figures.standards), ("model", figures.models)):
        for name in names:
            yield Row("records", kind, "in use", name, "text")
