"""LinkedIn's versioned REST interface: its headers, and what its ways of failing mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import quote

import requests
from requests.auth import AuthBase
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
from connectors.rest import RestAnswer, RestClient, unreadable

__all__ = ["LinkedInClient", "encoded"]

_PLATFORM = "https://api.linkedin.com"
_SIGN_IN = "https://www.linkedin.com"
_VERSION = "202609"
_OK = range(200, 300)
_SOON = timedelta(minutes=2)
_THROTTLED = timedelta(minutes=5)
_MOST_PAGES = 1000


class LinkedInClient:
    """Calls for one organisation.

    Args:
        settings: The secrets ``token``, and perhaps ``client_id`` and ``client_secret``; the
            option ``api_version`` (``202609``).
    """

    def __init__(self, settings: ConnectorSettings) -> None:
        token = settings.secrets.get("token")
        self._clock = settings.clock
        self._secrets = settings.secrets
        self.version = str(settings.options.get("api_version", _VERSION))
        self._rest = RestClient(
            settings, platform=_PLATFORM, auth=_Bearer(token.value.strip() if token else "")
        )
        self._sign_in = RestClient(settings, platform=_SIGN_IN, auth=_Bearer(""))

    @property
    def calls(self) -> int:
        """How many were made."""
        return self._rest.calls

    def read(self, path: str, *, query: str = "", method: str | None = None) -> Mapping[str, Any]:
        """Read one object or one page of a list.

        Args:
            path: Below ``/rest``, already encoded.
            query: Already encoded.
            method: ``FINDER`` or ``BATCH_GET``, where the call has to say so.

        Raises:
            ConnectorError: Whatever went wrong, sorted by what to do about it.
        """
        answer = self._call("GET", path, query=query, method=method)
        if not isinstance(answer.value, dict):
            raise unreadable(answer)
        return answer.fields

    def pages(
        self, path: str, *, query: str = "", count: int, method: str | None = None
    ) -> Iterator[tuple[list[Mapping[str, Any]], bool]]:
        """Read a list page by page; each with whether it is the last.

        Raises:
            ConnectorError: Whatever went wrong, or the list does not end.
        """
        start = 0
        for _ in range(_MOST_PAGES):
            asked = "&".join(part for part in (query, f"start={start}", f"count={count}") if part)
            told = self.read(path, query=asked, method=method)
            rows = told.get("elements")
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise UnexpectedReply(
                    "LinkedIn answered without a list; look whether its API has changed."
                )
            is_last = not _has_next(told, start + len(rows))
            yield rows, is_last
            if is_last:
                return
            start += max(len(rows), count)
        raise UnexpectedReply("LinkedIn's list does not end; look whether its API has changed.")

    def write(self, method: str, path: str, *, query: str = "", body: object = None) -> RestAnswer:
        """Change something.

        Raises:
            ConnectorError: Whatever went wrong, sorted by what to do about it.
        """
        return self._call(method, path, query=query, body=body)

    def introspect(self) -> Mapping[str, Any] | None:
        """What LinkedIn says of the token; None without the app's own credentials."""
        given = {role: secret.value.strip() for role, secret in self._secrets.items()}
        if not given.get("client_id") or not given.get("client_secret"):
            return None
        form = {
            "client_id": given["client_id"],
            "client_secret": given["client_secret"],
            "token": given.get("token", ""),
        }
        answer = self._sign_in.call("POST", "/oauth/v2/introspectToken", form=form)
        if answer.status not in _OK or not isinstance(answer.value, dict):
            raise self._meaning(answer, writes=False)
        return answer.fields

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._rest.close()
        self._sign_in.close()

    def _call(
        self,
        verb: str,
        path: str,
        *,
        query: str = "",
        method: str | None = None,
        body: object = None,
    ) -> RestAnswer:
        headers = {
            "LinkedIn-Version": self.version,
            "X-Restli-Protocol-Version": "2.0.0",
            **({"X-RestLi-Method": method} if method else {}),
        }
        answer = self._rest.call(
            verb, f"/rest{path}", query=query or None, body=body, headers=headers
        )
        if answer.status not in _OK:
            raise self._meaning(answer, writes=verb != "GET")
        return answer

    def _meaning(self, answer: RestAnswer, *, writes: bool) -> ConnectorError:
        details: dict[str, str | int] = {
            "status": answer.status,
            "code": str(answer.fields.get("code", ""))[:40],
        }
        known: Mapping[int, Callable[[], ConnectorError]] = {
            401: lambda: CredentialsRejected(
                "LinkedIn does not accept the token; sign in again as an administrator of the"
                " page and issue a new one.",
                scope="token",
                details=details,
            ),
            403: lambda: _not_allowed(details, writes=writes),
            404: lambda: CommentGone("LinkedIn no longer has this, or not yet.", details=details),
            409: lambda: TryLater(
                "Somebody changed the same thing at LinkedIn; it is asked again soon.",
                at=self._clock() + _SOON,
                details=details,
            ),
            426: lambda: UnexpectedReply(
                f"LinkedIn no longer serves version {self.version} of its interface; set"
                " api_version in the channel's options to a newer month.",
                details=details,
            ),
            429: lambda: self._limited(str(answer.fields.get("message", "")), details),
        }
        meaning = known.get(answer.status)
        if meaning is not None:
            return meaning()
        return UnexpectedReply(
            f"LinkedIn answered {answer.status}, which is not known here; look whether its API"
            " has changed.",
            sample=answer.text,
            details=details,
        )

    def _limited(self, message: str, details: Mapping[str, str | int]) -> TryLater:
        now = self._clock()
        if "DAY" in message:
            midnight = datetime.combine(now.date() + timedelta(days=1), time(), tzinfo=now.tzinfo)
            return TryLater(
                "LinkedIn's calls of this day are spent; reading goes on at midnight UTC.",
                at=midnight,
                whole_account=True,
                details={**details, "limit": "day"},
            )
        return TryLater(
            "LinkedIn asks for fewer calls; reading goes on in a few minutes.",
            at=now + _THROTTLED,
            whole_account=True,
            details=details,
        )


def encoded(urn: str) -> str:
    """A URN as it stands in a path or a query."""
    return quote(urn, safe="")


def _has_next(told: Mapping[str, Any], so_far: int) -> bool:
    paging = told.get("paging")
    if not isinstance(paging, dict):
        return False
    links = paging.get("links")
    if isinstance(links, list) and any(
        isinstance(each, dict) and each.get("rel") == "next" for each in links
    ):
        return True
    total = paging.get("total")
    return isinstance(total, int) and so_far < total


def _not_allowed(
    details: Mapping[str, str | int], *, writes: bool
) -> CredentialsRejected | NotPermitted:
    if writes:
        return NotPermitted(
            "LinkedIn does not let us do this; do it by hand at the comment's address.",
            scope="w_organization_social",
            details=details,
        )
    return CredentialsRejected(
        "The token may not read this; grant r_organization_social to the app, and make its user"
        " an administrator of the page.",
        scope="r_organization_social",
        details=details,
    )


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
