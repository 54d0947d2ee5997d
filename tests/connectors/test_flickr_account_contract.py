from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import pytest

from connectors.testing import ConnectorContract
from monitor.sandbox.http import Clock
from tests.connectors.flickr_stage import FlickrStage, open_stage

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("socket_enabled")]


class TestFlickrAccountKeepsTheContract(ConnectorContract):
    exempt: ClassVar[Mapping[str, str]] = {
        "test_hide_twice_is_fine": "Flickr can hide nothing",
        "test_hiding_a_gone_comment_says_so": "Flickr can hide nothing",
        "test_a_reply_to_an_old_thread_is_found": "Flickr knows no answers; comments are flat",
    }

    @pytest.fixture
    def stage(self, clock: Clock) -> Iterator[FlickrStage]:
        with open_stage(clock) as opened:
            yield opened
