"""Which pages are watched, how often, with whose token, and which service answers for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

__all__ = ["PlatformDefaults", "WatchedChannel"]


@dataclass(frozen=True, slots=True)
class PlatformDefaults:
    """How one platform is read unless a channel says otherwise (``platforms/<connector>.toml``).

    Attributes:
        interval: Time between pulls; ``interval_reason`` says why.
        shortest_interval: Nothing may poll faster.
        look_back: How far behind the cursor late and edited comments are looked for.
        watch_for: How long a post's comments are followed.
        hourly_budget: Calls an hour that one channel may cost.
        secrets: The roles of the secrets that a channel of this platform must name.
        optional_secrets: The roles that it may name.
        options: Passed to the connector as they stand.
        quality: Rule -> ``done``, or ``exempt: reason``.
    """

    connector: str
    interval: timedelta
    interval_reason: str
    shortest_interval: timedelta
    look_back: timedelta
    watch_for: timedelta
    hourly_budget: int
    page_size: int
    secrets: tuple[str, ...]
    optional_secrets: tuple[str, ...]
    options: Mapping[str, str | int | bool]
    quality_level: str
    quality: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WatchedChannel:
    """One channel as configured, its platform's defaults filled in.

    Attributes:
        id: The table's name in ``channels.toml``: ``[channel.facebook-parks]``.
        native_id: The page or account at the platform, or a path for ``csv_import``.
        service: Who owns it.
        secret_names: Role -> name of the environment variable (``NAME`` or ``NAME_FILE``).
        hours: When it is checked, as the public page says it; "" means at all hours.
        actions_enabled: False for a partner's channel that is watched without control.
    """

    id: str
    connector: str
    native_id: str
    name: str
    service: str
    interval: timedelta
    look_back: timedelta
    watch_for: timedelta
    page_size: int
    secret_names: Mapping[str, str]
    owner: str = ""
    deputy: str = ""
    hours: str = ""
    actions_enabled: bool = True
    enabled: bool = True
    options: Mapping[str, str | int | bool] = field(default_factory=dict)
