"""What every page needs: the console's parts, who is looking, and how a template is filled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import jinja2
from fastapi import Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from monitor.desk.permissions import DeskAct, refusal
from monitor.desk.web import wording
from monitor.desk.web.passwords import AttemptLimit, Passwords
from monitor.desk.web.sessions import Sessions, SignInLinks, Visit
from monitor.domain.people import Person, Role
from monitor.services import Services
from monitor.store import people, views

__all__ = [
    "HERE",
    "Console",
    "PageProblem",
    "Pressed",
    "SignInNeeded",
    "SignedIn",
    "Visitor",
    "console_of",
    "form_checked",
    "local_path",
    "make_templates",
    "may_mend",
    "page",
    "pressed",
    "see_other",
    "sign_in_path",
    "signed_in",
    "visit_of",
]

HERE = Path(__file__).parent
_MENDERS = frozenset({Role.LEAD, Role.ADMINISTRATOR})


@dataclass(frozen=True, slots=True)
class Console:
    """The console's parts, kept at ``app.state.console``.

    Attributes:
        last_tick: When the scheduler last ran, or None when it has not or runs elsewhere.
    """

    services: Services
    sessions: Sessions
    links: SignInLinks
    passwords: Passwords
    attempts: AttemptLimit
    last_tick: Callable[[], datetime | None]
    templates: jinja2.Environment


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in person at the console."""

    console: Console
    visit: Visit
    person: Person

    @property
    def services(self) -> Services:
        """What steps are called with."""
        return self.console.services

    def refusal(self, act: DeskAct, *, service: str = "") -> str | None:
        """Why this person may not do this, or None when they may."""
        return refusal(self.person, act, service=service)

    def require(self, act: DeskAct, *, service: str = "") -> None:
        """Stop with a page that says why, when this person may not."""
        sentence = self.refusal(act, service=service)
        if sentence is not None:
            raise PageProblem(403, sentence)

    def seen_services(self) -> tuple[str, ...]:
        """The services whose cases this person may look at, in order.

        As the store knows them: a channel that is no longer configured has its cases still.
        """
        with self.services.database.reading() as reading:
            known = views.services(reading)
        return tuple(name for name in known if self.refusal(DeskAct.VIEW, service=name) is None)


class PageProblem(Exception):  # noqa: N818 - it is shown to a person as a page, not as an error
    """A page cannot be shown; ``sentence`` says why, and ``hint`` what to do."""

    def __init__(self, status: int, sentence: str, hint: str = "") -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.hint = hint


class SignInNeeded(Exception):  # noqa: N818 - the ordinary way to the sign-in page
    """Nobody is signed in, or no longer."""


def make_templates(zone: str) -> jinja2.Environment:
    """The templates: everything escaped, a missing name is an error.

    Args:
        zone: The council's local time, as an IANA name.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    worded = partial(wording.moment, zone=zone)
    environment.filters["moment"] = worded
    environment.filters["clock"] = partial(wording.clock, zone=zone)
    environment.filters["enforcement"] = partial(wording.enforcement_sentence, at=worded)
    environment.globals.update(
        age=wording.age,
        states=wording.STATES,
        severities=wording.SEVERITIES,
        lanes=wording.LANES,
        enforcement_states=wording.ENFORCEMENT_STATES,
    )
    return environment


def console_of(request: Request) -> Console:
    """The console that serves this request."""
    console: Console = request.app.state.console
    return console


def visit_of(request: Request) -> Visit:
    """The session that this request belongs to; there always is one."""
    visit: Visit = request.state.visit
    return visit


def signed_in(request: Request) -> Visitor:
    """The person who is looking; ``SignInNeeded`` when nobody is, or they are no longer active."""
    console, visit = console_of(request), visit_of(request)
    if visit.person is None:
        raise SignInNeeded
    with console.services.database.reading() as reading:
        person = people.by_id(reading, visit.person)
    if person is None or not person.active:
        console.sessions.end(visit)
        request.state.visit = console.sessions.begin()
        raise SignInNeeded
    request.state.person = person
    return Visitor(console, visit, person)


def form_checked(request: Request, form_token: Annotated[str, Form()] = "") -> None:
    """Refuse a form that this session was not shown."""
    console, visit = console_of(request), visit_of(request)
    if not console.sessions.is_form_token(visit, form_token):
        raise PageProblem(
            403,
            "This form was not made for your present session.",
            "Go back, load the page again, and press once more.",
        )


SignedIn = Annotated[Visitor, Depends(signed_in)]
"""A page that only a signed-in person sees."""


def pressed(visitor: SignedIn, _checked: Annotated[None, Depends(form_checked)]) -> Visitor:
    """The person who pressed a button on a form that was shown to them."""
    return visitor


Pressed = Annotated[Visitor, Depends(pressed)]
"""A form that only a signed-in person, shown that very form, can send."""


def page(request: Request, template: str, *, status: int = 200, **facts: Any) -> HTMLResponse:
    """A template filled with facts, beside what every page shows."""
    console, visit = console_of(request), visit_of(request)
    person: Person | None = getattr(request.state, "person", None)
    text = console.templates.get_template(template).render(
        person=person,
        may_see_outbox=person is not None and may_mend(person),
        council=console.services.council,
        path=request.url.path,
        form_token=console.sessions.form_token(visit),
        now=console.services.now(),
        **facts,
    )
    return HTMLResponse(text, status)


def see_other(path: str) -> RedirectResponse:
    """Send the browser to a page of ours after a form was taken."""
    return RedirectResponse(path, 303)


def local_path(path: str) -> str:
    """The path when it leads to one of our pages, otherwise the queue."""
    plain = path.isascii() and path.isprintable() and "\\" not in path
    return path if plain and path.startswith("/") and not path.startswith("//") else "/queue"


def may_mend(person: Person) -> bool:
    """Whether this person sees what could not be delivered, and may have it tried again."""
    return person.active and person.role in _MENDERS


def sign_in_path(request: Request) -> str:
    """Where to sign in, and come back to what was asked for."""
    if request.method != "GET":
        return "/sign-in"
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return "/sign-in" if wanted == "/" else f"/sign-in?then={quote(wanted, safe='')}"
