"""``wardmote report``: account for a week."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from monitor.cli.opening import open_configuration, open_services
from monitor.reports import weekly as weekly_report
from monitor.services import Services
from monitor.workflow import report as report_step

__all__ = ["report"]


@click.group()
def report() -> None:
    """Make the council's reports."""


@report.command("weekly")
@click.option("--week", help="Such as 2026-W47; the default is the last whole week.")
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Where the HTML and CSV files go.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON, write no file.")
def weekly(*, week: str | None, directory: Path, as_json: bool) -> None:
    """Write the incident report of a week as HTML and CSV.

    Reads only: the scheduler stores the report and posts it to Slack on Monday.

    Example:

      wardmote report weekly --week 2026-W47 --directory reports
    """
    services = open_services(open_configuration())
    moment = _moment(services, week)
    label, figures = report_step.weekly_figures(services, moment)
    services.database.dispose()
    if as_json:
        click.echo(weekly_report.figures_json(figures))
        return
    directory.mkdir(parents=True, exist_ok=True)
    html = directory / f"wardmote-{label}.html"
    csv = directory / f"wardmote-{label}.csv"
    html.write_text(
        weekly_report.render_html(figures, council=services.council), encoding="utf-8"
    )
    csv.write_text(weekly_report.render_csv(figures), encoding="utf-8", newline="")
    for line in weekly_report.notice_lines(figures):
        click.echo(line)
    click.echo(f"wrote {html} and {csv}")


def _moment(services: Services, week: str | None) -> datetime:
    zone = ZoneInfo(services.routes.timezone)
    if week is None:
        today = services.now().astimezone(zone).date()
        return datetime.combine(_monday_before(today), time(), tzinfo=zone).astimezone(UTC)
    try:
        year, _, number = week.partition("-W")
        monday = date.fromisocalendar(int(year), int(number), 1)
    except ValueError as error:
        raise click.ClickException(
            f"{week!r} is not a week; write it as 2026-W47."
        ) from error
    return datetime.combine(monday, time(), tzinfo=zone).astimezone(UTC)


def _monday_before(today: date) -> date:
    year, number, _ = today.isocalendar()
    this_monday = date.fromisocalendar(year, number, 1)
    return date.fromordinal(this_monday.toordinal() - 7)
