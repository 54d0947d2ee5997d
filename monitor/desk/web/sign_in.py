"""Signing in with a name and password or a one-time link, and signing out."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from monitor.desk.web.pages import (
    Console,
    PageProblem,
    console_of,
    form_checked,
    local_path,
    page,
    see_other,
    visit_of,
)
from monitor.domain.people import Person, PersonId
from monitor.store import people

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_LINK_SPENT = "This sign-in link was used already, is older than 15 minutes, or is incomplete."
_LINK_HINT = "Ask for a new one, or sign in with your name and password."


@router.get("/sign-in")
def show_sign_in(request: Request, then: str = "/queue", left: str = "") -> HTMLResponse:
    """The form for a name and password; ``then`` is where it leads."""
    return page(
        request,
        "sign_in.html",
        then=local_path(then),
        has_left=left == "yes",
        problem="",
        typed="",
    )


@router.post("/sign-in", dependencies=[Depends(form_checked)])
def sign_in(
    request: Request,
    name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    then: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Begin a session where name and password fit; say the same sentence wherever they do not."""
    console = console_of(request)
    typed, address = name.strip().lower(), request.client.host if request.client else ""
    wait = console.attempts.wait(typed, address)
    if wait is not None:
        return _refused(request, console, 429, _wait_sentence(wait), typed=name, then=then)
    person = _person_with(console, PersonId(typed), password)
    if person is None:
        console.attempts.failed(typed, address)
        return _refused(
            request, console, 401, "The name or the password is not right.", typed=name, then=then
        )
    console.attempts.succeeded(typed, address)
    return _welcome(request, console, person, then=then)


@router.get("/sign-in/link")
def show_link(request: Request, token: str = "") -> HTMLResponse:
    """Ask for one press, so that a program that only looks at links does not use them up."""
    console = console_of(request)
    person = _active(console, console.links.person(token))
    if person is None:
        raise PageProblem(410, _LINK_SPENT, _LINK_HINT)
    return page(request, "sign_in_link.html", name=person.name, token=token)


@router.post("/sign-in/link", dependencies=[Depends(form_checked)])
def use_link(request: Request, token: Annotated[str, Form(max_length=1000)] = "") -> Response:
    """Begin a session by a one-time link, once."""
    console = console_of(request)
    person = _active(console, console.links.use(token))
    if person is None:
        console.services.log.warning("web.sign_in_refused", cause="link")
        raise PageProblem(410, _LINK_SPENT, _LINK_HINT)
    return _welcome(request, console, person, then="/queue")


@router.post("/sign-out", dependencies=[Depends(form_checked)])
def sign_out(request: Request) -> RedirectResponse:
    """End the session, here and wherever its cookie was copied to."""
    console = console_of(request)
    console.sessions.end(visit_of(request))
    request.state.visit = console.sessions.begin()
    return see_other("/sign-in?left=yes")


def _person_with(console: Console, name: PersonId, password: str) -> Person | None:
    with console.services.database.reading() as reading:
        person = people.by_id(reading, name)
        stored = people.password_hash(reading, name) if person is not None else None
    # The hash is worked out before anything else is looked at, so that time tells nothing.
    fits = console.passwords.fits(password, stored)
    return person if fits and person is not None and person.active else None


def _active(console: Console, name: PersonId | None) -> Person | None:
    if name is None:
        return None
    with console.services.database.reading() as reading:
        person = people.by_id(reading, name)
    return person if person is not None and person.active else None


def _welcome(request: Request, console: Console, person: Person, *, then: str) -> RedirectResponse:
    console.sessions.end(visit_of(request))
    # A new identifier, so that a session planted before sign-in is worth nothing after it.
    request.state.visit = console.sessions.begin(person.id)
    console.services.log.info("web.sign_in", by=person.id)
    return see_other(local_path(then))


def _refused(
    request: Request, console: Console, status: int, sentence: str, *, typed: str, then: str
) -> HTMLResponse:
    console.services.log.warning("web.sign_in_refused", code=status)
    return page(
        request,
        "sign_in.html",
        status=status,
        then=local_path(then),
        has_left=False,
        problem=sentence,
        typed=typed,
    )


def _wait_sentence(wait: timedelta) -> str:
    minutes = max(1, -(-int(wait.total_seconds()) // 60))
    unit = "minute" if minutes == 1 else "minutes"
    return f"There were too many wrong passwords for this name. Try again in {minutes} {unit}."
