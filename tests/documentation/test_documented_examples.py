"""What stands in a fenced block can be done: commands end as they say, files load, code runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from config.channels import load_channels
from config.platform_defaults import load_platforms
from config.routes import load_routes
from config.standards import SHIPPED_STANDARDS, load_standards
from monitor.cli import commands

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^( *)```(\S+)(?: (\w+))?\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
ENDS = re.compile(r"<!-- ends: (\d+) -->\s*\Z")
LANGUAGES = {"console", "toml", "python", "sh", "text"}


@dataclass(frozen=True)
class Block:
    page: Path
    language: str
    kind: str
    text: str
    ends: int | None


def _blocks() -> list[Block]:
    found = []
    for page in PAGES:
        written = page.read_text(encoding="utf-8")
        for fence in FENCE.finditer(written):
            indent, language, kind, text = fence.groups()
            plain = "\n".join(line.removeprefix(indent) for line in text.splitlines())
            ends = ENDS.search(written[: fence.start()])
            found.append(
                Block(page, language, kind or "", plain + "\n", int(ends[1]) if ends else None)
            )
    return found


BLOCKS = _blocks()
CONSOLES = sorted({each.page for each in BLOCKS if each.language == "console"})


def of(language: str, kind: str = "") -> list[Block]:
    return [each for each in BLOCKS if each.language == language and kind in ("", each.kind)]


def named(block: Block | Path) -> str:
    page = block.page if isinstance(block, Block) else block
    return str(page.relative_to(ROOT))


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """An environment in which `wardmote` is this one and nothing else is known."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {"PATH": path, "HOME": str(tmp_path), "LANG": "C.UTF-8"}


@pytest.mark.parametrize("page", CONSOLES, ids=named)
def test_the_commands_of_a_page_end_as_it_says(
    page: Path, shell: dict[str, str], tmp_path: Path
) -> None:
    for block in (each for each in BLOCKS if each.page == page and each.language == "console"):
        assert block.ends is not None, "say how it ends: <!-- ends: 0 -->"
        for line in block.text.splitlines():
            assert line.startswith("$ "), line
            ran = subprocess.run(  # noqa: S603 - our own documentation
                ["/bin/bash", "-c", line.removeprefix("$ ")],
                cwd=tmp_path,
                env=shell,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert ran.returncode == block.ends, f"{line}\n{ran.stdout}{ran.stderr}"


def test_every_fence_says_what_it_holds() -> None:
    assert {each.language for each in BLOCKS} <= LANGUAGES
    assert len(of("console")) >= 5
    fences = sum(page.read_text(encoding="utf-8").count("```") for page in PAGES)
    assert fences == 2 * len(BLOCKS)


@pytest.mark.parametrize("block", of("toml"), ids=named)
def test_a_file_that_is_shown_loads_without_a_problem(block: Block, tmp_path: Path) -> None:
    path = tmp_path / f"{block.kind}.toml"
    path.write_text(block.text, encoding="utf-8")
    match block.kind:
        case "channels":
            platforms, _ = load_platforms()
            tokens = dict.fromkeys(re.findall(r"WARDMOTE_\w+", block.text), "x")
            channels, problems = load_channels(path, platforms, tokens)
            assert channels
        case "routes":
            routes, problems = load_routes(path, None)
            assert routes is not None
        case "clause":
            shipped = SHIPPED_STANDARDS.read_text(encoding="utf-8")
            path.write_text(f"{shipped}\n{block.text}", encoding="utf-8")
            standards, problems = load_standards(path)
            assert standards is not None
            assert standards.clause(tomllib.loads(block.text)["clause"][0]["id"]) is not None
        case _:
            pytest.fail(f"{named(block)}: say what it is: channels, routes or clause")
    assert [str(each) for each in problems] == []


@pytest.mark.parametrize("block", of("python"), ids=named)
def test_code_that_is_shown_runs(block: Block) -> None:
    exec(compile(block.text, named(block), "exec"), {"__name__": "shown"})  # noqa: S102 - ours


def _walk(path: str, command: click.Command) -> dict[str, click.Command]:
    found = {path: command}
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            found |= _walk(f"{path} {name}", inner)
    return found


COMMANDS = _walk("wardmote", commands)
CALL = re.compile(r"(?<![\w./-])wardmote((?: [a-z]+)*)([^\n`]*)")


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_command_that_is_named_is_one_of_ours_with_its_options(page: Path) -> None:
    for block in (each for each in BLOCKS if each.page == page and each.language == "sh"):
        for line in block.text.splitlines():
            _must_be_ours(line)
    for inline in re.findall(r"`([^`\n]*\bwardmote [^`\n]+)`", page.read_text(encoding="utf-8")):
        _must_be_ours(inline)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_word_for_make_is_in_the_makefile(page: Path) -> None:
    made = (ROOT / "Makefile").read_text(encoding="utf-8")
    for word in re.findall(r"(?:^|`)make ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE):
        assert f"\n{word}:" in made, word


def _must_be_ours(line: str) -> None:
    for words, rest in CALL.findall(line):
        path = "wardmote"
        for word in words.split():
            if not isinstance(COMMANDS[path], click.Group):
                break
            path = f"{path} {word}"
            assert path in COMMANDS, line
        known = {name for each in COMMANDS[path].params for name in each.opts} | {"--help"}
        for option in re.findall(r"(?<!\S)--[a-z-]+", rest):
            assert option in known, f"{path} has no {option}: {line}"
