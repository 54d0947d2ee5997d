"""The token of Instagram's own sign-in: it lives sixty days, and can be renewed while it lives."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from connectors.contract import ConnectorSettings, Secret
from connectors.errors import UnexpectedReply
from connectors.graph import GraphClient

__all__ = ["InstagramToken"]

_KEPT = "token"
_RENEW_AFTER = timedelta(days=7)
"""Renewed weekly: the platform takes no renewal in the first day, and none after the last."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A renewed token: what it was renewed from first, and its dates in seconds since 1970."""

    value: str
    origin: str
    renewed: int
    expires: int


class InstagramToken:
    """Puts the newest token into the client, and renews it when it is due.

    A token that an operator configures anew wins over one that was renewed from another.

    Args:
        client: Whose ``access_token`` is set.
        settings: The secret ``token``, ``kept`` and the clock.
    """

    def __init__(self, client: GraphClient, settings: ConnectorSettings) -> None:
        self._client = client
        self._settings = settings
        given = settings.secrets.get("token")
        # A digest, so that the file of one token does not hold another as well.
        self._origin = hashlib.sha256((given.value if given else "").encode()).hexdigest()
        kept = self._kept()
        if kept is not None:
            client.access_token = kept.value

    def expires_at(self) -> datetime | None:
        """When the token ends, aware UTC; None before its first renewal told it."""
        kept = self._kept()
        return datetime.fromtimestamp(kept.expires, UTC) if kept else None

    def renew_if_due(self) -> None:
        """Renew the token where that is a week ago; one that cannot be renewed yet is used on.

        Raises:
            ConnectorError: The platform rejects the token itself.
        """
        kept = self._kept()
        now = int(self._settings.clock().timestamp())
        if kept is not None and now < kept.renewed + _RENEW_AFTER.total_seconds():
            return
        try:
            answer = self._client.request(
                "refresh_access_token", {"grant_type": "ig_refresh_token"}
            )
        except UnexpectedReply:
            return  # too young to be renewed, or the platform will say what is wrong when read
        value, lasts = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(value, str) or not isinstance(lasts, int):
            return
        renewed = _Kept(value, self._origin, renewed=now, expires=now + lasts)
        # Kept before it is used: a renewed token that is lost cannot be asked for again.
        self._settings.kept.write(_KEPT, Secret(json.dumps(asdict(renewed))))
        self._client.access_token = value

    def _kept(self) -> _Kept | None:
        secret = self._settings.kept.read(_KEPT)
        if secret is None:
            return None
        try:
            kept = _Kept(**json.loads(secret.value))
        except (TypeError, ValueError):
            return None
        return kept if kept.origin == self._origin else None
