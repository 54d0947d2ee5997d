"""What a step needs to do its work, bundled once by ``bootstrap`` and passed to every step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from classifiers.contract import Classifier
from config.channels import WatchedChannel
from config.routes import Routes
from config.standards import Standards
from connectors.contract import Channel, ChannelId, Connector, NativeId
from monitor.alerting.contract import AlertTarget
from monitor.store.engine import Database
from monitor.telemetry import Log, Metrics

__all__ = ["Dispatcher", "Pace", "Services", "as_channel"]


class Dispatcher(Protocol):
    """Hints that there is work. Losing a hint loses nothing: the next sweep finds the rows."""

    def nudge(self, job: str, **ids: str | int) -> None:
        """Ask for a job soon; never blocks, never raises."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things may take, and how much is done at once.

    Attributes:
        lease: How long a unit of work belongs to the process that took it.
        claim: How long a moderator holds a case.
        batch: Rows taken at once.
        retry: The first wait after a failure; it doubles up to ``retry_longest``.
        rechecks: When, after a confirmation, the platform is asked again.
        patience: How often a platform may fail to do what it confirmed before a person is asked.
    """

    lease: timedelta = timedelta(minutes=5)
    claim: timedelta = timedelta(minutes=30)
    batch: int = 64
    retry: timedelta = timedelta(seconds=15)
    retry_longest: timedelta = timedelta(minutes=15)
    rechecks: tuple[timedelta, ...] = (
        timedelta(minutes=10),
        timedelta(hours=24),
        timedelta(days=7),
    )
    patience: int = 3

    def after(self, attempts: int) -> timedelta:
        """How long to wait after so many failed attempts."""
        doublings = min(max(attempts - 1, 0), 20)
        return min(self.retry * (1 << doublings), self.retry_longest)


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a step may use; nothing in a step is global.

    Attributes:
        connector: Opens (and keeps) the connector of one channel.
        classifier: Opens (and keeps) the classifier; the first call loads the model.
        targets: Notification transports by kind: ``slack``, ``email``.
        now: Aware UTC.
        new_id: A fresh unguessable identifier.
        stopping: True once the daemon has been asked to stop; long steps look at it.
        console_url: Where the web console is reached, or "".
        release: Closes what the connectors hold open.
    """

    database: Database
    standards: Standards
    routes: Routes
    channels: Mapping[ChannelId, WatchedChannel]
    connector: Callable[[ChannelId], Connector]
    classifier: Callable[[], Classifier]
    targets: Mapping[str, AlertTarget]
    dispatcher: Dispatcher
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    log: Log
    metrics: Metrics
    council: str = "the council"
    console_url: str = ""
    pace: Pace = field(default_factory=Pace)
    stopping: Callable[[], bool] = lambda: False
    release: Callable[[], None] = lambda: None

    def close(self) -> None:
        """Close every connection, to platforms and to the database; the next use opens new ones."""
        self.release()
        self.database.dispose()


def as_channel(watched: WatchedChannel) -> Channel:
    """A configured channel in the connectors' words."""
    return Channel(
        id=ChannelId(watched.id),
        connector=watched.connector,
        native_id=NativeId(watched.native_id),
        name=watched.name,
    )
