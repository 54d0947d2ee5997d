"""Whom a case alerts, and when: routes, quiet hours and urgency, with the clock as an argument."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from config.routes import AlertRoute, QuietHours, Routes
from config.standards import ClauseId, Lane, Severity

__all__ = ["AlertOrder", "Urgency", "route"]


class Urgency(StrEnum):
    """Whether an alert interrupts people."""

    NOW = "now"
    SOON = "soon"


@dataclass(frozen=True, slots=True)
class AlertOrder:
    """One alert to one destination, not before a moment (aware UTC)."""

    destination: str
    urgency: Urgency
    not_before: datetime


def route(
    routes: Routes,
    *,
    lane: Lane,
    severity: Severity,
    clauses: Sequence[ClauseId],
    service: str,
    now: datetime,
) -> tuple[AlertOrder, ...]:
    """One order for each destination whose route matches; never none.

    A case that no route matches goes to the operators' destination at once, because an alert
    that nobody receives is the one that mattered.
    """
    orders: dict[str, AlertOrder] = {}
    for each in routes.alerts:
        if not _matches(each, lane=lane, severity=severity, clauses=clauses, service=service):
            continue
        order = AlertOrder(
            destination=each.destination,
            urgency=Urgency.NOW if severity.rank <= Severity.S2.rank else Urgency.SOON,
            not_before=_not_before(each.quiet_hours, severity, now),
        )
        known = orders.get(each.destination)
        if known is None or order.not_before < known.not_before:
            orders[each.destination] = order
    if not orders:
        return (AlertOrder(routes.operators, Urgency.NOW, now),)
    return tuple(orders.values())


def _matches(
    each: AlertRoute, *, lane: Lane, severity: Severity, clauses: Sequence[ClauseId], service: str
) -> bool:
    return (
        (not each.lanes or lane in each.lanes)
        and (not each.severities or severity in each.severities)
        and (not each.clauses or not each.clauses.isdisjoint(clauses))
        and (not each.services or service in each.services)
    )


def _not_before(quiet: QuietHours | None, severity: Severity, now: datetime) -> datetime:
    if quiet is None or severity in quiet.except_severities:
        return now
    zone = ZoneInfo(quiet.timezone)
    local = now.astimezone(zone)
    moment = local.time()
    over_midnight = quiet.end < quiet.start
    evening = moment >= quiet.start
    morning = moment < quiet.end
    if not (evening or morning if over_midnight else evening and morning):
        return now
    day = local.date() + timedelta(days=1) if over_midnight and evening else local.date()
    end = datetime.combine(day, quiet.end, tzinfo=zone)
    if end.astimezone(UTC) <= now:
        # The night the clocks go back has this hour twice, and its first end has passed.
        end = end.replace(fold=1)
    return end.astimezone(now.tzinfo)
