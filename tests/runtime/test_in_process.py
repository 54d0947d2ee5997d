from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from monitor.runtime import in_process
from monitor.runtime.in_process import InProcess
from monitor.runtime.jobs import Job
from monitor.services import Services
from monitor.telemetry import Metrics
from tests.consoles import ROUTES, STANDARDS, Lines

LONG = 10.0


class Gate:
    """A job that says when it runs, and runs until it is let go."""

    def __init__(self) -> None:
        self.runs: list[dict] = []
        self.threads: list[str] = []
        self.begun = threading.Semaphore(0)
        self.go = threading.Semaphore(0)

    def __call__(self, _services, **ids) -> int:
        self.runs.append(ids)
        self.threads.append(threading.current_thread().name)
        self.begun.release()
        assert self.go.acquire(timeout=LONG)
        return 1

    def wait_until_it_runs(self) -> None:
        assert self.begun.acquire(timeout=LONG)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def lines() -> Lines:
    return Lines()


@pytest.fixture
def services(lines: Lines) -> Services:
    return Services(
        database=None,
        standards=STANDARDS,
        routes=ROUTES,
        channels={},
        connector=None,
        classifier=None,
        targets={},
        dispatcher=None,
        now=None,
        new_id=None,
        log=lines,
        metrics=Metrics(),
    )


@pytest.fixture
def dispatcher(gate: Gate, services: Services):
    def fail(_services) -> None:
        raise ValueError("a resident's words")

    started = InProcess(
        {
            "wait": Job(gate, None),
            "think": Job(gate, None, pool="model"),
            "fail": Job(fail, None),
        }
    )
    started.bind(services)
    yield started
    for _ in range(20):
        gate.go.release()
    started.stop()


def test_a_nudged_job_runs_with_the_ids_that_the_nudge_carried(dispatcher, gate) -> None:
    dispatcher.nudge("wait", channel="facebook-parks")
    gate.wait_until_it_runs()
    gate.go.release()

    assert dispatcher.wait_until_idle(LONG)
    assert gate.runs == [{"channel": "facebook-parks"}]
    assert gate.threads[0].startswith("step")


def test_a_nudge_of_what_already_waits_is_dropped(dispatcher, gate) -> None:
    for number in range(4):  # every thread of the pool is taken
        dispatcher.nudge("wait", channel=str(number))
        gate.wait_until_it_runs()
    for _ in range(3):
        dispatcher.nudge("wait", channel="later")
    for _ in range(5):
        gate.go.release()

    assert dispatcher.wait_until_idle(LONG)
    assert [each["channel"] for each in gate.runs].count("later") == 1


def test_a_job_nudged_while_it_runs_is_run_once_more(dispatcher, gate) -> None:
    dispatcher.nudge("wait")
    gate.wait_until_it_runs()
    for _ in range(3):
        dispatcher.nudge("wait")
    gate.go.release()
    gate.wait_until_it_runs()
    gate.go.release()

    assert dispatcher.wait_until_idle(LONG)
    assert len(gate.runs) == 2


def test_the_model_has_a_thread_of_its_own(dispatcher, gate) -> None:
    for number in range(4):
        dispatcher.nudge("wait", channel=str(number))
        gate.wait_until_it_runs()

    dispatcher.nudge("think")
    gate.wait_until_it_runs()

    assert gate.threads[-1].startswith("model")


def test_a_job_that_fails_is_counted_and_logged_by_its_type_only(
    dispatcher, services, lines
) -> None:
    dispatcher.nudge("fail")

    assert dispatcher.wait_until_idle(LONG)
    assert lines.said == [("job.failed", {"job": "fail", "error": "ValueError"})]
    assert services.metrics.registry.get_sample_value(
        "wardmote_jobs_failed_total", {"job": "fail"}
    ) == pytest.approx(1)


def test_after_a_failure_the_pool_goes_on(dispatcher, gate) -> None:
    for _ in range(6):
        dispatcher.nudge("fail")
        assert dispatcher.wait_until_idle(LONG)
    dispatcher.nudge("wait")
    gate.wait_until_it_runs()
    gate.go.release()

    assert dispatcher.wait_until_idle(LONG)
    assert len(gate.runs) == 1


def test_a_nudge_for_a_job_that_does_not_exist_is_a_failed_job_and_no_exception(
    dispatcher, lines
) -> None:
    dispatcher.nudge("daydream")

    assert dispatcher.wait_until_idle(LONG)
    assert lines.said == [("job.failed", {"job": "daydream", "error": "KeyError"})]


def test_stopping_finishes_the_step_in_hand_and_drops_what_waits(dispatcher, gate) -> None:
    for number in range(6):
        dispatcher.nudge("wait", channel=str(number))
    for _ in range(4):
        gate.wait_until_it_runs()
    stopping = threading.Thread(target=dispatcher.stop)
    stopping.start()
    assert not dispatcher.wait_until_idle(0.05)
    for _ in range(6):
        gate.go.release()
    stopping.join(LONG)

    assert not stopping.is_alive()
    assert dispatcher.stopping
    assert len(gate.runs) == 4
    assert dispatcher.wait_until_idle(0)


def test_a_job_nudged_while_it_runs_is_not_run_again_once_the_daemon_stops(
    dispatcher, gate
) -> None:
    dispatcher.nudge("wait")
    gate.wait_until_it_runs()
    dispatcher.nudge("wait")
    stopping = threading.Thread(target=dispatcher.stop)
    stopping.start()
    while not dispatcher.stopping:
        threading.Event().wait(0.001)
    gate.go.release()
    stopping.join(LONG)

    assert len(gate.runs) == 1


def test_a_nudge_after_the_stop_is_harmless(dispatcher, gate) -> None:
    dispatcher.stop()
    dispatcher.nudge("wait")
    dispatcher.stop()

    assert dispatcher.wait_until_idle(0)
    assert gate.runs == []


def test_a_nudge_that_meets_the_pool_closing_leaves_nothing_waiting(dispatcher, gate) -> None:
    dispatcher._pools["steps"].shutdown()
    dispatcher.nudge("wait")

    assert dispatcher.wait_until_idle(0)
    assert gate.runs == []


def test_a_nudge_before_there_are_services_is_dropped() -> None:
    dispatcher = InProcess()
    dispatcher.nudge("pull_due")

    assert dispatcher.wait_until_idle(0)
    dispatcher.stop()


def test_work_that_begins_after_the_stop_does_nothing(dispatcher, gate) -> None:
    dispatcher._stopping.set()
    dispatcher._run(("wait", ()))

    assert gate.runs == []


def test_the_daemons_own_jobs_are_the_default() -> None:
    dispatcher = InProcess()

    assert dispatcher._jobs is in_process.JOBS
    dispatcher.stop()


def test_services_can_be_bound_anew(services, dispatcher, gate) -> None:
    other = Lines()
    dispatcher.bind(replace(services, log=other))
    dispatcher.nudge("fail")

    assert dispatcher.wait_until_idle(LONG)
    assert [event for event, _ in other.said] == ["job.failed"]
