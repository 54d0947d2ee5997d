"""Questions 5 and 7: what the views and the audit chain cost once there is much to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle

from sqlalchemy import text

from config.standards import Severity
from monitor.store import audit, views
from monitor.store.engine import Database
from tests.bench.ground import POSTGRESQL, Ground
from tests.bench.rounds import Row, Side, in_turns, pair, row_of, unmeasured
from tests.bench.texts import so_many
from tests.stored import ABUSE, NOW, assess_all, assessment, comment, store, watch

__all__ = ["looking_rows", "verifying_rows"]

_AT_ONCE = 100
_LONGER = 4


def looking_rows(ground: Ground) -> Iterator[Row]:
    """The same page of the queue, and one case, among many cases and among few."""
    size = ground.size
    many, few = size.many_cases, size.few_cases
    queue = f"a queue page of {few}, of {many} cases / of {few}"
    case = f"a case's page, of {many} cases / of {few}"
    for dialect in ground.dialects:
        sides: list[Side] = []
        for number in (many, few):
            shelf = _Shelf(ground.database(dialect), number, page=few)
            for name, act in (("queue", shelf.queue), ("case", shelf.case)):
                sides.append(
                    Side(f"{name} {number}", _again(act, size.looks), per=size.looks),
                )
        measured = in_turns(sides, rounds=size.rounds)
        for compared, name in ((queue, "queue"), (case, "case")):
            seconds = pair(measured, f"{name} {many}", f"{name} {few}")
            yield row_of(5, compared, seconds, on=dialect, unit="ms a look", aim="near 1")
    if ground.refused:
        yield unmeasured(5, queue, on=POSTGRESQL, missing=ground.refused)
        yield unmeasured(5, case, on=POSTGRESQL, missing=ground.refused)


def verifying_rows(ground: Ground) -> Iterator[Row]:
    """A chain against one four times as long: in all, and for a thousand rows of it."""
    short = ground.size.audited
    long = short * _LONGER
    whole = f"verifying {long} audit rows / {short}"
    thousand = f"1000 rows of a chain of {long} / of {short}"
    for dialect in ground.dialects:
        chains = {number: _chain(ground.database(dialect), number) for number in (long, short)}
        measured = in_turns(
            [
                Side(f"{number}", _verified(chain, number), per=number)
                for number, chain in chains.items()
            ],
            rounds=ground.size.rounds,
        )
        each = pair(measured, f"{long}", f"{short}")
        total = [[seconds * long for seconds in each[0]], [seconds * short for seconds in each[1]]]
        yield row_of(7, whole, total, on=dialect, unit="ms", aim=f"near {_LONGER}")
        yield row_of(7, thousand, each, on=dialect, unit="ms", scale=1e6, aim="near 1")
    if ground.refused:
        yield unmeasured(7, whole, on=POSTGRESQL, missing=ground.refused)
        yield unmeasured(7, thousand, on=POSTGRESQL, missing=ground.refused)


class _Shelf:
    """A database with so many open cases, each with its line in the audit chain."""

    def __init__(self, database: Database, number: int, *, page: int) -> None:
        self._database = database
        self._number = number
        self._page = page
        watch(database)
        texts = so_many(number)
        severities = cycle(Severity)
        for start in range(0, number, _AT_ONCE):
            written = range(start, min(start + _AT_ONCE, number))
            store(database, *[comment(f"c{each}", texts[each]) for each in written])
            opened = assess_all(database, assessment((ABUSE, next(severities))))
            assert len(opened) == len(written)
            with database.transaction("opened") as tx:
                for each in opened:
                    subject = audit.case_subject(each.id)
                    audit.append(tx, "case.opened", actor="system", subject=subject, at=NOW)
            self._case = opened[len(opened) // 2].id
        if database.dialect == "postgresql":
            # A server that has run for a minute has done this by itself.
            with database.transaction("statistics") as tx:
                tx.session.execute(text("ANALYZE"))

    def queue(self) -> int:
        with self._database.reading() as reading:
            page = views.queue(reading, limit=self._page)
        assert (len(page.rows), page.total) == (self._page, self._number)
        return page.total

    def case(self) -> int:
        with self._database.reading() as reading:
            page = views.case_page(reading, self._case)
        assert page is not None
        assert len(page.trail) == 1
        return page.case.id


def _again(act: Callable[[], int], times: int) -> Callable[[], int]:
    return lambda: sum(act() for _ in range(times))


def _chain(database: Database, number: int) -> Database:
    for start in range(0, number, _AT_ONCE):
        with database.transaction("chain") as tx:
            for each in range(start, min(start + _AT_ONCE, number)):
                details = {"count": each, "cases": 0}
                audit.append(
                    tx,
                    "comments.assessed",
                    actor="system",
                    subject="batch",
                    at=NOW,
                    details=details,
                )
    return database


def _verified(database: Database, number: int) -> Callable[[], int]:
    def act() -> int:
        with database.reading() as reading:
            found = audit.verify(reading)
        assert (found.intact, found.rows) == (True, number)
        return found.rows

    return act
