"""``wardmote check``: validate everything, then try every channel, target and model."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from classifiers.contract import ClassifierFailed
from config.loading import Configuration, load_configuration
from config.problems import ConfigurationInvalid
from connectors.contract import ChannelId, Health, Readiness
from connectors.errors import ConnectorError, CredentialsRejected, NotPermitted
from monitor import telemetry
from monitor.bootstrap import build_services
from monitor.cli.endings import Status
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
    """Validate the configuration, then try each channel, destination and model.

    Says of each whether it is ready, not ready, credentials rejected or not permitted, with the
    scope or setting to mend. Secrets are masked. Exit status 1 if anything is not ready, 2 if the
    configuration is wrong.

    The files are looked for in WARDMOTE_CONFIG_DIR, or else in WARDMOTE_HOME.

    For example: wardmote check --json
    """
    try:
        configuration = load_configuration(os.environ)
    except ConfigurationInvalid as error:
        if as_json:
            _print_problems(error)
            sys.exit(Status.WRONG)
        raise
    # What is wrong is in the findings; a library's own log would only say it twice.
    telemetry.configure(level="ERROR", form="console")
    findings = [] if offline else _findings(configuration)
    if as_json:
        _print_json(configuration, findings)
    else:
        _print_tables(configuration, findings)
    if not _all_ready(findings):
        sys.exit(Status.AMISS)


def _findings(configuration: Configuration) -> list[_Finding]:
    services = build_services(configuration, os.environ, dispatcher=NoDispatcher())
    try:
        return [
            _database(services),
            *_channels(services),
            *_destinations(services),
            _model(services),
        ]
    finally:
        services.close()


def _database(services: Services) -> _Finding:
    shown = services.database.url_shown
    try:
        services.database.require_current()
    except DatabaseUnusable as error:
        return _Finding("database", shown, _not_ready(error.sentence, error.hint))
    return _Finding("database", shown, _ready("It is up to date."))


def _channels(services: Services) -> Iterator[_Finding]:
    for watched in services.channels.values():
        try:
            connector = services.connector(ChannelId(watched.id))
            health = connector.check(as_channel(watched))
        except ConnectorError as error:
            health = Health(_readiness(error), error.sentence, "See channels.toml.")
        yield _Finding("channel", watched.id, health)


def _readiness(error: ConnectorError) -> Readiness:
    match error:
        case CredentialsRejected():
            return Readiness.CREDENTIALS_REJECTED
        case NotPermitted():
            return Readiness.NOT_PERMITTED
        case _:
            return Readiness.NOT_READY


def _destinations(services: Services) -> Iterator[_Finding]:
    for destination in services.routes.destinations:
        # Loading the configuration has refused a destination whose transport is not set up.
        health = services.targets[destination.kind].check(destination.address)
        yield _Finding("destination", destination.name, health)


def _model(services: Services) -> _Finding:
    try:
        classifier = services.classifier()
        classifier.score(["Thank you for mending the swings."])
    except ClassifierFailed as error:
        return _Finding("classifier", "classifier", _not_ready(error.sentence, error.hint))
    return _Finding("classifier", classifier.fingerprint, _ready("It reads."))


def _ready(sentence: str) -> Health:
    return Health(Readiness.READY, sentence)


def _not_ready(sentence: str, hint: str) -> Health:
    return Health(Readiness.NOT_READY, sentence, hint)


def _all_ready(findings: Sequence[_Finding]) -> bool:
    return all(each.health.readiness is Readiness.READY for each in findings)


def _print_problems(error: ConfigurationInvalid) -> None:
    problems = [
        {"id": each.id, "place": each.place, "what": each.what, "hint": each.hint}
        for each in error.problems
    ]
    click.echo(json.dumps({"ready": False, "problems": problems, "findings": []}, indent=2))


def _print_json(configuration: Configuration, findings: Sequence[_Finding]) -> None:
    facts = {
        "ready": _all_ready(findings),
        "problems": [],
        "settings": [
            {"name": row.name, "value": row.value, "from": row.origin}
            for row in configuration.settings.described()
        ],
        "standards": configuration.standards.fingerprint,
        "findings": [_facts(each) for each in findings],
    }
    click.echo(json.dumps(facts, indent=2))


def _facts(finding: _Finding) -> dict[str, str | None]:
    health = finding.health
    return {
        "kind": finding.kind,
        "name": finding.name,
        "readiness": health.readiness,
        "sentence": health.sentence,
        "hint": health.hint,
        "expires_at": health.expires_at.isoformat() if health.expires_at else None,
    }


def _print_tables(configuration: Configuration, findings: Sequence[_Finding]) -> None:
    console = Console()
    console.print(f"The configuration is valid: {configuration.standards.fingerprint}.")
    settings = Table("setting", "value", "from", title="Settings that are not the default")
    for row in configuration.settings.described():
        if row.origin != "default":
            settings.add_row(row.name, Text(row.value), Text(row.origin))
    console.print(settings)
    if not findings:
        return
    table = Table("what", "state", "found, and what to do", title="Tried just now", show_lines=True)
    for each in findings:
        told = "\n".join(filter(None, (each.health.sentence, each.health.hint)))
        # Text: a hint may hold square brackets, which are markup in a plain string.
        table.add_row(Text(f"{each.kind}\n{each.name}"), each.health.readiness, Text(told))
    console.print(table)
