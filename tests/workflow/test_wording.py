from __future__ import annotations

from datetime import UTC, datetime

from monitor.workflow.wording import clock


def test_a_moment_today_is_told_by_the_clock_alone_in_the_councils_own_time(bench) -> None:
    bench.clock.set(datetime(2026, 7, 1, 12, 0, tzinfo=UTC))

    assert clock(bench.services, datetime(2026, 7, 1, 9, 16, tzinfo=UTC)) == "10:16"


def test_a_moment_of_another_day_is_told_with_its_day(bench) -> None:
    bench.clock.set(datetime(2026, 7, 2, 12, 0, tzinfo=UTC))

    assert clock(bench.services, datetime(2026, 7, 1, 9, 16, tzinfo=UTC)) == "10:16 on 1 July"


def test_an_unknown_moment_says_so(bench) -> None:
    assert clock(bench.services, None) == "an unknown time"
