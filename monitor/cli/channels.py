"""``wardmote channels``: which channels are watched, and how each is doing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

import click
from rich.console import Console
from rich.table import Table

from config.problems import did_you_mean
from connectors.contract import ChannelId
from monitor.cli.endings import refuse
from monitor.cli.opening import open_services
from monitor.domain.strip import HourState
from monitor.store import views
from monitor.workflow import ingest, overview

__all__ = ["channels"]

_SIGNS = {
    HourState.SEEN: "✓",
    HourState.PARTLY: "~",
    HourState.UNSEEN: "✗",
    HourState.BEFORE: "·",
}


@click.group(invoke_without_command=True)
@click.pass_context
def channels(context: click.Context) -> None:
    """See the channels and how well each was seen; read a paused one again.

    Without a further word it lists them.
    """
    if context.invoked_subcommand is None:
        context.invoke(list_channels, as_json=False)


@channels.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def list_channels(*, as_json: bool) -> None:
    """List every channel with its last twenty-four hours, and what each platform may still cost.

    In the strip, the hour that runs now is the last: ✓ seen, ~ partly seen, ✗ not seen, · not yet
    watched. Times are UTC.

    For example: wardmote channels list
    """
    with open_services() as services:
        found = overview.channels_now(services)
        budgets = overview.budgets_now(services)
    rows = [_facts(each) for each in found]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    table = Table("channel", "service", "last 24 hours", "last read", "next", "comments", "state")
    for facts in rows:
        table.add_row(*(str(facts[str(column.header)]) for column in table.columns))
    printed = Console()
    printed.print(table)
    if budgets:
        printed.print(_budget_table(budgets))


@channels.command("budgets")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def list_budgets(*, as_json: bool) -> None:
    """List what each platform's budget has left, and what a day costs at this pace.

    For example: wardmote channels budgets
    """
    with open_services() as services:
        budgets = overview.budgets_now(services)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in budgets], indent=2))
        return
    Console().print(_budget_table(budgets))


@channels.command("gaps")
@click.option(
    "--days", type=click.IntRange(1, 366), default=7, show_default=True, help="How far back."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def list_gaps(*, days: int, as_json: bool) -> None:
    """List when a channel was not seen: from when to when, why, and what was seen late; UTC.

    For example: wardmote channels gaps --days 30
    """
    with open_services() as services, services.database.reading() as reading:
        found = views.gaps_since(reading, services.now() - timedelta(days=days))
    rows: list[dict[str, str | int]] = [
        {
            "channel": each.channel_id,
            "from": _utc(each.began_at),
            "to": _utc(each.ended_at) if each.ended_at else "still",
            "seen late": each.seen_late,
            "cause": each.cause,
        }
        for each in found
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    if not rows:
        click.echo("Every channel was seen throughout, as far as it was watched.")
        return
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console().print(table)


@channels.command("resume")
@click.argument("channel")
def resume_channel(channel: str) -> None:
    """Read a paused CHANNEL again, from where it stopped.

    For example: wardmote channels resume facebook-parks
    """
    with open_services() as services:
        if ChannelId(channel) not in services.channels:
            hint = did_you_mean(channel, services.channels)
            refuse(f"There is no channel {channel!r} in channels.toml. {hint}")
        ingest.resume_channel(services, ChannelId(channel), actor="operator")
    click.echo(f"{channel} is read again from where it stopped.")


def _facts(each: overview.ChannelNow) -> dict[str, str | int]:
    row = each.row
    return {
        "channel": row.id,
        "name": row.name,
        "service": row.service,
        "last read": _utc(row.last_done_at) if row.last_done_at else "never",
        "next": _utc(row.next_pull_at),
        "comments": row.comments,
        "state": _state(row),
        "last 24 hours": "".join(_SIGNS[hour.state] for hour in each.hours),
        "counted but not seen": row.missing,
        "access ends": _utc(row.expires_at) if row.expires_at else "not stated",
    }


def _budget_table(budgets: Sequence[overview.BudgetNow]) -> Table:
    table = Table("platform", "spent", "of", "last 24 hours", "a day at this pace", "state")
    for each in budgets:
        table.add_row(
            each.connector,
            f"{each.spent:,} {each.unit}",
            f"{each.amount:,} a{'n' if each.window == 'hour' else ''} {each.window}",
            f"{each.last_day:,}",
            f"${each.dollars_a_day:.2f}" if each.price else "free",
            each.state,
        )
    return table


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _state(row: views.ChannelRow) -> str:
    if not row.watched:
        return "not watched: it is not in channels.toml, or switched off there"
    if row.paused_at:
        return f"paused: {row.paused_reason}"
    if row.failing_since:
        return f"failing since {_utc(row.failing_since)}"
    if row.missing:
        return f"{row.missing} comments are counted that we cannot see"
    return "ok"
