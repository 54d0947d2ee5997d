"""Every platform, read by the daemon's own steps while residents write and things go wrong.

Comments arrive while pages are being read, newest first and late, with replies to old threads,
edits and deletions; one answer in twenty is an error, and the process is killed in the middle of
every tenth pull. In the end nothing is lost, nothing stands there twice, and the strip names the
outages that were made, and no others.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import select

from connectors.contract import Channel, ChannelId, Cursor, NativeId, Pull
from connectors.registry import known_connectors
from monitor.domain.coverage import gaps
from monitor.sandbox.faults import answer, drop
from monitor.sandbox.http import Clock
from monitor.store import tables, views
from monitor.workflow import coverage, ingest
from tests.workflow.conftest import START, Bench, watched

pytestmark = pytest.mark.sandbox

STAGES = {
    "facebook_page": "facebook_stage",
    "instagram_account": "instagram_stage",
    "x_account": "x_stage",
    "youtube_channel": "youtube_stage",
    "linkedin_page": "linkedin_stage",
    "flickr_account": "flickr_stage",
    "bluesky_account": "bluesky_stage",
}
"""Connector -> the module of its pretend platform. A file that is imported has none."""

_SEED = 20261127
_MINUTE = timedelta(minutes=1)
_OUTAGES = ((120, 160), (300, 330))
"""When nothing answers: minutes after the start, from and to."""

_LASTS = 480
_EVERY = 5
_KILLED = 10
_FAULTY = 0.05


class Killed(BaseException):
    """The process ends here: no error is handled, no lease given back."""


class Residents:
    """They publish, write, answer, edit and delete; ``standing`` is what is there now."""

    def __init__(self, stage, *, posts: int, chance: random.Random) -> None:
        self._stage = stage
        self._chance = chance
        # On Bluesky nothing can be edited.
        self._can_edit = stage.channel.connector != "bluesky_account"
        self.standing: dict[NativeId, str] = {}
        self.ever: set[NativeId] = set()
        self._threads: dict[NativeId, list[NativeId]] = {
            stage.publish(f"News {number}", at=START - number * timedelta(hours=2)): []
            for number in range(1, posts + 1)
        }

    def write(self, number: int) -> None:
        for _ in range(number):
            post = self._chance.choice([*self._threads])
            thread = self._threads[post]
            parent = self._chance.choice(thread) if thread and self._chance.random() < 0.3 else None
            late = timedelta(minutes=self._chance.choice([0, 0, 0, 3, 20]))
            text = f"Comment {len(self.ever)} by somebody"
            native_id = self._stage.write(
                post,
                text,
                at=self._stage.now() - late,
                author=f"Resident {self._chance.randrange(40)}",
                parent_id=parent,
            )
            if parent is None:
                thread.append(native_id)
            self.standing[native_id] = text
            self.ever.add(native_id)
        self._change_some()

    def _change_some(self) -> None:
        kept = [*self.standing]
        if kept and self._chance.random() < 0.3 and self._can_edit:
            edited = self._chance.choice(kept)
            self.standing[edited] += ", edited"
            self._stage.edit(edited, self.standing[edited])
        answered = {*()}
        for thread in self._threads.values():
            answered.update(thread)
        leaves = [each for each in kept if each not in answered]
        if leaves and self._chance.random() < 0.1:
            gone = self._chance.choice(leaves)
            self._stage.delete(gone)
            del self.standing[gone]


class Interrupted:
    """A connector between whose batches people write, and that is killed in every tenth pull."""

    def __init__(self, stage, residents: Residents, arrivals: Iterator[int]) -> None:
        self._stage = stage
        self._residents = residents
        self._arrivals = arrivals
        self.pulls = 0
        self.killed = 0
        self.calm = False

    @property
    def capabilities(self):
        return self._stage.connector(100).capabilities

    def pull(self, channel: Channel, since: Cursor | None) -> Iterator[Pull]:
        self.pulls += 1
        dies = not self.calm and self.pulls % _KILLED == 0
        with closing(self._stage.connector(100).pull(channel, since)) as batches:
            for number, batch in enumerate(batches):
                yield batch
                if not self.calm:
                    self._residents.write(next(self._arrivals, 0))
                if dies and number >= 1:
                    self.killed += 1
                    raise Killed


def arrivals(share: float, chance: random.Random) -> Iterator[int]:
    """How many comments come between two batches: ``share`` of one on average."""
    while True:
        yield int(share) + (chance.random() < share % 1)


def stage_of(connector: str, clock: Clock) -> AbstractContextManager:
    module = pytest.importorskip(f"tests.connectors.{STAGES[connector]}")
    opened: AbstractContextManager = module.open_stage(clock)
    return opened


def test_every_platform_has_its_stage() -> None:
    assert set(STAGES) | {"csv_import"} == set(known_connectors())
    for module in STAGES.values():
        assert import_module(f"tests.connectors.{module}").open_stage


@pytest.mark.parametrize(
    ("posts", "comments"),
    [(12, 400), pytest.param(200, 10_000, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])],
    ids=["some", "many"],
)
@pytest.mark.parametrize("connector", STAGES)
def test_nothing_is_lost_and_nothing_twice(
    connector: str,
    posts: int,
    comments: int,
    tmp_path: Path,
    sqlite_template: Path,
    socket_enabled: None,
) -> None:
    clock = Clock(START)
    database = shutil.copy(sqlite_template, tmp_path / "wardmote.db")
    with stage_of(connector, clock) as stage, closing_bench(database, tmp_path) as bench:
        chance = random.Random(_SEED)
        rounds = _LASTS
        residents = Residents(stage, posts=posts, chance=chance)
        residents.write(comments // 4)
        # Spread over the pulls of the whole time, of which each reads most threads.
        share = comments * 3 / 4 / (rounds / _EVERY * posts)
        interrupted = Interrupted(stage, residents, arrivals(share, chance))
        follow(bench, stage, interrupted, clock)
        for _ in range(rounds):
            step(bench, stage, clock, residents)
            if len(residents.ever) >= comments:
                interrupted.calm = True
        settle_down(bench, stage, interrupted, clock)

        assert interrupted.killed
        assert_all_is_there(bench, residents)
        assert_outages(bench, stage)


def closing_bench(database: str, home: Path) -> AbstractContextManager[Bench]:
    made = Bench(f"sqlite:///{database}", home)
    return closing_services(made)


class closing_services(AbstractContextManager):  # noqa: N801 - used as a function is
    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def __enter__(self) -> Bench:
        return self._bench

    def __exit__(self, *_: object) -> None:
        self._bench.services.close()


def follow(bench: Bench, stage, interrupted: Interrupted, clock: Clock) -> None:
    """Let the daemon's steps read the stage's channel in place of the bench's own."""
    channel = stage.channel
    watch = replace(
        watched(ChannelId(channel.id)),
        connector=channel.connector,
        native_id=channel.native_id,
        interval=_EVERY * _MINUTE,
    )
    bench.change(now=clock, channels={channel.id: watch}, connector=lambda _channel_id: interrupted)
    bench.pace(lease=2 * _MINUTE)
    ingest.register_channels(bench.services)


def step(bench: Bench, stage, clock: Clock, residents: Residents) -> None:
    """A minute goes by; the channel is read if it is due."""
    clock.advance(_MINUTE)
    minutes = (clock() - START) // _MINUTE
    faults = stage.sandbox.faults
    faults.clear()
    if any(start < minutes <= end for start, end in _OUTAGES):
        faults.add(drop())
    else:
        faults.add(answer(503, b"{}", {"Content-Type": "application/json"}), rate=_FAULTY)
    with suppress(Killed):  # the dead process's lease runs out by itself
        ingest.pull(bench.services, stage.channel.id)
    coverage.notice_silence(bench.services)


def settle_down(bench: Bench, stage, interrupted: Interrupted, clock: Clock) -> None:
    """Nothing goes wrong any more, nobody writes, and a day and a half go by."""
    interrupted.calm = True
    stage.sandbox.faults.clear()
    for _ in range(36):
        clock.advance(timedelta(hours=1))
        ingest.pull(bench.services, stage.channel.id)


def assert_all_is_there(bench: Bench, residents: Residents) -> None:
    with bench.services.database.reading() as reading:
        newest = (
            select(tables.comments.c.native_id, tables.versions.c.text)
            .join(tables.versions, tables.versions.c.comment_id == tables.comments.c.id)
            .where(tables.versions.c.number == tables.comments.c.version)
        )
        rows = reading.session.execute(newest).all()
    stored = {row.native_id: row.text for row in rows}
    assert max(Counter(row.native_id for row in rows).values()) == 1
    missing = [each for each in residents.standing if each not in stored]
    assert missing == []
    assert set(stored) <= residents.ever
    stale = [each for each, text in residents.standing.items() if stored[each] != text]
    assert stale == []


def assert_outages(bench: Bench, stage) -> None:
    end = START + _LASTS * _MINUTE
    with bench.services.database.reading() as reading:
        rows = views.coverage_rows(reading, stage.channel.id, start=START, end=end)
        noticed = views.gaps_since(reading, START)
    found = gaps(rows, interval=_EVERY * _MINUTE, start=START, end=end)
    assert len(found) == len(_OUTAGES), [(gap.start, gap.end, gap.cause) for gap in found]
    for gap, (begins, ends) in zip(found, _OUTAGES, strict=True):
        assert gap.start <= START + (begins + _EVERY) * _MINUTE
        assert gap.end >= START + ends * _MINUTE
    assert len(noticed) == len(_OUTAGES)
    assert all(gap.ended_at is not None for gap in noticed)
