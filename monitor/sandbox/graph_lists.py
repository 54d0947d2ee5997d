"""How the Graph API cuts a list into pages: cursors, order, time bounds and its known quirks."""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

from monitor.sandbox.graph_errors import GraphRefusalError

__all__ = ["Key", "ListQuery", "Page", "PageCutter", "read_list_query"]

Key = tuple[datetime, str]
"""(created_at, identifier): how lists are sorted."""

_LARGEST_PAGE = 100
_START = "start"


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a list was asked for.

    Attributes:
        limit: At most so many rows.
        newest_first: Which way it runs.
        since: Only what was created at or after this moment.
        until: Only what was created at or before this moment.
        after: The cursor of an earlier page, or None.
        summary: Whether totals were asked for.
    """

    limit: int
    newest_first: bool
    since: datetime | None
    until: datetime | None
    after: str | None
    summary: bool


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: its keys, and cursors for what stands before and after it.

    ``more`` says that there is a next page, which ``after`` leads to; a page may be shorter than
    asked for, even empty, while there is more.
    """

    keys: tuple[Key, ...]
    before: str
    after: str
    more: bool


def read_list_query(
    given: Mapping[str, str], *, newest_first: bool, default_limit: int = 25
) -> ListQuery:
    """Read the arguments of a list.

    Raises:
        GraphRefusalError: Code 100 for a limit, a date or an order that cannot be.
    """
    limit = given.get("limit", str(default_limit))
    if not limit.isdigit() or int(limit) > _LARGEST_PAGE:
        raise GraphRefusalError(100, "(#100) Param limit must be a number between 0 and 100")
    order = given.get("order")
    if order not in (None, "chronological", "reverse_chronological", "ranked"):
        raise GraphRefusalError(100, "(#100) Param order must be one of {chronological, ...}")
    return ListQuery(
        limit=int(limit),
        newest_first=newest_first if order is None else order != "chronological",
        since=_moment(given.get("since")),
        until=_moment(given.get("until")),
        after=given.get("after"),
        summary=given.get("summary", "false") not in ("false", "0"),
    )


class PageCutter:
    """Cuts sorted keys into pages.

    Attributes:
        page_sizes: Privacy filtering makes real pages shorter than asked for; the n-th page that
            is cut holds at most the n-th of these numbers of rows, over and over. 0 is an empty
            page with a next one. Empty: pages are as long as asked for.
    """

    def __init__(self) -> None:
        self.page_sizes: Sequence[int] = ()
        self._number = count()

    def cut(self, keys: list[Key], query: ListQuery) -> Page:
        """Cut the page that ``query`` asks for out of ascending ``keys``."""
        place = _decode(query.after) if query.after else None
        start = bisect_left(keys, (query.since, "")) if query.since else 0
        end = bisect_right(keys, (query.until, "\uffff")) if query.until else len(keys)
        if query.newest_first:
            end = min(end, bisect_left(keys, place)) if place else end
            rest = keys[start:end][::-1]
        else:
            start = max(start, bisect_right(keys, place)) if place else start
            rest = keys[start:end]
        number = next(self._number)
        chosen = rest[: self._size(number, query.limit)]
        last = chosen[-1] if chosen else place
        first = chosen[0] if chosen else place
        return Page(
            keys=tuple(chosen),
            before=_encode(first, number),
            after=_encode(last, number),
            more=len(chosen) < len(rest),
        )

    def _size(self, number: int, limit: int) -> int:
        if not self.page_sizes:
            return limit
        return min(limit, self.page_sizes[number % len(self.page_sizes)])


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        if text.isdigit():
            return datetime.fromtimestamp(int(text), UTC)
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise GraphRefusalError(100, "(#100) since and until must be dates") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _encode(key: Key | None, number: int) -> str:
    # The number makes every cursor a new one, so that an empty page's cursor differs too.
    told = f"{key[0].isoformat()}|{key[1]}|{number}" if key else f"{_START}||{number}"
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def _decode(cursor: str) -> Key | None:
    try:
        told = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        moment, identifier, _ = told.split("|")
        return None if moment == _START else (datetime.fromisoformat(moment), identifier)
    except (ValueError, binascii.Error) as error:
        raise GraphRefusalError(100, "(#100) Invalid cursor") from error
