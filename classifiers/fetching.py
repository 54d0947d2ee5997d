"""Detoxify's release files: fetched when asked, resumed where it broke off, verified, or not kept.

This is the one module that goes to the internet for a model, and only ``wardmote models fetch``
calls it. A release holds weights alone: the configuration and tokenizer come from elsewhere.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import requests

from classifiers.contract import ClassifierFailed

__all__ = ["RELEASES", "RELEASES_URL", "Progress", "Release", "fetch", "furnish"]

RELEASES_URL: Final = "https://github.com/unitaryai/detoxify/releases/download"
"""Below it, Detoxify's authors publish; a mirror has the same paths below its own address."""

Progress = Callable[[int, int | None], None]
"""Told how many bytes are there, and of how many, where the server says it."""


@dataclass(frozen=True, slots=True)
class Release:
    """One of Detoxify's models.

    Attributes:
        path: Of its file below ``RELEASES_URL``.
        sha256: How the file's digest begins; its name says it too.
        configuration: Where Detoxify's authors publish the matching configuration and tokenizer.
    """

    path: str
    sha256: str
    configuration: str

    @property
    def file_name(self) -> str:
        """The name by which the library's adapter knows the file."""
        return self.path.rpartition("/")[2]


RELEASES: Final[Mapping[str, Release]] = {
    "original": Release(
        "v0.1-alpha/toxic_original-c1212f89.ckpt", "c1212f89", "unitary/toxic-bert"
    ),
    "unbiased": Release(
        "v0.3-alpha/toxic_debiased-c7548aa0.ckpt", "c7548aa0", "unitary/unbiased-toxic-roberta"
    ),
    "multilingual": Release(
        "v0.4-alpha/multilingual_debiased-0b549669.ckpt",
        "0b549669",
        "unitary/multilingual-toxic-xlm-roberta",
    ),
}
"""What can be fetched, by the names that Detoxify gives its models."""

# What a broken connection loses of what had come, at most.
_CHUNK: Final = 1 << 16
_TIMEOUT_S: Final = 30.0
_CONFIGURATION: Final = (
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "sentencepiece.bpe.model",
    "spiece.model",
)


def fetch(
    name: str,
    folder: Path,
    *,
    base_url: str = RELEASES_URL,
    sha256: str | None = None,
    progress: Progress | None = None,
    timeout_s: float = _TIMEOUT_S,
) -> Path:
    """Fetch a release into a folder; returns the checkpoint's path.

    What came of a broken connection is kept as ``….part`` and gone on from, at once while each
    try brings something, and by the next call. The file takes its name only after its SHA-256 was
    compared; a file that is there already is compared, and not fetched again.

    Args:
        name: One of ``RELEASES``.
        folder: Made where it is missing.
        base_url: In place of Detoxify's own address: a mirror with the same paths.
        sha256: The full digest, where its makers gave it to you; otherwise the first eight digits
            are compared, which the file's name says.
        progress: Told how far it is.
        timeout_s: How long the server may be silent, in seconds.

    Raises:
        ClassifierFailed: There is no such release, the server cannot be reached or has no such
            file, or the file is not what it should be; a wrong file is not kept.
    """
    release = _release(name)
    wanted = _wanted(release, sha256)
    path = folder / release.file_name
    if path.exists():
        _must_be(path, wanted, hint=f"Move {path} away, and fetch it again.")
        return path
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{release.file_name}.part"
    address = f"{base_url.rstrip('/')}/{release.path}"
    _complete(part, address, progress, timeout_s)
    try:
        _must_be(part, wanted, hint="It was not kept. Fetch it again, or from another address.")
    except ClassifierFailed:
        part.unlink()
        raise
    part.replace(path)
    return path


def furnish(config_folder: Path, folder: Path) -> None:
    """Copy a model's configuration and tokenizer beside its checkpoint, where they are looked for.

    Raises:
        ClassifierFailed: There is no ``config.json`` in ``config_folder``.
    """
    if not (config_folder / "config.json").is_file():
        raise ClassifierFailed(
            f"There is no config.json in {config_folder}.",
            hint="Name the folder that holds config.json and the tokenizer's files.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name in _CONFIGURATION:
        path = config_folder / name
        if path.is_file() and folder.resolve() != config_folder.resolve():
            shutil.copyfile(path, folder / name)


def _release(name: str) -> Release:
    try:
        return RELEASES[name]
    except KeyError:
        raise ClassifierFailed(
            f"Detoxify has no release called {name!r}.", hint=f"Name one of: {', '.join(RELEASES)}."
        ) from None


def _wanted(release: Release, sha256: str | None) -> str:
    if sha256 is None:
        return release.sha256
    wanted = sha256.strip().lower()
    if not re.fullmatch("[0-9a-f]{64}", wanted):
        raise ClassifierFailed(
            "The sha256 is not 64 hexadecimal digits.",
            hint="Give the whole digest, as sha256sum prints it.",
        )
    return wanted


def _complete(part: Path, address: str, progress: Progress | None, timeout_s: float) -> None:
    """Add to the part until it is whole.

    Raises:
        ClassifierFailed: A try brought nothing.
    """
    while True:
        before = _size(part)
        try:
            return _go_on(part, address, progress, timeout_s)
        except requests.RequestException as problem:
            if _size(part) > before:
                continue
            raise _unreachable(part, address, problem) from None


def _go_on(part: Path, address: str, progress: Progress | None, timeout_s: float) -> None:
    """One request for what is missing, to its end."""
    have = _size(part)
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with requests.get(address, headers=headers, stream=True, timeout=timeout_s) as answer:
        if answer.status_code == requests.codes.requested_range_not_satisfiable:
            return  # nothing is missing; if that is wrong, the digest says so
        if answer.status_code not in (requests.codes.ok, requests.codes.partial_content):
            raise ClassifierFailed(
                f"{address} answers {answer.status_code}, so the model was not fetched.",
                hint="Check the address; a mirror must have the same paths as Detoxify's releases.",
            )
        is_rest = answer.status_code == requests.codes.partial_content
        with part.open("ab" if is_rest else "wb") as file:
            _pour(answer, file, have if is_rest else 0, progress)


def _pour(answer: requests.Response, file: IO[bytes], done: int, progress: Progress | None) -> None:
    length = answer.headers.get("Content-Length", "")
    total = done + int(length) if length.isdigit() else None
    for chunk in answer.iter_content(_CHUNK):
        file.write(chunk)
        done += len(chunk)
        if progress is not None:
            progress(done, total)


def _unreachable(part: Path, address: str, problem: requests.RequestException) -> ClassifierFailed:
    have = _size(part)
    kept = f" {have} bytes are kept in {part.name}; the same command goes on from there." * (
        have > 0
    )
    return ClassifierFailed(
        f"{address} cannot be reached ({type(problem).__name__}), so the model was not fetched.",
        hint=f"This needs a connection to the internet, or to a mirror.{kept} Or fetch it on a "
        "machine that may, and copy the file here.",
    )


def _must_be(path: Path, wanted: str, *, hint: str) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if not found.startswith(wanted):
        raise ClassifierFailed(
            f"{path.name} is not the file it should be: its SHA-256 begins {found[:8]} and should "
            f"begin {wanted[:8]}.",
            hint=hint,
        )


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
