"""The Graph API client that the Facebook and Instagram connectors share.

The facebook-sdk's own ``request`` cannot speak to a modern version or another host, looks at no
status, loses the headers and puts the token into the address. This subclass replaces that one
method and keeps the rest of the library. Every way of failing becomes a ``ConnectorError``,
decided on the platform's error code, because its HTTP status is nearly always 400.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import facebook
import requests
import urllib3
from requests.auth import AuthBase
from typing_extensions import override

from connectors.contract import ConnectorSettings
from connectors.errors import TryLater, UnexpectedReply
from connectors.graph_failures import explain, explain_code, explain_status, unreadable

__all__ = ["GraphClient", "Usage"]

_PLATFORM = "https://graph.facebook.com"
_VERSION = "v26.0"
_OK = 200
_SLOW_DOWN_AT = 75
_STOP_AT = 95
_STOPPED = timedelta(minutes=15)
_LONGEST_REGAIN_MIN = 24 * 60


@dataclass(frozen=True, slots=True)
class Usage:
    """How much of the platform's budget is spent, as the latest answer said.

    Attributes:
        percent: The highest of all that was stated, from 0; over 100 is possible.
        regain_in: The platform's own estimate of when calls work again.
    """

    percent: int = 0
    regain_in: timedelta = timedelta()

    @property
    def is_high(self) -> bool:
        """Whether to leave out what can wait (75 %)."""
        return self.percent >= _SLOW_DOWN_AT

    @property
    def is_spent(self) -> bool:
        """Whether to stop calling (95 %): a call while throttled prolongs the pause."""
        return self.percent >= _STOP_AT


class GraphClient(facebook.GraphAPI):  # type: ignore[misc] # the library has no types
    """``facebook.GraphAPI`` for a current version, any host, and our errors.

    Nothing sleeps and nothing is retried. The token travels in a header, so no address shows it;
    ``appsecret_proof`` goes along when the settings hold ``app_secret``.

    Args:
        settings: ``base_url``, ``timeout_s``, ``clock``, the secrets ``token`` and perhaps
            ``app_secret``, and the option ``graph_version`` (``v26.0``).
        session: Shared connections; a new session when left out.

    Attributes:
        usage: What the latest answer that had usage headers said.
        last_status: The HTTP status of the latest answer; 0 before the first.
        last_headers: The headers of the latest answer.
        calls: How many were made.
    """

    def __init__(
        self, settings: ConnectorSettings, *, session: requests.Session | None = None
    ) -> None:
        token = settings.secrets.get("token")
        app_secret = settings.secrets.get("app_secret")
        super().__init__(
            access_token=token.value.strip() if token else None,
            timeout=settings.timeout_s,
            session=session or requests.Session(),
        )
        # The constructor's own check knows no version after 3.1.
        self.version = str(settings.options.get("graph_version", _VERSION))
        self._app_secret = app_secret.value.strip() if app_secret else ""
        self.usage = Usage()
        self.last_status = 0
        self.last_headers: Mapping[str, str] = {}
        self.calls = 0
        self._base_url = (settings.base_url or _PLATFORM).rstrip("/")
        self._clock: Callable[[], datetime] = settings.clock
        self._stopped_until: datetime | None = None

    @override
    def __repr__(self) -> str:
        return f"GraphClient({self._base_url}, {self.version})"

    @override
    def request(
        self,
        path: str,
        args: Mapping[str, Any] | None = None,
        post_args: Mapping[str, Any] | None = None,
        files: Mapping[str, Any] | None = None,
        method: str | None = None,
    ) -> Any:
        """Make one call and read its answer; the library's other methods end here.

        Args:
            path: With the version and without a leading slash.
            args: For the query. An ``access_token`` here replaces ours, in the header.
            post_args: For a form; makes it a POST.
            files: As ``requests`` takes them.
            method: ``GET`` when left out.

        Raises:
            ConnectorError: Whatever went wrong, sorted by what to do about it.
        """
        self._stop_if_spent()
        query = dict(args or {})
        token = str(query.pop("access_token", None) or self.access_token or "")
        verb = "POST" if post_args is not None else method or "GET"
        form = dict(post_args) if post_args is not None else None
        (query if form is None else form).update(self._proof(token))
        self.calls += 1
        try:
            response = self.session.request(
                verb,
                f"{self._base_url}/{path}",
                params=query,
                data=form,
                files=files,
                timeout=self.timeout,
                auth=_Bearer(token),
                allow_redirects=False,
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            # "from None": the library's own text holds the address and all its parameters.
            raise explain(error, now=self._clock()) from None
        self._remember(response)
        return self._read(response, verb)

    @override
    def get_object(self, target: str, **args: Any) -> dict[str, Any]:
        """Read one object, and check that it is one.

        Raises:
            UnexpectedReply: The answer is something else.
        """
        return self._object(self.request(f"{self.version}/{target}", args))

    @override
    def put_object(self, target: str, edge: str, **data: Any) -> dict[str, Any]:
        """Write one object to a list, and check that the answer is one.

        Raises:
            UnexpectedReply: The answer is something else.
        """
        return self._object(self.request(f"{self.version}/{target}/{edge}", post_args=data))

    def get_page(self, target: str, edge: str, **args: Any) -> dict[str, Any]:
        """Read one page of a list, and check that it is one.

        Raises:
            UnexpectedReply: The answer has no list of objects in ``data``.
        """
        answer = self.get_connections(target, edge, **args)
        rows = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise UnexpectedReply(
                f"The platform answered {edge} without a list; look whether its API has changed.",
                details={"edge": edge, "status": self.last_status},
            )
        return dict(answer)

    def close(self) -> None:
        """Close the connections that are kept open."""
        self.session.close()

    def _object(self, answer: object) -> dict[str, Any]:
        if not isinstance(answer, dict):
            raise UnexpectedReply(
                "The platform answered with something that is no object; look whether its API has"
                " changed.",
                details={"status": self.last_status},
            )
        return answer

    def _stop_if_spent(self) -> None:
        if self._stopped_until is None:
            return
        if self._clock() < self._stopped_until:
            raise TryLater(
                "The platform's budget of calls is nearly spent; reading goes on when it refills.",
                at=self._stopped_until,
                whole_account=True,
                details={"percent": self.usage.percent},
            )
        self._stopped_until = None

    def _proof(self, token: str) -> dict[str, str]:
        # An app token ("id|secret") proves the secret by itself.
        if not self._app_secret or "|" in token:
            return {}
        proof = hmac.new(self._app_secret.encode(), token.encode(), hashlib.sha256)
        return {"appsecret_proof": proof.hexdigest()}

    def _remember(self, response: requests.Response) -> None:
        self.last_status = response.status_code
        self.last_headers = response.headers
        usage = _usage(response.headers)
        if usage is None:
            return
        self.usage = usage
        if usage.is_spent:
            self._stopped_until = self._clock() + (usage.regain_in or _STOPPED)

    def _read(self, response: requests.Response, verb: str) -> Any:
        content_type = response.headers.get("content-type", "")
        try:
            value = response.json() if "json" in content_type else None
        except requests.exceptions.JSONDecodeError:
            value = None
        error = value.get("error") if isinstance(value, dict) else None
        if isinstance(error, dict):
            raise explain_code(
                error,
                status=response.status_code,
                writes=verb != "GET",
                now=self._clock(),
                regain_in=self.usage.regain_in,
            )
        if response.status_code != _OK:
            raise explain_status(response, now=self._clock())
        if value is None:
            raise unreadable(response)
        return value


class _Bearer(AuthBase):
    """Puts the token into the header; as an auth object it also keeps a .netrc out of it."""

    def __init__(self, token: str) -> None:
        self._token = token

    @override
    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        if not self._token.isascii() or not self._token.isprintable():
            raise requests.exceptions.InvalidHeader("The token holds characters no header takes.")
        if self._token:
            prepared.headers["Authorization"] = f"Bearer {self._token}"
        return prepared


def _usage(headers: Mapping[str, str]) -> Usage | None:
    """Read the usage headers; None where there are none, which is normal with little traffic."""
    rows: list[Mapping[str, Any]] = []
    for name in ("X-App-Usage", "X-Page-Usage", "X-Business-Use-Case-Usage"):
        try:
            told = json.loads(headers.get(name, "null"))
        except ValueError:
            continue
        rows.extend(_usage_rows(told))
    if not rows:
        return None
    shares = ("call_count", "total_time", "total_cputime")
    percent = max(_number(row.get(share)) for row in rows for share in shares)
    minutes = max(_number(row.get("estimated_time_to_regain_access")) for row in rows)
    # A number that cannot be meant must not silence a channel for years.
    return Usage(percent, timedelta(minutes=min(max(minutes, 0), _LONGEST_REGAIN_MIN)))


def _usage_rows(told: object) -> list[Mapping[str, Any]]:
    if not isinstance(told, dict):
        return []
    nested = [row for rows in told.values() if isinstance(rows, list) for row in rows]
    return [row for row in nested if isinstance(row, dict)] or [told]


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
