"""The few statements whose shape the dialects do not share, each written once.

Serves T1, T2, T4 and T6 of DESIGN.md 5, whose repeats are harmless because an insert that is
already there does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, cast

from sqlalchemy import Column, CursorResult, Row, Table, Update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

__all__ = ["AnyRow", "changed", "insert_new", "insert_one"]

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
"""A row of whatever columns a query asked for."""

_AT_ONCE = 200
"""SQLite takes some 32,000 parameters in one statement; no table here has 100 columns."""


def insert_new(
    session: Session,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    returning: Sequence[Column[Any]],
) -> list[AnyRow]:
    """Insert the rows that break no unique key, and return the given columns of those alone.

    A row that another transaction has inserted, but not committed, is waited for.
    """
    # "On conflict" is no part of the common SQL, so the statement is the dialect's own.
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    fresh: list[AnyRow] = []
    for start in range(0, len(rows), _AT_ONCE):
        chunk = [dict(row) for row in rows[start : start + _AT_ONCE]]
        statement = insert(table).values(chunk).on_conflict_do_nothing().returning(*returning)
        fresh.extend(session.execute(statement))
    return fresh


def insert_one(session: Session, table: Table, row: Mapping[str, Any]) -> int | None:
    """Insert one row and return its ``id``; None when a unique key says that it is there."""
    fresh = insert_new(session, table, [row], returning=[table.c.id])
    return int(fresh[0][0]) if fresh else None


def changed(session: Session, statement: Update) -> int:
    """Carry an update out and return how many rows it found."""
    return cast("CursorResult[Any]", session.execute(statement)).rowcount
