"""Pages that people wrote name everything that the code has."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner

from classifiers.contract import DETOXIFY_LABELS
from config.channels import _ChannelTable
from config.routes import (
    _AlertTable,
    _DestinationTable,
    _EscalationTable,
    _QuietTable,
    _RoutesFile,
)
from config.standards import Clause, Cue, Lane, Severity, Target, _StandardsFile, _StandardTable
from monitor.cli import commands
from monitor.cli.endings import Status
from monitor.domain.case import EnforcementState
from monitor.domain.people import Role
from monitor.store.engine import Database
from tests.consoles import Wexcombe

ROOT = Path(__file__).resolve().parents[2]


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
    known = {name.removesuffix("_created") for name in names}
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
