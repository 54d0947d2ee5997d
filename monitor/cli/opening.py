"""What most commands begin with: the configuration, and services that connect to nothing yet."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime

from config.loading import Configuration, load_configuration
from monitor import telemetry
from monitor.bootstrap import build_services
from monitor.services import Dispatcher, Services

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


def open_services(
    configuration: Configuration,
    *,
    dispatcher: Dispatcher | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Services:
    """Build the services of one command over a database that is up to date.

    Raises:
        DatabaseUnusable: It cannot be used, or must be upgraded first.
    """
    services = build_services(
        configuration, os.environ, dispatcher=dispatcher or NoDispatcher(), now=now
    )
    services.database.require_current()
    return services
