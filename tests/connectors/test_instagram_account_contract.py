from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.testing import ConnectorContract
from monitor.sandbox.http import Clock
from tests.connectors.instagram_stage import InstagramStage, open_stage

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("socket_enabled")]


class TestInstagramAccountKeepsTheContract(ConnectorContract):
    @pytest.fixture
    def stage(self, clock: Clock) -> Iterator[InstagramStage]:
        with open_stage(clock) as opened:
            yield opened


class TestInstagramAccountKeepsTheContractOnAStrangeDay(ConnectorContract):
    """Privacy filtering shortens and empties pages, and there are always more."""

    @pytest.fixture
    def stage(self, clock: Clock) -> Iterator[InstagramStage]:
        with open_stage(clock) as opened:
            opened.sandbox.edges.cutter.page_sizes = (2, 0, 1, 0, 0, 3)
            yield opened
