from __future__ import annotations

import re
import struct
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")
LARGEST_PICTURE = 200_000
# Where a machine keeps things; a page that names one was written beside it, not for its reader.
MACHINE = re.compile(r"(?<![\w.])/(?:root|home|Users|work|tmp|mnt|private)/")


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


# A generated table holds docstrings, which are wrapped as code is.
WRITTEN = [page for page in PAGES if "Written by docs/generate.py" not in page.read_text("utf-8")]


def without_fences(text: str) -> str:
    return re.sub(r"^( *)```.*?^\1```$", "", text, flags=re.MULTILINE | re.DOTALL)


def links(page: Path) -> Iterator[tuple[str, str]]:
    yield from LINK.findall(without_fences(page.read_text(encoding="utf-8")))


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).strip().replace(" ", "-") for each in headings}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_and_picture_of_a_page_is_there(page: Path) -> None:
    for bang, target in links(page):
        path, _, anchor = target.partition("#")
        if path.startswith(("https://", "mailto:")):
            assert not bang, "a picture is our own"
            continue
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), f"{named(page)} leads to {target}"
        assert ROOT in found.parents, target
        if anchor:
            assert anchor in anchors(found), target


def test_every_page_can_be_reached_from_the_first_one() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        targets = [(page.parent / target.partition("#")[0]).resolve() for _, target in links(page)]
        waiting += [each for each in targets if each.suffix == ".md" and each.exists()]
    assert [named(page) for page in PAGES if page not in reached] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_no_page_names_a_place_on_somebodys_machine(page: Path) -> None:
    assert MACHINE.search(page.read_text(encoding="utf-8")) is None


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_page_has_one_title_and_says_it_first(page: Path) -> None:
    lines = without_fences(page.read_text(encoding="utf-8")).splitlines()
    written = [line for line in lines if line and not line.startswith("<!--")]
    assert written[0].startswith("# ")
    assert sum(line.startswith("# ") for line in lines) == 1


@pytest.mark.parametrize("page", WRITTEN, ids=named)
def test_prose_has_one_sentence_on_a_line(page: Path) -> None:
    for line in without_fences(page.read_text(encoding="utf-8")).splitlines():
        if re.match(r"\s*(?:[-|>#]|\d+\.|!\[)", line):
            continue
        assert re.search(r"[.!?]\)? [A-Z]", line) is None, line


def test_the_first_screen_shows_a_picture_and_the_two_commands() -> None:
    first_screen = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## ")[0]
    assert "](docs/images/demo.png)" in first_screen
    assert "```sh\nmake run\n```" in first_screen
    assert "```sh\nmake test\n```" in first_screen
    made = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "\nrun:" in made
    assert "\ntest:" in made


def test_every_picture_is_shown_described_and_small() -> None:
    pictures = set((DOCS / "images").glob("*.png"))
    shown = {
        (page.parent / target).resolve() for page in PAGES for bang, target in links(page) if bang
    }
    assert shown == pictures
    for page in PAGES:
        assert "![](" not in page.read_text(encoding="utf-8"), named(page)
    for picture in pictures:
        content = picture.read_bytes()
        assert content.startswith(b"\x89PNG\r\n\x1a\n")
        assert len(content) < LARGEST_PICTURE, picture.name
        width, height = struct.unpack(">II", content[16:24])
        assert 300 <= width <= 1300, picture.name
        assert 300 <= height <= 900, picture.name


def test_the_story_of_the_tutorial_shows_every_picture_of_it_in_order() -> None:
    written = (DOCS / "tutorial" / "first-hour.md").read_text(encoding="utf-8")
    numbers = [int(each) for each in re.findall(r"images/(\d+)-", written)]
    assert sorted(numbers) == list(range(1, 12))
    assert [each for each in numbers if each <= 8] == list(range(1, 9))


def test_the_changelog_speaks_of_this_version_in_the_agreed_order() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        version = tomllib.load(file)["project"]["version"]
    written = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{version}] - " in written
    order = ["Security", "Removed", "Deprecated", "Added", "Changed", "Fixed"]
    for part in written.split("\n## ")[1:]:
        found = re.findall(r"^### (\w+)$", part, re.MULTILINE)
        assert found == [each for each in order if each in found]


def test_every_decision_says_what_it_decides_and_costs() -> None:
    decisions = sorted((DOCS / "adr").glob("*.md"))
    assert [int(each.name[:4]) for each in decisions] == list(range(1, len(decisions) + 1))
    for each in decisions:
        headings = re.findall(r"^## (\w+)$", each.read_text(encoding="utf-8"), re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences"], each.name
