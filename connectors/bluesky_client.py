"""The atproto library for one account: sessions that are kept, raw answers, and our errors.

A sign-in is dear: a server takes few a day. So the session is kept in place of being made anew,
its refreshed tokens are kept before they are used, and a session that is refused is replaced by
one new sign-in.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from atproto import Client, Request
from atproto_client import exceptions
from atproto_client.models.dot_dict import DotDict

from connectors.contract import ConnectorSettings, Secret
from connectors.errors import (
    CommentGone,
    ConnectorError,
    CredentialsRejected,
    NotPermitted,
    TryLater,
    UnexpectedReply,
)

__all__ = ["KNOWN", "BlueskyClient", "SwapRefusedError", "explain"]

KNOWN: tuple[type[Exception], ...] = (
    exceptions.AtProtocolError,
    httpx.HTTPError,
    httpx.InvalidURL,
    # The library decodes tokens and answers without a look at what they are.
    ValueError,
    KeyError,
)
"""Everything that a call may raise."""

_PLATFORM = "https://bsky.social"
_KEPT = "session"
_SOON = timedelta(minutes=2)
_WINDOW = timedelta(minutes=5)
_LONGEST = timedelta(hours=24)
_REFUSED = frozenset({"ExpiredToken", "InvalidToken", "AuthMissing", "AuthenticationRequired"})
_ENDED = frozenset({"AccountTakedown", "AccountDeactivated", "AccountSuspended"})
_GONE = frozenset({"RecordNotFound", "NotFound", "CouldNotLocateRecord"})


class SwapRefusedError(UnexpectedReply):
    """Somebody changed the record between reading and writing it."""


class BlueskyClient:
    """Makes calls as one account.

    Args:
        settings: The secrets ``identifier`` and ``app_password``.

    Attributes:
        calls: How many were made.
    """

    def __init__(self, settings: ConnectorSettings) -> None:
        self._settings = settings
        self._identifier, self._password = (
            secret.value.strip() if (secret := settings.secrets.get(role)) else ""
            for role in ("identifier", "app_password")
        )
        # A digest, so that a session of other credentials is not taken for ours.
        told = f"{self._identifier}\n{self._password}\n{settings.base_url}"
        self._origin = hashlib.sha256(told.encode()).hexdigest()
        self._lock = threading.Lock()
        self._opened: Client | None = None
        self.calls = 0

    def read(self, method: str, **params: Any) -> Mapping[str, Any]:
        """Ask a query; one whose answer was lost is asked for once more.

        Raises:
            ConnectorError: Whatever went wrong, sorted by what to do about it.
        """
        given = {name: value for name, value in params.items() if value is not None}
        with suppress(TryLater):
            return self._asked(method, given, writes=False)
        return self._asked(method, given, writes=False)

    def write(self, method: str, **data: Any) -> Mapping[str, Any]:
        """Call a procedure.

        Raises:
            ConnectorError: Whatever went wrong, sorted by what to do about it.
        """
        given = {name: value for name, value in data.items() if value is not None}
        return self._asked(method, given, writes=True)

    def close(self) -> None:
        """Close the connections that are kept open."""
        with self._lock:
            opened, self._opened = self._opened, None
        if opened is not None:
            opened.request.close()

    def _asked(self, method: str, given: Mapping[str, Any], *, writes: bool) -> Mapping[str, Any]:
        try:
            return self._once(method, given, writes=writes, anew=False)
        except CredentialsRejected as error:
            if error.details.get("error") not in _REFUSED:
                raise
        return self._once(method, given, writes=writes, anew=True)

    def _once(
        self, method: str, given: Mapping[str, Any], *, writes: bool, anew: bool
    ) -> Mapping[str, Any]:
        try:
            client = self._client(anew=anew)
            self.calls += 1
            if writes:
                answer = client.invoke_procedure(method, data=DotDict(dict(given)), **_JSON)
            else:
                asked = DotDict(dict(given))
                answer = client.invoke_query(method, params=asked, output_encoding=_JSON_TYPE)
        except KNOWN as error:
            # "from None": a library's own text may hold what was sent.
            raise explain(error, writes=writes, now=self._settings.clock()) from None
        content = answer.content
        if not isinstance(content, dict):
            raise UnexpectedReply(
                "Bluesky answered with something that is no object; look whether its API has"
                " changed.",
                details={"status": answer.status_code},
            )
        return content

    def _client(self, *, anew: bool) -> Client:
        with self._lock:
            if self._opened is None or anew:
                refused, self._opened = self._opened, None
                if refused is not None:
                    refused.request.close()
                self._opened = self._signed_in(None if anew else self._kept())
            return self._opened

    def _signed_in(self, session: str | None) -> Client:
        client = Client(
            self._settings.base_url or _PLATFORM,
            request=Request(timeout=self._settings.timeout_s),
        )
        client.on_session_change(lambda _event, changed: self._keep(changed.export()))
        try:
            if session is not None:
                client.login(session_string=session, fetch_bsky_profile=False)
            else:
                self.calls += 1
                client.login(self._identifier, self._password, fetch_bsky_profile=False)
        except Exception:
            client.request.close()
            raise
        return client

    def _keep(self, session: str) -> None:
        told = json.dumps({"origin": self._origin, "session": session})
        self._settings.kept.write(_KEPT, Secret(told))

    def _kept(self) -> str | None:
        secret = self._settings.kept.read(_KEPT)
        try:
            told = json.loads(secret.value) if secret else {}
        except ValueError:
            return None
        if not isinstance(told, dict) or told.get("origin") != self._origin:
            return None
        session = told.get("session")
        return session if isinstance(session, str) else None


_JSON_TYPE = "application/json"
_JSON: Mapping[str, str] = {"input_encoding": _JSON_TYPE, "output_encoding": _JSON_TYPE}


def explain(error: Exception, *, writes: bool, now: datetime) -> ConnectorError:
    """Sort an error of the library by what to do about it.

    Args:
        error: One of ``KNOWN``.
        writes: Whether something was to be changed.
        now: Aware UTC.
    """
    response = getattr(error, "response", None)
    status = int(getattr(response, "status_code", 0) or 0)
    name = _name(getattr(response, "content", None))
    details: dict[str, str | int] = {"status": status, "error": name or type(error).__name__}
    if isinstance(error, exceptions.RateLimitExceededError):
        return TryLater(
            "Bluesky's limit of calls is reached; reading goes on when its window ends.",
            at=_reset(getattr(response, "headers", None), now),
            whole_account=True,
            details=details,
        )
    named = _named(error, name, details)
    if named is not None:
        return named
    if isinstance(error, exceptions.UnauthorizedError):
        return _not_allowed(details, writes=writes)
    if status >= 500 or (not status and isinstance(error, _LINE)):  # noqa: PLR2004 - HTTP's own
        return TryLater(
            "Bluesky could not be reached or had a fault of its own; it is asked again soon.",
            at=now + _SOON,
            details=details,
        )
    return UnexpectedReply(
        "Bluesky answered something that is not known here; look whether its API has changed.",
        details=details,
    )


def _named(error: Exception, name: str, details: Mapping[str, str | int]) -> ConnectorError | None:
    """What the server's own word for it means; None where it has none that is known."""
    if name in _REFUSED or name in _ENDED or isinstance(error, exceptions.LoginRequiredError):
        return CredentialsRejected(
            "Bluesky does not accept the handle and app password, or has closed the account; make"
            " a new app password.",
            scope="app_password",
            details=details,
        )
    if name == "InvalidSwap":
        return SwapRefusedError("Somebody changed the same record at Bluesky.", details=details)
    if name in _GONE:
        return CommentGone("Bluesky no longer has this.", details=details)
    return None


_LINE = (exceptions.RequestErrorBase, exceptions.InvokeTimeoutError, httpx.HTTPError)


def _not_allowed(
    details: Mapping[str, str | int], *, writes: bool
) -> NotPermitted | CredentialsRejected:
    if writes:
        return NotPermitted(
            "Bluesky does not let us do this; do it by hand at the post's address.",
            details=details,
        )
    return CredentialsRejected(
        "Bluesky does not let this account read that; look at the app password.",
        scope="app_password",
        details=details,
    )


def _name(content: object) -> str:
    name = content.get("error") if isinstance(content, dict) else getattr(content, "error", "")
    return name if isinstance(name, str) and name.isidentifier() else ""


def _reset(headers: Mapping[str, str] | None, now: datetime) -> datetime:
    told = str((headers or {}).get("ratelimit-reset", ""))
    if not (told.isascii() and told.isdigit()) or len(told) > len("9999999999"):
        return now + _WINDOW
    at = max(datetime.fromtimestamp(int(told), UTC), now + timedelta(seconds=1))
    return min(at, now + _LONGEST)
