"""``wardmote database``: bring the database up to date, or say where it stands."""

from __future__ import annotations

import os

import click

from monitor.bootstrap import build_services
from monitor.cli.opening import NoDispatcher, open_configuration

__all__ = ["database"]


@click.group()
def database() -> None:
    """Look after the database."""


@database.command("upgrade")
def upgrade() -> None:
    """Bring the database up to this version; safe to repeat.

    Example:

      wardmote database upgrade
    """
    services = build_services(open_configuration(), os.environ, dispatcher=NoDispatcher())
    services.database.upgrade()
    state = services.database.state()
    services.database.dispose()
    click.echo(f"{services.database.url_shown} is at {state.current}.")


@database.command("state")
def show_state() -> None:
    """Say which version the database is at, and which one this program needs.

    Example:

      wardmote database state
    """
    services = build_services(open_configuration(), os.environ, dispatcher=NoDispatcher())
    state = services.database.state()
    services.database.dispose()
    click.echo(f"{services.database.url_shown}: at {state.current or 'nothing yet'}, "
               f"this program needs {state.head}.")
