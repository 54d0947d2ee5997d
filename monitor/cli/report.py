"""``wardmote report``: account for a week."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from monitor.cli.endings import refuse
from monitor.cli.opening import open_services
from monitor.reports import weekly as weekly_report
from monitor.services import Services
from monitor.workflow import report as report_step

__all__ = ["report"]

_WEEK = re.compile(r"(20\d\d)-W(\d\d)")


@click.group()
def report() -> None:
    """Make the council's reports."""


@report.command("weekly")
@click.option("--week", help="Such as 2026-W47; the default is the last whole week.")
@click.option(
    "--directory",
    type=click.Path(path_type=Path),
    default=Path(),
    help="Where the HTML and CSV files go; the default is the current directory.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON, write no file.")
def weekly(*, week: str | None, directory: Path, as_json: bool) -> None:
    """Write the incident report of a week as HTML and CSV.

    Reads only: the scheduler stores the report and posts it to Slack on Monday.

    For example: wardmote report weekly --week 2026-W47 --directory reports
    """
    with open_services() as services:
        moment = _moment(services, week)
        label, figures = report_step.weekly_figures(services, moment)
    if as_json:
        click.echo(weekly_report.figures_json(figures))
        return
    directory.mkdir(parents=True, exist_ok=True)
    html = directory / f"wardmote-{label}.html"
    csv = directory / f"wardmote-{label}.csv"
    html.write_text(weekly_report.render_html(figures, council=services.council), encoding="utf-8")
    csv.write_text(weekly_report.render_csv(figures), encoding="utf-8", newline="")
    for line in weekly_report.notice_lines(figures):
        click.echo(line)
    click.echo(f"wrote {html} and {csv}")


def _moment(services: Services, week: str | None) -> datetime:
    zone = ZoneInfo(services.routes.timezone)
    today = services.now().astimezone(zone).date()
    this_monday = today - timedelta(days=today.weekday())
    monday = this_monday - timedelta(days=7) if week is None else _monday_of(week)
    if monday > this_monday:
        refuse(f"{week} has not begun; the newest week is {this_monday:%G-W%V}.")
    return datetime.combine(monday, time(), tzinfo=zone).astimezone(UTC)


def _monday_of(week: str) -> date:
    written = _WEEK.fullmatch(week)
    try:
        year, number = (int(part) for part in written.groups()) if written else (0, 0)
        return date.fromisocalendar(year, number, 1)
    except ValueError:
        refuse(f"{week!r} is not a week; write it as 2026-W47.")
