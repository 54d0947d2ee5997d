from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from config.settings import Settings, load_settings, read_named, read_secret, unknown_variables


def settings_of(**environ: str) -> Settings:
    settings, problems = load_settings({f"WARDMOTE_{k}": v for k, v in environ.items()})
    assert problems == ()
    assert settings is not None
    return settings


def problems_with(**environ: str) -> list[tuple[str, str]]:
    settings, problems = load_settings({f"WARDMOTE_{k}": v for k, v in environ.items()})
    assert settings is None
    return [(each.id, each.place) for each in problems]


def test_everything_has_a_default_below_the_home_directory() -> None:
    settings = settings_of()

    assert settings.home == Path("~/.wardmote").expanduser()
    assert settings.config_dir == settings.home
    assert settings.database_url == f"sqlite:///{settings.home}/wardmote.sqlite3"
    assert settings.slack_base_url == "https://slack.com/api/"
    assert settings.facebook_graph_version == "v26.0"
    assert settings.classifiers == ("council",)
    assert settings.model is None
    assert settings.first_stage is False
    assert settings.web_base_url == "http://127.0.0.1:8080"


def test_the_home_directory_moves_what_lies_in_it(tmp_path: Path) -> None:
    settings = settings_of(HOME=str(tmp_path))

    assert settings.config_dir == tmp_path
    assert settings.database_url == f"sqlite:///{tmp_path}/wardmote.sqlite3"


def test_a_relative_home_directory_becomes_absolute() -> None:
    assert settings_of(HOME="wardmote").home == Path.cwd() / "wardmote"


@pytest.mark.parametrize(
    ("written", "used"),
    [
        ("postgresql://u:p@db/w", "postgresql+psycopg://u:p@db/w"),
        ("postgres://u:p@db/w", "postgresql+psycopg://u:p@db/w"),
        ("postgresql+psycopg://u:p@db/w", "postgresql+psycopg://u:p@db/w"),
        ("sqlite:////srv/w.sqlite3", "sqlite:////srv/w.sqlite3"),
    ],
)
def test_a_database_address_names_the_driver_that_is_installed(written: str, used: str) -> None:
    assert settings_of(DATABASE_URL=written).database_url == used


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://db/w"),
        ("WEB_PORT", "http"),
        ("WEB_PORT", "70000"),
        ("HTTP_TIMEOUT_S", "-1"),
        ("SMTP_STARTTLS", "perhaps"),
        ("LOG_LEVEL", "loud"),
        ("FACEBOOK_GRAPH_VERSION", "26"),
        ("FACEBOOK_BASE_URL", "graph.facebook.com"),
        ("FACEBOOK_BASE_URL", "ftp://graph.facebook.com"),
        ("SLACK_BASE_URL", "http://[broken"),
        ("CLASSIFIERS", "wordlist, spam, wordlist"),
    ],
)
def test_a_value_that_cannot_be_used_is_one_problem_that_does_not_repeat_it(
    name: str, value: str
) -> None:
    settings, (problem,) = load_settings({f"WARDMOTE_{name}": value})

    assert settings is None
    assert (problem.id, problem.place) == ("C043", f"WARDMOTE_{name}")
    assert value not in problem.what


def test_every_wrong_value_is_reported() -> None:
    found = problems_with(WEB_PORT="http", LOG_FORMAT="xml", WEB_SECRET_FILE="/nowhere")

    assert sorted(found) == [
        ("C042", "WARDMOTE_WEB_SECRET_FILE"),
        ("C043", "WARDMOTE_LOG_FORMAT"),
        ("C043", "WARDMOTE_WEB_PORT"),
    ]


def test_a_mail_server_needs_a_sender_and_an_app_token_needs_a_bot_token() -> None:
    assert problems_with(SMTP_HOST="mail.wexcombe.example") == [("C044", "The settings")]
    assert problems_with(SLACK_APP_TOKEN="xapp-1") == [("C044", "The settings")]


def test_addresses_get_and_lose_the_slash_that_their_clients_expect() -> None:
    settings = settings_of(
        SLACK_BASE_URL="http://127.0.0.1:9/api", FACEBOOK_BASE_URL="http://127.0.0.1:9/"
    )

    assert settings.slack_base_url == "http://127.0.0.1:9/api/"
    assert settings.facebook_base_url == "http://127.0.0.1:9"


def test_classifiers_are_listed_with_commas() -> None:
    assert settings_of(CLASSIFIERS="wordlist, spam,").classifiers == ("wordlist", "spam")


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("xoxb-1\n", encoding="utf-8")

    settings = settings_of(SLACK_BOT_TOKEN_FILE=str(path))

    assert settings.slack_bot_token is not None
    assert settings.slack_bot_token.get_secret_value() == "xoxb-1"
    row = next(r for r in settings.described() if r.name == "WARDMOTE_SLACK_BOT_TOKEN")
    assert (row.value, row.origin) == ("***", f"file {path}")


def test_a_file_that_is_not_text_is_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_bytes(b"\xff\xfe")

    value, _, (problem,) = read_named({"TOKEN_FILE": str(path)}, "TOKEN")

    assert value is None
    assert (problem.id, problem.what) == ("C042", "cannot be read: it is not UTF-8 text")
    assert read_secret({"TOKEN_FILE": str(path)}, "TOKEN") is None


def test_a_secret_is_read_by_name_and_blank_counts_as_not_set() -> None:
    assert read_secret({"TOKEN": " page-token\n"}, "TOKEN") == "page-token"
    assert read_secret({"TOKEN": "  "}, "TOKEN") is None
    assert read_secret({}, "TOKEN") is None
    assert read_secret({"TOKEN": "a", "TOKEN_FILE": "/b"}, "TOKEN") is None


def test_no_secret_shows_in_repr_or_in_what_is_described() -> None:
    settings = settings_of(
        DATABASE_URL="postgresql://wardmote:hunter2@db/w?sslmode=require&password=hunter2",
        BROKER_URL="amqp://guest:hunter2@broker:5672//",
        SLACK_BOT_TOKEN="hunter2",
        WEB_SECRET="hunter2",
    )

    shown = {row.name: row for row in settings.described()}

    assert "hunter2" not in repr(settings) + str(settings) + str(shown)
    assert shown["WARDMOTE_BROKER_URL"].value == "amqp://guest:***@broker:5672//"
    assert shown["WARDMOTE_BROKER_URL"].origin == "environment"
    assert shown["WARDMOTE_WEB_BASE_URL"].value == "http://127.0.0.1:8080"
    assert shown["WARDMOTE_WEB_BASE_URL"].origin == "default"
    assert shown["WARDMOTE_SMTP_STARTTLS"].value == "true"
    assert shown["WARDMOTE_SMTP_HOST"].value == "not set"
    assert shown["WARDMOTE_FACEBOOK_BASE_URL"].value == "empty"


def test_settings_cannot_be_changed_after_they_are_read() -> None:
    with pytest.raises(ValidationError):
        settings_of().web_port = 1  # type: ignore[misc]


def test_the_process_environment_is_never_read_behind_the_argument(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WARDMOTE_WEB_PORT", "9999")

    assert settings_of().web_port == 8080


def test_a_mistyped_setting_is_met_with_the_right_name() -> None:
    environ = {"WARDMOTE_DATABSE_URL": "x", "WARDMOTE_QQQ": "y", "PATH": "/bin"}

    first, second = unknown_variables(environ)

    assert (first.id, first.place) == ("C040", "WARDMOTE_DATABSE_URL")
    assert first.hint == 'Did you mean "WARDMOTE_DATABASE_URL"?'
    assert second.hint == "Remove it."


def test_settings_their_files_and_channel_tokens_are_known() -> None:
    environ = {"WARDMOTE_HOME": "", "WARDMOTE_WEB_SECRET_FILE": "", "WARDMOTE_PARKS_FILE": ""}

    assert unknown_variables(environ, {"WARDMOTE_PARKS"}) == ()
