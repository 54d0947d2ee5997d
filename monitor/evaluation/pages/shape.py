"""What a page is made of, whichever way it is written down."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Chart", "Line", "Page", "Part", "Section", "Sentence", "Table"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the summary.

    Attributes:
        verdict: ``Reached``, ``Not reached``, ``Not measured``: said first, in words.
    """

    verdict: str
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of words; the first column names the row.

    Attributes:
        numeric: The first column that holds numbers, as do all after it.
    """

    id: str
    caption: str
    note: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """Points of a chart that belong together, both axes 0 to 1; None breaks the line."""

    name: str
    points: tuple[tuple[float, float] | None, ...]
    is_dashed: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A square chart with both axes from 0 to 1.

    Attributes:
        description: What it shows, for those who do not see it.
        marks: Places on the x axis, each with its word.
        has_diagonal: Draws where both axes are equal.
    """

    id: str
    title: str
    description: str
    x_title: str
    y_title: str
    lines: tuple[Line, ...]
    marks: tuple[tuple[str, float], ...] = ()
    has_diagonal: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A table, with its chart where it has one.

    Attributes:
        folded: Its summary while it is folded away; "" shows it at once.
    """

    table: Table
    chart: Chart | None = None
    folded: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, a paragraph or "", and what is shown under them."""

    id: str
    title: str
    lead: str = ""
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """A whole page.

    Attributes:
        facts: What was measured, each with its name.
        method: What the figures count, and what they cannot say.
    """

    title: str
    lead: str
    sentences: tuple[Sentence, ...]
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    method: tuple[str, ...]
