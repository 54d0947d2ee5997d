"""Rows of the database as the domain's values: no row leaves the store as a row.

Serves T4 and T5b of DESIGN.md 5 and every view.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from config.standards import ClauseId, Lane, Severity
from connectors.contract import ChannelId
from monitor.domain.case import (
    Act,
    Case,
    CaseId,
    CaseState,
    Decision,
    DecisionOutcome,
    Enforcement,
    EnforcementState,
)
from monitor.domain.people import PersonId
from monitor.store.statements import AnyRow
from monitor.store.tables import case_clauses

__all__ = ["case_of", "cases_of", "clauses_of", "decision_of", "enforcement_of"]


def cases_of(session: Session, query: Select[Any]) -> list[Case]:
    """The cases that a query over the whole ``cases`` table finds, in its order."""
    rows = session.execute(query).all()
    clauses = clauses_of(session, [row.id for row in rows])
    return [case_of(row, clauses[row.id]) for row in rows]


def clauses_of(session: Session, case_ids: Sequence[int]) -> dict[int, tuple[ClauseId, ...]]:
    """Each case's clauses, worst first, in one question for all of them."""
    found: defaultdict[int, list[ClauseId]] = defaultdict(list)
    if case_ids:
        for row in session.execute(
            select(case_clauses)
            .where(case_clauses.c.case_id.in_(case_ids))
            .order_by(case_clauses.c.case_id, case_clauses.c.position)
        ):
            found[row.case_id].append(ClauseId(row.clause))
    return {case_id: tuple(found[case_id]) for case_id in case_ids}


def case_of(row: AnyRow, clauses: tuple[ClauseId, ...]) -> Case:
    """A row that holds at least the columns of ``cases``."""
    return Case(
        id=CaseId(row.id),
        channel_id=ChannelId(row.channel_id),
        comment_id=row.comment_id,
        lane=Lane(row.lane),
        severity=Severity(row.severity),
        clauses=clauses,
        state=CaseState(row.state),
        version=row.version,
        opened_at=row.opened_at,
        holder=None if row.holder is None else PersonId(row.holder),
        held_since=row.held_since,
        held_until=row.held_until,
        escalated_to=row.escalated_to,
        closed_at=row.closed_at,
        hidden=row.hidden,
        by_hand=row.by_hand,
    )


def decision_of(row: AnyRow) -> Decision:
    """A row of ``decisions``."""
    return Decision(
        id=row.id,
        case_id=CaseId(row.case_id),
        outcome=DecisionOutcome(row.outcome),
        clause=None if row.clause is None else ClauseId(row.clause),
        note=row.note,
        by=PersonId(row.by),
        at=row.at,
        standards_version=row.standards_version,
        case_version=row.case_version,
        press=row.press,
        route=row.route,
    )


def enforcement_of(row: AnyRow) -> Enforcement:
    """A row of ``enforcements``."""
    return Enforcement(
        id=row.id,
        decision_id=row.decision_id,
        case_id=CaseId(row.case_id),
        act=Act(row.act),
        state=EnforcementState(row.state),
        requested_at=row.requested_at,
        attempts=row.attempts,
        outcome=row.outcome,
        detail=row.detail,
        confirmed_at=row.confirmed_at,
        recheck_at=row.recheck_at,
        rechecks=row.rechecks,
    )
