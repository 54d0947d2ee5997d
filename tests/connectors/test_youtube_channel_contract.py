from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.testing import ConnectorContract
from monitor.sandbox.http import Clock
from tests.connectors.youtube_stage import YouTubeStage, open_stage

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("socket_enabled")]


class TestYouTubeChannelKeepsTheContract(ConnectorContract):
    @pytest.fixture
    def stage(self, clock: Clock) -> Iterator[YouTubeStage]:
        with open_stage(clock) as opened:
            yield opened
