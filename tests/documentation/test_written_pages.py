"""Pages that people wrote name everything that the code has."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from classifiers.contract import DETOXIFY_LABELS
from config.channels import _ChannelTable
from config.platform_defaults import load_platforms
from config.routes import (
    _AlertTable,
    _DestinationTable,
    _EscalationTable,
    _QuietTable,
    _RoutesFile,
)
from config.standards import (
    Clause,
    Cue,
    Lane,
    Severity,
    Standards,
    Target,
    _StandardsFile,
    _StandardTable,
    load_standards,
)
from connectors import csv_import
from monitor.cli import commands
from monitor.cli.endings import Status
from monitor.domain.case import NOTE_LIMIT, EnforcementState
from monitor.domain.people import Role
from monitor.services import Pace
from monitor.store.engine import Database
from monitor.workflow import report
from tests.consoles import Wexcombe

ROOT = Path(__file__).resolve().parents[2]


def _shipped_standard() -> Standards:
    standard, problems = load_standards()
    assert standard is not None
    assert problems == ()
    return standard


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def missing(page: str, names: object) -> list[str]:
    written = read(page)
    return [str(name) for name in names if f"`{name}`" not in written]


def test_every_exit_status_is_explained() -> None:
    written = read("docs/reference/exit-statuses.md")
    assert [each for each in Status if f"| {each.value} |" not in written] == []


def test_every_key_of_the_standards_file_is_explained() -> None:
    keys = {each.name for shape in (Clause, Cue) for each in fields(shape)}
    keys |= {*_StandardTable.model_fields, "from", "to", "name", "text", "extra"}
    page = "docs/reference/standards-file.md"
    assert missing(page, keys) == []
    for table in _StandardsFile.model_fields:
        assert f"[{table}" in read(page)


@pytest.mark.parametrize(
    "shape",
    [_ChannelTable, _RoutesFile, _DestinationTable, _AlertTable, _QuietTable, _EscalationTable],
)
def test_every_key_of_the_channels_and_routes_files_is_explained(shape) -> None:
    written = read("docs/reference/channels-and-routes-files.md")
    for key in shape.model_fields:
        assert f"`{key}`" in written or f"`[{key}." in written, key


def test_every_metric_is_explained(database: Database) -> None:
    shown = Wexcombe(database).stranger().get("/metrics").text
    names = set(re.findall(r"^# HELP (\w+)", shown, re.MULTILINE)) - {"python_info"}
    assert names
    written = read("docs/reference/metrics.md")
    known = {name.removesuffix("created") for name in names}
    assert [name for name in sorted(known) if f"`{name}`" not in written] == []


def test_every_address_asks_who_you_are_but_those_that_the_page_names(database: Database) -> None:
    written = read("docs/reference/http.md")
    lead = written.partition("| method")[0]
    stranger = Wexcombe(database).stranger()
    addresses = re.findall(r"\| `GET` \| `(\S+)` \|", written)
    assert len(addresses) > 10
    for address in addresses:
        path = address.format(reference="WM-1", label="2026-W47")
        answer = stranger.get(path, follow_redirects=False)
        is_open = f"`{address}`" in lead or address.startswith("/sign-in")
        asked = answer.status_code == 401 or (
            answer.status_code == 303 and answer.headers["location"].startswith(("/sign", "/queue"))
        )
        assert asked is not is_open, f"{address} answers {answer.status_code}"


def test_every_key_that_score_writes_is_explained(tmp_path: Path) -> None:
    rows, scored = tmp_path / "rows.csv", tmp_path / "scored.jsonl"
    rows.write_text("id,text\n1,You useless idiots at the depot.\n", encoding="utf-8")
    ran = CliRunner().invoke(commands, ["score", "--input", str(rows), "--output", str(scored)])
    assert ran.exit_code == 0, ran.output
    found = json.loads(scored.read_text(encoding="utf-8"))
    clause = found["clauses"][0]
    page = "docs/reference/score-format.md"
    assert missing(page, {*found, *DETOXIFY_LABELS, *clause, *clause["evidence"][0]}) == []
    assert missing(page, {*Lane, *Target, *Severity}) == []


def test_the_glossary_has_every_lane_and_the_pages_every_state() -> None:
    glossary = read("docs/glossary.md").lower()
    assert [each for each in Lane if each not in glossary] == []
    wish = read("docs/explanation/a-wish-is-not-a-fact.md")
    assert [s for s in EnforcementState if f"| {s.replace('_', ' ')} |" not in wish] == []
    slack = read("docs/how-to/connect-slack.md")
    assert [role for role in Role if f"| {role} |" not in slack] == []


_AGAIN = (timedelta(minutes=10), timedelta(days=1), timedelta(days=7))
_HALF_AN_HOUR = timedelta(minutes=30)
_FACEBOOK = load_platforms()[0]["facebook_page"]
_STANDARD = _shipped_standard()


@pytest.mark.parametrize(
    ("page", "words", "value", "expected"),
    [
        ("README.md", "after ten minutes, a day and a week", Pace().rechecks, _AGAIN),
        (
            "docs/explanation/a-wish-is-not-a-fact.md",
            "ten minutes, in a day and in a week",
            Pace().rechecks,
            _AGAIN,
        ),
        ("docs/explanation/moderator-care.md", "after half an hour", Pace().claim, _HALF_AN_HOUR),
        ("docs/tutorial/first-hour.md", "yours for half an hour", Pace().claim, _HALF_AN_HOUR),
        (
            "docs/how-to/when-slack-is-down.md",
            "waits 15 seconds",
            Pace().retry,
            timedelta(seconds=15),
        ),
        (
            "docs/how-to/when-slack-is-down.md",
            "up to 15 minutes",
            Pace().retry_longest,
            timedelta(minutes=15),
        ),
        ("docs/how-to/write-a-good-decision-note.md", "at most 500 characters", NOTE_LIMIT, 500),
        (
            "docs/how-to/weekly-report.md",
            "On Monday at 07:00",
            report._READY_AT,
            timedelta(hours=7),
        ),
        (
            "docs/tutorial/first-hour.md",
            "every three minutes",
            _FACEBOOK.interval,
            timedelta(minutes=3),
        ),
        (
            "docs/tutorial/first-hour.md",
            "last ninety days",
            _FACEBOOK.watch_for,
            timedelta(days=90),
        ),
        (
            "docs/reference/connectors/csv_import.md",
            "1,000,000 bytes",
            csv_import._LONGEST_ROW,
            1_000_000,
        ),
        (
            "docs/reference/connectors/csv_import.md",
            "At most 50 skipped",
            csv_import._MOST_PROBLEMS,
            50,
        ),
        ("CHANGELOG.md", "standard of thirteen clauses", len(_STANDARD.clauses), 13),
    ],
)
def test_a_number_in_prose_is_that_of_the_code(
    page: str, words: str, value: object, expected: object
) -> None:
    assert words in read(page)
    assert value == expected


def test_the_options_of_a_facebook_page_are_explained() -> None:
    page = "docs/reference/connectors/facebook_page.md"
    assert missing(page, {*_FACEBOOK.options, "always_read_hours"}) == []
    for option, default in _FACEBOOK.options.items():
        assert f"| `{option}` | {default} |" in read(page)
