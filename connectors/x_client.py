"""``tweepy.Client`` for any host, with a timeout, our errors and a ledger of what is read.

The library's own ``request`` knows one host and no timeout, writes what it was told into the log,
and can fall into endless repetition when a limit comes without a time. This subclass replaces that
one method and keeps the rest, which knows the routes and their parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
import tweepy
from typing_extensions import override

from connectors.contract import ConnectorSettings
from connectors.errors import (
    CommentGone,
    ConnectorError,
    CredentialsRejected,
    NotPermitted,
    TryLater,
    UnexpectedReply,
)
from connectors.oauth1 import OAuth1Signing
from connectors.rest import RestAnswer, RestClient, unreadable

__all__ = ["XClient"]

_PLATFORM = "https://api.x.com"
_OK = range(200, 300)
_WINDOW = timedelta(minutes=15)
_CREDITS = timedelta(hours=6)
_LONGEST = timedelta(hours=24)
_USER_UNITS = 2
"""Reading a user costs twice what reading a post does."""


class XClient(tweepy.Client):  # type: ignore[misc] # the library has no types
    """Calls as one account, signed by OAuth 1.0a.

    Args:
        settings: The secrets ``consumer_key``, ``consumer_secret``, ``access_token`` and
            ``access_token_secret``.

    Attributes:
        spent: Post reads; a user that came along counts as two.
    """

    def __init__(self, settings: ConnectorSettings) -> None:
        told = {role: secret.value.strip() for role, secret in settings.secrets.items()}
        keys = [
            told.get(role, "")
            for role in ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
        ]
        super().__init__(None, *keys, return_type=requests.Response, wait_on_rate_limit=False)
        self.spent = 0
        self._clock = settings.clock
        self._rest = RestClient(settings, platform=_PLATFORM, auth=OAuth1Signing(*keys))

    @override
    def __repr__(self) -> str:
        return f"XClient({self._rest.base_url})"

    @override
    def request(
        self,
        method: str,
        route: str,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        user_auth: bool = False,
    ) -> RestAnswer:
        """Make one call; the library's other methods end here.

        Raises:
            ConnectorError: Whatever went wrong, sorted by what to do about it.
        """
        del user_auth  # every call is the account's own
        answer = self._rest.call(method, route, query=dict(params or {}), body=json)
        if answer.status not in _OK:
            raise self._meaning(answer, writes=method != "GET")
        if not isinstance(answer.value, dict):
            raise unreadable(answer)
        data = answer.fields.get("data")
        includes = answer.fields.get("includes")
        users = includes.get("users", ()) if isinstance(includes, dict) else ()
        if method == "GET":
            posts = len(data) if isinstance(data, list) else int(isinstance(data, dict))
            self.spent += posts + _USER_UNITS * len(users)
        return answer

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._rest.close()

    def _meaning(self, answer: RestAnswer, *, writes: bool) -> ConnectorError:
        title = str(answer.fields.get("title", ""))[:40]
        details: dict[str, str | int] = {"status": answer.status, "title": title}
        if answer.status in (402, 429):
            return self._limited(answer, title, details)
        if answer.status == requests.codes.unauthorized:
            return CredentialsRejected(
                "X does not accept the keys; look at the app's keys and tokens and make new ones.",
                scope="access_token",
                details=details,
            )
        if answer.status == requests.codes.forbidden:
            if writes:
                return NotPermitted(
                    "X does not let us do this; do it by hand at the post's address.",
                    scope="tweet.moderate.write",
                    details=details,
                )
            return CredentialsRejected(
                "The app may not read this; look at its permissions and at the spending limit.",
                scope="tweet.read",
                details=details,
            )
        if answer.status == requests.codes.not_found:
            return CommentGone("X no longer has this post.", details=details)
        return UnexpectedReply(
            f"X answered {answer.status}, which is not known here; look whether its API has"
            " changed.",
            sample=answer.text,
            details=details,
        )

    def _limited(
        self, answer: RestAnswer, title: str, details: Mapping[str, str | int]
    ) -> TryLater:
        now = self._clock()
        if answer.status == requests.codes.payment_required or title == "UsageCapExceeded":
            paid = answer.status == requests.codes.payment_required
            what = "credits" if paid else "monthly reads"
            return TryLater(
                f"The app's {what} at X are spent; buy more or wait. It is asked again in a few"
                " hours.",
                at=now + _CREDITS,
                whole_account=True,
                details=details,
            )
        told = answer.headers.get("x-rate-limit-reset", "")
        at = now + _WINDOW
        if told.isascii() and told.isdigit() and len(told) < len("99999999999"):
            at = max(datetime.fromtimestamp(int(told), UTC), now + timedelta(seconds=1))
        return TryLater(
            "X's limit of calls is reached; reading goes on when its window ends.",
            # A proxy's fantasy must not keep a channel unread for years.
            at=min(at, now + _LONGEST),
            whole_account=True,
            details=details,
        )
