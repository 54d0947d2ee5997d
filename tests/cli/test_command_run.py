from __future__ import annotations

import os
import signal
import socket
import threading
from typing import ClassVar

import pytest

from monitor.cli.run import told_to_stop, wait_until

pytestmark = pytest.mark.sandbox


def a_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def served(town_home):
    town_home.environ["WARDMOTE_WEB_PORT"] = str(a_port())
    town_home.environ["WARDMOTE_COUNCIL"] = "Wexcombe Borough Council"
    return town_home


def five_lines(process) -> list[str]:
    return [process.stdout.readline().rstrip("\n") for _ in range(5)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_five_lines_goes_quiet_and_stops_when_told(served, world, number) -> None:
    with served.process("run") as process:
        lines = five_lines(process)
        assert world.slack.link.wait_for_connections()
        process.send_signal(number)
        out, err = process.communicate(timeout=20)

    assert process.returncode == 0, err
    assert lines[0].startswith("Wardmote 0.1.0 for Wexcombe Borough Council, standard resident-aup")
    assert lines[1].startswith("Database      sqlite:///")
    assert lines[2] == "Channels      1: facebook-parks"
    assert lines[3] == "Notifications slack; with its desk in Slack"
    assert lines[4] == f"Console       http://127.0.0.1:{served.environ['WARDMOTE_WEB_PORT']}"
    assert out == ""
    assert "Traceback" not in err
    assert '"daemon.started"' in err
    assert '"daemon.stopped"' in err
    assert "xoxb-" not in err


def test_told_while_it_starts_it_starts_and_stops(served) -> None:
    with served.process("run") as process:
        first = process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)

    assert process.returncode == 0, first + err
    assert "Traceback" not in first + err


def test_without_a_console_it_says_so(served) -> None:
    del served.environ["WARDMOTE_SLACK_APP_TOKEN"]
    with served.process("run", "--no-console") as process:
        lines = five_lines(process)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)

    assert process.returncode == 0, err
    assert lines[3] == "Notifications slack; no Slack desk"
    assert lines[4] == "Console       not served"


def test_a_port_that_is_taken_is_one_sentence(served) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(served.environ["WARDMOTE_WEB_PORT"])))
        taken.listen()
        status, out, err = served.finished("run")

    assert (status, out) == (1, "")
    assert err.count("\n") == 1
    assert f"The console cannot listen at 127.0.0.1:{served.environ['WARDMOTE_WEB_PORT']}" in err


def test_a_database_that_cannot_be_used_is_one_sentence(served) -> None:
    served.environ["WARDMOTE_DATABASE_URL"] = f"sqlite:///{served.path}/nowhere/x.db"
    status, out, err = served.finished("run")

    assert (status, out) == (3, "")
    assert err.count("\n") == 1


def test_a_configuration_that_is_wrong_names_every_mistake(served) -> None:
    del served.environ["WARDMOTE_TOKEN_FACEBOOK_PARKS"]
    served.environ["WARDMOTE_HTTP_TIMEOUT_S"] = "0"
    status, out, err = served.finished("run")

    assert (status, out) == (2, "")
    assert "WARDMOTE_TOKEN_FACEBOOK_PARKS" in err
    assert "WARDMOTE_HTTP_TIMEOUT_S" in err


def test_a_token_that_is_wrong_pauses_the_channel_and_the_daemon_runs_on(served, world) -> None:
    served.environ["WARDMOTE_TOKEN_FACEBOOK_PARKS"] = "EAAB-wrong"
    with served.process("run") as process:
        five_lines(process)
        told = world.slack.workspace.wait_until(
            lambda: "is paused" in world.told("C0OPERATORS"), timeout_s=20
        )
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)

    assert told
    assert process.returncode == 0, err
    assert "EAAB-wrong" not in err


def test_slack_tokens_that_are_wrong_do_not_end_the_daemon(served) -> None:
    served.environ["WARDMOTE_SLACK_APP_TOKEN"] = "xapp-wrong"
    with served.process("run") as process:
        lines = five_lines(process)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)

    assert len(lines) == 5
    assert process.returncode == 0, err
    assert "xapp-wrong" not in err
    assert "Traceback" not in err


def test_in_this_process_too_it_runs_until_it_is_told(served) -> None:
    result = served.told("run")

    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == 5


def test_the_second_signal_interrupts_and_afterwards_signals_are_as_before() -> None:
    before = signal.getsignal(signal.SIGINT)

    def told_twice() -> None:
        with told_to_stop() as told:
            os.kill(os.getpid(), signal.SIGINT)
            wait_until(told)
            os.kill(os.getpid(), signal.SIGINT)
            told.wait(5)

    with pytest.raises(KeyboardInterrupt):
        told_twice()

    assert signal.getsignal(signal.SIGINT) is before


def test_waiting_looks_up_now_and_then_so_that_no_signal_is_missed() -> None:
    class Late(threading.Event):
        looked: ClassVar[list[float]] = []

        def wait(self, timeout=None) -> bool:
            self.looked.append(timeout)
            return len(self.looked) == 3

    wait_until(Late())

    assert len(Late.looked) == 3
    assert all(timeout <= 1 for timeout in Late.looked)
