"""The fields that the Graph API knows, and how a ``fields`` argument is read.

The names are those of Meta's published specification; a test compares them with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

__all__ = [
    "ACCOUNT_FIELDS",
    "BLOCKED_FIELDS",
    "COMMENT_FIELDS",
    "EDGES",
    "PAGE_FIELDS",
    "POST_FIELDS",
    "FieldRequest",
    "UnknownFieldError",
    "parse_fields",
]

COMMENT_FIELDS = frozenset(
    [
        "admin_creator",
        "application",
        "attachment",
        "can_comment",
        "can_hide",
        "can_like",
        "can_remove",
        "can_reply_privately",
        "comment_count",
        "created_time",
        "from",
        "id",
        "is_hidden",
        "is_private",
        "like_count",
        "live_broadcast_timestamp",
        "message",
        "message_tags",
        "object",
        "parent",
        "permalink_url",
        "private_reply_conversation",
        "user_likes",
    ]
)
POST_FIELDS = frozenset(
    [
        "admin_creator",
        "application",
        "backdated_time",
        "call_to_action",
        "created_time",
        "event",
        "from",
        "full_picture",
        "icon",
        "id",
        "is_expired",
        "is_hidden",
        "is_popular",
        "is_published",
        "is_spherical",
        "message",
        "message_tags",
        "parent_id",
        "permalink_url",
        "place",
        "privacy",
        "promotable_id",
        "properties",
        "scheduled_publish_time",
        "shares",
        "status_type",
        "story",
        "story_tags",
        "subscribed",
        "target",
        "targeting",
        "timeline_visibility",
        "updated_time",
        "via",
    ]
)
PAGE_FIELDS = frozenset(
    [
        "about",
        "access_token",
        "category",
        "fan_count",
        "followers_count",
        "id",
        "is_published",
        "link",
        "name",
        "username",
        "verification_status",
        "website",
    ]
)
ACCOUNT_FIELDS = frozenset({"access_token", "category", "id", "name", "tasks"})
BLOCKED_FIELDS = frozenset({"block_time", "block_type", "fbid", "name", "username"})
EDGES = frozenset({"comments"})
"""What may stand among a post's or a comment's fields as a list of its own."""

_PART = re.compile(r"[a-z_]+")


class UnknownFieldError(Exception):
    """A requested field does not exist; ``name`` says which."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class FieldRequest:
    """One field that was asked for: ``comments.filter(stream).limit(0){id}``.

    Attributes:
        name: ``comments``.
        arguments: ``{"filter": "stream", "limit": "0"}``.
        inner: The fields in braces; empty where there are none.
    """

    name: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    inner: tuple[FieldRequest, ...] = ()


def parse_fields(text: str, is_known: Callable[[str], bool]) -> tuple[FieldRequest, ...]:
    """Read a ``fields`` argument.

    Args:
        text: ``id,message,from{id,name}``.
        is_known: Whether a top-level field exists here.

    Raises:
        UnknownFieldError: The first one that does not, or the text cannot be read.
    """
    reader = _Reader(text.replace(" ", ""))
    asked = reader.fields()
    if reader.rest:
        raise UnknownFieldError(reader.rest)
    for one in asked:
        if not is_known(one.name):
            raise UnknownFieldError(one.name)
    return asked


class _Reader:
    """A recursive-descent reader: fields = one ("," one)*; one = name (.word(value))* {fields}?"""

    def __init__(self, text: str) -> None:
        self.rest = text

    def fields(self) -> tuple[FieldRequest, ...]:
        asked = [self._one()]
        while self._take(","):
            asked.append(self._one())
        return tuple(asked)

    def _one(self) -> FieldRequest:
        name = self._word()
        arguments: dict[str, str] = {}
        while self._take("."):
            word = self._word()
            value, closing, self.rest = self.rest.removeprefix("(").partition(")")
            if not closing:
                raise UnknownFieldError(word)
            arguments[word] = value
        inner: tuple[FieldRequest, ...] = ()
        if self._take("{"):
            inner = self.fields()
            if not self._take("}"):
                raise UnknownFieldError(name)
        return FieldRequest(name, arguments, inner)

    def _word(self) -> str:
        found = _PART.match(self.rest)
        if found is None:
            raise UnknownFieldError(self.rest)
        self.rest = self.rest[found.end() :]
        return found.group()

    def _take(self, sign: str) -> bool:
        if self.rest.startswith(sign):
            self.rest = self.rest[1:]
            return True
        return False
