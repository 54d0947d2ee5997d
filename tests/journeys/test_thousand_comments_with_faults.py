"""A thousand comments through the real SDKs, while a quarter of all answers go wrong."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from monitor.sandbox.faults import Faults, drop, html_page, json_answer, twist
from monitor.store import tables, views
from monitor.workflow.record_keeping import verify
from tests.world import PAGES, PARKS, START, World

pytestmark = pytest.mark.sandbox

_SEED = 20261118
_POSTS = 40
_COMMENTS = 1_000
_BREACHES = 80
_BURSTS = 5
_PLACES = ("library", "park", "depot", "leisure centre", "bus station", "playground")
_RATE = 0.05


def _spoil(faults: Faults, *, too_many: object) -> None:
    """One in twenty answers for each way to fail."""
    faults.add(json_answer(429, too_many, {"Retry-After": "20"}), rate=_RATE)
    faults.add(json_answer(500, {}), rate=_RATE)
    faults.add(drop(), rate=_RATE)
    faults.add(html_page(502), rate=_RATE)


class _Town:
    """Forty posts, and residents who write under them a part of the thousand at a time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._chance = random.Random(_SEED)
        self._posts = [
            world.town.publish(
                PAGES[PARKS], f"News number {number}.", at=START - timedelta(minutes=30 * number)
            )
            for number in range(_POSTS)
        ]
        self._breaches = set(self._chance.sample(range(_COMMENTS), _BREACHES))
        self.written: dict[str, bool] = {}
        """Each comment, and whether it is a breach."""

    def write(self, count: int) -> None:
        for number in range(len(self.written), len(self.written) + count):
            post = self._chance.choice(self._posts)
            author = self._world.town.move_in(f"Resident {number}")
            self._world.clock.advance(timedelta(milliseconds=250))
            comment = self._world.town.write(
                post.id, self._text(number), at=self._world.clock(), author=author
            )
            self.written[comment.id] = number in self._breaches

    def _text(self, number: int) -> str:
        place = self._chance.choice(_PLACES)
        if number in self._breaches:
            return f"You fat useless moron, everyone at the {place} is scum, {number} times over."
        return f"When does the {place} open on day {number} of the year?"


def test_a_thousand_comments_survive_faults_of_every_kind(
    tmp_path: Path, database_url: str
) -> None:
    with World(tmp_path / "home", database_url, settings_of_channels="page_size = 25") as world:
        town = _Town(world)
        world.graph.faults.add(twist("duplicate_page"), path="*/comments", rate=_RATE)
        _spoil(world.graph.faults, too_many={})
        _spoil(world.slack.faults, too_many={"ok": False, "error": "ratelimited"})

        for _ in range(_BURSTS):
            town.write(_COMMENTS // _BURSTS)
            world.live(timedelta(minutes=12), step=timedelta(minutes=1))
        fired = Counter(world.graph.faults.fired)
        fired_at_slack = Counter(world.slack.faults.fired)
        world.graph.faults.clear()
        world.slack.faults.clear()
        world.live(timedelta(minutes=40), step=timedelta(minutes=5))

        written = town.written
        assert len(written) == _COMMENTS
        every = {"answer 429", "answer 500", "drop", "answer 502"}
        assert every | {"twist duplicate_page"} <= set(fired)
        assert every <= set(fired_at_slack)
        services = world.services
        with services.database.reading() as reading:
            session = reading.session
            stored = Counter(session.execute(select(tables.comments.c.native_id)).scalars())
            versions = session.execute(select(tables.versions.c.id)).scalars().all()
            assessed = session.execute(select(tables.assessments.c.comment_id)).scalars().all()
            joined = select(tables.comments.c.native_id).join(
                tables.cases, tables.cases.c.comment_id == tables.comments.c.id
            )
            cases = Counter(session.execute(joined).scalars())
            letters = session.execute(select(tables.letters.c.kind, tables.letters.c.state)).all()
            assert views.dead_letters(reading) == ()
        assert stored == Counter(dict.fromkeys(written, 1))
        assert len(versions) == len(assessed) == _COMMENTS
        assert cases == Counter({native_id: 1 for native_id, breach in written.items() if breach})
        assert {state for kind, state in letters if kind == "alert"} == {"delivered"}
        cards = Counter(world.card_keys())
        assert set(cards.values()) == {1}, "a card stands there twice"
        assert len(cards) == _BREACHES
        assert all(proof.intact for proof in verify(services))
        assert world.graph.failures == ()
