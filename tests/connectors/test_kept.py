from __future__ import annotations

import stat

import pytest

from connectors.contract import ConnectorSettings, KeptSecrets, Secret
from connectors.kept import KeptInFiles


@pytest.fixture(params=["files", "memory"])
def kept(request: pytest.FixtureRequest, tmp_path, clock) -> KeptSecrets:
    if request.param == "files":
        return KeptInFiles(tmp_path / "kept")
    return ConnectorSettings(base_url="", secrets={}, clock=clock).kept


def test_what_is_written_is_read_and_replaced(kept: KeptSecrets) -> None:
    assert kept.read("session") is None

    kept.write("session", Secret("one"))
    kept.write("session", Secret("two"))
    kept.write("token", Secret("three\nlines\n"))

    assert kept.read("session") == Secret("two")
    assert kept.read("token") == Secret("three\nlines\n")


def test_it_is_there_after_a_restart_for_this_user_alone(tmp_path) -> None:
    KeptInFiles(tmp_path / "kept").write("session", Secret("one"))

    assert KeptInFiles(tmp_path / "kept").read("session") == Secret("one")
    files = [*(tmp_path / "kept").iterdir()]
    assert [file.name for file in files] == ["session"]
    assert stat.S_IMODE(files[0].stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["", "../token", "a/b", "A", ".hidden"])
def test_a_name_that_could_lead_elsewhere_is_refused(tmp_path, name: str) -> None:
    with pytest.raises(ValueError, match="no name to keep a secret under"):
        KeptInFiles(tmp_path).write(name, Secret("x"))


def test_a_file_that_is_no_text_counts_as_none(tmp_path) -> None:
    (tmp_path / "session").write_bytes(b"\xff\xfe\x00")

    assert KeptInFiles(tmp_path).read("session") is None
