from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.alerting.contract import AlertLater, AlertRefused, Notice, Posted
from monitor.alerting.testing import AlertTargetContract, Bench, RecordingTarget, example_card

NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
BUSY = AlertLater("Busy.", at=NOW)


def words(notification):
    if isinstance(notification, Notice):
        return "\n".join([notification.title, *notification.lines])
    return "\n".join(
        [
            notification.reference,
            notification.severity,
            *notification.clauses,
            notification.channel_name,
            notification.status,
        ]
    )


class TestRecordingTarget(AlertTargetContract):
    @pytest.fixture
    def bench(self):
        target = RecordingTarget()
        return Bench(
            target,
            address="moderation",
            wrong_address=target.nowhere,
            received=lambda: [words(each) for _, each in target.delivered],
            can_find=True,
            can_redraw=True,
            make_busy=lambda: target.fail_next(BUSY),
        )


def test_a_lost_confirmation_leaves_what_arrived():
    target = RecordingTarget()
    target.lose_next_confirmation(BUSY)

    with pytest.raises(AlertLater):
        target.post("moderation", example_card())

    assert target.find("moderation", example_card().key, since=NOW) == Posted("0")


def test_a_redraw_can_be_made_to_fail():
    target = RecordingTarget()
    posted = target.post("moderation", example_card())
    target.fail_next(AlertRefused("Gone."))

    with pytest.raises(AlertRefused):
        target.update(posted, example_card(status="Claimed."))

    assert target.delivered[0][1].status == "Open: nobody has claimed it."
