"""Questions 1 and 2: what T1 costs for new and for known comments, and T2 by batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from classifiers.normalise import normalise
from connectors.contract import Comment
from monitor.services import Services
from monitor.store.comments import Ingested
from monitor.store.engine import Database
from monitor.workflow import assess
from tests.bench.ground import POSTGRESQL, SQLITE, Ground
from tests.bench.rounds import Row, Side, in_turns, pair, row_of, unmeasured
from tests.bench.texts import so_many
from tests.stored import comment, store, watch
from tests.world import World, detectors

__all__ = ["assessing_rows", "storing_rows"]


def storing_rows(ground: Ground) -> Iterator[Row]:
    """A page of new comments against the same page seen again, in one T1 each."""
    size = ground.size
    new, known = f"{size.page} new comments", f"the same {size.page} again"
    sides: list[Side] = []
    for dialect in ground.dialects:
        pages = _Pages(ground.database(dialect), size.page)
        sides += [
            Side(f"{dialect} new", pages.store_new, prepare=pages.turn),
            Side(f"{dialect} known", pages.store_known),
        ]
    measured = in_turns(sides, rounds=size.rounds)
    for dialect in ground.dialects:
        seconds = pair(measured, f"{dialect} new", f"{dialect} known")
        yield row_of(1, f"{new} / {known}", seconds, on=dialect, unit="ms a page")
    both = f"{POSTGRESQL} / {SQLITE}"
    if ground.refused:
        yield unmeasured(1, f"{new} / {known}", on=POSTGRESQL, missing=ground.refused)
        yield unmeasured(1, new, on=both, missing=ground.refused)
        yield unmeasured(1, known, on=both, missing=ground.refused)
        return
    for what, kind in ((new, "new"), (known, "known")):
        seconds = pair(measured, f"{POSTGRESQL} {kind}", f"{SQLITE} {kind}")
        yield row_of(1, what, seconds, on=both, unit="ms a page")


def assessing_rows(ground: Ground) -> Iterator[Row]:
    """The same unread comments assessed one at a time against many at once."""
    size = ground.size
    compared = f"assessing one at a time / {size.batch} at a time"
    for dialect in ground.dialects:
        with World(ground.home(), ground.url(dialect)) as world:
            inbox = _Inbox(world.services, size.assessed)
            sides = [_emptied("one", inbox, batch=1), _emptied("many", inbox, batch=size.batch)]
            measured = in_turns(sides, rounds=size.rounds)
        yield row_of(2, compared, pair(measured, "one", "many"), on=dialect, unit="ms a comment")
    if ground.refused:
        yield unmeasured(2, compared, on=POSTGRESQL, missing=ground.refused)


class _Pages:
    """Stores page after page of one channel."""

    def __init__(self, database: Database, length: int) -> None:
        watch(database)
        self._database = database
        self._texts = so_many(length)
        self._turn = 0
        self._page: list[Comment] = []

    def turn(self) -> None:
        self._turn += 1
        self._page = [
            comment(f"page{self._turn}-{number}", text) for number, text in enumerate(self._texts)
        ]

    def store_new(self) -> int:
        ingested: Ingested = store(self._database, *self._page)
        assert ingested.new == len(self._page)
        return ingested.new

    def store_known(self) -> int:
        ingested: Ingested = store(self._database, *self._page)
        assert (ingested.new, ingested.edited, ingested.seen) == (0, 0, len(self._page))
        return ingested.seen


class _Inbox:
    """Unread comments, filled up before each round and assessed in it."""

    def __init__(self, services: Services, length: int) -> None:
        self._services = replace(services, classifier=detectors)
        self._texts = so_many(length)
        self._turn = 0

    def fill(self) -> None:
        self._turn += 1
        arrived = [
            comment(f"turn{self._turn}-{number}", text) for number, text in enumerate(self._texts)
        ]
        store(self._services.database, *arrived)
        # A daemon has not just read these very words.
        normalise.cache_clear()

    def empty(self, batch: int) -> int:
        services = replace(self._services, pace=replace(self._services.pace, batch=batch))
        read = 0
        while assessed := assess.assess_due(services):
            read += assessed
        assert read == len(self._texts)
        return read

    def __len__(self) -> int:
        return len(self._texts)


def _emptied(name: str, inbox: _Inbox, *, batch: int) -> Side:
    return Side(name, lambda: inbox.empty(batch), prepare=inbox.fill, per=len(inbox))
