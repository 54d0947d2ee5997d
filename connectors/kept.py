"""Secrets that platforms issue while we run, kept in files that only this user can read."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from connectors.contract import Secret

__all__ = ["KeptInFiles"]

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")


class KeptInFiles:
    """Keeps ``connectors.contract.KeptSecrets``: one file for each secret, replaced whole.

    Args:
        folder: Made, for this user alone, when the first secret is written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, role: str) -> Secret | None:
        """The secret kept under this name; None where none is, or it cannot be read as text."""
        try:
            return Secret(self._path(role).read_text(encoding="utf-8"))
        except (FileNotFoundError, UnicodeDecodeError):
            return None

    def write(self, role: str, secret: Secret) -> None:
        """Keep a secret in place of the one of the same name."""
        path = self._path(role)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Whole or not at all: a renewed token that is cut off half-way cannot be renewed again.
        handle, written = tempfile.mkstemp(dir=self._folder, prefix=f".{role}-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(secret.value)
            file.flush()
            os.fsync(file.fileno())
        Path(written).replace(path)

    def _path(self, role: str) -> Path:
        if not _NAME.fullmatch(role):
            raise ValueError(f"{role!r} is no name to keep a secret under")
        return self._folder / role
