from __future__ import annotations

from datetime import timedelta

from monitor.runtime.jobs import JOBS


def test_every_job_says_in_its_promise_what_it_does() -> None:
    for name, job in JOBS.items():
        assert job.step.__doc__, name


def test_only_what_loads_the_model_runs_in_the_models_pool() -> None:
    assert {name for name, job in JOBS.items() if job.pool == "model"} == {"assess"}
    assert {name for name, job in JOBS.items() if job.pool == "pulls"} == {"pull", "examine"}
    assert {job.pool for job in JOBS.values()} == {"model", "pulls", "steps"}


def test_a_channels_pull_is_only_ever_nudged_by_the_look_at_what_is_due() -> None:
    assert [name for name, job in JOBS.items() if job.every is None] == ["pull"]


def test_no_tick_is_slower_than_a_person_would_wait_for_a_report() -> None:
    paces = [job.every for job in JOBS.values() if job.every is not None]

    assert min(paces) >= timedelta(seconds=1)
    assert max(paces) <= timedelta(minutes=10)
