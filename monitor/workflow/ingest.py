"""Due, pull, ingest: what the platforms show becomes rows, and the cursor moves with them.

T1, once per ``Pull``: comments (new, or a new version of an edited one) · cursor moved from the
version read · coverage · audit. If another process moved the cursor meanwhile, the batch rolls
back whole and this pull ends; the other one has it.
"""

from __future__ import annotations

from datetime import datetime

from connectors.contract import ChannelId, Pull
from connectors.errors import (
    ConnectorError,
    CredentialsRejected,
    NotPermitted,
    TryLater,
)
from monitor.domain.coverage import PullEnd
from monitor.services import Services, as_channel
from monitor.store import audit, comments, cursors, views
from monitor.store.cursors import CursorMoved, DueChannel
from monitor.workflow import notices

__all__ = ["pull", "pull_due", "register_channels", "resume_channel"]


def register_channels(services: Services) -> None:
    """Tell the store which channels are watched, so that it can say which are due.

    One transaction. A channel that is no longer configured keeps its rows and is not read.
    """
    plans = [
        cursors.ChannelPlan(
            id=ChannelId(each.id),
            connector=each.connector,
            native_id=each.native_id,
            name=each.name,
            service=each.service,
            interval=each.interval,
        )
        for each in services.channels.values()
        if each.enabled
    ]
    with services.database.transaction("register") as tx:
        cursors.sync_channels(tx, plans, now=services.now())


def resume_channel(services: Services, channel_id: ChannelId, *, actor: str) -> None:
    """Read a paused channel again from its cursor on. One transaction: channel · audit."""
    now = services.now()
    with services.database.transaction("resume") as tx:
        cursors.resume(tx, channel_id, now=now)
        audit.append(
            tx,
            "channel.resumed",
            actor=actor,
            subject=f"channel:{channel_id}",
            at=now,
            details={},
        )


def pull_due(services: Services) -> int:
    """Nudge a pull of every channel that is due; returns how many.

    Reads only. Each channel is leased by its own pull, so that a slow one delays no other and a
    second nudge is harmless.
    """
    with services.database.reading() as reading:
        due = views.channels_due(reading, now=services.now())
    for channel_id in due:
        services.dispatcher.nudge("pull", channel=channel_id)
    return len(due)


def pull(services: Services, channel_id: ChannelId) -> int:
    """Read one channel until it is up to date; returns how many comment versions were stored.

    1. Lease the channel, or leave: somebody else has it, or it is not due.
    2. Ask its connector for batches, with no transaction open.
    3. Store each batch with its cursor (T1).
    4. Say when it is next due and how it ended, and give the lease back.
    """
    now = services.now()
    with services.database.transaction("T1 lease") as tx:
        leased = cursors.lease_due(
            tx,
            now=now,
            lease_for=services.pace.lease,
            limit=1,
            new_lease=services.new_id,
            only=channel_id,
        )
        if not leased:
            return 0
        due = leased[0]
        cursors.start_run(tx, channel_id, due.lease, now=now)
    stored = 0
    cursor_version = due.cursor_version
    try:
        connector = services.connector(channel_id)
        channel = as_channel(services.channels[channel_id])
        for batch in connector.pull(channel, due.cursor):
            ingested, cursor_version = _store(services, due, batch, cursor_version)
            stored += ingested
            if services.stopping():
                break
    except CursorMoved:
        services.log.info("channel.failing", channel=channel_id, cause="cursor moved")
    except TryLater as error:
        _later(services, due, error.sentence, at=error.at)
    except (CredentialsRejected, NotPermitted) as error:
        _pause(services, due, error)
    except ConnectorError as error:
        _park(services, due, error)
    else:
        _done(services, due)
    return stored


def _store(
    services: Services, due: DueChannel, batch: Pull, cursor_version: int
) -> tuple[int, int]:
    now = services.now()
    with services.database.transaction("T1") as tx:
        ingested = comments.store_pull(tx, due.id, batch.posts, batch.comments, now=now)
        version = cursors.move(
            tx,
            due.id,
            from_version=cursor_version,
            lease=due.lease,
            to=batch.resume_at,
            now=now,
            until=now + services.pace.lease,
        )
        cursors.record_pull(
            tx,
            due.lease,
            seen=ingested.seen,
            new=ingested.new,
            edited=ingested.edited,
            platform_count=batch.platform_count,
        )
        if ingested.new or ingested.edited:
            audit.append(
                tx,
                "comments.ingested",
                actor="system",
                subject=f"channel:{due.id}",
                at=now,
                details={"new": ingested.new, "edited": ingested.edited},
            )
    changed = ingested.new + ingested.edited
    if changed:
        services.metrics.comments.labels(channel=due.id).inc(changed)
        services.log.info(
            "comment.ingested", channel=due.id, new=ingested.new, edited=ingested.edited
        )
        services.dispatcher.nudge("assess")
    return changed, version


def _done(services: Services, due: DueChannel) -> None:
    now = services.now()
    interval = services.channels[due.id].interval
    with services.database.transaction("T1 end") as tx:
        back = cursors.finish(
            tx, due.id, lease=due.lease, next_pull_at=now + interval, failing_since=None
        )
        cursors.end_run(tx, due.lease, end=PullEnd.DONE, cause="", now=now)
    services.metrics.pulls.labels(channel=due.id, end=PullEnd.DONE).inc()
    if back and due.failing_since is not None:
        services.log.info("channel.back", channel=due.id)


def _later(services: Services, due: DueChannel, cause: str, *, at: datetime) -> None:
    now = services.now()
    began = due.failing_since or now
    with services.database.transaction("T1 end") as tx:
        cursors.finish(tx, due.id, lease=due.lease, next_pull_at=max(at, now), failing_since=began)
        cursors.end_run(tx, due.lease, end=PullEnd.LATER, cause=cause, now=now)
    services.metrics.pulls.labels(channel=due.id, end=PullEnd.LATER).inc()
    if due.failing_since is None:
        services.log.warning("channel.failing", channel=due.id, until=f"{at:%H:%M}")


def _pause(services: Services, due: DueChannel, error: CredentialsRejected | NotPermitted) -> None:
    """Stop reading a channel whose token is refused, and say which scope to mend."""
    now = services.now()
    name = services.channels[due.id].name
    scope = f" Permission to mend: {error.scope}." if error.scope else ""
    with services.database.transaction("T1 end") as tx:
        cursors.end_run(tx, due.lease, end=PullEnd.REJECTED, cause=error.sentence, now=now)
        cursors.finish(tx, due.id, lease=due.lease, next_pull_at=now, failing_since=now)
        cursors.pause(tx, due.id, reason=error.sentence + scope, now=now)
        notices.tell_operators(
            tx,
            services,
            key=f"channel:{due.id}:paused:{due.lease}",
            title=f"{name} is paused: it cannot be read",
            lines=(
                error.sentence + scope,
                "No comment is seen there until it is mended. Other channels are read as usual.",
                f"Then: wardmote channels resume {due.id}",
            ),
        )
        audit.append(
            tx, "channel.paused", actor="system", subject=f"channel:{due.id}", at=now, details={}
        )
    services.metrics.pulls.labels(channel=due.id, end=PullEnd.REJECTED).inc()
    services.log.error("channel.paused", channel=due.id, error=type(error).__name__)
    services.dispatcher.nudge("deliver")


def _park(services: Services, due: DueChannel, error: ConnectorError) -> None:
    """The platform answered something unreadable: wait a little, and tell an operator once."""
    now = services.now()
    began = due.failing_since or now
    name = services.channels[due.id].name
    failing_for = now - began
    with services.database.transaction("T1 end") as tx:
        cursors.finish(
            tx,
            due.id,
            lease=due.lease,
            # The longer it lasts the longer it waits: as long again as it has been failing.
            next_pull_at=now
            + max(services.pace.retry, min(failing_for, services.pace.retry_longest)),
            failing_since=began,
        )
        cursors.end_run(tx, due.lease, end=PullEnd.UNEXPECTED, cause=error.sentence, now=now)
        if failing_for >= services.pace.retry * services.pace.patience:
            notices.tell_operators(
                tx,
                services,
                key=f"channel:{due.id}:unexpected:{began:%Y%m%dT%H%M%S}",
                title=f"{name}: the platform answers something unexpected",
                lines=(error.sentence, "It is tried again by itself; nothing read so far is lost."),
            )
    services.metrics.pulls.labels(channel=due.id, end=PullEnd.UNEXPECTED).inc()
    if due.failing_since is None:
        services.log.warning("channel.failing", channel=due.id, error=type(error).__name__)
    services.dispatcher.nudge("deliver")
