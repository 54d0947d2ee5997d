"""A floor without a database: cases in memory, moved by the domain's own rules.

For trying a chat desk on its own; the daemon's floor is ``monitor.desk.workflow_floor``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from typing_extensions import override

from config.routes import EscalationRoute, Routes
from config.standards import Clause, ClauseId, Lane, Severity, Standards
from connectors.contract import ChannelId
from monitor.alerting.slack_modals import Reading
from monitor.desk.floor import CaseAtHand, Floor
from monitor.domain import case as moves
from monitor.domain.case import Case, CaseId, CaseState, DecisionOrder, Refused
from monitor.domain.people import Person, PersonId, Role

__all__ = ["ScriptedFloor", "example_floor"]

_LEASE = timedelta(minutes=30)


class ScriptedFloor(Floor):
    """Keeps people and cases in memory; thread-safe.

    Attributes:
        decided: Press -> the order it gave, once for each press.
        revealed: Case and person, each time a text was read.
        nudged: How often work was asked for.
        trouble: Raised by every call while it is set, as a lost database would be.
        gate: Every decision waits for it; set it to let none wait (as it is at first).
    """

    def __init__(
        self,
        standards: Standards,
        routes: Routes,
        *,
        people: Iterable[Person],
        cases: Iterable[CaseAtHand],
        clock: Callable[[], datetime],
    ) -> None:
        self._standards = standards
        self._routes = routes
        self._people = {person.slack_user_id: person for person in people}
        self._cases = {each.case.id: each for each in cases}
        self._clock = clock
        self._lock = threading.Lock()
        self.decided: dict[str, DecisionOrder] = {}
        self.revealed: list[tuple[CaseId, str]] = []
        self.nudged = 0
        self.trouble: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()

    @property
    @override
    def standards(self) -> Standards:
        return self._standards

    @property
    @override
    def routes(self) -> Routes:
        return self._routes

    @override
    def person(self, slack_user_id: str) -> Person | None:
        if self.trouble is not None:
            raise self.trouble
        return self._people.get(slack_user_id)

    @override
    def case(self, case_id: CaseId) -> CaseAtHand | None:
        with self._lock:
            return self._cases.get(case_id)

    @override
    def claim(self, case_id: CaseId, *, by: Person) -> None:
        self._move(
            case_id,
            lambda case: moves.claim(case, by.id, now=self._clock(), lease=_LEASE),
            f"Claimed by {by.name} at {self._clock():%H:%M}.",
        )

    @override
    def release(self, case_id: CaseId, *, by: Person) -> None:
        self._move(case_id, lambda case: moves.release(case, by.id), "In the queue.")

    @override
    def decide(
        self, case_id: CaseId, order: DecisionOrder, *, by: Person, press: str, version: int
    ) -> None:
        self.gate.wait(10)
        if press in self.decided:
            return
        at_hand = self._cases[case_id]
        if at_hand.case.version != version:
            raise Refused(f"{at_hand.case.reference}: {at_hand.status}")
        self._move(
            case_id,
            lambda case: moves.decide(case, order, by.id, now=self._clock()),
            f"{by.name} decided to {order.outcome} it at {self._clock():%H:%M}.",
        )
        self.decided[press] = order

    @override
    def review(self, case_id: CaseId, *, by: Person, reason: str) -> None:
        self._move(
            case_id,
            lambda case: moves.claim(moves.reopen(case), by.id, now=self._clock(), lease=_LEASE),
            f"Opened again by {by.name} at {self._clock():%H:%M}: {reason}",
        )

    @override
    def reveal(self, case_id: CaseId, *, by: Person) -> Reading:
        self.revealed.append((case_id, by.id))
        return Reading(f"WM-{case_id}", "The text <!channel> in full.", "Library hours", None)

    @override
    def nudge(self) -> None:
        self.nudged += 1

    def _move(self, case_id: CaseId, move: Callable[[Case], Case], status: str) -> None:
        with self._lock:
            at_hand = self._cases[case_id]
            self._cases[case_id] = replace(at_hand, case=move(at_hand.case), status=status)


_SINCE = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
_CLAUSES = (
    ("threat", "RS-01", "Threats of violence", Severity.S1, Lane.BREACH, ("police",)),
    ("abuse", "RS-06", "Abuse of staff or councillors", Severity.S3, Lane.BREACH, ("hr",)),
    ("spam", "RS-09", "Advertising", Severity.S4, Lane.BREACH, ()),
    ("welfare", "RS-12", "Somebody may need help", Severity.S2, Lane.WELFARE, ("safeguarding",)),
)
_ROUTES = (
    ("legal", "Legal services", timedelta(days=1), ""),
    ("hr", "Human resources", timedelta(hours=4), "Name the member of staff."),
    ("police", "Police", timedelta(minutes=15), "Immediate danger is 999."),
)


def example_floor(clock: Callable[[], datetime]) -> ScriptedFloor:
    """The cast, a short standard, and five cases, one in each state that a card can show.

    WM-412 open (abuse), WM-413 held by Amina, WM-414 escalated to the police, WM-415 closed and
    hidden, WM-416 a duty of care held by Amina; all of parks.
    """
    return ScriptedFloor(
        _example_standards(),
        Routes(
            destinations=(),
            alerts=(),
            escalations=tuple(
                EscalationRoute(route_id, title, "legal", within, instructions)
                for route_id, title, within, instructions in _ROUTES
            ),
            operators="operators",
            reports="reports",
            timezone="Europe/London",
        ),
        people=_cast(),
        cases=_example_cases(),
        clock=clock,
    )


def _cast() -> tuple[Person, ...]:
    parks, housing = frozenset({"parks"}), frozenset({"housing"})
    return (
        Person(PersonId("amina"), "Amina", Role.MODERATOR, parks, "U0AMINA"),
        Person(PersonId("bede"), "Bede", Role.MODERATOR, parks, "U0BEDE"),
        Person(PersonId("carys"), "Carys", Role.LEAD, frozenset(), "U0CARYS"),
        Person(PersonId("dov"), "Dov", Role.MODERATOR, housing, "U0DOV"),
        Person(PersonId("eun"), "Eun", Role.VIEWER, parks, "U0EUN"),
    )


def _example_cases() -> tuple[CaseAtHand, ...]:
    opened = Case(
        id=CaseId(412),
        channel_id=ChannelId("facebook-parks"),
        comment_id=1,
        lane=Lane.BREACH,
        severity=Severity.S3,
        clauses=(ClauseId("abuse"),),
        state=CaseState.OPEN,
        version=1,
        opened_at=_SINCE,
    )
    held = replace(
        opened,
        id=CaseId(413),
        state=CaseState.CLAIMED,
        version=2,
        holder=PersonId("amina"),
        held_since=_SINCE,
        held_until=_SINCE + _LEASE,
    )
    escalated = replace(
        opened, id=CaseId(414), state=CaseState.ESCALATED, version=3, escalated_to="police"
    )
    closed = replace(opened, id=CaseId(415), state=CaseState.CLOSED, version=4, hidden=True)
    caring = replace(held, id=CaseId(416), lane=Lane.WELFARE, clauses=(ClauseId("welfare"),))
    return (
        CaseAtHand(opened, "parks", "In the queue."),
        CaseAtHand(held, "parks", "Claimed by Amina at 10:00.", by_hand="Hide it on the page."),
        CaseAtHand(escalated, "parks", "Escalated to Police at 10:00."),
        CaseAtHand(closed, "parks", "Hidden at 10:00."),
        CaseAtHand(caring, "parks", "Claimed by Amina at 10:00."),
    )


def _example_standards() -> Standards:
    return Standards(
        id="resident-aup",
        title="Residents' standard",
        version="1.0.0",
        status="example",
        review_every_months=12,
        content_hash="0" * 64,
        clauses=tuple(
            Clause(
                id=ClauseId(clause_id),
                ref=ref,
                title=title,
                plain_english=title,
                severity=severity,
                lane=lane,
                cues=(),
                only_in=frozenset(),
                recommended_action=(),
                escalates_to=escalates_to,
                sla={},
                legal_basis=(),
                notify_author="",
            )
            for clause_id, ref, title, severity, lane, escalates_to in _CLAUSES
        ),
        lane_cues={},
        always_allowed=(),
    )
