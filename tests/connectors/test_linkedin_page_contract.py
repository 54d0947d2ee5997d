from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import pytest

from connectors.testing import ConnectorContract
from monitor.sandbox.http import Clock
from tests.connectors.linkedin_stage import LinkedInStage, open_stage

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("socket_enabled")]


class TestLinkedInPageKeepsTheContract(ConnectorContract):
    exempt: ClassVar[Mapping[str, str]] = {
        "test_hide_twice_is_fine": "LinkedIn can hide nothing",
        "test_hiding_a_gone_comment_says_so": "LinkedIn can hide nothing",
    }

    @pytest.fixture
    def stage(self, clock: Clock) -> Iterator[LinkedInStage]:
        with open_stage(clock) as opened:
            yield opened
