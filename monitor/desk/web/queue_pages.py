"""The queue: cases by severity and age, filtered, without a word of what anybody wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, field_validator

from config.standards import ClauseId, Severity
from connectors.contract import ChannelId
from monitor.desk.web.guard import REFRESH_HEADER
from monitor.desk.web.pages import PageProblem, SignedIn, Visitor, page, see_other
from monitor.desk.web.wording import SEVERITIES
from monitor.domain.case import CaseState
from monitor.store import people, views
from monitor.store.views import QueuePage

__all__ = ["PER_PAGE", "QueueQuery", "router", "waiting_cases"]

PER_PAGE = 50
_WAITING = (CaseState.OPEN, CaseState.CLAIMED, CaseState.ESCALATED)

router = APIRouter(include_in_schema=False)


class QueueQuery(BaseModel):
    """What the queue is narrowed to; an empty choice means all.

    Attributes:
        state: One state, or None for everything that still waits for a person.
        page: Counted from 1.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    state: CaseState | None = None
    severity: Severity | None = None
    clause: str = ""
    channel: str = ""
    service: str = ""
    page: Annotated[int, Query(ge=1, le=100_000)] = 1

    @field_validator("state", "severity", mode="before")
    @classmethod
    def _all_when_empty(cls, value: object) -> object:
        return None if value == "" else value

    def words(self, page_number: int) -> str:
        """The query text of this choice at another page."""
        chosen = {
            "state": self.state or "",
            "severity": self.severity or "",
            "clause": self.clause,
            "channel": self.channel,
            "service": self.service,
        }
        words = {name: value for name, value in chosen.items() if value}
        if page_number > 1:
            words["page"] = str(page_number)
        return urlencode(words)


@dataclass(frozen=True, slots=True)
class _Pages:
    """Where a page of the queue stands among the others."""

    number: int
    count: int
    before: str | None
    after: str | None


@router.get("/")
def root() -> RedirectResponse:
    """The queue is what people come for."""
    return see_other("/queue")


@router.get("/queue")
def show_queue(
    request: Request, visitor: SignedIn, asked: Annotated[QueueQuery, Query()]
) -> HTMLResponse:
    """Cases that wait for a person; the script that keeps the page fresh is sent the list alone."""
    found = waiting_cases(visitor, asked)
    with visitor.services.database.reading() as reading:
        names = {person.id: person.name for person in people.all_people(reading)}
    alone = REFRESH_HEADER in request.headers
    return page(
        request,
        "queue_list.html" if alone else "queue.html",
        asked=asked,
        found=found,
        names=names,
        pages=_pages(asked, found.total),
        standards=visitor.services.standards,
        routes=visitor.services.routes,
        severity_choices=[
            (severity, f"{severity} {words}") for severity, words in SEVERITIES.items()
        ],
        clause_choices=[
            (clause.id, f"{clause.ref} {clause.title}")
            for clause in visitor.services.standards.clauses
        ],
        channels=_channels(visitor),
        service_choices=[(name, name) for name in visitor.seen_services()],
    )


def waiting_cases(visitor: Visitor, asked: QueueQuery) -> QueuePage:
    """The page of the queue that was asked for, of the services that this person may see."""
    seen = visitor.seen_services()
    if asked.service and asked.service not in seen:
        raise PageProblem(404, "There is no such service, or its cases are not yours to see.")
    chosen = (asked.service,) if asked.service else seen
    with visitor.services.database.reading() as reading:
        return views.queue(
            reading,
            states=(asked.state,) if asked.state else _WAITING,
            severities=(asked.severity,) if asked.severity else (),
            clauses=(ClauseId(asked.clause),) if asked.clause else (),
            services=chosen,
            channel=ChannelId(asked.channel) if asked.channel else None,
            limit=PER_PAGE,
            offset=(asked.page - 1) * PER_PAGE,
        )


def _channels(visitor: Visitor) -> tuple[tuple[str, str], ...]:
    seen = set(visitor.seen_services())
    return tuple(
        sorted(
            (
                (str(channel_id), watched.name)
                for channel_id, watched in visitor.services.channels.items()
                if watched.service in seen
            ),
            key=lambda pair: pair[1],
        )
    )


def _pages(asked: QueueQuery, total: int) -> _Pages:
    count = max(1, -(-total // PER_PAGE))
    number = min(asked.page, count)
    return _Pages(
        number=number,
        count=count,
        before=asked.words(number - 1) if number > 1 else None,
        after=asked.words(number + 1) if number < count else None,
    )
