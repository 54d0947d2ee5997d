from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto

from classifiers import manifest, onnx_model
from classifiers.contract import Classifier, ClassifierFailed, Label
from classifiers.onnx_model import OnnxModel, load
from classifiers.registry import open_classifier
from classifiers.testing import ClassifierContract
from tests.tiny_models import BIAS, MARKS, tiny_model, tiny_tokenizer, write_manifest

_WORDS = {
    "idiot": {"toxicity": 6.0, "insult": 9.0},
    "clown": {"insult": 5.0},
    "lovely": {"toxicity": -2.0},
    "park": {},
    ".": {},
}
_TOXICITY, _INSULT = Label("toxicity"), Label("insult")


def _refusal(folder: Path) -> str:
    with pytest.raises(ClassifierFailed) as failure:
        OnnxModel(folder)
    assert failure.value.hint
    return failure.value.sentence


class TestTinyModelContract(ClassifierContract):
    @pytest.fixture(autouse=True)
    def _folders(self, tmp_path: Path) -> None:
        self.one = tiny_model(tmp_path / "one", _WORDS, prepared=True, is_rounded=True)
        self.two = tiny_model(tmp_path / "two", {**_WORDS, "park": {"insult": 1.0}})

    def classifier(self) -> Classifier:
        return load({"model": str(self.one)})

    def another(self) -> Classifier:
        return load({"model": str(self.two)})


class TestScores:
    def test_every_head_has_its_value_in_the_manifests_order(self, tmp_path: Path) -> None:
        model = OnnxModel(tiny_model(tmp_path / "m", _WORDS))

        (scores,) = model.score(["idiot"])

        assert model.heads == (_TOXICITY, _INSULT)
        assert {label: score.value for label, score in scores.by_label.items()} == {
            _TOXICITY: 0.880797,
            _INSULT: 0.993307,
        }
        assert all(score.spans == () for score in scores.by_label.values())

    def test_texts_keep_their_order(self, tmp_path: Path) -> None:
        model = OnnxModel(tiny_model(tmp_path / "m", _WORDS), threads=3)
        texts = [" ".join(["clown"] * count) for count in (3, 0, 40, 1, 7, 2, 0, 5)] * 50

        logits = model.logits(texts)

        # A window of eight has room for six words.
        expected = [BIAS + 5.0 * min(6, text.count("clown")) for text in texts]
        assert expected == logits[:, 1].tolist()
        assert logits.shape == (400, 2)
        assert logits.dtype == np.float32

    def test_the_end_of_a_long_text_is_read(self, tmp_path: Path) -> None:
        model = OnnxModel(tiny_model(tmp_path / "m", _WORDS))
        long = "park " * 3_998

        assert model.logits([long + "idiot."])[0].tolist() == [BIAS + 6.0, BIAS + 9.0]
        assert model.logits([long])[0].tolist() == [BIAS, BIAS]

    def test_each_head_takes_its_own_strongest_window(self, tmp_path: Path) -> None:
        words = {"first": {"toxicity": 3.0}, "last": {"insult": 7.0}, "park": {"toxicity": -1.0}}
        model = OnnxModel(tiny_model(tmp_path / "m", words))

        logits = model.logits(["first " + "park " * 30 + "last"])

        assert logits[0].tolist() == [BIAS + 3.0 - 5.0, BIAS + 7.0]

    def test_the_empty_text_is_read_as_the_marks_alone(self, tmp_path: Path) -> None:
        model = OnnxModel(tiny_model(tmp_path / "m", _WORDS))

        assert model.logits(["", "\u200b\x00", "park"]).tolist() == [[BIAS, BIAS]] * 3

    def test_what_is_repeated_is_read_once(self, tmp_path: Path) -> None:
        model = OnnxModel(tiny_model(tmp_path / "m", _WORDS))
        again = "clown park " * 2_000

        assert len(model._cut([again, "park", again, "park"])) <= 3
        assert model.logits([again, "park", again])[:, 1].tolist() == [
            BIAS + 15.0,
            BIAS,
            BIAS + 15.0,
        ]

    def test_no_text_has_no_rows(self, tmp_path: Path) -> None:
        model = OnnxModel(tiny_model(tmp_path / "m", _WORDS))

        assert model.logits([]).shape == (0, 2)
        assert model.probabilities([]).shape == (0, 2)

    def test_a_logit_beyond_all_numbers_is_certain_and_no_more(self, tmp_path: Path) -> None:
        words = {"yes": {"insult": 3e38}, "no": {"insult": -3e38}}
        model = OnnxModel(tiny_model(tmp_path / "m", words))

        assert model.probabilities(["yes", "no"])[:, 1].tolist() == pytest.approx([1.0, 0.0])
        assert [each.by_label[_INSULT].value for each in model.score(["yes", "no"])] == [1.0, 0.0]

    def test_pieces_are_what_the_model_reads(self, tmp_path: Path) -> None:
        model = OnnxModel(tiny_model(tmp_path / "m", _WORDS, prepared=True))
        first = len(MARKS)

        assert model.pieces(["Lovely 1d10t", ""]) == [[first + 2, first], []]


class TestNeighbours:
    """A record must be reproducible: what stands beside a text may not move its score."""

    _TEXTS = ("clown lovely", "idiot " * 5, "park", "clown", "lovely park idiot", "")

    def test_read_alone_or_among_others_a_text_gets_equal_bits(self, tmp_path: Path) -> None:
        model = OnnxModel(tiny_model(tmp_path / "m", _WORDS, is_rounded=True))

        among = model.logits(self._TEXTS)

        alone = [model.logits([text])[0] for text in self._TEXTS]
        assert among.tobytes() == np.stack(alone).tobytes()

    def test_read_together_by_a_rounding_graph_they_would_not(self, tmp_path: Path) -> None:
        model = OnnxModel(tiny_model(tmp_path / "m", _WORDS, is_rounded=True, batch=6))

        among = model.logits(self._TEXTS)

        alone = [model.logits([text])[0] for text in self._TEXTS]
        assert among.tobytes() != np.stack(alone).tobytes()

    def test_batches_of_a_graph_that_does_not_round_give_the_same(self, tmp_path: Path) -> None:
        single = OnnxModel(tiny_model(tmp_path / "one", _WORDS))
        many = OnnxModel(tiny_model(tmp_path / "four", _WORDS, batch=4))
        texts = [*self._TEXTS, "park " * 100 + "clown"]

        assert single.logits(texts).tolist() == many.logits(texts).tolist()

    @pytest.mark.parametrize("threads", [1, 2, 8])
    def test_the_number_of_threads_changes_nothing(self, threads: int, tmp_path: Path) -> None:
        folder = tiny_model(tmp_path / "m", _WORDS, is_rounded=True)
        texts = [*self._TEXTS, "park " * 100 + "clown"] * 20

        logits = OnnxModel(folder, threads=threads).logits(texts)

        assert logits.tobytes() == OnnxModel(folder).logits(texts).tobytes()


class TestWhatTheGraphIsGiven:
    def test_the_tokenizers_sentence_numbers(self, tmp_path: Path) -> None:
        asks = ("input_ids", "attention_mask", "token_type_ids")
        model = OnnxModel(tiny_model(tmp_path / "m", _WORDS, asks=asks))

        # The tokenizer of these tests counts its closing mark to the second sentence.
        assert model.logits(["park"])[0].tolist() == [BIAS + 1.0, BIAS + 1.0]

    def test_only_what_it_asks_for(self, tmp_path: Path) -> None:
        model = OnnxModel(tiny_model(tmp_path / "m", _WORDS, asks=("input_ids",)))

        assert model.logits(["clown"])[0].tolist() == [BIAS, BIAS + 5.0]

    def test_numbers_of_the_size_it_asks_for(self, tmp_path: Path) -> None:
        model = OnnxModel(tiny_model(tmp_path / "m", _WORDS, kind=TensorProto.INT32))

        assert model.logits(["clown"])[0].tolist() == [BIAS, BIAS + 5.0]

    @pytest.mark.parametrize(
        ("prepared", "logit"), [(True, BIAS + 9.0), (False, BIAS)], ids=["prepared", "as it stands"]
    )
    def test_texts_as_it_was_trained_on(
        self, *, prepared: bool, logit: float, tmp_path: Path
    ) -> None:
        model = OnnxModel(tiny_model(tmp_path / "m", _WORDS, prepared=prepared))

        assert model.logits(["You 1d10t"])[0, 1] == logit

    @pytest.mark.parametrize("asks", [("input_ids", "position_ids"), ("attention_mask",)])
    def test_a_graph_that_asks_for_something_else_is_refused(
        self, asks: tuple[str, ...], tmp_path: Path
    ) -> None:
        folder = tiny_model(tmp_path / "m", _WORDS, asks=asks)

        assert _refusal(folder) == f"The model's graph asks for {', '.join(sorted(asks))}."


class TestFiles:
    @pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
    def test_a_changed_file_is_refused_before_anything_is_opened(
        self, name: str, tmp_path: Path
    ) -> None:
        folder = tiny_model(tmp_path / "m", _WORDS)
        (folder / "model.onnx").write_bytes(b"no graph: opening it would fail otherwise")
        write_manifest(folder)
        with (folder / name).open("ab") as file:
            file.write(b" ")

        sentence = _refusal(folder)

        assert f"{name} is not the file it should be" in sentence

    def test_whatever_else_the_manifest_lists_is_compared_too(self, tmp_path: Path) -> None:
        folder = tiny_model(tmp_path / "m", _WORDS)
        document = json.loads((folder / "manifest.json").read_text())
        document["sha256"]["weighing.json"] = "0" * 64
        (folder / "manifest.json").write_text(json.dumps(document))

        assert "weighing.json is not there" in _refusal(folder)

        (folder / "weighing.json").write_text("{}")

        assert "should begin 000000000000" in _refusal(folder)

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        folder = tiny_model(tmp_path / "m", _WORDS)
        (folder / "tokenizer.json").unlink()

        assert "not whole: tokenizer.json is not there" in _refusal(folder)

    def test_a_folder_without_a_manifest_is_no_model(self, tmp_path: Path) -> None:
        assert "it has no manifest.json" in _refusal(tmp_path)

    def test_a_missing_bundled_model_says_what_to_do(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module in (manifest, onnx_model):
            monkeypatch.setattr(module, "BUNDLED", tmp_path)

        with pytest.raises(ClassifierFailed, match="bundled model is not part") as failure:
            load({})

        assert "wardmote models train" in failure.value.hint

    def test_the_registry_knows_it_as_bundled(self, tmp_path: Path) -> None:
        folder = tiny_model(tmp_path / "m", _WORDS)

        model = open_classifier(["bundled"], {"bundled.model": str(folder)})

        assert model.fingerprint == load({"model": str(folder)}).fingerprint

    def test_a_manifest_of_the_future_is_refused(self, tmp_path: Path) -> None:
        folder = tiny_model(tmp_path / "m", _WORDS, format=2, something="new")

        assert "has format 2, and this Wardmote reads 1" in _refusal(folder)

    @pytest.mark.parametrize(
        ("changed", "named"),
        [
            ({"format": 0}, "format"),
            ({"format": "1"}, "format"),
            ({"name": ""}, "name"),
            ({"version": 3}, "version"),
            ({"heads": []}, "heads"),
            ({"heads": "toxicity"}, "heads"),
            ({"heads": ["toxicity", "toxicity"]}, "heads"),
            ({"heads": ["toxicity", 1]}, "heads"),
            ({"window": True}, "window"),
            ({"window": 0, "stride": -1}, "window, stride"),
            ({"batch": 1.5}, "batch"),
            ({"prepared": 1}, "prepared"),
            ({"sha256": []}, "sha256"),
            ({"sha256": {"model.onnx": "0" * 64}}, "sha256"),
            ({"sha256": {"model.onnx": "0" * 64, "tokenizer.json": "0" * 63}}, "sha256"),
            ({"sha256": {"model.onnx": "0" * 64, "tokenizer.json": 7}}, "sha256"),
            (
                {"sha256": dict.fromkeys(("model.onnx", "tokenizer.json", "../a"), "0" * 64)},
                "sha256",
            ),
        ],
    )
    def test_a_manifest_that_says_something_else_is_refused_by_name(
        self, changed: dict[str, Any], named: str, tmp_path: Path
    ) -> None:
        folder = tiny_model(tmp_path / "m", _WORDS)
        document = json.loads((folder / "manifest.json").read_text())
        (folder / "manifest.json").write_text(json.dumps({**document, **changed}))

        assert _refusal(folder).endswith(f"cannot be read: it does not say as it should: {named}.")

    @pytest.mark.parametrize("content", [b"[]", b"{", b"\xff\xfe", b""])
    def test_what_is_no_manifest_is_refused(self, content: bytes, tmp_path: Path) -> None:
        folder = tiny_model(tmp_path / "m", _WORDS)
        (folder / "manifest.json").write_bytes(content)

        assert "manifest.json cannot be read" in _refusal(folder)

    @pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
    def test_a_file_that_is_none_of_its_kind_is_refused(self, name: str, tmp_path: Path) -> None:
        folder = tiny_model(tmp_path / "m", _WORDS)
        (folder / name).write_bytes(b"nothing of the kind")
        write_manifest(folder)

        assert name in _refusal(folder)

    def test_a_window_that_would_skip_words_is_refused(self, tmp_path: Path) -> None:
        folder = tiny_model(tmp_path / "m", _WORDS, window=8, stride=7)

        assert "between 1 and 6, not 7" in _refusal(folder)

    def test_heads_that_the_graph_does_not_have_are_found_when_it_is_loaded(
        self, tmp_path: Path
    ) -> None:
        folder = tiny_model(tmp_path / "m", _WORDS)
        write_manifest(folder, heads=["toxicity", "insult", "threat"])

        assert "each of its 3 heads" in _refusal(folder)

    @pytest.mark.parametrize("library", ["onnxruntime", "tokenizers"])
    def test_a_missing_library_is_named(
        self, library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tiny_model(tmp_path / "m", _WORDS)
        monkeypatch.setitem(sys.modules, library, None)

        assert f"needs the library {library}" in _refusal(folder)


class TestFailures:
    """Nothing that fails may be taken as clean, or repeat what a resident wrote."""

    def test_a_graph_that_cannot_read_a_text_says_so_without_it(
        self, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        # The tokenizer knows a word for which the graph has no row.
        tokenizer = tiny_tokenizer([*_WORDS, "zephyrs"])
        model = OnnxModel(tiny_model(tmp_path / "m", _WORDS, tokenizer=tokenizer))

        with pytest.raises(ClassifierFailed) as failure:
            model.score(["park", "zephyrs vex", "park"])

        assert "could not read 4 word pieces" in failure.value.sentence
        assert "zephyrs" not in failure.value.sentence + failure.value.hint
        assert capfd.readouterr() == ("", "")

    def test_a_tokenizer_that_cannot_read_a_text_says_so_without_it(self, tmp_path: Path) -> None:
        tokenizer = tiny_tokenizer([*_WORDS, "a"], unknown="[NOTHING]")
        words = {**_WORDS, "a": {}}
        model = OnnxModel(tiny_model(tmp_path / "m", words, tokenizer=tokenizer))

        for read in (model.score, model.pieces):
            with pytest.raises(ClassifierFailed) as failure:
                read(["zephyrs"])
            assert "could not read a text of 7 characters" in failure.value.sentence
            assert "zephyrs" not in failure.value.sentence + failure.value.hint

    @pytest.mark.parametrize("nothing", [float("nan"), float("inf")])
    def test_what_is_no_number_is_no_score(self, nothing: float, tmp_path: Path) -> None:
        model = OnnxModel(tiny_model(tmp_path / "m", {"odd": {"insult": nothing}}))

        with pytest.raises(ClassifierFailed, match="gave no number"):
            model.score(["odd"])


class TestFingerprint:
    def test_it_names_model_version_and_runtime(self, tmp_path: Path) -> None:
        model = OnnxModel(tiny_model(tmp_path / "m", _WORDS, name="Town model", version="7"))

        name, _, rest = model.fingerprint.partition(" 7 ")
        digest, _, runtime = rest.partition(" ")

        assert model.name == name == "Town model"
        assert len(digest) == 12
        assert runtime.startswith("onnxruntime/")

    @pytest.mark.parametrize(
        "changed",
        [
            {"version": "2"},
            {"heads": ["insult", "toxicity"]},
            {"window": 9},
            {"stride": 3},
            {"batch": 2},
            {"prepared": True},
        ],
    )
    def test_whatever_decides_a_score_stands_in_it(
        self, changed: dict[str, Any], tmp_path: Path
    ) -> None:
        folder = tiny_model(tmp_path / "m", _WORDS)
        before = OnnxModel(folder).fingerprint
        write_manifest(folder, **changed)

        assert OnnxModel(folder).fingerprint != before

    def test_the_folders_place_does_not(self, tmp_path: Path) -> None:
        one, two = (OnnxModel(tiny_model(tmp_path / name, _WORDS)) for name in ("one", "two"))

        assert one.fingerprint == two.fingerprint


def test_it_takes_the_cores_that_it_may_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny_model(tmp_path / "m", _WORDS)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5, 8}, raising=False)

    assert OnnxModel(folder)._threads == 3

    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)

    assert OnnxModel(folder)._threads == 1
    assert OnnxModel(folder, threads=2)._threads == 2


def test_naming_the_module_loads_no_library() -> None:
    program = (
        "import sys, classifiers.onnx_model, classifiers.occlusion\n"
        "print({'onnxruntime', 'tokenizers', 'numpy', 'torch'} & set(sys.modules))"
    )
    root = Path(onnx_model.__file__).parent.parent

    finished = subprocess.run(  # noqa: S603 - our own interpreter and our own program
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )

    assert finished.stdout.strip() == "set()"
