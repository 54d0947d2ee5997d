"""Score, assess, open, route: what was read becomes an assessment, a case, and alerts.

T2, once per batch: assessments · cases · alert orders in the outbox · audit. The model runs with
no transaction open. When it fails, nothing is taken as clean: the comments stay unassessed, are
tried again later, and an operator is told. Where one comment alone cannot be read it is set aside
for an hour, and after a few tries it becomes a case for a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from classifiers.contract import Classifier, ClassifierFailed, Scores
from config.standards import Lane
from monitor.domain import case as cases_of
from monitor.domain.assessment import Assessment, assess, needs_a_person, unreadable_text
from monitor.domain.case import Case, CaseState
from monitor.domain.context import Context
from monitor.domain.routing import route
from monitor.services import Services
from monitor.store import audit, cases, comments, outbox
from monitor.store.cases import StaleCase
from monitor.store.comments import ToAssess
from monitor.store.engine import Transaction
from monitor.store.outbox import OutboxKind
from monitor.workflow import cards, notices

__all__ = ["assess_due"]

_SAYS_LITTLE = frozenset({"sticker", "animated_image_share"})
"""Attachments without words that cannot say enough to be worth a person's time; every other kind
can say something that no classifier here sees."""

_PLAIN = "The library opens at nine."
"""What every classifier can read, unless it can read nothing."""

_SET_ASIDE = timedelta(hours=1)
_OUTAGE_HOUR = "%Y%m%dT%H"


def assess_due(services: Services) -> int:
    """Assess one batch of what has not been; returns how many. Nudges itself while there is more.

    1. Lease the oldest unassessed comment versions.
    2. Score their texts, with no transaction open.
    3. Write assessments, cases, alerts and audit together (T2).
    """
    now = services.now()
    with services.database.transaction("T2 lease") as tx:
        batch = comments.lease_unassessed(
            tx,
            now=now,
            lease_for=services.pace.lease,
            limit=services.pace.batch,
            new_lease=services.new_id,
        )
    if not batch:
        return 0
    read = _read_batch(services, batch)
    if not read:
        return 0
    _write(services, read)
    if len(batch) == services.pace.batch:
        services.dispatcher.nudge("assess")
    return len(read)


def _read_batch(services: Services, batch: Sequence[ToAssess]) -> list[tuple[ToAssess, Assessment]]:
    """Read a batch; where that fails, find out whether everything fails or one comment does."""
    try:
        classifier = services.classifier()
        return _assessed(services, batch, _ask(classifier, [each.text for each in batch]))
    except ClassifierFailed as error:
        failure = error
    try:
        classifier = services.classifier()
        _ask(classifier, [_PLAIN])
    except ClassifierFailed:
        _wait_for_it(services, batch, failure)
        return []
    return [pair for each in batch for pair in _read_alone(services, classifier, each)]


def _read_alone(
    services: Services, classifier: Classifier, one: ToAssess
) -> list[tuple[ToAssess, Assessment]]:
    """Read one comment of a batch that failed: it may be the one that cannot be read."""
    try:
        return _assessed(services, [one], _ask(classifier, [one.text]))
    except ClassifierFailed:
        if one.attempts >= services.pace.patience:
            # What nothing here can read is a person's to read, not everybody's to forget.
            return [(one, _unreadable(services, classifier.fingerprint, "it could not be read"))]
        _set_aside(services, one)
        return []


def _ask(classifier: Classifier, texts: Sequence[str]) -> list[Scores]:
    """Ask a classifier, whose own mistakes count as a failure to read too."""
    try:
        return classifier.score(texts)
    except ClassifierFailed:
        raise
    except Exception as error:  # noqa: BLE001 - a model's mistake must not stop the reading
        # Without its cause: a library's own words may quote the text.
        raise ClassifierFailed(f"The classifier broke off ({type(error).__name__}).") from None


def _assessed(
    services: Services, batch: Sequence[ToAssess], scores: Sequence[Scores]
) -> list[tuple[ToAssess, Assessment]]:
    periods = services.standards.periods_at(services.now())
    return [
        (one, _assessment(services, one, found, periods=periods))
        for one, found in zip(batch, scores, strict=True)
    ]


def _set_aside(services: Services, one: ToAssess) -> None:
    with services.database.transaction("T2 aside") as tx:
        comments.push_back(tx, [one.version_id], until=services.now() + _SET_ASIDE)
    services.log.error("assess.poisoned", channel=one.channel_id, attempts=one.attempts)


def _wait_for_it(services: Services, batch: Sequence[ToAssess], error: ClassifierFailed) -> None:
    """Nothing can be read at present: all of it waits a little, and an operator is told."""
    now = services.now()
    with services.database.transaction("T2 outage") as tx:
        comments.push_back(
            tx, [each.version_id for each in batch], until=now + services.pace.retry * 2
        )
        notices.tell_operators(
            tx,
            services,
            key=f"classifier:failed:{now.strftime(_OUTAGE_HOUR)}",
            title="The classifier cannot read: comments wait unassessed",
            lines=(
                error.sentence,
                *([error.hint] if error.hint else []),
                "Nothing is taken as clean meanwhile; the comments are read once it works.",
            ),
        )
    services.log.error("assess.failed", error=type(error).__name__)
    services.dispatcher.nudge("deliver")


def _write(services: Services, assessments: Sequence[tuple[ToAssess, Assessment]]) -> None:
    try:
        lines = _store(services, assessments)
    except StaleCase:
        # A person moved one of these cases between our reading and our writing: read it again.
        lines = _store(services, assessments)
    for _, assessment in assessments:
        services.metrics.assessments.labels(lane=assessment.lane).inc()
    for event, case in lines:
        services.log.info(
            event, case=case.id, lane=case.lane, severity=case.severity, channel=case.channel_id
        )
    if lines:
        services.dispatcher.nudge("deliver")


def _store(
    services: Services, assessments: Sequence[tuple[ToAssess, Assessment]]
) -> list[tuple[str, Case]]:
    """Write a batch, and say what happened to which case."""
    with services.database.transaction("T2") as tx:
        recorded = [_record(tx, services, one, assessment) for one, assessment in assessments]
        lines = [each for each in recorded if each is not None]
        audit.append(
            tx,
            "comments.assessed",
            actor="system",
            subject="batch",
            at=services.now(),
            details={"count": len(assessments), "cases": len(lines)},
        )
    return lines


def _assessment(
    services: Services, one: ToAssess, scores: Scores, *, periods: frozenset[str]
) -> Assessment:
    if not one.text.strip() and set(one.attachments) - _SAYS_LITTLE:
        return _unreadable(services, scores.model, "no text, only an attachment")
    context = Context(post=one.post_text, parent=one.parent_text)
    return assess(one.text, scores, services.standards, periods=periods, context=context)


def _unreadable(services: Services, model: str, why: str) -> Assessment:
    return unreadable_text(services.standards, model, why)


def _record(
    tx: Transaction, services: Services, one: ToAssess, assessment: Assessment
) -> tuple[str, Case] | None:
    now = services.now()
    assessment_id = cases.record_assessment(tx, one.version_id, assessment, now=now)
    if assessment_id is None:
        return None
    opened = None
    if needs_a_person(assessment):
        opened = cases.open_case(
            tx,
            comment_id=one.comment_id,
            channel_id=one.channel_id,
            assessment_id=assessment_id,
            assessment=assessment,
            now=now,
        )
    if opened is None:
        # Nobody is needed, or there is a case already: an earlier wording opened it.
        known = cases.for_comment(tx, one.comment_id)
        if known is None:
            return None
        return _revise(
            tx, services, known, assessment, assessment_id=assessment_id, service=one.service
        )
    _order_alerts(tx, services, opened, service=one.service)
    audit.append(
        tx,
        "case.opened",
        actor="system",
        subject=f"case:{opened.id}",
        at=now,
        details={
            "lane": opened.lane,
            "severity": opened.severity,
            "clause": opened.clauses[0] if opened.clauses else None,
            "standards": assessment.standards_version,
            "model": assessment.model,
        },
    )
    return "case.opened", opened


def _revise(
    tx: Transaction,
    services: Services,
    known: Case,
    assessment: Assessment,
    *,
    assessment_id: int,
    service: str,
) -> tuple[str, Case] | None:
    """A comment with a case was edited: it is read anew, and a closed case returns.

    Where it got worse, whoever is told of such cases is told, and quiet hours that no longer
    hold it back are ended.
    """
    asks = needs_a_person(assessment)
    moved = cases_of.reassess(
        known,
        lane=assessment.lane if asks else known.lane,
        severity=assessment.severity if asks else None,
        clauses=tuple(breach.clause for breach in assessment.clauses) if asks else (),
    )
    if moved is known:
        return None
    cases.save(tx, moved, from_version=known.version, assessment_id=assessment_id)
    returned = known.state is CaseState.CLOSED and moved.state is CaseState.OPEN
    if asks and moved.state is not CaseState.CLOSED:
        _order_alerts(tx, services, moved, service=service)
    audit.append(
        tx,
        "case.edited",
        actor="system",
        subject=f"case:{moved.id}",
        at=services.now(),
        details={"state": moved.state, "severity": moved.severity},
    )
    cards.order_redraw(tx, services, moved)
    if returned:
        cards.order_return_notice(tx, services, moved, why="its comment was edited")
        return "case.reopened", moved
    if moved.severity.rank < known.severity.rank:
        cards.order_worse_notice(tx, services, moved)
    return None


def _order_alerts(tx: Transaction, services: Services, case: Case, *, service: str) -> None:
    now = services.now()
    for order in route(
        services.routes,
        lane=Lane(case.lane),
        severity=case.severity,
        clauses=case.clauses,
        service=service,
        now=now,
    ):
        key = cards.alert_key(case.id, order.destination)
        is_first = outbox.put(
            tx,
            key=key,
            kind=OutboxKind.ALERT,
            destination=order.destination,
            payload={"case_id": case.id, "urgency": order.urgency},
            case_id=case.id,
            due_at=order.not_before,
            now=now,
            serial=cards.serial(case.id, order.destination),
        )
        if not is_first:
            outbox.hasten(tx, key, due_at=order.not_before)
