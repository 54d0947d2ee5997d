"""Settings become services: the only module that knows every concrete choice."""

from __future__ import annotations

import math
import secrets
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import classifiers.registry
import connectors.registry
from classifiers.contract import Classifier
from config.loading import Configuration
from config.settings import Settings, read_secret
from connectors.contract import ChannelId, Connector, ConnectorSettings, Secret
from connectors.errors import NotPermitted
from connectors.kept import KeptInFiles
from connectors.registry import UnknownConnectorError
from monitor.alerting.contract import AlertTarget
from monitor.alerting.email import EmailTarget, MailServer
from monitor.alerting.slack import SlackTarget
from monitor.services import Dispatcher, Pace, Services
from monitor.store.engine import Database
from monitor.telemetry import Metrics, get_log

__all__ = ["build_services", "open_classifier"]


def build_services(
    configuration: Configuration,
    environ: Mapping[str, str],
    *,
    dispatcher: Dispatcher,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    pace: Pace | None = None,
    stopping: Callable[[], bool] = lambda: False,
    on_commit: Callable[[str], None] | None = None,
) -> Services:
    """Choose every concrete part; connect to nothing yet.

    Args:
        configuration: Valid, with every problem found before.
        environ: Where channels' tokens are read from (``NAME`` or ``NAME_FILE``).
        dispatcher: Where the steps' nudges go.
        now: Aware UTC.
        pace: How long things may take; None for the pace of a council.
        stopping: See ``Services``.
        on_commit: Told the name of every committed transaction; journeys stop the process there.

    Raises:
        DatabaseUnusable: The database address cannot be used.
    """
    settings = configuration.settings
    opened = _Connectors(configuration, environ, now)
    return Services(
        database=Database.open(settings.database_url, on_commit=on_commit),
        standards=configuration.standards,
        routes=configuration.routes,
        channels={ChannelId(each.id): each for each in configuration.channels},
        connector=opened,
        classifier=_OneClassifier(settings),
        targets=_targets(settings, now),
        dispatcher=dispatcher,
        now=now,
        new_id=lambda: secrets.token_hex(16),
        log=get_log(),
        metrics=Metrics(),
        council=settings.council,
        console_url=settings.web_base_url,
        pace=pace or Pace(),
        stopping=stopping,
        release=opened.close,
    )


def open_classifier(settings: Settings) -> Classifier:
    """Load the classifiers that the settings name, asked as one.

    A Detoxify checkpoint's configuration and tokenizer lie in its own folder.

    Raises:
        ClassifierFailed: One of them is unknown or cannot be loaded.
    """
    options = {"first_stage": "on" if settings.first_stage else "off"}
    if settings.model is not None:
        options["model"] = str(settings.model)
    checkpoint = settings.detoxify_checkpoint
    if checkpoint is not None:
        options |= {
            "checkpoint": str(checkpoint),
            "huggingface_config_path": str(checkpoint.parent),
            "sha256": settings.detoxify_sha256 or "",
        }
    return classifiers.registry.open_classifier(settings.classifiers, options)


class _Connectors:
    """Opens each channel's connector once and keeps it."""

    def __init__(
        self,
        configuration: Configuration,
        environ: Mapping[str, str],
        now: Callable[[], datetime],
    ) -> None:
        self._configuration = configuration
        self._environ = environ
        self._now = now
        self._opened: dict[ChannelId, Connector] = {}
        self._lock = threading.Lock()

    def __call__(self, channel_id: ChannelId) -> Connector:
        with self._lock:
            if channel_id not in self._opened:
                self._opened[channel_id] = self._open(channel_id)
            return self._opened[channel_id]

    def close(self) -> None:
        """Close what was opened; the next call opens it anew."""
        with self._lock:
            opened, self._opened = self._opened, {}
        for connector in opened.values():
            # Not every platform has a connection to close, so the contract does not ask for one.
            close = getattr(connector, "close", None)
            if close is not None:
                close()

    def _open(self, channel_id: ChannelId) -> Connector:
        watched = next(
            (each for each in self._configuration.channels if each.id == channel_id), None
        )
        if watched is None:
            raise NotPermitted(f"The channel {channel_id} is not in channels.toml.")
        settings = self._configuration.settings
        found = {
            role: read_secret(self._environ, name) or ""
            for role, name in watched.secret_names.items()
        }
        built_from = ConnectorSettings(
            base_url=_base_url(settings, watched.connector),
            secrets={role: Secret(value) for role, value in found.items() if value},
            clock=self._now,
            timeout_s=settings.http_timeout_s,
            look_back=watched.look_back,
            watch_for=watched.watch_for,
            page_size=watched.page_size,
            options={**watched.options, "graph_version": settings.facebook_graph_version},
            kept=KeptInFiles(settings.home / "kept" / channel_id),
        )
        try:
            return connectors.registry.open_connector(watched.connector, built_from)
        except UnknownConnectorError as error:
            # To a step this is a platform that it may not use, which pauses the channel and
            # tells an operator.
            raise NotPermitted(str(error)) from error


class _OneClassifier:
    """Loads the classifier at the first use, once for the process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opened: Classifier | None = None
        self._lock = threading.Lock()

    def __call__(self) -> Classifier:
        with self._lock:
            if self._opened is None:
                self._opened = open_classifier(self._settings)
            return self._opened


def _base_url(settings: Settings, connector: str) -> str:
    """The address that stands in for a platform, or "" for the platform's own."""
    return {
        "facebook_page": settings.facebook_base_url,
        "instagram_account": settings.instagram_base_url,
        "x_account": settings.x_base_url,
        "youtube_channel": settings.youtube_base_url,
        "linkedin_page": settings.linkedin_base_url,
        "flickr_account": settings.flickr_base_url,
        "bluesky_account": settings.bluesky_base_url,
    }.get(connector, "")


def _targets(settings: Settings, now: Callable[[], datetime]) -> Mapping[str, AlertTarget]:
    targets: dict[str, AlertTarget] = {}
    if settings.slack_bot_token is not None:
        targets["slack"] = SlackTarget(
            Secret(settings.slack_bot_token.get_secret_value()),
            clock=now,
            base_url=settings.slack_base_url,
            timeout_s=math.ceil(settings.http_timeout_s),
        )
    if settings.smtp_host and settings.smtp_from:
        password = settings.smtp_password
        server = MailServer(
            host=settings.smtp_host,
            port=settings.smtp_port,
            sender=settings.smtp_from,
            username=settings.smtp_username or "",
            password=Secret(password.get_secret_value() if password else ""),
            starttls=settings.smtp_starttls,
            timeout_s=settings.http_timeout_s,
        )
        targets["email"] = EmailTarget(server, clock=now)
    return targets
