"""Encoders of a few thousand random weights, of every family that can be exported."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

__all__ = ["FAMILIES", "TEXTS", "WORDS", "tiny_checkpoint", "tiny_encoder", "weights_of"]

FAMILIES = ("bert", "roberta", "xlm-roberta", "albert")
MARKS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WORDS = ("you", "idiot", "lovely", "park", "a", "is", "this", "the", "of", "people", ".", "!")
TEXTS = ("you idiot!", "this is a lovely park.", "", "the people of the park, you!")
_NAMES = {"bert": "Bert", "roberta": "Roberta", "xlm-roberta": "XLMRoberta", "albert": "Albert"}


def tiny_encoder(family: str, *, outputs: int = 7, seed: int = 7, **settings: Any) -> Any:
    """A sequence classifier of Hugging Face whose scores spread from 0 to 1."""
    torch = pytest.importorskip("torch", reason="the extra 'detoxify' is not installed")
    transformers = pytest.importorskip("transformers")
    usual = {
        "vocab_size": len(MARKS) + len(WORDS),
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        "max_position_embeddings": 48,
        "initializer_range": 0.3,
        "num_labels": outputs,
        "pad_token_id": 0,
        **({"embedding_size": 16, "classifier_dropout_prob": 0.0} if family == "albert" else {}),
    }
    config = getattr(transformers, f"{_NAMES[family]}Config")(**{**usual, **settings})
    torch.manual_seed(seed)
    model = getattr(transformers, f"{_NAMES[family]}ForSequenceClassification")(config)
    with torch.no_grad():
        # Fresh biases are zero, and a zero can be dropped without a test noticing.
        for name, weight in model.named_parameters():
            if name.endswith("bias"):
                weight.normal_(std=0.3)
    return model.eval()


def weights_of(model: Any) -> dict[str, Any]:
    """Its weights as arrays."""
    return {name: value.numpy() for name, value in model.state_dict().items()}


def tiny_checkpoint(
    folder: Path, *, classes: Sequence[str], outputs: int | None = None, family: str = "bert"
) -> tuple[Path, Path, str]:
    """A checkpoint in Detoxify's layout, the folder that belongs to it, and its SHA-256."""
    model = tiny_encoder(family, outputs=outputs or len(classes))
    torch = pytest.importorskip("torch")
    home = folder / "configuration"
    home.mkdir(parents=True)
    model.config.save_pretrained(home)
    (home / "vocab.txt").write_text("\n".join((*MARKS, *WORDS)), encoding="utf-8")
    settings = {"tokenizer_class": "BertTokenizer", "model_max_length": 32}
    (home / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    arguments = {
        "model_type": "tiny",
        "model_name": type(model).__name__,
        "tokenizer_name": "BertTokenizer",
        "num_classes": outputs or len(classes),
    }
    checkpoint = folder / "town.ckpt"
    document = {
        "config": {"arch": {"args": arguments}, "dataset": {"args": {"classes": list(classes)}}},
        "state_dict": model.state_dict(),
    }
    torch.save(document, checkpoint)
    return checkpoint, home, hashlib.sha256(checkpoint.read_bytes()).hexdigest()
