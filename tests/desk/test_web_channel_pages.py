from __future__ import annotations

from datetime import timedelta

from connectors.contract import ChannelId
from monitor.store import cursors
from tests import stored
from tests.stored import NOW

QUARTER = timedelta(minutes=15)
PARKS = ChannelId("facebook-parks")


def test_the_page_says_how_each_channel_stands(wexcombe):
    with wexcombe.database.transaction() as tx:
        cursors.pause(tx, PARKS, reason="Facebook rejected the token. Make a new one.", now=NOW)

    page = wexcombe.signed_in("carys").get("/channels").text

    assert "Parks and Libraries on Facebook" in page
    assert "Facebook rejected the token. Make a new one." in page
    assert "24 hours not wholly seen" in page
    assert "Never" in page


def test_a_moderator_sees_the_channels_of_their_services(wexcombe):
    page = wexcombe.signed_in("dov").get("/channels").text

    assert "Wexcombe Roads on Facebook" in page
    assert "Parks and Libraries on Facebook" not in page


def test_a_channel_that_fails_or_is_watched_no_longer_says_so(wexcombe):
    lease = stored.new_lease
    with wexcombe.database.transaction() as tx:
        due = cursors.lease_due(tx, now=NOW, lease_for=stored.MINUTE, limit=9, new_lease=lease)
        parks = next(each for each in due if each.id == PARKS)
        cursors.finish(tx, PARKS, lease=parks.lease, next_pull_at=NOW + QUARTER, failing_since=NOW)
        cursors.sync_channels(tx, [stored.plan(interval=QUARTER)], now=NOW)

    page = wexcombe.signed_in("carys").get("/channels").text

    assert "Failing</strong> since" in page
    assert "in 15 minutes" in page
    assert "No longer watched" in page
