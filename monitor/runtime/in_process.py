"""The embedded dispatcher: a bounded pool of threads, and one thread of its own for the model."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from monitor.runtime.jobs import JOBS, run
from monitor.services import Services

__all__ = ["InProcess"]

_STEPS = 4


class InProcess:
    """Runs nudged jobs in threads of this process; a nudge of what already waits is dropped.

    A job that is nudged while it runs is run once more afterwards, so that rows which came while
    it was looking are not left to the next tick.
    """

    def __init__(self) -> None:
        self._services: Services | None = None
        self._lock = threading.Lock()
        self._waiting: set[tuple[str, tuple[tuple[str, str | int], ...]]] = set()
        self._running: set[tuple[str, tuple[tuple[str, str | int], ...]]] = set()
        self._again: set[tuple[str, tuple[tuple[str, str | int], ...]]] = set()
        self._stopping = threading.Event()
        self._idle = threading.Condition(self._lock)
        self._pools = {
            "steps": ThreadPoolExecutor(_STEPS, thread_name_prefix="step"),
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
        self._submit(job, key, lambda: self._run(job, key, ids))

    def wait_until_idle(self, timeout: float) -> bool:
        """Wait until nothing waits or runs; False when ``timeout`` seconds pass first."""
        with self._idle:
            return self._idle.wait_for(lambda: not self._waiting and not self._running, timeout)

    def stop(self) -> None:
        """Finish the steps in hand, drop what waits, and end the threads."""
        self._stopping.set()
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)
        with self._idle:
            self._waiting.clear()
            self._idle.notify_all()

    def _submit(
        self,
        job: str,
        key: tuple[str, tuple[tuple[str, str | int], ...]],
        work: Callable[[], None],
    ) -> None:
        try:
            self._pools[JOBS[job].pool].submit(work)
        except RuntimeError:
            # The pool is shutting down: the rows stay due, and the next start takes them up.
            with self._idle:
                self._waiting.discard(key)
                self._idle.notify_all()

    def _run(
        self,
        job: str,
        key: tuple[str, tuple[tuple[str, str | int], ...]],
        ids: dict[str, str | int],
    ) -> None:
        with self._lock:
            self._waiting.discard(key)
            self._running.add(key)
        services = self._services
        try:
            if services is not None and not self.stopping:
                run(services, job, **ids)
        except Exception as error:  # noqa: BLE001 - one job's fault must not end the daemon
            if services is not None:
                services.metrics.jobs_failed.labels(job=job).inc()
                services.log.error("job.failed", job=job, error=type(error).__name__)
        finally:
            with self._idle:
                self._running.discard(key)
                again = key in self._again
                self._again.discard(key)
                self._idle.notify_all()
        if again:
            self.nudge(job, **ids)
