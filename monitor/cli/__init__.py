"""The commands, and what their exit statuses mean.

====  ==========================================================================================
   0  Done.
   1  Something is not as it should be: a row, a channel, a model, a port, the record itself.
   2  The request or the configuration is wrong; nothing was done.
   3  The database cannot be used, or has to be upgraded first.
  70  A fault of the program itself.
 130  Interrupted from the keyboard.
====  ==========================================================================================

Whatever the end, one sentence on standard error says what happened, where, and what to do.
"""

from __future__ import annotations

from typing import Any

import click
from typing_extensions import override

from monitor.cli import (
    channels,
    check,
    database,
    demo,
    evaluate,
    init,
    models,
    people,
    records,
    report,
    run,
    score,
)
from monitor.cli.endings import translated

__all__ = ["commands", "main"]


class _Commands(click.Group):
    """A group in which no failure ends in a traceback."""

    @override
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
            raise
        except (Exception, KeyboardInterrupt) as error:
            raise translated(error) from error


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
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
    evaluate.evaluate,
    models.models,
    channels.channels,
    people.people,
    report.report,
    records.records,
    database.database,
):
    commands.add_command(_command)


def main() -> None:
    """Run the command that the process was started with."""
    commands()
