"""The Detoxify library: a checkpoint that lies on this machine, verified before it is read.

A checkpoint is a pickle, which can run code when it is opened. So its SHA-256 is compared first:
the library's own release files carry the first eight digits in their names, and a council's own
checkpoint must come with its full digest in the options. Nothing is ever downloaded.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final, Protocol, cast

from classifiers.contract import (
    Classifier,
    ClassifierFailed,
    Label,
    ModelFingerprint,
    Score,
    Scores,
)

__all__ = ["OFFICIAL_CHECKPOINTS", "DetoxifyModel", "load"]

OFFICIAL_CHECKPOINTS: Final[Mapping[str, str]] = {
    "toxic_original-c1212f89.ckpt": "c1212f89",
    "toxic_debiased-c7548aa0.ckpt": "c7548aa0",
    "multilingual_debiased-0b549669.ckpt": "0b549669",
    "original-albert-0e1d6498.ckpt": "0e1d6498",
    "unbiased-albert-c8519128.ckpt": "c8519128",
}
"""Detoxify's release files and how their SHA-256 begins (``detoxify/detoxify.py``, MODEL_URLS)."""


def load(options: Mapping[str, str]) -> Classifier:
    """The model at ``checkpoint``, with the configuration folder ``huggingface_config_path``.

    Args:
        options: ``checkpoint`` and ``huggingface_config_path``, and ``sha256`` for a checkpoint
            that is not one of Detoxify's releases.

    Raises:
        ClassifierFailed: An option or file is missing, the digest differs, or the model will
            not load.
    """
    missing = [name for name in ("checkpoint", "huggingface_config_path") if not options.get(name)]
    if missing:
        raise ClassifierFailed(
            f"The Detoxify model cannot be loaded without {' and '.join(missing)}.",
            hint="Set the path of the checkpoint file, and of the folder with its config.json "
            "and tokenizer files.",
        )
    return DetoxifyModel(
        Path(options["checkpoint"]),
        Path(options["huggingface_config_path"]),
        sha256=options.get("sha256") or None,
    )


class DetoxifyModel:
    """One Detoxify checkpoint; the same text always gets the same scores.

    Args:
        checkpoint: The ``.ckpt`` file.
        huggingface_config_path: The folder with ``config.json`` and the tokenizer's files.
        sha256: The full digest, for a checkpoint that is not one of Detoxify's releases.

    Raises:
        ClassifierFailed: See :func:`load`.
    """

    def __init__(
        self, checkpoint: Path, huggingface_config_path: Path, *, sha256: str | None = None
    ) -> None:
        _require(checkpoint, is_folder=False)
        _require(huggingface_config_path, is_folder=True)
        digest = _digest_of(checkpoint)
        _verify(checkpoint.name, digest, expected=sha256)
        self._detoxify = _open(checkpoint, huggingface_config_path)
        folder = _digest_of_folder(huggingface_config_path)
        versions = "/".join(_version_of(name) for name in ("detoxify", "torch", "transformers"))
        self._fingerprint = ModelFingerprint(f"detoxify {versions} {digest[:12]} {folder[:12]}")

    @property
    def fingerprint(self) -> ModelFingerprint:
        """The libraries' versions and the digests of the checkpoint and of the folder."""
        return self._fingerprint

    @property
    def opened(self) -> Any:
        """The library's own object: its ``model``, ``tokenizer`` and ``class_names``."""
        return self._detoxify

    def score(self, texts: Sequence[str]) -> list[Scores]:
        """Score every text, in order; a long text is read up to the model's length.

        Raises:
            ClassifierFailed: The model could not read; no text may be treated as clean.
        """
        # One at a time: the padding of a batch changes the last digits of its neighbours' scores.
        return [Scores(self._fingerprint, self._read(_readable(text))) for text in texts]

    def _read(self, text: str) -> dict[Label, Score]:
        try:
            predicted = self._detoxify.predict([text])
        except (RuntimeError, ValueError, IndexError) as problem:
            raise ClassifierFailed(
                f"The Detoxify model could not read a text of {len(text)} characters "
                f"({type(problem).__name__}).",
                hint="Check that the tokenizer in the configuration folder belongs to the "
                "checkpoint.",
            ) from None
        return {Label(name): Score(_unit(value)) for name, value in predicted.items()}


class _Predictor(Protocol):
    """The one method of ``detoxify.Detoxify`` that is called; the library has no types."""

    def predict(self, text: list[str]) -> Mapping[str, float]: ...


def _unit(value: float) -> float:
    return round(min(1.0, max(0.0, float(value))), 6)


def _readable(text: str) -> str:
    """The text with every lone surrogate replaced: no tokenizer can encode one."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _require(path: Path, *, is_folder: bool) -> None:
    if path.is_dir() if is_folder else path.is_file():
        return
    kind = "configuration folder" if is_folder else "checkpoint"
    raise ClassifierFailed(
        f"The Detoxify {kind} {path} is not there.",
        hint="Wardmote never downloads a model: fetch it on a machine that may, check its "
        "SHA-256, and copy it to this path.",
    )


def _verify(name: str, digest: str, *, expected: str | None) -> None:
    if expected is None and name not in OFFICIAL_CHECKPOINTS:
        raise ClassifierFailed(
            f"The checkpoint {name} is not one of Detoxify's releases, and no sha256 is set.",
            hint="Set sha256 to the 64 digits that its makers gave you.",
        )
    wanted = (expected or OFFICIAL_CHECKPOINTS[name]).strip().lower()
    if expected is not None and not re.fullmatch("[0-9a-f]{64}", wanted):
        raise ClassifierFailed(
            f"The sha256 set for {name} is not 64 hexadecimal digits.",
            hint="Set the whole digest, as sha256sum prints it.",
        )
    if not digest.startswith(wanted):
        raise ClassifierFailed(
            f"The checkpoint {name} is not the file it should be: its SHA-256 begins "
            f"{digest[:8]} and should begin {wanted[:8]}.",
            hint="Fetch the file again and compare digests; it was not opened.",
        )


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest_of_folder(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.is_file():
            digest.update(f"{path.name} {_digest_of(path)}\n".encode())
    return digest.hexdigest()


def _open(checkpoint: Path, folder: Path) -> _Predictor:
    """A ``Detoxify`` whose parts came from this machine.

    Its own constructor asks the model hub for the configuration even when a folder is given, so
    the library's builder is called with the folder in the place of the hub's name.
    """
    try:
        torch = import_module("torch")
        library = import_module("detoxify.detoxify")
    except ImportError:
        raise ClassifierFailed(
            "The Detoxify model needs the extra 'detoxify', which is not installed.",
            hint="Install wardmote[detoxify], or name another classifier.",
        ) from None
    try:
        loaded = torch.load(checkpoint, map_location="cpu", weights_only=False)
        arguments = {**loaded["config"]["arch"]["args"], "model_type": str(folder)}
        names = loaded["config"]["dataset"]["args"]["classes"]
        model, tokenizer = library.get_model_and_tokenizer(
            **arguments, state_dict=loaded["state_dict"], huggingface_config_path=str(folder)
        )
    except Exception as problem:
        # Whatever a damaged or foreign file raises: it means that there is no model.
        raise ClassifierFailed(
            f"The checkpoint {checkpoint.name} could not be loaded ({type(problem).__name__}).",
            hint="Check that it is in Detoxify's layout and that the folder belongs to it.",
        ) from problem
    detoxify = library.Detoxify.__new__(library.Detoxify)
    detoxify.model, detoxify.tokenizer, detoxify.device = model, tokenizer, "cpu"
    detoxify.class_names = [_STANDARD_NAMES.get(name, name) for name in names]
    return cast("_Predictor", detoxify)


_STANDARD_NAMES: Final = {
    "toxic": "toxicity",
    "identity_hate": "identity_attack",
    "severe_toxic": "severe_toxicity",
}


def _version_of(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "unknown"
