"""``wardmote people``: who may look at and decide cases."""

from __future__ import annotations

import json

import click
from argon2 import PasswordHasher
from rich.console import Console
from rich.table import Table

from monitor.cli.opening import open_configuration, open_services
from monitor.domain.case import Refused
from monitor.domain.people import Person, PersonId, Role
from monitor.store import people as store_people
from monitor.workflow import staffing

__all__ = ["people"]


@click.group()
def people() -> None:
    """Add people, link them to Slack, list them."""


@people.command("add")
@click.argument("person_id")
@click.option("--name", required=True, help="As colleagues read it.")
@click.option("--role", type=click.Choice([each.value for each in Role]), required=True)
@click.option("--service", "services_of", multiple=True, help="A service they answer for; repeat.")
@click.option("--slack", "slack_user_id", help="Their Slack member ID, such as U0AMINA.")
@click.option("--no-password", is_flag=True, help="They only act in Slack.")
def add_person(
    *,
    person_id: str,
    name: str,
    role: str,
    services_of: tuple[str, ...],
    slack_user_id: str | None,
    no_password: bool,
) -> None:
    """Add PERSON_ID, a short name that never changes; asks for their first password.

    Example:

      wardmote people add amina --name "Amina" --role moderator --slack U0AMINA
    """
    services = open_services(open_configuration())
    password = None
    if not no_password:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    person = Person(
        id=PersonId(person_id),
        name=name,
        role=Role(role),
        services=frozenset(services_of),
        slack_user_id=slack_user_id,
    )
    try:
        staffing.add_person(
            services,
            person,
            password_hash=PasswordHasher().hash(password) if password else None,
            actor="operator",
        )
    except Refused as error:
        raise click.ClickException(error.sentence) from error
    finally:
        services.database.dispose()
    click.echo(f"{person_id} may now sign in as {role}.")


@people.command("link")
@click.argument("person_id")
@click.argument("slack_user_id")
def link_person(person_id: str, slack_user_id: str) -> None:
    """Link PERSON_ID to SLACK_USER_ID, so that their presses count.

    Example:

      wardmote people link amina U0AMINA
    """
    services = open_services(open_configuration())
    try:
        staffing.link_slack(services, PersonId(person_id), slack_user_id, actor="operator")
    except Refused as error:
        raise click.ClickException(error.sentence) from error
    finally:
        services.database.dispose()
    click.echo(f"{person_id} is linked.")


@people.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def list_people(*, as_json: bool) -> None:
    """List everybody with their role and services.

    Example:

      wardmote people list
    """
    services = open_services(open_configuration())
    with services.database.reading() as reading:
        everybody = store_people.all_people(reading)
    services.database.dispose()
    rows = [
        {
            "id": each.id,
            "name": each.name,
            "role": each.role,
            "services": sorted(each.services),
            "slack": each.slack_user_id,
            "active": each.active,
        }
        for each in everybody
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    table = Table("id", "name", "role", "services", "slack", "active")
    for each in everybody:
        table.add_row(
            each.id,
            each.name,
            each.role,
            ", ".join(sorted(each.services)) or "all",
            each.slack_user_id or "",
            "yes" if each.active else "no",
        )
    Console().print(table)
