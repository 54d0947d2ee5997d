from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from classifiers import conversion
from classifiers.contract import (
    DETOXIFY_LABELS,
    ClassifierFailed,
    Label,
    ModelFingerprint,
    Score,
    Scores,
)
from classifiers.conversion import (
    FLOAT_TOLERANCE,
    INT8_TOLERANCE,
    largest_difference,
    to_detoxify,
    to_onnx,
)
from classifiers.detoxify_model import DetoxifyModel
from classifiers.manifest import read_manifest
from classifiers.onnx_model import OnnxModel
from tests.tiny_encoders import TEXTS, WORDS, tiny_checkpoint, tiny_encoder, weights_of
from tests.tiny_models import tiny_model, tiny_tokenizer

_NEEDS = pytest.mark.detoxify
_LIBRARIES = ("torch", "detoxify", "onnx")


@pytest.fixture
def _libraries() -> None:
    for name in _LIBRARIES:
        pytest.importorskip(name, reason="the extra 'detoxify' is not installed")


def _exported(folder: Path, model: Any, *, heads: Sequence[Label] = DETOXIFY_LABELS) -> Path:
    from classifiers.training.export import export  # noqa: PLC0415 - it needs the extra

    tokenizer = tiny_tokenizer(WORDS).to_str()
    export(model, tokenizer, folder, name="town", version="1", heads=heads, prepared=False)
    return folder


@_NEEDS
@pytest.mark.usefixtures("_libraries")
class TestToOnnx:
    @pytest.mark.parametrize(("int8", "most"), [(False, FLOAT_TOLERANCE), (True, INT8_TOLERANCE)])
    def test_both_runtimes_agree(self, tmp_path: Path, *, int8: bool, most: float) -> None:
        checkpoint, home, sha256 = tiny_checkpoint(tmp_path, classes=DETOXIFY_LABELS)
        out = tmp_path / "new" / "model"

        said = to_onnx(checkpoint, home, out, sha256=sha256, int8=int8)

        library = DetoxifyModel(checkpoint, home, sha256=sha256)
        assert said <= most
        assert (said > 0.0001) is int8
        assert largest_difference(library, OnnxModel(out), TEXTS) <= most
        assert {each.name for each in out.parent.iterdir()} == {"model"}

    def test_the_manifest_says_where_it_came_from(self, tmp_path: Path) -> None:
        checkpoint, home, sha256 = tiny_checkpoint(tmp_path, classes=["toxic", "identity_hate"])
        out = tmp_path / "model"
        out.mkdir()

        to_onnx(checkpoint, home, out, sha256=sha256)

        manifest = read_manifest(out)
        assert manifest.heads == ("toxicity", "identity_attack")
        assert (manifest.name, manifest.version) == ("town", sha256[:12])
        # As many word pieces as the library reads of a text before it cuts it.
        assert (manifest.window, manifest.stride) == (32, 24)
        assert not manifest.prepared

    def test_outputs_that_have_no_class_are_left_out(self, tmp_path: Path) -> None:
        # Detoxify's unbiased model has nine outputs for identities that its library never shows.
        checkpoint, home, sha256 = tiny_checkpoint(tmp_path, classes=DETOXIFY_LABELS, outputs=16)
        out = tmp_path / "model"

        assert to_onnx(checkpoint, home, out, sha256=sha256, int8=False) <= FLOAT_TOLERANCE

        assert OnnxModel(out).heads == DETOXIFY_LABELS

    def test_an_unverified_checkpoint_is_not_opened(self, tmp_path: Path) -> None:
        checkpoint, home, _ = tiny_checkpoint(tmp_path, classes=DETOXIFY_LABELS)

        with pytest.raises(ClassifierFailed, match="not the file it should be"):
            to_onnx(checkpoint, home, tmp_path / "model", sha256="0" * 64)

        assert not (tmp_path / "model").exists()

    @pytest.mark.parametrize("int8", [False, True])
    def test_a_model_that_reads_otherwise_is_not_kept(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, int8: bool
    ) -> None:
        checkpoint, home, sha256 = tiny_checkpoint(tmp_path, classes=DETOXIFY_LABELS)
        exported = conversion._exporter()

        def export_another(model: Any, *given: Any, **said: Any) -> None:
            model.classifier.bias.data += 2.0
            exported(model, *given, **said)
            model.classifier.bias.data -= 2.0

        monkeypatch.setattr(conversion, "_exporter", lambda: export_another)

        with pytest.raises(ClassifierFailed, match="was not kept") as failure:
            to_onnx(checkpoint, home, tmp_path / "model", sha256=sha256, int8=int8)

        assert ("--float" in failure.value.hint) is int8
        assert {each.name for each in tmp_path.iterdir()} == {"configuration", "town.ckpt"}

    def test_a_tokenizer_that_cannot_be_shipped_is_refused(self) -> None:
        with pytest.raises(ClassifierFailed, match="object has no form"):
            conversion._tokenizer_text(object())


def test_a_folder_that_holds_something_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")

    for out in (tmp_path, tmp_path / "notes.txt"):
        with pytest.raises(ClassifierFailed, match="there already"):
            to_onnx(tmp_path / "town.ckpt", tmp_path, out)

    assert (tmp_path / "notes.txt").read_text("utf-8") == "mine"


@_NEEDS
@pytest.mark.usefixtures("_libraries")
class TestToDetoxify:
    def test_the_library_gives_the_same_seven_scores(self, tmp_path: Path) -> None:
        model = tiny_encoder("bert", outputs=9, vocab_size=4 + len(WORDS))
        heads = (*DETOXIFY_LABELS, Label("menace"), Label("leak"))
        folder = _exported(tmp_path / "model", model, heads=heads)
        checkpoint = tmp_path / "detoxify" / "town.ckpt"

        sha256 = to_detoxify(folder, checkpoint)

        library = DetoxifyModel(checkpoint, checkpoint.parent, sha256=sha256)
        scores = library.score(TEXTS)
        assert set(scores[0].by_label) == set(heads)
        # The weights are the same; what differs is how activations are rounded.
        assert largest_difference(library, OnnxModel(folder), TEXTS) < 0.02

    def test_the_librarys_own_loader_runs_it_without_a_network(self, tmp_path: Path) -> None:
        detoxify = pytest.importorskip("detoxify")
        folder = _exported(tmp_path / "m", tiny_encoder("bert", vocab_size=4 + len(WORDS)))
        checkpoint = tmp_path / "d" / "town.ckpt"
        sha256 = to_detoxify(folder, checkpoint)

        library = detoxify.Detoxify(
            checkpoint=str(checkpoint), huggingface_config_path=str(checkpoint.parent)
        )

        ours = DetoxifyModel(checkpoint, checkpoint.parent, sha256=sha256).score([TEXTS[0]])[0]
        for label, value in library.predict(TEXTS[0]).items():
            assert ours.by_label[label].value == pytest.approx(value, abs=1e-6)

    def test_there_and_back_again_nothing_is_lost(self, tmp_path: Path) -> None:
        folder = _exported(tmp_path / "m", tiny_encoder("bert", vocab_size=4 + len(WORDS)))
        checkpoint = tmp_path / "d" / "town.ckpt"
        sha256 = to_detoxify(folder, checkpoint)

        to_onnx(checkpoint, checkpoint.parent, tmp_path / "again", sha256=sha256)

        assert largest_difference(OnnxModel(folder), OnnxModel(tmp_path / "again"), TEXTS) < 1e-5

    def test_it_may_lie_in_the_models_own_folder(self, tmp_path: Path) -> None:
        folder = _exported(tmp_path / "m", tiny_encoder("bert", vocab_size=4 + len(WORDS)))

        to_detoxify(folder, folder / "town.ckpt")

        assert OnnxModel(folder).score(["you"])
        assert (folder / "town.ckpt").is_file()
        assert not (folder / "town.part").exists()

    def test_a_graph_that_was_not_made_here_is_refused(self, tmp_path: Path) -> None:
        folder = tiny_model(tmp_path / "m", {"idiot": {"insult": 9.0}})
        config = tiny_encoder("bert").config.to_dict()

        for document in (None, config):
            if document:
                (folder / "config.json").write_text(json.dumps(document), encoding="utf-8")
            with pytest.raises(ClassifierFailed, match="cannot be read back"):
                to_detoxify(folder, tmp_path / "town.ckpt")

        assert not (tmp_path / "town.ckpt").exists()

    def test_weights_that_were_not_quantised_come_back_as_they_were(self, tmp_path: Path) -> None:
        torch = pytest.importorskip("torch")
        checkpoint, home, sha256 = tiny_checkpoint(tmp_path / "a", classes=DETOXIFY_LABELS)
        to_onnx(checkpoint, home, tmp_path / "m", sha256=sha256, int8=False)

        to_detoxify(tmp_path / "m", tmp_path / "b" / "town.ckpt")

        found = torch.load(tmp_path / "b" / "town.ckpt", weights_only=True)["state_dict"]
        for name, value in weights_of(tiny_encoder("bert")).items():
            assert found[name].numpy() == pytest.approx(value, abs=0.0), name


class _Scripted:
    fingerprint = ModelFingerprint("scripted")

    def __init__(self, values: Mapping[str, float]) -> None:
        self._values = values

    def score(self, texts: Sequence[str]) -> list[Scores]:
        by_label = {Label(name): Score(value) for name, value in self._values.items()}
        return [Scores(self.fingerprint, by_label) for _ in texts]


def test_the_difference_is_over_the_labels_that_both_have() -> None:
    one = _Scripted({"toxicity": 0.5, "insult": 0.25, "menace": 1.0})
    two = _Scripted({"toxicity": 0.5, "insult": 0.75, "leak": 0.0})

    assert largest_difference(one, two, ["a", "b"]) == 0.5


def test_models_without_a_common_label_cannot_be_compared() -> None:
    with pytest.raises(ClassifierFailed, match="no label in common"):
        largest_difference(_Scripted({"menace": 1.0}), _Scripted({"leak": 1.0}), ["a"])


@pytest.mark.parametrize("missing", ["onnx", "torch"])
def test_reading_weights_back_without_the_extra_says_what_to_install(
    missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny_model(tmp_path / "m", {"idiot": {"insult": 9.0}})
    monkeypatch.setitem(sys.modules, missing, None)

    with pytest.raises(ClassifierFailed, match="not installed") as failure:
        to_detoxify(folder, tmp_path / "town.ckpt")

    assert "wardmote[detoxify]" in failure.value.hint


def test_converting_without_the_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "classifiers.training.export", None)

    with pytest.raises(ClassifierFailed, match="not installed") as failure:
        conversion._exporter()

    assert "wardmote[detoxify]" in failure.value.hint
