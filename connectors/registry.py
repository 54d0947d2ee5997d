"""Which connectors there are, by name. A connector's module is imported when it is asked for.

Another package adds one with an entry point in the group ``wardmote.connectors``: its name is
the connector's, its value a module that has ``connect(settings)``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType

from connectors.contract import Connector, ConnectorSettings

__all__ = ["UnknownConnectorError", "known_connectors", "open_connector"]

_GROUP = "wardmote.connectors"
_SHIPPED: Mapping[str, str] = {
    "bluesky_account": "connectors.bluesky_account",
    "csv_import": "connectors.csv_import",
    "facebook_page": "connectors.facebook_page",
    "flickr_account": "connectors.flickr_account",
    "instagram_account": "connectors.instagram_account",
    "linkedin_page": "connectors.linkedin_page",
    "x_account": "connectors.x_account",
    "youtube_channel": "connectors.youtube_channel",
}


class UnknownConnectorError(LookupError):
    """There is no connector of this name, or what it needs is not installed."""


def known_connectors() -> tuple[str, ...]:
    """The names of all connectors, shipped and added, sorted; imports none of them."""
    return tuple(sorted({*_SHIPPED, *(point.name for point in _added())}))


def open_connector(name: str, settings: ConnectorSettings) -> Connector:
    """Build a connector; makes no call to the platform.

    Args:
        name: As in ``channels.toml``: ``facebook_page``.
        settings: What it is built from.

    Raises:
        UnknownConnectorError: No connector has this name (the sentence says which there are),
            or a library that it needs is missing.
    """
    load = _loaders().get(name)
    if load is None:
        raise UnknownConnectorError(
            f"There is no connector {name!r}; there are {', '.join(known_connectors())}."
        )
    try:
        module = load()
    except ImportError as error:
        raise UnknownConnectorError(
            f"The connector {name!r} needs the library {error.name!r}, which is not installed;"
            " install Wardmote with the extra of that platform."
        ) from error
    connector: Connector = module.connect(settings)
    return connector


def _loaders() -> dict[str, Callable[[], ModuleType]]:
    # A shipped connector wins over one added under the same name.
    added = {point.name: point.load for point in _added()}
    shipped = {name: _importing(module) for name, module in _SHIPPED.items()}
    return {**added, **shipped}


def _added() -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=_GROUP))


def _importing(module: str) -> Callable[[], ModuleType]:
    return lambda: import_module(module)
