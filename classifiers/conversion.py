"""Models from one form to the other: Detoxify's checkpoints, and the folders that ship.

Both directions need the extra ``detoxify``; running what comes out of the first does not.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from classifiers.contract import Classifier, ClassifierFailed, Label
from classifiers.detoxify_model import DetoxifyModel
from classifiers.manifest import read_manifest, verify
from classifiers.onnx_model import OnnxModel
from classifiers.training.architecture import Architecture, architecture_of

__all__ = ["FLOAT_TOLERANCE", "INT8_TOLERANCE", "largest_difference", "to_detoxify", "to_onnx"]

FLOAT_TOLERANCE: Final = 0.001
"""How far a probability may lie from the library's where nothing is quantised."""

INT8_TOLERANCE: Final = 0.1
"""The same where weights and activations are quantised."""

_COMPARED: Final = (
    "Thank you for mending the swing in the park.",
    "The bins were not collected again. This is a disgrace!",
    "When will the library open on Sundays?",
    "You are a useless idiot and everybody knows it.",
    "Councillor, resign. You have wasted our money for ten years.",
    "I hope that you all rot, you stupid pieces of rubbish.",
    "Diolch yn fawr am eich help gyda'r ffordd.",
    "Such people should be thrown out of this town, all of them.",
)


def to_onnx(
    checkpoint: Path,
    config_folder: Path,
    out: Path,
    *,
    sha256: str | None = None,
    int8: bool = True,
) -> float:
    """Convert a checkpoint in Detoxify's layout; returns the largest difference that was seen.

    The checkpoint's digest is compared before it is opened. The new folder is kept only if the
    library and the ONNX runtime give fixed texts the same scores, within ``FLOAT_TOLERANCE`` or
    ``INT8_TOLERANCE``.

    Args:
        checkpoint: The ``.ckpt`` file.
        config_folder: With ``config.json`` and the tokenizer's files.
        out: The folder to make; it must not exist, or be empty.
        sha256: The full digest, for a checkpoint that is not one of Detoxify's releases.
        int8: Whether to quantise.

    Raises:
        ClassifierFailed: The checkpoint is not what it should be, cannot be converted, or gives
            other scores afterwards; nothing is kept.
    """
    _must_be_free(out)
    library = DetoxifyModel(checkpoint, config_folder, sha256=sha256)
    export = _exporter()
    heads = [Label(name) for name in library.opened.class_names]
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as temporary:
        made = Path(temporary) / "model"
        window = _longest(library.opened)
        export(
            library.opened.model,
            _tokenizer_text(library.opened.tokenizer),
            made,
            name=checkpoint.stem,
            version=_digest(checkpoint)[:12],
            heads=heads,
            prepared=False,
            int8=int8,
            window=window,
            stride=window * 3 // 4,
        )
        difference = largest_difference(library, OnnxModel(made), _COMPARED)
        tolerance = INT8_TOLERANCE if int8 else FLOAT_TOLERANCE
        if not difference <= tolerance:
            raise ClassifierFailed(
                f"The converted model's scores lie up to {difference:.4f} from those of the "
                f"Detoxify library, and {tolerance} is allowed; it was not kept.",
                hint="Convert it with --float, or run it with the Detoxify library."
                if int8
                else "Run it with the Detoxify library.",
            )
        if out.exists():
            out.rmdir()
        made.rename(out)
    return difference


def to_detoxify(model_folder: Path, out_checkpoint: Path) -> str:
    """Write a model's weights in Detoxify's own layout; returns the checkpoint's SHA-256.

    ``config.json`` and the tokenizer are put beside the checkpoint, where the library looks for
    them. Weights that were quantised come out as they are run, so that only the rounding of
    activations differs. A model that reads prepared texts must be given them by the library too.

    Args:
        model_folder: Made by the export here.
        out_checkpoint: The ``.ckpt`` file to write, in a folder of its own.

    Raises:
        ClassifierFailed: The folder is not whole, or was not made here.
    """
    manifest = read_manifest(model_folder)
    verify(model_folder, manifest)
    torch = _library("torch")
    config, weights, architecture = _weights_of(model_folder)
    folder = out_checkpoint.resolve().parent
    arguments = {
        # The library asks for a configuration by this name, even where a folder is given as well.
        "model_type": str(folder),
        "model_name": architecture.model,
        "tokenizer_name": architecture.tokenizer,
        "num_classes": len(manifest.heads),
    }
    document = {
        "config": {
            "arch": {"args": arguments},
            "dataset": {"args": {"classes": [str(head) for head in manifest.heads]}},
        },
        "state_dict": {name: torch.from_numpy(value) for name, value in weights.items()},
    }
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "tokenizer_class": architecture.tokenizer,
        "model_max_length": int(config["max_position_embeddings"]) - architecture.first_position,
    }
    (folder / "tokenizer_config.json").write_text(f"{json.dumps(settings, indent=2)}\n", "utf-8")
    for name in ("config.json", "tokenizer.json"):
        if folder != model_folder.resolve():
            shutil.copyfile(model_folder / name, folder / name)
    part = out_checkpoint.with_suffix(".part")
    torch.save(document, part)
    part.replace(out_checkpoint)
    return _digest(out_checkpoint)


def largest_difference(one: Classifier, other: Classifier, texts: Sequence[str]) -> float:
    """The largest distance between two classifiers' scores, over the labels that both have.

    Raises:
        ClassifierFailed: One of them cannot read, or they have no label in common.
    """
    pairs = zip(one.score(texts), other.score(texts), strict=True)
    found = [
        abs(mine.by_label[label].value - theirs.by_label[label].value)
        for mine, theirs in pairs
        for label in mine.by_label.keys() & theirs.by_label.keys()
    ]
    if not found:
        raise ClassifierFailed(
            "The two models have no label in common, so they cannot be compared.",
            hint="Compare models with Detoxify's labels.",
        )
    return max(found)


def _must_be_free(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ClassifierFailed(
            f"{out} is there already and is not empty.",
            hint="Name a folder that does not exist yet.",
        )


def _exporter() -> Any:
    try:
        from classifiers.training.export import export  # noqa: PLC0415 - it needs the extra
    except ImportError:
        raise _needs_the_extra() from None
    return export


def _weights_of(folder: Path) -> tuple[dict[str, Any], dict[str, Any], Architecture]:
    """The folder's configuration, its weights, and how they belong together."""
    try:
        import onnx  # noqa: PLC0415 - as above

        from classifiers.training.graph import read_weights  # noqa: PLC0415
    except ImportError:
        raise _needs_the_extra() from None
    try:
        config = json.loads((folder / "config.json").read_bytes())
        architecture = architecture_of(config)
        weights = read_weights(onnx.load(folder / "model.onnx"), architecture)
    except (OSError, ValueError, KeyError) as problem:
        raise ClassifierFailed(
            f"The weights in {folder} cannot be read back ({type(problem).__name__}: {problem}).",
            hint="Only a folder that wardmote models made can be written as a checkpoint.",
        ) from None
    return config, weights, architecture


def _tokenizer_text(tokenizer: Any) -> str:
    """The tokenizer in the form that needs no other library than ``tokenizers``."""
    fast = getattr(tokenizer, "backend_tokenizer", None)
    if fast is None:
        raise ClassifierFailed(
            f"The tokenizer {type(tokenizer).__name__} has no form that can be shipped.",
            hint="Put the model's tokenizer.json into the configuration folder.",
        )
    return str(fast.to_str())


def _longest(opened: Any) -> int:
    """How many word pieces the library reads of a text before it cuts it."""
    config = opened.model.config
    room = config.max_position_embeddings - architecture_of(config.to_dict()).first_position
    return min(int(room), int(opened.tokenizer.model_max_length))


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise _needs_the_extra() from None


def _needs_the_extra() -> ClassifierFailed:
    return ClassifierFailed(
        "Converting models needs the extra 'detoxify', which is not installed.",
        hint="Install wardmote[detoxify], convert on that machine, and copy what comes out.",
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
