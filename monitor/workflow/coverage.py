"""Is every channel really seen? Silence, missing comments and ending tokens, told to operators.

Each is one short transaction: the gap, the number or the date, and its notice with it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from connectors.contract import ChannelId, Health, Readiness
from connectors.errors import ConnectorError
from monitor.services import Services, as_channel
from monitor.store import cursors, gaps, views
from monitor.store.engine import Transaction
from monitor.store.gaps import StoredGap
from monitor.store.views import ChannelRow
from monitor.workflow import notices

__all__ = ["compare_counts", "examine_due", "notice_silence", "tell_seen_again"]

_PATIENCE = 3
"""So many intervals without a finished pull, and an operator is told."""

_DRIFT = 3
"""Fewer missing comments than this are the platform's own rounding."""

_DRIFT_FOR = timedelta(hours=2)
"""Counts run ahead of lists for a while on every platform."""

_WARNINGS = (14, 7, 1)
"""Days before a token or the access to people's data ends."""

_EXAMINE_EVERY = timedelta(hours=6)


def notice_silence(services: Services) -> int:
    """Open a gap for every channel that has not been seen for too long; returns how many."""
    now = services.now()
    with services.database.reading() as reading:
        rows = [row for row in views.channels(reading) if row.watched]
    begun = 0
    for row in rows:
        began_at = _silent_since(services, row, now)
        if began_at is None:
            continue
        cause = row.paused_reason or _last_cause(services, row, now)
        with services.database.transaction("gap") as tx:
            if not gaps.begin(tx, row.id, began_at=began_at, cause=cause, now=now):
                continue
            begun += 1
            if not row.paused_at:  # of a pause the operators were told when it began
                _tell_silent(tx, services, row, began_at=began_at, cause=cause)
        services.log.warning("channel.unseen", channel=row.id)
    if begun:
        services.dispatcher.nudge("deliver")
    return begun


def tell_seen_again(tx: Transaction, services: Services, over: StoredGap) -> None:
    """Tell the operators that a channel is seen again, in the transaction that notes it."""
    ended = over.ended_at or services.now()
    lasted = _spelled(ended - over.began_at)
    late = "Nothing was written in that time, as far as the platform shows."
    if over.seen_late == 1:
        late = "One comment of that time was seen late."
    elif over.seen_late:
        late = f"{over.seen_late} comments of that time were seen late."
    notices.tell_operators(
        tx,
        services,
        key=f"channel:{over.channel_id}:seen-again:{over.id}",
        title=f"{services.channels[over.channel_id].name} is seen again",
        lines=(
            f"Not seen from {_utc(over.began_at)} to {_utc(ended)}, {lasted}: {over.cause}",
            late,
        ),
    )


def compare_counts(services: Services) -> int:
    """Compare the platforms' own counts with what is stored; returns how many channels differ.

    A count ahead of its list for a few minutes is normal, so only a difference that lasts is told.
    """
    now = services.now()
    differing = 0
    with services.database.reading() as reading:
        rows = [
            row for row in views.channels(reading) if row.watched and row.id in services.channels
        ]
        missing = {
            row.id: views.missing_comments(
                reading, row.id, published_since=now - services.channels[row.id].watch_for
            )
            for row in rows
        }
    for row in rows:
        number = missing[row.id] if missing[row.id] >= _DRIFT else 0
        differing += number > 0
        if number == row.missing:
            since = row.missing_since
            if not number or since is None or now - since < _DRIFT_FOR:
                continue
        with services.database.transaction("counts") as tx:
            cursors.note_missing(tx, row.id, number, now=now)
            since = row.missing_since
            if number and since is not None and now - since >= _DRIFT_FOR:
                _tell_missing(tx, services, row, number)
    services.dispatcher.nudge("deliver")
    return differing


def examine_due(services: Services) -> int:
    """Ask each platform how its token stands; returns how many channels were asked.

    The platform is asked with no transaction open; what it says is written once.
    """
    now = services.now()
    with services.database.reading() as reading:
        due = [
            row
            for row in views.channels(reading)
            if row.watched
            and row.id in services.channels
            and (row.examined_at is None or now - row.examined_at >= _EXAMINE_EVERY)
        ]
    for row in due:
        health = _examined(services, row.id)
        ends = health.expires_at
        if ends is None and health.readiness is not Readiness.READY:
            ends = row.expires_at  # it could not be asked, which is no news of the token's end
        with services.database.transaction("examined") as tx:
            cursors.note_examined(tx, row.id, expires_at=ends, now=now)
            if ends is not None:
                _tell_ending(tx, services, row.id, ends=ends, now=now)
    if due:
        services.dispatcher.nudge("deliver")
    return len(due)


def _examined(services: Services, channel_id: ChannelId) -> Health:
    try:
        return services.connector(channel_id).check(as_channel(services.channels[channel_id]))
    except ConnectorError as error:  # the connector itself cannot be opened
        return Health(Readiness.NOT_READY, error.sentence)


def _silent_since(services: Services, row: ChannelRow, now: datetime) -> datetime | None:
    """Since when a channel has not been seen, where that is too long; else None."""
    watched = services.channels.get(row.id)
    seen = row.last_done_at or row.first_pulled_at
    if watched is None or seen is None:
        return None
    if row.paused_at:
        return seen
    # One that was read and waits for its planned next pull is well, however long the wait is.
    if row.failing_since is None and row.next_pull_at > now:
        return None
    longest = min(watched.longest_interval or watched.interval, watched.interval * 2)
    allowed = max(watched.interval * _PATIENCE, longest + watched.interval * (_PATIENCE - 1))
    return seen if now - seen > allowed else None


def _last_cause(services: Services, row: ChannelRow, now: datetime) -> str:
    with services.database.reading() as reading:
        pulls = views.coverage_rows(
            reading, row.id, start=row.last_done_at or now - timedelta(days=7), end=now
        )
    told = [each.cause for each in pulls if each.cause]
    if told:
        return told[-1]
    return "a pull began and did not finish" if pulls else "no pull was made"


def _tell_silent(
    tx: Transaction, services: Services, row: ChannelRow, *, began_at: datetime, cause: str
) -> None:
    notices.tell_operators(
        tx,
        services,
        key=f"channel:{row.id}:unseen:{began_at:%Y%m%dT%H%M%S}",
        title=f"{services.channels[row.id].name} has not been seen since {_utc(began_at)}",
        lines=(
            cause,
            "It is tried again by itself, and what is written there meanwhile is read then.",
            "Other channels are read as usual.",
        ),
    )


def _tell_missing(tx: Transaction, services: Services, row: ChannelRow, number: int) -> None:
    notices.tell_operators(
        tx,
        services,
        key=f"channel:{row.id}:missing:{services.now():%Y%m%d}",
        title=f"{services.channels[row.id].name}: {number} comments are counted that we cannot see",
        lines=(
            "The platform's own counts have been ahead of what it shows us for some hours.",
            "Some may be held back, or written by people whom the token may not see.",
            "Look at the newest posts by hand, and at the token's permissions.",
        ),
    )


def _tell_ending(
    tx: Transaction, services: Services, channel_id: ChannelId, *, ends: datetime, now: datetime
) -> None:
    left = ends - now
    passed = [days for days in _WARNINGS if left <= timedelta(days=days)]
    if not passed or left <= timedelta():
        return
    notices.tell_operators(
        tx,
        services,
        key=f"channel:{channel_id}:ending:{ends:%Y%m%d}:{min(passed)}",
        title=f"{services.channels[channel_id].name}: access ends in {_spelled(left)}",
        lines=(
            f"The token, or our access to people's data, ends at {_utc(ends)}.",
            "Issue a new one before then: see “Rotate a token” in the handbook.",
        ),
    )


def _utc(moment: datetime) -> str:
    return f"{moment:%d %B %H:%M} UTC"


def _spelled(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    for size, word in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        number = round(minutes / size)
        if minutes >= size:
            return f"{number} {word}{'s' if number != 1 else ''}"
    return "less than a minute"
