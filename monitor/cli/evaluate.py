"""``wardmote evaluate``: how well labelled comments are read, as a card."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from classifiers.contract import Classifier, Scores
from classifiers.labelled import SPLITS, read_examples
from config.standards import Standards
from monitor.cli.choosing import chosen_classifier, chosen_standards
from monitor.cli.endings import Ended, Status, refuse
from monitor.evaluation import baseline, benchmark_files, benchmarks, reference
from monitor.evaluation.card import Card, card_of
from monitor.evaluation.comparison import Comparison, Side, compare
from monitor.evaluation.examples import read_file
from monitor.evaluation.floors import Floor
from monitor.evaluation.measures import require_statistics
from monitor.evaluation.needs import EvaluationImpossible
from monitor.evaluation.pages.benchmarks import benchmarks_page
from monitor.evaluation.pages.card import card_page, held_in_short
from monitor.evaluation.pages.rendering import figures_json, render_html, render_markdown
from monitor.evaluation.pages.shape import Page
from monitor.evaluation.pages.wording import bound, decimal, rate
from monitor.evaluation.readings import Reading, read, scored

__all__ = ["evaluate"]

_Advance = Callable[[int], object]
_FILE = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the command line says."""

    split: str
    examples: Path | None
    classifier: str | None
    standards: Path | None
    compare: str | None
    compare_standards: Path | None
    reference: tuple[str, ...]
    baseline: Path | None
    write_baseline: bool
    benchmarks: Path | None
    limit: int | None
    output: Path | None
    as_json: bool
    show_texts: bool

    @property
    def is_shipped(self) -> bool:
        """Whether it is what the committed baseline is about."""
        asks_for_own = self.examples or self.classifier or self.standards
        return self.split == "test" and not asks_for_own

    @property
    def needs_examples(self) -> bool:
        """Whether something was asked for that the public files cannot show."""
        return bool(
            self.examples
            or self.compare
            or self.compare_standards
            or self.reference
            or self.baseline
            or self.write_baseline
            or self.show_texts
        )


@click.command()
@click.option(
    "--split", type=click.Choice(SPLITS), default="test", help="Which of the project's examples."
)
@click.option("--examples", type=_FILE, help="Examples of your own instead, as JSON Lines.")
@click.option("--classifier", help="Classifiers, comma separated. [WARDMOTE_CLASSIFIERS]")
@click.option("--standards", type=_FILE, help="A standard instead of the shipped one.")
@click.option("--compare", metavar="NAMES", help="Other classifiers, side by side.")
@click.option("--compare-standards", type=_FILE, help="Another standard, side by side.")
@click.option(
    "--reference",
    multiple=True,
    metavar="NAME",
    help=f"An off-the-shelf filter beside: {', '.join(reference.REFERENCES)}. May be repeated.",
)
@click.option("--baseline", type=_FILE, help="Figures that may not fall; default: the committed.")
@click.option("--write-baseline", is_flag=True, help="Write this run's figures as the baseline.")
@click.option("--benchmarks", type=_FOLDER, help="Read public test files (Parquet) instead.")
@click.option("--limit", type=click.IntRange(min=2), help="Rows of each public file at most.")
@click.option("--output", type=_FOLDER, help="Where the card goes as HTML, Markdown and JSON.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--show-texts", is_flag=True, help="Show misread comments; some are abusive.")
def evaluate(**options: Any) -> None:
    """Score labelled examples, hold them against the standard, and say how well they were read.

    Writes nothing without --output. Exit status 1 if a figure fell below the baseline by more
    than its tolerance.

    For example: wardmote evaluate --output card
    """
    asked = _Asked(**options)
    _must_make_sense(asked)
    try:
        require_statistics()
        if asked.benchmarks is not None:
            _evaluate_benchmarks(asked, asked.benchmarks)
        else:
            _evaluate_examples(asked)
    except EvaluationImpossible as error:
        refuse(f"{error.sentence} {error.hint}".strip())


def _must_make_sense(asked: _Asked) -> None:
    if asked.benchmarks is not None and asked.needs_examples:
        refuse(
            "--benchmarks reads public files only: it goes with --classifier, --standards, "
            "--limit, --output and --json."
        )
    if asked.limit is not None and asked.benchmarks is None:
        refuse("--limit is for --benchmarks.")
    if asked.show_texts and asked.output is None:
        refuse("--show-texts is about the card's pages: name their folder with --output.")
    if asked.write_baseline and not asked.is_shipped and asked.baseline is None:
        refuse(
            "The committed baseline is of the shipped classifier, standard and test split. "
            "Leave --split, --examples, --classifier and --standards out, or name --baseline."
        )


def _evaluate_examples(asked: _Asked) -> None:
    examples = read_file(asked.examples) if asked.examples else read_examples(asked.split)
    filters = [reference.open_filter(name) for name in asked.reference]
    standards = chosen_standards(asked.standards)
    classifier = chosen_classifier(asked.classifier)
    name = asked.examples.name if asked.examples else f"{asked.split} split"
    with _progress("scored") as advance:
        scores = scored([each.text for each in examples], classifier, advance=advance)
        readings = read(examples, scores, standards)
        card = card_of(name, readings, classifier, standards, advance=advance)
        card = _with_references(card, readings, filters)
        card = _with_comparison(card, asked, readings, (classifier, scores), advance)
    card = _with_baseline(card, asked)
    texts = {each.id: each.text for each in examples} if asked.show_texts else {}
    _show(asked, card, card_page(card, texts), "card")
    if not asked.as_json:
        _tell(card)
    if card.baseline is not None and card.baseline.falls:
        raise Ended(_fallen(card.baseline), Status.AMISS)


def _with_references(
    card: Card, readings: Sequence[Reading], filters: Sequence[reference.Filter]
) -> Card:
    if not filters:
        return card
    examples = [one.example for one in readings]
    own = reference.own_verdicts(readings)
    rows = [reference.row_of("this run", examples, own)]
    rows += [
        reference.row_of(each.name, examples, reference.verdicts(each, examples))
        for each in filters
    ]
    return replace(card, references=tuple(rows))


def _with_comparison(
    card: Card,
    asked: _Asked,
    readings: Sequence[Reading],
    first: tuple[Classifier, list[Scores]],
    advance: _Advance,
) -> Card:
    if asked.compare is None and asked.compare_standards is None:
        return card
    classifier, scores = first
    standards = chosen_standards(asked.standards)
    examples = [one.example for one in readings]
    if asked.compare is not None:
        classifier = chosen_classifier(asked.compare)
        scores = scored([each.text for each in examples], classifier, advance=advance)
    other = chosen_standards(asked.compare_standards or asked.standards)
    return replace(
        card,
        comparison=compare(
            Side(_named(first[0], standards), readings, standards),
            Side(_named(classifier, other), read(examples, scores, other), other),
        ),
    )


def _named(classifier: Classifier, standards: Standards) -> str:
    return f"{classifier.fingerprint}, {standards.fingerprint}"


def _with_baseline(card: Card, asked: _Asked) -> Card:
    path = asked.baseline or baseline.COMMITTED
    if asked.write_baseline:
        baseline.write_baseline(
            path,
            card.key_figures,
            classifier=card.subject.classifier,
            standards=card.subject.standards,
            digest=card.subject.digest,
        )
        click.echo(f"wrote {path}", err=True)
        return card
    if asked.baseline is None and not (asked.is_shipped and path.exists()):
        return card
    check = baseline.check_against(path, card.key_figures, digest=card.subject.digest)
    return replace(card, baseline=check)


def _fallen(check: baseline.BaselineCheck) -> str:
    count = len(check.falls)
    said = [fall.sentence for fall in check.falls]
    total = f"{count} figure{'s' if count != 1 else ''} fell below the baseline."
    return "\n".join([*said, total])


def _evaluate_benchmarks(asked: _Asked, folder: Path) -> None:
    rows = benchmark_files.benchmark_rows(folder, limit=asked.limit)
    standards = chosen_standards(asked.standards)
    classifier = chosen_classifier(asked.classifier)
    with _file_progress() as advance:
        found = benchmarks.measure(rows, classifier, standards, advance=advance)
    _show(asked, found, benchmarks_page(found), "benchmarks")
    if asked.as_json:
        return
    table = Table("file", "measure", "figure", title="Public test files")
    for each in found.files:
        for one in each.measures:
            spelt = rate(one.figure) if one.is_rate else decimal(one.figure)
            table.add_row(each.file, one.name, spelt)
    console = Console()
    console.print(table)
    console.print(_floors_table(found.floors))


def _show(asked: _Asked, figures: object, page: Page, name: str) -> None:
    """Write the three files where a folder is named, print the JSON where that is asked for."""
    whole = figures_json(figures)
    if asked.output is not None:
        asked.output.mkdir(parents=True, exist_ok=True)
        for ending, text in (
            ("html", render_html(page)),
            ("md", render_markdown(page)),
            ("json", whole + "\n"),
        ):
            path = asked.output / f"{name}.{ending}"
            # An example may hold half of a character, which no encoding writes.
            path.write_text(text, encoding="utf-8", errors="replace")
            click.echo(f"wrote {path}", err=True)
    if asked.as_json:
        click.echo(whole)


def _tell(card: Card) -> None:
    console = Console()
    console.print(_floors_table(card.floors))
    subject = card.subject
    console.print(
        f"{held_in_short(card.floors)} {subject.examples}: {subject.count:,} examples; "
        f"{subject.classifier}; {subject.standards}.",
        markup=False,
    )
    if card.comparison is not None:
        _tell_comparison(card.comparison, console)
    for row in card.references:
        recall, alarms = decimal(row.recall), rate(row.criticism)
        console.print(f"{row.name}: breach recall {recall}, false alarms on criticism {alarms}.")


def _tell_comparison(comparison: Comparison, console: Console) -> None:
    table = Table("figure", "first", "second", "difference", title="Side by side")
    for each in comparison.figures:
        if each.first is not None and each.second is not None:
            difference = f"{each.second - each.first:+.3f}"
            table.add_row(each.name, f"{each.first:.3f}", f"{each.second:.3f}", difference)
    console.print(table)
    console.print(
        f"{len(comparison.changes)} examples change lane; breach or not, only the first is right "
        f"on {comparison.only_first_right} and only the second on {comparison.only_second_right} "
        f"(McNemar's exact test: p = {comparison.p_value:.3g})."
    )


def _floors_table(floors: Sequence[Floor]) -> Table:
    held = {True: "reached", False: "not reached", None: "not measured"}
    table = Table("floor", "bound", "figure", "held", title="What must hold")
    for floor in floors:
        spelt = rate(floor.figure) if floor.is_rate else decimal(floor.figure)
        table.add_row(floor.name, bound(floor), spelt, held[floor.is_reached])
    return table


@contextmanager
def _progress(what: str) -> Iterator[_Advance]:
    with _bar() as bar:
        task = bar.add_task(what, total=None)
        yield lambda done: bar.advance(task, done)


@contextmanager
def _file_progress() -> Iterator[Callable[[str, int, int], object]]:
    with _bar() as bar:
        task = bar.add_task("", total=None)
        yield lambda file, done, of: bar.update(task, description=file, completed=done, total=of)


def _bar() -> Progress:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
