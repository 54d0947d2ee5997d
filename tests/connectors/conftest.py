"""A pretend town behind a real connector, and nothing of it left open afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from connectors.contract import Channel, ChannelId, ConnectorSettings, NativeId, Secret
from connectors.facebook_page import FacebookPage, connect
from monitor.sandbox.graph import GraphSandbox
from monitor.sandbox.http import Clock
from monitor.sandbox.town import WEXCOMBE_PAGE, WEXCOMBE_TOKEN, Town
from monitor.sandbox.townsfolk import TownToken

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
Connect = Callable[..., FacebookPage]


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
def town() -> Town:
    empty = Town()
    empty.open_page(WEXCOMBE_PAGE, "Parks and Libraries")
    empty.issue(TownToken(WEXCOMBE_TOKEN, WEXCOMBE_PAGE))
    return empty


@pytest.fixture
def graph(town: Town, clock: Clock, socket_enabled: None) -> Iterator[GraphSandbox]:
    with GraphSandbox(town, clock=clock, app_id="1234", app_secret="app-secret") as sandbox:
        yield sandbox
        assert sandbox.failures == ()


@pytest.fixture
def page() -> Channel:
    return Channel(
        ChannelId("facebook-parks"), "facebook_page", NativeId(WEXCOMBE_PAGE), "Parks and Libraries"
    )


@pytest.fixture
def connect_page(graph: GraphSandbox, clock: Clock) -> Iterator[Connect]:
    """Builds connectors for the sandbox; keywords replace settings, ``secrets`` adds to them."""
    opened: list[FacebookPage] = []

    def build(*, secrets: dict[str, str] | None = None, **settings: object) -> FacebookPage:
        held = {"token": WEXCOMBE_TOKEN, **(secrets or {})}
        given: dict[str, object] = {"base_url": graph.base_url, "timeout_s": 5.0, **settings}
        connector = connect(
            ConnectorSettings(
                secrets={role: Secret(value) for role, value in held.items()},
                clock=clock,
                **given,  # type: ignore[arg-type] # keywords of the settings
            )
        )
        opened.append(connector)
        return connector

    yield build
    for connector in opened:
        connector.close()
