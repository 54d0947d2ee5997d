"""The test's end of ``daemon_process.py``: gives each life its orders and hears how it ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

__all__ = ["Killable", "NewDatabase"]

NewDatabase = Callable[[str], str]

_ROOT = Path(__file__).parents[2]


class Killable:
    """One process that has everything imported and forks for each life of a daemon."""

    def __init__(self) -> None:
        self.is_warm = False

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, str(_ROOT / "tests" / "journeys" / "daemon_process.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(_ROOT)},
            text=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate(timeout=20)

    def rehearse(self, **order: Any) -> None:
        """Live once without a fork, so that later lives begin quickly."""
        self.is_warm = self.live(**order, rehearse=True) == 0

    def live(self, **order: Any) -> int:
        """Live once as ordered; returns the exit status."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(json.loads(self._process.stdout.readline())["status"])
