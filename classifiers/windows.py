"""A text as windows of word pieces: read whole, however long it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

__all__ = ["Window", "Windows", "batches", "readable"]

_PADDING: Final = ("[PAD]", "<pad>")


@dataclass(frozen=True, slots=True)
class Window:
    """What the encoder reads at once, with the tokenizer's own marks at its ends.

    Attributes:
        ids: Word pieces by their number in the vocabulary; never empty.
        type_ids: As long as ``ids``: which of two sentences each belongs to.
    """

    ids: tuple[int, ...]
    type_ids: tuple[int, ...]


class Windows:
    """Cuts texts into overlapping windows, and loses no part of any.

    Args:
        tokenizer: Of the model; it belongs to this object from now on, which sets it up anew.
        size: Word pieces in a window at most, the tokenizer's own marks counted in.
        stride: How many word pieces after the last window's beginning the next one begins.

    Raises:
        ValueError: The tokenizer sets no marks, or windows of this size and stride would leave
            parts of a text unread.
    """

    def __init__(self, tokenizer: Tokenizer, *, size: int, stride: int) -> None:
        marks = tokenizer.num_special_tokens_to_add(is_pair=False)
        if marks == 0:
            raise ValueError("its tokenizer sets no marks around a text")
        if not 0 < stride <= size - marks:
            raise ValueError(f"its stride must lie between 1 and {size - marks}, not {stride}")
        tokenizer.no_truncation()
        tokenizer.no_padding()
        # A resident who types [SEP] has typed six characters, not the end of a text.
        tokenizer.encode_special_tokens = True
        self._tokenizer = tokenizer
        self._room = size - marks
        self._overlap = size - marks - stride
        self._unbroken = _unbroken(getattr(tokenizer.model, "max_input_chars_per_word", None))
        numbers = (tokenizer.token_to_id(name) for name in _PADDING)
        self.padding = next((number for number in numbers if number is not None), 0)
        """What stands behind the shorter texts of a batch; the attention mask hides it."""

    def pieces(self, text: str) -> list[int]:
        """The word pieces of the whole text, without marks and without overlap."""
        return list(self._encoded(text).ids)

    def of(self, text: str) -> list[Window]:
        """The windows of a text, in order; the empty text is one window of marks alone."""
        encoding = self._encoded(text)
        encoding.truncate(self._room, stride=self._overlap)
        first = self._tokenizer.post_process(encoding)
        return [
            Window(tuple(each.ids), tuple(each.type_ids)) for each in (first, *first.overflowing)
        ]

    def _encoded(self, text: str) -> Encoding:
        if self._unbroken is not None:
            text = self._unbroken.sub(r"\g<0> ", text)
        return self._tokenizer.encode(text, add_special_tokens=False)


def readable(text: str) -> str:
    """The text with every lone surrogate replaced: no tokenizer can encode one."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def batches(windows: Sequence[Window], size: int) -> Iterator[list[Window]]:
    """Windows of like length together, the longest first.

    A short one at the end keeps no thread waiting, and a batch needs little padding.
    """
    order = sorted(windows, key=lambda window: -len(window.ids))
    for start in range(0, len(order), size):
        yield order[start : start + size]


def _unbroken(longest: int | None) -> re.Pattern[str] | None:
    # A longer word would be one unknown piece: whoever leaves the spaces out would not be read.
    letter = r"[^\s!-/:-@\[-`{-~]"
    return re.compile(f"{letter}{{{longest}}}(?={letter})") if longest else None
