from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from config.starter import write_starter

ENVIRON = {
    "WARDMOTE_FACEBOOK_PARKS_TOKEN": "page-token",
    "WARDMOTE_SLACK_BOT_TOKEN": "bot-token",
    "WARDMOTE_SMTP_HOST": "mail.wexcombe.example",
    "WARDMOTE_SMTP_FROM": "wardmote@wexcombe.example",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration directory as `wardmote init` leaves it."""
    directory = tmp_path / "wexcombe"
    write_starter(directory)
    return directory


@pytest.fixture
def environ(folder: Path) -> dict[str, str]:
    """An environment in which that directory has no mistake."""
    return {"WARDMOTE_HOME": str(folder), **ENVIRON}


@pytest.fixture
def change(folder: Path) -> Callable[[str, Mapping[str, str]], Path]:
    """Replace words in one of the files; each must stand there."""

    def in_file(name: str, replacements: Mapping[str, str]) -> Path:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        for old, new in replacements.items():
            assert old in text
            text = text.replace(old, new, 1)
        path.write_text(text, encoding="utf-8")
        return path

    return in_file
