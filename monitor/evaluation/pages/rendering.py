"""A page as HTML and as Markdown, and any figures as JSON; the same figures give the same bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from monitor.evaluation.pages.shape import Line, Page

__all__ = ["figures_json", "render_html", "render_markdown"]

_DECIMALS: Final = 6
_LEFT, _TOP, _SIDE = 52, 14, 280
_SPECIAL: Final = re.compile(r"([\\`*\[\]|])")


def render_html(page: Page) -> str:
    """One self-contained, accessible document: no script, nothing fetched, charts inline."""
    return _templates().get_template("page.html").render(page=page)


def render_markdown(page: Page) -> str:
    """The same without charts; their tables are there."""
    text = _templates().get_template("page.txt").render(page=page)
    return re.sub(r"\n{3,}", "\n\n", text)


def figures_json(figures: object) -> str:
    """Figures as JSON, field by field, numbers to six decimals."""
    return json.dumps(_plain(figures), indent=2)


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("monitor.evaluation.pages"),
        autoescape=select_autoescape(enabled_extensions=("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters.update(across=_across, up=_up, segments=_segments, cell=_cell)
    templates.globals.update(left=_LEFT, top=_TOP, side=_SIDE)
    return templates


def _across(value: float) -> str:
    """Where a value from 0 to 1 stands on a chart's x axis, in its units."""
    return f"{_LEFT + _SIDE * value:.1f}"


def _up(value: float) -> str:
    """Where it stands on the y axis, which grows downwards."""
    return f"{_TOP + _SIDE * (1 - value):.1f}"


def _segments(line: Line) -> Iterator[list[tuple[float, float]]]:
    """The stretches of a line between its gaps."""
    stretch: list[tuple[float, float]] = []
    for point in (*line.points, None):
        if point is not None:
            stretch.append(point)
        elif stretch:
            yield stretch
            stretch = []


def _cell(words: str) -> str:
    """Words that stay in their cell and mean nothing to Markdown or HTML."""
    escaped = _SPECIAL.sub(r"\\\1", " ".join(words.split()))
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain(value: object) -> object:
    if isinstance(value, float):
        return round(value, _DECIMALS)
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    return value
