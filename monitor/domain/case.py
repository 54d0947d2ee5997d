"""A case, the decisions about it, what is then asked of the platform, and the allowed moves.

Case         open ─► claimed ─► decided ─► closed     (keep: decided and closed in one write)
             claimed ─► open (released, lease over)    claimed ─► escalated ─► claimed
             decided ─► open (platform refused)        closed ─► open (review, edit, drift)
Enforcement  requested ─► done | refused | failed      done ─► drifted;  by_hand: a person says so

Every move takes the case as it was read and returns it as it shall be, its version one higher.
A move that is not allowed raises ``Refused`` with one sentence for the person who asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from config.standards import ClauseId, Lane, Severity
from connectors.contract import ChannelId
from monitor.domain.people import PersonId

__all__ = [
    "Act",
    "Case",
    "CaseId",
    "CaseState",
    "Decision",
    "DecisionOrder",
    "DecisionOutcome",
    "Enforcement",
    "EnforcementState",
    "NotHeld",
    "Refused",
    "claim",
    "close",
    "decide",
    "found",
    "lapse",
    "reassess",
    "reference",
    "release",
    "reopen",
]

CaseId = NewType("CaseId", int)
"""Shown as ``WM-412``."""

NOTE_LIMIT = 500
"""The longest note, in characters; it must still fit beside the card."""

_WELFARE = ClauseId("welfare")


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    CLAIMED = "claimed"
    DECIDED = "decided"
    ESCALATED = "escalated"
    CLOSED = "closed"


class DecisionOutcome(StrEnum):
    """What a person concluded."""

    HIDE = "hide"
    KEEP = "keep"
    ESCALATE = "escalate"
    RESTORE = "restore"


class Act(StrEnum):
    """What a platform is asked to do."""

    HIDE = "hide"
    RESTORE = "restore"


class EnforcementState(StrEnum):
    """What became of asking a platform. ``done`` is said by the platform alone."""

    REQUESTED = "requested"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    DRIFTED = "drifted"
    BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True)
class Case:
    """An assessment that a person must look at.

    Attributes:
        comment_id: The comment's row in our store.
        clauses: Touched clauses, worst first; the first is what a card leads with.
        version: Rises with every move; a press made on an older one is refused.
        holder: Who has claimed it.
        held_since: When they did; ``held_until`` when the claim lapses. Aware UTC.
        escalated_to: The escalation route that has it, while it is escalated.
        hidden: True from the platform's confirmation of a hide to that of a restore.
        by_hand: What to do at the platform because it refused us, or "".
    """

    id: CaseId
    channel_id: ChannelId
    comment_id: int
    lane: Lane
    severity: Severity
    clauses: tuple[ClauseId, ...]
    state: CaseState
    version: int
    opened_at: datetime
    holder: PersonId | None = None
    held_since: datetime | None = None
    held_until: datetime | None = None
    escalated_to: str | None = None
    closed_at: datetime | None = None
    hidden: bool = False
    by_hand: str = ""

    @property
    def reference(self) -> str:
        """What people say to each other: ``WM-412``."""
        return reference(self.id)


def reference(case_id: CaseId) -> str:
    """How people name a case: ``WM-412``."""
    return f"WM-{case_id}"


@dataclass(frozen=True, slots=True)
class DecisionOrder:
    """What a moderator pressed: outcome, clause, and why it is proportionate.

    Attributes:
        clause: The clause of the standard that the decision cites.
        note: One line on proportionality; required unless the comment is kept.
        route: The escalation route, when escalating.
        by_hand: The moderator has already done it at the platform.
    """

    outcome: DecisionOutcome
    clause: ClauseId | None
    note: str = ""
    route: str | None = None
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person concluded about a case, under which text of the standard.

    Attributes:
        press: The press that made it; the same press finds the same decision.
        case_version: The version of the case that was decided.
    """

    id: int
    case_id: CaseId
    outcome: DecisionOutcome
    clause: ClauseId | None
    note: str
    by: PersonId
    at: datetime
    standards_version: str
    case_version: int
    press: str
    route: str | None = None


@dataclass(frozen=True, slots=True)
class Enforcement:
    """What we asked the platform to do, and what it said.

    Attributes:
        outcome: The platform's answer in our word (``done``, ``already``, ``gone``), or "".
        detail: One sentence about a refusal, a failure or a drift.
        recheck_at: When the platform is asked again whether it is still so.
    """

    id: int
    decision_id: int
    case_id: CaseId
    act: Act
    state: EnforcementState
    requested_at: datetime
    attempts: int = 0
    outcome: str = ""
    detail: str = ""
    confirmed_at: datetime | None = None
    recheck_at: datetime | None = None
    rechecks: int = 0


class Refused(Exception):  # noqa: N818 - it says what happened to the press
    """A move was not allowed; ``sentence`` says why, with who and when, for the one who asked."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NotHeld(Refused):
    """It is not this person's to move: somebody else has it, or it is decided."""


def claim(case: Case, by: PersonId, *, now: datetime, lease: timedelta) -> Case:
    """Give the case to ``by`` until ``now + lease``; claiming one's own renews the lease.

    An escalated case is taken back by claiming it.
    """
    if case.state not in {CaseState.OPEN, CaseState.ESCALATED}:
        _must_be_theirs(case, by)
    return replace(
        case,
        state=CaseState.CLAIMED,
        version=case.version + 1,
        holder=by,
        held_since=now if case.holder != by else case.held_since,
        held_until=now + lease,
        escalated_to=None,
    )


def release(case: Case, by: PersonId) -> Case:
    """Put a claimed case back into the queue; only its holder may."""
    _must_hold(case, by)
    return _unheld(case, CaseState.OPEN)


def lapse(case: Case, *, now: datetime) -> Case:
    """Put a claimed case back into the queue because its claim ran out."""
    if case.state is not CaseState.CLAIMED or case.held_until is None or case.held_until > now:
        raise Refused(f"{case.reference} is not overdue.")
    return _unheld(case, CaseState.OPEN)


def decide(case: Case, order: DecisionOrder, by: PersonId, *, now: datetime) -> Case:
    """Move a case by its holder's decision.

    Hide and restore wait for the platform (``decided``), unless done by hand; keep closes;
    escalate hands it on.
    """
    _must_hold(case, by)
    _must_be_complete(case, order)
    if order.outcome is DecisionOutcome.ESCALATE:
        return replace(_unheld(case, CaseState.ESCALATED), escalated_to=order.route)
    if order.outcome is DecisionOutcome.KEEP:
        return replace(_unheld(case, CaseState.CLOSED), closed_at=now, by_hand="")
    if order.by_hand:
        hidden = order.outcome is DecisionOutcome.HIDE
        done = _unheld(case, CaseState.CLOSED)
        return replace(done, closed_at=now, by_hand="", hidden=hidden)
    return replace(_unheld(case, CaseState.DECIDED), holder=by, by_hand="")


def close(case: Case, *, now: datetime, hidden: bool) -> Case:
    """The platform has confirmed the decision: close, and remember what it said."""
    if case.state is not CaseState.DECIDED:
        raise Refused(f"{case.reference} is not waiting for the platform.")
    return replace(_unheld(case, CaseState.CLOSED), closed_at=now, hidden=hidden, by_hand="")


def reopen(case: Case, *, by_hand: str = "", hidden: bool | None = None) -> Case:
    """Put a decided or closed case back into the queue.

    Args:
        case: As it was read.
        by_hand: What to do at the platform, when it refused what was asked.
        hidden: What the platform says now, when a re-check disagrees with what it confirmed;
            None keeps what was confirmed. Without it a comment that drifted back into public
            view could not be hidden again.
    """
    if case.state not in {CaseState.DECIDED, CaseState.CLOSED}:
        raise Refused(f"{case.reference} is already open.")
    return replace(
        _unheld(case, CaseState.OPEN),
        closed_at=None,
        by_hand=by_hand,
        hidden=case.hidden if hidden is None else hidden,
    )


def found(case: Case, *, hidden: bool) -> Case:
    """A look at the platform found the comment otherwise than the case says; it stays where it is.

    For a case that people have in hand already: one that is closed is opened again (``reopen``).
    """
    if case.state in {CaseState.DECIDED, CaseState.CLOSED}:
        raise Refused(f"{case.reference} is not in anybody's hands.")
    return replace(case, version=case.version + 1, hidden=hidden, by_hand="")


def reassess(
    case: Case, *, lane: Lane, severity: Severity | None, clauses: tuple[ClauseId, ...]
) -> Case:
    """The comment was edited: read it anew, and put a closed case back into the queue.

    A case that somebody holds stays theirs. While nobody has decided it, an edit never lowers
    what the case was opened for, because people saw the earlier version; once it was decided,
    only the new version waits for a person. A closed case whose new version needs nobody
    (severity None) is returned as it was.
    """
    if case.state is CaseState.CLOSED:
        if severity is None:
            return case
        return replace(
            case,
            state=CaseState.OPEN,
            version=case.version + 1,
            lane=lane,
            severity=severity,
            clauses=clauses,
            closed_at=None,
        )
    if severity is None or severity.rank > case.severity.rank:
        lane, severity, clauses = case.lane, case.severity, case.clauses + clauses
    else:
        clauses += case.clauses
    return replace(
        case,
        lane=lane,
        severity=severity,
        clauses=tuple(dict.fromkeys(clauses)),
        version=case.version + 1,
    )


def _must_hold(case: Case, by: PersonId) -> None:
    if case.state is CaseState.OPEN:
        raise Refused(f"Claim {case.reference} first, so that two people do not decide it.")
    if case.state is CaseState.ESCALATED:
        raise Refused(f"{case.reference} is escalated to {case.escalated_to}. Take it back first.")
    _must_be_theirs(case, by)


def _must_be_theirs(case: Case, by: PersonId) -> None:
    if case.state is CaseState.DECIDED:
        raise NotHeld(f"{case.reference} is decided and waits for the platform.")
    if case.state is CaseState.CLOSED:
        raise NotHeld(f"{case.reference} is closed. Ask for a review to open it again.")
    if case.holder != by:
        raise NotHeld(_held(case))


def _must_be_complete(case: Case, order: DecisionOrder) -> None:
    _must_be_reasoned(case, order)
    if order.outcome is DecisionOutcome.ESCALATE and not order.route:
        raise Refused("Choose whom to escalate to.")
    if order.outcome is DecisionOutcome.HIDE:
        _must_be_hideable(case, order)
    if order.outcome is DecisionOutcome.RESTORE and not case.hidden:
        raise Refused(f"{case.reference} is not hidden.")


def _must_be_reasoned(case: Case, order: DecisionOrder) -> None:
    if order.outcome is DecisionOutcome.KEEP:
        if order.clause is None and case.clauses:
            raise Refused("Choose the clause that you considered, so that the record is whole.")
    elif order.clause is None:
        raise Refused("Choose the clause of the standard that this decision rests on.")
    elif not order.note.strip():
        raise Refused("Say in one line why this step is proportionate.")
    if len(order.note) > NOTE_LIMIT:
        raise Refused(f"Keep the note to {NOTE_LIMIT} characters or fewer.")


def _must_be_hideable(case: Case, order: DecisionOrder) -> None:
    if order.clause == _WELFARE:
        raise Refused(
            "Welfare is a duty of care, never a reason to hide. Escalate it, "
            "or cite the clause that the words breach."
        )
    if case.hidden:
        raise Refused(f"{case.reference} is hidden already.")


def _held(case: Case) -> str:
    since = f" at {case.held_since:%H:%M} UTC" if case.held_since else ""
    return f"{case.reference} was claimed by {case.holder}{since}."


def _unheld(case: Case, state: CaseState) -> Case:
    return replace(
        case,
        state=state,
        version=case.version + 1,
        holder=None,
        held_since=None,
        held_until=None,
        escalated_to=None,
    )
