"""``wardmote channels``: which channels are watched, and how each is doing."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.table import Table

from config.problems import did_you_mean
from connectors.contract import ChannelId
from monitor.cli.endings import refuse
from monitor.cli.opening import open_services
from monitor.store import views
from monitor.workflow import ingest

__all__ = ["channels"]


@click.group()
def channels() -> None:
    """See the channels, and read a paused one again."""


@channels.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def list_channels(*, as_json: bool) -> None:
    """List every channel with its last and next pull; times are UTC.

    For example: wardmote channels list
    """
    with open_services() as services, services.database.reading() as reading:
        rows = [_facts(row) for row in views.channels(reading)]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    table = Table("channel", "name", "service", "last read", "next", "comments", "state")
    for facts in rows:
        table.add_row(*(str(value) for value in facts.values()))
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


def _facts(row: views.ChannelRow) -> dict[str, str | int]:
    return {
        "channel": row.id,
        "name": row.name,
        "service": row.service,
        "last read": f"{row.last_done_at:%Y-%m-%d %H:%M} UTC" if row.last_done_at else "never",
        "next": f"{row.next_pull_at:%Y-%m-%d %H:%M} UTC",
        "comments": row.comments,
        "state": _state(row),
    }


def _state(row: views.ChannelRow) -> str:
    if not row.watched:
        return "not watched: it is not in channels.toml, or switched off there"
    if row.paused_at:
        return f"paused: {row.paused_reason}"
    if row.failing_since:
        return f"failing since {row.failing_since:%Y-%m-%d %H:%M} UTC"
    return "ok"
