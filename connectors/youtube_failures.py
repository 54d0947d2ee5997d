"""What YouTube's and Google's ways of failing mean in our words."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import google.auth.exceptions
import googleapiclient.errors
import httplib2

from connectors.errors import (
    CommentGone,
    ConnectorError,
    CredentialsRejected,
    NotPermitted,
    TryLater,
    UnexpectedReply,
)

__all__ = ["KNOWN", "CommentsOffError", "explain"]

KNOWN: tuple[type[Exception], ...] = (
    googleapiclient.errors.Error,
    google.auth.exceptions.GoogleAuthError,
    httplib2.error.HttpLib2Error,
    http.client.HTTPException,
    OSError,
    # The library reads an answer as JSON without a look at what it is.
    ValueError,
)
"""Everything that a call may raise."""

_SCOPE = "youtube.force-ssl"
_PACIFIC = ZoneInfo("America/Los_Angeles")
_SOON = timedelta(minutes=2)
_SPENT = frozenset({"quotaExceeded", "dailyLimitExceeded"})
_TOO_FAST = frozenset({"rateLimitExceeded", "userRateLimitExceeded"})
_PASSING = frozenset({"processingFailure", "backendError"})
_SERVER_ERRORS = 500


class CommentsOffError(NotPermitted):
    """Comments are switched off for this video: there is nothing to read."""


def explain(error: Exception, *, writes: bool, now: datetime) -> ConnectorError:
    """Sort an error of the libraries by what to do about it.

    Args:
        error: One of ``KNOWN``.
        writes: Whether something was to be changed.
        now: Aware UTC.
    """
    if isinstance(error, googleapiclient.errors.HttpError):
        return _refusal(error, writes=writes, now=now)
    if isinstance(error, google.auth.exceptions.GoogleAuthError):
        return _sign_in(error, now)
    if isinstance(error, googleapiclient.errors.Error | ValueError):
        return UnexpectedReply(
            "YouTube answered something that cannot be read; look whether a proxy stands in"
            " between or its API has changed.",
            details={"error": type(error).__name__},
        )
    return _unreached(error, now)


def _sign_in(error: google.auth.exceptions.GoogleAuthError, now: datetime) -> ConnectorError:
    # Retryable ones are the sign-in's own faults; the rest say that the grant is gone.
    if isinstance(error, google.auth.exceptions.TransportError) or error.retryable:
        return _unreached(error, now)
    return CredentialsRejected(
        "Google does not accept the sign-in; look at client_id, client_secret and refresh_token,"
        " connect the channel again, and publish the consent screen if it is still in testing.",
        scope=_SCOPE,
        details={"error": type(error).__name__},
    )


def _refusal(
    error: googleapiclient.errors.HttpError, *, writes: bool, now: datetime
) -> ConnectorError:
    status, reason = int(error.resp.status), _reason(error.content)
    details: dict[str, str | int] = {"status": status, "reason": reason}
    if reason in _SPENT:
        return TryLater(
            "YouTube's quota of this day is spent; it is given anew at midnight Pacific time.",
            at=_next_midnight(now),
            whole_account=True,
            details=details,
        )
    if reason in _TOO_FAST or status == http.client.TOO_MANY_REQUESTS:
        return TryLater(
            "YouTube asks for fewer calls; it is asked again soon.",
            at=now + _SOON,
            whole_account=True,
            details=details,
        )
    if reason == "commentsDisabled":
        return CommentsOffError("Comments are switched off for this video.", details=details)
    if status >= _SERVER_ERRORS or reason in _PASSING:
        return TryLater(
            f"YouTube answered {status}; it is asked again soon.", at=now + _SOON, details=details
        )
    return _judged(status, details, writes=writes)


def _judged(status: int, details: Mapping[str, str | int], *, writes: bool) -> ConnectorError:
    if status == http.client.NOT_FOUND:
        return CommentGone("YouTube no longer has this.", details=details)
    if status == http.client.FORBIDDEN and writes:
        return NotPermitted(
            "YouTube does not let us do this; do it by hand in YouTube Studio.",
            scope=_SCOPE,
            details=details,
        )
    if status in (http.client.UNAUTHORIZED, http.client.FORBIDDEN):
        return CredentialsRejected(
            "YouTube does not let us in with this sign-in; connect the channel again as its owner.",
            scope=_SCOPE,
            details=details,
        )
    return UnexpectedReply(
        f"YouTube answered {status} ({details['reason'] or 'without a reason'}), which is not"
        " known here; look whether its API has changed.",
        details=details,
    )


def _reason(content: bytes) -> str:
    """The first reason in an error body; "" where there is none that can be read."""
    try:
        told: Any = json.loads(content)
        reason = told["error"]["errors"][0]["reason"]
    except (KeyError, IndexError, TypeError, ValueError):
        return ""
    return reason if isinstance(reason, str) and reason.isidentifier() else ""


def _next_midnight(now: datetime) -> datetime:
    tomorrow = now.astimezone(_PACIFIC).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), tzinfo=_PACIFIC).astimezone(now.tzinfo)


def _unreached(error: Exception, now: datetime) -> TryLater:
    return TryLater(
        "YouTube could not be reached or did not answer in time; it is asked again soon.",
        at=now + _SOON,
        details={"error": type(error).__name__},
    )
