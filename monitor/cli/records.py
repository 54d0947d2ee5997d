"""``wardmote records``: prove that the record is whole."""

from __future__ import annotations

import json
import sys

import click

from monitor.cli.opening import open_configuration, open_services
from monitor.workflow import record_keeping

__all__ = ["records"]


@click.group()
def records() -> None:
    """Prove and hand over the record of decisions."""


@records.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of sentences.")
def verify(*, as_json: bool) -> None:
    """Recompute the audit chain and every seal; exit status 1 if anything was changed.

    Example:

      wardmote records verify
    """
    services = open_services(open_configuration())
    checks = record_keeping.verify(services)
    services.database.dispose()
    intact = all(each.intact for each in checks)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "intact": intact,
                    "checks": [
                        {"what": each.what, "rows": each.rows, "intact": each.intact,
                         "sentence": each.sentence}
                        for each in checks
                    ],
                },
                indent=2,
            )
        )
    else:
        for each in checks:
            click.echo(each.sentence)
    if not intact:
        sys.exit(1)
