"""A pretend Graph API for Facebook Pages, standing on a :class:`~monitor.sandbox.town.Town`.

It speaks the wire format of Meta's documentation closely enough that the real facebook-sdk
cannot tell: version prefix, cursors and ``paging.next``, pages shorter than asked for, ranked
lists that leave comments out, field checks, error codes with HTTP 400, usage headers, tokens that
expire, and ``from`` that is withheld.

A ``twist`` fault of ``duplicate_page`` answers a list's first page whatever was asked for.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime

from monitor.sandbox.faults import Faults
from monitor.sandbox.graph_edges import GraphEdges
from monitor.sandbox.graph_errors import GraphRefusalError
from monitor.sandbox.http import Answer, Clock, Request, json_reply
from monitor.sandbox.platform import PretendPlatform
from monitor.sandbox.town import Town
from monitor.sandbox.townsfolk import TownToken

__all__ = ["GraphSandbox"]

_PATH = re.compile(r"^/v(\d+\.\d+)/(.+)$")


class GraphSandbox(PretendPlatform):
    """A loopback server that answers as ``https://graph.facebook.com`` would.

    Args:
        town: What it tells of, and what it changes.
        port: 0 for any free one.
        clock: Decides whether a token has expired; follows the machine when left out.
        faults: What goes wrong.
        app_id: The app that tokens belong to; with ``app_secret``, ``debug_token`` asks for both.
        app_secret: Makes ``appsecret_proof`` checked where it is sent.
        require_proof: Refuses calls without a proof, as an app can be set to do.
        permalink_base: What permalinks begin with; a demo puts its own page's address here.
        edges: What answers below the token's check; Facebook's own when left out.

    Attributes:
        edges: Its quirks can be set here: ``show_authors``, ``refused_fields``, ``page_sizes``.
        usage_headers: Added to every answer; empty as long as there is little traffic.
    """

    VERSION = "v26.0"

    def __init__(
        self,
        town: Town,
        *,
        port: int = 0,
        clock: Callable[[], datetime] | None = None,
        faults: Faults | None = None,
        app_id: str = "",
        app_secret: str = "",
        require_proof: bool = False,
        permalink_base: str = "https://www.facebook.com",
        edges: GraphEdges | None = None,
    ) -> None:
        super().__init__(self._handle, port=port, faults=faults)
        self.town = town
        self.clock = clock or Clock()
        self.edges = edges or GraphEdges(town, self.clock, permalink_base=permalink_base)
        self.usage_headers: dict[str, str] = {}
        self._app_id = app_id
        self._app_secret = app_secret
        self._require_proof = require_proof

    def report_usage(
        self, *, app_percent: int | None = None, page_percent: int | None = None, minutes: int = 0
    ) -> None:
        """Send usage headers from now on; None leaves that header out.

        Args:
            app_percent: ``X-App-Usage``: how much of the app's hourly calls is spent.
            page_percent: ``X-Business-Use-Case-Usage``: how much of the page's is spent.
            minutes: The estimated time to regain access that goes with the latter.
        """
        self.usage_headers = {}
        if app_percent is not None:
            told = {"call_count": app_percent, "total_time": 1, "total_cputime": 1}
            self.usage_headers["X-App-Usage"] = json.dumps(told)
        if page_percent is not None:
            row = {
                "type": "pages",
                "call_count": page_percent,
                "total_cputime": 1,
                "total_time": 1,
                "estimated_time_to_regain_access": minutes,
            }
            pages = self.town.pages()
            owner = pages[0].id if pages else "0"
            self.usage_headers["X-Business-Use-Case-Usage"] = json.dumps({owner: [row]})

    def _handle(self, request: Request) -> Answer:
        headers = {"facebook-api-version": self.VERSION, **self.usage_headers}
        try:
            return json_reply(self._answer(request), headers=headers)
        except GraphRefusalError as refusal:
            return json_reply(refusal.body(), refusal.status, headers=headers)

    def _answer(self, request: Request) -> object:
        path = _PATH.match(request.path)
        if path is None:
            raise GraphRefusalError(2500, f"Unknown path components: {request.path}")
        if path[2] == "debug_token":
            return self._debug_token(request)
        token = self._token(request)
        target, _, edge = path[2].partition("/")
        if target == "me":
            target = token.page_id or "me"
        return self.edges.answer(request, token, target=target, edge=edge)

    def _token(self, request: Request) -> TownToken:
        value = _given_token(request)
        if not value:
            message = "An access token is required to request this resource."
            raise GraphRefusalError(104, message)
        token = self.town.token(value)
        if token is None:
            raise GraphRefusalError(190, "Invalid OAuth access token - Cannot parse access token")
        self._check_proof(request, value)
        problem = self._problem_of(token)
        if problem is not None:
            raise problem
        return token

    def _problem_of(self, token: TownToken) -> GraphRefusalError | None:
        if token.revoked_subcode is not None:
            message = "Error validating access token: The session has been invalidated."
            return GraphRefusalError(190, message, subcode=token.revoked_subcode)
        if token.expires_at is not None and token.expires_at <= self.clock():
            message = "Error validating access token: Session has expired."
            return GraphRefusalError(190, message, subcode=463)
        return None

    def _check_proof(self, request: Request, token: str) -> None:
        given = request.argument("appsecret_proof")
        if given is None:
            if self._require_proof:
                message = "API calls from the server require an appsecret_proof argument"
                raise GraphRefusalError(100, message)
            return
        expected = hmac.new(self._app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, given):
            raise GraphRefusalError(100, "Invalid appsecret_proof provided in the API argument")

    def _debug_token(self, request: Request) -> Mapping[str, object]:
        if not self._app_id or _given_token(request) != f"{self._app_id}|{self._app_secret}":
            raise GraphRefusalError(190, "Invalid OAuth access token signature.")
        token = self.town.token(request.argument("input_token") or "")
        if token is None:
            error = {"code": 190, "message": "Invalid OAuth access token."}
            return {"data": {"is_valid": False, "scopes": [], "error": error}}
        problem = self._problem_of(token)
        told: dict[str, object] = {
            "app_id": self._app_id,
            "type": "PAGE" if token.page_id else "USER",
            "application": "Council Moderation",
            "expires_at": _seconds(token.expires_at),
            "data_access_expires_at": _seconds(token.data_access_expires_at),
            "is_valid": problem is None,
            "scopes": sorted(token.scopes),
        }
        if token.page_id:
            told["profile_id"] = token.page_id
        if problem is not None:
            told["error"] = {"code": 190, "message": problem.message, "subcode": problem.subcode}
        return {"data": told}


def _given_token(request: Request) -> str:
    bearer = request.headers.get("authorization", "").partition(" ")[2]
    return request.argument("access_token") or bearer


def _seconds(moment: datetime | None) -> int:
    return int(moment.timestamp()) if moment else 0
