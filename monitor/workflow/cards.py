"""The alert card of a case: ordered in the outbox, drawn fresh at the moment it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from config.standards import Severity, Standards
from connectors.contract import Ability, Capabilities
from connectors.errors import ConnectorError
from monitor.alerting.contract import CaseCard, Offer
from monitor.domain.case import Case, CaseId, CaseState, Decision, DecisionOutcome, EnforcementState
from monitor.domain.masking import masked_snippet
from monitor.domain.people import PersonId
from monitor.services import Services
from monitor.store import outbox, people, views
from monitor.store.engine import Transaction
from monitor.store.outbox import OutboxKind
from monitor.store.views import CasePage
from monitor.workflow import notices
from monitor.workflow.wording import DID, clock

__all__ = [
    "alert_key",
    "can",
    "draw_card",
    "offers",
    "order_redraw",
    "order_return_notice",
    "order_worse_notice",
    "serial",
]

_POST_EXCERPT = 120


def alert_key(case_id: CaseId, destination: str) -> str:
    """The key of a case's one alert at one destination: ``alert:case:412:moderation``."""
    return f"alert:case:{case_id}:{destination}"


def serial(case_id: CaseId, destination: str) -> str:
    """Letters that share this leave one after another, so that a card never goes back in time."""
    return f"case:{case_id}:{destination}"


def order_redraw(tx: Transaction, services: Services, case: Case) -> None:
    """Put a redraw of every card of this case into the outbox, in the caller's transaction."""
    now = services.now()
    for destination in outbox.alerted(tx, case.id):
        outbox.put(
            tx,
            key=f"card:case:{case.id}:v{case.version}:{destination}",
            kind=OutboxKind.CARD,
            destination=destination,
            payload={"case_id": case.id, "alert_key": alert_key(case.id, destination)},
            due_at=now,
            now=now,
            serial=serial(case.id, destination),
        )


def order_return_notice(tx: Transaction, services: Services, case: Case, *, why: str) -> None:
    """Say that a case is back in the queue, where its card may have scrolled far away."""
    for destination in outbox.alerted(tx, case.id):
        notices.tell(
            tx,
            services,
            destination,
            key=f"case:{case.id}:v{case.version}:returned:{destination}",
            title=f"{case.reference} is back in the queue",
            lines=(f"It was decided before; now {why}. Please look again.",),
            link=_console_link(services, case),
        )


def order_worse_notice(tx: Transaction, services: Services, case: Case) -> None:
    """Say that an edit made a case worse: a card that is redrawn interrupts nobody."""
    for destination in outbox.alerted(tx, case.id):
        notices.tell(
            tx,
            services,
            destination,
            key=f"case:{case.id}:v{case.version}:worse:{destination}",
            title=f"{case.reference} was edited and is now {case.severity}",
            lines=("Its comment says something else than when you were told. Please look again.",),
            link=_console_link(services, case),
            urgent=case.severity.rank <= Severity.S2.rank,
        )


def draw_card(services: Services, case_id: CaseId, *, key: str) -> CaseCard:
    """Draw the card of a case as it stands at this moment. Reads only."""
    now = services.now()
    with services.database.reading() as reading:
        page = views.case_page(reading, case_id)
        names = {person.id: person.name for person in people.all_people(reading)}
    if page is None:
        raise LookupError(f"case {case_id} is not in the database")
    case = page.case
    return CaseCard(
        key=key,
        case_id=case.id,
        reference=case.reference,
        version=case.version,
        severity=case.severity,
        lane=case.lane,
        clauses=_titles(services.standards, case),
        band=page.assessment.clauses[0].band if page.assessment.clauses else "",
        channel_name=page.channel_name,
        service=page.service,
        snippet=masked_snippet(
            page.comment.text,
            [(each.start, each.end) for one in page.assessment.clauses for each in one.evidence],
        ),
        post_excerpt=masked_snippet(page.comment.post_text, (), limit=_POST_EXCERPT),
        posted_at=page.comment.posted_at,
        seen_at=page.comment.seen_at,
        drawn_at=now,
        status=_status(services, page, names),
        timeline=_timeline(services, page, names),
        offers=offers(services, case),
        by_hand=case.by_hand,
        permalink=page.comment.permalink,
        console_url=_console_link(services, case),
    )


def offers(services: Services, case: Case) -> tuple[Offer, ...]:
    """What can be pressed now, in the order that a card shows it."""
    match case.state:
        case CaseState.OPEN:
            return (Offer.CLAIM, Offer.REVEAL)
        case CaseState.CLAIMED:
            act = Offer.RESTORE if case.hidden else Offer.HIDE
            by_hand = (Offer.BY_HAND,) if case.by_hand or not can(services, case, act) else ()
            return (act, *by_hand, Offer.KEEP, Offer.ESCALATE, Offer.RELEASE, Offer.REVEAL)
        case CaseState.ESCALATED:
            return (Offer.TAKE_BACK, Offer.REVEAL)
        case CaseState.CLOSED:
            return (Offer.REVIEW,)
        case CaseState.DECIDED:
            return ()
        case _:
            assert_never(case.state)


def can(services: Services, case: Case, offer: Offer) -> bool:
    """Whether the platform lets us do this from here."""
    watched = services.channels.get(case.channel_id)
    if watched is None or not watched.actions_enabled:
        return False
    try:
        capabilities = services.connector(case.channel_id).capabilities
    except ConnectorError:
        return False
    return _ability(capabilities, offer) is not None


def _ability(capabilities: Capabilities, offer: Offer) -> Ability | None:
    return capabilities.restore if offer is Offer.RESTORE else capabilities.hide


def _titles(standards: Standards, case: Case) -> tuple[str, ...]:
    found = [standards.clause(clause_id) for clause_id in case.clauses]
    titles = tuple(f"{clause.ref} {clause.title}" for clause in found if clause is not None)
    return titles or ("No model here can judge this text",)


def _status(services: Services, page: CasePage, names: Mapping[PersonId, str]) -> str:
    case = page.case
    decision = page.decisions[-1] if page.decisions else None
    match case.state:
        case CaseState.OPEN:
            return "Open: nobody has claimed it."
        case CaseState.CLAIMED:
            who = names.get(case.holder, "somebody") if case.holder else "somebody"
            return f"Claimed by {who} at {clock(services, case.held_since)}."
        case CaseState.ESCALATED:
            route = services.routes.escalation(case.escalated_to or "")
            title = route.title if route else case.escalated_to
            return f"Escalated to {title} at {clock(services, decision.at if decision else None)}."
        case CaseState.DECIDED:
            return f"{_decided(services, decision, names)} Waiting for the platform."
        case CaseState.CLOSED:
            return _closed(services, page, decision, names)
        case _:
            assert_never(case.state)


def _decided(services: Services, decision: Decision | None, names: Mapping[PersonId, str]) -> str:
    if decision is None:
        return "Decided."
    who = names.get(decision.by, "Somebody")
    return f"{who} {DID[decision.outcome]} at {clock(services, decision.at)}."


def _closed(
    services: Services, page: CasePage, decision: Decision | None, names: Mapping[PersonId, str]
) -> str:
    sentence = _decided(services, decision, names)
    last = page.enforcements[-1] if page.enforcements else None
    if page.comment.gone_at is not None:
        return f"{sentence} The comment is no longer there."
    if last is None or decision is None or decision.outcome is DecisionOutcome.KEEP:
        return sentence
    if last.state is EnforcementState.BY_HAND or last.confirmed_at is None:
        # A person said so; only the platform's own word is told as the platform's.
        return f"{sentence} Done by hand."
    word = "hidden" if page.case.hidden else "public"
    return f"{sentence} The platform says {word} since {clock(services, last.confirmed_at)}."


def _timeline(services: Services, page: CasePage, names: Mapping[PersonId, str]) -> tuple[str, ...]:
    return tuple(_decided(services, decision, names) for decision in page.decisions[:-1])


def _console_link(services: Services, case: Case) -> str | None:
    return f"{services.console_url}/cases/{case.reference}" if services.console_url else None
