"""What a person reads of a message in the pretend Slack, as plain lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from monitor.sandbox.slack_state import Postcard

__all__ = ["as_read", "read_blocks"]

_LINK = re.compile(r"<(https?://[^|>]+)\|([^>]+)>")
_DATE = re.compile(r"<!date\^\d+\^[^|>]+\|([^>]+)>")


def as_read(postcard: Postcard) -> str:
    """A message as its reader sees it: blocks where there are any, its text otherwise."""
    return "\n".join(read_blocks(postcard.blocks)) if postcard.blocks else postcard.text


def read_blocks(blocks: Iterable[Mapping[str, Any]]) -> list[str]:
    """Each block as lines: quotes with a bar, buttons in brackets, links with their address."""
    return [line for block in blocks for line in _read(block)]


def _read(block: Mapping[str, Any]) -> list[str]:
    reader = _READERS.get(block["type"])
    return reader(block) if reader else [f"({block['type']})"]


def _words(text: Mapping[str, Any]) -> str:
    words = str(text["text"])
    if text["type"] == "plain_text":
        return words
    shown = _DATE.sub(r"\1", _LINK.sub(r"\2 (\1)", words))
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _rich(part: Mapping[str, Any]) -> str:
    words = "".join(str(leaf.get("text", "")) for leaf in part["elements"])
    bar = "" if part["type"] == "rich_text_section" else "> "
    return "\n".join(f"{bar}{line}" for line in words.split("\n"))


_READERS: Mapping[str, Callable[[Mapping[str, Any]], list[str]]] = {
    "header": lambda block: [f"# {block['text']['text']}"],
    "section": lambda block: [_words(block["text"])],
    "context": lambda block: [" | ".join(_words(element) for element in block["elements"])],
    "actions": lambda block: [
        " ".join(f"[{_words(element['text'])}]" for element in block["elements"])
    ],
    "rich_text": lambda block: [_rich(part) for part in block["elements"]],
    "input": lambda block: [f"{_words(block['label'])} ({block['element']['type']})"],
}
