"""The graph that ONNX Runtime runs, written out node by node: fused operators, int8 or float.

It reads one text, or several of one length, and so needs no mask. In int8 the weights are
symmetric, per output channel and at most 64: two products of such a weight with an 8-bit
activation fit into 16 bits, so that processors without dot-product instructions do not saturate
and every processor gives the same sums. Activations are quantised as they come; before the
feed-forward layers each position is brought to the same size first, because the few positions
with very large numbers would coarsen all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from classifiers.training.architecture import Architecture, Layer

__all__ = ["Weights", "build", "read_weights"]

Weights = Mapping[str, NDArray[np.float32]]
"""A model's weights by the names of Hugging Face; linear ones are ``(outputs, inputs)``."""

_OPSET: Final = 17
# The first that knows this opset: older runtimes read it too.
_IR_VERSION: Final = 8
_LARGEST: Final = 64
_LARGEST_EMBEDDING: Final = 127
# A position of nothing but zeros stays one.
_LEAST: Final = 1e-6
_FUSED: Final = "com.microsoft"


def build(architecture: Architecture, weights: Weights, *, int8: bool, of: int) -> onnx.ModelProto:
    """The graph ``input_ids (batch, length) int64 -> logits (batch, of) float32``.

    Args:
        architecture: Whose sums are written out.
        weights: Of a trained model.
        int8: Whether to quantise embeddings and layers; pooler and head stay as they are.
        of: How many outputs of the head are kept, from the first on.
    """
    graph = _Graph(architecture, weights, int8=int8)
    hidden = graph.embedded()
    for layer in architecture.layers[:-1]:
        hidden = graph.layer(layer, hidden)
    # Nothing reads more than the first position of the last layer.
    hidden = graph.layer(architecture.layers[-1], hidden, first_only=True)
    graph.logits(hidden, of)
    return graph.finished(of)


def read_weights(model: onnx.ModelProto, architecture: Architecture) -> dict[str, Any]:
    """The weights of a graph of :func:`build`, dequantised, by the names of Hugging Face.

    Raises:
        KeyError: The graph was not made here, or has another architecture.
    """
    found = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    prefix = architecture.embeddings
    words = f"{prefix}word_embeddings.weight"
    positions = found[f"{prefix}position_embeddings.weight"]
    unused = np.zeros((architecture.first_position, positions.shape[1]), np.float32)
    weights: dict[str, Any] = {
        words: _dequantised(found, words),
        f"{prefix}position_embeddings.weight": np.concatenate([unused, positions]),
        f"{prefix}token_type_embeddings.weight": found[f"{prefix}token_type_embeddings.weight"],
    }
    for name in (*architecture.norms, architecture.pooler, architecture.head):
        weights[f"{name}.weight"] = found[f"{name}.weight"]
        weights[f"{name}.bias"] = found[f"{name}.bias"]
    for layer in dict.fromkeys(architecture.layers):
        parts = (layer.query, layer.key, layer.value)
        merged = np.split(_dequantised(found, f"{layer.query}+.weight"), 3, axis=1)
        biases = np.split(found[f"{layer.query}+.bias"], 3)
        for part, weight, bias in zip(parts, merged, biases, strict=True):
            weights[f"{part}.weight"], weights[f"{part}.bias"] = weight.T, bias
        for part in (layer.attended, layer.widened, layer.narrowed):
            weights[f"{part}.weight"] = _dequantised(found, f"{part}.weight").T
            weights[f"{part}.bias"] = found[f"{part}.bias"]
    if architecture.projection:
        name = f"{architecture.projection}.weight"
        weights[name] = _dequantised(found, name).T
        weights[f"{architecture.projection}.bias"] = found[f"{architecture.projection}.bias"]
    # Copies: what ONNX hands out cannot be written to, which PyTorch warns of.
    return {name: np.array(value, order="C") for name, value in weights.items()}


def _dequantised(found: Mapping[str, NDArray[Any]], name: str) -> NDArray[np.float32]:
    if name in found:
        kept: NDArray[np.float32] = found[name]
        return kept
    whole = found[f"{name}.int8"].astype(np.float32)
    result: NDArray[np.float32] = whole * found[f"{name}.scale"]
    return result


class _Graph:
    """Nodes and weights as they are added; each method returns its output's name."""

    def __init__(self, architecture: Architecture, weights: Weights, *, int8: bool) -> None:
        self._of = architecture
        self._weights = weights
        self._int8 = int8
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def embedded(self) -> str:
        """``(batch, length, hidden)``, normed."""
        prefix = self._of.embeddings
        table = f"{prefix}word_embeddings.weight"
        words = self._looked_up(table, self._weights[table])
        positions = self._constant(
            f"{prefix}position_embeddings.weight",
            self._weights[f"{prefix}position_embeddings.weight"][self._of.first_position :],
        )
        kinds = f"{prefix}token_type_embeddings.weight"
        kind = self._constant(kinds, self._weights[kinds])
        shape = self._node("Shape", "input_ids", start=1, end=2)
        start, rows = (self._whole(name, [number]) for name, number in (("0", 0), ("rows", 0)))
        placed = self._node("Slice", positions, start, shape, rows)
        # Detoxify's texts come alone, never in pairs: every piece is of the first kind.
        of_first = self._node("Gather", kind, self._whole("first", [0]), axis=0)
        skip = self._node("Add", placed, of_first)
        hidden = self._normed(words, skip, f"{prefix}LayerNorm")
        if not self._of.projection:
            return hidden
        wide = self._times(hidden, self._of.projection)
        return self._node("Add", wide, self._own(f"{self._of.projection}.bias"))

    def layer(self, layer: Layer, hidden: str, *, first_only: bool = False) -> str:
        """One layer of the encoder; with ``first_only`` ``(batch, 1, hidden)`` comes out."""
        gathered = self._attention(layer, hidden)
        if first_only:
            only = self._whole("first", [0])
            gathered = self._node("Gather", gathered, only, axis=1)
            hidden = self._node("Gather", hidden, only, axis=1)
        attended = self._times(gathered, layer.attended)
        hidden = self._normed(attended, hidden, layer.attended_norm, bias=layer.attended)
        wide = self._times(hidden, layer.widened, evened=True)
        wide = self._fused(self._of.activation, wide, self._own(f"{layer.widened}.bias"))
        narrow = self._times(wide, layer.narrowed, evened=True)
        return self._normed(narrow, hidden, layer.norm, bias=layer.narrowed)

    def logits(self, hidden: str, of: int) -> None:
        """The first position through pooler and head."""
        flat = self._node("Squeeze", hidden, self._whole("axis", [1]))
        pooled = self._gemm(flat, self._of.pooler, slice(None))
        head = self._gemm(self._node("Tanh", pooled), self._of.head, slice(of))
        self._nodes.append(helper.make_node("Identity", [head], ["logits"]))

    def finished(self, of: int) -> onnx.ModelProto:
        """The model, checked."""
        given = helper.make_tensor_value_info(
            "input_ids", onnx.TensorProto.INT64, ["batch", "length"]
        )
        result = helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, ["batch", of])
        graph = helper.make_graph(
            self._nodes, "classifier", [given], [result], list(self._constants.values())
        )
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_FUSED, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION)

    def _looked_up(self, name: str, table: NDArray[np.float32]) -> str:
        if not self._int8:
            return self._node("Gather", self._constant(name, table), "input_ids")
        # A scale for each row: one rare word's large numbers coarsen no other's.
        scale = _scale(table, axis=1, largest=_LARGEST_EMBEDDING)
        rows = self._constant(f"{name}.int8", _rounded(table, scale))
        scales = self._constant(f"{name}.scale", scale)
        whole = self._node("Cast", self._node("Gather", rows, "input_ids"), to=_FLOAT)
        return self._node("Mul", whole, self._node("Gather", scales, "input_ids"))

    def _attention(self, layer: Layer, hidden: str) -> str:
        parts = (layer.query, layer.key, layer.value)
        weight = np.concatenate([self._weights[f"{each}.weight"].T for each in parts], axis=1)
        bias = self._constant(
            f"{layer.query}+.bias",
            np.concatenate([self._weights[f"{each}.bias"] for each in parts]),
        )
        name = f"{layer.query}+.weight"
        heads = self._of.attention_heads
        if not self._int8:
            return self._fused(
                "Attention", hidden, self._constant(name, weight), bias, num_heads=heads
            )
        whole, scale = self._quantised(name, weight)
        small, small_scale, zero = self._several("DynamicQuantizeLinear", hidden, count=3)
        given = [small, whole, bias, small_scale, scale, "", zero, self._zeros(weight.shape[1])]
        return self._fused("QAttention", *given, num_heads=heads)

    def _times(self, hidden: str, linear: str, *, evened: bool = False) -> str:
        """The product with a layer's weight, without its bias."""
        name = f"{linear}.weight"
        weight = self._weights[name].T
        if not self._int8:
            return self._node("MatMul", hidden, self._constant(name, weight))
        whole, scale = self._quantised(name, weight)
        if not evened:
            return self._fused("DynamicQuantizeMatMul", hidden, whole, scale)
        largest = self._node("ReduceMax", self._node("Abs", hidden), axes=[-1], keepdims=1)
        size = self._node("Max", largest, self._constant("least", np.array(_LEAST, np.float32)))
        even = self._node("Div", hidden, size)
        return self._node("Mul", self._fused("DynamicQuantizeMatMul", even, whole, scale), size)

    def _quantised(self, name: str, weight: NDArray[np.float32]) -> tuple[str, str]:
        scale = _scale(weight, axis=0, largest=_LARGEST)
        return (
            self._constant(f"{name}.int8", _rounded(weight, scale)),
            self._constant(f"{name}.scale", scale[0]),
        )

    def _normed(self, hidden: str, skip: str, norm: str, *, bias: str | None = None) -> str:
        given = [hidden, skip, self._own(f"{norm}.weight"), self._own(f"{norm}.bias")]
        if bias:
            given.append(self._own(f"{bias}.bias"))
        return self._fused("SkipLayerNormalization", *given, epsilon=self._of.epsilon)

    def _gemm(self, hidden: str, linear: str, rows: slice) -> str:
        weight = self._constant(f"{linear}.weight", self._weights[f"{linear}.weight"][rows])
        bias = self._constant(f"{linear}.bias", self._weights[f"{linear}.bias"][rows])
        return self._node("Gemm", hidden, weight, bias, transB=1)

    def _own(self, name: str) -> str:
        return self._constant(name, self._weights[name])

    def _zeros(self, count: int) -> str:
        return self._constant(f"zeros {count}", np.zeros(count, np.int8))

    def _whole(self, name: str, numbers: list[int]) -> str:
        return self._constant(name, np.array(numbers, np.int64))

    def _constant(self, name: str, value: NDArray[Any]) -> str:
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def _node(self, operator: str, *given: str, domain: str = "", **attributes: Any) -> str:
        return self._several(operator, *given, count=1, domain=domain, **attributes)[0]

    def _fused(self, operator: str, *given: str, **attributes: Any) -> str:
        return self._node(operator, *given, domain=_FUSED, **attributes)

    def _several(
        self, operator: str, *given: str, count: int, domain: str = "", **attributes: Any
    ) -> list[str]:
        name = f"{len(self._nodes)} {operator}"
        outputs = [f"{name} {index}" for index in range(count)]
        self._nodes.append(
            helper.make_node(operator, given, outputs, name, domain=domain, **attributes)
        )
        return outputs


_FLOAT: Final = onnx.TensorProto.FLOAT


def _scale(weight: NDArray[np.float32], *, axis: int, largest: int) -> NDArray[np.float32]:
    """What one step stands for; a channel of zeros has steps of one."""
    most = np.abs(weight).max(axis=axis, keepdims=True)
    return np.where(most > 0, most / largest, 1.0).astype(np.float32)


def _rounded(weight: NDArray[np.float32], scale: NDArray[np.float32]) -> NDArray[np.int8]:
    steps: NDArray[np.int8] = np.rint(weight / scale).astype(np.int8)
    return steps
