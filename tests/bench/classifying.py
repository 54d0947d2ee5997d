"""Question 8: what the bundled model costs beside Detoxify's own predict on the same two threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from itertools import cycle, islice
from typing import Any

from classifiers.contract import Classifier
from classifiers.council import Council
from classifiers.labelled import Example, read_examples
from classifiers.manifest import BUNDLED
from classifiers.normalise import normalise
from classifiers.onnx_model import OnnxModel
from tests.bench.ground import Ground
from tests.bench.rounds import Row, Side, in_turns, pair, row_of, unmeasured

__all__ = ["classifying_rows"]

_UNIT = "ms a comment"
_ON = "two threads"
_THREADS = 2
_BREACHING = 20
"""One comment in so many breaches in the stream: five in a hundred."""
_AT_ONCE = 32


def classifying_rows(ground: Ground) -> Iterator[Row]:
    """The encoder, the whole reading and the first stage, against a network of bert-base's shape."""
    questions = (
        ("the encoder / Detoxify's predict, 20-40 words", "encoder", "predict"),
        ("the whole reading / Detoxify's predict, 20-40 words", "council", "predict"),
        ("with the first stage / Detoxify's predict, 5 % breaching", "first stage", "stream"),
        ("with the first stage / without it, 5 % breaching", "first stage", "council stream"),
    )
    if not all(find_spec(name) for name in ("detoxify", "torch", "transformers")):
        for compared, _, _ in questions:
            missing = "the extra 'detoxify' is not installed"
            yield unmeasured(8, compared, on=_ON, missing=missing)
        return
    count = ground.size.read_by_model * 4
    even = [each.text for each in _examples() if 20 <= len(each.text.split()) <= 40][:count]
    stream = _stream(count)
    predict = _predict(ground.size.hidden)
    council = Council(BUNDLED, first_stage=False)
    quick = Council(BUNDLED, first_stage=True)
    encoder = OnnxModel(BUNDLED, threads=_THREADS)
    measured = in_turns(
        [
            _side("encoder", encoder, even),
            _side("council", council, even),
            Side("predict", lambda: predict(even), per=len(even)),
            _side("first stage", quick, stream),
            _side("council stream", council, stream),
            Side("stream", lambda: predict(stream), per=len(stream)),
        ],
        rounds=ground.size.long_rounds,
    )
    for compared, first, second in questions:
        yield row_of(8, compared, pair(measured, first, second), on=_ON, unit=_UNIT)


def _examples() -> list[Example]:
    # The development examples: what the model was not taught with.
    return read_examples("development")


def _stream(count: int) -> list[str]:
    """Lawful comments as they come, and every twentieth a breach."""
    lawful = cycle(each.text for each in _examples() if not each.clauses)
    breaching = cycle(each.text for each in _examples() if each.is_breach)
    return list(
        islice(
            (next(breaching if index % _BREACHING == 0 else lawful) for index in range(count)),
            count,
        )
    )


def _side(name: str, classifier: Classifier, texts: Sequence[str]) -> Side:
    def act() -> int:
        return len(classifier.score(texts))

    return Side(name, act, prepare=normalise.cache_clear, per=len(texts))


def _predict(hidden: int) -> Callable[[Sequence[str]], int]:
    """Detoxify's ``predict`` over bert-base's shape: the weights are drawn by chance.

    What it says means nothing; what it costs is what that shape costs. Texts of like length are
    given together, which is kinder to it than their own order.
    """
    torch, transformers = import_module("torch"), import_module("transformers")
    library = import_module("detoxify.detoxify")
    import_module("transformers.utils.logging").disable_progress_bar()
    torch.set_num_threads(_THREADS)
    torch.manual_seed(7)
    shape = transformers.BertConfig(
        hidden_size=hidden,
        num_attention_heads=min(12, hidden),
        intermediate_size=4 * hidden,
        num_labels=7,
    )
    detoxify: Any = library.Detoxify.__new__(library.Detoxify)
    detoxify.model = transformers.BertForSequenceClassification(shape).eval()
    detoxify.tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(BUNDLED / "tokenizer.json"), pad_token="[PAD]", model_max_length=512
    )
    detoxify.device = "cpu"
    detoxify.class_names = [f"label {index}" for index in range(7)]

    def run(texts: Sequence[str]) -> int:
        ordered = sorted(texts, key=len)
        for start in range(0, len(ordered), _AT_ONCE):
            detoxify.predict(ordered[start : start + _AT_ONCE])
        return len(ordered)

    return run
