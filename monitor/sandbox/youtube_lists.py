"""How YouTube spells identifiers, cuts lists into pages, and says no."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from monitor.sandbox.http import Answer, Request, json_reply

__all__ = ["YouTubeIdentifiers", "YouTubeRefusalError", "cut", "listed", "page_of", "told"]

_Row = TypeVar("_Row")
_MOST = {"playlistItems": 50, "videos": 50, "channels": 50}
_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@dataclass(frozen=True, slots=True)
class YouTubeIdentifiers:
    """Letters and digits; a reply's begins with its thread's and a dot."""

    def post(self, page_id: str, number: int, *, at: datetime) -> str:
        """Of a video: eleven signs."""
        del page_id, at
        return f"Vd{_spelled(number):A>9}"

    def comment(
        self, post_id: str, number: int, *, at: datetime, author_id: str, parent_id: str | None
    ) -> str:
        """Of a thread's first comment, or of a reply in it."""
        del post_id, at, author_id
        own = f"{_spelled(number):A>16}"
        return f"{parent_id.partition('.')[0]}.9{own}" if parent_id else f"Ugx{own}"

    def resident(self, number: int) -> str:
        """Of a person's own channel."""
        return f"UC{_spelled(number):A>22}"


class YouTubeRefusalError(Exception):
    """The platform says no."""

    def __init__(self, status: int, reason: str, domain: str = "youtube.comment") -> None:
        super().__init__(f"{status} {reason}")
        self.status = status
        self.body = {
            "error": {
                "code": status,
                "message": f"The request was refused: {reason}.",
                "errors": [{"message": reason, "domain": domain, "reason": reason}],
            }
        }


def cut(
    request: Request, newest_first: Sequence[_Row], *, key: Callable[[_Row], tuple[datetime, str]]
) -> tuple[Sequence[_Row], str | None]:
    """A page of a list, from behind the row that its token names, so that arrivals move nothing."""
    asked = request.argument("maxResults") or "20"
    resource = request.path.rpartition("/")[2]
    if not asked.isdigit() or not 1 <= int(asked) <= _MOST.get(resource, 100):
        raise YouTubeRefusalError(400, "invalidValue")
    token = request.argument("pageToken")
    rest = [row for row in newest_first if token is None or _token(key(row)) < _decoded(token)]
    page = rest[: int(asked)]
    more = len(rest) > len(page)
    return page, base64.urlsafe_b64encode(_token(key(page[-1])).encode()).decode() if more else None


def _token(key: tuple[datetime, str]) -> str:
    return f"{key[0].isoformat(timespec='microseconds')}|{key[1]}"


def _decoded(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token).decode()
    except ValueError:
        raise YouTubeRefusalError(400, "invalidPageToken") from None


def page_of(kind: str, items: Sequence[object], token: str | None) -> Answer:
    """A page of a list as it is sent."""
    told: dict[str, object] = {
        "kind": f"youtube#{kind}ListResponse",
        "etag": "e",
        "pageInfo": {"totalResults": len(items), "resultsPerPage": len(items)},
        "items": items,
    }
    if token:
        told["nextPageToken"] = token
    return json_reply(told)


def listed(asked: str | None) -> list[str]:
    """Identifiers with commas between."""
    return [each for each in (asked or "").split(",") if each]


def _spelled(number: int) -> str:
    signs = ""
    while True:
        number, rest = divmod(number, len(_DIGITS))
        signs = _DIGITS[rest] + signs
        if not number:
            return signs


def told(moment: datetime) -> str:
    """A date as it is sent."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
