from __future__ import annotations

import pytest

import monitor.cli
from classifiers.contract import ClassifierFailed
from config.problems import ConfigProblem, ConfigurationInvalid
from monitor.cli.endings import Ended, Status, refuse, translated
from monitor.desk.web.server import ConsoleUnavailable
from monitor.domain.case import Refused
from monitor.store.engine import DatabaseUnusable
from monitor.workflow import decide

PROBLEM = ConfigProblem("C012", "channels.toml, [channel.parks] interval", "it is 5 s", "Raise it.")
IN_THE_WAY = (
    "This machine refused: Address already in use. Stop what is in the way, then try again."
)


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (
            ConfigurationInvalid((PROBLEM,)),
            2,
            f"{PROBLEM}\n1 problem in the configuration.",
        ),
        (
            ConfigurationInvalid((PROBLEM, PROBLEM)),
            2,
            f"{PROBLEM}\n{PROBLEM}\n2 problems in the configuration.",
        ),
        (
            DatabaseUnusable("The disk is full.", hint="Make room."),
            3,
            "The disk is full. Make room.",
        ),
        (ClassifierFailed("It is gone."), 1, "It is gone."),
        (ClassifierFailed("It is gone.", hint="Put it back."), 1, "It is gone. Put it back."),
        (Refused("Amina claimed it."), 1, "Amina claimed it."),
        (ConsoleUnavailable("The port is taken."), 1, "The port is taken."),
        (KeyboardInterrupt(), 130, "Interrupted."),
        (
            PermissionError(13, "Permission denied", "/etc/x"),
            1,
            "/etc/x cannot be used: Permission denied. Look at its path and rights.",
        ),
        (
            OSError(98, "Address already in use"),
            1,
            IN_THE_WAY,
        ),
    ],
)
def test_every_foreseen_end_has_its_status_and_its_sentence(error, status, sentence) -> None:
    ended = translated(error)

    assert ended.exit_code == status
    assert ended.message == sentence


@pytest.mark.parametrize("error", [ValueError("Robin wrote: you idiot"), OSError("xoxb-1")])
def test_an_unforeseen_error_tells_its_kind_and_place_and_never_its_words(error) -> None:
    ended = translated(error)

    assert ended.exit_code == 70
    assert type(error).__name__ in ended.message
    assert "Robin" not in ended.message
    assert "xoxb" not in ended.message
    assert "an unknown place" in ended.message


def test_the_place_of_a_fault_is_the_last_of_our_own_modules() -> None:
    try:
        decide.claim(None, 1, by=None)
    except AttributeError as error:
        found = translated(error).message

    assert "AttributeError in monitor.workflow.decide, line " in found


def test_a_refusal_is_a_wrong_request() -> None:
    with pytest.raises(Ended) as ended:
        refuse("There is no such week.")
    assert ended.value.exit_code is Status.WRONG


def test_a_sentence_is_shown_as_it_stands(capsys) -> None:
    Ended("It is so.", Status.AMISS).show()
    Ended("", Status.AMISS).show()

    assert capsys.readouterr() == ("", "It is so.\n")


def test_the_documented_statuses_are_the_statuses() -> None:
    listed = [line.split()[0] for line in monitor.cli.__doc__.splitlines() if line[:4].strip()]
    numbers = {int(word) for word in listed if word.isdigit()}
    assert numbers == {int(status) for status in Status}


def test_a_pipe_that_is_closed_early_is_no_fault(home) -> None:
    rows = "id,text\n" + "".join(f"{n},Lovely park.\n" for n in range(600))
    home.write("rows.csv", rows)
    with home.process("score", "--input", "rows.csv", "--output", "-") as process:
        process.stdin.close()
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        process.wait(60)

    assert "Traceback" not in err
    assert "fault" not in err
    assert process.returncode in {0, 1}
