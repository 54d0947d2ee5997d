"""The weekly reports as they were made, so that a sent figure can always be shown again.

Serves T6 of DESIGN.md 5: unique (service, week) makes a repeat harmless.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from monitor.store.engine import Reading, Transaction
from monitor.store.statements import AnyRow, insert_one
from monitor.store.tables import weeks

__all__ = ["StoredWeek", "all_weeks", "load_week", "store_week"]


@dataclass(frozen=True, slots=True)
class StoredWeek:
    """One week's report of one service; "" is the whole council.

    Attributes:
        week: ISO: ``2026-W47``.
        checksum: SHA-256 of what was reported, hexadecimal, as the report prints it.
    """

    service: str
    week: str
    figures_json: str
    html: str
    csv: str
    checksum: str
    made_at: datetime


def store_week(
    tx: Transaction,
    *,
    service: str,
    week: str,
    figures_json: str,
    html: str,
    csv: str,
    checksum: str,
    now: datetime,
) -> bool:
    """Store a week's report; False when that week's is there already, and it stays as it is."""
    row = {
        "service": service,
        "week": week,
        "figures_json": figures_json,
        "html": html,
        "csv": csv,
        "checksum": checksum,
        "made_at": now,
    }
    return insert_one(tx.session, weeks, row) is not None


def load_week(held: Transaction | Reading, service: str, week: str) -> StoredWeek | None:
    """One week's report, if it was made."""
    row = held.session.execute(
        select(weeks).where(weeks.c.service == service, weeks.c.week == week)
    ).one_or_none()
    return None if row is None else _week(row)


def all_weeks(held: Transaction | Reading, service: str | None = None) -> tuple[StoredWeek, ...]:
    """Reports, newest week first: of one service ("" is the whole council), or of all."""
    asked = select(weeks).order_by(weeks.c.week.desc(), weeks.c.service)
    if service is not None:
        asked = asked.where(weeks.c.service == service)
    return tuple(_week(row) for row in held.session.execute(asked))


def _week(row: AnyRow) -> StoredWeek:
    return StoredWeek(
        service=row.service,
        week=row.week,
        figures_json=row.figures_json,
        html=row.html,
        csv=row.csv,
        checksum=row.checksum,
        made_at=row.made_at,
    )
