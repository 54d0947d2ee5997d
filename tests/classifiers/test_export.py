from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifiers.contract import DETOXIFY_LABELS, ClassifierFailed
from classifiers.manifest import read_manifest, verify
from classifiers.onnx_model import OnnxModel
from classifiers.training.architecture import architecture_of
from tests.tiny_encoders import FAMILIES, TEXTS, WORDS, tiny_encoder, weights_of
from tests.tiny_models import tiny_tokenizer

pytest.importorskip("torch", reason="the extra 'detoxify' is not installed")
onnx = pytest.importorskip("onnx", reason="the extra 'detoxify' is not installed")

from classifiers.training.export import export  # noqa: E402 - it needs the extra
from classifiers.training.graph import build, read_weights  # noqa: E402 - as above

pytestmark = pytest.mark.detoxify

_IDS = ([2, 5, 6, 3], [2, 3], [2, *range(4, 17), 7, 8, 9, 3])


def _logits(graph: Any, ids: list[int]) -> Any:
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(
        graph.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"input_ids": np.array([ids], np.int64)})[0][0]


def _expected(model: Any, ids: list[int]) -> Any:
    import torch  # noqa: PLC0415 - see above

    with torch.inference_mode():
        return model(input_ids=torch.tensor([ids])).logits[0].numpy()


def _unit(logits: Any) -> Any:
    return 1 / (1 + np.exp(-logits))


def _graph(model: Any, *, int8: bool, of: int = 7) -> Any:
    architecture = architecture_of(model.config.to_dict())
    return build(architecture, weights_of(model), int8=int8, of=of)


def _made(folder: Path, model: Any, **said: Any) -> Path:
    words = tiny_tokenizer(WORDS).to_str()
    given = {"name": "town", "version": "1", "heads": DETOXIFY_LABELS, "prepared": False, **said}
    export(model, words, folder, **given)
    return folder


@pytest.mark.parametrize("family", FAMILIES)
class TestEveryFamily:
    def test_the_written_graph_gives_the_models_own_logits(self, family: str) -> None:
        model = tiny_encoder(family)
        graph = _graph(model, int8=False)

        for ids in _IDS:
            np.testing.assert_allclose(_logits(graph, ids), _expected(model, ids), atol=2e-4)

    def test_quantised_it_stays_near(self, family: str) -> None:
        model = tiny_encoder(family)
        graph = _graph(model, int8=True)

        for ids in _IDS:
            difference = np.abs(_unit(_logits(graph, ids)) - _unit(_expected(model, ids)))
            assert difference.max() < 0.05

    @pytest.mark.parametrize("int8", [False, True])
    def test_its_weights_can_be_read_back(self, family: str, *, int8: bool) -> None:
        model = tiny_encoder(family)
        architecture = architecture_of(model.config.to_dict())
        weights = weights_of(model)

        found = read_weights(build(architecture, weights, int8=int8, of=7), architecture)

        assert found.keys() == weights.keys()
        for name, value in found.items():
            assert value.dtype == np.float32
            step = np.abs(weights[name]).max() / 64 if int8 else 0.0
            used = architecture.first_position if "position_embeddings" in name else 0
            np.testing.assert_allclose(value[used:], weights[name][used:], atol=step / 2 + 1e-6)


def test_a_products_two_halves_fit_into_sixteen_bits() -> None:
    graph = _graph(tiny_encoder("bert"), int8=True)
    weights = [each for each in graph.graph.initializer if each.name.endswith("dense.weight.int8")]

    assert len(weights) == 6
    for each in weights:
        assert np.abs(onnx.numpy_helper.to_array(each).astype(int)).max() == 64


def test_a_position_with_large_numbers_does_not_coarsen_the_others() -> None:
    model = tiny_encoder("bert")
    ids = _IDS[2]
    first = model.bert.encoder.layer[0]
    read: list[Any] = []
    hook = first.intermediate.register_forward_pre_hook(lambda _, given: read.append(given[0][0]))
    _expected(model, ids)
    hook.remove()
    # One unit answers to the third position alone, very loudly, and nothing listens to it.
    wanted = np.zeros(len(ids), np.float32)
    wanted[2] = 5_000.0
    unit = np.linalg.lstsq(read[0].numpy(), wanted, rcond=None)[0]
    first.intermediate.dense.weight.data[0] = first.intermediate.dense.weight.new_tensor(unit)
    first.output.dense.weight.data[:, 0] = 0.0

    graph = _graph(model, int8=True)

    difference = np.abs(_unit(_logits(graph, ids)) - _unit(_expected(model, ids)))
    assert difference.max() < 0.05


def test_a_channel_without_weights_stays_without() -> None:
    model = tiny_encoder("bert")
    model.bert.encoder.layer[0].intermediate.dense.weight.data[3] = 0.0
    architecture = architecture_of(model.config.to_dict())

    graph = build(architecture, weights_of(model), int8=True, of=7)

    name = "bert.encoder.layer.0.intermediate.dense.weight"
    assert np.all(read_weights(graph, architecture)[name][3] == 0.0)
    assert np.isfinite(_logits(graph, _IDS[0])).all()


class TestTheFolder:
    def test_it_is_run_as_it_is(self, tmp_path: Path) -> None:
        model = tiny_encoder("bert", vocab_size=4 + len(WORDS))
        folder = _made(tmp_path / "m", model, int8=False)
        ids = [tiny_tokenizer(WORDS).encode(text).ids for text in TEXTS]

        found = OnnxModel(folder).logits(TEXTS)

        np.testing.assert_allclose(found, [_expected(model, each) for each in ids], atol=2e-4)

    def test_its_manifest_vouches_for_every_file(self, tmp_path: Path) -> None:
        folder = _made(tmp_path / "m", tiny_encoder("bert"), prepared=True, window=16, stride=8)

        manifest = read_manifest(folder)
        verify(folder, manifest)

        assert {path.name for path in folder.iterdir()} == {*manifest.sha256, "manifest.json"}
        assert set(manifest.sha256) == {"model.onnx", "tokenizer.json", "config.json"}
        assert (manifest.name, manifest.version, manifest.heads) == ("town", "1", DETOXIFY_LABELS)
        assert (manifest.window, manifest.stride, manifest.batch) == (16, 8, 1)
        assert manifest.prepared

    def test_the_configuration_names_the_heads(self, tmp_path: Path) -> None:
        folder = _made(tmp_path / "m", tiny_encoder("bert"))

        config = json.loads((folder / "config.json").read_text("utf-8"))

        assert list(config["id2label"].values()) == list(DETOXIFY_LABELS)
        assert config["hidden_size"] == 32
        assert not [name for name in config if name.startswith("_")]

    def test_the_same_weights_give_the_same_bytes(self, tmp_path: Path) -> None:
        one = _made(tmp_path / "one", tiny_encoder("bert"))
        two = _made(tmp_path / "two", tiny_encoder("bert"))

        assert read_manifest(one) == read_manifest(two)

    def test_outputs_without_a_head_are_left_out(self, tmp_path: Path) -> None:
        model = tiny_encoder("bert", outputs=16, vocab_size=4 + len(WORDS))
        folder = _made(tmp_path / "m", model, int8=False)

        found = OnnxModel(folder).logits(["you"])

        assert found.shape == (1, 7)
        expected = _expected(model, tiny_tokenizer(WORDS).encode("you").ids)[:7]
        np.testing.assert_allclose(found[0], expected, atol=2e-4)

    def test_what_is_there_already_is_replaced_and_strangers_stay(self, tmp_path: Path) -> None:
        folder = _made(tmp_path / "m", tiny_encoder("bert"))
        before = hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
        (folder / "README.md").write_text("about", encoding="utf-8")

        _made(folder, tiny_encoder("bert", seed=8))

        verify(folder, read_manifest(folder))
        assert read_manifest(folder).sha256["model.onnx"] != before
        assert (folder / "README.md").read_text("utf-8") == "about"


@pytest.mark.parametrize(
    "config",
    [
        {"model_type": "deberta"},
        {},
        {"model_type": "bert", "position_embedding_type": "relative_key", "hidden_act": "gelu"},
        {"model_type": "albert", "num_hidden_groups": 2, "hidden_act": "gelu_new"},
        {"model_type": "bert", "hidden_act": "swish"},
    ],
)
def test_another_architecture_is_refused_with_what_can_be_done(config: dict[str, Any]) -> None:
    with pytest.raises(ClassifierFailed, match="cannot be converted") as failure:
        architecture_of(config)

    assert failure.value.hint
