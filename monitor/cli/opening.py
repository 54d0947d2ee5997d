"""What most commands begin with: the configuration, and services that connect to nothing yet."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from config.loading import Configuration, load_configuration
from monitor import telemetry
from monitor.bootstrap import build_services
from monitor.services import Services

__all__ = ["NoDispatcher", "open_configuration", "open_services"]


class NoDispatcher:
    """For commands that do one thing and end: what they leave due, the daemon takes up."""

    def nudge(self, job: str, **ids: str | int) -> None:
        """Do nothing; see ``monitor.services.Dispatcher``."""


def open_configuration() -> Configuration:
    """Load the configuration and set up the log by it.

    Raises:
        ConfigurationInvalid: With every problem of every file.
    """
    configuration = load_configuration(os.environ)
    telemetry.configure(
        level=configuration.settings.log_level, form=configuration.settings.log_format
    )
    return configuration


@contextmanager
def open_services(*, current: bool = True) -> Iterator[Services]:
    """The services of one command, closed when it ends.

    Args:
        current: Whether the database must be up to date.

    Raises:
        ConfigurationInvalid: With every problem of every file.
        DatabaseUnusable: It cannot be used, or must be upgraded first.
    """
    services = build_services(open_configuration(), os.environ, dispatcher=NoDispatcher())
    try:
        if current:
            services.database.require_current()
        yield services
    finally:
        services.close()
