from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from monitor.runtime.jobs import JOBS, Job
from monitor.runtime.schedule import Schedule

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
LONG = 10.0


class Counted:
    def __init__(self) -> None:
        self.nudged: list[str] = []
        self.came = threading.Semaphore(0)

    def nudge(self, job: str, **_ids) -> None:
        self.nudged.append(job)
        self.came.release()


def test_the_start_sweeps_every_job_that_has_a_pace() -> None:
    nudges = Counted()
    schedule = Schedule(nudges, now=lambda: NOW)
    assert schedule.last_tick() is None
    schedule.start()
    schedule.stop()

    assert nudges.nudged == [name for name, job in JOBS.items() if job.every is not None]
    assert schedule.last_tick() == NOW


def test_a_job_is_nudged_again_and_again_at_its_pace() -> None:
    nudges = Counted()
    jobs = {
        "often": Job(lambda: None, timedelta(milliseconds=20)),
        "asked for": Job(lambda: None, None),
    }
    schedule = Schedule(nudges, now=lambda: NOW, jobs=jobs)
    schedule.start()
    for _ in range(4):
        assert nudges.came.acquire(timeout=LONG)
    schedule.stop()

    assert set(nudges.nudged) == {"often"}


def test_after_the_stop_nothing_is_nudged() -> None:
    nudges = Counted()
    schedule = Schedule(
        nudges, now=lambda: NOW, jobs={"often": Job(lambda: None, timedelta(milliseconds=20))}
    )
    schedule.start()
    schedule.stop()
    count = len(nudges.nudged)

    assert not nudges.came.acquire(timeout=0.1) or len(nudges.nudged) == count


def test_stopping_what_was_never_started_is_harmless() -> None:
    Schedule(Counted(), now=lambda: NOW).stop()


def test_ticks_that_were_missed_run_once_and_never_twice_at_a_time() -> None:
    schedule = Schedule(Counted(), now=lambda: NOW)
    schedule.start()
    jobs = schedule._scheduler.get_jobs()
    schedule.stop()

    assert jobs
    assert all(job.coalesce and job.max_instances == 1 for job in jobs)
