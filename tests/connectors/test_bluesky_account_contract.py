from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import pytest

from connectors.testing import ConnectorContract
from monitor.sandbox.http import Clock
from tests.connectors.bluesky_stage import BlueskyStage, open_stage

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("socket_enabled")]


class TestBlueskyAccountKeepsTheContract(ConnectorContract):
    exempt: ClassVar[Mapping[str, str]] = {
        "test_a_reply_to_an_old_thread_is_found": "an answer to a resident's answer moves no hint;"
        " the sweep finds it, which is tested beside this",
        "test_an_edited_comment_comes_back_changed": "nothing can be edited on Bluesky",
        "test_a_missing_author_survives": "every post stands in its author's own repository",
    }

    @pytest.fixture
    def stage(self, clock: Clock) -> Iterator[BlueskyStage]:
        with open_stage(clock) as opened:
            yield opened
