"""What a press in a chat means: from buttons and forms to the workflow, and back to a screen.

No type of the chat's SDK comes in or goes out, and nothing here waits or sends: a surface turns
its payloads into ``Press`` and ``Submission`` and shows the ``Answer``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config.standards import Clause, Lane
from monitor.alerting.contract import Offer
from monitor.alerting.slack_modals import (
    BY_HAND,
    CLAUSE,
    NOTE,
    ROUTE,
    Choice,
    DecideForm,
    Memory,
    decide_modal,
    reveal_modal,
    review_modal,
)
from monitor.alerting.slack_text import age
from monitor.desk.floor import CaseAtHand, Floor
from monitor.desk.permissions import act_for, refusal
from monitor.domain.case import CaseId, DecisionOrder, DecisionOutcome, Refused
from monitor.domain.people import Person

__all__ = [
    "UNLINKED",
    "Answer",
    "Corrections",
    "Done",
    "Press",
    "Presses",
    "Shown",
    "Submission",
    "Told",
    "wants_a_view",
]

UNLINKED = (
    "Wardmote does not know you yet, so nothing was done. "
    "Ask an administrator to link your Slack account to your name."
)

_OUTCOMES: Mapping[Offer, DecisionOutcome] = {
    Offer.HIDE: DecisionOutcome.HIDE,
    Offer.KEEP: DecisionOutcome.KEEP,
    Offer.ESCALATE: DecisionOutcome.ESCALATE,
    Offer.RESTORE: DecisionOutcome.RESTORE,
}
_AT_ONCE = frozenset({Offer.CLAIM, Offer.RELEASE, Offer.TAKE_BACK})
_SAY_CLAUSE = "Choose the clause of the standard that this rests on."
_SAY_NOTE = "Say in one line why this step is proportionate."
_SAY_REASON = "Say in one line why it is looked at again."
_SAY_ROUTE = "Choose whom to escalate to."
_SAY_BY_HAND = "Tick the box once you have done it at the platform."


@dataclass(frozen=True, slots=True)
class Press:
    """A button was pressed on a card that was drawn for ``version`` of the case.

    Attributes:
        id: The same for every delivery of the same press.
        user: Who pressed, as the chat knows them.
    """

    id: str
    user: str
    offer: Offer
    case_id: CaseId
    version: int


@dataclass(frozen=True, slots=True)
class Submission:
    """A form was sent: what it remembered, and its fields (None where left empty)."""

    id: str
    user: str
    memory: Memory
    fields: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Done:
    """It happened; the card says so itself."""

    by: Person


@dataclass(frozen=True, slots=True)
class Told:
    """It did not happen; ``sentence`` is for who pressed.

    Attributes:
        by: Who pressed, where that is known.
        stranger: Nobody has linked them to a person.
    """

    sentence: str
    by: Person | None = None
    stranger: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A form or a page to show."""

    view: dict[str, Any]
    by: Person


@dataclass(frozen=True, slots=True)
class Corrections:
    """The form stays open: field -> what to mend."""

    by_field: Mapping[str, str]
    by: Person


Answer = Done | Told | Shown | Corrections


def wants_a_view(offer: Offer) -> bool:
    """Whether this button opens a form or a page, which must be opened within seconds."""
    return offer not in _AT_ONCE


class Presses:
    """Turns presses into what the workflow does, for anybody, by the table of permissions."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def answer(self, press: Press) -> Answer:
        """Do at once what needs no form; otherwise give the form or the page."""
        allowed = self._allowed(press.user, press.case_id, press.offer)
        if isinstance(allowed, Told):
            return allowed
        person, at_hand = allowed
        try:
            return self._answer(press, person, at_hand)
        except Refused as refused:
            return Told(refused.sentence, person)

    def submit(self, submission: Submission) -> Answer:
        """Do what a form asks for, or say which field to mend."""
        memory = submission.memory
        allowed = self._allowed(submission.user, CaseId(memory.case_id), memory.offer)
        if isinstance(allowed, Told):
            return allowed
        person, _ = allowed
        wrong = _corrections(memory, submission.fields)
        if wrong:
            return Corrections(wrong, person)
        try:
            self._carry_out(submission, person)
        except Refused as refused:
            return Told(refused.sentence, person)
        self._floor.nudge()
        return Done(person)

    def _allowed(
        self, user: str, case_id: CaseId, offer: Offer
    ) -> tuple[Person, CaseAtHand] | Told:
        person = self._floor.person(user)
        if person is None:
            return Told(UNLINKED, stranger=True)
        at_hand = self._floor.case(case_id)
        if at_hand is None:
            return Told(f"There is no case WM-{case_id} any more.", person)
        sentence = refusal(person, act_for(offer), service=at_hand.service)
        return Told(sentence, person) if sentence else (person, at_hand)

    def _answer(self, press: Press, person: Person, at_hand: CaseAtHand) -> Answer:
        match press.offer:
            case Offer.CLAIM | Offer.TAKE_BACK:
                self._floor.claim(press.case_id, by=person)
            case Offer.RELEASE:
                self._floor.release(press.case_id, by=person)
            case Offer.REVEAL:
                return Shown(reveal_modal(self._floor.reveal(press.case_id, by=person)), person)
            case _:
                return self._form(press, person, at_hand)
        self._floor.nudge()
        return Done(person)

    def _form(self, press: Press, person: Person, at_hand: CaseAtHand) -> Answer:
        case = at_hand.case
        if press.version != case.version:
            return Told(
                f"This card was out of date. {case.reference} now: {at_hand.status}", person
            )
        if press.offer is Offer.REVIEW:
            memory = Memory(case.id, press.version, press.offer)
            return Shown(review_modal(memory, reference=case.reference), person)
        return Shown(decide_modal(self._decide_form(press, at_hand)), person)

    def _decide_form(self, press: Press, at_hand: CaseAtHand) -> DecideForm:
        case, by_hand = at_hand.case, press.offer is Offer.BY_HAND
        undone = DecisionOutcome.RESTORE if case.hidden else DecisionOutcome.HIDE
        outcome = undone if by_hand else _OUTCOMES[press.offer]
        citable = [
            clause
            for clause in self._floor.standards.clauses
            # A duty of care is never a reason to hide, so it is not offered as one.
            if outcome is not DecisionOutcome.HIDE or clause.lane is not Lane.WELFARE
        ]
        seen = [clause for each in case.clauses for clause in citable if clause.id == each]
        return DecideForm(
            memory=Memory(case.id, press.version, press.offer, outcome),
            reference=case.reference,
            seen=tuple(_clause_choice(clause) for clause in seen),
            others=tuple(_clause_choice(clause) for clause in citable if clause not in seen),
            routes=self._routes(seen) if outcome is DecisionOutcome.ESCALATE else (),
            by_hand=(at_hand.by_hand or "Do it at the platform first.") if by_hand else "",
        )

    def _routes(self, seen: list[Clause]) -> tuple[Choice, ...]:
        advised = [each for clause in seen for each in clause.escalates_to]
        routes = sorted(
            self._floor.routes.escalations,
            key=lambda route: advised.index(route.id) if route.id in advised else len(advised),
        )
        return tuple(
            Choice(
                route.id,
                route.title,
                f"Answers within {age(route.respond_within)}. {route.instructions}".strip(),
            )
            for route in routes
        )

    def _carry_out(self, submission: Submission, person: Person) -> None:
        memory, fields = submission.memory, submission.fields
        case_id, note = CaseId(memory.case_id), (fields.get(NOTE) or "").strip()
        if memory.outcome is None:
            self._floor.review(case_id, by=person, reason=note)
            return
        clause = self._floor.standards.clause(fields.get(CLAUSE) or "")
        order = DecisionOrder(
            outcome=memory.outcome,
            clause=clause.id if clause else None,
            note=note,
            route=fields.get(ROUTE),
            by_hand=memory.offer is Offer.BY_HAND,
        )
        self._floor.decide(case_id, order, by=person, press=submission.id, version=memory.version)


def _clause_choice(clause: Clause) -> Choice:
    return Choice(str(clause.id), f"{clause.ref} {clause.title}")


def _corrections(memory: Memory, fields: Mapping[str, str | None]) -> dict[str, str]:
    noted = bool((fields.get(NOTE) or "").strip())
    if memory.outcome is None:
        return {} if noted else {NOTE: _SAY_REASON}
    wrong = {}
    if not fields.get(CLAUSE):
        wrong[CLAUSE] = _SAY_CLAUSE
    if not noted and memory.outcome is not DecisionOutcome.KEEP:
        wrong[NOTE] = _SAY_NOTE
    if memory.outcome is DecisionOutcome.ESCALATE and not fields.get(ROUTE):
        wrong[ROUTE] = _SAY_ROUTE
    if memory.offer is Offer.BY_HAND and not fields.get(BY_HAND):
        wrong[BY_HAND] = _SAY_BY_HAND
    return wrong
