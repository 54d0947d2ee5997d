"""Weekly reports: a list, each as it was stored, and its figures as CSV."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from monitor.desk.permissions import DeskAct
from monitor.desk.web.pages import PageProblem, SignedIn, Visitor, page
from monitor.store import views
from monitor.store.views import StoredWeek

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_LABEL = re.compile(r"\d{4}-W\d{2}")
_POLICY = (
    "sandbox allow-downloads; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'self'"
)


@router.get("/reports")
def show_reports(request: Request, visitor: SignedIn) -> HTMLResponse:
    """Every report that this person may read, newest first."""
    with visitor.services.database.reading() as reading:
        found = [
            week
            for week in views.all_weeks(reading)
            if visitor.refusal(DeskAct.VIEW, service=week.service) is None
        ]
    return page(request, "reports.html", weeks=found, query_of=_query)


@router.get("/reports/{label}")
def show_report(request: Request, visitor: SignedIn, label: str, service: str = "") -> HTMLResponse:
    """One report in its frame."""
    week = _week(visitor, label, service)
    return page(request, "report.html", week=week, query_of=_query)


@router.get("/reports/{label}/document")
def show_document(visitor: SignedIn, label: str, service: str = "") -> HTMLResponse:
    """The report as it was stored, which can run nothing and reach nothing."""
    week = _week(visitor, label, service)
    return HTMLResponse(
        week.html,
        headers={"content-security-policy": _POLICY, "x-frame-options": "SAMEORIGIN"},
    )


@router.get("/reports/{label}/figures.csv")
def download_figures(visitor: SignedIn, label: str, service: str = "") -> Response:
    """The report's figures as it stored them."""
    week = _week(visitor, label, service)
    return Response(
        week.csv,
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="wardmote-{week.week}.csv"'},
    )


def _week(visitor: Visitor, label: str, service: str) -> StoredWeek:
    visitor.require(DeskAct.VIEW, service=service)
    found = None
    if _LABEL.fullmatch(label):
        with visitor.services.database.reading() as reading:
            found = views.load_week(reading, service, label)
    if found is None:
        raise PageProblem(404, "There is no report of that week.", "Choose one from the list.")
    return found


def _query(week: StoredWeek) -> str:
    return f"?{urlencode({'service': week.service})}" if week.service else ""
