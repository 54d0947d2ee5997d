"""When a channel is read again, and when its platform's budget says not yet. Reads only."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from config.channels import WatchedChannel
from connectors.contract import ChannelId
from connectors.errors import TryLater
from monitor.domain.case import Act
from monitor.domain.pace import STOP_AT, Bounds, Window, is_within, next_wait, window_of
from monitor.services import Services
from monitor.store import views

__all__ = ["refuse_if_spent", "spent_share", "wait"]

_HOUR = timedelta(hours=1)


def wait(services: Services, channel_id: ChannelId) -> timedelta:
    """How long to wait before a channel is read again, now that it has been read."""
    watched = services.channels[channel_id]
    now = services.now()
    with services.database.reading() as reading:
        new, newest = views.busyness(reading, channel_id, since=now - _HOUR)
    share, _ = spent_share(services, watched)
    return next_wait(
        Bounds(
            usual=watched.interval,
            shortest=watched.shortest_interval or watched.interval,
            longest=watched.longest_interval or watched.interval,
        ),
        new_in_last_hour=new,
        # A channel that never had a comment is new to us, and read at its usual pace.
        quiet_for=timedelta() if newest is None else now - newest,
        in_hours=is_within(watched.hours, now.astimezone(ZoneInfo(services.routes.timezone))),
        spent=share,
    )


def refuse_if_spent(services: Services, channel_id: ChannelId) -> None:
    """Keep the rest of a platform's budget for what moderators ask of it.

    Raises:
        TryLater: So much of it is gone that reading waits for the next window.
    """
    watched = services.channels[channel_id]
    share, window = spent_share(services, watched)
    if window is not None and watched.budget is not None and share >= STOP_AT:
        raise TryLater(
            f"{share:.0%} of the {watched.budget.window}'s {watched.budget.unit} for this platform"
            " are spent; the rest is kept for moderators' acts, and reading goes on when the next"
            f" {watched.budget.window} begins.",
            at=window.end,
            whole_account=True,
        )


def spent_share(services: Services, watched: WatchedChannel) -> tuple[float, Window | None]:
    """The share of its platform's budget that is gone, and the window; 0 and None without one."""
    budget = watched.budget
    if budget is None:
        return 0.0, None
    window = window_of(budget.window, budget.zone, services.now())
    with services.database.reading() as reading:
        spent = views.spent_since(reading, watched.connector, window.start)
        acts = views.acts_since(reading, watched.connector, window.start)
    if acts:
        able = services.connector(ChannelId(watched.id)).capabilities
        units = {Act.HIDE: able.hide, Act.RESTORE: able.restore}
        for act, number in acts.items():
            ability = units[Act(act)]
            spent += number * (ability.units if ability is not None else 1)
    return spent / budget.amount, window
