"""How Bluesky spells identifiers, shows posts, cuts lists into pages, and says no."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar

from monitor.sandbox.http import Request
from monitor.sandbox.townsfolk import TownComment

__all__ = [
    "NOBODY",
    "POSTS",
    "BlueskyIdentifiers",
    "BlueskyRefusalError",
    "cid_of",
    "cut",
    "is_own",
    "object_of",
    "session_token",
    "spelled",
    "told",
    "view_of",
]

POSTS: Final = "app.bsky.feed.post"
"""The collection that posts stand in."""

NOBODY: Final = "did:plc:nobody2222222222222222222"
"""Whose posts are those of an account that is gone."""

_Row = TypeVar("_Row")
_DIGITS = "234567abcdefghijklmnopqrstuvwxyz"
_LASTS_S = 7200


@dataclass(frozen=True, slots=True)
class BlueskyIdentifiers:
    """Addresses in people's own repositories."""

    def post(self, page_id: str, number: int, *, at: datetime) -> str:
        """Of a post of the account's."""
        del at
        return f"at://{page_id}/{POSTS}/3lb{spelled(number, 10)}"

    def comment(
        self, post_id: str, number: int, *, at: datetime, author_id: str, parent_id: str | None
    ) -> str:
        """Of a reply, in its author's repository."""
        del post_id, at, parent_id
        return f"at://{author_id or NOBODY}/{POSTS}/3lc{spelled(number, 10)}"

    def resident(self, number: int) -> str:
        """Of a person."""
        return f"did:plc:{spelled(number, 24)}"


class BlueskyRefusalError(Exception):
    """The server says no."""

    def __init__(self, status: int, error: str, message: str = "") -> None:
        super().__init__(f"{status} {error}")
        self.status = status
        self.body = {"error": error, "message": message or error}


def view_of(
    uri: str,
    author: Mapping[str, object],
    record: Mapping[str, object],
    at: datetime,
    replies: int,
) -> Mapping[str, object]:
    """A post as feeds, threads and notifications show it."""
    return {
        "uri": uri,
        "cid": cid_of(uri),
        "author": author,
        "record": record,
        "replyCount": replies,
        "likeCount": 0,
        "repostCount": 0,
        "quoteCount": 0,
        "indexedAt": told(at),
        "labels": [],
    }


def cut(
    request: Request, newest_first: Sequence[_Row], *, key: Callable[[_Row], tuple[datetime, str]]
) -> tuple[Sequence[_Row], Mapping[str, str]]:
    """A page of a list, from behind the row that its cursor names: arrivals move nothing."""
    asked = request.argument("limit") or "50"
    if not asked.isdigit() or not 1 <= int(asked) <= 100:  # noqa: PLR2004 - the lexicon's bounds
        raise BlueskyRefusalError(400, "InvalidRequest", "limit must be from 1 to 100")
    cursor = request.argument("cursor")
    rest = [row for row in newest_first if cursor is None or _place(key(row)) < cursor]
    page = rest[: int(asked)]
    return page, {"cursor": _place(key(page[-1]))} if len(rest) > len(page) else {}


def object_of(value: object) -> Mapping[str, object]:
    """The value where it is a JSON object; else an empty one."""
    return value if isinstance(value, dict) else {}


def _place(key: tuple[datetime, str]) -> str:
    return f"{key[0].isoformat(timespec='microseconds')}|{key[1]}"


def session_token(did: str, name: str) -> str:
    """A token in three parts that ends in two hours."""
    # Real time, because the library compares it with the machine's own clock.
    claims = {"sub": did, "jti": name, "exp": int(time.time()) + _LASTS_S, "scope": "appPassword"}
    parts = ({"alg": "none", "typ": "JWT"}, claims, {"signed": name})
    return ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts
    )


def cid_of(of: str) -> str:
    """A content identifier, as they look."""
    digest = base64.b32encode(hashlib.sha256(of.encode()).digest()).decode().lower().rstrip("=")
    return f"bafyrei{digest}"


def is_own(comment: TownComment) -> bool:
    """Whether the account wrote it."""
    return comment.author is not None and comment.author.id == comment.page_id


def spelled(number: int, width: int) -> str:
    """A number in the letters of identifiers."""
    signs = ""
    while number:
        number, rest = divmod(number, len(_DIGITS))
        signs = _DIGITS[rest] + signs
    return f"{signs:2>{width}}"


def told(moment: datetime) -> str:
    """A date as it is sent."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
