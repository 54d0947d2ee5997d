"""The tables of what is watched: channels, their pulls, and the gaps between these.

Serves T1 of DESIGN.md 5. Their Core tables are named in ``monitor.store.tables`` like all others.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from monitor.store.columns import Moment, Words
from monitor.store.declared import NEVER_REUSED, Declared

__all__ = ["ChannelRow", "GapRow", "PullRow"]


class ChannelRow(Declared, table=True):
    """A channel with its plan, its cursor, and who is pulling it until when."""

    __tablename__: ClassVar[Any] = "channels"
    __table_args__ = (Index(None, "next_pull_at"),)

    id: str = Field(primary_key=True, sa_type=Words)
    connector: str = Field(sa_type=Words)
    native_id: str = Field(sa_type=Words)
    name: str = Field(sa_type=Words)
    service: str = Field(sa_type=Words)
    interval_s: int
    watched: bool
    cursor: str | None = Field(sa_type=Words)
    cursor_version: int
    cursor_moved_at: datetime | None = Field(sa_type=Moment)
    next_pull_at: datetime = Field(sa_type=Moment)
    lease: str | None = Field(sa_type=Words)
    leased_until: datetime | None = Field(sa_type=Moment)
    failing_since: datetime | None = Field(sa_type=Moment)
    failures: int
    paused_at: datetime | None = Field(sa_type=Moment)
    paused_reason: str = Field(sa_type=Words)
    last_done_at: datetime | None = Field(sa_type=Moment)
    examined_at: datetime | None = Field(sa_type=Moment)
    expires_at: datetime | None = Field(sa_type=Moment)
    missing: int = Field(sa_column_kwargs={"server_default": "0"})
    missing_since: datetime | None = Field(sa_type=Moment)


class GapRow(Declared, table=True):
    """A stretch of time in which a channel was not seen: an incident, open until it was."""

    __tablename__: ClassVar[Any] = "gaps"
    __table_args__ = (
        UniqueConstraint("channel_id", "began_at"),
        Index(None, "ended_at"),
        NEVER_REUSED,
    )

    id: int | None = Field(default=None, primary_key=True)
    channel_id: str = Field(foreign_key="channels.id", sa_type=Words)
    began_at: datetime = Field(sa_type=Moment)
    noticed_at: datetime = Field(sa_type=Moment)
    ended_at: datetime | None = Field(sa_type=Moment)
    cause: str = Field(sa_type=Words)
    seen_late: int


class PullRow(Declared, table=True):
    """One pull of one channel: the proof that it was seen."""

    __tablename__: ClassVar[Any] = "pulls"
    __table_args__ = (Index(None, "channel_id", "started_at"), Index(None, "started_at"))

    run: str = Field(primary_key=True, sa_type=Words)
    channel_id: str = Field(foreign_key="channels.id", sa_type=Words)
    started_at: datetime = Field(sa_type=Moment)
    ended_at: datetime | None = Field(sa_type=Moment)
    end: str = Field(sa_type=Words)
    seen: int
    new: int
    edited: int
    platform_count: int | None
    cause: str = Field(sa_type=Words)
    cost: int = Field(sa_column_kwargs={"server_default": "0"})
