"""The sections with charts: whether scores mean what they say, and what thresholds would give."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.evaluation.calibration import CueCalibration, Sweep
from monitor.evaluation.measures import Figure
from monitor.evaluation.pages.shape import Chart, Line, Part, Section, Table
from monitor.evaluation.pages.wording import decimal, number, plain

__all__ = ["calibration_section", "sweeps_section"]


def calibration_section(calibration: Sequence[CueCalibration]) -> Section:
    """The assessment's score with its chart, all labels in a table, their charts folded away."""
    whole, *cues = calibration
    labels = Table(
        id="labels-table",
        caption="Every label that a clause's cues name",
        note=(
            "The truth is whether the clause applies, so a label that speaks for only a part of "
            "its clause ranks it only in part. A dash stands where nothing was scored."
        ),
        heads=("Label", "Clause", "AUC", "Average precision", "Brier", "Error", "Scored", "Apply"),
        rows=tuple(_label(cue) for cue in cues),
        numeric=2,
    )
    charted = [cue for cue in cues if cue.scored and cue.ranking.positives]
    return Section(
        "calibration",
        "Calibration",
        (
            "A score is calibrated where, of the comments that score 0.7, seven in ten touch "
            "the clause. “Error” is the expected calibration error over ten bins."
        ),
        (
            _reliability(whole, folded=""),
            Part(labels),
            *(_reliability(cue, folded=f"{cue.label} ({cue.clause})") for cue in charted),
        ),
    )


def sweeps_section(sweeps: Sequence[Sweep]) -> Section:
    """Each clause's precision and recall as its threshold moves."""
    return Section(
        "thresholds",
        "Thresholds",
        (
            "What each clause would give at other thresholds, all of its cues moved together. "
            "Lines stand at the thresholds in force: from “suspect” a person must look, from "
            "“severe” it is as good as certain."
        ),
        tuple(_sweep(each) for each in sweeps),
    )


def _label(cue: CueCalibration) -> tuple[str, ...]:
    figures = (
        cue.ranking.auc,
        cue.ranking.average_precision,
        cue.reliability.brier,
        cue.reliability.error,
    )
    spelt = [plain(figure if cue.scored else None) for figure in figures]
    return (cue.label, cue.clause, *spelt, number(cue.scored), number(cue.ranking.positives))


def _reliability(cue: CueCalibration, *, folded: str) -> Part:
    name = cue.label if cue.clause else "the assessment's score"
    what = f"{cue.clause} applies" if cue.clause else "some clause is touched"
    key = f"reliability-{cue.clause or 'all'}-{cue.label}"
    filled = [each for each in cue.reliability.bins if each.count]
    table = Table(
        id=f"{key}-table",
        caption=f"Reliability of {name}",
        note=f"Brier {plain(cue.reliability.brier)}, error {plain(cue.reliability.error)}.",
        heads=("Scores", "Mean score", f"Share where {what}", "Examples"),
        rows=tuple(
            (
                f"{each.low:.1f} to {each.high:.1f}",
                plain(each.mean_score),
                plain(each.share_true),
                number(each.count),
            )
            for each in filled
        ),
    )
    points = tuple(
        (each.mean_score, each.share_true)
        for each in filled
        if each.mean_score is not None and each.share_true is not None
    )
    chart = Chart(
        id=key,
        title=f"Reliability of {name}",
        description=(
            f"For each of ten bins of {name}, the share of examples where {what}, against the "
            "mean score. On the diagonal the two are equal. The table beside it has the numbers."
        ),
        x_title="Mean score",
        y_title=f"Share where {what}",
        lines=(Line("Observed", points),),
        has_diagonal=True,
    )
    return Part(table, chart, folded)


def _sweep(sweep: Sweep) -> Part:
    table = Table(
        id=f"sweep-{sweep.clause}-table",
        caption=f"{sweep.clause}: what each threshold would give",
        note="An asterisk marks the band between the thresholds in force.",
        heads=("Threshold", "Precision", "Recall"),
        rows=tuple(
            (
                f"{point.threshold:g}{' *' if point in sweep.band else ''}",
                decimal(point.precision),
                decimal(point.recall),
            )
            for point in sweep.points
        ),
    )
    chart = Chart(
        id=f"sweep-{sweep.clause}",
        title=f"{sweep.clause}: precision and recall by threshold",
        description=(
            f"Precision and recall of the clause {sweep.clause} as its threshold goes from 0.05 "
            "to 0.95. The table beside it has the numbers."
        ),
        x_title="Threshold",
        y_title="Precision, recall",
        lines=(
            Line("Precision", _line(sweep, [point.precision for point in sweep.points])),
            Line(
                "Recall",
                _line(sweep, [point.recall for point in sweep.points]),
                is_dashed=True,
            ),
        ),
        marks=(
            *(("suspect", value) for value in sweep.suspect),
            *(("severe", value) for value in sweep.severe),
        ),
    )
    return Part(table, chart, f"{sweep.clause}: {sweep.title}")


def _line(sweep: Sweep, figures: Sequence[Figure]) -> tuple[tuple[float, float] | None, ...]:
    return tuple(
        None if figure.value is None else (point.threshold, figure.value)
        for point, figure in zip(sweep.points, figures, strict=True)
    )
