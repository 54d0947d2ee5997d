"""Ticks: APScheduler nudges each job at its own pace. A tick owns no work; the rows do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from apscheduler.schedulers.background import BackgroundScheduler

from monitor.runtime.jobs import JOBS, Job
from monitor.services import Dispatcher

__all__ = ["Schedule"]


class Schedule:
    """Nudges every job that has a pace, and a sweep of all of them at the start.

    Ticks that were missed run once, never twice at a time; times are UTC.

    Args:
        dispatcher: Is nudged.
        now: Aware UTC, for ``last_tick``.
        jobs: What runs, by name.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        *,
        now: Callable[[], datetime],
        jobs: Mapping[str, Job] = JOBS,
    ) -> None:
        self._dispatcher = dispatcher
        self._jobs = jobs
        self._now = now
        self._last: datetime | None = None
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 60},
        )

    def start(self) -> None:
        """Begin to tick."""
        for name, job in self._jobs.items():
            if job.every is None:
                continue
            self._scheduler.add_job(
                self._tick,
                "interval",
                seconds=job.every.total_seconds(),
                args=[name],
                id=name,
            )
            self._tick(name)
        self._scheduler.start()

    def last_tick(self) -> datetime | None:
        """When a job was last nudged, aware UTC; None before the start."""
        return self._last

    def stop(self) -> None:
        """Stop ticking; what was nudged goes on."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def _tick(self, job: str) -> None:
        self._last = self._now()
        self._dispatcher.nudge(job)
