"""``wardmote init``: a commented starter set."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from config.starter import write_starter

__all__ = ["init"]


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
def init(directory: Path) -> None:
    """Write a commented starter configuration into DIRECTORY; nothing is overwritten.

    For example: wardmote init /etc/wardmote
    """
    for path in write_starter(directory):
        click.echo(f"wrote {path}")
    click.echo(
        "Next: edit channels.toml and routes.toml, put the tokens into settings.env, then\n"
        f"  set -a; . {shlex.quote(str(directory / 'settings.env'))}; set +a\n"
        "  wardmote check"
    )
