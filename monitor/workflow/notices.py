"""Notices to operators: written into the outbox inside the transaction that has the reason."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.services import Services
from monitor.store import outbox
from monitor.store.engine import Transaction
from monitor.store.outbox import OutboxKind

__all__ = ["tell", "tell_operators"]


def tell(
    tx: Transaction,
    services: Services,
    destination: str,
    *,
    key: str,
    title: str,
    lines: Sequence[str],
    link: str | None = None,
    urgent: bool = False,
    week: str | None = None,
    service: str = "",
) -> None:
    """Put a notice for one destination into the outbox; the same key is told once.

    With ``week`` (``2026-W47``), the stored weekly report of ``service`` goes with it.
    """
    now = services.now()
    outbox.put(
        tx,
        key=f"notice:{key}",
        kind=OutboxKind.NOTICE,
        destination=destination,
        payload={
            "title": title,
            "lines": list(lines),
            "link": link,
            "urgent": urgent,
            "week": week,
            "service": service,
        },
        due_at=now,
        now=now,
    )


def tell_operators(
    tx: Transaction, services: Services, *, key: str, title: str, lines: Sequence[str]
) -> None:
    """Put an urgent notice for the operators' destination into the outbox."""
    tell(tx, services, services.routes.operators, key=key, title=title, lines=lines, urgent=True)
