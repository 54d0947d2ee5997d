"""Every table, as SQLModel classes, and beside each the Core table that the store's modules speak.

Serves every transaction of DESIGN.md 5. Nothing outside ``monitor.store`` imports this module.
A class here declares; no instance of one ever leaves the store.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from monitor.store import channel_tables
from monitor.store.columns import JsonText, Moment, Words
from monitor.store.declared import METADATA, NEVER_REUSED, Declared

__all__ = [
    "METADATA",
    "assessments",
    "audit",
    "audit_head",
    "case_clauses",
    "cases",
    "channels",
    "comments",
    "decisions",
    "enforcements",
    "evidence",
    "gaps",
    "letters",
    "people",
    "posts",
    "pulls",
    "versions",
    "weeks",
]


class PostRow(Declared, table=True):
    """What the council published, as it was last seen."""

    __tablename__: ClassVar[Any] = "posts"
    __table_args__ = (UniqueConstraint("channel_id", "native_id"),)

    id: int | None = Field(default=None, primary_key=True)
    channel_id: str = Field(foreign_key="channels.id", sa_type=Words)
    native_id: str = Field(sa_type=Words)
    text: str = Field(sa_type=Words)
    created_at: datetime = Field(sa_type=Moment)
    permalink: str | None = Field(sa_type=Words)
    comment_count: int | None


class CommentRow(Declared, table=True):
    """What somebody wrote; its words are in ``versions``, the newest named by ``version``."""

    __tablename__: ClassVar[Any] = "comments"
    __table_args__ = (
        UniqueConstraint("channel_id", "native_id"),
        Index(None, "channel_id", "seen_at"),
        Index(None, "channel_id", "post_id"),
        NEVER_REUSED,
    )

    id: int | None = Field(default=None, primary_key=True)
    channel_id: str = Field(foreign_key="channels.id", sa_type=Words)
    native_id: str = Field(sa_type=Words)
    post_id: str = Field(sa_type=Words)
    parent_id: str | None = Field(sa_type=Words)
    author_id: str | None = Field(sa_type=Words)
    author_name: str | None = Field(sa_type=Words)
    posted_at: datetime = Field(sa_type=Moment)
    seen_at: datetime = Field(sa_type=Moment)
    permalink: str | None = Field(sa_type=Words)
    hidden: bool | None
    gone_at: datetime | None = Field(sa_type=Moment)
    from_channel: bool
    version: int
    text_hash: str = Field(sa_type=Words)


class VersionRow(Declared, table=True):
    """One wording of a comment, and whether a classifier still owes it a reading."""

    __tablename__: ClassVar[Any] = "versions"
    __table_args__ = (
        UniqueConstraint("comment_id", "number"),
        Index(None, "to_assess", "id"),
        Index(None, "seen_at", "comment_id"),
        NEVER_REUSED,
    )

    id: int | None = Field(default=None, primary_key=True)
    comment_id: int = Field(foreign_key="comments.id")
    number: int
    text: str = Field(sa_type=Words)
    attachments: list[str] = Field(sa_type=JsonText)
    seen_at: datetime = Field(sa_type=Moment)
    to_assess: bool
    not_before: datetime | None = Field(sa_type=Moment)
    lease: str | None = Field(sa_type=Words)
    leased_until: datetime | None = Field(sa_type=Moment)
    attempts: int


class AssessmentRow(Declared, table=True):
    """One reading of one version by one model against one text of the standard."""

    __tablename__: ClassVar[Any] = "assessments"
    __table_args__ = (
        UniqueConstraint("version_id", "model", "standards_version"),
        Index(None, "comment_id"),
        Index(None, "lane"),
        Index(None, "made_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    version_id: int = Field(foreign_key="versions.id")
    comment_id: int = Field(foreign_key="comments.id")
    lane: str = Field(sa_type=Words)
    score: float
    standards_version: str = Field(sa_type=Words)
    model: str = Field(sa_type=Words)
    body: dict[str, Any] = Field(sa_type=JsonText)
    made_at: datetime = Field(sa_type=Moment)


class CaseRow(Declared, table=True):
    """An assessment that a person must look at, and where it stands."""

    __tablename__: ClassVar[Any] = "cases"
    __table_args__ = (
        Index(None, "state", "severity", "opened_at"),
        Index(None, "channel_id"),
        Index(None, "held_until"),
        Index(None, "closed_at"),
        Index(None, "opened_at"),
        NEVER_REUSED,
    )

    id: int | None = Field(default=None, primary_key=True)
    channel_id: str = Field(foreign_key="channels.id", sa_type=Words)
    comment_id: int = Field(foreign_key="comments.id", unique=True)
    assessment_id: int = Field(foreign_key="assessments.id")
    lane: str = Field(sa_type=Words)
    severity: str = Field(sa_type=Words)
    state: str = Field(sa_type=Words)
    version: int
    opened_at: datetime = Field(sa_type=Moment)
    holder: str | None = Field(sa_type=Words)
    held_since: datetime | None = Field(sa_type=Moment)
    held_until: datetime | None = Field(sa_type=Moment)
    first_claimed_at: datetime | None = Field(sa_type=Moment)
    escalated_to: str | None = Field(sa_type=Words)
    closed_at: datetime | None = Field(sa_type=Moment)
    hidden: bool
    by_hand: str = Field(sa_type=Words)


class CaseClauseRow(Declared, table=True):
    """A clause that a case touches, worst first."""

    __tablename__: ClassVar[Any] = "case_clauses"
    __table_args__ = (Index(None, "clause", "case_id"),)

    case_id: int = Field(primary_key=True, foreign_key="cases.id")
    position: int = Field(primary_key=True)
    clause: str = Field(sa_type=Words)


class DecisionRow(Declared, table=True):
    """What a person concluded, once for each press."""

    __tablename__: ClassVar[Any] = "decisions"
    __table_args__ = (Index(None, "case_id"), Index(None, "at"), NEVER_REUSED)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id")
    outcome: str = Field(sa_type=Words)
    clause: str | None = Field(sa_type=Words)
    note: str = Field(sa_type=Words)
    by: str = Field(sa_type=Words)
    at: datetime = Field(sa_type=Moment)
    standards_version: str = Field(sa_type=Words)
    case_version: int
    press: str = Field(unique=True, sa_type=Words)
    route: str | None = Field(sa_type=Words)
    taken_back_at: datetime | None = Field(sa_type=Moment)


class EnforcementRow(Declared, table=True):
    """What the platform was asked to do, and what it said."""

    __tablename__: ClassVar[Any] = "enforcements"
    __table_args__ = (
        UniqueConstraint("decision_id", "act"),
        Index(None, "case_id"),
        Index(None, "state", "recheck_at"),
        Index(None, "requested_at"),
        NEVER_REUSED,
    )

    id: int | None = Field(default=None, primary_key=True)
    decision_id: int = Field(foreign_key="decisions.id")
    case_id: int = Field(foreign_key="cases.id")
    act: str = Field(sa_type=Words)
    state: str = Field(sa_type=Words)
    requested_at: datetime = Field(sa_type=Moment)
    attempts: int
    outcome: str = Field(sa_type=Words)
    detail: str = Field(sa_type=Words)
    confirmed_at: datetime | None = Field(sa_type=Moment)
    recheck_at: datetime | None = Field(sa_type=Moment)
    rechecks: int


class LetterRow(Declared, table=True):
    """Something that shall leave the building: one row of the outbox."""

    __tablename__: ClassVar[Any] = "letters"
    __table_args__ = (
        Index(None, "state", "due_at"),
        Index(None, "state", "serial"),
        Index(None, "case_id"),
        NEVER_REUSED,
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True, sa_type=Words)
    kind: str = Field(sa_type=Words)
    serial: str = Field(sa_type=Words)
    case_id: int | None
    destination: str = Field(sa_type=Words)
    payload: dict[str, Any] = Field(sa_type=JsonText)
    state: str = Field(sa_type=Words)
    due_at: datetime = Field(sa_type=Moment)
    attempts: int
    uncertain: bool
    lease: str | None = Field(sa_type=Words)
    leased_until: datetime | None = Field(sa_type=Moment)
    created_at: datetime = Field(sa_type=Moment)
    first_tried_at: datetime | None = Field(sa_type=Moment)
    ended_at: datetime | None = Field(sa_type=Moment)
    reference: str | None = Field(sa_type=Words)
    error: str = Field(sa_type=Words)


class AuditRow(Declared, table=True):
    """One link of the audit chain; triggers refuse to change or delete it."""

    __tablename__: ClassVar[Any] = "audit"
    __table_args__ = (Index(None, "subject", "number"),)

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    event: str = Field(sa_type=Words)
    actor: str = Field(sa_type=Words)
    subject: str = Field(sa_type=Words)
    at: datetime = Field(sa_type=Moment)
    details: dict[str, Any] = Field(sa_type=JsonText)
    previous: str = Field(sa_type=Words)
    hash: str = Field(sa_type=Words)


class AuditHeadRow(Declared, table=True):
    """The chain's last link, so that cutting rows off its end shows as well."""

    __tablename__: ClassVar[Any] = "audit_head"

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    number: int
    hash: str = Field(sa_type=Words)


class EvidenceRow(Declared, table=True):
    """What a decision rested on, sealed; triggers refuse to change or delete it."""

    __tablename__: ClassVar[Any] = "evidence"
    __table_args__ = (Index(None, "case_id"), NEVER_REUSED)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id")
    decision_id: int = Field(foreign_key="decisions.id", unique=True)
    body: str = Field(sa_type=Words)
    sha256: str = Field(sa_type=Words)
    sealed_at: datetime = Field(sa_type=Moment)


class PersonRow(Declared, table=True):
    """Somebody who may look at or decide cases."""

    __tablename__: ClassVar[Any] = "people"

    id: str = Field(primary_key=True, sa_type=Words)
    name: str = Field(sa_type=Words)
    role: str = Field(sa_type=Words)
    services: list[str] = Field(sa_type=JsonText)
    slack_user_id: str | None = Field(unique=True, sa_type=Words)
    active: bool
    password_hash: str | None = Field(sa_type=Words)
    added_at: datetime = Field(sa_type=Moment)


class WeekRow(Declared, table=True):
    """One week's report of one service, as it was sent."""

    __tablename__: ClassVar[Any] = "weeks"
    __table_args__ = (UniqueConstraint("service", "week"),)

    id: int | None = Field(default=None, primary_key=True)
    service: str = Field(sa_type=Words)
    week: str = Field(sa_type=Words)
    figures_json: str = Field(sa_type=Words)
    html: str = Field(sa_type=Words)
    csv: str = Field(sa_type=Words)
    checksum: str = Field(sa_type=Words)
    made_at: datetime = Field(sa_type=Moment)


channels = METADATA.tables[channel_tables.ChannelRow.__tablename__]
gaps = METADATA.tables["gaps"]
pulls = METADATA.tables["pulls"]
posts = METADATA.tables["posts"]
comments = METADATA.tables["comments"]
versions = METADATA.tables["versions"]
assessments = METADATA.tables["assessments"]
cases = METADATA.tables["cases"]
case_clauses = METADATA.tables["case_clauses"]
decisions = METADATA.tables["decisions"]
enforcements = METADATA.tables["enforcements"]
letters = METADATA.tables["letters"]
audit = METADATA.tables["audit"]
audit_head = METADATA.tables["audit_head"]
evidence = METADATA.tables["evidence"]
people = METADATA.tables["people"]
weeks = METADATA.tables["weeks"]
