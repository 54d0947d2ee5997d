from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from classifiers import fetching
from classifiers.contract import ClassifierFailed
from classifiers.detoxify_model import OFFICIAL_CHECKPOINTS
from classifiers.fetching import RELEASES, Release, fetch, furnish
from tests.mirrors import Mirror

CONTENT = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NAME = f"town-{SHA256[:8]}.ckpt"
PATH = f"v1/{NAME}"


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    made = Mirror(PATH, CONTENT)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _small_release(monkeypatch: pytest.MonkeyPatch) -> None:
    releases = {"town": Release(PATH, SHA256[:8], "town/bert")}
    monkeypatch.setattr(fetching, "RELEASES", releases)


def _kept(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _refusal(folder: Path, url: str, **said: str) -> ClassifierFailed:
    with pytest.raises(ClassifierFailed) as failure:
        fetch("town", folder, base_url=url, **said)
    assert failure.value.hint
    return failure.value


@pytest.mark.sandbox
class TestFetch:
    def test_the_file_is_there_by_its_name(self, mirror: Mirror, tmp_path: Path) -> None:
        path = fetch("town", tmp_path / "new", base_url=f"{mirror.url}/")

        assert path == tmp_path / "new" / NAME
        assert path.read_bytes() == CONTENT
        assert _kept(tmp_path / "new") == [NAME]

    def test_how_far_it_is_is_told(self, mirror: Mirror, tmp_path: Path) -> None:
        told: list[tuple[int, int | None]] = []

        fetch(
            "town",
            tmp_path,
            base_url=mirror.url,
            progress=lambda done, total: told.append((done, total)),
        )

        assert told[-1] == (len(CONTENT), len(CONTENT))

    def test_a_connection_that_breaks_is_gone_on_from(self, mirror: Mirror, tmp_path: Path) -> None:
        mirror.drops = [300_000, 100_000]

        path = fetch("town", tmp_path, base_url=mirror.url)

        assert path.read_bytes() == CONTENT
        # The last piece of 65,536 bytes was not whole.
        assert mirror.asked == ["", "bytes=262144-", "bytes=327680-"]

    def test_a_later_call_goes_on_where_an_earlier_one_gave_up(
        self, mirror: Mirror, tmp_path: Path
    ) -> None:
        mirror.drops = [70_000, 0]
        failure = _refusal(tmp_path, mirror.url)
        kept = _kept(tmp_path)

        path = fetch("town", tmp_path, base_url=mirror.url)

        assert "65536 bytes are kept" in failure.hint
        assert kept == [f"{NAME}.part"]
        assert mirror.asked[-1] == "bytes=65536-"
        assert path.read_bytes() == CONTENT
        assert _kept(tmp_path) == [NAME]

    def test_a_server_that_knows_no_ranges_is_asked_for_everything(
        self, mirror: Mirror, tmp_path: Path
    ) -> None:
        mirror.knows_ranges = False
        (tmp_path / f"{NAME}.part").write_bytes(CONTENT[:1000])

        path = fetch("town", tmp_path, base_url=mirror.url)

        assert path.read_bytes() == CONTENT

    def test_a_part_that_lacks_nothing_is_taken(self, mirror: Mirror, tmp_path: Path) -> None:
        (tmp_path / f"{NAME}.part").write_bytes(CONTENT)

        assert fetch("town", tmp_path, base_url=mirror.url).read_bytes() == CONTENT

    def test_a_part_of_another_file_is_found_out_and_dropped(
        self, mirror: Mirror, tmp_path: Path
    ) -> None:
        (tmp_path / f"{NAME}.part").write_bytes(b"x" * 1000)

        assert "not the file it should be" in _refusal(tmp_path, mirror.url).sentence
        assert _kept(tmp_path) == []
        assert fetch("town", tmp_path, base_url=mirror.url).read_bytes() == CONTENT

    def test_a_changed_file_is_not_kept(self, mirror: Mirror, tmp_path: Path) -> None:
        mirror.content = CONTENT[:-1] + b"x"

        failure = _refusal(tmp_path, mirror.url)

        assert SHA256[:8] in failure.sentence
        assert _kept(tmp_path) == []

    def test_a_whole_digest_is_compared_whole(self, mirror: Mirror, tmp_path: Path) -> None:
        almost = SHA256[:-1] + ("0" if SHA256[-1] != "0" else "1")

        assert "not the file" in _refusal(tmp_path, mirror.url, sha256=almost).sentence
        assert _kept(tmp_path) == []
        assert fetch("town", tmp_path, base_url=mirror.url, sha256=f" {SHA256.upper()}\n")

    def test_a_missing_file_says_its_address(self, mirror: Mirror, tmp_path: Path) -> None:
        failure = _refusal(tmp_path, f"{mirror.url}/elsewhere")

        assert f"{mirror.url}/elsewhere/{PATH} answers 404" in failure.sentence
        assert _kept(tmp_path) == []

    def test_where_nothing_listens_the_sentence_says_so(self, tmp_path: Path) -> None:
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            failure = _refusal(tmp_path, f"http://127.0.0.1:{held.getsockname()[1]}")

        assert "cannot be reached (ConnectionError)" in failure.sentence
        assert "kept" not in failure.hint
        assert _kept(tmp_path) == []

    def test_what_is_there_is_compared_and_not_fetched_again(
        self, mirror: Mirror, tmp_path: Path
    ) -> None:
        (tmp_path / NAME).write_bytes(CONTENT)

        assert fetch("town", tmp_path, base_url=mirror.url) == tmp_path / NAME
        assert mirror.asked == []


def test_a_wrong_file_of_that_name_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"mine")

    assert "not the file" in _refusal(tmp_path, "http://127.0.0.1").sentence
    assert (tmp_path / NAME).read_bytes() == b"mine"


@pytest.mark.parametrize("url", ["elsewhere", "ftp://127.0.0.1", "http://"])
def test_an_address_that_is_none_is_a_sentence(url: str, tmp_path: Path) -> None:
    assert "cannot be reached" in _refusal(tmp_path, url).sentence


@pytest.mark.parametrize("sha256", ["", "c1212f89", "g" * 64])
def test_part_of_a_digest_is_not_enough(sha256: str, tmp_path: Path) -> None:
    assert "64 hexadecimal" in _refusal(tmp_path, "http://127.0.0.1", sha256=sha256).sentence


def test_an_unknown_name_says_which_exist(tmp_path: Path) -> None:
    with pytest.raises(ClassifierFailed) as failure:
        fetch("city", tmp_path)

    assert "town" in failure.value.hint


@pytest.mark.parametrize("release", RELEASES.values(), ids=RELEASES)
def test_the_releases_are_the_librarys_own(release: Release) -> None:
    library = pytest.importorskip("detoxify.detoxify", reason="needs the extra 'detoxify'")

    assert OFFICIAL_CHECKPOINTS[release.file_name] == release.sha256
    assert f"{fetching.RELEASES_URL}/{release.path}" in library.MODEL_URLS.values()


def _written(folder: Path, names: Sequence[str]) -> Path:
    folder.mkdir()
    for name in names:
        (folder / name).write_text(name, encoding="utf-8")
    return folder


class TestFurnish:
    def test_configuration_and_tokenizer_are_copied_and_nothing_else(self, tmp_path: Path) -> None:
        names = ["config.json", "vocab.txt", "model.safetensors"]
        folder = _written(tmp_path / "bert", names)

        furnish(folder, tmp_path / "new")

        assert _kept(tmp_path / "new") == ["config.json", "vocab.txt"]

    def test_a_folder_may_be_its_own(self, tmp_path: Path) -> None:
        folder = _written(tmp_path / "bert", ["config.json"])

        furnish(folder, folder)

        assert (folder / "config.json").read_text("utf-8") == "config.json"

    def test_a_folder_without_a_configuration_is_refused(self, tmp_path: Path) -> None:
        folder = _written(tmp_path / "bert", ["vocab.txt"])

        with pytest.raises(ClassifierFailed, match=r"no config\.json"):
            furnish(folder, tmp_path / "new")

        assert not (tmp_path / "new").exists()
