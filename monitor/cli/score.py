"""``wardmote score``: read texts from a file, write assessments; no database, no network."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any

import click

import config.standards
from classifiers.contract import DETOXIFY_LABELS, Classifier, ClassifierFailed, Label, Scores
from config.problems import ConfigurationInvalid
from config.settings import load_settings
from config.standards import Standards
from monitor.bootstrap import open_classifier
from monitor.domain.assessment import Assessment, assess

__all__ = ["score"]

_BATCH = 256


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class _BadRow:
    line: int
    why: str


@click.command()
@click.option("--input", "source", required=True, help="CSV or JSON Lines; - reads standard input.")
@click.option("--output", "sink", required=True, help="JSON Lines; - writes standard output.")
@click.option("--classifier", "names", help="Classifiers, comma separated. [WARDMOTE_CLASSIFIERS]")
@click.option("--standards", "standards_path", type=click.Path(path_type=Path), help="A standard.")
def score(source: str, sink: str, names: str | None, standards_path: Path | None) -> None:
    """Assess every row of a file with `id` and `text`; one JSON object per row, in order.

    A bad row is reported with its line number and the rest still runs; exit status 1 then.

    Example:

      printf 'id,text\\n1,Thank you\\n' | wardmote score --input - --output -
    """
    standards = _standards(standards_path)
    classifier = _classifier(names)
    periods = standards.periods_at(datetime.now(UTC))
    bad = 0
    with ExitStack() as stack:
        lines = stack.enter_context(_reading(source))
        out = stack.enter_context(_writing(sink))
        rows = _rows(lines)
        while batch := list(islice(rows, _BATCH)):
            good = [each for each in batch if isinstance(each, _Row)]
            for each in batch:
                if isinstance(each, _BadRow):
                    bad += 1
                    click.echo(f"{source}, line {each.line}: {each.why}.", err=True)
            for row, scores in zip(good, _scores(classifier, good), strict=True):
                assessment = assess(row.text, scores, standards, periods=periods)
                out.write(json.dumps(_line(row, scores, assessment), ensure_ascii=True) + "\n")
    if bad:
        click.echo(f"{bad} row{'s' if bad != 1 else ''} could not be read.", err=True)
        sys.exit(1)


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
    try:
        return open_classifier(settings)
    except ClassifierFailed as error:
        raise click.ClickException(f"{error.sentence} {error.hint}".strip()) from error


def _scores(classifier: Classifier, rows: list[_Row]) -> list[Scores]:
    try:
        return classifier.score([each.text for each in rows])
    except ClassifierFailed as error:
        raise click.ClickException(f"{error.sentence} {error.hint}".strip()) from error


def _reading(source: str) -> IO[str]:
    if source == "-":
        return open(0, encoding="utf-8-sig", errors="surrogateescape", newline="", closefd=False)  # noqa: PTH123 - standard input has no path
    try:
        return Path(source).open(encoding="utf-8-sig", errors="surrogateescape", newline="")
    except OSError as error:
        raise click.ClickException(f"{source} cannot be read: {error.strerror}.") from error


def _writing(sink: str) -> IO[str]:
    if sink == "-":
        return open(1, "w", encoding="utf-8", closefd=False)  # noqa: PTH123 - standard output has no path
    try:
        return Path(sink).open("w", encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{sink} cannot be written: {error.strerror}.") from error


def _rows(lines: IO[str]) -> Iterator[_Row | _BadRow]:
    """CSV or JSON Lines, told apart by the first character."""
    first = lines.readline()
    if first.lstrip().startswith("{"):
        yield from _json_rows(first, lines)
    else:
        yield from _csv_rows(first, lines)


def _json_rows(first: str, lines: IO[str]) -> Iterator[_Row | _BadRow]:
    for number, line in enumerate(_chain(first, lines), start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except ValueError:
            yield _BadRow(number, "it is not JSON")
            continue
        yield _checked(number, found if isinstance(found, dict) else {})


def _csv_rows(first: str, lines: IO[str]) -> Iterator[_Row | _BadRow]:
    csv.field_size_limit(10_000_000)
    reader = csv.DictReader(_chain(first, lines))
    try:
        missing = {"id", "text"} - set(reader.fieldnames or ())
        if missing:
            yield _BadRow(1, f"the heading has no {' and no '.join(sorted(missing))}")
            return
        for found in reader:
            yield _checked(reader.line_num, found)
    except csv.Error as error:
        yield _BadRow(reader.line_num, f"it is not CSV ({error})")


def _chain(first: str, lines: IO[str]) -> Iterator[str]:
    if first:
        yield first
    yield from lines


def _checked(number: int, found: dict[str, Any]) -> _Row | _BadRow:
    row_id, text = found.get("id"), found.get("text")
    if not isinstance(row_id, str | int) or row_id == "":
        return _BadRow(number, "it has no id")
    if not isinstance(text, str):
        return _BadRow(number, "it has no text")
    return _Row(line=number, id=str(row_id), text=text)


def _line(row: _Row, scores: Scores, assessment: Assessment) -> dict[str, Any]:
    labels = {str(label): _value(scores, label) for label in DETOXIFY_LABELS}
    others = sorted(set(scores.by_label) - set(DETOXIFY_LABELS))
    labels.update({str(label): _value(scores, label) for label in others})
    return {
        "id": row.id,
        "lane": assessment.lane,
        "breach": assessment.lane == "breach",
        "needs_response": assessment.needs_response,
        "severity": assessment.severity or "none",
        "score": round(assessment.score, 4),
        "labels": labels,
        "clauses": [
            {
                "id": each.clause,
                "severity": each.severity,
                "score": round(each.score, 4),
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


def _value(scores: Scores, label: Label) -> float:
    found = scores.by_label.get(label)
    return round(found.value, 4) if found is not None else 0.0
