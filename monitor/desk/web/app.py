"""Putting the console together: its parts, its routes, and what it says when a page fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from typing import cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from monitor.desk.web import (
    api,
    case_pages,
    channel_pages,
    operations,
    outbox_pages,
    queue_pages,
    report_pages,
    sign_in,
)
from monitor.desk.web.guard import Guard
from monitor.desk.web.pages import (
    HERE,
    Console,
    PageProblem,
    SignInNeeded,
    make_templates,
    page,
    sign_in_path,
)
from monitor.desk.web.passwords import AttemptLimit, Passwords
from monitor.desk.web.sessions import Sessions, SignInLinks
from monitor.domain.people import PersonId
from monitor.services import Services
from monitor.store.engine import DatabaseUnusable

__all__ = ["build_console", "issue_link"]

_API = "/api/"
_SHORTEST_SECRET = 32
_WHAT_WENT_WRONG = {
    404: ("There is no such page.", "Check the address, or start from the queue."),
    405: ("This address does not take what was sent to it.", "Start again from the queue."),
    400: ("The form could not be read.", "Go back, load the page again, and press once more."),
}


def build_console(
    services: Services,
    *,
    secret: str,
    last_tick: Callable[[], datetime | None] = lambda: None,
    passwords: Passwords | None = None,
) -> FastAPI:
    """The console as an ASGI application. Reads nothing until it is asked for a page.

    Args:
        services: What pages read with and presses act with. Where its ``console_url`` begins with
            https, the cookie travels over nothing else.
        secret: Signs sessions and links; at least 32 characters, the same in every process.
        last_tick: When the scheduler last ran; None where it runs in another process.
        passwords: Checks passwords; argon2's recommended cost unless given.

    Raises:
        ValueError: The secret is too short to sign with.
    """
    if len(secret) < _SHORTEST_SECRET:
        raise ValueError(f"The console's secret needs at least {_SHORTEST_SECRET} characters.")
    sessions = Sessions(secret, services.now)
    app = FastAPI(
        title="Wardmote",
        version=version("wardmote"),
        description="The moderation queue, read only. Sign in at /sign-in; the cookie is the key.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.console = Console(
        services=services,
        sessions=sessions,
        links=SignInLinks(secret, services.now),
        passwords=passwords if passwords is not None else Passwords(),
        attempts=AttemptLimit(services.now),
        last_tick=last_tick,
        templates=make_templates(services.routes.timezone),
    )
    for pages in (
        sign_in,
        queue_pages,
        case_pages,
        channel_pages,
        outbox_pages,
        report_pages,
        operations,
        api,
    ):
        app.include_router(pages.router)
    app.mount("/static", StaticFiles(directory=HERE / "static"))
    app.add_middleware(
        Guard,
        sessions=sessions,
        is_secure=services.console_url.startswith("https:"),
        on_failure=_on_failure,
    )
    _handle_problems(app)
    return app


def issue_link(console: FastAPI, person: PersonId) -> str:
    """The token of a link that signs this person in once, within 15 minutes.

    The link itself is ``/sign-in/link?token=…`` at the console's address.
    """
    parts: Console = console.state.console
    return parts.links.issue(person)


def _handle_problems(app: FastAPI) -> None:
    app.add_exception_handler(SignInNeeded, _on_sign_in_needed)
    app.add_exception_handler(PageProblem, _on_page_problem)
    app.add_exception_handler(RequestValidationError, _on_bad_request)
    app.add_exception_handler(HTTPException, _on_http_problem)
    app.add_exception_handler(DatabaseUnusable, _on_database_problem)


def _on_sign_in_needed(request: Request, _error: Exception) -> Response:
    if request.url.path.startswith(_API):
        return JSONResponse({"problem": "Sign in at /sign-in first."}, 401)
    return RedirectResponse(sign_in_path(request), 303)


def _on_page_problem(request: Request, error: Exception) -> Response:
    problem = cast("PageProblem", error)
    return _say(request, problem.status, problem.sentence, problem.hint)


def _on_bad_request(request: Request, _error: Exception) -> Response:
    return _say(
        request,
        422,
        "Something that was sent is missing, too long, or not one of the choices.",
        "Go back, load the page again, and choose once more.",
    )


def _on_http_problem(request: Request, error: Exception) -> Response:
    status = cast("HTTPException", error).status_code
    sentence, hint = _WHAT_WENT_WRONG.get(
        status, ("The page could not be shown.", "Start again from the queue.")
    )
    return _say(request, status, sentence, hint)


def _on_database_problem(request: Request, error: Exception) -> Response:
    _console_log(request, error)
    return _say(
        request,
        503,
        "The database cannot be used at the moment, so nothing was changed.",
        "Try again in a minute. If it stays so, tell whoever runs Wardmote.",
    )


def _on_failure(request: Request, error: Exception) -> Response:
    _console_log(request, error)
    return _say(
        request,
        500,
        "The page could not be shown because of a fault in Wardmote.",
        "Try again. If it stays so, tell whoever runs Wardmote, with the time.",
    )


def _console_log(request: Request, error: Exception) -> None:
    console: Console = request.app.state.console
    route = request.scope.get("route")
    # The route's pattern, not the path: a path may hold what somebody typed.
    path = getattr(route, "path", "")
    console.services.log.error("web.failed", error=type(error).__name__, path=path)


def _say(request: Request, status: int, sentence: str, hint: str) -> Response:
    if request.url.path.startswith(_API):
        return JSONResponse({"problem": f"{sentence} {hint}".strip()}, status)
    return page(request, "problem.html", status=status, sentence=sentence, hint=hint)
