"""Posts as X sends them: identifiers, editions, long words, pictures and who is gone."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from monitor.sandbox.townsfolk import TownComment, TownResident

__all__ = [
    "XIdentifiers",
    "author_of",
    "edition_at",
    "handle_of",
    "history",
    "is_own",
    "missing",
    "row_of",
    "snowflake",
    "told",
]

_EPOCH_MS = 1_288_834_974_657
_SHORT = 280
_PROBLEM = "https://api.twitter.com/2/problems/"
_PICTURE = "https://t.co/picture00"


@dataclass(frozen=True, slots=True)
class XIdentifiers:
    """Numbers that grow with time, too long for a float."""

    def post(self, page_id: str, number: int, *, at: datetime) -> str:
        """Of a post of the account's."""
        del page_id
        return snowflake(at, number)

    def comment(
        self, post_id: str, number: int, *, at: datetime, author_id: str, parent_id: str | None
    ) -> str:
        """Of a reply."""
        del post_id, author_id, parent_id
        return snowflake(at, number)

    def resident(self, number: int) -> str:
        """Of a person."""
        return f"{1_500_000_000_000_000_000 + number}"


def row_of(comment: TownComment) -> Mapping[str, object]:
    """A post as it is sent, in its newest edition."""
    editions = history(comment)
    text = html.escape(comment.text, quote=False)
    row: dict[str, object] = {
        "id": editions[-1],
        "text": text,
        "author_id": author_of(comment),
        "conversation_id": comment.post_id,
        "created_at": told(edition_at(comment)),
        "edit_history_tweet_ids": list(editions),
        "reply_settings": "everyone",
    }
    if comment.post_id != comment.id:
        answered = comment.parent_id or comment.post_id
        row["referenced_tweets"] = [{"type": "replied_to", "id": answered}]
    if len(text) > _SHORT:
        row |= {"text": f"{text[:_SHORT]}…", "note_tweet": {"text": text}}
    if comment.attachment:
        key = f"3_{comment.id}"
        row |= {
            "text": f"{text} {_PICTURE}".strip(),
            "attachments": {"media_keys": [key]},
            "entities": {"urls": [{"url": _PICTURE, "media_key": key, "start": 0, "end": 22}]},
        }
    return row


def history(comment: TownComment) -> tuple[str, ...]:
    """The identifiers of its editions, the first one's first."""
    if comment.edited_at is None:
        return (comment.id,)
    return comment.id, snowflake(comment.edited_at, int(comment.id) % 4096)


def edition_at(comment: TownComment) -> datetime:
    """When its newest edition was written."""
    return comment.edited_at or comment.created_at


def author_of(comment: TownComment) -> str:
    """Who wrote it; somebody who is gone still has a number."""
    return comment.author.id if comment.author else f"15{int(comment.id) % 10**17:017d}"


def handle_of(resident: TownResident) -> str:
    """At most fifteen letters, digits and lines."""
    return re.sub(r"\W", "_", resident.name.lower(), flags=re.ASCII)[:15]


def is_own(comment: TownComment) -> bool:
    """Whether the account wrote it."""
    return comment.author is not None and comment.author.id == comment.page_id


def missing(native_id: str, kind: str) -> Mapping[str, object]:
    """The partial error for what is not there."""
    return {
        "value": native_id,
        "detail": f"Could not find {kind} with id: [{native_id}].",
        "title": "Not Found Error",
        "resource_type": kind,
        "parameter": "id",
        "resource_id": native_id,
        "type": f"{_PROBLEM}resource-not-found",
    }


def snowflake(at: datetime, number: int) -> str:
    """A number that grows with time."""
    milliseconds = int(at.timestamp() * 1000) - _EPOCH_MS
    return str((milliseconds << 22) | (number % (1 << 22)))


def told(moment: datetime) -> str:
    """A date as it is sent."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
