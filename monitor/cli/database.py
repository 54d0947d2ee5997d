"""``wardmote database``: bring the database up to date, or say where it stands."""

from __future__ import annotations

import click

from monitor.cli.opening import open_services

__all__ = ["database"]


@click.group()
def database() -> None:
    """Look after the database."""


@database.command("upgrade")
def upgrade() -> None:
    """Bring the database up to this version; safe to repeat.

    The address stands in WARDMOTE_DATABASE_URL.

    For example: wardmote database upgrade
    """
    with open_services(current=False) as services:
        services.database.upgrade()
        state = services.database.state()
    click.echo(f"{services.database.url_shown} is at {state.current}.")


@database.command("state")
def show_state() -> None:
    """Say which version the database is at, and which one this program needs.

    For example: wardmote database state
    """
    with open_services(current=False) as services:
        state = services.database.state()
    click.echo(
        f"{services.database.url_shown}: at {state.current or 'nothing yet'}, "
        f"this program needs {state.head}."
    )
