"""``wardmote channels``: which channels are watched, and how each is doing."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.table import Table

from connectors.contract import ChannelId
from monitor.cli.opening import open_configuration, open_services
from monitor.store import views
from monitor.workflow import ingest

__all__ = ["channels"]


@click.group()
def channels() -> None:
    """See the channels, and read a paused one again."""


@channels.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def list_channels(*, as_json: bool) -> None:
    """List every channel with its last and next pull.

    Example:

      wardmote channels list
    """
    services = open_services(open_configuration())
    with services.database.reading() as reading:
        rows = views.channels(reading)
    services.database.dispose()
    if as_json:
        click.echo(json.dumps([_facts(row) for row in rows], indent=2))
        return
    table = Table("channel", "name", "service", "last read", "next", "comments", "state")
    for row in rows:
        facts = _facts(row)
        table.add_row(*(str(facts[key]) for key in facts))
    Console().print(table)


@channels.command("resume")
@click.argument("channel")
def resume_channel(channel: str) -> None:
    """Read a paused CHANNEL again, from where it stopped.

    Example:

      wardmote channels resume facebook-parks
    """
    services = open_services(open_configuration())
    if ChannelId(channel) not in services.channels:
        known = ", ".join(services.channels) or "none"
        raise click.ClickException(f"There is no channel {channel!r}. Configured: {known}.")
    ingest.resume_channel(services, ChannelId(channel), actor="operator")
    services.database.dispose()
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
    if row.paused_reason:
        return f"paused: {row.paused_reason}"
    if row.failing_since:
        return f"failing since {row.failing_since:%Y-%m-%d %H:%M} UTC"
    return "ok"
