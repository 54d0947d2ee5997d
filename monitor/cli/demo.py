"""``wardmote demo``: the pretend town, the daemon and the console, in one command."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click

from monitor.cli.endings import Status
from monitor.cli.life import LifeStory
from monitor.cli.pretend import Pretend, free_port
from monitor.cli.replay import replay
from monitor.cli.run import told_to_stop, wait_until
from monitor.domain.people import PersonId

__all__ = ["demo"]

_CONSOLE_PORT = 8080
_PAGES_PORT = 8090


@click.command()
@click.option("--headless", is_flag=True, help="Tell one comment's life without a browser.")
@click.option(
    "--replay",
    "replay_file",
    type=click.Path(path_type=Path),
    help="Send the comments of a Parquet or CSV file (id, text) through two pretend pages.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20_000,
    show_default=True,
    help="Comments to replay.",
)
@click.option(
    "--through",
    type=click.Choice(["facebook", "csv"]),
    default="facebook",
    show_default=True,
    help="Which connector reads the replayed comments.",
)
@click.option(
    "--home",
    type=click.Path(path_type=Path),
    help="Keep the demo's database here; the default is thrown away.",
)
def demo(
    *, headless: bool, replay_file: Path | None, limit: int, through: str, home: Path | None
) -> None:
    """Try everything without any account: a pretend council page, a pretend Slack, the console.

    Exit status 0 with --headless only if the pretend platform says that the comment is hidden, and
    with --replay only if every comment was stored and assessed once.

    For example: wardmote demo --headless
    """
    with tempfile.TemporaryDirectory(prefix="wardmote-demo-") as scratch:
        where = (home or Path(scratch)).absolute()
        if replay_file is not None:
            done = replay(replay_file, where, limit=limit, through=through)
        elif headless:
            with Pretend(where, interval_s=1) as pretend:
                done = LifeStory(pretend, click.echo).tell()
        else:
            done = _serve(where)
    if not done:
        sys.exit(Status.AMISS)


def _serve(home: Path) -> bool:
    pretend = Pretend(
        home,
        console_port=free_port(_CONSOLE_PORT),
        pages_port=free_port(_PAGES_PORT),
    )
    with told_to_stop() as told, pretend:
        assert pretend.daemon is not None  # noqa: S101 - entering the context has started it
        console = pretend.daemon.console
        assert console is not None  # noqa: S101 - the demo's daemon always serves one
        click.echo(f"The council's page   {pretend.pages.base_url}/")
        click.echo(f"The pretend Slack    {pretend.pages.base_url}/slack")
        click.echo(f"The console          {console.link(PersonId('carys'))}")
        for line in pretend.daemon.summary():
            click.echo(line)
        click.echo("Write a comment on the page; press Ctrl-C here to end.")
        wait_until(told)
    return True
