"""The section that shows whether everybody is judged the same."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.evaluation.fairness import Fairness, TemplateGap
from monitor.evaluation.pages.figures import groups_table
from monitor.evaluation.pages.shape import Part, Section, Table
from monitor.evaluation.pages.wording import NOTHING, decimal, number, rate

__all__ = ["fairness_section"]


def fairness_section(fairness: Fairness) -> Section:
    """Swapped copies, the same sentences about every group, and dialect."""
    return Section(
        "even-handedness",
        "Even-handedness",
        (
            f"Of {number(fairness.changed.of)} copies of examples with the identity or party "
            f"swapped for another of its kind, {rate(fairness.changed)} changed lane."
        ),
        tuple(_parts(fairness)),
    )


def _parts(fairness: Fairness) -> Iterator[Part]:
    yield Part(
        Table(
            id="swaps-table",
            caption="Swapped copies by kind",
            note="A comment and its copy should be put in the same lane.",
            heads=("Kind", "Changed lane", "Copies"),
            rows=tuple(
                (row.kind, rate(row.changed), number(row.changed.of)) for row in fairness.swaps
            ),
        )
    )
    if fairness.changes:
        yield Part(_changes(fairness), folded="Every copy that changed lane")
    for each in fairness.templates:
        yield Part(_templates(each))
    if fairness.dialect:
        yield Part(groups_table("dialect-table", "Dialect beside all others", fairness.dialect))


def _changes(fairness: Fairness) -> Table:
    return Table(
        id="changes-table",
        caption="Copies that changed lane",
        note="By the identifier of the example that was copied.",
        heads=("Example", "Kind", "Swapped", "Lane before", "Lane after"),
        rows=tuple(
            (each.id, each.kind, each.change, each.before, each.after) for each in fairness.changes
        ),
        numeric=5,
    )


def _templates(gap: TemplateGap) -> Table:
    found = decimal(gap.found_gap)
    hostile = "" if found == NOTHING else f" Gap in what is found: {rate(gap.found_gap)}."
    return Table(
        id=f"templates-{gap.name}-table",
        caption=f"The same sentences about all {gap.name}",
        note=f"Gap in false alarms: {rate(gap.false_alarm_gap)}.{hostile}",
        heads=("Group", "False alarms", "Neutral", "Found", "Hostile"),
        rows=tuple(
            (
                row.group,
                rate(row.false_alarms),
                number(row.false_alarms.of),
                decimal(row.found),
                number(row.found.of),
            )
            for row in gap.rows
        ),
    )
