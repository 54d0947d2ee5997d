from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.store.engine import Database
from tests.consoles import Wexcombe
from tests.databases import sqlite_template

__all__ = ["sqlite_template"]


@pytest.fixture
def wexcombe(sqlite_template: Path, tmp_path: Path) -> Iterator[Wexcombe]:
    """The council's console over a store of its own, with its people and no case yet."""
    path = tmp_path / "console.db"
    shutil.copy(sqlite_template, path)
    database = Database.open(f"sqlite:///{path}")
    council = Wexcombe(database)
    council.populate()
    yield council
    database.dispose()
