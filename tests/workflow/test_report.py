from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitor.store import weeks
from monitor.workflow import report

MONDAY = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def stored(bench) -> list[str]:
    with bench.services.database.reading() as reading:
        return [each.week for each in weeks.all_weeks(reading)]


def test_last_week_is_accounted_for_on_monday_morning(bench) -> None:
    bench.read()
    bench.clock.set(MONDAY - timedelta(seconds=1))
    assert report.report_due(bench.services) == 0
    bench.clock.set(MONDAY)

    assert report.report_due(bench.services) == 1
    bench.settle()
    assert stored(bench) == ["2026-W47"]
    (notice,) = bench.notices("C0REPORTS")
    assert notice.link == "https://wardmote.wexcombe.example/reports/2026-W47"
    assert "report.made" in bench.audit()


def test_a_report_is_made_once(bench) -> None:
    bench.read()
    bench.clock.set(MONDAY)
    report.report_due(bench.services)

    assert report.report_due(bench.services) == 0


def test_a_daemon_that_was_off_on_monday_makes_it_when_it_returns(bench) -> None:
    bench.read()
    bench.clock.set(MONDAY + timedelta(days=3))

    assert report.report_due(bench.services) == 1
    assert stored(bench) == ["2026-W47"]


def test_a_week_in_which_nothing_was_watched_needs_no_account(bench) -> None:
    bench.clock.set(MONDAY)

    assert report.report_due(bench.services) == 0
    assert stored(bench) == []


def test_making_it_again_sends_nothing_twice(bench) -> None:
    for _ in range(2):
        assert report.make_report(bench.services, bench.clock()) == "2026-W47"
    bench.settle()

    assert len(bench.notices("C0REPORTS")) == 1
    assert bench.events().count("report.made") == 1


def test_without_a_console_the_notice_has_no_link(bench) -> None:
    bench.change(console_url="")
    report.make_report(bench.services, bench.clock())
    bench.settle()

    assert bench.notices("C0REPORTS")[0].link is None


@pytest.mark.parametrize("service", ["", "Parks and Libraries"])
def test_the_figures_are_of_the_week_that_holds_the_moment(bench, service) -> None:
    bench.read()
    label, figures = report.weekly_figures(bench.services, bench.clock(), service=service)

    assert label == "2026-W47"
    assert figures.service == service
