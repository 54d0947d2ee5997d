"""Public test files read as comments, beside the figures that others published."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from classifiers.contract import DETOXIFY_LABELS, Classifier
from config.standards import Lane, Standards
from monitor.evaluation.benchmark_files import SIX_LABELS, VALID_SPLIT, BenchmarkRows
from monitor.evaluation.floors import Floor
from monitor.evaluation.measures import Figure, Ranking, rank_agreement, ranking, share
from monitor.evaluation.readings import assessed, scored

__all__ = ["BenchmarkFigures", "Benchmarks", "GroupAlarms", "Measure", "Published", "measure"]

_AT_ONCE: Final = 2048
_CUT: Final = 0.5
_APPROVED: Final = 1
# Each sentence of the identity file is one of these, with the identity in one place.
_IDENTITY: Final = re.compile(
    r"(?:Being (?P<being>.+) is \w+\.?"
    r"|(?:You are|[^\W\d]+ is) an? \S+ (?P<described>.+)"
    r"|i (?:am|hate) (?P<said>.+)"
    r"|\w+ (?P<done>.+))"
)
_OCCUPATION: Final = "occupation"


@dataclass(frozen=True, slots=True)
class Published:
    """A figure by somebody else."""

    system: str
    value: float
    note: str


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure on one file.

    Attributes:
        name: As ``published.toml`` spells it.
        is_rate: Shown as a percentage.
        published: Figures of the same measure by others.
    """

    name: str
    figure: Figure
    is_rate: bool = False
    published: tuple[Published, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupAlarms:
    """False alarms on the harmless sentences about one identity."""

    group: str
    by_lane: Figure
    by_toxicity: Figure


@dataclass(frozen=True, slots=True)
class BenchmarkFigures:
    """What was measured on one file.

    Attributes:
        rows: How many rows were read, of ``in_file``.
        rankings: For every label that the file states, how well that label's score ranks it.
    """

    file: str
    rows: int
    in_file: int
    rankings: tuple[tuple[str, Ranking], ...]
    measures: tuple[Measure, ...]
    groups: tuple[GroupAlarms, ...] = ()


@dataclass(frozen=True, slots=True)
class Benchmarks:
    """Every file that was read."""

    classifier: str
    standards: str
    files: tuple[BenchmarkFigures, ...]
    floors: tuple[Floor, ...]


@dataclass(frozen=True, slots=True)
class _Read:
    """A file's rows with what was made of them, row by row."""

    rows: BenchmarkRows
    values: dict[str, list[float]]
    lanes: list[Lane]

    def told(self, label: str) -> Iterator[tuple[bool, float]]:
        """Truth and score of the rows that state a label."""
        for truth, value in zip(self.rows.labels[label], self.values[label], strict=True):
            if truth is not None:
                yield truth, value


def measure(
    files_read: Iterator[BenchmarkRows],
    classifier: Classifier,
    standards: Standards,
    *,
    advance: Callable[[str, int, int], object] = lambda *_: None,
) -> Benchmarks:
    """Read file after file, one at a time in memory.

    Args:
        files_read: The files.
        classifier: What scores them.
        standards: What lanes are told by.
        advance: Told the file, how many of its texts are done, and how many there are.

    Raises:
        ClassifierFailed: It cannot read.
    """
    measured = tuple(_measured(_read(rows, classifier, standards, advance)) for rows in files_read)
    return Benchmarks(
        classifier=classifier.fingerprint,
        standards=standards.fingerprint,
        files=measured,
        floors=tuple(_floors(measured)),
    )


def _read(
    rows: BenchmarkRows,
    classifier: Classifier,
    standards: Standards,
    advance: Callable[[str, int, int], object],
) -> _Read:
    values: dict[str, list[float]] = {str(label): [] for label in DETOXIFY_LABELS}
    lanes: list[Lane] = []
    for start in range(0, len(rows.texts), _AT_ONCE):
        texts = rows.texts[start : start + _AT_ONCE]
        for text, scores in zip(texts, scored(texts, classifier), strict=True):
            for label in DETOXIFY_LABELS:
                score = scores.by_label.get(label)
                values[str(label)].append(score.value if score else 0.0)
            lanes.append(assessed(text, "", scores, standards).lane)
        advance(rows.file, len(lanes), len(rows.texts))
    return _Read(rows, values, lanes)


def _measured(read: _Read) -> BenchmarkFigures:
    rankings = tuple((label, ranking(*_columns(read, label))) for label in read.rows.labels)
    groups = tuple(_groups(read)) if "Label" in read.rows.beside else ()
    own = _OWN.get(read.rows.file)
    measures = [*_toxicity(read, rankings), *(own(read, rankings) if own else ())]
    measures += _gaps(groups)
    return BenchmarkFigures(
        file=read.rows.file,
        rows=len(read.rows.texts),
        in_file=read.rows.in_file,
        rankings=rankings,
        measures=tuple(_beside_published(read.rows.file, each) for each in measures),
        groups=groups,
    )


def _columns(read: _Read, label: str) -> tuple[list[bool], list[float]]:
    told = list(read.told(label))
    return [truth for truth, _ in told], [value for _, value in told]


def _toxicity(read: _Read, rankings: Sequence[tuple[str, Ranking]]) -> Iterator[Measure]:
    for label, found in rankings:
        if label != "toxicity":
            continue
        if found.auc is not None:
            yield Measure("toxicity AUC", Figure(found.auc, of=found.of))
        else:
            # Every row is toxic here, so all that can be said is how many are heard.
            heard = share(value >= _CUT for truth, value in read.told(label) if truth)
            yield Measure("toxic rows that score one half or more", heard, is_rate=True)


def _six_labels(_: _Read, rankings: Sequence[tuple[str, Ranking]]) -> Iterator[Measure]:
    aucs = [found.auc for label, found in rankings if label in SIX_LABELS]
    told = [auc for auc in aucs if auc is not None]
    # A mean of fewer labels would be another figure.
    mean = sum(told) / len(told) if len(told) == len(SIX_LABELS) else None
    of = max((found.of for _, found in rankings), default=0)
    yield Measure("mean AUC of six labels", Figure(mean, of=of))


def _approved(read: _Read, _: Sequence[tuple[str, Ranking]]) -> Iterator[Measure]:
    moderated = read.rows.beside["moderated"]
    approved = [lane for lane, how in zip(read.lanes, moderated, strict=True) if how == _APPROVED]
    yield Measure(
        "approved statements read as a breach",
        share(lane is Lane.BREACH for lane in approved),
        is_rate=True,
    )
    yield Measure(
        "approved statements put before a person",
        share(lane in {Lane.BREACH, Lane.WELFARE, Lane.UNSURE} for lane in approved),
        is_rate=True,
    )


def _pairs(read: _Read, _: Sequence[tuple[str, Ranking]]) -> Iterator[Measure]:
    by_revision: dict[int, list[int]] = {}
    for row, revision in enumerate(read.rows.beside["rev_id"]):
        by_revision.setdefault(revision, []).append(row)
    pairs = [(rows[0], rows[1]) for rows in by_revision.values() if len(rows) > 1]
    values = read.values["toxicity"]
    apart = [abs(values[one] - values[other]) for one, other in pairs]
    mean = sum(apart) / len(apart) if apart else None
    yield Measure("mean difference of toxicity within a pair", Figure(mean, of=len(pairs)))
    yield Measure(
        "pairs whose toxicity lies on different sides of one half",
        share((values[one] >= _CUT) != (values[other] >= _CUT) for one, other in pairs),
        is_rate=True,
    )
    yield Measure(
        "pairs in different lanes",
        share(read.lanes[one] is not read.lanes[other] for one, other in pairs),
        is_rate=True,
    )


def _agreement(read: _Read, _: Sequence[tuple[str, Ranking]]) -> Iterator[Measure]:
    theirs = read.rows.beside["detoxify_toxicity"]
    agreement = rank_agreement(read.values["toxicity"], theirs)
    yield Measure("rank agreement with Detoxify's toxicity", Figure(agreement, of=len(theirs)))


_OWN: Final[dict[str, Callable[[_Read, Sequence[tuple[str, Ranking]]], Iterator[Measure]]]] = {
    "polis_civic_statements": _approved,
    "wiki_identity_fuzzed": _pairs,
    "wiki_detoxify_scored": _agreement,
    VALID_SPLIT: _six_labels,
}


def _groups(read: _Read) -> Iterator[GroupAlarms]:
    """The harmless sentences, by the identity that they name."""
    by_group: dict[str, list[int]] = {}
    beside = read.rows.beside
    for row, (text, label) in enumerate(zip(read.rows.texts, beside["Label"], strict=True)):
        template = str(beside["Template"][row]) if "Template" in beside else ""
        named = _IDENTITY.fullmatch(text)
        if label == "NOT_BAD" and named and _OCCUPATION not in template:
            by_group.setdefault(named[named.lastgroup or 0], []).append(row)
    for group in sorted(by_group):
        rows = by_group[group]
        yield GroupAlarms(
            group=group,
            by_lane=share(read.lanes[row] is Lane.BREACH for row in rows),
            by_toxicity=share(read.values["toxicity"][row] >= _CUT for row in rows),
        )


def _gaps(groups: Sequence[GroupAlarms]) -> Iterator[Measure]:
    if not groups:
        return
    of = sum(group.by_lane.of for group in groups)
    for way, figures in (
        ("lane", [group.by_lane for group in groups]),
        ("toxicity", [group.by_toxicity for group in groups]),
    ):
        values = [figure.value for figure in figures if figure.value is not None]
        gap = Figure(max(values) - min(values), of=of)
        yield Measure(f"widest gap of false alarms between identities, by {way}", gap, is_rate=True)


def _beside_published(file: str, measured: Measure) -> Measure:
    found = tuple(
        Published(each["system"], each["value"], each["note"])
        for each in _document()["figure"]
        if (each["file"], each["measure"]) == (file, measured.name)
    )
    return Measure(measured.name, measured.figure, measured.is_rate, found)


def _floors(measured: Sequence[BenchmarkFigures]) -> Iterator[Floor]:
    by_name = {(each.file, one.name): one for each in measured for one in each.measures}
    for floor in _document()["floor"]:
        one = by_name.get((floor["file"], floor["measure"]))
        if one is not None:
            yield Floor(
                name=f"{floor['file']}, {floor['measure']}",
                figure=one.figure,
                bound=floor.get("at_most", floor.get("at_least")),
                is_upper="at_most" in floor,
                is_rate=one.is_rate,
            )


@cache
def _document() -> dict[str, Any]:
    source = files("monitor.evaluation").joinpath("published.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))
