from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from classifiers.contract import ClassifierFailed
from config.loading import Configuration, load_configuration
from connectors.contract import ChannelId
from connectors.csv_import import CsvImport
from connectors.errors import NotPermitted
from connectors.facebook_page import FacebookPage
from monitor import bootstrap
from monitor.alerting.email import EmailTarget
from monitor.alerting.slack import SlackTarget
from monitor.bootstrap import build_services
from monitor.cli.opening import NoDispatcher
from tests.world import escalations

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
PARKS = ChannelId("facebook-parks")
EXPORT = ChannelId("letters")
CHANNELS = """
[channel.facebook-parks]
connector = "facebook_page"
native_id = "100000000000009"
name = "Parks and Libraries"
service = "Parks and Libraries"
[channel.facebook-parks.secrets]
token = "WARDMOTE_PARKS_TOKEN"
[channel.letters]
connector = "csv_import"
native_id = "/tmp/letters.csv"
name = "Letters"
service = "Parks and Libraries"
"""
ROUTES = """
timezone = "Europe/London"
operators = "ops"
reports = "ops"
[destination.ops]
kind = "email"
address = "ops@wexcombe.example"
[alert.all]
destination = "ops"
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:

    (tmp_path / "channels.toml").write_text(CHANNELS, "utf-8")
    matrix = escalations().replace('"legal"', '"ops"')
    (tmp_path / "routes.toml").write_text(ROUTES + matrix, "utf-8")
    return {
        "WARDMOTE_HOME": str(tmp_path),
        "WARDMOTE_PARKS_TOKEN": "a-token-of-parks",
        "WARDMOTE_SMTP_HOST": "127.0.0.1",
        "WARDMOTE_SMTP_FROM": "wardmote@wexcombe.example",
        "WARDMOTE_WEB_BASE_URL": "https://wardmote.wexcombe.example",
        "WARDMOTE_COUNCIL": "Wexcombe Borough Council",
    }


@pytest.fixture
def build(environ: dict[str, str]):
    opened = []

    def make(configuration: Configuration | None = None, also: Mapping[str, str] | None = None):
        environ.update(also or {})
        services = build_services(
            configuration or load_configuration(environ),
            environ,
            dispatcher=NoDispatcher(),
            now=lambda: NOW,
        )
        opened.append(services)
        return services

    yield make
    for services in opened:
        services.close()


def test_services_hold_what_the_operator_has_decided(build) -> None:
    services = build()

    assert services.council == "Wexcombe Borough Council"
    assert services.console_url == "https://wardmote.wexcombe.example"
    assert set(services.channels) == {PARKS, EXPORT}
    assert services.now() == NOW
    assert services.new_id() != services.new_id()


def test_each_channel_gets_its_connector_once(build) -> None:
    services = build()

    assert isinstance(services.connector(PARKS), FacebookPage)
    assert isinstance(services.connector(EXPORT), CsvImport)
    assert services.connector(PARKS) is services.connector(PARKS)


def test_closing_closes_connectors_and_the_next_use_opens_new_ones(build) -> None:
    services = build()
    before = services.connector(PARKS)
    services.connector(EXPORT)

    services.close()

    assert services.connector(PARKS) is not before


def test_a_connector_that_does_not_exist_is_a_platform_that_may_not_be_used(build, environ) -> None:
    configuration = load_configuration(environ)
    unknown = tuple(replace(each, connector="pigeon_post") for each in configuration.channels)
    services = build(replace(configuration, channels=unknown))

    with pytest.raises(NotPermitted, match="There is no connector 'pigeon_post'"):
        services.connector(PARKS)


def test_the_token_may_stand_in_a_file(build, environ, tmp_path) -> None:
    del environ["WARDMOTE_PARKS_TOKEN"]
    (tmp_path / "token").write_text("a-token-of-parks\n", "utf-8")
    services = build(also={"WARDMOTE_PARKS_TOKEN_FILE": str(tmp_path / "token")})

    assert services.connector(PARKS).capabilities.hide is not None


def test_no_token_shows_in_a_connector(build) -> None:
    assert "a-token-of-parks" not in repr(vars(build().connector(PARKS)))


def test_only_the_transports_that_are_set_up_are_there(build) -> None:
    services = build()

    assert {kind: type(each) for kind, each in services.targets.items()} == {"email": EmailTarget}


def test_slack_is_there_with_its_token(build, environ) -> None:
    services = build(
        also={"WARDMOTE_SLACK_BOT_TOKEN": "xoxb-1", "WARDMOTE_SMTP_PASSWORD": "secret"}
    )

    assert isinstance(services.targets["slack"], SlackTarget)
    assert "secret" not in repr(services.targets)


def test_without_a_mail_server_there_is_no_mail(environ) -> None:
    configuration = load_configuration(environ)
    settings = configuration.settings.model_copy(update={"smtp_host": None})

    assert bootstrap._targets(settings, lambda: NOW) == {}


def test_the_classifier_is_loaded_at_its_first_use_and_once(build) -> None:
    services = build(also={"WARDMOTE_CLASSIFIERS": "wordlist,target"})

    assert services.classifier() is services.classifier()
    assert services.classifier().score(["Thank you."])


def test_a_classifier_that_does_not_exist_fails_when_it_is_used(build) -> None:
    services = build(also={"WARDMOTE_CLASSIFIERS": "wordlst"})

    with pytest.raises(ClassifierFailed) as failed:
        services.classifier()
    assert "Did you mean 'wordlist'?" in failed.value.hint


def test_a_checkpoint_of_ones_own_is_handed_to_the_model(environ, tmp_path) -> None:
    configuration = load_configuration(
        environ
        | {
            "WARDMOTE_CLASSIFIERS": "detoxify",
            "WARDMOTE_DETOXIFY_CHECKPOINT": str(tmp_path / "no.ckpt"),
        }
    )

    with pytest.raises(ClassifierFailed) as failed:
        bootstrap.open_classifier(configuration.settings)
    assert "no.ckpt" in failed.value.sentence + failed.value.hint


def test_the_time_is_aware_where_nobody_names_a_clock(environ) -> None:
    services = build_services(load_configuration(environ), environ, dispatcher=NoDispatcher())

    assert services.now().tzinfo is UTC
    services.close()


def test_a_channel_that_is_not_configured_here_may_not_be_used(build) -> None:
    with pytest.raises(NotPermitted, match=r"facebook-roads is not in channels.toml"):
        build().connector(ChannelId("facebook-roads"))
