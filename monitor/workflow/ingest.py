"""Due, pull, ingest: what the platforms show becomes rows, and the cursor moves with them.

T1, once per ``Pull``: comments (new, or a new version of an edited one, whose case's cards are
out of date from then on) · cursor moved from the version read · coverage · audit · a notice of
what could not be read. If another process moved the cursor meanwhile, the batch rolls back whole
and this pull ends; the other one has it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors.contract import ChannelId, Pull
from connectors.errors import (
    ConnectorError,
    CredentialsRejected,
    NotPermitted,
    TryLater,
    UnexpectedReply,
)
from monitor.domain import case as cases_of
from monitor.domain.coverage import PullEnd
from monitor.services import Services, as_channel
from monitor.store import audit, cases, comments, cursors, gaps, views
from monitor.store.comments import Ingested
from monitor.store.cursors import CursorMoved, DueChannel
from monitor.store.engine import DatabaseRefused, DatabaseUnusable, Transaction
from monitor.workflow import cards, coverage, notices, pacing

__all__ = ["pull", "pull_due", "register_channels", "resume_channel"]

_TOLD = 3
"""How many sentences about what was left out a notice holds, beside their number."""


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
        due = [
            each
            for each in views.channels_due(reading, now=services.now())
            if each in services.channels
        ]
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
    if channel_id not in services.channels:
        return 0  # another process has newer configuration, and reads it
    due = _lease(services, channel_id)
    if due is None:
        return 0
    reading = _Reading(due, due.cursor_version, services.now())
    try:
        _read(services, reading)
    except Exception as error:
        if isinstance(error, DatabaseUnusable) and not isinstance(error, DatabaseRefused):
            raise
        # A fault of ours, or a row that the database refuses, must not hold the lease for ever.
        _ended(services, due, error)
    else:
        _done(services, reading)
    _tell_the_rest(services, reading)
    return reading.stored


@dataclass(slots=True)
class _Reading:
    """How far one pull has come.

    Attributes:
        left_out: What could not be read, in the connector's sentences; the first ``told`` of
            them have reached an operator's letter.
        cut_short: The daemon was told to stop before the channel was up to date.
    """

    due: DueChannel
    cursor_version: int
    began_at: datetime
    stored: int = 0
    left_out: list[str] = field(default_factory=list)
    told: int = 0
    cut_short: bool = False


def _lease(services: Services, channel_id: ChannelId) -> DueChannel | None:
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
            return None
        cursors.start_run(tx, channel_id, leased[0].lease, now=now)
    return leased[0]


def _read(services: Services, reading: _Reading) -> None:
    due = reading.due
    pacing.refuse_if_spent(services, due.id)
    connector = services.connector(due.id)
    channel = as_channel(services.channels[due.id])
    for batch in connector.pull(channel, due.cursor):
        _store(services, reading, batch)
        if services.stopping():
            reading.cut_short = True
            return


def _ended(services: Services, due: DueChannel, error: Exception) -> None:
    """A pull did not come to its end: do what its error says is next."""
    match error:
        case CursorMoved():
            _overtaken(services, due)
        case TryLater():
            _later(services, due, error.sentence, at=error.at)
        case CredentialsRejected() | NotPermitted():
            _pause(services, due, error)
        case ConnectorError():
            _park(services, due, error)
        case _:
            kind = type(error).__name__
            sentence = f"Reading it broke off ({kind}); please report this fault."
            _park(services, due, UnexpectedReply(sentence, details={"error": kind}))


def _store(services: Services, reading: _Reading, batch: Pull) -> None:
    now = services.now()
    due = reading.due
    with services.database.transaction("T1") as tx:
        ingested = comments.store_pull(tx, due.id, batch.posts, batch.comments, now=now)
        version = cursors.move(
            tx,
            due.id,
            from_version=reading.cursor_version,
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
            cost=batch.cost,
        )
        for comment_id in ingested.reworded:
            _outdate(tx, services, comment_id)
        for comment_id in ingested.unhidden:
            # Seen in public although it should be hidden: the platform is asked, for a reading
            # may be older than the hiding.
            cases.look_again(tx, comment_id, now=now)
        if ingested.new or ingested.edited:
            audit.append(
                tx,
                "comments.ingested",
                actor="system",
                subject=f"channel:{due.id}",
                at=now,
                details={"new": ingested.new, "edited": ingested.edited},
            )
        if batch.problems and not reading.left_out:
            # With the cursor, because a row that was left out does not come again.
            _tell_left_out(tx, services, due, batch.problems)
            reading.told = len(batch.problems)
    reading.cursor_version = version
    reading.left_out.extend(batch.problems)
    reading.stored += ingested.new + ingested.edited
    _set_in_motion(services, due, batch, ingested)


def _set_in_motion(services: Services, due: DueChannel, batch: Pull, ingested: Ingested) -> None:
    """Nudge and log what a stored batch makes due."""
    changed = ingested.new + ingested.edited
    if changed:
        services.metrics.comments.labels(channel=due.id).inc(changed)
        services.log.info(
            "comment.ingested", channel=due.id, new=ingested.new, edited=ingested.edited
        )
        services.dispatcher.nudge("assess")
    if batch.problems:
        services.log.warning("channel.left_out", channel=due.id, count=len(batch.problems))
    if batch.problems or ingested.reworded:
        services.dispatcher.nudge("deliver")
    if ingested.unhidden:
        services.dispatcher.nudge("recheck")


def _outdate(tx: Transaction, services: Services, comment_id: int) -> None:
    """A comment with a case was edited: nobody shall decide on words that they have not seen.

    The new wording is read in T2, which may be a while; until then every card is out of date.
    """
    case = cases.for_comment(tx, comment_id)
    if case is None:
        return
    moved = cases_of.reassess(case, lane=case.lane, severity=None, clauses=())
    if moved is not case:
        cases.save(tx, moved, from_version=case.version)
        cards.order_redraw(tx, services, moved)


def _done(services: Services, reading: _Reading) -> None:
    now = services.now()
    due = reading.due
    end, cause, ahead = PullEnd.DONE, _summary(reading.left_out), pacing.wait(services, due.id)
    if reading.cut_short:
        end, cause, ahead = PullEnd.LATER, "the daemon was stopped while it read", timedelta()
    with services.database.transaction("T1 end") as tx:
        back = cursors.finish(
            tx, due.id, lease=due.lease, next_pull_at=now + ahead, failing_since=None
        )
        cursors.end_run(tx, due.lease, end=end, cause=cause, now=now)
        over = None
        if end is PullEnd.DONE:
            over = gaps.close(tx, due.id, read_since=reading.began_at, now=now)
            if over is not None:
                coverage.tell_seen_again(tx, services, over)
    if over is not None:
        services.dispatcher.nudge("deliver")
    services.metrics.pulls.labels(channel=due.id, end=end).inc()
    if back and due.failing_since is not None:
        services.log.info("channel.back", channel=due.id)


def _overtaken(services: Services, due: DueChannel) -> None:
    """Another process has stored what this pull began; the lease is its own to give back."""
    cause = "another process read the channel meanwhile"
    with services.database.transaction("T1 end") as tx:
        cursors.end_run(tx, due.lease, end=PullEnd.LATER, cause=cause, now=services.now())
    services.log.info("channel.overtaken", channel=due.id)


def _tell_the_rest(services: Services, reading: _Reading) -> None:
    """Say how much a whole pull left out, where its first batch with a problem was not all."""
    if len(reading.left_out) <= reading.told:
        return
    with services.database.transaction("T1 left out") as tx:
        _tell_left_out(tx, services, reading.due, reading.left_out)
    services.dispatcher.nudge("deliver")


def _tell_left_out(
    tx: Transaction, services: Services, due: DueChannel, problems: Sequence[str]
) -> None:
    """The same problems are told once a day, however often the channel shows them."""
    same = hashlib.sha256("\n".join(problems).encode("utf-8", "backslashreplace")).hexdigest()
    more = len(problems) - _TOLD
    notices.tell_operators(
        tx,
        services,
        key=f"channel:{due.id}:left-out:{services.now():%Y%m%d}:{same[:16]}",
        title=f"{services.channels[due.id].name}: something could not be read",
        lines=(
            f"{_summary(problems)}:",
            *problems[:_TOLD],
            *([f"and {more} more."] if more > 0 else []),
            "It was left out, so nobody has looked at it. Everything else is read as usual.",
        ),
    )


def _summary(problems: Sequence[str]) -> str:
    if not problems:
        return ""
    return f"{len(problems)} problem{'s' if len(problems) != 1 else ''} in one reading"


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
