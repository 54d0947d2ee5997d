"""A pretend Graph API for Instagram professional accounts, standing on a town.

It speaks Meta's wire format: media and comments newest first, replies that a comment's row brings
only some of, ``hide`` written and ``hidden`` read, fields that are refused, and both ways of
signing in. Where a token of Instagram's own sign-in is used, it can be renewed once it is a day
old, and not after it has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from typing_extensions import override

from monitor.sandbox.faults import Faults
from monitor.sandbox.graph import GraphSandbox
from monitor.sandbox.graph_edges import GraphEdges
from monitor.sandbox.graph_errors import GraphRefusalError, gone
from monitor.sandbox.graph_fields import FieldRequest
from monitor.sandbox.graph_lists import ListQuery, PageCutter, read_list_query
from monitor.sandbox.http import Request
from monitor.sandbox.town import Town
from monitor.sandbox.townsfolk import TownComment, TownPage, TownPost, TownToken

__all__ = [
    "ACCOUNT_FIELDS",
    "COMMENT_FIELDS",
    "MEDIA_FIELDS",
    "InstagramIdentifiers",
    "InstagramSandbox",
    "open_account",
]

MEDIA_FIELDS = frozenset(
    {
        "caption",
        "comments_count",
        "id",
        "is_comment_enabled",
        "like_count",
        "media_product_type",
        "media_type",
        "media_url",
        "owner",
        "permalink",
        "shortcode",
        "timestamp",
        "username",
    }
)
COMMENT_FIELDS = frozenset(
    {"from", "hidden", "id", "like_count", "media", "parent_id", "text", "timestamp", "username"}
)
ACCOUNT_FIELDS = frozenset({"biography", "id", "media_count", "name", "username", "website"})
"""The names are those of Meta's published specification; a test compares them with it."""

_READ, _ACT = "instagram_basic", "instagram_manage_comments"
_SOME_REPLIES = ListQuery(
    limit=2, newest_first=True, since=None, until=None, after=None, summary=False
)
_MOST_AT_ONCE = 50
_LASTS = timedelta(days=60)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class InstagramIdentifiers:
    """Long numbers, each kind with its own beginning."""

    def post(self, page_id: str, number: int, *, at: datetime) -> str:
        """Of a media object."""
        del page_id, at
        return f"18{number:015d}"

    def comment(
        self, post_id: str, number: int, *, at: datetime, author_id: str, parent_id: str | None
    ) -> str:
        """Of a comment, whatever it answers."""
        del post_id, at, author_id, parent_id
        return f"179{number:014d}"

    def resident(self, number: int) -> str:
        """Of a person, as this app sees them."""
        return f"1784{number:012d}"


def open_account(town: Town, account_id: str, name: str) -> TownPage:
    """Open an account of the council's."""
    return town.open_page(
        account_id,
        name,
        platform="Instagram",
        hidden_seen_by="Only the author still sees it.",
        identifiers=InstagramIdentifiers(),
    )


class InstagramSandbox(GraphSandbox):
    """A loopback server that answers as ``graph.facebook.com`` does for Instagram accounts.

    Args:
        town: What it tells of, and what it changes.
        port: 0 for any free one.
        clock: Decides whether a token has expired; follows the machine when left out.
        faults: What goes wrong.
        app_id: The app that tokens belong to.
        app_secret: Makes ``appsecret_proof`` checked where it is sent.
        permalink_base: What permalinks begin with.

    Attributes:
        issued_at: When tokens are taken to have been issued, for renewing them.
    """

    def __init__(
        self,
        town: Town,
        *,
        port: int = 0,
        clock: Callable[[], datetime] | None = None,
        faults: Faults | None = None,
        app_id: str = "",
        app_secret: str = "",
        permalink_base: str = "https://www.instagram.com",
    ) -> None:
        super().__init__(
            town, port=port, clock=clock, faults=faults, app_id=app_id, app_secret=app_secret
        )
        self.edges = InstagramEdges(town, self.clock, permalink_base=permalink_base)
        self.issued_at = self.clock() - timedelta(days=2)
        self._renewals = 0

    @override
    def _answer(self, request: Request) -> object:
        if request.path.endswith("/refresh_access_token"):
            return self._renew(request)
        return super()._answer(request)

    def _renew(self, request: Request) -> Mapping[str, object]:
        if request.argument("grant_type") != "ig_refresh_token":
            raise GraphRefusalError(100, "(#100) Param grant_type must be ig_refresh_token")
        token = self._token(request)
        if self.clock() - self.issued_at < _DAY:
            raise GraphRefusalError(100, "(#100) The token must be at least 24 hours old")
        self._renewals += 1
        self.issued_at = self.clock()
        renewed = replace(
            token,
            value=f"{token.value.partition('~')[0]}~{self._renewals}",
            expires_at=self.clock() + _LASTS,
        )
        self.town.issue(renewed)
        lasts = int(_LASTS.total_seconds())
        return {"access_token": renewed.value, "token_type": "bearer", "expires_in": lasts}


class InstagramEdges(GraphEdges):
    """Answers a request whose token has been accepted.

    Attributes:
        show_authors: False withholds ``from``, though not ``username``.
        show_names: False withholds ``username`` as well.
        refused_fields: Asking for one of these fails the whole call with code 10.
        cutter: Its ``page_sizes`` make pages short or empty.
    """

    def __init__(
        self, town: Town, clock: Callable[[], datetime], *, permalink_base: str = ""
    ) -> None:
        super().__init__(town, clock, permalink_base=permalink_base)
        self.show_names = True
        self._inner_cutter = PageCutter()

    @override
    def answer(self, request: Request, token: TownToken, *, target: str, edge: str) -> object:
        """Answer one request.

        Raises:
            GraphRefusalError: What is not there, not allowed or not a thing that can be asked.
        """
        known: dict[tuple[str, str], Callable[[Request, TownToken, str], object]] = {
            ("GET", ""): self._read_one,
            ("POST", ""): self._hide_one,
            ("DELETE", ""): self._delete_one,
            ("GET", "media"): self._media,
            ("GET", "comments"): self._comments_of,
            ("GET", "replies"): self._replies_of,
            ("POST", "replies"): self._answer_one,
        }
        act = known.get((request.method, edge))
        if act is None:
            raise GraphRefusalError(2500, f"Unknown path components: /{edge}")
        return act(request, token, target)

    def _read_one(self, request: Request, token: TownToken, target: str) -> object:
        page = self._town.page(target)
        if page is not None and page.id == token.page_id:
            asked = self._fields(request, ACCOUNT_FIELDS, "IGUser", default="id")
            values = {"id": page.id, "username": _username(page.name), "name": page.name}
            return _chosen(values, asked)
        comment = self._seen_comment(target, token)
        _need(token, _ACT, 10)
        asked = self._fields(request, COMMENT_FIELDS | {"replies"}, "IGComment", default="id")
        return self._row(request, comment, asked)

    def _hide_one(self, request: Request, token: TownToken, target: str) -> object:
        comment = self._seen_comment(target, token)
        _need(token, _ACT, 200)
        told = request.argument("hide")
        if told not in ("true", "false"):
            raise GraphRefusalError(100, "(#100) Param hide must be a boolean")
        self._town.hide(comment.id, hidden=told == "true")
        return {"success": True}

    def _delete_one(self, request: Request, token: TownToken, target: str) -> object:
        del request
        comment = self._seen_comment(target, token)
        _need(token, _ACT, 200)
        self._town.delete(comment.id)
        return {"success": True}

    def _media(self, request: Request, token: TownToken, target: str) -> object:
        if self._town.page(target) is None or token.page_id != target:
            raise gone(target)
        _need(token, _READ, 10)
        asked = self._fields(request, MEDIA_FIELDS, "IGMedia", default="id")
        query = read_list_query(_first_values(request), newest_first=True)
        keys = [(post.created_at, post.id) for post in self._town.posts(target)]

        def values(post_id: str) -> object:
            post = self._town.post(post_id)
            return _chosen(self._media_values(post), asked) if post else None

        return self._listed(request, keys, query, values)

    def _comments_of(self, request: Request, token: TownToken, target: str) -> object:
        post = self._town.post(target)
        if post is None or post.page_id != token.page_id:
            raise gone(target)
        _need(token, _ACT, 10)
        asked = self._fields(request, COMMENT_FIELDS | {"replies"}, "IGComment", default="id,text")
        keys = self._town.keys_below(target, toplevel=True)
        return self._listed(request, keys, _newest_first(request), self._rows(request, asked))

    def _replies_of(self, request: Request, token: TownToken, target: str) -> object:
        comment = self._seen_comment(target, token)
        _need(token, _ACT, 10)
        asked = self._fields(request, COMMENT_FIELDS | {"replies"}, "IGComment", default="id,text")
        keys = self._town.keys_below(comment.id)
        return self._listed(request, keys, _newest_first(request), self._rows(request, asked))

    def _answer_one(self, request: Request, token: TownToken, target: str) -> object:
        comment = self._seen_comment(target, token)
        _need(token, _ACT, 200)
        message = request.argument("message")
        if not message:
            raise GraphRefusalError(100, "(#100) Param message is required")
        if comment.hidden:
            raise GraphRefusalError(200, "(#200) A hidden comment cannot be answered")
        parent_id = comment.parent_id or comment.id
        written = self._town.reply_as_page(
            comment.post_id, message, at=self._clock(), parent_id=parent_id
        )
        return {"id": written.id}

    def _seen_comment(self, target: str, token: TownToken) -> TownComment:
        comment = self._town.comment(target)
        if comment is None or comment.page_id != token.page_id:
            raise gone(target)
        return comment

    def _rows(self, request: Request, asked: tuple[FieldRequest, ...]) -> Callable[[str], object]:
        def values(comment_id: str) -> object:
            comment = self._town.comment(comment_id)
            return self._row(request, comment, asked) if comment else None

        return values

    def _row(
        self, request: Request, comment: TownComment, asked: tuple[FieldRequest, ...]
    ) -> dict[str, object]:
        row = _chosen(self._values(comment), asked)
        for one in asked:
            keys = self._town.keys_below(comment.id) if one.name == "replies" else []
            if keys:
                page = self._inner_cutter.cut(keys, _SOME_REPLIES)
                found = [self._town.comment(key[1]) for key in page.keys]
                told: dict[str, object] = {
                    "data": [_chosen(self._values(each), one.inner) for each in found if each]
                }
                if page.more:
                    address = f"http://{request.headers.get('host', '')}/v26.0/{comment.id}/replies"
                    told["paging"] = {"cursors": {"after": page.after}, "next": address}
                row["replies"] = told
        return row

    def _media_values(self, post: TownPost) -> dict[str, object]:
        page = self._town.page(post.page_id)
        return {
            "id": post.id,
            "caption": post.text,
            "timestamp": _told(post.created_at),
            "permalink": f"{self._permalink_base}/{post.page_id}/p/{post.id}",
            "comments_count": self._town.count_below(post.id),
            "media_type": "IMAGE",
            "media_product_type": "FEED",
            "is_comment_enabled": True,
            "like_count": 0,
            "username": _username(page.name) if page else "",
        }

    def _values(self, comment: TownComment) -> dict[str, object]:
        values: dict[str, object] = {
            "id": comment.id,
            "text": comment.text,
            "timestamp": _told(comment.created_at),
            "hidden": comment.hidden,
            "like_count": 0,
            "media": {"id": comment.post_id, "media_product_type": "FEED"},
        }
        own = comment.author is not None and comment.author.id == comment.page_id
        if comment.author is not None and (self.show_names or own):
            values["username"] = _username(comment.author.name)
            if self.show_authors or own:
                values["from"] = {"id": comment.author.id, "username": values["username"]}
        if comment.parent_id is not None:
            values["parent_id"] = comment.parent_id
        return values


def _newest_first(request: Request) -> ListQuery:
    query = read_list_query(_first_values(request), newest_first=True)
    if query.since or query.until or "order" in request.query:
        raise GraphRefusalError(100, "(#100) Comments here take no since, until or order")
    return replace(query, limit=min(query.limit, _MOST_AT_ONCE))


def _need(token: TownToken, scope: str, code: int) -> None:
    if scope not in token.scopes:
        raise GraphRefusalError(code, f"(#{code}) This requires the '{scope}' permission")


def _chosen(values: Mapping[str, object], asked: tuple[FieldRequest, ...]) -> dict[str, object]:
    names = ["id", *(one.name for one in asked)]
    return {name: values[name] for name in names if name in values}


def _first_values(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in request.query.items()}


def _username(name: str) -> str:
    return "_".join(name.lower().split())


def _told(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
