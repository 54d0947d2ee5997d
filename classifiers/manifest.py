"""What a model's folder says of itself, and whether its files are the ones it speaks of."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from classifiers import evenhanded, normalise, preparing
from classifiers.contract import ClassifierFailed, Label

__all__ = ["BUNDLED", "FORMAT", "Manifest", "read_manifest", "verify"]

BUNDLED: Final = Path(__file__).parent / "bundled"
"""The folder of the model that ships."""

FORMAT: Final = 1
"""The manifest's layout that is read here."""

_NEEDED: Final = ("model.onnx", "tokenizer.json")


@dataclass(frozen=True, slots=True)
class Manifest:
    """How a model is to be run.

    Attributes:
        name: What it is called.
        version: Of these weights.
        heads: What it scores, in the order of its output.
        window: Word pieces read at once at most, the tokenizer's marks counted in.
        stride: How many word pieces after one window's beginning the next begins.
        batch: Windows read together; 1 keeps every text's scores free of its neighbours.
        prepared: Whether it was trained on prepared texts, and so must be given them.
        sha256: Each file's digest, by its name in the folder.
    """

    name: str
    version: str
    heads: tuple[Label, ...]
    window: int
    stride: int
    batch: int
    prepared: bool
    sha256: Mapping[str, str]

    @property
    def digest(self) -> str:
        """Of everything that decides a score: files, settings, and how a text is prepared."""
        settings = [self.heads, self.window, self.stride, self.batch, sorted(self.sha256.items())]
        digest = hashlib.sha256(json.dumps(settings).encode())
        if self.prepared:
            for content in (unicodedata.unidata_version.encode(), *_preparation()):
                digest.update(hashlib.sha256(content).digest())
        return digest.hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """Read ``manifest.json``; no other file of the folder is looked at.

    Raises:
        ClassifierFailed: It is missing, cannot be understood, or was made for a later format.
    """
    path = folder / "manifest.json"
    if not path.is_file():
        if folder == BUNDLED:
            raise ClassifierFailed(
                "The bundled model is not part of this installation.",
                hint="Install a release of Wardmote, make the model with wardmote models train, "
                "or name another classifier.",
            )
        raise ClassifierFailed(
            f"There is no model in {folder}: it has no manifest.json.",
            hint="Name the folder that holds model.onnx, tokenizer.json and manifest.json.",
        )
    try:
        document = json.loads(path.read_text("utf-8"))
        made_for = document.get("format") if isinstance(document, dict) else None
        if isinstance(made_for, int) and made_for > FORMAT:
            raise ClassifierFailed(
                f"The manifest {path} has format {made_for}, and this Wardmote reads {FORMAT}.",
                hint="Update Wardmote, or use a model that was made for this version.",
            )
        return _manifest_of(document)
    except (OSError, ValueError) as problem:
        raise ClassifierFailed(
            f"The manifest {path} cannot be read: {problem}.",
            hint="Copy the model's folder again, whole.",
        ) from None


def verify(folder: Path, manifest: Manifest) -> None:
    """Compare every file with its digest.

    Raises:
        ClassifierFailed: A file is missing or is not the one it should be.
    """
    for name, digest in manifest.sha256.items():
        path = folder / name
        if not path.is_file():
            raise ClassifierFailed(
                f"The model in {folder} is not whole: {name} is not there.",
                hint="Copy the model's folder again, whole.",
            )
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != digest:
            raise ClassifierFailed(
                f"{path} is not the file it should be: its SHA-256 begins {found[:12]} and "
                f"should begin {digest[:12]}.",
                hint="Copy the model's folder again and compare digests; it was not opened.",
            )


def _manifest_of(document: Any) -> Manifest:
    """The manifest in a document of today's format.

    Raises:
        ValueError: Something is missing or not what it should be; says what.
    """
    if not isinstance(document, dict):
        raise ValueError("it is no table")  # noqa: TRY004 - of the file, not of a caller
    wrong = [name for name, is_right in _EXPECTED.items() if not is_right(document.get(name))]
    if wrong:
        raise ValueError(f"it does not say as it should: {', '.join(wrong)}")
    return Manifest(
        name=document["name"],
        version=document["version"],
        heads=tuple(map(Label, document["heads"])),
        window=document["window"],
        stride=document["stride"],
        batch=document["batch"],
        prepared=document["prepared"],
        sha256=document["sha256"],
    )


def _is_count(value: Any) -> bool:
    return type(value) is int and value > 0


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _are_heads(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(map(_is_word, value))
        and len(set(value)) == len(value)
    )


def _are_digests(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and {*_NEEDED} <= value.keys()
        # A name that leads elsewhere would have a file of somebody else read.
        and all(Path(name).name == name for name in value)
        and all(_is_word(each) and re.fullmatch("[0-9a-f]{64}", each) for each in value.values())
    )


_EXPECTED: Final[Mapping[str, Callable[[Any], bool]]] = {
    "format": _is_count,
    "name": _is_word,
    "version": _is_word,
    "heads": _are_heads,
    "window": _is_count,
    "stride": _is_count,
    "batch": _is_count,
    "prepared": lambda value: isinstance(value, bool),
    "sha256": _are_digests,
}


def _preparation() -> Iterator[bytes]:
    """Whatever a change of would change what the model is given of a text."""
    for module in (preparing, evenhanded, normalise):
        yield Path(str(module.__file__)).read_bytes()
    for name in ("hidden", "identities"):
        yield files("classifiers").joinpath("wordlists", f"{name}.toml").read_bytes()
