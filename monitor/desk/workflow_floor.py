"""The real floor: the store's views to read, the workflow to write."""

from __future__ import annotations

from typing_extensions import override

from config.routes import Routes
from config.standards import Standards
from monitor.alerting.slack_modals import Reading
from monitor.desk.floor import CaseAtHand, Floor
from monitor.domain.case import CaseId, DecisionOrder
from monitor.domain.people import Person
from monitor.services import Services
from monitor.store import people, views
from monitor.workflow import cards, decide

__all__ = ["WorkflowFloor"]


class WorkflowFloor(Floor):
    """A desk's floor over the daemon's services."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @property
    @override
    def standards(self) -> Standards:
        return self._services.standards

    @property
    @override
    def routes(self) -> Routes:
        return self._services.routes

    @override
    def person(self, slack_user_id: str) -> Person | None:
        with self._services.database.reading() as reading:
            return people.by_slack_user(reading, slack_user_id)

    @override
    def case(self, case_id: CaseId) -> CaseAtHand | None:
        with self._services.database.reading() as reading:
            page = views.case_page(reading, case_id)
        if page is None:
            return None
        card = cards.draw_card(self._services, case_id, key="")
        return CaseAtHand(page.case, page.service, status=card.status, by_hand=card.by_hand)

    @override
    def claim(self, case_id: CaseId, *, by: Person) -> None:
        decide.claim(self._services, case_id, by=by)

    @override
    def release(self, case_id: CaseId, *, by: Person) -> None:
        decide.release(self._services, case_id, by=by)

    @override
    def decide(
        self, case_id: CaseId, order: DecisionOrder, *, by: Person, press: str, version: int
    ) -> None:
        decide.decide(self._services, case_id, order, by=by, press=press, version=version)

    @override
    def review(self, case_id: CaseId, *, by: Person, reason: str) -> None:
        decide.review(self._services, case_id, by=by, reason=reason)

    @override
    def reveal(self, case_id: CaseId, *, by: Person) -> Reading:
        seen = decide.reveal(self._services, case_id, by=by)
        return Reading(
            reference=f"WM-{case_id}",
            text=seen.text,
            post_text=seen.post_text,
            author_name=seen.author_name,
        )

    @override
    def nudge(self) -> None:
        self._services.dispatcher.nudge("deliver")
