from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from connectors.errors import CredentialsRejected, NotPermitted, UnexpectedReply
from monitor.cli.check import _channels
from tests.consoles import CHANNELS

pytestmark = pytest.mark.sandbox


def found(home, *, status: int) -> dict[tuple[str, str], dict]:
    result = home.run("check", "--json")
    assert result.exit_code == status, result.output
    facts = json.loads(result.stdout)
    assert facts["ready"] is (status == 0)
    assert facts["problems"] == []
    return {(each["kind"], each["name"]): each for each in facts["findings"]}


def channel(home, *, status: int) -> dict:
    return found(home, status=status)["channel", "facebook-parks"]


def test_where_everything_is_ready_it_says_so_and_ends_well(town_home) -> None:
    findings = found(town_home, status=0)

    assert {each["readiness"] for each in findings.values()} == {"ready"}
    assert {kind for kind, _ in findings} == {"database", "channel", "destination", "classifier"}


def test_the_table_says_the_same_to_a_person_with_the_secrets_masked(town_home) -> None:
    result = town_home.run("check")

    assert result.exit_code == 0
    assert "The configuration is valid: resident-aup" in result.stdout
    assert "facebook-parks" in result.stdout
    assert "***" in result.stdout
    assert "xoxb-" not in result.output
    assert "token-facebook-parks" not in result.output


def test_the_settings_are_told_with_where_they_come_from(town_home) -> None:
    settings = {
        each["name"]: each
        for each in json.loads(town_home.run("check", "--json").stdout)["settings"]
    }

    assert settings["WARDMOTE_SLACK_BOT_TOKEN"]["value"] == "***"
    assert settings["WARDMOTE_SLACK_BOT_TOKEN"]["from"] == "environment"
    assert settings["WARDMOTE_WEB_PORT"]["from"] == "default"


def test_a_channel_whose_token_is_wrong_is_rejected(town_home) -> None:
    town_home.environ["WARDMOTE_TOKEN_FACEBOOK_PARKS"] = "EAAB-wrong"
    finding = channel(town_home, status=1)

    assert finding["readiness"] == "credentials rejected"
    assert finding["hint"]
    assert "EAAB-wrong" not in json.dumps(finding)


def test_a_channel_that_may_not_be_read_names_the_scope(town_home, world) -> None:
    value = "token-facebook-parks"
    token = world.town.token(value)
    world.town.issue(type(token)(value, token.page_id, scopes=frozenset({"pages_show_list"})))
    finding = channel(town_home, status=1)

    assert finding["readiness"] in {"not permitted", "credentials rejected"}
    assert "pages_" in finding["sentence"] + finding["hint"]


def test_a_platform_that_cannot_be_reached_is_not_ready(town_home) -> None:
    town_home.environ["WARDMOTE_FACEBOOK_BASE_URL"] = "http://127.0.0.1:1"

    assert channel(town_home, status=1)["readiness"] == "not ready"


def test_slack_that_rejects_the_token_is_said_of_every_destination(town_home) -> None:
    town_home.environ["WARDMOTE_SLACK_BOT_TOKEN"] = "xoxb-wrong"
    findings = found(town_home, status=1)

    states = {each["readiness"] for (kind, _), each in findings.items() if kind == "destination"}
    assert states == {"credentials rejected"}


def test_a_scope_that_slack_withholds_is_named(town_home, world) -> None:
    world.slack.withdraw_scope("channels:read")
    findings = found(town_home, status=1)
    ops = findings["destination", "operators"]

    assert ops["readiness"] in {"not permitted", "not ready"}
    assert "channels:read" in ops["sentence"] + ops["hint"]


def test_a_classifier_that_cannot_be_loaded_is_not_ready(town_home) -> None:
    town_home.environ["WARDMOTE_CLASSIFIERS"] = "wordlst"
    finding = found(town_home, status=1)["classifier", "classifier"]

    assert finding["readiness"] == "not ready"
    assert "Did you mean 'wordlist'?" in finding["hint"]


def test_a_database_that_must_be_upgraded_is_not_ready_and_the_rest_is_tried(town_home) -> None:
    url = f"sqlite:///{town_home.path}/other.db"
    town_home.environ["WARDMOTE_DATABASE_URL"] = url
    findings = found(town_home, status=1)

    assert findings["database", url]["readiness"] == "not ready"
    assert "wardmote database upgrade" in findings["database", url]["hint"]
    assert channel(town_home, status=1)["readiness"] == "ready"


def test_what_to_do_stands_in_the_table_too(town_home) -> None:
    town_home.environ["WARDMOTE_CLASSIFIERS"] = "wordlst"
    result = town_home.run("check")

    assert result.exit_code == 1
    assert "not ready" in result.stdout
    assert "Did you mean" in result.stdout


def test_offline_nothing_is_tried(home) -> None:
    result = home.run("check", "--offline")

    assert result.exit_code == 0
    assert "Tried just now" not in result.stdout


def test_a_wrong_configuration_is_told_as_json_where_json_was_asked_for(home) -> None:
    home.environ["WARDMOTE_WEB_PORT"] = "many"
    result = home.run("check", "--json")

    assert result.exit_code == 2
    facts = json.loads(result.stdout)
    assert facts["ready"] is False
    assert facts["problems"][0]["place"] == "WARDMOTE_WEB_PORT"
    assert facts["problems"][0]["hint"]


def test_a_wrong_configuration_is_told_in_sentences_otherwise(home) -> None:
    home.environ["WARDMOTE_WEB_PORT"] = "many"
    result = home.run("check")

    assert result.exit_code == 2
    assert "1 problem in the configuration." in result.stderr


@pytest.mark.parametrize(
    ("error", "readiness"),
    [
        (CredentialsRejected, "credentials rejected"),
        (NotPermitted, "not permitted"),
        (UnexpectedReply, "not ready"),
    ],
)
def test_a_connector_that_fails_instead_of_answering_is_sorted_all_the_same(
    error, readiness
) -> None:
    def refuse(_channel):
        raise error("It failed.")

    services = SimpleNamespace(channels={"a": CHANNELS[0]}, connector=refuse)
    (finding,) = _channels(services)

    assert finding.health.readiness == readiness
    assert finding.health.sentence == "It failed."
