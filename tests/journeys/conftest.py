"""What journeys share: a killable daemon, and as many empty databases as a journey wants."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.databases import created
from tests.journeys.killable import Killable, NewDatabase
from tests.world import START, FileClock, Outside


@pytest.fixture(scope="session")
def _rehearsed() -> Iterator[Killable]:
    with Killable() as started:
        yield started


@pytest.fixture
def killable(_rehearsed: Killable, tmp_path: Path, sqlite_template: Path) -> Killable:
    """The process whose forks are daemons; at the first use it rehearses."""
    if not _rehearsed.is_warm:
        folder = tmp_path / "rehearsal"
        folder.mkdir()
        url = f"sqlite:///{shutil.copy(sqlite_template, folder / 'rehearsal.db')}"
        with Outside(folder, url, clock=FileClock(folder / "clock", START)) as outside:
            target = outside.write("You are a fat useless moron and everyone here is scum.")
            _rehearsed.rehearse(
                environ=outside.environ(),
                clock=str(folder / "clock"),
                scene="people press",
                trail=str(folder / "trail"),
                die_at=None,
                target=target,
            )
    return _rehearsed


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewDatabase]:
    """Makes the address of one more database with current, empty tables."""
    with ExitStack() as made:
        if request.param == "sqlite":
            template = request.getfixturevalue("sqlite_template")
            yield lambda name: f"sqlite:///{shutil.copy(template, tmp_path / f'{name}.db')}"
            return
        held = ExitStack()
        made.callback(held.close)
        template = request.getfixturevalue("postgresql_template")

        def one_more(_: str) -> str:
            held.close()  # the one before is done with
            url = held.enter_context(created(template=template))
            return url.render_as_string(hide_password=False)

        yield one_more
