"""What is watched: each channel, when it was last read, and the last day's holes."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from monitor.desk.permissions import DeskAct
from monitor.desk.web.pages import SignedIn, page
from monitor.workflow import overview

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/channels")
def show_channels(request: Request, visitor: SignedIn) -> HTMLResponse:
    """Every channel, and how well it was seen in the last twenty-four hours."""
    watched = overview.channels_now(
        visitor.services,
        which=lambda row: visitor.refusal(DeskAct.VIEW, service=row.service) is None,
    )
    return page(request, "channels.html", channels=watched)
