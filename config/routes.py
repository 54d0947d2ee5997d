"""Which clauses and severities alert whom, when it is quiet, and to whom a case may go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta

from config.standards import Lane, Severity

__all__ = ["AlertRoute", "Destination", "EscalationRoute", "QuietHours", "Routes"]


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a notification can go: a Slack channel or an e-mail address.

    Attributes:
        name: The table's name in ``routes.toml``: ``[destination.moderation]``.
        kind: ``slack`` or ``email``.
        address: A Slack channel identifier, or an e-mail address.
    """

    name: str
    kind: str
    address: str


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When only the severities in ``except_severities`` alert; local time, may cross midnight."""

    start: time
    end: time
    timezone: str
    except_severities: frozenset[Severity]


@dataclass(frozen=True, slots=True)
class AlertRoute:
    """Cases that match every stated condition alert ``destination``; empty sets match all."""

    name: str
    destination: str
    severities: frozenset[Severity]
    lanes: frozenset[Lane]
    clauses: frozenset[str]
    services: frozenset[str]
    quiet_hours: QuietHours | None


@dataclass(frozen=True, slots=True)
class EscalationRoute:
    """One line of the council's escalation matrix: who is asked, how, and how soon.

    Attributes:
        id: ``police``, ``legal``, ``safeguarding_children`` …
        title: As a moderator reads it.
        destination: Which destination is told.
        respond_within: When it counts as overdue.
        instructions: What the person must do besides ("Immediate danger is 999").
    """

    id: str
    title: str
    destination: str
    respond_within: timedelta
    instructions: str


@dataclass(frozen=True, slots=True)
class Routes:
    """All of ``routes.toml``. ``operators`` and ``reports`` name destinations."""

    destinations: tuple[Destination, ...]
    alerts: tuple[AlertRoute, ...]
    escalations: tuple[EscalationRoute, ...]
    operators: str
    reports: str
    timezone: str

    def destination(self, name: str) -> Destination | None:
        """The destination of that name, or None."""
        return next((each for each in self.destinations if each.name == name), None)

    def escalation(self, route_id: str) -> EscalationRoute | None:
        """The escalation route of that identifier, or None."""
        return next((each for each in self.escalations if each.id == route_id), None)
