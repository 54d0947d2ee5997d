"""From scores to an assessment: which clause, about whom, how serious, and in which lane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from classifiers.contract import Label, Score, Scores, Span
from config.standards import Clause, ClauseId, Cue, Lane, Severity, Standards, Target
from monitor.domain.context import NO_CONTEXT, Context

__all__ = [
    "Assessment",
    "Band",
    "Breach",
    "Evidence",
    "assess",
    "bearing_target",
    "needs_a_person",
    "unreadable_text",
]

_TARGET_LABELS: Mapping[Target, Label] = {
    Target.COUNCILLOR: Label("target_councillor"),
    Target.STAFF: Label("target_staff"),
    Target.RESIDENT: Label("target_resident"),
    Target.GROUP: Label("target_group"),
    Target.INSTITUTION: Label("target_institution"),
}
_TARGET_HEARD = 0.5
# A model that read the whole comment is believed before a list that found a word.
_INSULTS = (Label("contempt"), Label("insult"))
_ALLOWED_LANES = (Lane.REQUEST, Lane.CRITICISM)


class Band(StrEnum):
    """How sure a score is: suspect asks for a look, severe is as good as certain."""

    SUSPECT = "suspect"
    SEVERE = "severe"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stretch of the text that speaks for a clause: ``text[start:end]``, in code points."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Breach:
    """A clause that the text touches, with its evidence.

    Attributes:
        score: 0 to 1, the strongest of the clause's cues.
        target: Whom the words are about.
        evidence: May be empty, when the whole text is what speaks.
    """

    clause: ClauseId
    severity: Severity
    band: Band
    score: float
    target: Target
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """Our reading of one version of a comment.

    Attributes:
        breaches: Worst first.
        concerns: Welfare clauses: a duty of care, never counted as a breach.
        severity: The worst of ``breaches`` and ``concerns``; None when a person need not look.
        score: 0 to 1, the strongest evidence that a person must look.
        needs_response: An officer must answer, whatever else the text is.
        reason: Why it went to its lane, in a few words for the record.
        standards_version: The fingerprint of the standard it was read against.
        model: The fingerprint of what scored it.
    """

    lane: Lane
    severity: Severity | None
    score: float
    breaches: tuple[Breach, ...]
    concerns: tuple[Breach, ...]
    needs_response: bool
    target: Target
    reason: str
    standards_version: str
    model: str

    @property
    def clauses(self) -> tuple[Breach, ...]:
        """Every clause that was touched, those that decided the lane first."""
        if self.lane is Lane.WELFARE:
            return self.concerns + self.breaches
        return self.breaches + self.concerns


def assess(
    text: str,
    scores: Scores,
    standards: Standards,
    *,
    periods: frozenset[str] = frozenset(),
    context: Context = NO_CONTEXT,
) -> Assessment:
    """Read one text's scores against the standard.

    Args:
        text: The comment as it stands; used only to place evidence inside it.
        scores: What the classifiers saw.
        standards: The standard in force.
        periods: The named periods that hold now (``pre_election``).
        context: What stands above the comment, where that is known.
    """
    by_label = _not_published(text, scores.by_label, context)
    target = bearing_target(by_label, context)
    touched = [
        breach
        for clause in standards.clauses
        if not clause.only_in or clause.only_in & periods
        if (breach := _touch(clause, by_label, target=target, length=len(text))) is not None
    ]
    touched.sort(key=lambda breach: (breach.severity.rank, -breach.score))
    welfare = {clause.id for clause in standards.clauses if clause.lane is Lane.WELFARE}
    breaches = tuple(breach for breach in touched if breach.clause not in welfare)
    concerns = tuple(breach for breach in touched if breach.clause in welfare)
    lane, reason = _lane(breaches, concerns, by_label, standards=standards, target=target)
    heeded = breaches + concerns if lane in {Lane.BREACH, Lane.WELFARE} else ()
    return Assessment(
        lane=lane,
        severity=_worst(heeded, lane),
        score=_strongest(heeded, by_label, standards=standards),
        breaches=breaches,
        concerns=concerns,
        needs_response=_speaks(standards.lane_cues.get(Lane.REQUEST, ()), by_label, target=target),
        target=target,
        reason=reason,
        standards_version=standards.fingerprint,
        model=scores.model,
    )


def unreadable_text(standards: Standards, model: str, reason: str) -> Assessment:
    """The assessment of a comment that holds no words to score, such as a picture alone."""
    return Assessment(
        lane=Lane.UNSURE,
        severity=Severity.S4,
        score=0.0,
        breaches=(),
        concerns=(),
        needs_response=False,
        target=Target.NOBODY,
        reason=reason,
        standards_version=standards.fingerprint,
        model=model,
    )


def needs_a_person(assessment: Assessment) -> bool:
    """Whether this becomes a case: a breach, a concern, or what no model here can judge."""
    return assessment.lane in {Lane.BREACH, Lane.WELFARE, Lane.UNSURE}


def bearing_target(by_label: Mapping[Label, Score], context: Context = NO_CONTEXT) -> Target:
    """Whom the words are about: the strongest target heard.

    An insult without any target heard bears on whom the context says.
    """
    heard = [
        (score.value, target)
        for target, label in _TARGET_LABELS.items()
        if (score := by_label.get(label)) is not None and score.value >= _TARGET_HEARD
    ]
    if heard:
        # Ties go to a person before an institution: the order of _TARGET_LABELS.
        strongest = max(value for value, _ in heard)
        return next(target for value, target in heard if value == strongest)
    for label in _INSULTS:
        score = by_label.get(label)
        if score is not None:
            is_insult = score.value >= _TARGET_HEARD
            return context.bare_insult_bears_on if is_insult else Target.NOBODY
    return Target.NOBODY


def _not_published(
    text: str, by_label: Mapping[Label, Score], context: Context
) -> Mapping[Label, Score]:
    """The scores without those that point only at what the council's own post gives."""
    if not context.post:
        return by_label
    kept = {}
    for label, score in by_label.items():
        spans = tuple(
            span for span in score.spans if not context.publishes(text[span.start : span.end])
        )
        if spans or not score.spans:
            kept[label] = Score(score.value, spans)
    return kept


def _touch(
    clause: Clause, by_label: Mapping[Label, Score], *, target: Target, length: int
) -> Breach | None:
    spoken = [
        (cue, score)
        for cue in clause.cues
        if (score := _heard(cue, by_label, target=target)) is not None
    ]
    if not spoken:
        return None
    severities = [cue.severity or clause.severity for cue, _ in spoken]
    return Breach(
        clause=clause.id,
        severity=min(severities, key=lambda severity: severity.rank),
        band=(
            Band.SEVERE if any(score.value >= cue.severe for cue, score in spoken) else Band.SUSPECT
        ),
        score=max(score.value for _, score in spoken),
        target=target,
        evidence=tuple(
            sorted(
                {
                    Evidence(start=span.start, end=span.end, label=cue.label)
                    for cue, score in spoken
                    for span in score.spans
                    if _inside(span, length)
                },
                key=lambda evidence: (evidence.start, evidence.end, evidence.label),
            )
        ),
    )


def _inside(span: Span, length: int) -> bool:
    return 0 <= span.start < span.end <= length


def _lane(
    breaches: tuple[Breach, ...],
    concerns: tuple[Breach, ...],
    by_label: Mapping[Label, Score],
    *,
    standards: Standards,
    target: Target,
) -> tuple[Lane, str]:
    # A threat to somebody else outranks the duty of care to its writer; nothing milder does,
    # because a person in distress who swears is first of all a person in distress.
    outranking = {clause.id for clause in standards.clauses if clause.outranks_welfare}
    grave = any(
        breach.clause in outranking and breach.severity.rank <= Severity.S2.rank
        for breach in breaches
    )
    if concerns and not grave:
        return Lane.WELFARE, f"duty of care: {concerns[0].clause}"
    if breaches:
        return Lane.BREACH, f"touches {breaches[0].clause}"
    if _speaks(standards.lane_cues.get(Lane.UNSURE, ()), by_label, target=target):
        return Lane.UNSURE, "no model here can judge this text"
    for lane in _ALLOWED_LANES:
        if _speaks(standards.lane_cues.get(lane, ()), by_label, target=target):
            return lane, f"allowed: {lane}"
    return Lane.CLEAR, "allowed: nothing touches a clause"


def _speaks(cues: tuple[Cue, ...], by_label: Mapping[Label, Score], *, target: Target) -> bool:
    return any(_heard(cue, by_label, target=target) is not None for cue in cues)


def _heard(cue: Cue, by_label: Mapping[Label, Score], *, target: Target) -> Score | None:
    """The score that a cue speaks with, or nothing when it is silent."""
    score = by_label.get(Label(cue.label))
    if score is None or score.value < cue.suspect:
        return None
    if cue.targets and target not in cue.targets:
        return None
    if cue.confirmed_by is not None:
        other = by_label.get(Label(cue.confirmed_by))
        if other is not None and other.value < cue.confirmed_from:
            return None
    return score


def _worst(heeded: tuple[Breach, ...], lane: Lane) -> Severity | None:
    if heeded:
        return min((breach.severity for breach in heeded), key=lambda severity: severity.rank)
    # Nobody has read an unsure text yet, so it waits with the minor cases, not before them.
    return Severity.S4 if lane is Lane.UNSURE else None


def _strongest(
    heeded: tuple[Breach, ...], by_label: Mapping[Label, Score], *, standards: Standards
) -> float:
    if heeded:
        return max(breach.score for breach in heeded)
    # Below every band, the score still ranks texts: how near the nearest clause's cue came,
    # kept under one half so that it can never be read as a breach.
    nearest = [
        min(score.value / cue.suspect, 1.0)
        for clause in standards.clauses
        for cue in clause.cues
        if cue.suspect > 0 and (score := by_label.get(Label(cue.label))) is not None
    ]
    return 0.49 * max(nearest, default=0.0)
