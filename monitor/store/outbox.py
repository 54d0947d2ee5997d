"""The outbox: everything that shall leave the building is first a row here.

Serves T3a and T3b (and T5a, T5b) of DESIGN.md 5: ``claim`` is the a, ``delivered``, ``retry`` and
``kill`` are the b. T2, T4 and T6 put rows in. A row whose lease lapsed without a result is handed
out again marked uncertain: it may have left already.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select, text, update

from monitor.store.engine import Reading, Transaction
from monitor.store.statements import AnyRow, changed, insert_one
from monitor.store.tables import letters

__all__ = [
    "Letter",
    "LetterState",
    "OutboxKind",
    "alerted",
    "claim",
    "delivered",
    "hasten",
    "kill",
    "put",
    "reference",
    "retry",
    "revive",
    "state_of",
]

_CLAIM_LOCK = 0x6F757462
_CASE = re.compile(r"(?:^|:)case:(\d+)(?=:|$)")


class OutboxKind(StrEnum):
    """What a letter asks of the step that carries it."""

    ALERT = "alert"
    CARD = "card"
    ESCALATION = "escalation"
    NOTICE = "notice"
    ENFORCE = "enforce"


class LetterState(StrEnum):
    """``dead`` after a permanent answer: nobody tries again until a person revives it."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Letter:
    """One row of the outbox, ours to carry until its lease lapses.

    Attributes:
        key: Unique; travels with what is sent, so that a lost result can be recognised.
        attempts: Tries begun, this one included.
        uncertain: An earlier lease lapsed without a result, so it may have been sent already.
        lease: Ours, as the result must be given with it.
    """

    id: int
    key: str
    kind: OutboxKind
    payload: Mapping[str, Any]
    destination: str
    due_at: datetime
    attempts: int
    uncertain: bool
    lease: str
    created_at: datetime
    first_tried_at: datetime | None


def put(
    tx: Transaction,
    *,
    key: str,
    kind: OutboxKind,
    destination: str,
    payload: Mapping[str, Any],
    due_at: datetime,
    now: datetime,
    serial: str = "",
    case_id: int | None = None,
) -> bool:
    """Put a letter into the outbox; False when one of that key is there, whatever its state.

    Letters of one ``serial`` (``case:412:moderation``) leave one at a time, oldest first. Where
    ``case_id`` is not given, ``case:<number>`` in the serial or the key says which case it is
    about.
    """
    row = {
        "key": key,
        "kind": kind,
        "serial": serial,
        "case_id": case_id if case_id is not None else _case_in(serial, key),
        "destination": destination,
        "payload": dict(payload),
        "state": LetterState.PENDING,
        "due_at": due_at,
        "attempts": 0,
        "uncertain": False,
        "lease": None,
        "leased_until": None,
        "created_at": now,
        "first_tried_at": None,
        "ended_at": None,
        "reference": None,
        "error": "",
    }
    return insert_one(tx.session, letters, row) is not None


def hasten(tx: Transaction, key: str, *, due_at: datetime) -> bool:
    """Let a letter that waits for its first try leave sooner; False when there is none to hasten.

    Never makes one wait longer, and leaves one alone that is between two tries.
    """
    statement = (
        update(letters)
        .where(
            letters.c.key == key,
            letters.c.state == LetterState.PENDING,
            letters.c.attempts == 0,
            letters.c.due_at > due_at,
        )
        .values(due_at=due_at)
    )
    return changed(tx.session, statement) == 1


def claim(
    tx: Transaction,
    kinds: Sequence[OutboxKind],
    *,
    now: datetime,
    lease_for: timedelta,
    limit: int,
    new_lease: Callable[[], str],
) -> list[Letter]:
    """Take letters that are due and free or abandoned, oldest first, one of each serial.

    A letter waits while another of its serial is being carried, or while an older one of its
    serial is due or between two tries.
    """
    if tx.dialect == "postgresql":
        # Two claims at once could each take one letter of the same serial, because neither sees
        # what the other has not committed.
        tx.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _CLAIM_LOCK})
    ready = (
        select(letters)
        .where(
            letters.c.state == LetterState.PENDING,
            letters.c.kind.in_(kinds),
            letters.c.due_at <= now,
            or_(letters.c.leased_until.is_(None), letters.c.leased_until <= now),
            or_(letters.c.serial == "", ~_must_wait(now)),
        )
        .order_by(letters.c.due_at, letters.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [
        _lease(tx, row, lease=new_lease(), until=now + lease_for, now=now)
        for row in tx.session.execute(ready).all()
    ]


def delivered(tx: Transaction, letter: Letter, *, reference: str | None, now: datetime) -> bool:
    """Note that a letter arrived, and under which reference; False when the lease was lost."""
    return _end(tx, letter, state=LetterState.DELIVERED, reference=reference, ended_at=now)


def retry(tx: Transaction, letter: Letter, *, at: datetime, error: str) -> bool:
    """Try a letter again at a moment; False when the lease was lost.

    ``error`` says what happened, without comment text, names or tokens.
    """
    return _end(tx, letter, due_at=at, error=error)


def kill(tx: Transaction, letter: Letter, *, error: str, now: datetime) -> bool:
    """Give a letter up after a permanent answer; False when the lease was lost.

    ``error`` says what happened, without comment text, names or tokens.
    """
    return _end(tx, letter, state=LetterState.DEAD, error=error, ended_at=now)


def revive(tx: Transaction, letter_id: int, *, now: datetime) -> bool:
    """Make a dead letter due again; False when it is not dead."""
    statement = (
        update(letters)
        .where(letters.c.id == letter_id, letters.c.state == LetterState.DEAD)
        .values(state=LetterState.PENDING, due_at=now, ended_at=None)
    )
    return changed(tx.session, statement) == 1


def alerted(held: Transaction | Reading, case_id: int) -> tuple[str, ...]:
    """Every destination that has, or shall have, an alert of this case, by name."""
    found = held.session.execute(
        select(letters.c.destination)
        .distinct()
        .where(letters.c.case_id == case_id, letters.c.kind == OutboxKind.ALERT)
        .order_by(letters.c.destination)
    )
    return tuple(found.scalars())


def reference(tx: Transaction | Reading, key: str) -> str | None:
    """Under which reference the letter of that key arrived, if it has."""
    return tx.session.execute(
        select(letters.c.reference).where(letters.c.key == key)
    ).scalar_one_or_none()


def state_of(tx: Transaction | Reading, key: str) -> LetterState | None:
    """Where the letter of that key stands; None when there is none."""
    state = tx.session.execute(
        select(letters.c.state).where(letters.c.key == key)
    ).scalar_one_or_none()
    return None if state is None else LetterState(state)


def _case_in(serial: str, key: str) -> int | None:
    found = _CASE.search(serial) or _CASE.search(key)
    return None if found is None else int(found[1])


def _must_wait(now: datetime) -> ColumnElement[bool]:
    other = letters.alias("other")
    is_carried = other.c.leased_until > now
    # An older letter that is merely set for later (quiet hours) does not hold a newer one up.
    goes_first = and_(other.c.id < letters.c.id, or_(other.c.due_at <= now, other.c.attempts > 0))
    return exists().where(
        other.c.state == LetterState.PENDING,
        other.c.serial == letters.c.serial,
        other.c.id != letters.c.id,
        or_(is_carried, goes_first),
    )


def _lease(tx: Transaction, row: AnyRow, *, lease: str, until: datetime, now: datetime) -> Letter:
    uncertain = row.uncertain or row.lease is not None
    first_tried_at = row.first_tried_at or now
    tx.session.execute(
        update(letters)
        .where(letters.c.id == row.id)
        .values(
            lease=lease,
            leased_until=until,
            attempts=row.attempts + 1,
            uncertain=uncertain,
            first_tried_at=first_tried_at,
        )
    )
    return Letter(
        id=row.id,
        key=row.key,
        kind=OutboxKind(row.kind),
        payload=row.payload,
        destination=row.destination,
        due_at=row.due_at,
        attempts=row.attempts + 1,
        uncertain=uncertain,
        lease=lease,
        created_at=row.created_at,
        first_tried_at=first_tried_at,
    )


def _end(tx: Transaction, letter: Letter, **values: Any) -> bool:
    statement = (
        update(letters)
        .where(letters.c.id == letter.id, letters.c.lease == letter.lease)
        .values(lease=None, leased_until=None, **values)
    )
    return changed(tx.session, statement) == 1
