"""How every channel and every platform's budget stands now. Reads only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from monitor.domain.pace import SLOW_AT, STOP_AT
from monitor.domain.strip import Hour, first_hour, hours_of
from monitor.services import Services
from monitor.store import views
from monitor.store.views import ChannelRow
from monitor.workflow import pacing

__all__ = ["BudgetNow", "ChannelNow", "budgets_now", "channels_now"]


@dataclass(frozen=True, slots=True)
class ChannelNow:
    """A channel with its last twenty-four hours, oldest first."""

    row: ChannelRow
    hours: tuple[Hour, ...]

    @property
    def unseen(self) -> int:
        """Hours that were not wholly seen."""
        return sum(hour.state in {"partly", "unseen"} for hour in self.hours)


@dataclass(frozen=True, slots=True)
class BudgetNow:
    """What all channels of one platform have spent, and what they will at this pace.

    Attributes:
        spent: In this hour or day, moderators' acts included.
        last_day: By reading, in the last twenty-four hours.
        price: Of one unit, in US dollars.
        dollars_a_day: What the last twenty-four hours' reading cost.
        state: ``ok``, or what nearly spent money or quota does to reading.
    """

    connector: str
    spent: int
    amount: int
    unit: str
    window: str
    last_day: int
    price: float
    dollars_a_day: float
    state: str


def channels_now(
    services: Services, *, which: Callable[[ChannelRow], bool] = lambda _row: True
) -> tuple[ChannelNow, ...]:
    """Every channel of which ``which`` is true, by its identifier."""
    now = services.now()
    start = first_hour(now)
    with services.database.reading() as reading:
        rows = [row for row in views.channels(reading) if which(row)]
        pulls = {row.id: views.coverage_rows(reading, row.id, start=start, end=now) for row in rows}
    return tuple(
        ChannelNow(
            row,
            hours_of(pulls[row.id], interval=row.interval, now=now, first=row.first_pulled_at),
        )
        for row in rows
    )


def budgets_now(services: Services) -> tuple[BudgetNow, ...]:
    """The budget of every platform that is watched and has one, by its connector's name."""
    found = {}
    for watched in services.channels.values():
        budget = watched.budget
        if budget is None or watched.connector in found or not watched.enabled:
            continue
        share, _ = pacing.spent_share(services, watched)
        with services.database.reading() as reading:
            since = services.now() - timedelta(days=1)
            last_day = views.spent_since(reading, watched.connector, since)
        found[watched.connector] = BudgetNow(
            connector=watched.connector,
            spent=round(share * budget.amount),
            amount=budget.amount,
            unit=budget.unit,
            window=budget.window,
            last_day=last_day,
            price=budget.price,
            dollars_a_day=last_day * budget.price,
            state=_state(share),
        )
    return tuple(found[name] for name in sorted(found))


def _state(share: float) -> str:
    if share >= STOP_AT:
        return "reading waits for the next window"
    return "read half as often" if share >= SLOW_AT else "ok"
