"""``wardmote people``: who may look at and decide cases."""

from __future__ import annotations

import json
import re

import click
from rich.console import Console
from rich.table import Table

from config.problems import did_you_mean
from monitor.cli.endings import refuse
from monitor.cli.opening import open_services
from monitor.desk.web.passwords import hash_password
from monitor.domain.people import Person, PersonId, Role
from monitor.services import Services
from monitor.store import people as store_people
from monitor.workflow import staffing

__all__ = ["people"]

_PERSON = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_SLACK = re.compile(r"[UW][A-Z0-9]{2,}")


@click.group()
def people() -> None:
    """Add people, link them to Slack, list them."""


@people.command("add")
@click.argument("person_id")
@click.option("--name", required=True, help="As colleagues read it.")
@click.option(
    "--role",
    type=click.Choice([each.value for each in Role]),
    required=True,
    help="What they may do: look, decide, or lead.",
)
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

    Without --service they answer for every service.

    For example: wardmote people add amina --name "Amina" --role moderator --slack U0AMINA
    """
    _must_be_a_person(person_id, name)
    _must_be_in_slack(slack_user_id)
    with open_services() as services:
        _must_be_services(services, services_of)
        password = None
        if not no_password:
            password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        person = Person(
            id=PersonId(person_id),
            name=name.strip(),
            role=Role(role),
            services=frozenset(services_of),
            slack_user_id=slack_user_id,
        )
        hashed = hash_password(password) if password else None
        staffing.add_person(services, person, password_hash=hashed, actor="operator")
    click.echo(f"{person_id} may now {'sign in' if password else 'act in Slack'} as {role}.")


@people.command("link")
@click.argument("person_id")
@click.argument("slack_user_id")
def link_person(person_id: str, slack_user_id: str) -> None:
    """Link PERSON_ID to SLACK_USER_ID, so that their presses count.

    For example: wardmote people link amina U0AMINA
    """
    _must_be_in_slack(slack_user_id)
    with open_services() as services:
        staffing.link_slack(services, PersonId(person_id), slack_user_id, actor="operator")
    click.echo(f"{person_id} is linked.")


@people.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def list_people(*, as_json: bool) -> None:
    """List everybody with their role and services.

    For example: wardmote people list
    """
    with open_services() as services, services.database.reading() as reading:
        everybody = store_people.all_people(reading)
    if as_json:
        click.echo(json.dumps([_facts(each) for each in everybody], indent=2))
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


def _must_be_a_person(person_id: str, name: str) -> None:
    if not _PERSON.fullmatch(person_id):
        refuse(f"{person_id!r} is no identifier: small letters, digits and . _ - only, up to 40.")
    if not name.strip():
        refuse("--name is empty; write the name as colleagues read it.")


def _must_be_in_slack(slack_user_id: str | None) -> None:
    if slack_user_id is not None and not _SLACK.fullmatch(slack_user_id):
        refuse(
            f"{slack_user_id!r} is no Slack member ID; it begins with U or W. In Slack: open the "
            "person's profile, then Copy member ID."
        )


def _must_be_services(services: Services, named: tuple[str, ...]) -> None:
    known = {each.service for each in services.channels.values()}
    for name in named:
        if name not in known:
            hint = did_you_mean(name, known)
            refuse(f"No channel in channels.toml belongs to the service {name!r}. {hint}")


def _facts(person: Person) -> dict[str, str | bool | list[str] | None]:
    return {
        "id": person.id,
        "name": person.name,
        "role": person.role,
        "services": sorted(person.services),
        "slack": person.slack_user_id,
        "active": person.active,
    }
