from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from classifiers import detoxify_model
from classifiers.contract import DETOXIFY_LABELS, Classifier, ClassifierFailed
from classifiers.detoxify_model import OFFICIAL_CHECKPOINTS, load
from classifiers.testing import ClassifierContract

_CLASSES = [
    "toxicity",
    "severe_toxicity",
    "obscene",
    "threat",
    "insult",
    "identity_attack",
    "sexual_explicit",
]
_MODEL = [pytest.mark.detoxify]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _make(folder: Path, *, classes: list[str], seed: int = 7) -> dict[str, str]:
    """A Detoxify checkpoint of a few thousand weights, and the folder that belongs to it."""
    torch = pytest.importorskip("torch", reason="the extra 'detoxify' is not installed")
    transformers = pytest.importorskip(
        "transformers", reason="the extra 'detoxify' is not installed"
    )
    home = folder / "configuration"
    home.mkdir(parents=True)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "you", "idiot", "lovely", "park", "."]
    (home / "vocab.txt").write_text("\n".join(words))
    (home / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "BertTokenizer", "model_max_length": 32})
    )
    config = transformers.BertConfig(
        vocab_size=len(words),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=32,
        num_labels=len(classes),
    )
    config.save_pretrained(home)
    torch.manual_seed(seed)
    model = transformers.BertForSequenceClassification(config)
    arguments = {
        "model_type": "bert-base-uncased",
        "model_name": "BertForSequenceClassification",
        "tokenizer_name": "BertTokenizer",
        "num_classes": len(classes),
    }
    checkpoint = folder / "town.ckpt"
    torch.save(
        {
            "config": {"arch": {"args": arguments}, "dataset": {"args": {"classes": classes}}},
            "state_dict": model.state_dict(),
        },
        checkpoint,
    )
    return {
        "checkpoint": str(checkpoint),
        "huggingface_config_path": str(home),
        "sha256": _sha256(checkpoint),
    }


class TestDetoxifyContract(ClassifierContract):
    pytestmark = _MODEL

    @pytest.fixture(autouse=True)
    def _checkpoints(self, tmp_path: Path) -> Iterator[None]:
        self.one = _make(tmp_path / "one", classes=_CLASSES)
        self.two = _make(tmp_path / "two", classes=_CLASSES, seed=8)
        return

    def classifier(self) -> Classifier:
        return load(self.one)

    def another(self) -> Classifier:
        return load(self.two)


class TestDetoxifyModel:
    pytestmark = _MODEL

    def test_the_seven_labels_come_back_by_the_standard_names(self, tmp_path: Path) -> None:
        model = load(_make(tmp_path, classes=_CLASSES))

        assert set(DETOXIFY_LABELS) == set(model.score(["you idiot"])[0].by_label)

    def test_the_original_models_class_names_are_translated(self, tmp_path: Path) -> None:
        model = load(_make(tmp_path, classes=["toxic", "severe_toxic", "identity_hate"]))

        labels = set(model.score(["you idiot"])[0].by_label)

        assert {"toxicity", "severe_toxicity", "identity_attack"} == labels

    def test_a_changed_file_is_refused_before_it_is_opened(self, tmp_path: Path) -> None:
        options = _make(tmp_path, classes=_CLASSES)
        with Path(options["checkpoint"]).open("ab") as file:
            file.write(b"x")

        with pytest.raises(ClassifierFailed, match="not the file it should be"):
            load(options)

    def test_a_file_that_is_no_checkpoint_says_so(self, tmp_path: Path) -> None:
        options = _make(tmp_path, classes=_CLASSES)
        Path(options["checkpoint"]).write_bytes(b"not a checkpoint")
        options["sha256"] = _sha256(Path(options["checkpoint"]))

        with pytest.raises(ClassifierFailed, match="could not be loaded"):
            load(options)

    def test_a_tokenizer_of_another_model_fails_without_repeating_the_text(
        self, tmp_path: Path
    ) -> None:
        options = _make(tmp_path, classes=_CLASSES)
        vocabulary = Path(options["huggingface_config_path"]) / "vocab.txt"
        vocabulary.write_text(vocabulary.read_text() + "\nzephyrs")
        model = load(options)

        with pytest.raises(ClassifierFailed) as failure:
            model.score(["zephyrs"])

        assert "zephyrs" not in failure.value.sentence + failure.value.hint


def test_without_the_extra_the_error_says_what_to_install(tmp_path: Path) -> None:
    options = _paths(tmp_path, name="town.ckpt")
    options["sha256"] = _sha256(Path(options["checkpoint"]))
    program = (
        "import sys\n"
        "from classifiers.contract import ClassifierFailed\n"
        "from classifiers.detoxify_model import load\n"
        "try:\n"
        f"    load({options!r})\n"
        "except ClassifierFailed as failure:\n"
        "    sys.stdout.write(failure.hint)\n"
    )
    root = Path(detoxify_model.__file__).parent.parent

    # Without site-packages there is no extra, and nothing has to be pretended.
    finished = subprocess.run(  # noqa: S603 - our own interpreter and our own program
        [sys.executable, "-S", "-c", program], cwd=root, capture_output=True, text=True, check=True
    )

    assert "wardmote[detoxify]" in finished.stdout


def _paths(tmp_path: Path, *, name: str) -> dict[str, str]:
    checkpoint, folder = tmp_path / name, tmp_path / "configuration"
    checkpoint.write_bytes(b"no weights")
    folder.mkdir()
    return {"checkpoint": str(checkpoint), "huggingface_config_path": str(folder)}


@pytest.mark.parametrize("options", [{}, {"checkpoint": "x.ckpt"}])
def test_a_missing_option_is_named(options: Mapping[str, str]) -> None:
    with pytest.raises(ClassifierFailed, match="huggingface_config_path"):
        load(options)


def test_a_missing_checkpoint_is_not_downloaded(tmp_path: Path) -> None:
    options = _paths(tmp_path, name="town.ckpt")
    Path(options["checkpoint"]).unlink()

    with pytest.raises(ClassifierFailed) as failure:
        load(options)

    assert "is not there" in failure.value.sentence
    assert "never downloads" in failure.value.hint


def test_a_missing_configuration_folder_is_named(tmp_path: Path) -> None:
    options = _paths(tmp_path, name="town.ckpt")
    Path(options["huggingface_config_path"]).rmdir()

    with pytest.raises(ClassifierFailed, match="configuration folder"):
        load(options)


@pytest.mark.parametrize("name", sorted(OFFICIAL_CHECKPOINTS))
def test_an_official_name_on_another_file_is_refused(name: str, tmp_path: Path) -> None:
    assert name.endswith(f"-{OFFICIAL_CHECKPOINTS[name]}.ckpt")
    with pytest.raises(ClassifierFailed, match=OFFICIAL_CHECKPOINTS[name]):
        load(_paths(tmp_path, name=name))


def test_a_councils_own_checkpoint_needs_its_digest(tmp_path: Path) -> None:
    with pytest.raises(ClassifierFailed, match="no sha256 is set"):
        load(_paths(tmp_path, name="town.ckpt"))


def test_part_of_a_digest_is_not_enough(tmp_path: Path) -> None:
    with pytest.raises(ClassifierFailed, match="64 hexadecimal digits"):
        load({**_paths(tmp_path, name="town.ckpt"), "sha256": "c1212f89"})
