from __future__ import annotations

import json

import pytest

from monitor.desk.web.passwords import Passwords
from monitor.store import people

ADD = ["people", "add", "amina", "--name", "Amina", "--role", "moderator"]
PASSWORD = "three brass lanterns"
TYPED = f"{PASSWORD}\n{PASSWORD}\n"


def listed(home) -> list[dict]:
    result = home.run("people", "list", "--json")
    assert result.exit_code == 0
    return json.loads(result.stdout)


def test_a_person_is_added_with_a_password_that_is_never_shown(home, database_of) -> None:
    result = home.run(*ADD, "--slack", "U0AMINA", said=TYPED)

    assert result.exit_code == 0
    assert result.stdout.endswith("amina may now sign in as moderator.\n")
    assert PASSWORD not in result.output
    with database_of.reading() as reading:
        assert Passwords().fits(PASSWORD, people.password_hash(reading, "amina"))
    assert listed(home) == [
        {
            "id": "amina",
            "name": "Amina",
            "role": "moderator",
            "services": [],
            "slack": "U0AMINA",
            "active": True,
        }
    ]


def test_somebody_may_act_in_slack_only(home) -> None:
    result = home.run(*ADD, "--slack", "U0AMINA", "--no-password")

    assert result.exit_code == 0
    assert result.stdout == "amina may now act in Slack as moderator.\n"


def test_a_service_is_one_that_a_channel_belongs_to(home) -> None:
    result = home.run(*ADD, "--no-password", "--service", "Parks and Libary")

    assert result.exit_code == 2
    assert 'Did you mean "Parks and Libraries"?' in result.stderr
    assert listed(home) == []
    good = home.run(*ADD, "--no-password", "--service", "Parks and Libraries")
    assert good.exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["people", "add", "Amina B", "--name", "A", "--role", "viewer"], "is no identifier"),
        (["people", "add", "amina", "--name", " ", "--role", "viewer"], "--name is empty"),
        ([*ADD, "--slack", "@amina"], "is no Slack member ID"),
        (["people", "link", "amina", "amina"], "is no Slack member ID"),
        (["people", "add", "amina", "--name", "A", "--role", "mayor"], "'mayor' is not one of"),
    ],
)
def test_what_is_written_wrong_is_refused_before_anything_is_asked(
    home, arguments, sentence
) -> None:
    result = home.run(*arguments)

    assert result.exit_code == 2
    assert sentence in result.stderr


def test_an_identifier_is_given_once(home) -> None:
    home.run(*ADD, "--no-password")
    result = home.run(*ADD, "--no-password")

    assert result.exit_code == 1
    assert result.stderr == "There is somebody called 'amina' already; choose another id.\n"


def test_a_password_that_is_not_typed_ends_without_adding_anybody(home) -> None:
    result = home.run(*ADD, said="")

    assert (result.exit_code, result.stderr.splitlines()[-1]) == (130, "Interrupted.")
    assert listed(home) == []


def test_linking_to_slack_is_told_and_nobody_cannot_be_linked(home) -> None:
    home.run(*ADD, "--no-password")

    assert home.run("people", "link", "amina", "U0AMINA").stdout == "amina is linked.\n"
    result = home.run("people", "link", "zed", "U0ZED")
    assert result.exit_code == 1
    assert "nobody called 'zed'" in result.stderr


def test_the_table_says_all_for_somebody_without_a_service(home) -> None:
    home.run(*ADD, "--no-password")
    result = home.run("people", "list")

    assert result.exit_code == 0
    assert "all" in result.stdout
    assert "yes" in result.stdout
