from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.contract import ConnectorSettings
from connectors.csv_import import CsvImport
from connectors.registry import UnknownConnectorError, known_connectors, open_connector

SETTINGS = ConnectorSettings("", {}, lambda: datetime(2026, 11, 20, tzinfo=UTC))


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Path]:
    """A folder that another package's connectors are installed in."""
    told = tmp_path / "forum-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: forum\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text(
        "[wardmote.connectors]\n"
        "village_forum = wardmote_village_forum\n"
        "needs_more = wardmote_needs_more\n"
        "csv_import = wardmote_village_forum\n"
    )
    (tmp_path / "wardmote_village_forum.py").write_text(
        "def connect(settings):\n    return ('forum', settings)\n"
    )
    (tmp_path / "wardmote_needs_more.py").write_text("import no_such_library\n")
    sys.path.insert(0, str(tmp_path))
    yield tmp_path
    sys.path.remove(str(tmp_path))
    sys.modules.pop("wardmote_village_forum", None)


def test_the_shipped_connectors_are_known() -> None:
    assert {"csv_import", "facebook_page"} <= set(known_connectors())
    assert list(known_connectors()) == sorted(known_connectors())


def test_a_connector_is_opened_by_name() -> None:
    assert isinstance(open_connector("csv_import", SETTINGS), CsvImport)


def test_an_unknown_name_is_answered_with_those_that_exist() -> None:
    with pytest.raises(UnknownConnectorError) as caught:
        open_connector("myspace_page", SETTINGS)

    assert "csv_import" in str(caught.value)
    assert "facebook_page" in str(caught.value)


def test_another_package_adds_a_connector_and_replaces_none(installed: Path) -> None:
    assert "village_forum" in known_connectors()
    assert open_connector("village_forum", SETTINGS) == ("forum", SETTINGS)
    assert isinstance(open_connector("csv_import", SETTINGS), CsvImport)


def test_a_missing_library_is_named(installed: Path) -> None:
    with pytest.raises(UnknownConnectorError) as caught:
        open_connector("needs_more", SETTINGS)

    assert "no_such_library" in str(caught.value)
