"""The audit chain: who did what, in an order that cannot be changed unseen.

Serves T1, T2, T4, T5b and T6 of DESIGN.md 5, each of which appends here what it did. A row's hash
covers the row and the hash before it. Triggers refuse to change or delete rows; ``verify`` finds
what somebody did around the triggers, cutting rows off the end included.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy import RowMapping, func, insert, select, text, update
from sqlalchemy.orm import Session

from monitor.store.engine import Reading, Transaction
from monitor.store.statements import changed
from monitor.store.tables import audit, audit_head

__all__ = ["ChainCheck", "append", "case_subject", "verify"]

_APPEND_LOCK = 0x61756469
_HEAD = 1
_AT_ONCE = 1000
_NOTHING_BEFORE = "0" * 64


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """What a walk along a chain found.

    Attributes:
        rows: How many rows there are.
        first_bad: The number of the first row that does not fit; None when all do.
        sentence: The finding, for the record.
    """

    rows: int
    intact: bool
    first_bad: int | None
    sentence: str


def case_subject(case_id: int) -> str:
    """How the subject of a row about a case is written, so that the case's page finds it."""
    return f"case:{case_id}"


def append(
    tx: Transaction,
    event: str,
    *,
    actor: str,
    subject: str,
    at: datetime,
    details: Mapping[str, str | int | None] | None = None,
) -> None:
    """Append one row to the chain, in the order of the calls, when the transaction ends.

    The chain has one end and every writer wants it, so its lock is taken last and held for
    the commit alone: no two transactions can then wait for each other.

    The event is a word pair such as ``case.decided``; the actor a person's identifier, or
    ``system``; the subject what it was done to (``case_subject(412)``); the details short facts,
    never comment text, names or tokens.
    """
    row = {
        "event": event,
        "actor": actor,
        "subject": subject,
        "at": at.astimezone(UTC),
        "details": dict(details or {}),
    }
    tx.at_the_end.append(partial(_link, row=row))


def verify(reading: Reading) -> ChainCheck:
    """Walk the whole chain, a thousand rows at a time, and say whether it holds."""
    rows, last = 0, _NOTHING_BEFORE
    for row in _walk(reading.session):
        rows += 1
        sound = row["number"] == rows and row["previous"] == last and row["hash"] == _hash(row)
        if not sound:
            return ChainCheck(
                rows=_count(reading.session),
                intact=False,
                first_bad=rows,
                sentence=f"The audit chain breaks at row {rows}: it, or a row beside it, was "
                "changed, removed or inserted. Keep the database as it is and tell the "
                "Monitoring Officer.",
            )
        last = row["hash"]
    head = reading.session.execute(select(audit_head)).one_or_none()
    if (head.number, head.hash) != (rows, last) if head is not None else rows > 0:
        return ChainCheck(
            rows=rows,
            intact=False,
            first_bad=rows + 1,
            sentence=f"The audit chain ends at row {rows}, but more rows were written: its end "
            "was removed. Keep the database as it is and tell the Monitoring Officer.",
        )
    return ChainCheck(
        rows=rows, intact=True, first_bad=None, sentence=f"The audit chain holds: {rows} rows."
    )


def _link(session: Session, *, row: dict[str, Any]) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _APPEND_LOCK})
    head = session.execute(select(audit_head.c.number, audit_head.c.hash)).one_or_none()
    number, previous = (head.number, head.hash) if head is not None else (0, _NOTHING_BEFORE)
    linked = {**row, "number": number + 1, "previous": previous}
    linked["hash"] = _hash(linked)
    session.execute(insert(audit).values(**linked))
    end = {"number": linked["number"], "hash": linked["hash"]}
    if not changed(session, update(audit_head).where(audit_head.c.id == _HEAD).values(**end)):
        session.execute(insert(audit_head).values(id=_HEAD, **end))


def _hash(row: Mapping[str, Any] | RowMapping) -> str:
    content = {
        "number": row["number"],
        "event": row["event"],
        "actor": row["actor"],
        "subject": row["subject"],
        "at": row["at"].isoformat(timespec="microseconds"),
        "details": row["details"],
        "previous": row["previous"],
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def _walk(session: Session) -> Iterator[RowMapping]:
    asked = select(audit).order_by(audit.c.number).limit(_AT_ONCE)
    page = session.execute(asked).mappings().all()
    while page:
        yield from page
        after = audit.c.number > page[-1]["number"]
        page = session.execute(asked.where(after)).mappings().all()


def _count(session: Session) -> int:
    return session.execute(select(func.count()).select_from(audit)).scalar_one()
