"""The pretend town in a browser: its council page, its Slack, and the way between them.

    with TownPages(town, slack.workspace) as pages:
        print(pages.base_url)

Every page is drawn on the server and works by reload; one small script keeps it in step. It
binds to 127.0.0.1 only and answers no other host name, so no page elsewhere can write here.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, PlainTextResponse
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.sandbox.http import Clock
from monitor.sandbox.pages_council_web import council_router
from monitor.sandbox.pages_render import Frame, templates
from monitor.sandbox.pages_slack import SlackScreens, slack_router
from monitor.sandbox.slack_hands import SlackWorkspace
from monitor.sandbox.town import Town

__all__ = ["TownPages"]

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_HOSTS = frozenset({"127.0.0.1", "localhost"})


class TownPages:
    """The town's web pages on 127.0.0.1; a context manager that leaves nothing open.

    Args:
        town: The council's pages and what residents write there.
        workspace: The pretend Slack.
        port: The port to listen on; 0 for any free one.
        console_url: Where Wardmote's console is, for the index; None when there is none.
        clock: When something is written; the machine's time when left out.
        patience_s: Seconds that a press in Slack waits for the app before the page comes back.
    """

    def __init__(
        self,
        town: Town,
        workspace: SlackWorkspace,
        *,
        port: int = 0,
        console_url: str | None = None,
        clock: Callable[[], datetime] | None = None,
        patience_s: float = 1.5,
    ) -> None:
        screens = SlackScreens(workspace, patience_s)
        frame = Frame(templates(screens.name_of), town.pages, console_url, clock or Clock())
        self.app = _app(frame, town, screens)
        self._wanted_port = port
        self._socket: socket.socket | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port it listens on, or the one it was asked for before it started."""
        return int(self._socket.getsockname()[1]) if self._socket else self._wanted_port

    @property
    def base_url(self) -> str:
        """``http://127.0.0.1:PORT``, without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Begin to listen; ``base_url`` is final from here on.

        Raises:
            OSError: The port is taken.
        """
        self._socket = socket.create_server(("127.0.0.1", self._wanted_port), backlog=128)
        self._server = uvicorn.Server(
            uvicorn.Config(
                self.app,
                log_config=None,
                access_log=False,
                lifespan="off",
                ws="none",
                server_header=False,
                timeout_graceful_shutdown=2,
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name=f"town-pages-{self.port}"
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Answer what was asked, close every connection and free the port. Twice is fine."""
        if self._server is None or self._thread is None or self._socket is None:
            return
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
        self._server = self._thread = self._socket = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class _Doorkeeper:
    """Turns away other host names and other sites' forms, and adds the headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        app = self._app if _comes_from_here(Headers(scope=scope)) else _TURNED_AWAY
        await app(scope, receive, send_with_headers)


_TURNED_AWAY = PlainTextResponse(
    "This sandbox answers only pages of its own, at http://127.0.0.1.", 403
)


def _comes_from_here(headers: Headers) -> bool:
    host, origin = headers.get("host", ""), headers.get("origin")
    if urlsplit(f"//{host}").hostname not in _HOSTS:
        return False
    return origin is None or urlsplit(origin).netloc == host


def _app(frame: Frame, town: Town, screens: SlackScreens) -> FastAPI:
    app = FastAPI(openapi_url=None)
    app.add_middleware(_Doorkeeper)
    app.include_router(council_router(frame, town))
    app.include_router(slack_router(frame, screens))
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))

    @app.get("/")
    def index() -> HTMLResponse:
        return frame.draw("town.html", here="town")

    @app.get("/changes")
    def changes(user: str = "") -> dict[str, str]:
        person = screens.signed_in(user)
        return {"state": f"{town.changes}-{screens.state(person.id)}"}

    return app
