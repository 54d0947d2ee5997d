"""The sections that set a run beside something else, and the one of its worst misses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from monitor.evaluation.baseline import BaselineCheck
from monitor.evaluation.comparison import Comparison
from monitor.evaluation.misses import Miss, MissKind
from monitor.evaluation.pages.shape import Part, Section, Table
from monitor.evaluation.pages.wording import NOTHING, decimal, number, plain, rate
from monitor.evaluation.reference import ReferenceRow

__all__ = ["baseline_section", "comparison_section", "misses_section", "references_section"]


def misses_section(kinds: Sequence[MissKind], texts: Mapping[str, str]) -> Section:
    """The surest mistakes of every kind.

    Args:
        kinds: From the run.
        texts: The words of the examples by id, where the reader asked to see them; else empty.
    """
    said = (
        "The words of the examples are shown because that was asked for; some are abusive."
        if texts
        else "The words of the examples are left out, because some are abusive; "
        "--show-texts shows them."
    )
    return Section(
        "misses",
        "Worst misses",
        f"The surest mistakes of each kind come first. {said}",
        tuple(_misses(number, kind, texts) for number, kind in enumerate(kinds) if kind.count),
    )


def baseline_section(check: BaselineCheck) -> Section:
    """What became worse than the committed figures allow."""
    same = "the same" if check.has_same_examples else "other"
    told = (
        f"Held against the figures of {check.classifier} ({check.standards}), measured on "
        f"{same} examples: {number(check.held)} hold, {number(len(check.falls))} fell."
    )
    falls = Table(
        id="baseline-table",
        caption="Figures that fell by more than their tolerance",
        note="",
        heads=("Figure", "Was", "Is", "Tolerance"),
        rows=tuple(
            (fall.name, plain(fall.was), plain(fall.now), plain(fall.tolerance))
            for fall in check.falls
        ),
    )
    return Section("baseline", "Baseline", told, (Part(falls),) if check.falls else ())


def comparison_section(comparison: Comparison) -> Section:
    """Two sides, what changes, and whether it may be chance."""
    figures = Table(
        id="comparison-table",
        caption="Side by side",
        note=f"First: {comparison.first}. Second: {comparison.second}.",
        heads=("Figure", "Better is", "First", "Second", "Difference"),
        rows=tuple(
            (
                each.name,
                "higher" if each.is_better_higher else "lower",
                plain(each.first),
                plain(each.second),
                NOTHING if each.difference is None else f"{each.difference:+.3f}",
            )
            for each in comparison.figures
        ),
        numeric=2,
    )
    changes = Table(
        id="lane-changes-table",
        caption="Examples that change lane",
        note="By identifier.",
        heads=("Example", "Family", "Belongs in", "First", "Second", "Right"),
        rows=tuple(
            (each.id, each.family, each.expected, each.first, each.second, each.right)
            for each in comparison.changes
        ),
        numeric=6,
    )
    folded = f"{number(len(comparison.changes))} examples change lane"
    return Section(
        "comparison",
        "Comparison",
        (
            f"Breach or not: only the first side is right on {comparison.only_first_right} "
            f"examples, only the second on {comparison.only_second_right}; McNemar's exact "
            f"test gives p = {comparison.p_value:.3g}."
        ),
        (Part(figures), *((Part(changes, folded=folded),) if comparison.changes else ())),
    )


def references_section(rows: Sequence[ReferenceRow]) -> Section:
    """Off-the-shelf filters beside this run."""
    whole = Table(
        id="references-table",
        caption="Breach or not, beside off-the-shelf filters",
        note="A filter's score of one half or more counts as a breach.",
        heads=(
            "Reader",
            "AUC",
            "Recall",
            "Precision",
            "False alarms on criticism",
            "On other lawful comments",
        ),
        rows=tuple(
            (
                row.name,
                plain(row.ranking.auc),
                decimal(row.recall),
                decimal(row.precision),
                rate(row.criticism),
                rate(row.others),
            )
            for row in rows
        ),
    )
    clauses = Table(
        id="references-clauses-table",
        caption="Examples of each clause that were called a breach",
        note="",
        heads=("Clause", *(row.name for row in rows), "Examples"),
        rows=tuple(
            (clause, *(decimal(row.by_clause[clause]) for row in rows), number(figure.of))
            for clause, figure in rows[0].by_clause.items()
        ),
    )
    return Section("references", "Reference filters", parts=(Part(whole), Part(clauses)))


def _misses(position: int, kind: MissKind, texts: Mapping[str, str]) -> Part:
    heads = ("Example", "Family", "Belongs in", "Clauses", "Put in", "Clauses read", "Score")
    return Part(
        Table(
            id=f"misses-{position}-table",
            caption=kind.name,
            note=f"{number(len(kind.worst))} of {number(kind.count)}, at most three of a family.",
            heads=(*heads, "Words") if texts else heads,
            rows=tuple(tuple(_miss(each, texts)) for each in kind.worst),
            numeric=len(heads) + 1,
        )
    )


def _miss(miss: Miss, texts: Mapping[str, str]) -> Iterator[str]:
    yield from (miss.id, miss.family, miss.expected)
    yield ", ".join(miss.expected_clauses) or NOTHING
    yield miss.got
    yield ", ".join(miss.got_clauses) or NOTHING
    yield plain(miss.score)
    if texts:
        yield texts.get(miss.id, NOTHING)
