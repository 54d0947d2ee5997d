from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from connectors.contract import Channel, Connector, Cursor, NativeId
from connectors.testing import ConnectorContract
from monitor.sandbox.graph import GraphSandbox
from monitor.sandbox.graph_errors import rate_limited
from monitor.sandbox.http import Clock
from monitor.sandbox.town import WEXCOMBE_PAGE, WEXCOMBE_TOKEN, Town
from monitor.sandbox.townsfolk import TownToken

pytestmark = pytest.mark.sandbox


class FacebookStage:
    """A pretend town that the real facebook-sdk reads over HTTP."""

    secrets = (WEXCOMBE_TOKEN, "app-secret")
    released_cursors = (
        Cursor('fb1:{"100000000000009_1":[1795169730,3,1795169730,1795169000,-1]}'),
    )

    def __init__(self, graph: GraphSandbox, clock: Clock, channel: Channel, connect_page) -> None:
        self.channel = channel
        self.graph = graph
        self.town: Town = graph.town
        self.clock = clock
        self.connect_page = connect_page

    def now(self) -> datetime:
        return self.clock()

    def advance(self, by: timedelta) -> None:
        self.clock.advance(by)

    def connector(self) -> Connector:
        return self.connect_page(
            page_size=3, secrets={"app_id": "1234", "app_secret": "app-secret"}
        )

    def publish(self, text: str, *, at: datetime) -> NativeId:
        return NativeId(self.town.publish(WEXCOMBE_PAGE, text, at=at).id)

    def write(self, post_id, text, *, at, author="Jo", parent_id=None) -> NativeId:
        resident = self.town.move_in(author) if author else None
        written = self.town.write(post_id, text, at=at, author=resident, parent_id=parent_id)
        return NativeId(written.id)

    def write_attachment(self, post_id, *, at) -> NativeId:
        return NativeId(self.town.write(post_id, "", at=at, attachment="sticker").id)

    def edit(self, comment_id: NativeId, text: str) -> None:
        self.town.edit(comment_id, text, at=self.clock())

    def delete(self, comment_id: NativeId) -> None:
        self.town.delete(comment_id)

    def limit_calls(self) -> None:
        self.graph.faults.add(rate_limited())

    def expire_token(self) -> None:
        self.town.issue(TownToken(WEXCOMBE_TOKEN, WEXCOMBE_PAGE, expires_at=self.clock()))


class TestFacebookPageKeepsTheContract(ConnectorContract):
    @pytest.fixture
    def stage(self, graph, clock, page, connect_page) -> FacebookStage:
        return FacebookStage(graph, clock, page, connect_page)


class TestFacebookPageKeepsTheContractOnAStrangeDay(ConnectorContract):
    """Privacy filtering shortens and empties pages, and there are always more."""

    @pytest.fixture
    def stage(self, graph, clock, page, connect_page) -> FacebookStage:
        graph.edges.cutter.page_sizes = (2, 0, 1, 0, 0, 3)
        return FacebookStage(graph, clock, page, connect_page)
