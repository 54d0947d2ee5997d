from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import pytest

from connectors.testing import ConnectorContract
from monitor.sandbox.http import Clock
from tests.connectors.x_stage import XStage, open_stage

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("socket_enabled")]


class TestXAccountKeepsTheContract(ConnectorContract):
    exempt: ClassVar[Mapping[str, str]] = {
        "test_hide_twice_is_fine": "nothing in X's API tells whether a reply is hidden",
    }

    @pytest.fixture
    def stage(self, clock: Clock) -> Iterator[XStage]:
        with open_stage(clock) as opened:
            yield opened
