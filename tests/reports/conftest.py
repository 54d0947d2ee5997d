"""One realistic week of Wexcombe Borough Council, for the report's tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from config.routes import EscalationRoute, Routes
from config.standards import Clause, ClauseId, Lane, Severity, Standards
from connectors.contract import ChannelId
from monitor.domain.case import Act, CaseState, DecisionOutcome, EnforcementState
from monitor.domain.coverage import CoverageRow, PullEnd
from monitor.domain.figures import (
    ActFact,
    CaseFact,
    ChannelFact,
    EscalationFact,
    WeekFacts,
    WeeklyFigures,
    reckon,
)

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
WEEK = timedelta(days=7)
MINUTE = timedelta(minutes=1)
FACEBOOK = ChannelId("facebook-parks")
INSTAGRAM = ChannelId("instagram-parks")
CLAUSES = (
    ("threat", "RS-01", "Threats of violence or damage", Severity.S1),
    ("welfare", "RS-02", "Someone may be at risk", Severity.S1),
    ("sexual", "RS-03", "Sexual or exploitative content", Severity.S1),
    ("hate", "RS-04", "Hate and discrimination", Severity.S2),
    ("harassment", "RS-05", "Harassment", Severity.S3),
    ("abuse", "RS-06", "Abuse of staff, councillors or residents", Severity.S3),
    ("private-information", "RS-07", "Private information", Severity.S3),
    ("defamation", "RS-08", "Defamation", Severity.S3),
    ("language", "RS-13", "Strong or crude language", Severity.S4),
)


def standard() -> Standards:
    return Standards(
        id="resident-aup",
        title="Resident standard for our social media",
        version="1.0.0",
        status="approved",
        review_every_months=36,
        content_hash="3f2a9c01" * 8,
        clauses=tuple(
            Clause(
                id=ClauseId(clause_id),
                ref=ref,
                title=title,
                plain_english="",
                severity=severity,
                lane=Lane.WELFARE if clause_id == "welfare" else Lane.BREACH,
                cues=(),
                only_in=frozenset(),
                recommended_action=(),
                escalates_to=(),
                sla={},
                legal_basis=(),
                notify_author="no",
            )
            for clause_id, ref, title, severity in CLAUSES
        ),
        lane_cues={},
        always_allowed=(),
    )


def matrix(timezone: str = "Europe/London") -> Routes:
    return Routes(
        destinations=(),
        alerts=(),
        escalations=tuple(
            EscalationRoute(route, title, "moderation", timedelta(hours=1), "")
            for route, title in (
                ("police", "Police"),
                ("safeguarding_adults", "Safeguarding adults"),
                ("legal", "Legal services"),
            )
        ),
        operators="operators",
        reports="reports",
        timezone=timezone,
    )


def pulls(
    channel: ChannelId, start: datetime, *, every: timedelta, unseen: tuple[datetime, ...] = ()
) -> tuple[CoverageRow, ...]:
    """A week of pulls; those that begin between the two moments of ``unseen`` are rejected."""
    rows = []
    for number in range(int(WEEK / every)):
        began = start + number * every
        lost = bool(unseen) and unseen[0] <= began < unseen[1]
        rows.append(
            CoverageRow(
                channel_id=channel,
                run=f"{channel}-{number:05}",
                started_at=began,
                ended_at=began + timedelta(seconds=20),
                end=PullEnd.REJECTED if lost else PullEnd.DONE,
                seen=3,
                new=1,
                edited=0,
                platform_count=None if lost or channel == INSTAGRAM else 214,
                cause="The page's token was rejected: renew it." if lost else "",
            )
        )
    return tuple(rows)


def case_fact(number: int, **change: object) -> CaseFact:
    posted = MONDAY + timedelta(hours=9 + 10 * number)
    facts: dict[str, object] = {
        "case_id": 400 + number,
        "channel_id": FACEBOOK,
        "service": "Parks and Libraries",
        "lane": Lane.BREACH,
        "severity": Severity.S3,
        "clauses": (ClauseId("abuse"),),
        "state": CaseState.CLOSED,
        "posted_at": posted,
        "seen_at": posted + (4 + number) * MINUTE,
        "opened_at": posted + (4 + number) * MINUTE,
        "alerted_at": posted + (5 + number) * MINUTE,
        "claimed_at": posted + (17 + number) * MINUTE,
        "decided_at": posted + (21 + number) * MINUTE,
        "outcome": DecisionOutcome.HIDE,
        "decided_clause": ClauseId("abuse"),
        "hidden_at": posted + (22 + number) * MINUTE,
    }
    return CaseFact(**{**facts, **change})  # type: ignore[arg-type] # a table of changes


def busy_facts() -> WeekFacts:
    kept = {"outcome": DecisionOutcome.KEEP, "hidden_at": None}
    waiting = {
        "state": CaseState.OPEN,
        "claimed_at": None,
        "decided_at": None,
        "outcome": None,
        "decided_clause": None,
        "hidden_at": None,
    }
    cases = (
        case_fact(
            1,
            severity=Severity.S1,
            clauses=(ClauseId("threat"), ClauseId("abuse")),
            decided_clause=ClauseId("threat"),
        ),
        case_fact(
            2,
            lane=Lane.WELFARE,
            severity=Severity.S1,
            clauses=(ClauseId("welfare"),),
            state=CaseState.ESCALATED,
            outcome=DecisionOutcome.ESCALATE,
            decided_clause=ClauseId("welfare"),
            hidden_at=None,
        ),
        case_fact(3, severity=Severity.S2, clauses=(ClauseId("hate"),), **waiting),
        case_fact(4),
        case_fact(5, channel_id=INSTAGRAM),
        case_fact(6, **kept),
        case_fact(7, severity=Severity.S4, clauses=(ClauseId("language"),), **kept),
        case_fact(8, hidden_at=None, state=CaseState.OPEN),
        case_fact(9, lane=Lane.UNSURE, severity=Severity.S4, clauses=(), **waiting),
        case_fact(10, channel_id=INSTAGRAM, decided_clause=None),
    )
    done, hide = EnforcementState.DONE, Act.HIDE
    acts = (
        *(
            ActFact(
                401 + n, FACEBOOK, hide, done, MONDAY + n * WEEK / 9, MONDAY + n * WEEK / 9 + MINUTE
            )
            for n in range(3)
        ),
        ActFact(408, FACEBOOK, hide, EnforcementState.REFUSED, MONDAY + 3 * MINUTE, None),
        ActFact(405, INSTAGRAM, hide, EnforcementState.DRIFTED, MONDAY, MONDAY + 2 * MINUTE),
        ActFact(410, INSTAGRAM, hide, EnforcementState.BY_HAND, MONDAY, None),
    )
    outage = (MONDAY + timedelta(hours=26, minutes=10), MONDAY + timedelta(hours=27, minutes=40))
    lanes = {Lane.BREACH: 8, Lane.WELFARE: 1, Lane.UNSURE: 1, Lane.CRITICISM: 46, Lane.CLEAR: 310}
    return WeekFacts(
        service="",
        start=MONDAY,
        end=MONDAY + WEEK,
        channels=(
            ChannelFact(
                channel_id=INSTAGRAM,
                name="Parks and Libraries on Instagram",
                service="Parks and Libraries",
                interval=15 * MINUTE,
                pulls=pulls(INSTAGRAM, MONDAY, every=15 * MINUTE),
                comments=52,
                lanes={Lane.CLEAR: 40, Lane.REQUEST: 9, Lane.BREACH: 3},
            ),
            ChannelFact(
                channel_id=FACEBOOK,
                name="Parks and Libraries on Facebook",
                service="Parks and Libraries",
                interval=5 * MINUTE,
                pulls=pulls(FACEBOOK, MONDAY, every=5 * MINUTE, unseen=outage),
                comments=1366,
                lanes=lanes,
            ),
        ),
        cases=cases,
        acts=acts,
        escalations=(
            EscalationFact(402, "safeguarding_adults", MONDAY + WEEK / 7, None),
            EscalationFact(401, "police", MONDAY + WEEK / 7, MONDAY + WEEK / 5),
        ),
        standards=("resident-aup 1.0.0 (3f2a9c01)",),
        models=("bundled 1.0.0 (77ab12cd)",),
        open_cases=4,
        dead_letters=0,
        audit_intact=True,
    )


def quiet_facts() -> WeekFacts:
    start = MONDAY - WEEK
    return WeekFacts(
        service="",
        start=start,
        end=MONDAY,
        channels=(
            ChannelFact(
                channel_id=FACEBOOK,
                name="Parks and Libraries on Facebook",
                service="Parks and Libraries",
                interval=5 * MINUTE,
                pulls=pulls(FACEBOOK, start, every=5 * MINUTE),
                comments=1204,
                lanes={Lane.CLEAR: 300},
            ),
        ),
        audit_intact=True,
    )


@pytest.fixture(scope="session")
def busy() -> WeeklyFigures:
    return reckon(busy_facts(), previous=quiet_facts(), standards=standard(), routes=matrix())


@pytest.fixture(scope="session")
def quiet() -> WeeklyFigures:
    return reckon(quiet_facts(), standards=standard(), routes=matrix())


@pytest.fixture(scope="session")
def empty() -> WeeklyFigures:
    return reckon(WeekFacts(service="Leisure", start=MONDAY, end=MONDAY + 2 * MINUTE))
