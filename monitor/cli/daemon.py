"""The embedded daemon, put together: what starts, in which order, and how it stops."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from importlib.metadata import version

from config.loading import Configuration
from connectors.contract import Secret
from monitor.bootstrap import build_services
from monitor.desk.slack_socket import SlackDesk
from monitor.desk.web.app import build_console
from monitor.desk.web.server import ConsoleServer
from monitor.desk.workflow_floor import WorkflowFloor
from monitor.runtime.in_process import InProcess
from monitor.runtime.schedule import Schedule
from monitor.services import Pace, Services
from monitor.workflow import ingest

__all__ = ["Daemon"]


class Daemon:
    """Everything that ``wardmote run`` runs, in one process.

    Args:
        configuration: Valid, with every problem found before.
        environ: Where channels' tokens are read from.
        console: Whether the web console is served.
        pace: How long things may take; the default suits a council.
    """

    def __init__(
        self,
        configuration: Configuration,
        environ: Mapping[str, str],
        *,
        console: bool = True,
        pace: Pace | None = None,
    ) -> None:
        self._configuration = configuration
        settings = configuration.settings
        self._dispatcher = InProcess()
        self.services: Services = build_services(
            configuration,
            environ,
            dispatcher=self._dispatcher,
            pace=pace,
            stopping=lambda: self._dispatcher.stopping,
        )
        self._started = ExitStack()
        self._schedule = Schedule(self._dispatcher, now=self.services.now)
        self._desk: SlackDesk | None = None
        if settings.slack_app_token is not None and settings.slack_bot_token is not None:
            self._desk = SlackDesk(
                WorkflowFloor(self.services),
                app_token=Secret(settings.slack_app_token.get_secret_value()),
                bot_token=Secret(settings.slack_bot_token.get_secret_value()),
                log=self.services.log,
                base_url=settings.slack_base_url,
            )
        self.console: ConsoleServer | None = None
        if console:
            secret = settings.web_secret
            app = build_console(
                self.services,
                secret=secret.get_secret_value() if secret else secrets.token_hex(32),
                last_tick=self._schedule.last_tick,
            )
            self.console = ConsoleServer(app, host=settings.web_host, port=settings.web_port)

    def start(self) -> None:
        """Bring the database up to date, then start every part; what fails leaves nothing running.

        Raises:
            DatabaseUnusable: The database cannot be used.
            ConsoleUnavailable: The console's address is taken or not ours.
        """
        with ExitStack() as started:
            started.callback(self.services.close)
            self.services.database.upgrade()
            ingest.register_channels(self.services)
            self._dispatcher.bind(self.services)
            if self.console is not None:
                self.console.start()
                started.callback(self.console.stop)
            started.callback(self._dispatcher.stop)
            if self._desk is not None:
                self._desk.start()
                started.callback(self._desk.stop)
            started.callback(self._schedule.stop)
            self._schedule.start()
            self._started = started.pop_all()
        self.services.log.info("daemon.started", count=len(self.services.channels))

    def stop(self) -> None:
        """Stop ticking, finish the steps in hand, let leases expire for the rest."""
        self._started.close()
        self.services.log.info("daemon.stopped")

    def wait_until_idle(self, timeout: float) -> bool:
        """Wait until no job waits or runs; False when ``timeout`` seconds pass first."""
        return self._dispatcher.wait_until_idle(timeout)

    def summary(self) -> tuple[str, ...]:
        """Five lines for the person who started it."""
        services = self.services
        watched = [each for each in services.channels.values() if each.enabled]
        kinds = sorted(services.targets) or ["none"]
        desk = "with its desk in Slack" if self._desk is not None else "no Slack desk"
        standard = services.standards.fingerprint
        return (
            f"Wardmote {version('wardmote')} for {services.council}, standard {standard}",
            f"Database      {services.database.url_shown}",
            f"Channels      {len(watched)}: {', '.join(each.name for each in watched)}",
            f"Notifications {', '.join(kinds)}; {desk}",
            f"Console       {self.console.url if self.console else 'not served'}",
        )
