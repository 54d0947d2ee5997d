"""Assessments, the cases opened for them, and the decisions that people made.

Serves T2 (``record_assessment``, ``open_case``), T4 (``save``, ``record_decision``) and T5b
(``save``, ``save_enforcement``) of DESIGN.md 5. A case is saved by compare-and-set on its version,
so of two people who press at once one is told who was first. A press is stored once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update

from config.standards import ClauseId
from connectors.contract import ChannelId
from monitor.domain.assessment import Assessment
from monitor.domain.case import (
    Case,
    CaseState,
    Decision,
    DecisionOrder,
    DecisionOutcome,
)
from monitor.domain.people import PersonId
from monitor.store import assessments_json
from monitor.store.enforcements import (
    enforcement,
    latest_enforcement,
    lease_rechecks,
    look_again,
    request_enforcement,
    save_enforcement,
)
from monitor.store.engine import Reading, Transaction
from monitor.store.rows import cases_of, decision_of
from monitor.store.statements import changed, insert_new, insert_one
from monitor.store.tables import (
    assessments,
    case_clauses,
    cases,
    decisions,
    versions,
)

__all__ = [
    "CaseUnknown",
    "StaleCase",
    "assessment_of",
    "decision_by_press",
    "enforcement",
    "for_comment",
    "lapsed",
    "latest_decision",
    "latest_enforcement",
    "lease_rechecks",
    "load",
    "look_again",
    "open_case",
    "record_assessment",
    "record_decision",
    "request_enforcement",
    "save",
    "save_enforcement",
]


class CaseUnknown(LookupError):  # noqa: N818 - it says what the case is
    """There is no case of that number."""

    def __init__(self, case_id: int) -> None:
        super().__init__(f"There is no case WM-{case_id}.")


class StaleCase(Exception):  # noqa: N818 - it says what the case is
    """Somebody moved the case since it was read; ``current`` is how it stands now."""

    def __init__(self, current: Case) -> None:
        super().__init__(f"{current.reference} was changed meanwhile; look at it again.")
        self.current = current


def record_assessment(
    tx: Transaction, version_id: int, assessment: Assessment, *, now: datetime
) -> int | None:
    """Store a reading of one wording and mark it read.

    Returns:
        The assessment's number; None when this model has read it against this standard already.
    """
    tx.session.execute(
        update(versions)
        .where(versions.c.id == version_id)
        .values(to_assess=False, lease=None, leased_until=None)
    )
    comment_id = tx.session.execute(
        select(versions.c.comment_id).where(versions.c.id == version_id)
    ).scalar_one()
    row = {
        "version_id": version_id,
        "comment_id": comment_id,
        "lane": assessment.lane,
        "score": assessment.score,
        "standards_version": assessment.standards_version,
        "model": assessment.model,
        "body": assessments_json.to_json(assessment),
        "made_at": now,
    }
    return insert_one(tx.session, assessments, row)


def for_comment(held: Transaction | Reading, comment_id: int) -> Case | None:
    """The case of a comment, if one was opened."""
    return _one(held, cases.c.comment_id == comment_id)


def load(held: Transaction | Reading, case_id: int) -> Case:
    """One case.

    Raises:
        CaseUnknown: There is none of that number.
    """
    case = _one(held, cases.c.id == case_id)
    if case is None:
        raise CaseUnknown(case_id)
    return case


def assessment_of(held: Transaction | Reading, case_id: int) -> Assessment:
    """The reading that a case rests on.

    Raises:
        CaseUnknown: There is none of that number.
    """
    body = held.session.execute(
        select(assessments.c.body)
        .join(cases, cases.c.assessment_id == assessments.c.id)
        .where(cases.c.id == case_id)
    ).scalar_one_or_none()
    if body is None:
        raise CaseUnknown(case_id)
    return assessments_json.from_json(body)


def open_case(
    tx: Transaction,
    *,
    comment_id: int,
    channel_id: ChannelId,
    assessment_id: int,
    assessment: Assessment,
    now: datetime,
) -> Case | None:
    """Open the case of a comment; None when it has one already.

    Raises:
        ValueError: The assessment has no severity, so no person need look.
    """
    if assessment.severity is None:
        raise ValueError("An assessment without a severity does not become a case.")
    row = {
        "channel_id": channel_id,
        "comment_id": comment_id,
        "assessment_id": assessment_id,
        "lane": assessment.lane,
        "severity": assessment.severity,
        "state": CaseState.OPEN,
        "version": 1,
        "opened_at": now,
        "hidden": False,
        "by_hand": "",
    }
    case_id = insert_one(tx.session, cases, row)
    if case_id is None:
        return None
    # A clause may be touched twice, as a breach and as a concern; a case names it once.
    clauses = dict.fromkeys(breach.clause for breach in assessment.clauses)
    _write_clauses(tx, case_id, clauses)
    return load(tx, case_id)


def save(
    tx: Transaction, case: Case, *, from_version: int, assessment_id: int | None = None
) -> None:
    """Write a moved case, if it is still at the version that it was read at.

    ``assessment_id`` is the reading that it rests on from now on; None keeps the one before.

    Raises:
        StaleCase: Another move won; roll this transaction back.
        CaseUnknown: There is none of that number.
    """
    before = load(tx, case.id)
    values = _values(case)
    if assessment_id is not None:
        values["assessment_id"] = assessment_id
    statement = (
        update(cases).where(cases.c.id == case.id, cases.c.version == from_version).values(**values)
    )
    if not changed(tx.session, statement):
        raise StaleCase(load(tx, case.id))
    if case.clauses != before.clauses:
        tx.session.execute(delete(case_clauses).where(case_clauses.c.case_id == case.id))
        _write_clauses(tx, case.id, case.clauses)
    if case.state is CaseState.CLAIMED:
        _note_claim(tx, case, was_escalated=before.state is CaseState.ESCALATED)


def record_decision(
    tx: Transaction,
    case: Case,
    order: DecisionOrder,
    *,
    by: PersonId,
    at: datetime,
    standards_version: str,
    press: str,
) -> Decision:
    """Store what a person concluded about a case as it was read, before it moved.

    ``press`` tells one press from another: a second delivery of the same press finds the
    decision that the first one made.
    """
    row = {
        "case_id": case.id,
        "outcome": order.outcome,
        "clause": order.clause,
        "note": order.note,
        "by": by,
        "at": at,
        "standards_version": standards_version,
        "case_version": case.version,
        "press": press,
        "route": order.route,
        "taken_back_at": None,
    }
    insert_new(tx.session, decisions, [row], returning=[decisions.c.id])
    return decision_of(
        tx.session.execute(select(decisions).where(decisions.c.press == press)).one()
    )


def decision_by_press(held: Transaction | Reading, press: str) -> Decision | None:
    """The decision that a press made, if it made one."""
    row = held.session.execute(select(decisions).where(decisions.c.press == press)).one_or_none()
    return None if row is None else decision_of(row)


def latest_decision(held: Transaction | Reading, case_id: int) -> Decision | None:
    """The last decision about a case, if any."""
    row = held.session.execute(
        select(decisions)
        .where(decisions.c.case_id == case_id)
        .order_by(decisions.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else decision_of(row)


def lapsed(held: Transaction | Reading, *, now: datetime, limit: int) -> list[Case]:
    """Cases whose claim has run out, longest first."""
    return cases_of(
        held.session,
        select(cases)
        .where(cases.c.state == CaseState.CLAIMED, cases.c.held_until <= now)
        .order_by(cases.c.held_until, cases.c.id)
        .limit(limit),
    )


def _one(held: Transaction | Reading, condition: ColumnElement[bool]) -> Case | None:
    found = cases_of(held.session, select(cases).where(condition))
    return found[0] if found else None


def _write_clauses(tx: Transaction, case_id: int, clauses: Iterable[ClauseId]) -> None:
    rows: Sequence[dict[str, Any]] = [
        {"case_id": case_id, "position": position, "clause": clause}
        for position, clause in enumerate(clauses)
    ]
    if rows:
        tx.session.execute(insert(case_clauses), rows)


def _values(case: Case) -> dict[str, Any]:
    return {
        "lane": case.lane,
        "severity": case.severity,
        "state": case.state,
        "version": case.version,
        "holder": case.holder,
        "held_since": case.held_since,
        "held_until": case.held_until,
        "escalated_to": case.escalated_to,
        "closed_at": case.closed_at,
        "hidden": case.hidden,
        "by_hand": case.by_hand,
    }


def _note_claim(tx: Transaction, case: Case, *, was_escalated: bool) -> None:
    # Reports ask when a case was first taken up, and when an escalation came back.
    tx.session.execute(
        update(cases)
        .where(cases.c.id == case.id, cases.c.first_claimed_at.is_(None))
        .values(first_claimed_at=case.held_since)
    )
    if was_escalated:
        tx.session.execute(
            update(decisions)
            .where(
                decisions.c.case_id == case.id,
                decisions.c.outcome == DecisionOutcome.ESCALATE,
                decisions.c.taken_back_at.is_(None),
            )
            .values(taken_back_at=case.held_since)
        )
