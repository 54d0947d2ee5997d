"""What every test may ask for: an empty database of either dialect, and loopback sockets."""

from __future__ import annotations

import os

import hypothesis
import pytest

from tests.databases import (
    database,
    database_url,
    empty_url,
    postgresql_template,
    sqlite_template,
)

__all__ = ["database", "database_url", "empty_url", "postgresql_template", "sqlite_template"]

for module in ("connectors.testing", "classifiers.testing", "monitor.alerting.testing"):
    pytest.register_assert_rewrite(module)

_SPEAKS = ("sandbox", "browser", "postgres", "broker", "live")

# A busy machine is no mistake of the code: nothing is judged by how long it took.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def _sockets_where_marked(request: pytest.FixtureRequest) -> None:
    """Sockets are off unless a test says by its marker that it speaks to something."""
    if any(request.node.get_closest_marker(each) for each in _SPEAKS):
        request.getfixturevalue("socket_enabled")


@pytest.fixture(autouse=True, scope="session")
def _no_proxies() -> None:
    # The SDKs send even loopback traffic through a proxy that the environment names.
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        os.environ.pop(name, None)
        os.environ.pop(name.lower(), None)
