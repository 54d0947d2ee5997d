"""How the console words moments, ages and states: UK local time, in the order people say it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from config.standards import Lane, Severity
from monitor.domain.assessment import Breach
from monitor.domain.case import Act, CaseState, Enforcement, EnforcementState
from monitor.domain.people import PersonId

__all__ = [
    "ENFORCEMENT_STATES",
    "LANES",
    "SEVERITIES",
    "STATES",
    "Stretch",
    "age",
    "clock",
    "enforcement_sentence",
    "moment",
    "stretches",
    "trail_sentence",
]

STATES: Mapping[CaseState, str] = {
    CaseState.OPEN: "Open",
    CaseState.CLAIMED: "Claimed",
    CaseState.DECIDED: "Waiting for the platform",
    CaseState.ESCALATED: "Escalated",
    CaseState.CLOSED: "Closed",
}
SEVERITIES: Mapping[Severity, str] = {
    Severity.S1: "risk to life or safety",
    Severity.S2: "serious",
    Severity.S3: "clear breach",
    Severity.S4: "minor",
}
LANES: Mapping[Lane, str] = {
    Lane.BREACH: "Breach of the standard",
    Lane.WELFARE: "Welfare: a duty of care",
    Lane.UNSURE: "Unsure: no model here can judge it",
    Lane.CRITICISM: "Criticism: allowed",
    Lane.REQUEST: "Request: to pass on",
    Lane.CLEAR: "Clear",
}
ENFORCEMENT_STATES: Mapping[EnforcementState, str] = {
    EnforcementState.REQUESTED: "Waiting",
    EnforcementState.DONE: "Done",
    EnforcementState.REFUSED: "Refused",
    EnforcementState.FAILED: "Failed",
    EnforcementState.DRIFTED: "Drifted",
    EnforcementState.BY_HAND: "By hand",
}
_ACTS: Mapping[Act, tuple[str, str]] = {
    Act.HIDE: ("hide", "hidden"),
    Act.RESTORE: ("restore", "public again"),
}
_OUTCOMES: Mapping[str, str] = {
    "already": " (it was so already)",
    "gone": " (the comment is gone from the platform)",
}


_TRAIL: Mapping[str, str] = {
    "case.opened": "The case was opened.",
    "case.edited": "The comment was edited, and was read again.",
    "case.reopened": "{who} asked for another look.",
    "case.claimed": "{who} claimed the case.",
    "case.released": "{who} put it back into the queue.",
    "case.lapsed": "The claim ran out, and the case went back to the queue.",
    "case.revealed": "{who} read the full text.",
    "case.decided": "{who} decided: {outcome}.",
    "evidence.sealed": "The evidence was sealed.",
    "enforcement.confirmed": "The platform answered: {outcome}.",
    "enforcement.failed": "The platform did not do it: {state}.",
    "enforcement.drifted": "A later look found that the platform says otherwise.",
    "letter.dead": "A notification could not be delivered.",
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a text and what was heard in it; ``heard`` is empty for the words between."""

    text: str
    heard: tuple[str, ...]


def moment(at: datetime, zone: str) -> str:
    """``16 November 2026 at 10:15``, in the council's local time."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%B %Y} at {local:%H:%M}"


def clock(at: datetime, zone: str) -> str:
    """``10:15``, in the council's local time."""
    return f"{at.astimezone(ZoneInfo(zone)):%H:%M}"


def age(since: datetime, now: datetime) -> str:
    """``under a minute``, ``12 minutes``, ``3 hours`` or ``2 days``."""
    passed = max(now - since, timedelta())
    for unit, word in (
        (timedelta(days=1), "day"),
        (timedelta(hours=1), "hour"),
        (timedelta(minutes=1), "minute"),
    ):
        count = passed // unit
        if count:
            return f"{count} {word}" if count == 1 else f"{count} {word}s"
    return "under a minute"


def stretches(text: str, breaches: Sequence[Breach]) -> tuple[Stretch, ...]:
    """The text cut where evidence begins or ends; overlapping evidence is named together."""
    heard = [
        (evidence.start, evidence.end, f"{evidence.label} {breach.score:.2f}")
        for breach in breaches
        for evidence in breach.evidence
        if 0 <= evidence.start < evidence.end <= len(text)
    ]
    cuts = sorted({0, len(text), *(cut for start, end, _ in heard for cut in (start, end))})
    return tuple(
        Stretch(
            text=text[start:end],
            heard=tuple(
                dict.fromkeys(what for first, last, what in heard if first <= start and end <= last)
            ),
        )
        for start, end in pairwise(cuts)
    )


def enforcement_sentence(what: Enforcement, at: Callable[[datetime], str]) -> str:
    """What was asked of the platform and what it said, with the moments, in one line.

    Args:
        what: What was asked.
        at: Words a moment.
    """
    verb, result = _ACTS[what.act]
    asked = f"Asked to {verb} it on {at(what.requested_at)}"
    confirmed = f" on {at(what.confirmed_at)}" if what.confirmed_at else ""
    match what.state:
        case EnforcementState.REQUESTED:
            return f"{asked}; the platform has not answered yet."
        case EnforcementState.DONE:
            return (
                f"{asked}; the platform said {result}{confirmed}"
                f"{_OUTCOMES.get(what.outcome, '')}; {_checked(what, at)}."
            )
        case EnforcementState.DRIFTED:
            return (
                f"{asked}; the platform said {result}{confirmed}, "
                "but says otherwise now that it was checked again."
            )
        case EnforcementState.REFUSED:
            return f"{asked}; the platform does not let us."
        case EnforcementState.FAILED:
            return f"{asked}; the platform did not do it."
        case EnforcementState.BY_HAND:
            return f"A person says that they did it at the platform{confirmed}."


def trail_sentence(
    event: str, actor: str, *, details: Mapping[str, object], names: Mapping[PersonId, str]
) -> str:
    """One row of the audit trail, as a sentence with the person's name.

    Args:
        event: As the trail names it: ``case.claimed``.
        actor: ``person:amina``, or ``system``.
        details: The row's own facts.
        names: What people are called.
    """
    person = actor.removeprefix("person:")
    facts = {
        "who": names.get(PersonId(person), person) if actor.startswith("person:") else "Wardmote",
        "outcome": details.get("outcome", "unknown"),
        "state": details.get("state", "unknown"),
    }
    # An event that was added since is shown by its own name: a trail hides nothing.
    return _TRAIL.get(event, event.replace(".", " ").capitalize() + ".").format_map(facts)


def _checked(what: Enforcement, at: Callable[[datetime], str]) -> str:
    if what.rechecks == 0:
        due = f", due on {at(what.recheck_at)}" if what.recheck_at else ""
        return f"not checked again yet{due}"
    times = "once" if what.rechecks == 1 else f"{what.rechecks} times"
    return f"checked again {times}, and it was still so"
