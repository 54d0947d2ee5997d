"""What the Graph API's ways of failing mean in our words.

The platform's HTTP status is nearly always 400, so what counts is the code in its error body;
the status decides only where there is no such body.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import facebook
import requests

from connectors.errors import (
    CommentGone,
    ConnectorError,
    CredentialsRejected,
    NotPermitted,
    TryLater,
    UnexpectedReply,
)

__all__ = ["explain", "explain_code", "explain_status", "unreadable"]

_TOO_MANY = 429
_SERVER_ERRORS = 500
_UNAUTHORISED = 401
_FORBIDDEN = 403
_SOON = timedelta(minutes=2)
_LONGEST_WAIT = timedelta(hours=24)
_MOST_DIGITS = 9
_SAMPLE_LENGTH = 200

_LIMITS: Mapping[int, timedelta] = {
    4: timedelta(minutes=30),  # the app's, over a rolling hour
    17: timedelta(minutes=60),  # a person's
    32: timedelta(minutes=60),  # a page's, through a person's token
    341: timedelta(minutes=60),  # the app acted too often
    368: timedelta(hours=24),  # blocked for a while as abusive: nothing is written for a day
    613: timedelta(minutes=30),  # irregular volume
    80001: timedelta(minutes=60),  # a page's, through its own token
    80002: timedelta(minutes=60),  # an Instagram account's
    80006: timedelta(minutes=60),  # messages
}
_TRANSIENT = frozenset({1, 2})
_TOKEN_CODES = frozenset({102, 104, 190})
_PERMISSION_CODES = frozenset({3, 10, *range(200, 300)})
_NO_SUCH_ALIAS = 803
_BAD_PARAMETER = 100
_NO_SUCH_OBJECT = 33
_TOKEN_REASONS: Mapping[int, str] = {
    458: "the app was removed from the account",
    459: "the account has to pass a security check",
    460: "the account's password was changed",
    463: "the token has expired",
    464: "the account is not confirmed",
    467: "the token is no longer valid",
}
_SCOPE = re.compile(r"\b(?:pages|instagram|business)_[a-z_]+\b")
_SECRETIVE = re.compile(r"[A-Za-z0-9_|\-]{24,}|\"[^\"]{60,}\"")

# A mistake in the address or in a setting does not heal by waiting.
_OUR_MISTAKES = (
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidProxyURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.URLRequired,
    requests.exceptions.UnrewindableBodyError,
)
_UNREADABLE = (
    json.JSONDecodeError,
    requests.exceptions.ContentDecodingError,
    requests.exceptions.InvalidJSONError,
    requests.exceptions.StreamConsumedError,
    requests.exceptions.TooManyRedirects,
)


def explain(error: Exception, *, now: datetime) -> ConnectorError:
    """Translate an exception of ``requests`` or of the facebook-sdk.

    Args:
        error: Anything that the two libraries raise.
        now: Aware UTC.

    Returns:
        Our error: ``TryLater`` for everything that may heal by itself.
    """
    kind = {"kind": type(error).__name__}
    if isinstance(error, facebook.GraphAPIError):
        result = error.result if isinstance(error.result, dict) else {}
        told = result.get("error")
        return explain_code(
            told if isinstance(told, dict) else {},
            status=0,
            writes=False,
            now=now,
            regain_in=timedelta(),
        )
    if isinstance(error, _OUR_MISTAKES):
        return UnexpectedReply(
            "The platform could not be asked because its address or a header is set wrongly;"
            " look at the base URL and the token for stray characters.",
            details=kind,
        )
    if isinstance(error, _UNREADABLE):
        return UnexpectedReply(
            "The platform's answer could not be read; look whether a proxy stands in between.",
            details=kind,
        )
    return TryLater(
        "The platform could not be reached or did not answer in time; it is asked again soon.",
        at=now + _SOON,
        details=kind,
    )


def explain_code(
    error: Mapping[str, Any],
    *,
    status: int,
    writes: bool,
    now: datetime,
    regain_in: timedelta,
) -> ConnectorError:
    """Translate the ``error`` object of an answer.

    Args:
        error: With ``code``, ``error_subcode``, ``message``, ``is_transient``.
        status: The HTTP status that came with it.
        writes: Whether something was to be changed: then a missing permission is no reason to
            stop reading.
        now: Aware UTC.
        regain_in: The platform's estimate of when calls work again; zero where it gave none.
    """
    code = _number(error.get("code"))
    subcode = _number(error.get("error_subcode"))
    details: dict[str, str | int] = {"status": status, "code": code, "subcode": subcode}
    details["trace"] = str(error.get("fbtrace_id", ""))[:40]
    message = str(error.get("message", ""))
    if code in _LIMITS:
        return _limited(code, now=now, regain_in=regain_in, details=details)
    if code in _TOKEN_CODES:
        reason = _TOKEN_REASONS.get(subcode, "the platform does not accept it")
        return CredentialsRejected(
            f"The page's token is rejected: {reason}; issue a new token for the page.",
            details=details,
        )
    if code in _PERMISSION_CODES:
        return _not_allowed(message, writes=writes, details=details)
    if code in (_NO_SUCH_ALIAS, _BAD_PARAMETER):
        return _bad_parameter(message, details)
    if code in _TRANSIENT or error.get("is_transient") is True or _is_passing(status):
        return TryLater(
            "The platform had a fault of its own; it is asked again soon.",
            at=now + _SOON,
            details=details,
        )
    return UnexpectedReply(
        f"The platform answered error {code}, which is not known here; look it up in Meta's"
        " error reference.",
        details=details,
    )


def _limited(
    code: int, *, now: datetime, regain_in: timedelta, details: Mapping[str, str | int]
) -> TryLater:
    return TryLater(
        f"The platform's limit of calls is reached (code {code}); calls go on when it refills.",
        at=now + (regain_in or _LIMITS[code]),
        whole_account=True,
        details=details,
    )


def _not_allowed(
    message: str, *, writes: bool, details: Mapping[str, str | int]
) -> CredentialsRejected | NotPermitted:
    found = _SCOPE.search(message)
    scope = found.group() if found else None
    missing = f"the permission {scope}" if scope else "a permission or the page's MODERATE task"
    if writes:
        return NotPermitted(
            f"The platform does not let us do this: {missing} is missing; do it by hand at the"
            " comment's address.",
            scope=scope,
            details=details,
        )
    return CredentialsRejected(
        f"The token may not read this: {missing} is missing; grant it and issue a new token.",
        scope=scope,
        details=details,
    )


def _bad_parameter(message: str, details: Mapping[str, str | int]) -> ConnectorError:
    if details["code"] == _NO_SUCH_ALIAS or details["subcode"] == _NO_SUCH_OBJECT:
        return CommentGone(
            "The platform no longer has this, or no longer shows it to the page.", details=details
        )
    if "appsecret_proof" in message:
        return CredentialsRejected(
            "The platform does not accept the proof of the app secret; compare app_secret with"
            " the app's settings.",
            scope="app_secret",
            details=details,
        )
    return UnexpectedReply(
        "The platform did not understand what it was asked; look whether its API has changed.",
        details=details,
    )


def explain_status(response: requests.Response, *, now: datetime) -> ConnectorError:
    """Judge an answer that has an error status and no error body that could be read."""
    status = response.status_code
    details = {"status": status}
    if _is_passing(status):
        return TryLater(
            f"The platform answered {status} without saying why; it is asked again soon.",
            at=now + _retry_after(response),
            whole_account=status == _TOO_MANY,
            details=details,
        )
    if status in (_UNAUTHORISED, _FORBIDDEN):
        return CredentialsRejected(
            f"The platform answered {status} and does not let us in; look at the page's token.",
            details=details,
        )
    return unreadable(response)


def unreadable(response: requests.Response) -> UnexpectedReply:
    """Say that an answer is nothing we know how to read, with a sample where that is safe."""
    kind = response.headers.get("content-type", "none")[:60]
    return UnexpectedReply(
        f"The platform answered {response.status_code} with something that cannot be read"
        f" ({kind}); look whether a proxy stands in between or the API has changed.",
        # A JSON answer may hold comments; a page of HTML is a gateway's and helps to recognise it.
        sample=_SECRETIVE.sub("…", response.text[:_SAMPLE_LENGTH]) if "html" in kind else "",
        details={"status": response.status_code, "content_type": kind},
    )


def _is_passing(status: int) -> bool:
    return status == _TOO_MANY or status >= _SERVER_ERRORS


def _retry_after(response: requests.Response) -> timedelta:
    told = response.headers.get("Retry-After", "").strip()
    if not (told.isascii() and told.isdigit()):
        return _SOON
    # A proxy's fantasy must not keep a channel unread for years.
    if len(told) > _MOST_DIGITS:
        return _LONGEST_WAIT
    return min(timedelta(seconds=int(told)), _LONGEST_WAIT)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
