"""The sections with the figures: floors, breach, clauses, families, lanes and the rest."""

from __future__ import annotations

from collections.abc import Sequence

from config.standards import Lane
from monitor.evaluation.figures import ClauseFigures, Figures, GroupFigures
from monitor.evaluation.floors import Floor
from monitor.evaluation.measures import Detection, Figure
from monitor.evaluation.pages.shape import Part, Section, Table
from monitor.evaluation.pages.wording import NOTHING, bound, decimal, number, rate

__all__ = [
    "breach_section",
    "clauses_section",
    "floors_section",
    "groups_section",
    "groups_table",
    "rest_section",
]

_VERDICTS = {True: "reached", False: "not reached", None: "not measured"}


def floors_section(floors: Sequence[Floor]) -> Section:
    """Every floor with its figure and bound."""
    table = Table(
        id="floors-table",
        caption="What must hold",
        note="“Seen at all” counts what a person is asked to look at, whatever the reason.",
        heads=("Floor", "Bound", "Held", "Figure (95% interval)", "Seen at all", "Examples"),
        rows=tuple(
            (
                floor.name,
                bound(floor),
                _VERDICTS[floor.is_reached],
                rate(floor.figure) if floor.is_rate else decimal(floor.figure),
                decimal(floor.seen) if floor.seen else NOTHING,
                number(floor.figure.of),
            )
            for floor in floors
        ),
        numeric=3,
    )
    return Section("floors", "Floors", parts=(Part(table),))


def breach_section(figures: Figures) -> Section:
    """Breach against everything else, and where every lane went."""
    lanes = tuple(Lane)
    confusion = Table(
        id="confusion-table",
        caption="Where examples belong, and where they were put",
        note="A row is where they belong, a column where they were put.",
        heads=("Belongs in", *(f"Put in {lane}" for lane in lanes), "All"),
        rows=tuple(
            (lane, *(number(row[put]) for put in lanes), number(sum(row.values())))
            for lane, row in figures.confusion.items()
        ),
    )
    return Section(
        "breach",
        "Breach or not",
        parts=(Part(_detections("breach", [("Breach", figures.breach)])), Part(confusion)),
    )


def clauses_section(clauses: Sequence[ClauseFigures], macro: Figure) -> Section:
    """Every clause of the standard."""
    table = Table(
        id="clauses-table",
        caption="How well each clause is found",
        note="Found means that the clause is named, not only that a person looks.",
        heads=("Clause", "Precision", "Recall", "F1", "Seen at all", "Examples", "Named"),
        rows=tuple(
            (
                f"{each.ref} {each.id}",
                *_spelt(each.detection),
                decimal(each.seen),
                number(each.detection.support),
                number(each.detection.read),
            )
            for each in clauses
        ),
    )
    return Section(
        "clauses",
        "Clauses",
        f"Macro-F1 over the clauses that occur: {decimal(macro)}.",
        (Part(table),),
    )


def groups_section(figures: Figures) -> Section:
    """Families and lanes."""
    return Section(
        "families",
        "Families and lanes",
        parts=(
            Part(groups_table("families-table", "By kind of comment", figures.families)),
            Part(groups_table("lanes-table", "By the lane where it belongs", figures.lanes)),
        ),
    )


def groups_table(table_id: str, caption: str, groups: Sequence[GroupFigures]) -> Table:
    """Recall of what a person must see, and false alarms on what is lawful."""
    return Table(
        id=table_id,
        caption=caption,
        note="Left: examples that a person must see. Right: lawful ones.",
        heads=(
            "Group",
            "Put in its lane",
            "Seen at all",
            "Of",
            "False alarms",
            "A person is asked",
            "Of",
        ),
        rows=tuple(
            (
                each.name,
                decimal(each.found),
                decimal(each.seen),
                number(each.found.of),
                rate(each.false_alarms),
                rate(each.asked),
                number(each.false_alarms.of),
            )
            for each in groups
        ),
    )


def rest_section(figures: Figures) -> Section:
    """Answer needed, target and severity."""
    table = Table(
        id="rest-table",
        caption="Target and severity",
        note="Severity is compared where the example and the reading both have one.",
        heads=("Question", "Right (95% interval)", "Examples"),
        rows=tuple(
            (name, decimal(figure), number(figure.of))
            for name, figure in (
                ("Whom the words bear on, all examples", figures.target),
                ("Whom the words bear on, breaches", figures.target_of_breaches),
                ("Severity, exactly", figures.severity_exact),
                ("Severity, within one step", figures.severity_within_one),
            )
        ),
    )
    answers = _detections("answer", [("An officer must answer", figures.needs_response)])
    return Section("rest", "Answer, target and severity", parts=(Part(answers), Part(table)))


def _detections(name: str, found: Sequence[tuple[str, Detection]]) -> Table:
    return Table(
        id=f"{name}-table",
        caption="Precision, recall and F1",
        note="With 95% intervals.",
        heads=("What is found", "Precision", "Recall", "F1", "Examples", "Found"),
        rows=tuple(
            (what, *_spelt(each), number(each.support), number(each.read)) for what, each in found
        ),
    )


def _spelt(detection: Detection) -> tuple[str, str, str]:
    return decimal(detection.precision), decimal(detection.recall), decimal(detection.f1)
