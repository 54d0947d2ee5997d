"""``wardmote records``: prove that the record is whole."""

from __future__ import annotations

import json
import sys

import click

from monitor.cli.endings import Status
from monitor.cli.opening import open_services
from monitor.workflow import record_keeping
from monitor.workflow.record_keeping import Proof

__all__ = ["records"]


@click.group()
def records() -> None:
    """Prove and hand over the record of decisions."""


@records.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of sentences.")
def verify(*, as_json: bool) -> None:
    """Recompute the audit chain and every seal; exit status 1 if anything was changed.

    For example: wardmote records verify
    """
    with open_services() as services:
        proofs = record_keeping.verify(services)
    intact = all(each.intact for each in proofs)
    if as_json:
        facts = {"intact": intact, "checks": [_facts(each) for each in proofs]}
        click.echo(json.dumps(facts, indent=2))
    else:
        for each in proofs:
            click.echo(each.sentence)
    if not intact:
        sys.exit(Status.AMISS)


def _facts(proof: Proof) -> dict[str, str | int | bool]:
    return {
        "what": proof.what,
        "rows": proof.rows,
        "intact": proof.intact,
        "sentence": proof.sentence,
    }
