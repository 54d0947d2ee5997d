"""One case: what was said (masked until asked for), what was seen in it, and what can be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from config.standards import Clause, ClauseId
from monitor.alerting.contract import CaseCard, Offer
from monitor.desk.permissions import DeskAct, act_for
from monitor.desk.web.pages import PageProblem, Pressed, SignedIn, Visitor, page, see_other
from monitor.desk.web.wording import Stretch, stretches, trail_sentence
from monitor.domain.case import CaseId, DecisionOrder, DecisionOutcome, Refused
from monitor.domain.masking import masked_snippet
from monitor.domain.people import PersonId
from monitor.store import people, views
from monitor.store.views import CasePage
from monitor.workflow import cards
from monitor.workflow import decide as steps
from monitor.workflow.decide import Revealed

__all__ = ["CaseSeen", "case_seen", "router"]

router = APIRouter(include_in_schema=False)

_ACTS: Mapping[DecisionOutcome, DeskAct] = {
    DecisionOutcome.HIDE: DeskAct.HIDE,
    DecisionOutcome.KEEP: DeskAct.KEEP,
    DecisionOutcome.ESCALATE: DeskAct.ESCALATE,
    DecisionOutcome.RESTORE: DeskAct.RESTORE,
}
_DECIDING = {
    Offer.HIDE: DecisionOutcome.HIDE,
    Offer.KEEP: DecisionOutcome.KEEP,
    Offer.ESCALATE: DecisionOutcome.ESCALATE,
    Offer.RESTORE: DecisionOutcome.RESTORE,
}
_OUTCOME_WORDS: Mapping[DecisionOutcome, tuple[str, str]] = {
    DecisionOutcome.HIDE: ("Hide", "The platform is asked to hide the comment from the public."),
    DecisionOutcome.KEEP: ("Keep", "The comment stays, and the case is closed."),
    DecisionOutcome.ESCALATE: ("Escalate", "Somebody else is asked; the comment stays meanwhile."),
    DecisionOutcome.RESTORE: ("Restore", "The platform is asked to make it public again."),
}
_SAID: Mapping[str, str] = {
    "claimed": "You have claimed this case.",
    "taken-back": "You have taken this case back.",
    "released": "You have put this case back into the queue.",
    "review": "The case is open again, and it is yours.",
    "hide": "Your decision to hide it is on record.",
    "keep": "Your decision to keep it is on record.",
    "escalate": "Your escalation is on record.",
    "restore": "Your decision to restore it is on record.",
}
_MASKED_LIMIT = 400
_LONGEST_PRESS = 64
_LONGEST_NUMBER = 15


@dataclass(frozen=True, slots=True)
class CaseSeen:
    """A case as one person may see it now.

    Attributes:
        offers: What this person can press, in order; never what they may not.
        refusals: Why not, for what the case offers and this person may not press.
    """

    page: CasePage
    card: CaseCard
    names: Mapping[PersonId, str]
    offers: frozenset[Offer]
    refusals: tuple[str, ...]

    @property
    def outcomes(self) -> tuple[DecisionOutcome, ...]:
        """The decisions that this person can make now."""
        return tuple(outcome for offer, outcome in _DECIDING.items() if offer in self.offers)

    @property
    def can_act(self) -> bool:
        """Whether there is anything to press besides reading the text."""
        return bool(self.offers - {Offer.REVEAL})


@dataclass(frozen=True, slots=True)
class _Typed:
    """What a person had filled in when their press was refused."""

    outcome: str = ""
    clause: str = ""
    note: str = ""
    route: str = ""
    by_hand: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Happened:
    """One line of the timeline."""

    at: datetime
    words: str


def case_seen(visitor: Visitor, reference: str) -> CaseSeen:
    """The case of that reference, as this person may see it.

    Raises:
        PageProblem: There is none, or it is not theirs to look at.
    """
    case_id = _case_id(reference)
    with visitor.services.database.reading() as reading:
        found = views.case_page(reading, case_id)
        names = {person.id: person.name for person in people.all_people(reading)}
    if found is None:
        raise PageProblem(404, f"There is no case {reference}.", "Look for it in the queue.")
    visitor.require(DeskAct.VIEW, service=found.service)
    # A card that is done with offers no text; whoever reads its page may still have to.
    offered = {*cards.offers(visitor.services, found.case), Offer.REVEAL}
    refused = {
        offer: sentence
        for offer in offered
        if (sentence := _refusal(visitor, found, offer)) is not None
    }
    return CaseSeen(
        page=found,
        card=cards.draw_card(visitor.services, case_id, key=""),
        names=names,
        offers=frozenset(offer for offer in offered if offer not in refused),
        refusals=tuple(sorted({sentence for sentence in refused.values() if sentence})),
    )


@router.get("/cases/{reference}")
def show_case(request: Request, visitor: SignedIn, reference: str, said: str = "") -> HTMLResponse:
    """The case with its comment masked."""
    return _shown(request, visitor, case_seen(visitor, reference), said=_SAID.get(said, ""))


@router.post("/cases/{reference}/reveal")
def reveal(request: Request, visitor: Pressed, reference: str) -> HTMLResponse:
    """The case with its comment's words, once it is on record who asked for them."""
    seen = _for_press(visitor, reference, DeskAct.REVEAL)
    revealed = steps.reveal(visitor.services, seen.page.case.id, by=visitor.person)
    return _shown(request, visitor, case_seen(visitor, reference), revealed=revealed)


@router.post("/cases/{reference}/claim")
def claim(request: Request, visitor: Pressed, reference: str) -> Response:
    """Take the case."""
    seen = _for_press(visitor, reference, DeskAct.CLAIM)
    try:
        steps.claim(visitor.services, seen.page.case.id, by=visitor.person)
    except Refused as error:
        return _refused(request, visitor, reference, error)
    return see_other(f"/cases/{reference}?said=claimed")


@router.post("/cases/{reference}/take-back")
def take_back(request: Request, visitor: Pressed, reference: str) -> Response:
    """Take an escalated case back."""
    seen = _for_press(visitor, reference, DeskAct.TAKE_BACK)
    try:
        steps.claim(visitor.services, seen.page.case.id, by=visitor.person)
    except Refused as error:
        return _refused(request, visitor, reference, error)
    return see_other(f"/cases/{reference}?said=taken-back")


@router.post("/cases/{reference}/release")
def release(request: Request, visitor: Pressed, reference: str) -> Response:
    """Put the case back into the queue."""
    seen = _for_press(visitor, reference, DeskAct.RELEASE)
    try:
        steps.release(visitor.services, seen.page.case.id, by=visitor.person)
    except Refused as error:
        return _refused(request, visitor, reference, error)
    return see_other(f"/cases/{reference}?said=released")


@router.post("/cases/{reference}/review")
def review(
    request: Request,
    visitor: Pressed,
    reference: str,
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Open a closed case again."""
    seen = _for_press(visitor, reference, DeskAct.REVIEW)
    try:
        steps.review(visitor.services, seen.page.case.id, by=visitor.person, reason=reason)
    except Refused as error:
        return _refused(request, visitor, reference, error, typed=_Typed(reason=reason))
    return see_other(f"/cases/{reference}?said=review")


@router.post("/cases/{reference}/decide")
def decide(
    request: Request,
    visitor: Pressed,
    reference: str,
    *,
    version: Annotated[int, Form(ge=0)],
    press: Annotated[str, Form(min_length=8, max_length=_LONGEST_PRESS)],
    outcome: Annotated[str, Form(max_length=20)] = "",
    clause: Annotated[str, Form(max_length=100)] = "",
    note: Annotated[str, Form(max_length=5000)] = "",
    route: Annotated[str, Form(max_length=100)] = "",
    by_hand: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    """Record a decision; the same form sent twice finds the decision that it made."""
    typed = _Typed(outcome, clause, note, route, by_hand == "yes")
    if outcome not in set(DecisionOutcome):
        seen = case_seen(visitor, reference)
        return _shown(request, visitor, seen, problem="Choose what you decide.", typed=typed)
    seen = _for_press(visitor, reference, _ACTS[DecisionOutcome(outcome)])
    order = _order(typed, may_say_done=Offer.BY_HAND in seen.offers)
    try:
        decision = steps.decide(
            visitor.services,
            seen.page.case.id,
            order,
            by=visitor.person,
            press=f"web:{visitor.person.id}:{press}",
            version=version,
        )
    except Refused as error:
        return _refused(request, visitor, reference, error, typed=typed)
    # A form that comes a second time finds the decision that it made, whatever it now says.
    return see_other(f"/cases/{reference}?said={decision.outcome}")


def _case_id(reference: str) -> CaseId:
    number = reference.removeprefix("WM-")
    if not (number.isascii() and number.isdigit() and 0 < len(number) <= _LONGEST_NUMBER):
        raise PageProblem(404, "There is no such case.", "A case is called WM- and a number.")
    return CaseId(int(number))


def _for_press(visitor: Visitor, reference: str, act: DeskAct) -> CaseSeen:
    seen = case_seen(visitor, reference)
    visitor.require(act, service=seen.page.service)
    return seen


def _refusal(visitor: Visitor, found: CasePage, offer: Offer) -> str | None:
    """Why the person may not press this; "" when only its holder may."""
    sentence = visitor.refusal(act_for(offer), service=found.service)
    if sentence is not None:
        return sentence
    held_by_another = found.case.holder not in {None, visitor.person.id}
    return "" if held_by_another and offer is not Offer.REVEAL else None


def _order(typed: _Typed, *, may_say_done: bool) -> DecisionOrder:
    outcome = DecisionOutcome(typed.outcome)
    acts = outcome in {DecisionOutcome.HIDE, DecisionOutcome.RESTORE}
    return DecisionOrder(
        outcome=outcome,
        clause=ClauseId(typed.clause) if typed.clause else None,
        note=typed.note.strip(),
        route=(typed.route or None) if outcome is DecisionOutcome.ESCALATE else None,
        by_hand=typed.by_hand and may_say_done and acts,
    )


def _refused(
    request: Request,
    visitor: Visitor,
    reference: str,
    error: Refused,
    *,
    typed: _Typed | None = None,
) -> HTMLResponse:
    visitor.services.log.info("desk.refused", by=visitor.person.id)
    seen = case_seen(visitor, reference)
    return _shown(request, visitor, seen, problem=error.sentence, typed=typed)


def _shown(
    request: Request,
    visitor: Visitor,
    seen: CaseSeen,
    *,
    said: str = "",
    problem: str = "",
    typed: _Typed | None = None,
    revealed: Revealed | None = None,
) -> HTMLResponse:
    return page(
        request,
        "case.html",
        status=409 if problem else 200,
        seen=seen,
        said=said,
        problem=problem,
        typed=typed if typed is not None else _Typed(),
        revealed=revealed,
        **_facts(visitor, seen, revealed),
    )


def _facts(visitor: Visitor, seen: CaseSeen, revealed: Revealed | None) -> dict[str, Any]:
    services, found = visitor.services, seen.page
    spans = [(each.start, each.end) for one in found.assessment.clauses for each in one.evidence]
    return {
        "standards": services.standards,
        "routes": services.routes,
        "cited": _cited(visitor, found),
        "timeline": _timeline(seen),
        "masked_parent": masked_snippet(found.comment.parent_text or "", ()),
        "masked": masked_snippet(found.comment.text, spans, limit=_MASKED_LIMIT),
        "stretches": _stretches(found, revealed),
        "outcome_words": _OUTCOME_WORDS,
        "press": services.new_id(),
    }


def _timeline(seen: CaseSeen) -> tuple[_Happened, ...]:
    return tuple(
        _Happened(
            row.at,
            trail_sentence(row.event, row.actor, details=row.details, names=seen.names),
        )
        for row in seen.page.trail
    )


def _cited(visitor: Visitor, found: CasePage) -> tuple[Clause, ...]:
    standards = visitor.services.standards
    clauses = (standards.clause(clause_id) for clause_id in found.case.clauses)
    return tuple(clause for clause in clauses if clause is not None)


def _stretches(found: CasePage, revealed: Revealed | None) -> tuple[Stretch, ...]:
    if revealed is None:
        return ()
    # Evidence points into the version that was assessed; an edit since then has its own to come.
    is_assessed = revealed.text == found.comment.text
    return stretches(revealed.text, found.assessment.clauses if is_assessed else ())
