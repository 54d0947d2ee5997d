from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from monitor import telemetry
from monitor.telemetry import EVENTS, FIELDS, Metrics

TEXT = "You useless lot, says Robin with the token xoxb-1."


@pytest.fixture
def written():
    yield io.StringIO()
    structlog.reset_defaults()
    root = logging.getLogger()
    for handler in list(root.handlers):
        if type(handler).__module__ == telemetry.__name__:
            root.removeHandler(handler)
    root.setLevel(logging.WARNING)


def test_a_line_is_an_event_with_its_fields_its_level_and_its_time(written) -> None:
    telemetry.configure(form="json", stream=written)
    telemetry.get_log().info("case.opened", case=412, severity="S3")

    line = json.loads(written.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "case.opened", "case": 412, "severity": "S3", "level": "info"}


def test_a_person_can_read_the_lines_too(written) -> None:
    telemetry.configure(form="console", stream=written)
    telemetry.get_log().warning("letter.later", kind="alert")

    assert "letter.later" in written.getvalue()
    assert "kind=alert" in written.getvalue()


def test_lines_below_the_level_are_not_written(written) -> None:
    telemetry.configure(level="error", form="json", stream=written)
    telemetry.get_log().debug("case.opened")
    telemetry.get_log().info("case.opened")
    telemetry.get_log().error("job.failed", job="assess")

    assert written.getvalue().count("\n") == 1
    assert "job.failed" in written.getvalue()


@pytest.mark.parametrize(
    "fields", [{"text": TEXT}, {"case": 1, "author": "Robin"}, {"token": "xoxb-1"}]
)
def test_a_field_that_is_not_on_the_list_withholds_the_whole_line(written, fields) -> None:
    telemetry.configure(form="json", stream=written)
    telemetry.get_log().info("case.opened", **fields)

    line = json.loads(written.getvalue())
    assert line.pop("timestamp")
    assert line == {"event": "library.log", "level": "info", "library": "ours"}


def test_an_event_that_is_not_on_the_list_is_withheld(written) -> None:
    telemetry.configure(form="json", stream=written)
    telemetry.get_log().info(TEXT)

    assert "Robin" not in written.getvalue()
    assert "library.log" in written.getvalue()


def test_what_a_library_logs_is_reduced_to_its_name(written) -> None:
    telemetry.configure(form="json", stream=written)
    logging.getLogger("slack_sdk.web").warning("sent %s", TEXT)

    line = json.loads(written.getvalue())
    assert line["library"] == "slack_sdk.web"
    assert line["error"] == ""
    assert "Robin" not in written.getvalue()


def test_of_a_librarys_exception_only_the_type_is_told(written) -> None:
    telemetry.configure(form="json", stream=written)
    try:
        int(TEXT)
    except ValueError:
        logging.getLogger("requests").exception("it went wrong: %s", TEXT)

    assert json.loads(written.getvalue())["error"] == "ValueError"
    assert "Robin" not in written.getvalue()


def test_configuring_twice_writes_each_line_once(written) -> None:
    telemetry.configure(form="json", stream=io.StringIO())
    telemetry.configure(form="json", stream=written)
    logging.getLogger("slack_sdk").warning("hello")

    assert written.getvalue().count("\n") == 1


def test_lines_go_to_standard_error_where_no_stream_is_named(written, capsys) -> None:
    telemetry.configure(form="json")
    telemetry.get_log().info("daemon.started", count=1)

    captured = capsys.readouterr()
    assert "daemon.started" in captured.err
    assert captured.out == ""


def test_the_handlers_of_others_are_left_alone(written) -> None:
    other = logging.NullHandler()
    logging.getLogger().addHandler(other)
    telemetry.configure(stream=written)
    telemetry.configure(stream=written)

    assert other in logging.getLogger().handlers
    logging.getLogger().removeHandler(other)


def test_no_list_of_fields_names_what_may_not_be_logged() -> None:
    assert not FIELDS & {"text", "snippet", "author", "author_name", "name", "token", "note"}


def test_every_event_says_what_it_means_in_one_sentence() -> None:
    assert all(meaning.endswith(".") for meaning in EVENTS.values())
    assert list(EVENTS) == sorted(EVENTS)


def test_two_daemons_in_one_process_count_for_themselves() -> None:
    first, second = Metrics(), Metrics()
    first.jobs_failed.labels(job="assess").inc()

    name = "wardmote_jobs_failed_total"
    assert first.registry.get_sample_value(name, {"job": "assess"}) == pytest.approx(1)
    assert second.registry.get_sample_value(name, {"job": "assess"}) is None
