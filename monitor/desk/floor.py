"""The workflow as a chat desk sees it: who presses, what the case is, and what can be done.

``WorkflowFloor`` is the real one. ``ScriptedFloor`` keeps cases in memory by the domain's own
rules, for trying a desk without a database.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from config.routes import Routes
from config.standards import Standards
from monitor.alerting.slack_modals import Reading
from monitor.domain.case import Case, CaseId, DecisionOrder
from monitor.domain.people import Person

__all__ = ["CaseAtHand", "Floor"]


@dataclass(frozen=True, slots=True)
class CaseAtHand:
    """A case as a press finds it.

    Attributes:
        service: Whose channel it is about.
        status: One sentence on where it stands, with who and when.
        by_hand: What to do at the platform where it cannot be done from here, or "".
    """

    case: Case
    service: str
    status: str
    by_hand: str = ""


class Floor(Protocol):
    """What a desk needs. Every act raises ``Refused`` where it is not allowed or out of date."""

    @property
    def standards(self) -> Standards:
        """The standard in force."""
        ...

    @property
    def routes(self) -> Routes:
        """The escalation matrix in force."""
        ...

    def person(self, slack_user_id: str) -> Person | None:
        """Who this Slack user is; None when nobody has linked them."""
        ...

    def case(self, case_id: CaseId) -> CaseAtHand | None:
        """The case as it stands now; None when there is none of that number."""
        ...

    def claim(self, case_id: CaseId, *, by: Person) -> None:
        """Take a case; an escalated one is taken back."""
        ...

    def release(self, case_id: CaseId, *, by: Person) -> None:
        """Put a claimed case back into the queue."""
        ...

    def decide(
        self, case_id: CaseId, order: DecisionOrder, *, by: Person, press: str, version: int
    ) -> None:
        """Decide; the same press twice is one decision."""
        ...

    def review(self, case_id: CaseId, *, by: Person, reason: str) -> None:
        """Open a closed case again, claimed by who asked."""
        ...

    def reveal(self, case_id: CaseId, *, by: Person) -> Reading:
        """The full text; that it was read is on the record before it is returned."""
        ...

    def nudge(self) -> None:
        """Ask that what was just decided is carried out and shown soon."""
        ...
