"""The read-only JSON API: the queue and its cases, without a word of what anybody wrote."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from config.standards import Lane, Severity
from monitor.desk.web.case_pages import case_seen
from monitor.desk.web.pages import SignedIn
from monitor.desk.web.queue_pages import QueueQuery, waiting_cases
from monitor.domain.case import (
    Act,
    Case,
    CaseState,
    Decision,
    DecisionOutcome,
    Enforcement,
    EnforcementState,
)

__all__ = ["CaseAnswer", "CaseSummary", "QueueAnswer", "router"]

router = APIRouter(prefix="/api/v1", tags=["cases"])


class CaseSummary(BaseModel):
    """One case as the queue shows it. Moments are UTC."""

    reference: str
    version: int
    state: CaseState
    severity: Severity
    lane: Lane
    clauses: list[str]
    channel: str
    service: str
    holder: str | None
    escalated_to: str | None
    hidden: bool
    posted_at: datetime
    seen_at: datetime
    opened_at: datetime
    closed_at: datetime | None


class QueueAnswer(BaseModel):
    """One page of the queue."""

    total: int
    page: int
    cases: list[CaseSummary]


class DecisionAnswer(BaseModel):
    """What a person concluded."""

    outcome: DecisionOutcome
    clause: str | None
    by: str
    at: datetime
    standards: str


class EnforcementAnswer(BaseModel):
    """What was asked of the platform, and what it said."""

    act: Act
    state: EnforcementState
    requested_at: datetime
    confirmed_at: datetime | None
    outcome: str


class CaseAnswer(CaseSummary):
    """One case with its decisions and what became of them."""

    status: str
    score: float
    reason: str
    model: str
    standards: str
    decisions: list[DecisionAnswer]
    enforcements: list[EnforcementAnswer]


@router.get("/queue", summary="Cases by severity and age")
def queue(visitor: SignedIn, asked: Annotated[QueueQuery, Query()]) -> QueueAnswer:
    """Cases that wait for a person, of the services that you may see."""
    found = waiting_cases(visitor, asked)
    return QueueAnswer(
        total=found.total,
        page=asked.page,
        cases=[
            _summary(row.case, row.service, posted_at=row.posted_at, seen_at=row.seen_at)
            for row in found.rows
        ],
    )


@router.get("/cases/{reference}", summary="One case")
def one_case(visitor: SignedIn, reference: str) -> CaseAnswer:
    """A case with its decisions and what the platform said; the comment's text is not in it."""
    seen = case_seen(visitor, reference)
    found = seen.page
    summary = _summary(
        found.case,
        found.service,
        posted_at=found.comment.posted_at,
        seen_at=found.comment.seen_at,
    )
    return CaseAnswer(
        **summary.model_dump(),
        status=seen.card.status,
        score=found.assessment.score,
        reason=found.assessment.reason,
        model=found.assessment.model,
        standards=found.assessment.standards_version,
        decisions=[_decision(each) for each in found.decisions],
        enforcements=[_enforcement(each) for each in found.enforcements],
    )


def _summary(case: Case, service: str, *, posted_at: datetime, seen_at: datetime) -> CaseSummary:
    return CaseSummary(
        reference=case.reference,
        version=case.version,
        state=case.state,
        severity=case.severity,
        lane=case.lane,
        clauses=list(case.clauses),
        channel=case.channel_id,
        service=service,
        holder=case.holder,
        escalated_to=case.escalated_to,
        hidden=case.hidden,
        posted_at=posted_at,
        seen_at=seen_at,
        opened_at=case.opened_at,
        closed_at=case.closed_at,
    )


def _decision(each: Decision) -> DecisionAnswer:
    return DecisionAnswer(
        outcome=each.outcome,
        clause=each.clause,
        by=each.by,
        at=each.at,
        standards=each.standards_version,
    )


def _enforcement(each: Enforcement) -> EnforcementAnswer:
    return EnforcementAnswer(
        act=each.act,
        state=each.state,
        requested_at=each.requested_at,
        confirmed_at=each.confirmed_at,
        outcome=each.outcome,
    )
