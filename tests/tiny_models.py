"""Models of a few dozen weights, in the layout of the one that ships, for the real runtime."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

__all__ = ["BIAS", "MARKS", "tiny_model", "tiny_tokenizer", "write_manifest"]

BIAS = -4.0
"""What every head says of nothing."""

MARKS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")

_Weights = Mapping[str, Mapping[str, float]]


def tiny_tokenizer(
    words: Sequence[str], *, marks: bool = True, unknown: str = "[UNK]"
) -> Tokenizer:
    """Words and single punctuation marks, in lower case; ``[SEP]`` is of the second sentence."""
    vocabulary = {word: number for number, word in enumerate((*MARKS, *words))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=unknown))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(list(MARKS))
    if marks:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]:1",
            special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])],
        )
    return tokenizer


def tiny_model(
    folder: Path,
    words: _Weights,
    *,
    heads: Sequence[str] = ("toxicity", "insult"),
    asks: Sequence[str] = ("input_ids", "attention_mask"),
    is_rounded: bool = False,
    kind: int = TensorProto.INT64,
    tokenizer: Tokenizer | None = None,
    **manifest: Any,
) -> Path:
    """Write a model that adds up what each word of a text weighs for each head.

    Args:
        folder: Made here; returned.
        words: Each known word's weight for each head; what is not named weighs nothing.
        heads: In the order of the output.
        asks: The graph's inputs; the first is looked up, and one that it does not know is unused.
        is_rounded: Whether the weights of a batch are rounded to 8 bits by the largest of them,
            as dynamic quantisation does.
        kind: Of the inputs.
        tokenizer: In place of the one that knows ``words``.
        manifest: What the manifest says other than usual.
    """
    folder.mkdir(parents=True)
    (tokenizer or tiny_tokenizer(list(words))).save(str(folder / "tokenizer.json"))
    onnx.save(_graph(words, heads, asks, is_rounded=is_rounded, kind=kind), folder / "model.onnx")
    write_manifest(folder, heads=list(heads), **manifest)
    return folder


def write_manifest(folder: Path, **manifest: Any) -> None:
    """Write the manifest of the files that lie there."""
    names = ("model.onnx", "tokenizer.json")
    usual = {
        "format": 1,
        "name": "tiny",
        "version": "1",
        "heads": ["toxicity", "insult"],
        "window": 8,
        "stride": 4,
        "batch": 1,
        "prepared": False,
        "sha256": {
            name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names
        },
    }
    (folder / "manifest.json").write_text(json.dumps({**usual, **manifest}), encoding="utf-8")


def _graph(
    words: _Weights, heads: Sequence[str], asks: Sequence[str], *, is_rounded: bool, kind: int
) -> onnx.ModelProto:
    table = np.zeros((len(MARKS) + len(words), len(heads)), dtype=np.float32)
    for row, weights in enumerate(words.values(), start=len(MARKS)):
        for head, weight in weights.items():
            table[row, heads.index(head)] = weight
    constants = {
        "table": table,
        "bias": np.full(len(heads), BIAS, dtype=np.float32),
        "last": np.array([-1], dtype=np.int64),
        "pieces": np.array([1], dtype=np.int64),
    }
    nodes = [helper.make_node("Gather", ["table", asks[0]], ["weighed"])]
    here = "weighed"
    if "attention_mask" in asks:
        nodes += [
            helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["mask", "last"], ["column"]),
            helper.make_node("Mul", [here, "column"], ["masked"]),
        ]
        here = "masked"
    if is_rounded:
        nodes += [
            helper.make_node("DynamicQuantizeLinear", [here], ["small", "scale", "zero"]),
            helper.make_node("DequantizeLinear", ["small", "scale", "zero"], ["rounded"]),
        ]
        here = "rounded"
    nodes += [
        helper.make_node("ReduceSum", [here, "pieces"], ["sum"], keepdims=0),
        helper.make_node("Add", ["sum", "bias"], ["read"]),
    ]
    here = "read"
    if "token_type_ids" in asks:
        nodes += [
            helper.make_node("Cast", ["token_type_ids"], ["types"], to=TensorProto.FLOAT),
            helper.make_node("ReduceSum", ["types", "pieces"], ["seconds"], keepdims=1),
            helper.make_node("Add", [here, "seconds"], ["typed"]),
        ]
        here = "typed"
    nodes.append(helper.make_node("Identity", [here], ["logits"]))
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, kind, ["texts", "length"]) for name in asks],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["texts", "heads"])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    # An older format than this library's own, so that every supported runtime reads it.
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
