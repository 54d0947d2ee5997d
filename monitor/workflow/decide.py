"""What a person presses: claim, release, decide, reveal, review; and claims that run out.

T4, once per decision: decision · sealed evidence · case state (version checked) · enforcement in
the outbox · card redraw in the outbox · audit. A stale version is refused with who decided and
when; the same press twice finds the same decision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from monitor.domain import case as cases_of
from monitor.domain.case import (
    Act,
    Case,
    CaseId,
    CaseState,
    Decision,
    DecisionOrder,
    DecisionOutcome,
    EnforcementState,
    NotHeld,
    Refused,
)
from monitor.domain.people import Person, PersonId
from monitor.services import Services
from monitor.store import audit, cases, comments, evidence, outbox, people
from monitor.store.cases import CaseUnknown, StaleCase
from monitor.store.engine import Reading, Transaction
from monitor.store.outbox import OutboxKind
from monitor.workflow import cards
from monitor.workflow.wording import DID, clock

__all__ = ["Revealed", "claim", "decide", "lapse_due", "release", "reveal", "review"]

_ACTS = {DecisionOutcome.HIDE: Act.HIDE, DecisionOutcome.RESTORE: Act.RESTORE}


@dataclass(frozen=True, slots=True)
class Revealed:
    """A comment's full text, given to a person who asked for it and is on record for it."""

    text: str
    author_name: str | None
    permalink: str | None
    post_text: str


def claim(services: Services, case_id: CaseId, *, by: Person) -> Case:
    """Take a case, or take an escalated one back; claiming one's own renews the lease.

    Raises:
        Refused: Somebody else holds it, or it is decided.
    """

    def take(case: Case) -> Case:
        return cases_of.claim(case, by.id, now=services.now(), lease=services.pace.claim)

    return _move(services, case_id, take, event="case.claimed", by=by)


def release(services: Services, case_id: CaseId, *, by: Person) -> Case:
    """Put a case back into the queue.

    Raises:
        Refused: It is not held by this person.
    """
    return _move(
        services,
        case_id,
        lambda case: cases_of.release(case, by.id),
        event="case.released",
        by=by,
    )


def review(services: Services, case_id: CaseId, *, by: Person, reason: str) -> Case:
    """Open a closed case again and give it to the person who asked.

    Raises:
        Refused: It is not closed, or no reason was given.
    """
    if not reason.strip():
        raise Refused("Say in one line why this case is looked at again.")

    if len(reason) > cases_of.NOTE_LIMIT:
        raise Refused(f"Keep the reason to {cases_of.NOTE_LIMIT} characters or fewer.")

    def again(case: Case) -> Case:
        if case.state is CaseState.DECIDED:
            # It is with the platform; reopening is for what has come back from there.
            raise NotHeld(f"{case.reference} is decided and waits for the platform.")
        opened = cases_of.reopen(case)
        return cases_of.claim(opened, by.id, now=services.now(), lease=services.pace.claim)

    return _move(
        services, case_id, again, event="case.reopened", by=by, details={"reason": reason.strip()}
    )


def reveal(services: Services, case_id: CaseId, *, by: Person) -> Revealed:
    """Give the full text to a person, after writing down that they asked.

    One transaction: audit. The reading happens in the same one, so that no text leaves
    unrecorded.
    """
    with services.database.transaction("reveal") as tx:
        case = _load(tx, case_id)
        comment = comments.load(tx, case.comment_id)
        audit.append(
            tx,
            "case.revealed",
            actor=f"person:{by.id}",
            subject=f"case:{case.id}",
            at=services.now(),
            details={"version": comment.version},
        )
    services.log.info("case.revealed", case=case.id, by=by.id)
    return Revealed(
        text=comment.text,
        author_name=comment.author_name,
        permalink=comment.permalink,
        post_text=comment.post_text,
    )


def decide(
    services: Services,
    case_id: CaseId,
    order: DecisionOrder,
    *,
    by: Person,
    press: str,
    version: int,
) -> Decision:
    """Record one person's decision and set in motion what follows from it (T4).

    ``press`` identifies the press: the same one again returns the decision it made. ``version``
    is that of the case as the person was looking at it.

    Raises:
        Refused: Stale, not held, incomplete, or not allowed; the sentence says who and when.
    """
    try:
        with services.database.transaction("T4") as tx:
            earlier = cases.decision_by_press(tx, press)
            if earlier is not None:
                return earlier
            case = _load(tx, case_id)
            if case.version != version:
                raise Refused(_stale(tx, services, case, by=by))
            decision = _decide(tx, services, case, order, by=by, press=press)
    except StaleCase as error:
        with services.database.reading() as reading:
            earlier = cases.decision_by_press(reading, press)
            if earlier is not None:
                return earlier  # this press came twice in one instant
            raise Refused(_stale(reading, services, _load(reading, case_id))) from error
    services.log.info(
        "case.decided", case=case_id, outcome=decision.outcome, by=by.id, clause=decision.clause
    )
    services.dispatcher.nudge("enforce")
    services.dispatcher.nudge("deliver")
    return decision


def lapse_due(services: Services) -> int:
    """Put cases whose claim ran out back into the queue; returns how many. One write for each."""
    now = services.now()
    with services.database.reading() as reading:
        overdue = cases.lapsed(reading, now=now, limit=services.pace.batch)
    lapsed = 0
    for case in overdue:
        try:
            with services.database.transaction("lapse") as tx:
                moved = cases_of.lapse(cases.load(tx, case.id), now=now)
                cases.save(tx, moved, from_version=case.version)
                _note(tx, services, moved, event="case.lapsed", actor="system", details={})
        except (Refused, StaleCase):
            continue  # its holder acted in this very moment, which is what a claim is for
        lapsed += 1
        services.log.info("case.lapsed", case=case.id)
    if lapsed:
        services.dispatcher.nudge("deliver")
    return lapsed


def _decide(
    tx: Transaction,
    services: Services,
    case: Case,
    order: DecisionOrder,
    *,
    by: Person,
    press: str,
) -> Decision:
    now = services.now()
    _must_exist(services, order)
    moved = _named(tx, services, case, lambda each: cases_of.decide(each, order, by.id, now=now))
    # Before all else: of two presses in one instant the slower ends here, as a stale one.
    cases.save(tx, moved, from_version=case.version)
    decision = cases.record_decision(
        tx,
        case,
        order,
        by=by.id,
        at=now,
        standards_version=services.standards.fingerprint,
        press=press,
    )
    sealed = evidence.seal(
        tx,
        case_id=case.id,
        decision_id=decision.id,
        comment=comments.load(tx, case.comment_id),
        assessment=cases.assessment_of(tx, case.id),
        now=now,
    )
    _set_in_motion(tx, services, moved, order, decision=decision)
    _note(
        tx,
        services,
        moved,
        event="case.decided",
        actor=f"person:{by.id}",
        details={
            "outcome": order.outcome,
            "clause": order.clause,
            "standards": services.standards.fingerprint,
            "evidence": sealed,
            "by_hand": "yes" if order.by_hand else "no",
            "decision": decision.id,
        },
    )
    return decision


def _must_exist(services: Services, order: DecisionOrder) -> None:
    if order.clause is not None and services.standards.clause(order.clause) is None:
        raise Refused(f"The standard in force has no clause {order.clause!r}; choose another.")
    if order.route is not None and services.routes.escalation(order.route) is None:
        raise Refused(f"There is no escalation route {order.route!r}; choose another.")


def _set_in_motion(
    tx: Transaction, services: Services, moved: Case, order: DecisionOrder, *, decision: Decision
) -> None:
    now = services.now()
    act = _ACTS.get(order.outcome)
    if act is not None:
        state = EnforcementState.BY_HAND if order.by_hand else EnforcementState.REQUESTED
        enforcement = cases.request_enforcement(tx, decision, act, now=now, state=state)
        if not order.by_hand:
            outbox.put(
                tx,
                key=f"enforce:{enforcement.id}",
                kind=OutboxKind.ENFORCE,
                destination=moved.channel_id,
                payload={"enforcement_id": enforcement.id},
                due_at=now,
                now=now,
                case_id=moved.id,
            )
    route = services.routes.escalation(order.route) if order.route else None
    if order.outcome is DecisionOutcome.ESCALATE and route is not None:
        outbox.put(
            tx,
            key=f"escalation:{decision.id}",
            kind=OutboxKind.ESCALATION,
            destination=route.destination,
            payload={"case_id": moved.id, "route": route.id, "note": order.note.strip()},
            due_at=now,
            now=now,
            case_id=moved.id,
        )


def _move(
    services: Services,
    case_id: CaseId,
    step: Callable[[Case], Case],
    *,
    event: str,
    by: Person,
    details: dict[str, str] | None = None,
) -> Case:
    """One allowed move by a person: case state (version checked) · card redraw · audit."""
    try:
        with services.database.transaction(event) as tx:
            case = _load(tx, case_id)
            moved = _named(tx, services, case, step)
            cases.save(tx, moved, from_version=case.version)
            _note(tx, services, moved, event=event, actor=f"person:{by.id}", details=details or {})
    except StaleCase as error:
        with services.database.reading() as reading:
            raise Refused(_stale(reading, services, _load(reading, case_id))) from error
    services.log.info(event, case=case_id, by=by.id)
    services.dispatcher.nudge("deliver")
    return moved


def _named(tx: Transaction, services: Services, case: Case, step: Callable[[Case], Case]) -> Case:
    """Try a move; where somebody else was first, say who and when instead of a rule."""
    try:
        return step(case)
    except NotHeld as error:
        raise Refused(_stale(tx, services, case)) from error


def _stale(
    held: Transaction | Reading, services: Services, case: Case, *, by: Person | None = None
) -> str:
    """Who did what and when, for somebody who pressed on an older picture of the case."""
    decision = cases.latest_decision(held, case.id)
    match case.state:
        case CaseState.CLAIMED if by is None or case.holder != by.id:
            who = _name(held, case.holder)
            return f"{case.reference}: {who} claimed it at {clock(services, case.held_since)}."
        case CaseState.DECIDED | CaseState.CLOSED | CaseState.ESCALATED if decision is not None:
            who = _name(held, decision.by)
            words = DID[decision.outcome]
            return f"{case.reference}: {who} {words} at {clock(services, decision.at)}."
        case _:
            return f"{case.reference} changed since you looked at it. Look again, then decide."


def _name(held: Transaction | Reading, person_id: PersonId | None) -> str:
    person = people.by_id(held, person_id) if person_id is not None else None
    return person.name if person is not None else "somebody"


def _note(
    tx: Transaction,
    services: Services,
    moved: Case,
    *,
    event: str,
    actor: str,
    details: Mapping[str, str | int | None],
) -> None:
    audit.append(
        tx,
        event,
        actor=actor,
        subject=f"case:{moved.id}",
        at=services.now(),
        details={"state": moved.state, "version": moved.version, **details},
    )
    cards.order_redraw(tx, services, moved)


def _load(held: Transaction | Reading, case_id: CaseId) -> Case:
    try:
        return cases.load(held, case_id)
    except CaseUnknown as error:
        raise Refused(f"There is no case WM-{case_id}.") from error
