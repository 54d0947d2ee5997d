from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from config.routes import AlertRoute, QuietHours, Routes
from config.standards import ClauseId, Lane, Severity
from monitor.domain.routing import AlertOrder, Urgency, route

LONDON = ZoneInfo("Europe/London")
NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
NIGHT = QuietHours(time(22), time(7), "Europe/London", frozenset({Severity.S1}))
ABUSE = (ClauseId("abuse"),)


def alert(destination: str = "moderation", **change) -> AlertRoute:
    conditions = {
        "severities": frozenset(),
        "lanes": frozenset(),
        "clauses": frozenset(),
        "services": frozenset(),
        "quiet_hours": None,
    }
    return AlertRoute(name="route", destination=destination, **{**conditions, **change})


def orders(*alerts: AlertRoute, now: datetime = NOON, **change) -> tuple[AlertOrder, ...]:
    routes = Routes((), alerts, (), "operators", "reports", "Europe/London")
    case = {
        "lane": Lane.BREACH,
        "severity": Severity.S3,
        "clauses": ABUSE,
        "service": "Parks and Libraries",
    }
    return route(routes, now=now, **{**case, **change})


def not_before(quiet: QuietHours, now: datetime, severity: Severity = Severity.S3) -> datetime:
    (order,) = orders(alert(quiet_hours=quiet), now=now, severity=severity)
    return order.not_before


CONDITIONS = st.builds(
    alert,
    destination=st.sampled_from(["moderation", "leads", "safeguarding"]),
    severities=st.frozensets(st.sampled_from(Severity)),
    lanes=st.frozensets(st.sampled_from(Lane)),
    clauses=st.frozensets(st.sampled_from(["abuse", "threat", "hate"])),
    services=st.frozensets(st.sampled_from(["Parks and Libraries", "Leisure"])),
    quiet_hours=st.sampled_from([None, NIGHT]),
)


@given(
    alerts=st.lists(CONDITIONS, max_size=6),
    lane=st.sampled_from(Lane),
    severity=st.sampled_from(Severity),
    clauses=st.lists(st.sampled_from(["abuse", "threat", "language"]), max_size=3),
    service=st.sampled_from(["Parks and Libraries", "Leisure", "Highways"]),
    hours=st.integers(0, 24 * 400),
)
def test_every_case_alerts_somebody_once_and_never_in_the_past(
    alerts, lane, severity, clauses, service, hours
):
    now = NOON + timedelta(hours=hours)

    found = orders(*alerts, now=now, lane=lane, severity=severity, clauses=clauses, service=service)

    destinations = [order.destination for order in found]
    assert found
    assert len(set(destinations)) == len(destinations)
    assert set(destinations) <= {"moderation", "leads", "safeguarding", "operators"}
    assert all(order.not_before >= now for order in found)


def test_a_case_that_no_route_matches_goes_to_the_operators_at_once():
    found = orders(alert(services=frozenset({"Leisure"})), severity=Severity.S4)

    assert found == (AlertOrder("operators", Urgency.NOW, NOON),)


@pytest.mark.parametrize(
    ("conditions", "matches"),
    [
        ({}, True),
        ({"severities": frozenset({Severity.S3})}, True),
        ({"severities": frozenset({Severity.S1})}, False),
        ({"lanes": frozenset({Lane.BREACH})}, True),
        ({"lanes": frozenset({Lane.WELFARE})}, False),
        ({"clauses": frozenset({"abuse", "hate"})}, True),
        ({"clauses": frozenset({"hate"})}, False),
        ({"services": frozenset({"Parks and Libraries"})}, True),
        ({"services": frozenset({"Leisure"})}, False),
        ({"severities": frozenset({Severity.S3}), "services": frozenset({"Leisure"})}, False),
    ],
)
def test_a_route_matches_when_every_stated_condition_does(conditions, matches):
    (order,) = orders(alert(**conditions))

    assert order.destination == ("moderation" if matches else "operators")


@pytest.mark.parametrize(
    ("severity", "urgency"),
    [
        (Severity.S1, Urgency.NOW),
        (Severity.S2, Urgency.NOW),
        (Severity.S3, Urgency.SOON),
        (Severity.S4, Urgency.SOON),
    ],
)
def test_serious_cases_interrupt_people(severity, urgency):
    assert orders(alert(), severity=severity)[0].urgency is urgency


def test_two_routes_to_one_destination_give_the_earlier_alert():
    late = datetime(2026, 11, 18, 23, tzinfo=UTC)
    both = (alert(quiet_hours=NIGHT), alert(), alert(quiet_hours=NIGHT))

    assert orders(*both, now=late) == (AlertOrder("moderation", Urgency.SOON, late),)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-18 21:59:59", "2026-11-18 21:59:59"),
        ("2026-11-18 22:00:00", "2026-11-19 07:00:00"),
        ("2026-11-18 23:59:59", "2026-11-19 07:00:00"),
        ("2026-11-19 00:00:00", "2026-11-19 07:00:00"),
        ("2026-11-19 06:59:59", "2026-11-19 07:00:00"),
        ("2026-11-19 07:00:00", "2026-11-19 07:00:00"),
        # The clocks go forward on 29 March 2026 and back on 25 October 2026.
        ("2026-03-28 23:00:00", "2026-03-29 07:00:00"),
        ("2026-10-24 23:00:00", "2026-10-25 07:00:00"),
        ("2026-07-01 23:00:00", "2026-07-02 07:00:00"),
    ],
)
def test_quiet_hours_over_midnight_end_in_the_morning_by_the_local_clock(now, expected):
    moment = datetime.fromisoformat(now).replace(tzinfo=LONDON).astimezone(UTC)

    found = not_before(NIGHT, moment)

    assert found == datetime.fromisoformat(expected).replace(tzinfo=LONDON)
    assert found.tzinfo is UTC


def test_a_night_of_a_clock_change_is_an_hour_shorter_or_longer():
    spring = datetime(2026, 3, 28, 22, tzinfo=UTC)
    autumn = datetime(2026, 10, 24, 21, tzinfo=UTC)

    assert not_before(NIGHT, spring) - spring == timedelta(hours=8)
    assert not_before(NIGHT, autumn) - autumn == timedelta(hours=10)


@pytest.mark.parametrize(
    ("now", "expected"),
    [("11:59", "11:59"), ("12:00", "13:30"), ("13:29", "13:30"), ("13:30", "13:30")],
)
def test_quiet_hours_within_a_day(now, expected):
    lunch = QuietHours(time(12), time(13, 30), "Europe/London", frozenset())

    found = not_before(lunch, datetime.fromisoformat(f"2026-11-18T{now}+00:00"))

    assert found == datetime.fromisoformat(f"2026-11-18T{expected}+00:00")


def test_an_excepted_severity_wakes_people():
    late = datetime(2026, 11, 18, 23, tzinfo=UTC)

    assert not_before(NIGHT, late, Severity.S1) == late


def test_quiet_hours_that_begin_when_they_end_are_never_quiet():
    never = QuietHours(time(9), time(9), "Europe/London", frozenset())

    assert not_before(never, NOON.replace(hour=9)) == NOON.replace(hour=9)


def test_an_hour_that_comes_twice_does_not_end_the_quiet_in_the_past():
    until_half_past_one = QuietHours(time(22), time(1, 30), "Europe/London", frozenset())
    second_quarter_past_one = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)

    found = not_before(until_half_past_one, second_quarter_past_one)

    assert found == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


CLOCK = st.times().map(lambda moment: moment.replace(second=0, microsecond=0))


@given(
    start=CLOCK,
    end=CLOCK,
    minutes=st.one_of(
        st.integers(0, 366 * 24 * 60),
        st.integers(87 * 24 * 60, 89 * 24 * 60),
        st.integers(297 * 24 * 60, 299 * 24 * 60),
    ),
)
@example(start=time(22), end=time(1, 30), minutes=297 * 24 * 60 + 75)
def test_quiet_hours_always_end_within_a_day_in_a_moment_that_is_not_quiet(start, end, minutes):
    quiet = QuietHours(start, end, "Europe/London", frozenset())
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)

    found = not_before(quiet, now)

    assert now <= found <= now + timedelta(hours=25)
    assert not_before(quiet, found) == found
