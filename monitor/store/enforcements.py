"""What platforms were asked to do, what they said, and when they are asked again.

Serves T4 of DESIGN.md 5 (``request_enforcement``) and T5b (``save_enforcement``). Callers find
these names in ``monitor.store.cases``, beside the decisions that they carry out.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import exists, func, select, update

from monitor.domain.case import Act, Decision, Enforcement, EnforcementState
from monitor.store.engine import Reading, Transaction
from monitor.store.rows import enforcement_of
from monitor.store.statements import changed, insert_one
from monitor.store.tables import cases, enforcements

__all__ = [
    "EnforcementUnknown",
    "enforcement",
    "latest_enforcement",
    "lease_rechecks",
    "look_again",
    "request_enforcement",
    "save_enforcement",
]


class EnforcementUnknown(LookupError):  # noqa: N818 - it says what it is
    """There is no enforcement of that number."""

    def __init__(self, enforcement_id: int) -> None:
        super().__init__(f"There is no enforcement {enforcement_id} in the store.")


def request_enforcement(
    tx: Transaction,
    decision: Decision,
    act: Act,
    *,
    now: datetime,
    state: EnforcementState = EnforcementState.REQUESTED,
) -> Enforcement:
    """Note what a decision asks of the platform; asked twice, it is the same request."""
    row = {
        "decision_id": decision.id,
        "case_id": decision.case_id,
        "act": act,
        "state": state,
        "requested_at": now,
        "attempts": 0,
        "outcome": "",
        "detail": "",
        "confirmed_at": now if state is EnforcementState.BY_HAND else None,
        "recheck_at": None,
        "rechecks": 0,
    }
    insert_one(tx.session, enforcements, row)
    return enforcement_of(
        tx.session.execute(
            select(enforcements).where(
                enforcements.c.decision_id == decision.id, enforcements.c.act == act
            )
        ).one()
    )


def enforcement(held: Transaction | Reading, enforcement_id: int) -> Enforcement:
    """One enforcement.

    Raises:
        EnforcementUnknown: There is none of that number.
    """
    row = held.session.execute(
        select(enforcements).where(enforcements.c.id == enforcement_id)
    ).one_or_none()
    if row is None:
        raise EnforcementUnknown(enforcement_id)
    return enforcement_of(row)


def latest_enforcement(held: Transaction | Reading, case_id: int) -> Enforcement | None:
    """The last thing asked of the platform about a case, if any."""
    row = held.session.execute(
        select(enforcements)
        .where(enforcements.c.case_id == case_id)
        .order_by(enforcements.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else enforcement_of(row)


def look_again(tx: Transaction, comment_id: int, *, now: datetime) -> bool:
    """Let the platform be asked now how a comment stands that we hold for hidden.

    For a reading that shows it as public: it may be older than the hiding, so it proves nothing.
    False when there is nothing confirmed to ask about.
    """
    last = (
        select(func.max(enforcements.c.id))
        .join(cases, cases.c.id == enforcements.c.case_id)
        .where(cases.c.comment_id == comment_id, cases.c.hidden)
        .scalar_subquery()
    )
    statement = (
        update(enforcements)
        .where(
            enforcements.c.id == last,
            enforcements.c.act == Act.HIDE,
            enforcements.c.state == EnforcementState.DONE,
        )
        .values(recheck_at=now)
    )
    return changed(tx.session, statement) == 1


def save_enforcement(tx: Transaction, enforcement: Enforcement) -> None:
    """Write what became of an enforcement.

    Raises:
        EnforcementUnknown: There is none of that number.
    """
    statement = (
        update(enforcements)
        .where(enforcements.c.id == enforcement.id)
        .values(
            state=enforcement.state,
            attempts=enforcement.attempts,
            outcome=enforcement.outcome,
            detail=enforcement.detail,
            confirmed_at=enforcement.confirmed_at,
            recheck_at=enforcement.recheck_at,
            rechecks=enforcement.rechecks,
        )
    )
    if not changed(tx.session, statement):
        raise EnforcementUnknown(enforcement.id)


def lease_rechecks(
    tx: Transaction, *, now: datetime, lease_for: timedelta, limit: int
) -> list[Enforcement]:
    """Take confirmed enforcements that are due to be asked about again, longest due first.

    Only the last of a case: a comment that was restored on purpose has not drifted.
    Their ``recheck_at`` is pushed ahead by ``lease_for``, so that another process takes others
    and an abandoned one comes again.
    """
    later = enforcements.alias("later")
    superseded = exists().where(
        later.c.case_id == enforcements.c.case_id, later.c.id > enforcements.c.id
    )
    due = (
        select(enforcements)
        .where(
            enforcements.c.state == EnforcementState.DONE,
            enforcements.c.recheck_at <= now,
            ~superseded,
        )
        .order_by(enforcements.c.recheck_at, enforcements.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = [enforcement_of(row) for row in tx.session.execute(due)]
    tx.session.execute(
        update(enforcements)
        .where(enforcements.c.id.in_([each.id for each in taken]))
        .values(recheck_at=now + lease_for)
    )
    return taken
