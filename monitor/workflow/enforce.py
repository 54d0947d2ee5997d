"""Carry out and confirm: what a person decided is asked of the platform, and the answer believed.

T5a leases one enforcement's letter; T5b writes the outcome · the case closed · audit · the card.
Hidden means that the platform said so when it was asked again: an answer of "success" that
changed nothing is tried again, and then given to a person to do by hand. Hiding a hidden comment
is success, and so is one that is gone, with a different word.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from connectors.contract import CommentRef, Connector, Outcome
from connectors.errors import (
    CommentGone,
    ConnectorError,
    CredentialsRejected,
    NotPermitted,
    TryLater,
    UnexpectedReply,
)
from monitor.domain import case as cases_of
from monitor.domain.case import Act, Case, CaseState, Enforcement, EnforcementState
from monitor.services import Services, as_channel
from monitor.store import audit, cases, comments, outbox
from monitor.store.comments import StoredComment
from monitor.store.engine import Transaction
from monitor.store.outbox import Letter, OutboxKind
from monitor.workflow import cards, notices

__all__ = ["enforce_due", "ref_of"]


def enforce_due(services: Services) -> int:
    """Carry out what is due; returns how many enforcements were settled.

    1. Lease due letters (T5a).
    2. Ask the platform to act, then ask it how the comment stands, with no transaction open.
    3. Write what it said (T5b).
    """
    now = services.now()
    with services.database.transaction("T5a") as tx:
        letters = outbox.claim(
            tx,
            (OutboxKind.ENFORCE,),
            now=now,
            lease_for=services.pace.lease,
            limit=services.pace.batch,
            new_lease=services.new_id,
        )
    settled = 0
    for letter in letters:
        # A slow platform may use the lease up; what is left then is another process's to do.
        if services.now() - now > services.pace.lease / 2:
            break
        settled += _enforce(services, letter)
    return settled


def ref_of(services: Services, comment: StoredComment) -> CommentRef:
    """What a connector needs to act on a stored comment."""
    return CommentRef(
        channel=as_channel(services.channels[comment.channel_id]),
        native_id=comment.native_id,
        post_id=comment.post_id,
        author_id=comment.author_id,
    )


def _enforce(services: Services, letter: Letter) -> bool:
    with services.database.reading() as reading:
        enforcement = cases.enforcement(reading, int(letter.payload["enforcement_id"]))
        case = cases.load(reading, enforcement.case_id)
        comment = comments.load(reading, case.comment_id)
    tried = replace(enforcement, attempts=enforcement.attempts + 1)
    refusal = _cannot(services, case, enforcement.act)
    if refusal is not None:
        _give_to_a_person(
            services, letter, tried, comment, state=EnforcementState.REFUSED, why=refusal
        )
        return True
    try:
        connector = services.connector(case.channel_id)
        outcome = _act(connector, enforcement.act, ref_of(services, comment))
        hidden = _look(connector, ref_of(services, comment))
    except CommentGone:
        outcome, hidden = Outcome.GONE, None
    except ConnectorError as error:
        return _failed(services, letter, tried, comment, error)
    except Exception as error:  # noqa: BLE001 - one fault must not stop what waits behind it
        kind = type(error).__name__
        fault = UnexpectedReply(f"asking the platform broke off ({kind})", details={"error": kind})
        return _failed(services, letter, tried, comment, fault)
    if outcome is Outcome.GONE or hidden is (enforcement.act is Act.HIDE):
        _confirm(services, letter, tried, comment, outcome)
        return True
    return _unchanged(services, letter, tried, comment)


def _cannot(services: Services, case: Case, act: Act) -> str | None:
    watched = services.channels.get(case.channel_id)
    if watched is None:
        return "this channel is no longer configured"
    if not watched.actions_enabled:
        return "this channel is watched without control"
    try:
        capabilities = services.connector(case.channel_id).capabilities
    except ConnectorError as error:
        return error.sentence.rstrip(".")
    ability = capabilities.hide if act is Act.HIDE else capabilities.restore
    return None if ability is not None else f"this platform offers no way to {act} from here"


def _act(connector: Connector, act: Act, ref: CommentRef) -> Outcome:
    match act:
        case Act.HIDE:
            return connector.hide(ref)
        case Act.RESTORE:
            return connector.restore(ref)
        case _:
            assert_never(act)


def _look(connector: Connector, ref: CommentRef) -> bool | None:
    return connector.fetch(ref).hidden


def _confirm(
    services: Services,
    letter: Letter,
    tried: Enforcement,
    comment: StoredComment,
    outcome: Outcome,
) -> None:
    now = services.now()
    gone = outcome is Outcome.GONE
    first_look = now + services.pace.rechecks[0] if services.pace.rechecks and not gone else None
    with services.database.transaction("T5b") as tx:
        if not outbox.delivered(tx, letter, reference=None, now=now):
            return  # the lease ran out and another process has written the outcome
        cases.save_enforcement(
            tx,
            replace(
                tried,
                state=EnforcementState.DONE,
                outcome=outcome,
                confirmed_at=now,
                recheck_at=first_look,
            ),
        )
        if gone:
            comments.mark_gone(tx, comment.comment_id, now=now)
        else:
            comments.mark_hidden(tx, comment.comment_id, hidden=tried.act is Act.HIDE, now=now)
        case = cases.load(tx, tried.case_id)
        if case.state is CaseState.DECIDED:
            hidden = tried.act is Act.HIDE and not gone
            _save(tx, services, case, cases_of.close(case, now=now, hidden=hidden))
        _audit(tx, "enforcement.confirmed", tried, at=now, details={"outcome": outcome})
    services.log.info("enforcement.confirmed", case=tried.case_id, act=tried.act, outcome=outcome)
    services.dispatcher.nudge("deliver")


def _unchanged(
    services: Services, letter: Letter, tried: Enforcement, comment: StoredComment
) -> bool:
    """The platform said yes, and a look says that nothing changed."""
    if tried.attempts < services.pace.patience:
        _try_again(services, letter, tried, at=None, error="the platform changed nothing")
        return False
    _give_to_a_person(
        services,
        letter,
        tried,
        comment,
        state=EnforcementState.FAILED,
        why=f"the platform accepted it {tried.attempts} times and changed nothing",
    )
    return True


def _failed(
    services: Services,
    letter: Letter,
    tried: Enforcement,
    comment: StoredComment,
    error: ConnectorError,
) -> bool:
    match error:
        case TryLater():
            # Waiting is not failing: the count of attempts stays as it was.
            waited = replace(tried, attempts=tried.attempts - 1)
            _try_again(services, letter, waited, at=error.at, error=error.sentence)
            return False
        case NotPermitted() | CredentialsRejected():
            _give_to_a_person(
                services,
                letter,
                tried,
                comment,
                state=EnforcementState.REFUSED,
                why=error.sentence.rstrip("."),
                scope=error.scope,
            )
            return True
        case _:
            if tried.attempts < services.pace.patience:
                _try_again(services, letter, tried, at=None, error=error.sentence)
                return False
            _give_to_a_person(
                services,
                letter,
                tried,
                comment,
                state=EnforcementState.FAILED,
                why=error.sentence.rstrip("."),
            )
            return True


def _try_again(
    services: Services, letter: Letter, tried: Enforcement, *, at: datetime | None, error: str
) -> None:
    earliest = services.now() + services.pace.after(letter.attempts)
    with services.database.transaction("T5b") as tx:
        if not outbox.retry(tx, letter, at=max(at, earliest) if at else earliest, error=error):
            return  # the lease ran out and another process has written the outcome
        cases.save_enforcement(tx, tried)
    if letter.attempts <= 1:
        services.log.warning("enforcement.later", case=tried.case_id, act=tried.act)


def _give_to_a_person(
    services: Services,
    letter: Letter,
    tried: Enforcement,
    comment: StoredComment,
    *,
    state: EnforcementState,
    why: str,
    scope: str | None = None,
) -> None:
    """It cannot be done from here: open the case again with what to do by hand."""
    now = services.now()
    where = f" at {comment.permalink}" if comment.permalink else " at the platform"
    by_hand = f"Not done: {why}. Do it by hand{where}, then say so here."
    with services.database.transaction("T5b") as tx:
        if not outbox.delivered(tx, letter, reference=None, now=now):
            return
        cases.save_enforcement(tx, replace(tried, state=state, detail=why))
        case = cases.load(tx, tried.case_id)
        if case.state is CaseState.DECIDED:
            moved = cases_of.reopen(case, by_hand=by_hand)
            _save(tx, services, case, moved)
            cards.order_return_notice(
                tx, services, moved, why="the platform did not do what was decided"
            )
        if scope is not None:
            notices.tell_operators(
                tx,
                services,
                key=f"channel:{case.channel_id}:cannot:{tried.act}:{now:%Y%m%d}",
                title=f"{services.channels[case.channel_id].name}: {tried.act} is not permitted",
                lines=(f"{why}. Permission to mend: {scope}.",),
            )
        _audit(tx, "enforcement.failed", tried, at=now, details={"state": state})
    services.log.error("enforcement.failed", case=tried.case_id, act=tried.act, state=state)
    services.dispatcher.nudge("deliver")


def _save(tx: Transaction, services: Services, case: Case, moved: Case) -> None:
    cases.save(tx, moved, from_version=case.version)
    cards.order_redraw(tx, services, moved)


def _audit(
    tx: Transaction,
    event: str,
    tried: Enforcement,
    *,
    at: datetime,
    details: dict[str, str],
) -> None:
    audit.append(
        tx,
        event,
        actor="system",
        subject=f"case:{tried.case_id}",
        at=at,
        details={"act": tried.act, "attempts": tried.attempts, **details},
    )
