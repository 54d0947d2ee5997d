"""For those who run the daemon: is it alive, is it ready, and how long are the queues."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry
from typing_extensions import override

from monitor.desk.web.pages import Console, console_of
from monitor.services import Services
from monitor.store import views
from monitor.store.engine import DatabaseUnusable

__all__ = ["TICK_LATE_S", "router"]

TICK_LATE_S = 300
"""Seconds after which a scheduler that has not ticked makes the daemon not ready."""

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
def healthz() -> PlainTextResponse:
    """The process answers; nothing else is asked."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
def readyz(request: Request) -> JSONResponse:
    """Whether the database can be used as it stands, and when the scheduler last ticked."""
    console = console_of(request)
    problem = _database_problem(console)
    tick_age = _tick_age_s(console)
    if not problem and tick_age is not None and tick_age > TICK_LATE_S:
        problem = f"The scheduler last ran {tick_age:.0f} s ago; look at the daemon's log."
    return JSONResponse(
        {
            "ready": not problem,
            "problem": problem,
            "last_tick_age_seconds": tick_age,
        },
        503 if problem else 200,
    )


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Counters and queue sizes for Prometheus; no name, text or reference of anybody."""
    services = console_of(request).services
    queues = CollectorRegistry()
    queues.register(_Queues(services))
    text = generate_latest(services.metrics.registry) + generate_latest(queues)
    return Response(text, media_type=CONTENT_TYPE_LATEST)


class _Queues(Collector):
    """What waits, read from the database at the moment that it is asked."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @override
    def collect(self) -> Iterable[Metric]:
        now = self._services.now()
        with self._services.database.reading() as reading:
            counts = views.counts(reading)
        for name, text, value in (
            ("comments", "Comments stored.", counts.comments),
            ("unassessed", "Wordings that no model has read yet.", counts.unassessed),
            ("cases_open", "Cases that nobody has claimed.", counts.open_cases),
            ("cases_claimed", "Cases that somebody holds.", counts.claimed),
            ("cases_escalated", "Cases that somebody else was asked about.", counts.escalated),
            ("letters_pending", "Letters that are still to be delivered.", counts.pending_letters),
            ("letters_dead", "Letters that were given up.", counts.dead_letters),
        ):
            yield GaugeMetricFamily(f"wardmote_{name}", text, value=value)
        for name, text, oldest in (
            ("unassessed", "wording not read yet", counts.oldest_unassessed_at),
            ("open_case", "open case", counts.oldest_open_at),
            ("pending_letter", "letter not delivered", counts.oldest_pending_letter_at),
        ):
            yield GaugeMetricFamily(
                f"wardmote_oldest_{name}_age_seconds",
                f"Age of the oldest {text}; 0 when there is none.",
                value=_seconds(oldest, now),
            )


def _seconds(oldest: datetime | None, now: datetime) -> float:
    return 0.0 if oldest is None else max((now - oldest).total_seconds(), 0.0)


def _database_problem(console: Console) -> str:
    try:
        console.services.database.require_current()
    except DatabaseUnusable as error:
        return f"{error.sentence} {error.hint}".strip()
    return ""


def _tick_age_s(console: Console) -> float | None:
    ticked_at = console.last_tick()
    if ticked_at is None:
        return None
    return max((console.services.now() - ticked_at).total_seconds(), 0.0)
