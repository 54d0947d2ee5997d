"""What stands before every page: security headers, a limit on size, and the session cookie."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.desk.web.sessions import Sessions, Visit

__all__ = ["BODY_LIMIT", "REFRESH_HEADER", "Guard"]

BODY_LIMIT = 64 * 1024
"""Bytes that a form may hold; the longest has one note and a few words."""

REFRESH_HEADER = "x-wardmote-refresh"
"""Set by the queue's own script, whose asking is not a sign of somebody's presence."""

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "font-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS: Mapping[str, str] = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not "no-referrer": it would hide the origin of our own forms from the check below.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
_FROM_US = frozenset({"same-origin", "none"})
_RENEWED_AFTER = timedelta(minutes=1)


class Guard:
    """ASGI middleware; a page finds its visitor at ``request.state.visit`` and may replace it.

    Args:
        app: What is guarded.
        sessions: Reads and writes the cookie.
        is_secure: The console is reached over https, so the cookie never travels without it.
        on_failure: What is shown where a page failed before it began.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        sessions: Sessions,
        is_secure: bool,
        on_failure: Callable[[Request, Exception], Response],
    ) -> None:
        self._app = app
        self._on_failure = on_failure
        self._sessions = sessions
        self._is_secure = is_secure
        # The prefix makes browsers refuse a cookie that another host or path has planted.
        self._name = "__Host-wardmote" if is_secure else "wardmote"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        known = self._sessions.read(Request(scope).cookies.get(self._name))
        visit = known if known is not None else self._sessions.begin()
        scope.setdefault("state", {})["visit"] = visit
        has_begun = False

        async def send_guarded(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                answer = MutableHeaders(scope=message)
                self._add_headers(answer)
                self._add_cookie(answer, scope["state"]["visit"], headers, known=known)
            await send(message)

        refused = _refusal(scope, headers)
        app = self._app if refused is None else refused
        try:
            await app(scope, _Bounded(receive), send_guarded)
        except Exception as error:
            # Told here and not by the server, whose traceback could quote a comment. Once an
            # answer has begun nothing can be said in its place, so it breaks off.
            if has_begun:
                raise
            answer = self._on_failure(Request(scope), error)
            await answer(scope, receive, send_guarded)

    def _add_headers(self, answer: MutableHeaders) -> None:
        for name, value in _HEADERS.items():
            answer.setdefault(name, value)
        if self._is_secure:
            answer.setdefault("strict-transport-security", "max-age=31536000")

    def _add_cookie(
        self, answer: MutableHeaders, visit: Visit, asked: Headers, *, known: Visit | None
    ) -> None:
        if visit is known:
            fresh = self._sessions.renew(visit)
            if REFRESH_HEADER in asked or fresh.seen_at - visit.seen_at < _RENEWED_AFTER:
                return
            visit = fresh
        elif visit.person is None and answer.get("content-type", "").split(";")[0] != "text/html":
            # Only a page with a form needs to know a stranger again; health checks never do.
            return
        parts = [
            f"{self._name}={self._sessions.write(visit)}",
            "Path=/",
            "HttpOnly",
            "SameSite=Lax",
        ]
        if self._is_secure:
            parts.append("Secure")
        answer.append("set-cookie", "; ".join(parts))


class _Bounded:
    """Ends a body that is longer than any form of ours, whatever its length claimed to be."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._left = BODY_LIMIT

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            return {"type": "http.disconnect"}
        return message


def _refusal(scope: Scope, headers: Headers) -> ASGIApp | None:
    if scope["method"] in {"GET", "HEAD"}:
        return None
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > BODY_LIMIT:
        return PlainTextResponse(
            f"The form is too large: the console takes up to {BODY_LIMIT // 1024} KiB.", 413
        )
    if headers.get("sec-fetch-site", "none") not in _FROM_US:
        return PlainTextResponse(
            "This form was sent from another site. Open the console and press there.", 403
        )
    return None
