"""The evaluation card as a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from monitor.evaluation.card import Card
from monitor.evaluation.floors import Floor
from monitor.evaluation.pages.beside import (
    baseline_section,
    comparison_section,
    misses_section,
    references_section,
)
from monitor.evaluation.pages.curves import calibration_section, sweeps_section
from monitor.evaluation.pages.even_handedness import fairness_section
from monitor.evaluation.pages.figures import (
    breach_section,
    clauses_section,
    floors_section,
    groups_section,
    rest_section,
)
from monitor.evaluation.pages.shape import Page, Section
from monitor.evaluation.pages.wording import number, sentence

__all__ = ["card_page", "held_in_short"]

_METHOD: Final = (
    (
        "Every example is scored and assessed as the product does it, under the post that stands "
        "above it, as if every period that a clause is for held."
    ),
    (
        "A breach is what was put in the lane “breach”. A welfare concern is none: one that is "
        "put in that lane counts as a false alarm of breach."
    ),
    (
        "A clause is found where the assessment names it. “Seen at all” asks only whether a person "
        "is asked to look: lane breach, welfare or unsure. That is what protects people."
    ),
    (
        "A false alarm is a lawful example (criticism, request, clear) in the lane “breach”. Each "
        "lawful example counts under one floor: words that only look bad, criticism, or the rest."
    ),
    (
        "Intervals are 95%: Wilson's for proportions, percentiles of 1,000 seeded resamples of the "
        "examples for F1. A dash stands where there was nothing to measure."
    ),
    "Macro-F1 is the mean over the clauses that occur among the examples.",
    (
        "The examples are invented. How often each kind occurs among real comments is not in "
        "them, so precision here is not the precision on a council's page."
    ),
)


def card_page(card: Card, texts: Mapping[str, str]) -> Page:
    """Put the card into sections.

    Args:
        card: The run.
        texts: The words of the examples by id, to be shown; empty to protect the reader.
    """
    subject = card.subject
    return Page(
        title="Evaluation card",
        lead=held_in_short(card.floors),
        sentences=tuple(sentence(floor) for floor in card.floors),
        facts=(
            ("Examples", f"{subject.examples}: {number(subject.count)} ({subject.digest})"),
            ("Classifier", subject.classifier),
            ("Standard", subject.standards),
        ),
        sections=tuple(_sections(card, texts)),
        method=_METHOD,
    )


def held_in_short(floors: tuple[Floor, ...]) -> str:
    """How many floors are reached, in one sentence."""
    measured = [floor for floor in floors if floor.is_reached is not None]
    reached = sum(bool(floor.is_reached) for floor in measured)
    rest = len(floors) - len(measured)
    unmeasured = f" {rest} could not be measured on these examples." if rest else ""
    return f"{reached} of {len(measured)} floors are reached.{unmeasured}"


def _sections(card: Card, texts: Mapping[str, str]) -> Iterator[Section]:
    yield floors_section(card.floors)
    if card.baseline is not None:
        yield baseline_section(card.baseline)
    if card.comparison is not None:
        yield comparison_section(card.comparison)
    if card.references:
        yield references_section(card.references)
    yield breach_section(card.figures)
    yield clauses_section(card.figures.clauses, card.figures.macro_f1)
    yield groups_section(card.figures)
    yield rest_section(card.figures)
    yield fairness_section(card.fairness)
    yield misses_section(card.misses, texts)
    yield calibration_section(card.calibration)
    yield sweeps_section(card.sweeps)
