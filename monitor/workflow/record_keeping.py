"""Prove that nothing in the record was changed, removed or put in between. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.services import Services
from monitor.store import audit, evidence

__all__ = ["Proof", "verify"]


@dataclass(frozen=True, slots=True)
class Proof:
    """What one look at one kind of record found.

    Attributes:
        what: ``audit`` or ``evidence``.
        sentence: For a person: what was looked at, and where it first breaks if it does.
    """

    what: str
    rows: int
    intact: bool
    sentence: str


def verify(services: Services) -> tuple[Proof, ...]:
    """Recompute the audit chain and every seal of evidence."""
    with services.database.reading() as reading:
        chain = audit.verify(reading)
        seals = evidence.verify_evidence(reading)
    return (
        Proof("audit", chain.rows, chain.intact, chain.sentence),
        Proof("evidence", seals.rows, seals.intact, seals.sentence),
    )
