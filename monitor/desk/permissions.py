"""Who may do what, and where: the one table that every surface asks before it acts."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from monitor.alerting.contract import Offer
from monitor.domain.people import Person, Role

__all__ = ["DeskAct", "act_for", "may", "refusal"]


class DeskAct(StrEnum):
    """What a person can ask of a desk."""

    VIEW = "view"
    REVEAL = "reveal"
    CLAIM = "claim"
    RELEASE = "release"
    HIDE = "hide"
    KEEP = "keep"
    ESCALATE = "escalate"
    TAKE_BACK = "take_back"
    RESTORE = "restore"
    REVIEW = "review"
    SEE_AUDIT = "see_audit"
    RUN_REPORT = "run_report"
    MANAGE_PEOPLE = "manage_people"
    CHANGE_SETTINGS = "change_settings"


_CASEWORK = frozenset(
    {
        DeskAct.VIEW,
        DeskAct.REVEAL,
        DeskAct.CLAIM,
        DeskAct.RELEASE,
        DeskAct.HIDE,
        DeskAct.KEEP,
        DeskAct.ESCALATE,
        DeskAct.TAKE_BACK,
        DeskAct.RESTORE,
        DeskAct.REVIEW,
    }
)
_ACTS: Mapping[Role, frozenset[DeskAct]] = {
    Role.VIEWER: frozenset({DeskAct.VIEW}),
    Role.MODERATOR: _CASEWORK,
    Role.LEAD: _CASEWORK | {DeskAct.SEE_AUDIT, DeskAct.RUN_REPORT},
    Role.RECORDS: frozenset({DeskAct.VIEW, DeskAct.REVEAL, DeskAct.SEE_AUDIT, DeskAct.RUN_REPORT}),
    Role.ADMINISTRATOR: frozenset({DeskAct.VIEW, DeskAct.MANAGE_PEOPLE, DeskAct.CHANGE_SETTINGS}),
}
_EVERYWHERE = frozenset({Role.LEAD, Role.RECORDS, Role.ADMINISTRATOR})
_WORDS: Mapping[DeskAct, str] = {
    DeskAct.VIEW: "look at cases",
    DeskAct.REVEAL: "read the full text",
    DeskAct.CLAIM: "claim cases",
    DeskAct.RELEASE: "release cases",
    DeskAct.HIDE: "hide comments",
    DeskAct.KEEP: "decide to keep comments",
    DeskAct.ESCALATE: "escalate cases",
    DeskAct.TAKE_BACK: "take cases back",
    DeskAct.RESTORE: "restore comments",
    DeskAct.REVIEW: "open closed cases again",
    DeskAct.SEE_AUDIT: "read the audit trail",
    DeskAct.RUN_REPORT: "make reports",
    DeskAct.MANAGE_PEOPLE: "manage people",
    DeskAct.CHANGE_SETTINGS: "change settings",
}
_OFFERED: Mapping[Offer, DeskAct] = {
    Offer.CLAIM: DeskAct.CLAIM,
    Offer.RELEASE: DeskAct.RELEASE,
    Offer.HIDE: DeskAct.HIDE,
    Offer.KEEP: DeskAct.KEEP,
    Offer.ESCALATE: DeskAct.ESCALATE,
    Offer.TAKE_BACK: DeskAct.TAKE_BACK,
    Offer.RESTORE: DeskAct.RESTORE,
    Offer.REVIEW: DeskAct.REVIEW,
    # Saying that one has hidden a comment oneself is deciding that it is hidden.
    Offer.BY_HAND: DeskAct.HIDE,
    Offer.REVEAL: DeskAct.REVEAL,
}


def refusal(person: Person, act: DeskAct, *, service: str) -> str | None:
    """Why this person may not, in one sentence for them; None when they may.

    Args:
        person: Who asks.
        act: What they ask for.
        service: Whose channel it is about; "" for what belongs to no service.
    """
    if not person.active:
        return "Your access has been switched off. Ask an administrator if that is a mistake."
    if act not in _ACTS[person.role]:
        return (
            f"Your role ({person.role}) may not {_WORDS[act]}. "
            "Ask an administrator if your role should change."
        )
    if service and person.role not in _EVERYWHERE and not person.answers_for(service):
        return (
            f"This case belongs to {service}, and you answer for "
            f"{_listed(person.services)}. A moderator of {service} or a lead can do it."
        )
    return None


def may(person: Person, act: DeskAct, *, service: str) -> bool:
    """Whether this person may; ``refusal`` says why not."""
    return refusal(person, act, service=service) is None


def act_for(offer: Offer) -> DeskAct:
    """What pressing this button asks for."""
    return _OFFERED[offer]


def _listed(services: frozenset[str]) -> str:
    return ", ".join(sorted(services))
