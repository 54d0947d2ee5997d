"""``wardmote score``: read texts from a file, write assessments; no database, no network."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any

import click

import config.standards
from classifiers.contract import DETOXIFY_LABELS, Classifier, Label, Scores
from config.problems import ConfigurationInvalid
from config.settings import load_settings
from config.standards import Lane, Standards
from monitor.bootstrap import open_classifier
from monitor.cli.endings import Ended, Status, refuse
from monitor.cli.score_rows import BadRow, ReadRow, read_rows
from monitor.domain.assessment import Assessment, assess
from monitor.domain.context import Context

__all__ = ["score"]

_BATCH = 256
_DECIMALS = 4


@click.command()
@click.option("--input", "source", required=True, help="CSV or JSON Lines; - reads standard input.")
@click.option("--output", "sink", required=True, help="JSON Lines; - writes standard output.")
@click.option("--classifier", "names", help="Classifiers, comma separated. [WARDMOTE_CLASSIFIERS]")
@click.option(
    "--standards",
    "standards_path",
    type=click.Path(path_type=Path),
    help="A standard to read by instead of the shipped one.",
)
def score(source: str, sink: str, names: str | None, standards_path: Path | None) -> None:
    """Assess every row of a file with `id` and `text`; one JSON object per row, in order.

    Where a row has them, `context` (the council's post) and `parent` (the comment that it
    answers) decide with it.

    A bad row is reported with its line number and the rest still runs; exit status 1 then.

    For example: wardmote score --input comments.csv --output assessed.jsonl
    """
    standards = _standards(standards_path)
    classifier = _classifier(names)
    _must_differ(source, sink)
    with _reading(source) as lines, _writing(sink) as out:
        bad = _score(lines, out, classifier, standards, said=_said(source))
    if bad:
        raise Ended(
            f"{bad} row{'s' if bad != 1 else ''} could not be read; the others are assessed.",
            Status.AMISS,
        )


def _standards(path: Path | None) -> Standards:
    found, problems = config.standards.load_standards(path or config.standards.SHIPPED_STANDARDS)
    if found is None or problems:
        raise ConfigurationInvalid(tuple(problems))
    return found


def _classifier(names: str | None) -> Classifier:
    environ = {**os.environ, **({"WARDMOTE_CLASSIFIERS": names} if names else {})}
    settings, problems = load_settings(environ)
    if settings is None:
        raise ConfigurationInvalid(tuple(problems))
    return open_classifier(settings)


def _must_differ(source: str, sink: str) -> None:
    if "-" in {source, sink}:
        return
    if Path(sink).exists() and Path(source).exists() and Path(sink).samefile(source):
        refuse(f"{sink} is the input; writing would destroy it. Name another --output.")


@contextmanager
def _reading(source: str) -> Iterator[IO[str]]:
    # A byte that is not UTF-8 becomes a lone surrogate, which every classifier reads.
    if source != "-":
        path = Path(source)
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
            yield lines
        return
    stream = io.TextIOWrapper(sys.stdin.buffer, "utf-8-sig", errors="surrogateescape", newline="")
    try:
        yield stream
    finally:
        stream.detach()


@contextmanager
def _writing(sink: str) -> Iterator[IO[str]]:
    if sink == "-":
        yield sys.stdout
        return
    with Path(sink).open("w", encoding="utf-8") as out:
        yield out


def _said(source: str) -> str:
    return "standard input" if source == "-" else source


def _score(
    lines: IO[str], out: IO[str], classifier: Classifier, standards: Standards, *, said: str
) -> int:
    """Assess batch by batch, so that a file of any length fits; returns how many rows were bad."""
    periods = standards.periods_at(datetime.now(UTC))
    rows = read_rows(lines)
    bad = 0
    while batch := list(islice(rows, _BATCH)):
        good = [each for each in batch if isinstance(each, ReadRow)]
        for each in batch:
            if isinstance(each, BadRow):
                bad += 1
                click.echo(f"{said}, line {each.line}: {each.why}.", err=True)
        for row, scores in zip(good, classifier.score([row.text for row in good]), strict=True):
            context = Context(post=row.context, parent=row.parent)
            assessment = assess(row.text, scores, standards, periods=periods, context=context)
            out.write(json.dumps(_line(row, scores, assessment)) + "\n")
        out.flush()
    return bad


def _line(row: ReadRow, scores: Scores, assessment: Assessment) -> dict[str, Any]:
    others = sorted(set(scores.by_label) - set(DETOXIFY_LABELS))
    return {
        "id": row.id,
        "lane": assessment.lane,
        "breach": assessment.lane is Lane.BREACH,
        "needs_response": assessment.needs_response,
        "severity": assessment.severity or "none",
        "score": round(assessment.score, _DECIMALS),
        "labels": _values(scores, [*DETOXIFY_LABELS, *others]),
        "clauses": [
            {
                "id": each.clause,
                "severity": each.severity,
                "score": round(each.score, _DECIMALS),
                "target": each.target,
                "evidence": [
                    {"start": one.start, "end": one.end, "label": one.label}
                    for one in each.evidence
                ],
            }
            for each in assessment.clauses
        ],
        "model": assessment.model,
        "standards": assessment.standards_version,
    }


def _values(scores: Scores, labels: Sequence[Label]) -> dict[str, float]:
    seen = {label: score.value for label, score in scores.by_label.items()}
    return {str(label): round(seen.get(label, 0.0), _DECIMALS) for label in labels}
