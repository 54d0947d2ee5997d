"""What a decision rested on, sealed when it was made: it can be read later, never changed.

Serves T4 of DESIGN.md 5. The body is canonical JSON; its hash stands beside it and in the audit
chain, so that changing the body would take changing the chain as well.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select

from monitor.domain.assessment import Assessment
from monitor.store import assessments_json
from monitor.store.audit import append, case_subject
from monitor.store.comments import StoredComment
from monitor.store.engine import Reading, Transaction
from monitor.store.statements import AnyRow
from monitor.store.tables import (
    audit,
    channels,
    decisions,
    evidence,
    posts,
    versions,
)

__all__ = ["SealCheck", "SealedEvidence", "evidence_of", "seal", "verify_evidence"]

_SEALED = "evidence.sealed"
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class SealedEvidence:
    """One decision's evidence.

    Attributes:
        body: Canonical JSON, exactly the characters that ``sha256`` is of (as ASCII).
    """

    case_id: int
    decision_id: int
    body: str
    sha256: str
    sealed_at: datetime


@dataclass(frozen=True, slots=True)
class SealCheck:
    """What a walk over all evidence found.

    Attributes:
        rows: How many pieces there are.
        first_bad: The decision whose evidence does not fit its seal; None when all do.
        sentence: The finding, for the record.
    """

    rows: int
    intact: bool
    first_bad: int | None
    sentence: str


def seal(
    tx: Transaction,
    *,
    case_id: int,
    decision_id: int,
    comment: StoredComment,
    assessment: Assessment,
    now: datetime,
) -> str:
    """Seal what a decision rested on, and return the SHA-256 of it.

    Holds every wording of the comment, its author, where it stood, what it answered, our reading
    of it, and the decision.
    """
    decision = tx.session.execute(select(decisions).where(decisions.c.id == decision_id)).one()
    body = {
        "case": case_id,
        "sealed_at": _moment(now),
        "channel": _channel(tx, comment),
        "comment": _comment(tx, comment),
        "post": _post(tx, comment),
        "parent": {"native_id": comment.parent_id, "text": comment.parent_text},
        "assessment": assessments_json.to_json(assessment),
        "decision": _decision(decision),
    }
    written = json.dumps(body, sort_keys=True, separators=(",", ":"))
    sha256 = _sha256(written)
    row = {
        "case_id": case_id,
        "decision_id": decision_id,
        "body": written,
        "sha256": sha256,
        "sealed_at": now,
    }
    tx.session.execute(insert(evidence).values(**row))
    append(
        tx,
        _SEALED,
        actor=decision.by,
        subject=case_subject(case_id),
        at=now,
        details={"decision": decision_id, "sha256": sha256},
    )
    return sha256


def evidence_of(held: Transaction | Reading, case_id: int) -> tuple[SealedEvidence, ...]:
    """Everything sealed about a case, in the order of its decisions."""
    found = held.session.execute(
        select(evidence).where(evidence.c.case_id == case_id).order_by(evidence.c.id)
    )
    return tuple(
        SealedEvidence(
            case_id=row.case_id,
            decision_id=row.decision_id,
            body=row.body,
            sha256=row.sha256,
            sealed_at=row.sealed_at,
        )
        for row in found
    )


def verify_evidence(reading: Reading) -> SealCheck:
    """Compare every piece with its seal, and every seal with the audit chain, both ways."""
    sealed = _seals(reading)
    rows = 0
    asked = select(evidence).order_by(evidence.c.id).limit(_AT_ONCE)
    page = reading.session.execute(asked).all()
    while page:
        for row in page:
            rows += 1
            if not _fits(row, sealed.pop(row.decision_id, None)):
                return _broken(rows, row.decision_id, "does not fit its seal")
        page = reading.session.execute(asked.where(evidence.c.id > page[-1].id)).all()
    if sealed:
        return _broken(rows, min(sealed), "was sealed and is no longer there")
    return SealCheck(
        rows=rows, intact=True, first_bad=None, sentence=f"All evidence fits its seals: {rows}."
    )


def _channel(tx: Transaction, comment: StoredComment) -> dict[str, Any]:
    row = tx.session.execute(select(channels).where(channels.c.id == comment.channel_id)).one()
    return {
        "id": row.id,
        "platform": row.connector,
        "native_id": row.native_id,
        "name": row.name,
        "service": row.service,
    }


def _comment(tx: Transaction, comment: StoredComment) -> dict[str, Any]:
    wordings = tx.session.execute(
        select(versions)
        .where(versions.c.comment_id == comment.comment_id)
        .order_by(versions.c.number)
    )
    return {
        "id": comment.comment_id,
        "native_id": comment.native_id,
        "author_id": comment.author_id,
        "author_name": comment.author_name,
        "posted_at": _moment(comment.posted_at),
        "seen_at": _moment(comment.seen_at),
        "permalink": comment.permalink,
        "hidden": comment.hidden,
        "versions": [
            {
                "version": row.number,
                "text": row.text,
                "attachments": row.attachments,
                "seen_at": _moment(row.seen_at),
            }
            for row in wordings
        ],
    }


def _post(tx: Transaction, comment: StoredComment) -> dict[str, Any]:
    row = tx.session.execute(
        select(posts).where(
            posts.c.channel_id == comment.channel_id, posts.c.native_id == comment.post_id
        )
    ).one_or_none()
    if row is None:
        return {"native_id": comment.post_id}
    return {
        "native_id": row.native_id,
        "text": row.text,
        "created_at": _moment(row.created_at),
        "permalink": row.permalink,
    }


def _decision(row: AnyRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "outcome": row.outcome,
        "clause": row.clause,
        "note": row.note,
        "by": row.by,
        "at": _moment(row.at),
        "standards_version": row.standards_version,
        "case_version": row.case_version,
        "route": row.route,
    }


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _sha256(written: str) -> str:
    return hashlib.sha256(written.encode("ascii")).hexdigest()


def _seals(reading: Reading) -> dict[int, str]:
    found = reading.session.execute(select(audit.c.details).where(audit.c.event == _SEALED))
    return {details["decision"]: details["sha256"] for (details,) in found}


def _fits(row: AnyRow, sealed: str | None) -> bool:
    return bool(row.sha256 == sealed and row.body.isascii() and _sha256(row.body) == sealed)


def _broken(rows: int, decision_id: int, what: str) -> SealCheck:
    return SealCheck(
        rows=rows,
        intact=False,
        first_bad=decision_id,
        sentence=f"The evidence of decision {decision_id} {what}. Keep the database as it is "
        "and tell the Monitoring Officer.",
    )
