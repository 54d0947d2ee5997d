"""Flickr's comments are HTML: what they say in words, and what kinds of things they show."""

from __future__ import annotations

from html.parser import HTMLParser

from typing_extensions import override

__all__ = ["words_of"]


def words_of(content: str) -> tuple[str, tuple[str, ...]]:
    """The plain words of a comment, and the kinds of what is attached (``image``)."""
    reader = _Words()
    reader.feed(content)
    reader.close()
    return "".join(reader.parts).strip(), tuple(dict.fromkeys(reader.attached))


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.attached: list[str] = []

    @override
    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.parts.append("\n")
        elif tag == "img":
            self.attached.append("image")
