"""``wardmote run``: the daemon, embedded: scheduler, steps, Slack desk and console in a process."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

from monitor.cli.daemon import Daemon
from monitor.cli.opening import open_configuration

__all__ = ["run", "told_to_stop", "wait_until"]

_LOOK_S = 0.5


@click.command()
@click.option("--no-console", is_flag=True, help="Do not serve the web console.")
def run(*, no_console: bool) -> None:
    """Run the daemon until it is told to stop.

    Prints five lines and goes quiet: version, database, channels, notifications, console. SIGTERM
    and SIGINT end it: the steps in hand are finished, and what is due waits for the next start.

    The console listens at WARDMOTE_WEB_HOST and WARDMOTE_WEB_PORT.

    For example: WARDMOTE_HOME=/etc/wardmote wardmote run
    """
    configuration = open_configuration()
    daemon = Daemon(configuration, os.environ, console=not no_console)
    with told_to_stop() as told:
        daemon.start()
        try:
            for line in daemon.summary():
                click.echo(line)
            wait_until(told)
        finally:
            daemon.stop()


def wait_until(told: threading.Event) -> None:
    """Sleep until the event is set."""
    # Without the looks in between, a signal that arrives in the instant before the sleep, or that
    # the system hands to another thread, would not be noticed until something else woke this one.
    while not told.wait(_LOOK_S):
        pass


@contextmanager
def told_to_stop() -> Iterator[threading.Event]:
    """An event that the first SIGTERM or SIGINT sets; the second interrupts at once."""
    told = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        if told.is_set():
            raise KeyboardInterrupt
        told.set()

    previous = {each: signal.signal(each, stop) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield told
    finally:
        for each, handler in previous.items():
            signal.signal(each, handler)
