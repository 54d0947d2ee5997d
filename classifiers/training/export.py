"""A trained PyTorch classifier becomes the folder that ONNX Runtime reads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from classifiers.contract import Label
from classifiers.manifest import FORMAT
from classifiers.training.architecture import architecture_of
from classifiers.training.graph import build

__all__ = ["STRIDE", "WINDOW", "export"]

WINDOW: Final = 128
"""Word pieces that are read at once."""

STRIDE: Final = 96
"""How many word pieces after one window's beginning the next begins."""


def export(
    model: Any,
    tokenizer: str,
    folder: Path,
    *,
    name: str,
    version: str,
    heads: Sequence[Label],
    prepared: bool,
    int8: bool = True,
    window: int = WINDOW,
    stride: int = STRIDE,
) -> None:
    """Write ``model.onnx``, ``tokenizer.json``, ``config.json`` and ``manifest.json``.

    The same weights give the same bytes. The manifest, by which the others are verified, is
    written last: a folder whose making was cut off does not load.

    Args:
        model: A sequence classifier of Hugging Face (BERT, RoBERTa, XLM-R or ALBERT).
        tokenizer: What its ``tokenizer.json`` holds.
        folder: Made where it is missing; other files in it stay.
        name: What the model is called.
        version: Of these weights.
        heads: The labels of its first outputs, in order; further outputs are left out.
        prepared: Whether it was trained on prepared texts.
        int8: Whether to quantise: a quarter of the size, and other scores in the second or
            third decimal.
        window: Word pieces that are read at once.
        stride: How many word pieces after one window's beginning the next begins.

    Raises:
        ClassifierFailed: The architecture is not one of those that can be written out.
    """
    config = {key: value for key, value in model.config.to_dict().items() if key[0] != "_"}
    weights = {key: value.float().numpy() for key, value in model.cpu().state_dict().items()}
    graph = build(architecture_of(config), weights, int8=int8, of=len(heads))
    config["id2label"] = {str(index): str(head) for index, head in enumerate(heads)}
    config["label2id"] = {str(head): index for index, head in enumerate(heads)}
    files = {
        "model.onnx": graph.SerializeToString(deterministic=True),
        "tokenizer.json": tokenizer.encode(),
        "config.json": _json(config),
    }
    manifest = {
        "format": FORMAT,
        "name": name,
        "version": version,
        "heads": [str(head) for head in heads],
        "window": window,
        "stride": stride,
        "batch": 1,
        "prepared": prepared,
        "sha256": {each: hashlib.sha256(content).hexdigest() for each, content in files.items()},
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").unlink(missing_ok=True)
    for each, content in {**files, "manifest.json": _json(manifest)}.items():
        (folder / each).write_bytes(content)


def _json(document: Any) -> bytes:
    return f"{json.dumps(document, indent=2, sort_keys=True)}\n".encode()
