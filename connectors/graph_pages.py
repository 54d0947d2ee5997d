"""Walking through the Graph API's lists, which are longer, shorter and stranger than asked for.

A page may hold fewer rows than its limit, even none, while there is a next one; only a missing
``next`` marks the end. Some lists send the same page again and again. And a whole call is refused
when one of its fields is not granted, so that fewer have to be asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from connectors.errors import CommentGone, ConnectorError, UnexpectedReply
from connectors.graph import GraphClient

__all__ = ["GraphPage", "GraphWalk"]

_FIELD_CODES = (10, 100)
_MOST_EMPTY = 100


@dataclass(frozen=True, slots=True)
class GraphPage:
    """One page of a list.

    Attributes:
        rows: Those that no earlier page of this walk had.
        is_last: Whether the list ends here, as the platform says.
        problem: Why the walk stopped before the end, in one sentence; "" where it did not.
    """

    rows: tuple[Mapping[str, Any], ...]
    is_last: bool
    problem: str = ""


class GraphWalk:
    """Reads lists and objects with as many fields as the platform grants, during one pull.

    Args:
        client: Makes the calls.
        limit: How many rows are asked for at once.
    """

    def __init__(self, client: GraphClient, *, limit: int) -> None:
        self._client = client
        self._limit = limit
        self._granted: dict[tuple[str, ...], int] = {}

    @property
    def problems(self) -> tuple[str, ...]:
        """One sentence for each set of fields that was refused."""
        return tuple(
            "The platform refuses some fields, so authors or links may be missing: it was asked for"
            f" {sets[0]} and grants {sets[level]}."
            for sets, level in self._granted.items()
            if level
        )

    def read(
        self, field_sets: tuple[str, ...], call: Callable[[str], Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        """Make a call with the first set of fields that the platform grants.

        Args:
            field_sets: From the fullest to the barest.
            call: Makes the call with one of them.

        Raises:
            ConnectorError: What the barest set was answered, or any that is not about fields.
        """
        level = self._granted.get(field_sets, 0)
        while True:
            try:
                answer = call(field_sets[level])
            except ConnectorError as error:
                if level + 1 == len(field_sets) or not _is_about_fields(error):
                    raise
                level += 1
            else:
                self._granted[field_sets] = level
                return answer

    def pages(
        self, target: str, edge: str, field_sets: tuple[str, ...], **args: str | int
    ) -> Iterator[GraphPage]:
        """Read a list page by page, to its end or until the platform repeats itself."""
        place: dict[str, str] = {}
        cursors: set[str] = set()
        seen: set[str] = set()
        empty = 0
        while True:
            answer = self.read(
                field_sets, partial(self._page, target, edge, given={**args, **place})
            )
            rows = tuple(row for row in answer["data"] if str(row.get("id")) not in seen)
            after = _next_cursor(answer)
            if after is None:
                yield GraphPage(rows, is_last=True)
                return
            empty = 0 if rows else empty + 1
            if after in cursors or (answer["data"] and not rows) or empty == _MOST_EMPTY:
                yield GraphPage(rows, is_last=False, problem=_repeated(edge, target))
                return
            yield GraphPage(rows, is_last=False)
            seen.update(str(row.get("id")) for row in rows)
            cursors.add(after)
            place = {"after": after}

    def _page(
        self, target: str, edge: str, fields: str, *, given: Mapping[str, str | int]
    ) -> Mapping[str, Any]:
        return self._client.get_page(target, edge, fields=fields, limit=self._limit, **given)


def _is_about_fields(error: ConnectorError) -> bool:
    return not isinstance(error, CommentGone) and error.details.get("code") in _FIELD_CODES


def _next_cursor(answer: Mapping[str, Any]) -> str | None:
    paging = answer.get("paging")
    if not isinstance(paging, dict) or not paging.get("next"):
        return None
    cursors = paging.get("cursors")
    after = cursors.get("after") if isinstance(cursors, dict) else None
    if not after:
        raise UnexpectedReply(
            "The platform names a next page without a cursor; look whether its API has changed."
        )
    return str(after)


def _repeated(edge: str, target: str) -> str:
    return (
        f"The platform sent the same page of {edge} of {target} again, or nothing but empty ones;"
        " the rest is read later."
    )
