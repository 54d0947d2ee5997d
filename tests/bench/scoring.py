"""Question 3: what the panel of detectors costs beside its parts and beside other ways to read."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from classifiers.contract import DETOXIFY_LABELS, Classifier, Scores
from classifiers.normalise import normalise
from classifiers.phrasebook import Phrasebook, PhraseReader
from classifiers.registry import DETECTORS, open_classifier
from classifiers.wordlist import BOOKS
from tests.bench.ground import Ground
from tests.bench.rounds import Row, Side, in_turns, pair, row_of, unmeasured
from tests.bench.texts import realistic, so_many
from tests.world import detectors

__all__ = ["scoring_rows"]

_UNIT = "ms a comment"
_ON = "detectors"


def scoring_rows(ground: Ground) -> Iterator[Row]:
    """The panel against its slowest member, against undone optimisations, against a model."""
    texts = so_many(ground.size.read)
    panel = detectors()
    alone = {name: open_classifier([name], {}) for name in DETECTORS}
    by_phrase = PhraseReader("by phrase", list(_one_book_a_phrase()))
    ways: dict[str, Callable[[], Sequence[object]]] = {
        "panel": lambda: panel.score(texts),
        "apart": lambda: _apart(list(alone.values()), texts),
        "singly": lambda: [panel.score([text]) for text in texts],
        "by phrase": lambda: by_phrase.score(texts),
        **{name: _scored(detector, texts) for name, detector in alone.items()},
    }
    measured = in_turns(
        [_reading(name, way, len(texts)) for name, way in ways.items()], rounds=ground.size.rounds
    )
    slowest = max(DETECTORS, key=lambda name: median(measured[name].seconds))
    for compared, first, second in (
        (f"the panel / its slowest detector ({slowest})", "panel", slowest),
        ("the panel / each detector normalising for itself", "panel", "apart"),
        ("the panel, a text at a time / all at once", "singly", "panel"),
        ("word lists, one expression a list / one a phrase", "wordlist", "by phrase"),
    ):
        yield row_of(3, compared, pair(measured, first, second), on=_ON, unit=_UNIT)
    yield _beside_a_model(ground, panel)


def _beside_a_model(ground: Ground, panel: Classifier) -> Row:
    compared = "the panel / a network of Detoxify's size, one thread"
    if not all(find_spec(name) for name in ("detoxify", "torch", "transformers")):
        missing = "the extra 'detoxify' is not installed"
        return unmeasured(3, compared, on=_ON, missing=missing)
    wanted = ground.size.read_by_model
    texts = realistic()[:: len(realistic()) // wanted][:wanted]
    network = open_classifier(["detoxify"], _network(ground.home(), ground.size.hidden))
    sides = [
        _reading("panel", _scored(panel, texts), len(texts)),
        _reading("network", _scored(network, texts), len(texts)),
    ]
    measured = in_turns(sides, rounds=ground.size.rounds)
    return row_of(3, compared, pair(measured, "panel", "network"), on=_ON, unit=_UNIT)


def _reading(name: str, way: Callable[[], Sequence[object]], number: int) -> Side:
    def act() -> int:
        read = len(way())
        assert read == number
        return read

    # A daemon has not just read these very words.
    return Side(name, act, prepare=normalise.cache_clear, per=number)


def _scored(classifier: Classifier, texts: Sequence[str]) -> Callable[[], Sequence[Scores]]:
    return lambda: classifier.score(texts)


def _apart(alone: Sequence[Classifier], texts: Sequence[str]) -> Sequence[object]:
    scored: Sequence[object] = ()
    for detector in alone:
        normalise.cache_clear()
        scored = detector.score(texts)
    return scored


def _one_book_a_phrase() -> Iterator[Phrasebook]:
    """The word lists as if each phrase were searched for by itself."""
    for name in BOOKS:
        content = files("classifiers").joinpath("wordlists", f"{name}.toml").read_bytes()
        document = tomllib.loads(content.decode("utf-8"))
        for group in document["group"]:
            for phrase in group["phrases"]:
                single = {**document, "group": [{**group, "phrases": [phrase]}]}
                yield Phrasebook(single, content=b"")


def _network(folder: Path, hidden: int) -> dict[str, str]:
    """A checkpoint with the shape of Detoxify's small model and weights drawn by chance.

    What it says means nothing; what it costs is what that shape costs. A word is one token, so
    the real tokenizer would give it somewhat more to read.
    """
    torch, transformers = import_module("torch"), import_module("transformers")
    import_module("transformers.utils.logging").disable_progress_bar()
    # As the detectors read; and threads that wait for each other on a busy machine measure it.
    torch.set_num_threads(1)
    words = sorted({word for text in realistic() for word in re.findall(r"\w+", text.lower())})
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]
    home = folder / "configuration"
    home.mkdir()
    (home / "vocab.txt").write_text("\n".join(vocabulary), "utf-8")
    tokenizer = {"tokenizer_class": "BertTokenizer", "model_max_length": 512}
    (home / "tokenizer_config.json").write_text(json.dumps(tokenizer), "utf-8")
    shape = transformers.AlbertConfig(
        vocab_size=len(vocabulary),
        embedding_size=min(128, hidden),
        hidden_size=hidden,
        num_hidden_layers=12,
        num_attention_heads=min(12, hidden),
        intermediate_size=4 * hidden,
        num_labels=len(DETOXIFY_LABELS),
    )
    shape.save_pretrained(home)
    torch.manual_seed(7)
    arguments = {
        "model_type": "albert-base-v2",
        "model_name": "AlbertForSequenceClassification",
        "tokenizer_name": "BertTokenizer",
        "num_classes": len(DETOXIFY_LABELS),
    }
    layout = {"arch": {"args": arguments}, "dataset": {"args": {"classes": [*DETOXIFY_LABELS]}}}
    weights = transformers.AlbertForSequenceClassification(shape).state_dict()
    checkpoint = folder / "chance.ckpt"
    torch.save({"config": layout, "state_dict": weights}, checkpoint)
    with checkpoint.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "checkpoint": str(checkpoint),
        "huggingface_config_path": str(home),
        "sha256": digest,
    }
