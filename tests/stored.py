"""What tests of the store put into it: one channel of Wexcombe Borough Council and its comments."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from classifiers.contract import ModelFingerprint
from config.standards import ClauseId, Lane, Severity, Target
from connectors.contract import Author, ChannelId, Comment, NativeId, Post
from monitor.domain.assessment import Assessment, Band, Breach, Evidence
from monitor.domain.case import Case, DecisionOrder, DecisionOutcome
from monitor.domain.people import PersonId
from monitor.store import cases, comments, cursors
from monitor.store.engine import Database, Transaction

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PARKS = ChannelId("facebook-parks")
AMINA = PersonId("amina")
BEDE = PersonId("bede")
ABUSE = ClauseId("abuse")
THREATS = ClauseId("threats")
HIDE = DecisionOrder(DecisionOutcome.HIDE, ABUSE, note="Repeated, at one person.")
STANDARDS = "resident-aup 1.0.0 (3f2a9c01)"
MODEL = ModelFingerprint("tiny 1 (00c0ffee)")

_LEASES = itertools.count(1)


def new_lease() -> str:
    return f"lease-{next(_LEASES)}"


def plan(channel_id: str = PARKS, **changes) -> cursors.ChannelPlan:
    wanted = {
        "connector": "facebook_page",
        "native_id": f"page-{channel_id}",
        "name": "Parks and Libraries on Facebook",
        "service": "parks",
        "interval": 5 * MINUTE,
    } | changes
    return cursors.ChannelPlan(id=ChannelId(channel_id), **wanted)


def post(native_id: str = "p1", text: str = "The library opens on Sunday.", **changes) -> Post:
    wanted = {"created_at": NOW - timedelta(days=1), "permalink": "https://example.org/p1"}
    return Post(native_id=NativeId(native_id), text=text, **(wanted | changes))


def comment(native_id: str = "c1", text: str = "You lot are useless.", **changes) -> Comment:
    wanted = {
        "post_id": NativeId("p1"),
        "parent_id": None,
        "author": Author(NativeId("u1"), "A resident"),
        "created_at": NOW - 10 * MINUTE,
        "permalink": f"https://example.org/{native_id}",
    }
    return Comment(native_id=NativeId(native_id), text=text, **(wanted | changes))


def assessment(
    *clauses: tuple[str, Severity],
    lane: Lane = Lane.BREACH,
    score: float = 0.9,
    model: str = MODEL,
    standards: str = STANDARDS,
) -> Assessment:
    """An assessment that touches the given clauses; ``abuse`` at S3 unless told otherwise."""
    touched = clauses or ((ABUSE, Severity.S3),)
    breaches = tuple(
        Breach(
            clause=ClauseId(clause),
            severity=severity,
            band=Band.SEVERE,
            score=score,
            target=Target.STAFF,
            evidence=(Evidence(0, 3, "insult"),),
        )
        for clause, severity in touched
    )
    is_case = lane in {Lane.BREACH, Lane.WELFARE, Lane.UNSURE}
    return Assessment(
        lane=lane,
        severity=min(severity for _, severity in touched) if is_case else None,
        score=score,
        breaches=breaches if lane is Lane.BREACH else (),
        concerns=breaches if lane is Lane.WELFARE else (),
        needs_response=False,
        target=Target.STAFF,
        reason="touches a clause",
        standards_version=standards,
        model=model,
    )


def watch(database: Database, *plans: cursors.ChannelPlan, now: datetime = NOW) -> None:
    with database.transaction() as tx:
        cursors.sync_channels(tx, plans or (plan(),), now=now)


def store(database: Database, *seen: Comment, now: datetime = NOW, channel_id=PARKS, posts=None):
    with database.transaction("T1") as tx:
        return comments.store_pull(
            tx, channel_id, [post()] if posts is None else posts, seen, now=now
        )


def unread(tx: Transaction, *, now: datetime = NOW, limit: int = 100) -> list[comments.ToAssess]:
    return comments.lease_unassessed(
        tx, now=now, lease_for=MINUTE, limit=limit, new_lease=new_lease
    )


def assess_all(database: Database, reading: Assessment | None = None, *, now: datetime = NOW):
    """Read whatever is unread, and open the cases that come of it."""
    opened: list[Case] = []
    with database.transaction("T2") as tx:
        for each in unread(tx, now=now):
            made = reading or assessment()
            assessment_id = cases.record_assessment(tx, each.version_id, made, now=now)
            assert assessment_id is not None
            if made.severity is not None:
                case = cases.open_case(
                    tx,
                    comment_id=each.comment_id,
                    channel_id=each.channel_id,
                    assessment_id=assessment_id,
                    assessment=made,
                    now=now,
                )
                assert case is not None
                opened.append(case)
    return opened


def one_case(database: Database, text: str = "You lot are useless.") -> Case:
    watch(database)
    store(database, comment(text=text))
    (case,) = assess_all(database)
    return case
