"""The embedded dispatcher: bounded pools of threads, and one thread of its own for the model."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from monitor.runtime.jobs import JOBS, Job
from monitor.services import Services

__all__ = ["InProcess"]

_STEPS = 4
_PULLS = 4

_Key = tuple[str, tuple[tuple[str, str | int], ...]]


class InProcess:
    """Runs nudged jobs in threads of this process; a nudge of what already waits is dropped.

    A job that is nudged while it runs is run once more afterwards, so that rows which came while
    it was looking are not left to the next tick.

    Args:
        jobs: What can be nudged, by name.
    """

    def __init__(self, jobs: Mapping[str, Job] = JOBS) -> None:
        self._jobs = jobs
        self._services: Services | None = None
        self._lock = threading.Lock()
        self._waiting: set[_Key] = set()
        self._running: set[_Key] = set()
        self._again: set[_Key] = set()
        self._stopping = threading.Event()
        self._idle = threading.Condition(self._lock)
        self._pools = {
            "steps": ThreadPoolExecutor(_STEPS, thread_name_prefix="step"),
            "pulls": ThreadPoolExecutor(_PULLS, thread_name_prefix="pull"),
            "model": ThreadPoolExecutor(1, thread_name_prefix="model"),
        }

    def bind(self, services: Services) -> None:
        """Give the jobs what they need; nudges before this are dropped."""
        self._services = services

    @property
    def stopping(self) -> bool:
        """True once ``stop`` was called; long steps look at it."""
        return self._stopping.is_set()

    def nudge(self, job: str, **ids: str | int) -> None:
        """Ask for a job soon; see ``monitor.services.Dispatcher``."""
        key = (job, tuple(sorted(ids.items())))
        with self._lock:
            if self._services is None or self.stopping or key in self._waiting:
                return
            if key in self._running:
                self._again.add(key)
                return
            self._waiting.add(key)
        self._submit(key)

    def wait_until_idle(self, timeout: float) -> bool:
        """Wait until nothing waits or runs; False when ``timeout`` seconds pass first."""
        with self._idle:
            return self._idle.wait_for(lambda: not self._waiting and not self._running, timeout)

    def stop(self) -> None:
        """Finish the steps in hand, drop what waits, and end the threads; twice is harmless."""
        self._stopping.set()
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)
        with self._idle:
            self._waiting.clear()
            self._idle.notify_all()

    def _submit(self, key: _Key) -> None:
        job = self._jobs.get(key[0])
        try:
            self._pools[job.pool if job else "steps"].submit(self._run, key)
        except RuntimeError:
            # The pool is shutting down: the rows stay due, and the next start takes them up.
            with self._idle:
                self._waiting.discard(key)
                self._idle.notify_all()

    def _run(self, key: _Key) -> None:
        with self._lock:
            self._waiting.discard(key)
            self._running.add(key)
        try:
            self._work(key)
        finally:
            with self._idle:
                self._running.discard(key)
                again = key in self._again and not self.stopping
                self._again.discard(key)
                if again:
                    self._waiting.add(key)
                self._idle.notify_all()
            if again:
                self._submit(key)

    def _work(self, key: _Key) -> None:
        job, ids = key
        services = self._services
        if services is None or self.stopping:
            return
        try:
            self._jobs[job].step(services, **dict(ids))
        except Exception as error:  # noqa: BLE001 - one job's fault must not end the daemon
            services.metrics.jobs_failed.labels(job=job).inc()
            failure = type(error).__name__
        else:
            return
        # By type only: an error's words may quote a row, and rows hold what residents wrote.
        services.log.error("job.failed", job=job, error=failure)
