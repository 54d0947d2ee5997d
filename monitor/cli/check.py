"""``wardmote check``: validate everything, then try every channel, target and model."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import click
from rich.console import Console
from rich.table import Table

from classifiers.contract import ClassifierFailed
from config.loading import Configuration, load_configuration
from config.problems import ConfigurationInvalid
from connectors.contract import ChannelId, Health, Readiness
from connectors.errors import ConnectorError
from monitor.bootstrap import build_services
from monitor.cli.opening import NoDispatcher
from monitor.services import Services, as_channel
from monitor.store.engine import DatabaseUnusable

__all__ = ["check"]


@dataclass(frozen=True, slots=True)
class _Finding:
    kind: str
    name: str
    health: Health


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.option("--offline", is_flag=True, help="Validate the files only; try nothing.")
def check(*, as_json: bool, offline: bool) -> None:
    """Validate the configuration, then try each channel, target and model.

    Says of each whether it is ready, not ready, credentials rejected or not permitted, with the
    scope or setting to mend. Secrets are masked. Exit status 1 if anything is not ready, 2 if the
    configuration is wrong.

    Example:

      wardmote check --json
    """
    try:
        configuration = load_configuration(os.environ)
    except ConfigurationInvalid as error:
        if as_json:
            _print_problems(error)
            sys.exit(2)
        raise
    findings = [] if offline else list(_findings(configuration))
    if as_json:
        _print_json(configuration, findings)
    else:
        _print_table(configuration, findings)
    if any(each.health.readiness is not Readiness.READY for each in findings):
        sys.exit(1)


def _findings(configuration: Configuration) -> Iterator[_Finding]:
    try:
        services = build_services(configuration, os.environ, dispatcher=NoDispatcher())
        services.database.require_current()
        yield _Finding("database", services.database.url_shown, _ready("It is up to date."))
    except DatabaseUnusable as error:
        health = Health(Readiness.NOT_READY, error.sentence, hint=error.hint)
        yield _Finding("database", _shown_database(configuration), health)
        services = build_services(configuration, os.environ, dispatcher=NoDispatcher())
    yield from _channels(services)
    yield from _destinations(services)
    yield _model(services)
    services.database.dispose()


def _shown_database(configuration: Configuration) -> str:
    rows = {row.name: row.value for row in configuration.settings.described()}
    return rows["WARDMOTE_DATABASE_URL"]


def _channels(services: Services) -> Iterator[_Finding]:
    for watched in services.channels.values():
        try:
            connector = services.connector(ChannelId(watched.id))
            health = connector.check(as_channel(watched))
        except ConnectorError as error:
            health = Health(Readiness.NOT_READY, error.sentence)
        yield _Finding("channel", watched.id, health)


def _destinations(services: Services) -> Iterator[_Finding]:
    for destination in services.routes.destinations:
        target = services.targets.get(destination.kind)
        if target is None:
            setting = "WARDMOTE_SLACK_BOT_TOKEN" if destination.kind == "slack" else "WARDMOTE_SMTP_HOST"
            health = Health(
                Readiness.NOT_READY,
                f"No {destination.kind} transport is set up.",
                hint=f"Set {setting}.",
            )
        else:
            health = target.check(destination.address)
        yield _Finding("destination", destination.name, health)


def _model(services: Services) -> _Finding:
    try:
        classifier = services.classifier()
        classifier.score(["Thank you for mending the swings."])
    except ClassifierFailed as error:
        return _Finding(
            "classifier", "classifier", Health(Readiness.NOT_READY, error.sentence, error.hint)
        )
    return _Finding("classifier", classifier.fingerprint, _ready("It reads."))


def _ready(sentence: str) -> Health:
    return Health(Readiness.READY, sentence)


def _print_problems(error: ConfigurationInvalid) -> None:
    problems = [
        {"id": each.id, "place": each.place, "what": each.what, "hint": each.hint}
        for each in error.problems
    ]
    click.echo(json.dumps({"ready": False, "problems": problems, "findings": []}, indent=2))


def _print_json(configuration: Configuration, findings: list[_Finding]) -> None:
    click.echo(
        json.dumps(
            {
                "ready": all(each.health.readiness is Readiness.READY for each in findings),
                "problems": [],
                "settings": [
                    {"name": row.name, "value": row.value, "from": row.origin}
                    for row in configuration.settings.described()
                ],
                "standards": configuration.standards.fingerprint,
                "findings": [
                    {
                        "kind": each.kind,
                        "name": each.name,
                        "readiness": each.health.readiness,
                        "sentence": each.health.sentence,
                        "hint": each.health.hint,
                        "expires_at": each.health.expires_at.isoformat()
                        if each.health.expires_at
                        else None,
                    }
                    for each in findings
                ],
            },
            indent=2,
        )
    )


def _print_table(configuration: Configuration, findings: list[_Finding]) -> None:
    console = Console(soft_wrap=False)
    console.print(f"The configuration is valid: {configuration.standards.fingerprint}.")
    if not findings:
        return
    table = Table("what", "name", "state", "found", "to do", show_lines=False)
    for each in findings:
        table.add_row(
            each.kind, each.name, each.health.readiness, each.health.sentence, each.health.hint
        )
    console.print(table)
