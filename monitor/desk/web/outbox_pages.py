"""Letters that were given up, with the sentence that says why, and a press to try again."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from monitor.desk.web.pages import (
    PageProblem,
    Pressed,
    SignedIn,
    Visitor,
    may_mend,
    page,
    see_other,
)
from monitor.store import views
from monitor.workflow import deliver

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_KINDS: Mapping[str, str] = {
    "alert": "Alert of",
    "card": "Redrawn card of",
    "escalation": "Escalation of",
    "notice": "Notice",
    "enforce": "Request to the platform about",
}


@router.get("/outbox")
def show_outbox(request: Request, visitor: SignedIn, said: str = "") -> HTMLResponse:
    """Every letter that was given up."""
    _require_mending(visitor)
    with visitor.services.database.reading() as reading:
        letters = views.dead_letters(reading)
    return page(
        request,
        "outbox.html",
        letters=letters,
        kinds=_KINDS,
        said="It is tried again now." if said == "again" else "",
    )


@router.post("/outbox/{letter_id}/again")
def try_again(visitor: Pressed, letter_id: int) -> RedirectResponse:
    """Make the letter due again."""
    _require_mending(visitor)
    with visitor.services.database.reading() as reading:
        dead = {letter.id for letter in views.dead_letters(reading)}
    if letter_id not in dead:
        raise PageProblem(
            409, "This letter is not given up, or no longer.", "Look at the list again."
        )
    deliver.try_again(visitor.services, letter_id, by=visitor.person)
    return see_other("/outbox?said=again")


def _require_mending(visitor: Visitor) -> None:
    if not may_mend(visitor.person):
        raise PageProblem(403, "Only a lead or an administrator sees what could not be delivered.")
