"""Whether a page's or an account's token can do what watching and moderating needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.contract import Channel, ConnectorSettings, Health, Readiness
from connectors.errors import ConnectorError, CredentialsRejected
from connectors.graph import GraphClient

__all__ = ["examine"]

_NEVER = 253_370_764_800
"""The year 9999: no date that far away says anything."""


def examine(
    client: GraphClient,
    channel: Channel,
    settings: ConnectorSettings,
    *,
    needed: Mapping[str, frozenset[str]],
    tried: Callable[[], Health],
) -> Health:
    """Ask the platform about the token; raises nothing.

    With ``app_id`` and ``app_secret`` it asks ``debug_token``, which knows scopes and dates;
    without them it only tries to read.

    Args:
        client: Makes the calls.
        channel: Whose token it is.
        settings: The connector's.
        needed: Each permission, and the spellings under which it may be granted.
        tried: Tries to read, and says how that went.
    """
    try:
        told = _debugged(client, settings)
        if told is not None:
            return _judged(told, channel, needed, now=settings.clock())
        return tried()
    except CredentialsRejected as error:
        hint = error.scope or "issue a new token for this page"
        return Health(Readiness.CREDENTIALS_REJECTED, error.sentence, hint)
    except ConnectorError as error:
        return Health(Readiness.NOT_READY, error.sentence, "try again later, then ask support")


def _debugged(client: GraphClient, settings: ConnectorSettings) -> Mapping[str, Any] | None:
    app_id, app_secret = settings.secrets.get("app_id"), settings.secrets.get("app_secret")
    token = settings.secrets.get("token")
    if not token or not app_id or not app_secret:
        return None
    answer = client.debug_access_token(token.value.strip(), app_id.value, app_secret.value)
    told = answer.get("data") if isinstance(answer, dict) else None
    return told if isinstance(told, dict) else {}


def _judged(
    told: Mapping[str, Any],
    channel: Channel,
    needed: Mapping[str, frozenset[str]],
    *,
    now: datetime,
) -> Health:
    expires_at = _earlier(told.get("expires_at"), told.get("data_access_expires_at"))
    if told.get("is_valid") is not True:
        return Health(
            Readiness.CREDENTIALS_REJECTED,
            f"Facebook says that the token for {channel.name} is not valid.",
            "issue a new token for this page",
            expires_at,
        )
    if expires_at is not None and expires_at <= now:
        # The token itself stays valid then, but people's comments come back empty.
        return Health(
            Readiness.CREDENTIALS_REJECTED,
            f"Access to people's data on {channel.name} has ended.",
            "sign in to the app again as the page's administrator",
            expires_at,
        )
    missing = _missing(told, channel, needed)
    if missing:
        return Health(
            Readiness.NOT_PERMITTED,
            f"The token for {channel.name} lacks {len(missing)} permission(s).",
            ", ".join(missing),
            expires_at,
        )
    sentence = f"{channel.name} can be read and acted on."
    return Health(Readiness.READY, sentence, expires_at=expires_at)


def _missing(
    told: Mapping[str, Any], channel: Channel, needed: Mapping[str, frozenset[str]]
) -> list[str]:
    granted = {str(scope) for scope in _listed(told.get("scopes"))}
    for row in _listed(told.get("granular_scopes")):
        targets = _listed(row.get("target_ids")) if isinstance(row, dict) else ()
        if targets and channel.native_id not in targets:
            granted.discard(str(row.get("scope")))
    return [name for name, spellings in needed.items() if not spellings & granted]


def _listed(told: object) -> Sequence[Any]:
    return told if isinstance(told, list) else ()


def _earlier(*moments: object) -> datetime | None:
    # The platform writes 0 for "never".
    told = [moment for moment in moments if isinstance(moment, int) and 0 < moment < _NEVER]
    return datetime.fromtimestamp(min(told), UTC) if told else None
