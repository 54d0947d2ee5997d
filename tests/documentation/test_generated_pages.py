from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest

from config.problems import PROBLEMS
from config.settings import PREFIX, Settings
from connectors.registry import known_connectors
from monitor.runtime.jobs import JOBS
from monitor.store import tables
from monitor.telemetry import EVENTS, FIELDS

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATE = _generator()


def text_of(page: str) -> str:
    return (REFERENCE / page).read_text(encoding="utf-8")


def options() -> Iterator[tuple[str, str]]:
    for path, command in GENERATE.walk_commands():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                yield path, parameter.opts[-1]


@pytest.mark.parametrize("page", GENERATE.PAGES)
def test_a_generated_page_says_what_the_code_says_now(page: str) -> None:
    assert text_of(page) == GENERATE.PAGES[page](), "run: python docs/generate.py"


def test_every_setting_has_a_line_with_its_meaning() -> None:
    written = text_of("settings.md")
    for name, field in Settings.model_fields.items():
        assert f"| `{PREFIX}{name.upper()}` | {field.description} |" in written


def test_every_command_and_option_is_shown() -> None:
    written = text_of("cli.md")
    found = list(options())
    assert len(found) > 10
    for path, option in found:
        part = written.partition(f"`{path}`\n")[2].partition("\n## ")[0]
        assert option in part, f"{path} {option}"


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("config-problems.md", PROBLEMS),
        ("log-events.md", {*EVENTS, *FIELDS}),
        ("jobs.md", JOBS),
        ("tables.md", tables.METADATA.tables),
        ("errors.md", [each.__name__ for each in GENERATE.error_classes()]),
    ],
)
def test_every_name_has_a_line(page: str, names: list[str]) -> None:
    written = text_of(page)
    assert names
    assert [name for name in names if f"`{name}`" not in written] == []


def test_every_column_of_every_table_is_named() -> None:
    written = text_of("tables.md")
    for table in tables.METADATA.tables.values():
        part = written.partition(f"## `{table.name}`\n")[2].partition("\n## ")[0]
        assert [each.name for each in table.columns if f"| `{each.name}` |" not in part] == []


@pytest.mark.parametrize("connector", known_connectors())
def test_every_connector_has_a_page_a_column_and_a_checklist(connector: str) -> None:
    page = text_of(f"connectors/{connector}.md")
    for heading in ("## What it can do", "## How it reads", "## Limits", "## Quality checklist"):
        assert heading in page
    assert "still sees a hidden comment" in page
    assert f"connectors/{connector}.md" in text_of("capabilities.md")


def test_a_stale_page_is_named_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh, argv = GENERATE.REFERENCE, sys.argv
    try:
        GENERATE.REFERENCE = tmp_path
        sys.argv = ["generate.py", "--check"]
        assert GENERATE.main() == 1
        assert list(tmp_path.iterdir()) == []
        sys.argv = ["generate.py"]
        assert GENERATE.main() == 0
        sys.argv = ["generate.py", "--check"]
        assert GENERATE.main() == 0
    finally:
        GENERATE.REFERENCE, sys.argv = fresh, argv
    assert "jobs.md is stale; run docs/generate.py" in capsys.readouterr().out
