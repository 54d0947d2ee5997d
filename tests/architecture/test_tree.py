"""What lint cannot say about the tree."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("monitor", "connectors", "classifiers", "config")
MODULES = [
    path
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
    if "versions" not in path.parts
]
DRAWERS = re.compile(r"(^|_)(utils?|helpers?|common|misc|managers?|base|core|processors?)($|_)")
TYPES_OF_THREE_THINGS = {"Flag", "Item", "Record", "Event", "Message"}


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=_named)
def test_a_module_is_short_enough_to_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", MODULES, ids=_named)
def test_no_module_is_a_drawer(path: Path) -> None:
    assert not DRAWERS.search(path.stem)


@pytest.mark.parametrize("path", MODULES, ids=_named)
def test_no_class_is_a_drawer_or_means_three_things(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", node.name).lower()
            assert not DRAWERS.search(snake), node.name
            assert node.name not in TYPES_OF_THREE_THINGS


@pytest.mark.parametrize("path", MODULES, ids=_named)
def test_a_function_is_short_enough_to_hold_in_mind(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body
            # The promise may be as long as it needs; the code may not.
            first = body[1] if ast.get_docstring(node) and len(body) > 1 else body[0]
            assert (body[-1].end_lineno or 0) - first.lineno < 60, node.name


@pytest.mark.parametrize("path", MODULES, ids=_named)
def test_the_code_is_synchronous_outside_the_web_frameworks_edge(path: Path) -> None:
    if "web" in path.parts or path.stem.startswith("pages"):
        pytest.skip("the web framework calls its own hooks asynchronously")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)]


def test_the_domain_asks_nobody_for_the_time() -> None:
    for path in (ROOT / "monitor" / "domain").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert ".now(" not in text, path
        assert "time.time" not in text, path


@pytest.mark.parametrize("path", MODULES, ids=_named)
def test_only_telemetry_formats_a_log_line(path: Path) -> None:
    if path.name == "telemetry.py":
        return
    text = path.read_text(encoding="utf-8")
    assert "logging.getLogger" not in text
    assert "import structlog" not in text


def test_every_logged_word_is_on_the_closed_list() -> None:
    from monitor.telemetry import EVENTS, FIELDS  # noqa: PLC0415 - read where it is used

    call = re.compile(
        r"\blog\.(?:debug|info|warning|error)\(\s*\"([a-z_.]+)\"((?:[^()]|\([^()]*\))*)\)"
    )
    for path in MODULES:
        for event, arguments in call.findall(path.read_text(encoding="utf-8")):
            assert event in EVENTS, f"{_named(path)}: {event}"
            for field in re.findall(r"\b([a-z_]+)=", arguments):
                assert field in FIELDS, f"{_named(path)}: {event} carries {field}"
