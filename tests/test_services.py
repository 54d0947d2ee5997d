from __future__ import annotations

from datetime import timedelta

import pytest

from config.channels import WatchedChannel
from connectors.contract import Channel, ChannelId, NativeId
from monitor.services import Pace, Services, as_channel
from monitor.store.engine import Database
from monitor.telemetry import Metrics
from tests.consoles import CHANNELS, ROUTES, STANDARDS, Lines


def test_a_configured_channel_is_said_in_the_connectors_words() -> None:
    watched: WatchedChannel = CHANNELS[0]

    assert as_channel(watched) == Channel(
        id=ChannelId("facebook-parks"),
        connector="facebook_page",
        native_id=NativeId("page-facebook-parks"),
        name="Parks and Libraries on Facebook",
    )


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(0, 15), (1, 15), (2, 30), (3, 60), (7, 900), (8, 900), (10_000, 900)]
)
def test_the_wait_doubles_with_every_failure_up_to_the_longest(attempts, seconds) -> None:
    assert Pace().after(attempts) == timedelta(seconds=seconds)


def test_closing_closes_the_connectors_and_the_database(tmp_path) -> None:
    closed: list[str] = []
    database = Database.open(f"sqlite:///{tmp_path / 'x.db'}")
    database.upgrade()
    services = Services(
        database=database,
        standards=STANDARDS,
        routes=ROUTES,
        channels={},
        connector=None,
        classifier=None,
        targets={},
        dispatcher=None,
        now=None,
        new_id=None,
        log=Lines(),
        metrics=Metrics(),
        release=lambda: closed.append("connectors"),
    )

    services.close()
    services.close()

    assert closed == ["connectors", "connectors"]
    assert not services.stopping()
