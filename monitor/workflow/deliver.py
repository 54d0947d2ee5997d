"""Tell people: what the outbox holds goes to Slack or by e-mail, at least once.

T3a leases one letter at a time per card; T3b writes the result: delivered with its reference, or
the next time to try, or dead. A letter is marked *after* it was sent, because a second alert is
tolerable and a lost one is not; where an earlier attempt's result was lost, the target is asked
first whether it already has the message.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import assert_never

from monitor.alerting.contract import (
    AlertLater,
    AlertRefused,
    AlertTarget,
    AlertTargetError,
    Attachment,
    CaseCard,
    Notice,
    Offer,
    Posted,
)
from monitor.domain.case import CaseId, CaseState
from monitor.domain.people import Person
from monitor.services import Services
from monitor.store import audit, cases, outbox, weeks
from monitor.store.engine import DatabaseUnusable
from monitor.store.outbox import Letter, OutboxKind
from monitor.workflow import notices
from monitor.workflow.cards import draw_card

__all__ = ["deliver_due", "try_again"]

_SKEW = timedelta(minutes=2)
"""How far a target's clock may be behind ours."""

_KINDS = (OutboxKind.ALERT, OutboxKind.CARD, OutboxKind.ESCALATION, OutboxKind.NOTICE)


def deliver_due(services: Services) -> int:
    """Deliver what is due; returns how many letters were settled.

    1. Lease due letters (T3a), oldest first, one per card.
    2. Draw and send each, with no transaction open.
    3. Write how it ended (T3b).
    """
    now = services.now()
    with services.database.transaction("T3a") as tx:
        letters = outbox.claim(
            tx,
            _KINDS,
            now=now,
            lease_for=services.pace.lease,
            limit=services.pace.batch,
            new_lease=services.new_id,
        )
    settled = 0
    for letter in letters:
        # A slow target may use the lease up; what is left then is another process's to send.
        if services.now() - now > services.pace.lease / 2:
            break
        settled += _deliver(services, letter)
    if letters and settled:
        services.dispatcher.nudge("deliver")
    return settled


def try_again(services: Services, letter_id: int, *, by: Person) -> None:
    """Make a dead letter due again, once its cause is mended. One transaction: letter · audit."""
    now = services.now()
    with services.database.transaction("revive") as tx:
        outbox.revive(tx, letter_id, now=now)
        audit.append(
            tx,
            "letter.revived",
            actor=f"person:{by.id}",
            subject=f"letter:{letter_id}",
            at=now,
            details={},
        )
    services.dispatcher.nudge("deliver")


def _deliver(services: Services, letter: Letter) -> bool:
    try:
        reference = _send(services, letter)
    except AlertLater as error:
        _later(services, letter, error.sentence, at=error.at)
        return False
    except AlertTargetError as error:
        _kill(services, letter, error)
        return True
    except DatabaseUnusable:
        raise
    except Exception as error:  # noqa: BLE001 - one letter's fault must not hold up the others
        return _broken(services, letter, error)
    with services.database.transaction("T3b") as tx:
        outbox.delivered(tx, letter, reference=reference, now=services.now())
    services.metrics.letters.labels(kind=letter.kind, end="delivered").inc()
    services.log.info("letter.delivered", kind=letter.kind, destination=letter.destination)
    return True


def _send(services: Services, letter: Letter) -> str | None:
    destination = services.routes.destination(letter.destination)
    target = services.targets.get(destination.kind) if destination else None
    if destination is None or target is None:
        raise AlertRefused(
            f"The destination {letter.destination!r} is not set up.",
            hint="Name it in routes.toml, and give its transport's settings.",
        )
    if letter.kind is OutboxKind.CARD:
        return _redraw(services, letter, target)
    if letter.first_tried_at is not None and (letter.uncertain or letter.attempts > 1):
        # After a failure too: a line can break after the message went through.
        since = letter.first_tried_at - _SKEW
        found = target.find(destination.address, letter.key, since=since)
        if found is not None:
            return found.reference
    return target.post(destination.address, _notification(services, letter)).reference


def _redraw(services: Services, letter: Letter, target: AlertTarget) -> str | None:
    alert_key = str(letter.payload["alert_key"])
    with services.database.reading() as reading:
        reference = outbox.reference(reading, alert_key)
    if reference is None:
        # The alert has not gone yet, or never will: when it goes it is drawn as things then are.
        return None
    card = draw_card(services, CaseId(int(letter.payload["case_id"])), key=alert_key)
    target.update(Posted(reference), card)
    return reference


def _notification(services: Services, letter: Letter) -> CaseCard | Notice:
    match letter.kind:
        case OutboxKind.ALERT:
            case_id = CaseId(int(letter.payload["case_id"]))
            return draw_card(services, case_id, key=letter.key)
        case OutboxKind.ESCALATION:
            return _escalation(services, letter)
        case OutboxKind.NOTICE | OutboxKind.CARD | OutboxKind.ENFORCE:
            return _notice(services, letter)
        case _:
            assert_never(letter.kind)


def _escalation(services: Services, letter: Letter) -> Notice:
    case_id = CaseId(int(letter.payload["case_id"]))
    card = draw_card(services, case_id, key=letter.key)
    with services.database.reading() as reading:
        case = cases.load(reading, case_id)
    route = services.routes.escalation(str(letter.payload["route"]))
    within = f"Please answer within {_words(route.respond_within)}." if route else ""
    lines = (
        f"{card.severity} · {card.clauses[0]}",
        f"{card.channel_name} ({card.service}), posted {card.posted_at:%d %B %Y %H:%M} UTC",
        f"Why it was passed on: {letter.payload['note']}",
        *((route.instructions,) if route and route.instructions else ()),
        *((within,) if within else ()),
    )
    out = case.state is CaseState.ESCALATED
    return Notice(
        key=letter.key,
        title=f"{card.reference} was escalated to {route.title if route else 'you'}",
        lines=lines,
        link=card.console_url or card.permalink,
        urgent=card.severity in {"S1", "S2"},
        case_id=case.id,
        version=case.version,
        offers=(Offer.TAKE_BACK, Offer.REVEAL) if out else (),
    )


def _notice(services: Services, letter: Letter) -> Notice:
    payload = letter.payload
    return Notice(
        key=letter.key,
        title=str(payload["title"]),
        lines=tuple(str(line) for line in payload["lines"]),
        link=payload["link"],
        urgent=bool(payload["urgent"]),
        attachments=_attachments(services, payload.get("week"), str(payload.get("service", ""))),
    )


def _attachments(services: Services, week: str | None, service: str) -> tuple[Attachment, ...]:
    if week is None:
        return ()
    with services.database.reading() as reading:
        stored = weeks.load_week(reading, service, week)
    if stored is None:
        return ()
    name = f"wardmote-{week}"
    return (
        Attachment(f"{name}.html", "text/html", stored.html.encode()),
        Attachment(f"{name}.csv", "text/csv", stored.csv.encode()),
    )


def _later(services: Services, letter: Letter, cause: str, *, at: datetime | None = None) -> None:
    earliest = services.now() + services.pace.after(letter.attempts)
    with services.database.transaction("T3b") as tx:
        outbox.retry(tx, letter, at=max(at, earliest) if at else earliest, error=cause)
    services.metrics.letters.labels(kind=letter.kind, end="later").inc()
    if letter.attempts <= 1:
        services.log.warning("letter.later", kind=letter.kind, destination=letter.destination)


def _broken(services: Services, letter: Letter, error: Exception) -> bool:
    """A mistake of ours came between: a few tries, then it is an operator's to look at."""
    cause = f"It could not be written ({type(error).__name__})."
    if letter.attempts < services.pace.patience:
        _later(services, letter, cause)
        return False
    _kill(services, letter, AlertRefused(cause, hint="This is a fault in Wardmote: report it."))
    return True


def _kill(services: Services, letter: Letter, error: AlertTargetError) -> None:
    """It cannot be delivered as things stand: keep it visible, and tell an operator."""
    now = services.now()
    with services.database.transaction("T3b") as tx:
        if not outbox.kill(tx, letter, error=f"{error.sentence} {error.hint}".strip(), now=now):
            return  # the lease ran out, and another process has it
        audit.append(
            tx,
            "letter.dead",
            actor="system",
            subject=f"letter:{letter.id}",
            at=now,
            details={"kind": letter.kind, "destination": letter.destination},
        )
        if letter.destination != services.routes.operators:
            notices.tell_operators(
                tx,
                services,
                key=f"letter:{letter.id}:dead",
                title=f"A notification to {letter.destination} cannot be delivered",
                lines=(
                    error.sentence,
                    *([error.hint] if error.hint else []),
                    "It is kept: mend the cause, then try it again from the console.",
                ),
            )
    services.metrics.letters.labels(kind=letter.kind, end="dead").inc()
    services.log.error("letter.dead", kind=letter.kind, destination=letter.destination)


def _words(duration: timedelta) -> str:
    hours = duration.total_seconds() / 3600
    if hours < 1:
        return f"{round(hours * 60)} minutes"
    return f"{hours:g} hours" if hours != 1 else "an hour"
