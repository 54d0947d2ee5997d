"""What a pretend town is made of: pages, posts, comments, residents and tokens, all frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

__all__ = [
    "FacebookIdentifiers",
    "Identifiers",
    "TownComment",
    "TownPage",
    "TownPost",
    "TownRefusalError",
    "TownResident",
    "TownToken",
]

_EVERY_SCOPE = frozenset(
    {
        "pages_show_list",
        "pages_read_engagement",
        "pages_read_user_content",
        "pages_manage_engagement",
        "pages_manage_metadata",
    }
)


class TownRefusalError(Exception):
    """The town does not allow this: a blocked resident, or something that is not there."""


class Identifiers(Protocol):
    """How a platform spells its identifiers. ``number`` is never used twice in a town."""

    def post(self, page_id: str, number: int, *, at: datetime) -> str:
        """Of a post published at ``at``."""
        ...

    def comment(
        self, post_id: str, number: int, *, at: datetime, author_id: str, parent_id: str | None
    ) -> str:
        """Of a comment written at ``at``; ``author_id`` is "" where it is withheld."""
        ...

    def resident(self, number: int) -> str:
        """Of somebody who writes."""
        ...


@dataclass(frozen=True, slots=True)
class FacebookIdentifiers:
    """Numbers, and two of them with a line between."""

    def post(self, page_id: str, number: int, *, at: datetime) -> str:
        """The page's number, and one of its own."""
        del at
        return f"{page_id}_71{number:013d}"

    def comment(
        self, post_id: str, number: int, *, at: datetime, author_id: str, parent_id: str | None
    ) -> str:
        """The post's own number, and one of its own, whatever it answers."""
        del at, author_id, parent_id
        return f"{post_id.rpartition('_')[2]}_88{number:013d}"

    def resident(self, number: int) -> str:
        """A number."""
        return f"61{number:013d}"


@dataclass(frozen=True, slots=True)
class TownPage:
    """A page or account of the council's on one platform.

    Attributes:
        platform: What people call the platform.
        hidden_seen_by: Who still sees a hidden comment there, as a sentence.
    """

    id: str
    name: str
    platform: str = "Facebook"
    hidden_seen_by: str = "The author and the author's friends still see it."
    identifiers: Identifiers = FacebookIdentifiers()


@dataclass(frozen=True, slots=True)
class TownResident:
    """Somebody who writes comments."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class TownPost:
    """What the council published. ``updated_at`` moves when somebody comments, not on edits."""

    id: str
    page_id: str
    text: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class TownComment:
    """What somebody wrote under a post, as it stands now.

    Attributes:
        author: None where the platform would withhold it; the page itself for its own replies.
        parent_id: The comment it answers, or None.
        attachment: ``photo``, ``sticker``, …, or None.
        edited_at: When its text last changed; no platform of ours tells.
    """

    id: str
    post_id: str
    page_id: str
    text: str
    created_at: datetime
    author: TownResident | None = None
    parent_id: str | None = None
    attachment: str | None = None
    hidden: bool = False
    edited_at: datetime | None = None
    can_hide: bool = True
    can_remove: bool = True


@dataclass(frozen=True, slots=True)
class TownToken:
    """What opens a page to a program.

    Attributes:
        page_id: The page it acts as, or None for a person's token.
        expires_at: None for never.
        data_access_expires_at: When reading people's data ends, or None for never.
        revoked_subcode: Why it no longer works, in the platform's number (460: password changed).
    """

    value: str
    page_id: str | None
    scopes: frozenset[str] = _EVERY_SCOPE
    expires_at: datetime | None = None
    data_access_expires_at: datetime | None = None
    revoked_subcode: int | None = None
