"""Flickr's REST interface: signed calls, and what its ways of failing mean."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

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

__all__ = ["FlickrClient"]

_PLATFORM = "https://api.flickr.com"
_PATH = "/services/rest/"
_OK = 200
_TOO_MANY = 429
_PAUSE = timedelta(minutes=60)
_SOON = timedelta(minutes=2)

_GONE = (1, 2)
_TOO_FAST = 9
_SIGNATURE = (96, 97)
_TOKEN = (98, 100)
_PERMISSION = 99
_PASSING = (105, 106)


class FlickrClient:
    """Calls methods by name, and gives their answers without the wrapping.

    Args:
        settings: The secrets ``api_key``, ``api_secret``, ``oauth_token`` and
            ``oauth_token_secret``.
    """

    def __init__(self, settings: ConnectorSettings) -> None:
        secrets = {role: secret.value.strip() for role, secret in settings.secrets.items()}
        self._clock = settings.clock
        self._rest = RestClient(
            settings,
            platform=_PLATFORM,
            auth=OAuth1Signing(
                secrets.get("api_key", ""),
                secrets.get("api_secret", ""),
                secrets.get("oauth_token", ""),
                secrets.get("oauth_token_secret", ""),
            ),
        )

    @property
    def calls(self) -> int:
        """How many were made."""
        return self._rest.calls

    def read(self, method: str, **arguments: str | int) -> Mapping[str, Any]:
        """Call a method that changes nothing.

        Raises:
            ConnectorError: Whatever went wrong, sorted by what to do about it.
        """
        told = {"method": method, "format": "json", "nojsoncallback": 1, **arguments}
        return self._judged(self._rest.call("GET", _PATH, query=told), writes=False)

    def write(self, method: str, **arguments: str) -> Mapping[str, Any]:
        """Call a method that changes something.

        Raises:
            ConnectorError: Whatever went wrong, sorted by what to do about it.
        """
        told = {"method": method, "format": "json", "nojsoncallback": "1", **arguments}
        return self._judged(self._rest.call("POST", _PATH, form=told), writes=True)

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._rest.close()

    def _judged(self, answer: RestAnswer, *, writes: bool) -> Mapping[str, Any]:
        if answer.status == _TOO_MANY:
            raise TryLater(
                "Flickr's limit of 3,600 calls an hour is reached; reading goes on in an hour.",
                at=self._clock() + _PAUSE,
                whole_account=True,
                details={"status": answer.status},
            )
        told = answer.fields
        if answer.status == _OK and told.get("stat") == "ok":
            return told
        code = told.get("code")
        # A failure is a 200 as well, and its code is a number or the text of one.
        if told.get("stat") != "fail" or not str(code).isdigit():
            raise unreadable(answer)
        raise self._meaning(int(str(code)), writes=writes)

    def _meaning(self, code: int, *, writes: bool) -> ConnectorError:
        details = {"code": code}
        if code in _GONE:
            return CommentGone("Flickr no longer has this photo or comment.", details=details)
        if code in _TOKEN or code in _SIGNATURE:
            return CredentialsRejected(
                "Flickr does not accept the key or the token; authorise the app again.",
                scope="oauth_token" if code not in _SIGNATURE else "api_secret",
                details=details,
            )
        if code == _PERMISSION:
            if writes:
                return NotPermitted(
                    "Flickr does not let us do this; do it by hand at the comment's address.",
                    scope="write",
                    details=details,
                )
            return CredentialsRejected(
                "The token may not read this; authorise the app again with the permission to"
                " write.",
                scope="read",
                details=details,
            )
        if code in (*_PASSING, _TOO_FAST):
            return TryLater(
                "Flickr had a fault of its own; it is asked again soon.",
                at=self._clock() + _SOON,
                details=details,
            )
        return UnexpectedReply(
            f"Flickr answered error {code}, which is not known here; look it up in its reference.",
            details=details,
        )
