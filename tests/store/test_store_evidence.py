from __future__ import annotations

import hashlib
import json

import pytest
from sqlalchemy import text

from connectors.contract import NativeId
from monitor.store import assessments_json, audit, cases, comments, evidence, views
from monitor.store.engine import Database, DatabaseRefused
from monitor.store.evidence import SealCheck
from tests.stored import (
    AMINA,
    HIDE,
    MINUTE,
    NOW,
    STANDARDS,
    assess_all,
    assessment,
    comment,
    store,
    watch,
)


def seal(database: Database, case_id: int = 1) -> str:
    with database.transaction("T4") as tx:
        case = cases.load(tx, case_id)
        decision = cases.record_decision(
            tx, case, HIDE, by=AMINA, at=NOW, standards_version=STANDARDS, press=f"press-{case_id}"
        )
        return evidence.seal(
            tx,
            case_id=case.id,
            decision_id=decision.id,
            comment=comments.load(tx, case.comment_id),
            assessment=cases.assessment_of(tx, case.id),
            now=NOW,
        )


def two_cases(database: Database, *, posts=None) -> None:
    watch(database)
    store(database, comment("c1", "Good."), posts=posts)
    store(database, comment("c2", "Again."), posts=posts)
    answer = comment("c1", "You lot are useless. \ud83d\x00", parent_id=NativeId("c2"))
    store(database, answer, now=NOW + MINUTE, posts=posts)
    assess_all(database)


def verify(database: Database) -> SealCheck:
    with database.reading() as reading:
        return evidence.verify_evidence(reading)


def tamper(database: Database, statement: str) -> None:
    with database.transaction() as tx:
        if database.dialect == "sqlite":
            tx.session.execute(text("DROP TRIGGER evidence_refuses_update"))
            tx.session.execute(text("DROP TRIGGER evidence_refuses_delete"))
        else:
            tx.session.execute(text("ALTER TABLE evidence DISABLE TRIGGER ALL"))
        tx.session.execute(text(statement))


def test_evidence_holds_what_the_decision_rested_on(database):
    two_cases(database)

    sha256 = seal(database, 1)

    with database.reading() as reading:
        (sealed,) = evidence.evidence_of(reading, 1)
    assert hashlib.sha256(sealed.body.encode()).hexdigest() == sha256 == sealed.sha256
    assert (sealed.case_id, sealed.decision_id, sealed.sealed_at) == (1, 1, NOW)
    body = json.loads(sealed.body)
    assert [each["text"] for each in body["comment"]["versions"]] == ["Again."]
    assert body["assessment"] == assessments_json.to_json(assessment())
    assert body["channel"]["platform"] == "facebook_page"
    assert body["comment"]["author_name"] == "A resident"
    assert body["comment"]["permalink"].startswith("https://example.org/")
    assert body["post"]["text"] == "The library opens on Sunday."
    assert body["decision"]["outcome"] == "hide"
    assert body["decision"]["standards_version"] == STANDARDS
    assert body["decision"]["note"] == HIDE.note


def test_every_wording_and_the_comment_that_was_answered_are_sealed(database):
    two_cases(database)
    with database.reading() as reading:
        case = cases.for_comment(reading, 1)

    seal(database, case.id)

    with database.reading() as reading:
        (sealed,) = evidence.evidence_of(reading, case.id)
    body = json.loads(sealed.body)
    assert body["comment"]["versions"] == [
        {
            "version": 1,
            "text": "Good.",
            "attachments": [],
            "seen_at": "2026-11-16T09:00:00.000000+00:00",
        },
        {
            "version": 2,
            "text": "You lot are useless. \ud83d\x00",
            "attachments": [],
            "seen_at": "2026-11-16T09:01:00.000000+00:00",
        },
    ]


def test_an_unknown_post_is_named_alone(database):
    two_cases(database, posts=[])

    seal(database)

    with database.reading() as reading:
        (sealed,) = evidence.evidence_of(reading, 1)
    assert json.loads(sealed.body)["post"] == {"native_id": "p1"}


def test_the_chain_holds_the_seal(database):
    two_cases(database)

    sha256 = seal(database)

    with database.reading() as reading:
        assert audit.verify(reading).intact
        (row,) = views.audit_rows(reading, subject="case:1", limit=10)
    assert (row.event, row.actor) == ("evidence.sealed", "amina")
    assert row.details == {"decision": 1, "sha256": sha256}


def test_untouched_evidence_fits_its_seals(database):
    assert verify(database) == SealCheck(
        rows=0, intact=True, first_bad=None, sentence="All evidence fits its seals: 0."
    )
    two_cases(database)
    seal(database, 1)
    seal(database, 2)

    assert verify(database) == SealCheck(
        rows=2, intact=True, first_bad=None, sentence="All evidence fits its seals: 2."
    )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE evidence SET body = replace(body, 'hide', 'keep') WHERE decision_id = 2",
        "UPDATE evidence SET body = body || 'é' WHERE decision_id = 2",
        "UPDATE evidence SET sha256 = 'x' WHERE decision_id = 2",
        "DELETE FROM evidence WHERE decision_id = 2",
        (
            "UPDATE evidence SET sha256 = (SELECT sha256 FROM evidence WHERE decision_id = 1), "
            "body = (SELECT body FROM evidence WHERE decision_id = 1) WHERE decision_id = 2"
        ),
    ],
)
def test_changed_or_missing_evidence_shows(database, statement):
    two_cases(database)
    seal(database, 1)
    seal(database, 2)

    tamper(database, statement)

    found = verify(database)
    assert (found.intact, found.first_bad) == (False, 2)
    assert "evidence of decision 2" in found.sentence


@pytest.mark.parametrize("statement", ["UPDATE evidence SET body = ''", "DELETE FROM evidence"])
def test_the_triggers_refuse_to_change_evidence(database, statement):
    two_cases(database)
    seal(database)

    with pytest.raises(DatabaseRefused, match="append-only"):
        execute(database, statement)

    assert verify(database).intact


def execute(database: Database, statement: str) -> None:
    with database.transaction() as tx:
        tx.session.execute(text(statement))
