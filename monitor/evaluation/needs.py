"""What an evaluation needs and may not find: libraries of the extra, files, examples."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

__all__ = ["EXTRA_HINT", "EvaluationImpossible", "require"]

EXTRA_HINT: Final = "Install the extra: pip install 'wardmote[evaluate]'."
"""What to do where a library of the extra is missing."""


class EvaluationImpossible(Exception):  # noqa: N818 - it says what happened, as the others do
    """There is nothing to measure, or nothing to measure it with.

    Args:
        sentence: One sentence for a person: what, and where. It quotes no comment.
        hint: What to do about it.
    """

    def __init__(self, sentence: str, *, hint: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint


def require(*modules: str, task: str, hint: str = EXTRA_HINT) -> None:
    """Make sure that every module can be imported, without importing it.

    Raises:
        EvaluationImpossible: One is not installed; says which, and how to install it.
    """
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise EvaluationImpossible(
            f"{task} needs {' and '.join(missing)}, not installed here.", hint=hint
        )
