"""Google's own client for the YouTube Data API, with our errors and a ledger of what it costs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import google.oauth2.credentials
import google_auth_httplib2
import googleapiclient.discovery
import httplib2

from connectors.contract import ConnectorSettings
from connectors.errors import TryLater, UnexpectedReply
from connectors.youtube_failures import KNOWN, explain

__all__ = ["WRITE_UNITS", "YouTubeClient"]

WRITE_UNITS = 50
"""What changing anything costs; reading costs one unit."""

_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
_SCOPES = ("https://www.googleapis.com/auth/youtube.force-ssl",)
_MOST_PAGES = 1000


class YouTubeClient:
    """Makes calls for one channel; one service for each thread, because its lines are not shared.

    Args:
        settings: The secrets ``client_id``, ``client_secret`` and ``refresh_token``.

    Attributes:
        spent: Units of quota.
    """

    def __init__(self, settings: ConnectorSettings) -> None:
        self._settings = settings
        self._own = threading.local()
        self._opened: list[httplib2.Http] = []
        self.spent = 0

    def read(self, ask: Callable[[Any], Any]) -> dict[str, Any]:
        """Make a call that changes nothing; one whose answer was lost is made once more.

        Args:
            ask: Service -> request, as Google's client makes them.

        Raises:
            ConnectorError: Whatever went wrong, sorted by what to do about it.
        """
        with suppress(TryLater):
            return self._object(self._execute(ask, units=1, writes=False))
        return self._object(self._execute(ask, units=1, writes=False))

    def pages(self, ask: Callable[[Any, str | None], Any]) -> Iterator[tuple[list[Any], bool]]:
        """Read a list page by page; each with whether it is the last.

        Args:
            ask: Service and page token (None for the first) -> request.

        Raises:
            ConnectorError: Whatever went wrong, or the list does not end.
        """
        token: str | None = None
        for _ in range(_MOST_PAGES):
            told = self.read(partial(_with_token, ask, token))
            items = told.get("items", [])
            if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
                raise UnexpectedReply(
                    "YouTube answered without a list; look whether its API has changed."
                )
            token = told.get("nextPageToken")
            yield items, not token
            if not token:
                return
        raise UnexpectedReply("YouTube's list does not end; look whether its API has changed.")

    def write(self, ask: Callable[[Any], Any]) -> Any:
        """Make a call that changes something.

        Raises:
            ConnectorError: Whatever went wrong, sorted by what to do about it.
        """
        return self._execute(ask, units=WRITE_UNITS, writes=True)

    def close(self) -> None:
        """Close the connections that are kept open."""
        for each in self._opened:
            each.close()

    def _execute(self, ask: Callable[[Any], Any], *, units: int, writes: bool) -> Any:
        self.spent += units
        try:
            return ask(self._service()).execute(num_retries=0)
        except KNOWN as error:
            # "from None": the library's own text holds the address and all its parameters.
            raise explain(error, writes=writes, now=self._settings.clock()) from None

    def _service(self) -> Any:
        if not hasattr(self._own, "service"):
            http = httplib2.Http(timeout=self._settings.timeout_s)
            self._opened.append(http)
            self._own.service = googleapiclient.discovery.build(
                "youtube",
                "v3",
                http=google_auth_httplib2.AuthorizedHttp(self._credentials(), http=http),
                client_options={"api_endpoint": self._settings.base_url or None},
                cache_discovery=False,
            )
        return self._own.service

    def _credentials(self) -> Any:
        told = {role: secret.value.strip() for role, secret in self._settings.secrets.items()}
        base_url = self._settings.base_url
        return google.oauth2.credentials.Credentials(
            token=None,
            refresh_token=told.get("refresh_token"),
            token_uri=f"{base_url}/token" if base_url else _TOKEN_URI,
            client_id=told.get("client_id"),
            client_secret=told.get("client_secret"),
            scopes=_SCOPES,
        )

    @staticmethod
    def _object(answer: Any) -> dict[str, Any]:
        if not isinstance(answer, dict):
            raise UnexpectedReply(
                "YouTube answered with something that is no object; look whether its API has"
                " changed."
            )
        return answer


def _with_token(ask: Callable[[Any, str | None], Any], token: str | None, service: Any) -> Any:
    return ask(service, token)
