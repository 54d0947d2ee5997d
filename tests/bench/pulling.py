"""Questions 4 and 6: a first pull against a quiet one, and a file against the Graph API."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from connectors.contract import ChannelId
from monitor.sandbox.town import WEXCOMBE_PAGE, Town
from monitor.sandbox.townsfolk import TownToken
from monitor.workflow import ingest
from tests.bench.ground import SQLITE, Ground, Size
from tests.bench.rounds import Row, Side, in_turns, pair, row_of
from tests.bench.texts import so_many
from tests.world import PARKS, START, World

__all__ = ["pulling_rows"]

_EXPORT = ChannelId("export")


def pulling_rows(ground: Ground) -> Iterator[Row]:
    """One town's comments: all of them, then none, then all of them again from a file."""
    size = ground.size
    with ExitStack() as opened:
        turn = _Turn(ground, opened)
        sides = [
            Side("first", turn.pull_all, prepare=turn.begin),
            Side("quiet", turn.pull_nothing, prepare=turn.wait),
            Side("file", turn.import_all, prepare=turn.begin),
        ]
        measured = in_turns(sides, rounds=size.long_rounds)
    quiet = f"a first pull of {size.comments} comments / the quiet one after it"
    calls = [measured[side].told for side in ("first", "quiet")]
    on = "Graph sandbox"
    yield row_of(4, quiet, calls, on=on, unit="calls", scale=1)
    yield row_of(4, quiet, pair(measured, "first", "quiet"), on=on, unit="s", scale=1)
    file = f"csv_import / facebook_page, the same {size.comments} comments"
    yield row_of(6, file, pair(measured, "file", "first"), on=SQLITE, unit="s", scale=1)


class _Turn:
    """A daemon over an empty database beside a town that stays as it is."""

    def __init__(self, ground: Ground, opened: ExitStack) -> None:
        self._ground = ground
        self._opened = opened
        self._town = _town(ground.size)
        self._export = _exported(ground.home() / "export.csv", ground.size)
        self._world: World

    def begin(self) -> None:
        self._opened.close()
        world = World(
            self._ground.home(),
            self._ground.url(SQLITE),
            town=self._town,
            extra_channels=(
                f'[channel.{_EXPORT}]\nconnector = "csv_import"\nname = "Export"\n'
                f'native_id = "{self._export}"\nservice = "Parks and Libraries"\n'
            ),
        )
        self._world = self._opened.enter_context(world)
        self._opened.callback(world.services.close)

    def wait(self) -> None:
        self._world.clock.advance(timedelta(minutes=5))
        self._world.graph.forget_requests()

    def pull_all(self) -> int:
        """How many calls it took."""
        assert ingest.pull(self._world.services, PARKS) == self._ground.size.comments
        return len(self._world.graph.requests)

    def pull_nothing(self) -> int:
        """How many calls it took."""
        assert ingest.pull(self._world.services, PARKS) == 0
        calls = len(self._world.graph.requests)
        assert calls
        return calls

    def import_all(self) -> int:
        stored = ingest.pull(self._world.services, _EXPORT)
        assert stored == self._ground.size.comments
        return stored


def _town(size: Size) -> Town:
    town = Town()
    town.open_page(WEXCOMBE_PAGE, "Parks and Libraries")
    town.issue(TownToken(f"token-{PARKS}", WEXCOMBE_PAGE))
    posts = [
        town.publish(WEXCOMBE_PAGE, f"Council post {number}", at=START - timedelta(days=number + 2))
        for number in range(size.posts)
    ]
    for number, text in enumerate(so_many(size.comments)):
        post = posts[number % size.posts]
        town.write(post.id, text, at=post.created_at + timedelta(minutes=1 + number // size.posts))
    return town


def _exported(path: Path, size: Size) -> Path:
    with path.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.writer(sink)
        writer.writerow(["id", "text", "post_id", "created_at"])
        for number, text in enumerate(so_many(size.comments)):
            written = START - timedelta(days=2, minutes=number)
            writer.writerow([number, text, f"post-{number % size.posts}", written.isoformat()])
    return path
