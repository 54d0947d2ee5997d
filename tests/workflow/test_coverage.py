from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from config.platform_defaults import Budget
from connectors.contract import Ability, Capabilities, Cursor, Health, Pull, Readiness
from connectors.errors import CredentialsRejected, NotPermitted, TryLater
from monitor.domain.coverage import PullEnd
from monitor.store import views
from monitor.workflow import coverage
from tests.workflow.conftest import ABUSE, PARKS, START

MINUTE = timedelta(minutes=1)


def gaps_of(bench):
    with bench.services.database.reading() as reading:
        return views.gaps_since(reading, START - timedelta(days=1))


def row_of(bench):
    with bench.services.database.reading() as reading:
        return next(row for row in views.channels(reading) if row.id == PARKS)


def fail_until(bench, minutes: int) -> None:
    """The line is down: a try every five minutes until so long after the start."""
    while bench.clock() < START + minutes * MINUTE:
        bench.clock.advance(5 * MINUTE)
        bench.due_again()
        bench.platform.pulls.append(TryLater("The line is down.", at=bench.clock()))
        bench.pull()
        coverage.notice_silence(bench.services)
        bench.settle()


def budgeted(bench, **budget) -> None:
    watched = bench.services.channels[PARKS]
    bench.change(channels={PARKS: replace(watched, budget=Budget(**budget))})


def test_a_silent_channel_is_told_once_with_its_cause_and_again_when_it_is_back(bench) -> None:
    bench.pull()
    fail_until(bench, 40)

    (gap,) = gaps_of(bench)
    assert gap.began_at == START
    assert gap.ended_at is None
    assert gap.cause == "The line is down."
    (notice,) = bench.notices()
    assert notice.title == "Parks and Libraries has not been seen since 18 November 10:00 UTC"
    assert notice.lines[0] == "The line is down."
    assert "channel.unseen" in bench.events()

    bench.due_again()
    written = replace(bench.comment(ABUSE), created_at=START + 12 * MINUTE)
    bench.shows(written)
    bench.pull()
    bench.settle()

    (gap,) = gaps_of(bench)
    assert gap.ended_at == bench.clock()
    assert gap.seen_late == 1
    back = bench.notices()[-1]
    assert back.title == "Parks and Libraries is seen again"
    assert "from 18 November 10:00 UTC to 18 November 10:40 UTC, 40 minutes" in back.lines[0]
    assert back.lines[1] == "One comment of that time was seen late."


def test_two_missed_intervals_are_nobodys_business_yet(bench) -> None:
    bench.pull()
    fail_until(bench, 15)

    assert gaps_of(bench) == ()
    assert bench.notices() == []


def test_a_channel_that_waits_for_its_planned_pull_is_not_silent(bench) -> None:
    budgeted(bench, amount=100, window="day")
    bench.shows(cursor="d", cost=95)
    bench.pull()
    bench.clock.advance(10 * MINUTE)
    bench.pull()
    bench.clock.advance(timedelta(hours=2))

    assert row_of(bench).next_pull_at > bench.clock()
    # A spent budget is a gap all the same: nobody sees the channel until tomorrow.
    assert coverage.notice_silence(bench.services) == 1


def test_a_pause_opens_a_gap_without_a_second_alarm(bench) -> None:
    bench.pull()
    bench.clock.advance(5 * MINUTE)
    bench.platform.pulls.append(CredentialsRejected("The token has expired.", scope="pages_read"))
    bench.pull()
    assert coverage.notice_silence(bench.services) == 1
    assert coverage.notice_silence(bench.services) == 0
    bench.settle()

    (gap,) = gaps_of(bench)
    assert "The token has expired." in gap.cause
    (notice,) = bench.notices()
    assert "is paused" in notice.title
    assert any("pages_read" in line for line in notice.lines)


def test_nothing_written_in_a_gap_is_said_too(bench) -> None:
    bench.pull()
    fail_until(bench, 40)
    bench.due_again()
    bench.pull()
    bench.settle()

    assert bench.notices()[-1].lines[1].startswith("Nothing was written")


def test_a_count_that_stays_ahead_of_what_is_shown_is_told_once_a_day(bench) -> None:
    post = replace(bench.post(), comment_count=9)
    bench.platform.pulls.append(Pull((post,), (bench.comment(ABUSE),), Cursor("c")))
    bench.pull()

    assert coverage.compare_counts(bench.services) == 1
    bench.settle()
    assert bench.notices() == []  # a count may run ahead for a while
    assert row_of(bench).missing == 8

    for _ in range(2):
        bench.clock.advance(timedelta(hours=2))
        coverage.compare_counts(bench.services)
        bench.settle()

    (notice,) = bench.notices()
    assert "8 comments are counted that we cannot see" in notice.title


def test_a_count_that_is_met_again_is_forgotten(bench) -> None:
    post = replace(bench.post(), comment_count=9)
    bench.platform.pulls.append(Pull((post,), (), Cursor("c")))
    bench.pull()
    coverage.compare_counts(bench.services)
    bench.due_again()
    bench.platform.pulls.append(Pull((replace(post, comment_count=0),), (), Cursor("d")))
    bench.pull()

    assert coverage.compare_counts(bench.services) == 0
    assert row_of(bench).missing == 0
    assert row_of(bench).missing_since is None


@pytest.mark.parametrize(
    ("days", "told"), [(15, 0), (13.5, 1), (6, 1), (0.5, 1), (0.0001, 1), (-1, 0)]
)
def test_the_end_of_a_token_is_told_before_it_comes(bench, days: float, told: int) -> None:
    ends = bench.clock() + timedelta(days=days)
    bench.platform.health = Health(Readiness.READY, "It can be read.", expires_at=ends)

    assert coverage.examine_due(bench.services) == 1
    assert coverage.examine_due(bench.services) == 0
    bench.settle()

    assert len(bench.notices()) == told
    assert row_of(bench).expires_at == ends


def test_each_warning_comes_once_as_the_end_comes_nearer(bench) -> None:
    ends = bench.clock() + timedelta(days=16)
    bench.platform.health = Health(Readiness.READY, "It can be read.", expires_at=ends)
    for _ in range(17 * 4):
        coverage.examine_due(bench.services)
        bench.settle()
        bench.clock.advance(timedelta(hours=6))

    assert [notice.title.rpartition(" in ")[2] for notice in bench.notices()] == [
        "14 days",
        "7 days",
        "1 day",
    ]


def test_a_platform_that_cannot_be_asked_is_no_news_of_the_tokens_end(bench) -> None:
    ends = bench.clock() + timedelta(days=40)
    bench.platform.health = Health(Readiness.READY, "It can be read.", expires_at=ends)
    coverage.examine_due(bench.services)
    bench.clock.advance(timedelta(hours=7))

    def unopened(channel_id):
        raise NotPermitted("The library is not installed.")

    bench.change(connector=unopened)
    assert coverage.examine_due(bench.services) == 1
    assert row_of(bench).expires_at == ends


def test_a_budget_that_is_nearly_spent_slows_reading_and_then_stops_it(bench) -> None:
    budgeted(bench, amount=100, window="hour")
    bench.shows(bench.comment("Lovely park."), cost=80)
    bench.pull()
    assert row_of(bench).next_pull_at == bench.clock() + 10 * MINUTE
    assert bench.coverage()[0].cost == 80

    bench.due_again()
    bench.shows(cursor="d", cost=16)
    bench.pull()
    bench.due_again()
    bench.shows(cursor="e", cost=1)
    bench.pull()

    assert bench.coverage()[-1].end is PullEnd.LATER
    assert "96% of the hour's calls for this platform are spent" in bench.coverage()[-1].cause
    assert row_of(bench).next_pull_at == START + timedelta(hours=1)

    bench.clock.set(START + timedelta(hours=1))
    bench.pull()
    assert bench.coverage()[-1].end is PullEnd.DONE


def test_what_moderators_ask_counts_towards_the_budget(bench) -> None:
    budgeted(bench, amount=100, window="day", unit="quota units")
    bench.platform.capabilities = Capabilities(
        hide=Ability(reversible=True, units=96), restore=Ability(reversible=True, units=50)
    )
    bench.read(ABUSE)
    bench.decide("hide")
    bench.settle()
    bench.due_again()
    bench.pull()

    assert "96% of the day's quota units" in bench.coverage()[-1].cause


def test_a_busy_channel_is_read_more_often_within_its_bounds(bench) -> None:
    watched = bench.services.channels[PARKS]
    bench.change(
        channels={PARKS: replace(watched, shortest_interval=MINUTE, longest_interval=15 * MINUTE)}
    )
    bench.shows(*(bench.comment("Lovely.", f"c-{number}") for number in range(6)))
    bench.pull()
    assert row_of(bench).next_pull_at == bench.clock() + timedelta(minutes=2, seconds=30)

    bench.clock.advance(timedelta(hours=7))
    bench.pull()
    assert row_of(bench).next_pull_at == bench.clock() + 10 * MINUTE
