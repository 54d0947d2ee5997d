from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from config.loading import load_configuration
from config.problems import ConfigurationInvalid


def ids_of(environ: dict[str, str]) -> list[str]:
    with pytest.raises(ConfigurationInvalid) as caught:
        load_configuration(environ)
    return [each.id for each in caught.value.problems]


def test_what_init_writes_loads_without_a_problem(environ: dict[str, str]) -> None:
    configuration = load_configuration(environ)

    assert [each.id for each in configuration.channels] == ["facebook-parks"]
    assert configuration.routes.operators == "operators"
    assert configuration.standards.id == "resident-aup"
    assert set(configuration.platforms) >= {"csv_import", "facebook_page"}


def test_the_councils_own_standard_wins_over_the_shipped_one(
    folder: Path, environ: dict[str, str], change: Callable[..., Path]
) -> None:
    change("standards.toml", {'version = "1.0.0"': 'version = "1.1.0"'})

    assert load_configuration(environ).standards.version == "1.1.0"

    (folder / "standards.toml").unlink()
    assert load_configuration(environ).standards.version == "1.0.0"


def test_the_configuration_may_lie_apart_from_the_data(
    folder: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    environ |= {"WARDMOTE_HOME": str(tmp_path), "WARDMOTE_CONFIG_DIR": str(folder)}

    assert load_configuration(environ).settings.home == tmp_path


def test_an_empty_directory_is_missing_two_files(tmp_path: Path) -> None:
    assert ids_of({"WARDMOTE_HOME": str(tmp_path)}) == ["C001", "C001"]


def test_files_are_still_read_when_a_setting_is_wrong(
    environ: dict[str, str], change: Callable[..., Path]
) -> None:
    change("channels.toml", {"owner =": "ownr ="})

    assert ids_of(environ | {"WARDMOTE_WEB_PORT": "http"}) == ["C043", "C005"]


def test_a_home_that_cannot_be_read_is_the_only_thing_said(environ: dict[str, str]) -> None:
    assert ids_of(environ | {"WARDMOTE_HOME_FILE": "/nowhere"}) == ["C041"]


def test_a_token_named_by_a_channel_with_a_mistake_is_no_unknown_setting(
    environ: dict[str, str], change: Callable[..., Path]
) -> None:
    change("channels.toml", {"service =": "servce ="})

    assert set(ids_of(environ)) == {"C005", "C006"}


def test_a_mail_destination_needs_a_mail_server(environ: dict[str, str]) -> None:
    del environ["WARDMOTE_SMTP_HOST"]

    assert set(ids_of(environ)) == {"C037"}


def test_an_alert_for_a_service_that_watches_something_is_sound(
    environ: dict[str, str], change: Callable[..., Path]
) -> None:
    change("routes.toml", {'severities = ["S2"]': 'services = ["Parks and Libraries"]'})

    assert load_configuration(environ).routes.alerts[1].services == {"Parks and Libraries"}


def test_every_problem_stands_in_the_message_and_no_token_does(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        load_configuration(environ | {"WARDMOTE_WEB_PORT": "http", "WARDMOTE_HOEM": "x"})

    assert "C043" in str(caught.value)
    assert "C040" in str(caught.value)
    assert "page-token" not in str(caught.value)
