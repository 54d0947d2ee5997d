"""The commands. Exit status: 0 done · 1 something is not as it should be · 2 the request or the
configuration is wrong · 3 the database cannot be used · 130 interrupted.
"""

from __future__ import annotations

import sys

import click

from config.problems import ConfigurationInvalid
from monitor.cli import (
    channels,
    check,
    database,
    demo,
    init,
    people,
    records,
    report,
    run,
    score,
)
from monitor.store.engine import DatabaseUnusable

__all__ = ["commands", "main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="wardmote", prog_name="wardmote")
def commands() -> None:
    """Watch a council's own channels, tell criticism from abuse, keep a record of every decision.

    Start with: wardmote demo
    """


for _command in (
    init.init,
    check.check,
    run.run,
    demo.demo,
    score.score,
    channels.channels,
    people.people,
    report.report,
    records.records,
    database.database,
):
    commands.add_command(_command)


def main() -> None:
    """Run a command; every failure that has a sentence shows that sentence and nothing else."""
    try:
        commands(standalone_mode=False)
    except ConfigurationInvalid as error:
        for problem in error.problems:
            click.echo(str(problem), err=True)
        count = len(error.problems)
        click.echo(f"{count} problem{'s' if count != 1 else ''} in the configuration.", err=True)
        sys.exit(2)
    except DatabaseUnusable as error:
        click.echo(f"{error.sentence} {error.hint}".strip(), err=True)
        sys.exit(3)
    except click.Abort:
        click.echo("Interrupted.", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
