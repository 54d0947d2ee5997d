"""Statistics with their intervals: the only module that asks NumPy, SciPy and scikit-learn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from monitor.evaluation.needs import require

__all__ = [
    "CONFIDENCE",
    "Bin",
    "Detection",
    "Figure",
    "Ranking",
    "Reliability",
    "detection",
    "macro_f1",
    "mcnemar",
    "proportion",
    "rank_agreement",
    "ranking",
    "reliability",
    "require_statistics",
    "share",
]

CONFIDENCE: Final = 0.95
"""What every interval is for."""

_RESAMPLES: Final = 1000
_SEED: Final = 20261121
_BINS: Final = 10
# Resamples are drawn some at a time, so that a large file of examples fits in memory.
_DRAWN_AT_ONCE: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its 95 % interval.

    Attributes:
        value: None where there was nothing to measure it on.
        low: The interval's lower end, or None where it has none.
        high: Its upper end.
        of: How many examples it was measured on.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    of: int = 0


@dataclass(frozen=True, slots=True)
class Detection:
    """How well one thing is found.

    Attributes:
        precision: Of those that were read as it, how many are; Wilson's interval.
        recall: Of those that are, how many were read as it; Wilson's interval.
        f1: Their harmonic mean; percentiles of seeded resamples. None without any that is.
        support: How many are.
        read: How many were read as it.
    """

    precision: Figure
    recall: Figure
    f1: Figure
    support: int
    read: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """How well a score puts what is above what is not; None where one of the two is missing."""

    auc: float | None
    average_precision: float | None
    positives: int
    of: int


@dataclass(frozen=True, slots=True)
class Bin:
    """Examples whose score lies above ``low`` and is at most ``high``; the lowest takes 0 too."""

    low: float
    high: float
    count: int
    mean_score: float | None
    share_true: float | None


@dataclass(frozen=True, slots=True)
class Reliability:
    """Whether a score of 0.7 is right seven times in ten.

    Attributes:
        brier: Mean squared distance between score and truth.
        error: Expected calibration error: the bins' mean distance, weighted by their counts.
    """

    brier: float | None
    error: float | None
    bins: tuple[Bin, ...]


def require_statistics() -> None:
    """Make sure of the libraries before anything is scored.

    Raises:
        EvaluationImpossible: One is not installed.
    """
    require("numpy", "scipy", "sklearn", task="wardmote evaluate")


def proportion(part: int, whole: int) -> Figure:
    """``part`` of ``whole``, with Wilson's interval."""
    if not whole:
        return Figure(None)
    interval = (
        _stats().binomtest(part, whole).proportion_ci(confidence_level=CONFIDENCE, method="wilson")
    )
    return Figure(part / whole, float(interval.low), float(interval.high), whole)


def share(answers: Iterable[bool]) -> Figure:
    """How many of the answers are yes."""
    counted = list(answers)
    return proportion(sum(counted), len(counted))


def detection(truth: Sequence[bool], read: Sequence[bool]) -> Detection:
    """Compare what is with what was read, example by example."""
    right = sum(each and other for each, other in zip(truth, read, strict=True))
    support, found = sum(truth), sum(read)
    return Detection(
        precision=proportion(right, found),
        recall=proportion(right, support),
        f1=macro_f1([(truth, read)]),
        support=support,
        read=found,
    )


def macro_f1(pairs: Sequence[tuple[Sequence[bool], Sequence[bool]]]) -> Figure:
    """The mean F1 of several things over the same examples, leaving out what never occurs.

    Args:
        pairs: For each thing, what is and what was read, example by example.
    """
    occurring = [pair for pair in pairs if any(pair[0])]
    if not occurring:
        return Figure(None)
    numpy = import_module("numpy")
    truth, read = (numpy.array(side, dtype=bool) for side in zip(*occurring, strict=True))

    def mean_f1(drawn: Any, axis: int = -1) -> Any:
        is_so, is_read = truth[:, drawn], read[:, drawn]
        both = (is_so & is_read).sum(axis=axis)
        either = is_so.sum(axis=axis) + is_read.sum(axis=axis)
        return (2 * both / numpy.maximum(either, 1)).mean(axis=0)

    everyone = numpy.arange(truth.shape[1])
    value = float(mean_f1(everyone))
    if len(everyone) == 1:
        return Figure(value, of=1)
    drawn = _stats().bootstrap(
        (everyone,),
        mean_f1,
        n_resamples=_RESAMPLES,
        batch=max(1, _DRAWN_AT_ONCE // truth.size),
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=numpy.random.default_rng(_SEED),
    )
    interval = drawn.confidence_interval
    return Figure(value, float(interval.low), float(interval.high), len(everyone))


def ranking(truth: Sequence[bool], scores: Sequence[float]) -> Ranking:
    """Area under the ROC curve, and average precision."""
    positives = sum(truth)
    if not 0 < positives < len(truth):
        return Ranking(None, None, positives, len(truth))
    metrics = import_module("sklearn.metrics")
    return Ranking(
        auc=float(metrics.roc_auc_score(truth, scores)),
        average_precision=float(metrics.average_precision_score(truth, scores)),
        positives=positives,
        of=len(truth),
    )


def reliability(truth: Sequence[bool], scores: Sequence[float]) -> Reliability:
    """Ten bins of equal width, with the Brier score and the expected calibration error."""
    if not truth:
        return Reliability(None, None, ())
    numpy = import_module("numpy")
    shares, means = import_module("sklearn.calibration").calibration_curve(
        truth, scores, n_bins=_BINS
    )
    edges = numpy.linspace(0, 1, _BINS + 1)
    counts = numpy.bincount(numpy.searchsorted(edges[1:-1], scores), minlength=_BINS)
    filled = iter(zip(means, shares, strict=True))
    bins = []
    for number, count in enumerate(counts):
        mean, true = next(filled) if count else (None, None)
        bins.append(
            Bin(
                low=float(edges[number]),
                high=float(edges[number + 1]),
                count=int(count),
                mean_score=None if mean is None else float(mean),
                share_true=None if true is None else float(true),
            )
        )
    held = counts[counts > 0]
    return Reliability(
        brier=float(import_module("sklearn.metrics").brier_score_loss(truth, scores)),
        error=float(numpy.average(numpy.abs(shares - means), weights=held)),
        bins=tuple(bins),
    )


def mcnemar(only_first: int, only_second: int) -> float:
    """McNemar's exact test: how likely is so uneven a split if neither is the better one?"""
    both = only_first + only_second
    return float(_stats().binomtest(only_first, both, 0.5).pvalue) if both else 1.0


def rank_agreement(some: Sequence[float], others: Sequence[float]) -> float | None:
    """Spearman's rank correlation; None where one of the two never varies."""
    if len(set(some)) < 2 or len(set(others)) < 2:  # noqa: PLR2004 - a constant has no ranks
        return None
    return float(_stats().spearmanr(some, others).statistic)


def _stats() -> Any:
    return import_module("scipy.stats")
