"""What a notification target receives, and the Protocol that it keeps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from connectors.contract import Health

__all__ = [
    "AlertLater",
    "AlertRefused",
    "AlertTarget",
    "AlertTargetError",
    "Attachment",
    "CaseCard",
    "Notice",
    "Offer",
    "Posted",
]


class Offer(StrEnum):
    """What a card's reader can press. A card offers only what can be done now."""

    CLAIM = "claim"
    RELEASE = "release"
    HIDE = "hide"
    KEEP = "keep"
    ESCALATE = "escalate"
    TAKE_BACK = "take_back"
    RESTORE = "restore"
    REVIEW = "review"
    BY_HAND = "by_hand"
    REVEAL = "reveal"


@dataclass(frozen=True, slots=True)
class CaseCard:
    """One case as the daily monitoring team sees it: enough to triage, no more than needed.

    Attributes:
        key: The alert's key (``alert:case:412:opened:moderation``); travels with the message so
            that a delivery whose confirmation was lost can be recognised.
        reference: What people say to each other: ``WM-412``.
        version: The case's version when the card was drawn; a press carries it back.
        clauses: Reference and title of each clause seen, worst first: ``RS-06 Abuse of staff …``.
        band: ``suspect`` or ``severe``.
        snippet: Masked; never the full text.
        post_excerpt: The beginning of the council's own post.
        posted_at: When the resident wrote it; ``seen_at`` when we saw it. Aware UTC.
        status: One sentence on where the case stands: ``Claimed by Amina at 10:15``.
        offers: What can be pressed, in order.
        by_hand: What to do at the platform where it cannot be done from here, or "".
        mention: The people who are paged, as the target's own identifiers; usually empty.
    """

    key: str
    case_id: int
    reference: str
    version: int
    severity: str
    lane: str
    clauses: tuple[str, ...]
    band: str
    channel_name: str
    service: str
    snippet: str
    post_excerpt: str
    posted_at: datetime
    seen_at: datetime
    drawn_at: datetime
    status: str
    timeline: tuple[str, ...]
    offers: tuple[Offer, ...]
    by_hand: str = ""
    permalink: str | None = None
    console_url: str | None = None
    mention: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a notice."""

    filename: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Notice:
    """Something people must know that is not a card: an escalation, a report, an outage.

    Attributes:
        key: As for a card.
        title: One line.
        lines: Plain sentences; never a comment's text.
        link: Where to read on, or None.
        offers: What can be pressed (``TAKE_BACK`` on an escalation); then ``case_id`` and
            ``version`` are set.
    """

    key: str
    title: str
    lines: tuple[str, ...]
    link: str | None = None
    attachments: tuple[Attachment, ...] = ()
    urgent: bool = False
    case_id: int | None = None
    version: int | None = None
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a notification went: opaque, the target's own (``C0MOD/1795169730.000100``)."""

    reference: str


class AlertTargetError(Exception):
    """The target did not take the notification; ``sentence`` is for an operator."""

    def __init__(self, sentence: str, *, hint: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint


class AlertLater(AlertTargetError):  # noqa: N818 - it says when, not what failed
    """Nothing is wrong with the notification: try again at ``at`` (aware UTC)."""

    def __init__(self, sentence: str, *, at: datetime, hint: str = "") -> None:
        super().__init__(sentence, hint=hint)
        self.at = at


class AlertRefused(AlertTargetError):  # noqa: N818 - it says what the target did
    """It will never be taken as things stand: credentials, permission, target or content."""


class AlertTarget(Protocol):
    """One destination's transport. Raises ``AlertTargetError`` and nothing else; never sleeps."""

    def post(self, address: str, notification: CaseCard | Notice) -> Posted:
        """Deliver a notification to an address of this kind."""
        ...

    def update(self, posted: Posted, card: CaseCard) -> None:
        """Draw a card again where it stands; a target that cannot does nothing."""
        ...

    def find(self, address: str, key: str, *, since: datetime) -> Posted | None:
        """Recognise a notification that was delivered after ``since`` and not confirmed."""
        ...

    def check(self, address: str) -> Health:
        """Say whether this address can be reached now; raises nothing."""
        ...
