"""``wardmote run``: the daemon, embedded: scheduler, steps, Slack desk and console in a process."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType

import click

from monitor.cli.daemon import Daemon
from monitor.cli.opening import open_configuration

__all__ = ["run", "wait_for_signal"]


@click.command()
@click.option(
    "--no-console", is_flag=True, envvar="WARDMOTE_NO_CONSOLE",
    help="Do not serve the web console. [WARDMOTE_NO_CONSOLE]",
)
def run(*, no_console: bool) -> None:
    """Run the daemon until it is told to stop.

    Prints five lines and goes quiet: version, database, channels, destinations, console.

    Example:

      WARDMOTE_HOME=/etc/wardmote wardmote run
    """
    configuration = open_configuration()
    daemon = Daemon(configuration, os.environ, console=not no_console)
    daemon.start()
    for line in daemon.summary():
        click.echo(line)
    try:
        wait_for_signal()
    finally:
        daemon.stop()


def wait_for_signal() -> None:
    """Sleep until SIGTERM or SIGINT."""
    told = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        told.set()

    previous = {each: signal.signal(each, stop) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        told.wait()
    finally:
        for each, handler in previous.items():
            signal.signal(each, handler)
