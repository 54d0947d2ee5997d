"""The pretend Slack: Web API over HTTP, Socket Mode over a WebSocket, one workspace behind both.

    with SlackServer() as slack:
        client = WebClient(token=slack.bot_token, base_url=slack.api_url)
        client.chat_postMessage(channel="C0MODERATION", text="hello")
        slack.workspace.messages("C0MODERATION")

The real SDK talks to it; nothing is patched. It binds to 127.0.0.1 only.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self

from monitor.sandbox.faults import Faults
from monitor.sandbox.http import Answer, Clock, LoopbackServer, Request, json_reply
from monitor.sandbox.slack_hands import SlackWorkspace
from monitor.sandbox.slack_link import SlackLink
from monitor.sandbox.slack_methods import METHODS, Method, SlackRefuses
from monitor.sandbox.slack_state import NoSuchThing

__all__ = ["APP_TOKEN", "BOT_SCOPES", "BOT_TOKEN", "SlackServer"]

BOT_TOKEN = "xoxb-wexcombe-sandbox"  # noqa: S105 - opens nothing but this loopback server
APP_TOKEN = "xapp-wexcombe-sandbox"  # noqa: S105 - opens nothing but this loopback server
BOT_SCOPES = frozenset(
    {
        "chat:write",
        "users:read",
        "usergroups:read",
        "channels:read",
        "channels:history",
        "files:write",
    }
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    scopes: frozenset[str]
    error: str = ""


class SlackServer:
    """A whole Slack on loopback; a context manager that leaves nothing open.

    Args:
        clock: The town's time, for timestamps and triggers.
        port: The port of the Web API; 0 for any free one.
        deadline_s: How long the app has to acknowledge an envelope.
        redeliveries: How often an envelope that was not acknowledged is delivered again.
        seconds_between_posts: The pace at which a channel takes messages; over it is 429.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        port: int = 0,
        deadline_s: float = 3.0,
        redeliveries: int = 1,
        seconds_between_posts: float = 0.0,
    ) -> None:
        self.link = SlackLink(deadline_s=deadline_s, redeliveries=redeliveries)
        self.workspace = SlackWorkspace(self.link, clock)
        self._http = LoopbackServer(self._answer, port=port)
        self._pace = seconds_between_posts
        self._posted_at: dict[str, float] = {}
        self._tokens = {
            BOT_TOKEN: _Token("bot", BOT_SCOPES),
            APP_TOKEN: _Token("app", frozenset({"connections:write"})),
        }

    @property
    def bot_token(self) -> str:
        """The token that posts."""
        return BOT_TOKEN

    @property
    def app_token(self) -> str:
        """The token that opens a Socket Mode connection."""
        return APP_TOKEN

    @property
    def api_url(self) -> str:
        """What the SDK calls its base URL, with its trailing slash."""
        return f"{self._http.base_url}/api/"

    @property
    def faults(self) -> Faults:
        """What goes wrong at the Web API."""
        return self._http.faults

    @property
    def requests(self) -> tuple[Request, ...]:
        """What the Web API was asked, oldest first."""
        return self._http.requests

    def calls(self, method: str) -> tuple[Request, ...]:
        """The requests of one method: ``chat.postMessage``."""
        return tuple(each for each in self.requests if each.path == f"/api/{method}")

    def withdraw_scope(self, scope: str) -> None:
        """Take a scope from both tokens, so that its methods answer ``missing_scope``."""
        for token, known in self._tokens.items():
            self._tokens[token] = replace(known, scopes=known.scopes - {scope})

    def reject_token(self, token: str, error: str = "token_revoked") -> None:
        """Answer every call with this token with an error such as ``token_expired``."""
        self._tokens[token] = replace(self._tokens[token], error=error)

    def restore_tokens(self) -> None:
        """Let both tokens be as they were in the beginning."""
        self._tokens = {
            BOT_TOKEN: _Token("bot", BOT_SCOPES),
            APP_TOKEN: _Token("app", frozenset({"connections:write"})),
        }

    def start(self) -> Self:
        """Begin to listen on both ports."""
        self.link.start()
        self._http.start()
        return self

    def stop(self) -> None:
        """Close every connection and end every thread. Twice is fine."""
        self.link.stop()
        self._http.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _answer(self, request: Request) -> Answer:
        if request.path.startswith("/upload/"):
            return self._upload(request)
        name = request.path.removeprefix("/api/")
        method = METHODS.get(name)
        if method is None:
            return json_reply({"ok": False, "error": "unknown_method", "req_method": name})
        try:
            scopes = self._admit(request, method)
            arguments = _arguments(request)
            wait = self._wait_for(name, str(arguments.get("channel", "")))
            if wait:
                answer = {"ok": False, "error": "ratelimited"}
                return json_reply(answer, 429, headers={"Retry-After": str(wait)})
            answer = {"ok": True, **self._with_base(method, arguments)}
            return json_reply(answer, headers={"X-OAuth-Scopes": ",".join(sorted(scopes))})
        except SlackRefuses as refusal:
            return json_reply({"ok": False, "error": refusal.error, **refusal.extra})

    def _with_base(self, method: Method, arguments: Mapping[str, Any]) -> dict[str, Any]:
        answer = method.call(self.workspace, arguments)
        if "upload_url" in answer:
            answer["upload_url"] = answer["upload_url"].format(base=self._http.base_url)
        return answer

    def _admit(self, request: Request, method: Method) -> frozenset[str]:
        """Let a request in by its token, and say what that token may do."""
        header = request.headers.get("authorization", "")
        if not header.startswith("Bearer "):
            raise SlackRefuses("not_authed")
        token = self._tokens.get(header.removeprefix("Bearer "))
        if token is None:
            raise SlackRefuses("invalid_auth")
        if token.error:
            raise SlackRefuses(token.error)
        if token.kind != method.caller:
            raise SlackRefuses("not_allowed_token_type")
        if method.scope and method.scope not in token.scopes:
            provided = ",".join(sorted(token.scopes))
            raise SlackRefuses("missing_scope", needed=method.scope, provided=provided)
        return token.scopes

    def _wait_for(self, name: str, channel: str) -> int:
        if not self._pace or name != "chat.postMessage":
            return 0
        with self.workspace.changed:
            now = time.monotonic()
            left = self._posted_at.get(channel, -self._pace) + self._pace - now
            if left > 0:
                return math.ceil(left)
            self._posted_at[channel] = now
            return 0

    def _upload(self, request: Request) -> Answer:
        try:
            kept = self.workspace.file(request.path.removeprefix("/upload/"))
        except NoSuchThing:
            return Answer(404, b"no such upload")
        self.workspace.keep_file(replace(kept, content=request.body))
        return Answer(200, f"OK - {len(request.body)}".encode())


def _arguments(request: Request) -> dict[str, Any]:
    if "json" in request.headers.get("content-type", ""):
        sent = request.json()
        return dict(sent) if isinstance(sent, dict) else {}
    return {name: values[0] for name, values in (request.form | dict(request.query)).items()}
