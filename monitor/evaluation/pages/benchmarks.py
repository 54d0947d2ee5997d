"""The public test files as a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from monitor.evaluation.benchmarks import BenchmarkFigures, Benchmarks, Measure
from monitor.evaluation.pages.card import held_in_short
from monitor.evaluation.pages.shape import Page, Part, Section, Table
from monitor.evaluation.pages.wording import NOTHING, decimal, number, plain, rate, sentence

__all__ = ["benchmarks_page"]

_METHOD: Final = (
    (
        "These files are for evaluation alone: nothing is trained on them and no threshold is "
        "chosen by them."
    ),
    (
        "A row counts as positive for a label from one half on; rows that do not state a label are "
        "left out for it. A label whose stated rows are all alike has no AUC."
    ),
    (
        "Every text stands alone, without a post above it. Lanes are those of the standard named "
        "above, as if every period that a clause is for held."
    ),
    (
        "Published figures were measured by others, some on other rows; each says how. The "
        "harmless sentences about identities are those that the file labels NOT_BAD, less those "
        "about occupations."
    ),
)


def benchmarks_page(found: Benchmarks) -> Page:
    """One section for every file that was read."""
    return Page(
        title="Public test files",
        lead=held_in_short(found.floors),
        sentences=tuple(sentence(floor) for floor in found.floors),
        facts=(
            ("Files", number(len(found.files))),
            ("Classifier", found.classifier),
            ("Standard", found.standards),
        ),
        sections=tuple(_section(each) for each in found.files),
        method=_METHOD,
    )


def _section(figures: BenchmarkFigures) -> Section:
    read = f"{number(figures.rows)} of {number(figures.in_file)} rows were read."
    return Section(figures.file, figures.file, read, tuple(_parts(figures)))


def _parts(figures: BenchmarkFigures) -> Iterator[Part]:
    if figures.measures:
        yield Part(_measures(figures))
    if figures.rankings:
        yield Part(_rankings(figures))
    if figures.groups:
        yield Part(_groups(figures), folded="False alarms by identity")


def _measures(figures: BenchmarkFigures) -> Table:
    return Table(
        id=f"{figures.file}-measures",
        caption="Measured here, and published",
        note="",
        heads=("Measure", "By", "How", "Figure", "Rows"),
        rows=tuple(row for each in figures.measures for row in _rows(each)),
        numeric=3,
    )


def _rows(measured: Measure) -> Iterator[tuple[str, ...]]:
    spelt = rate(measured.figure) if measured.is_rate else decimal(measured.figure)
    yield (measured.name, "this run", NOTHING, spelt, number(measured.figure.of))
    for each in measured.published:
        value = f"{100 * each.value:.2f}%" if measured.is_rate else plain(each.value)
        yield (measured.name, each.system, each.note, value, NOTHING)


def _rankings(figures: BenchmarkFigures) -> Table:
    return Table(
        id=f"{figures.file}-labels",
        caption="How well each label's score ranks what the file says of it",
        note="",
        heads=("Label", "AUC", "Average precision", "Positive rows", "Rows that state it"),
        rows=tuple(
            (
                label,
                plain(found.auc),
                plain(found.average_precision),
                number(found.positives),
                number(found.of),
            )
            for label, found in figures.rankings
        ),
    )


def _groups(figures: BenchmarkFigures) -> Table:
    return Table(
        id=f"{figures.file}-groups",
        caption="False alarms on harmless sentences, by identity",
        note="By the lane “breach”, and by a toxicity of one half or more.",
        heads=("Identity", "By lane", "By toxicity", "Sentences"),
        rows=tuple(
            (
                group.group,
                rate(group.by_lane),
                rate(group.by_toxicity),
                number(group.by_lane.of),
            )
            for group in figures.groups
        ),
    )
