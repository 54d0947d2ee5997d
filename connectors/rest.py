"""Plain calls over HTTP for the platforms that have no living library of their own.

Nothing sleeps. A read whose answer was lost on the way is asked for once more, because a thread of
many calls would hardly ever be read to its end otherwise; nothing else is.

What goes wrong below the platform's own words (the line, the gateway, an answer that is no JSON)
becomes a ``ConnectorError`` here; the platform's own errors are its module's to read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests
import urllib3
from requests.auth import AuthBase
from typing_extensions import override

from connectors.contract import ConnectorSettings
from connectors.errors import ConnectorError, TryLater, UnexpectedReply

__all__ = ["RestAnswer", "RestClient", "retry_after", "unreadable"]

_SERVER_ERRORS = 500
_SOON = timedelta(minutes=2)
_LONGEST_WAIT = timedelta(hours=24)
_MOST_DIGITS = 9
_SAMPLE_LENGTH = 200
_SECRETIVE = re.compile(r"[A-Za-z0-9_\-.~%|]{24,}")


@dataclass(frozen=True, slots=True)
class RestAnswer:
    """What a platform answered.

    Attributes:
        value: The body as JSON; None where there is none, or it is no JSON.
        text: The first characters of a body that is no JSON, without what may be a secret.
        headers: By their names, whatever their case.
    """

    status: int
    value: Any
    text: str
    headers: Mapping[str, str]

    @property
    def fields(self) -> Mapping[str, Any]:
        """The body where it is a JSON object; else nothing."""
        return self.value if isinstance(self.value, dict) else {}


class RestClient:
    """Makes calls to one platform with one set of credentials.

    Args:
        settings: ``base_url``, ``timeout_s`` and the clock.
        platform: Its own address, without a trailing slash.
        auth: Signs each request; it also keeps a .netrc out of it.

    Attributes:
        calls: How many were made.
    """

    def __init__(
        self, settings: ConnectorSettings, *, platform: str, auth: AuthBase | None
    ) -> None:
        self.base_url = (settings.base_url or platform).rstrip("/")
        self.calls = 0
        self._timeout = settings.timeout_s
        self._clock: Callable[[], datetime] = settings.clock
        self._auth = auth
        self._session = requests.Session()

    @override
    def __repr__(self) -> str:
        return f"RestClient({self.base_url})"

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | str | None = None,
        form: Mapping[str, str] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> RestAnswer:
        """Make a call and read its answer, whatever its status below 500.

        Args:
            method: ``GET``, ``POST``, …
            path: With its leading slash, already encoded.
            query: Parameters, or a query that is already encoded.
            form: Sent as a form.
            body: Sent as JSON, where it is not None.
            headers: Besides the usual ones.

        Raises:
            TryLater: The platform cannot be reached, or has a fault of its own.
        """
        asked = {"params": query, "data": form, "json": body, "headers": headers}
        if method == "GET":
            with suppress(TryLater):
                return self._once(method, path, asked)
        return self._once(method, path, asked)

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._session.close()

    def _once(self, method: str, path: str, asked: Mapping[str, Any]) -> RestAnswer:
        self.calls += 1
        try:
            response = self._session.request(
                method,
                f"{self.base_url}{path}",
                **asked,
                timeout=self._timeout,
                auth=self._auth,
                allow_redirects=False,
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            # "from None": the library's own text holds the address and all its parameters.
            raise self._unreached(error) from None
        if response.status_code >= _SERVER_ERRORS:
            raise TryLater(
                f"The platform answered {response.status_code}; it is asked again soon.",
                at=self._clock() + min(retry_after(response.headers) or _SOON, _LONGEST_WAIT),
                details={"status": response.status_code},
            )
        return _read(response)

    def _unreached(self, error: Exception) -> ConnectorError:
        kind = type(error).__name__
        return TryLater(
            "The platform could not be reached or did not answer in time; it is asked again soon.",
            at=self._clock() + _SOON,
            details={"error": kind},
        )


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """How long the platform asks us to wait; None where it does not say it in seconds."""
    told = headers.get("Retry-After", "").strip()
    if not (told.isascii() and told.isdigit()):
        return None
    # A proxy's fantasy must not keep a channel unread for years.
    return timedelta(seconds=int(told)) if len(told) < _MOST_DIGITS else _LONGEST_WAIT


def unreadable(answer: RestAnswer) -> UnexpectedReply:
    """Say that an answer is nothing we know how to read, with a sample where that is safe."""
    return UnexpectedReply(
        f"The platform answered {answer.status} with something that cannot be read; look whether"
        " a proxy stands in between or its API has changed.",
        sample=answer.text,
        details={"status": answer.status},
    )


def _read(response: requests.Response) -> RestAnswer:
    kind = response.headers.get("content-type", "")
    value: Any = None
    if response.content:
        try:
            value = json.loads(response.content)
        except ValueError:
            value = None
    # A JSON answer may hold comments; a page of HTML is a gateway's and helps to recognise it.
    is_page = value is None and "html" in kind
    text = _SECRETIVE.sub("…", response.text[:_SAMPLE_LENGTH]) if is_page else ""
    return RestAnswer(response.status_code, value, text, response.headers)
