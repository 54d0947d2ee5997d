"""The nodes and edges of the pretend Graph API: what each path reads and changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

from monitor.sandbox.graph_errors import GraphRefusalError, gone
from monitor.sandbox.graph_fields import (
    ACCOUNT_FIELDS,
    COMMENT_FIELDS,
    EDGES,
    PAGE_FIELDS,
    POST_FIELDS,
    FieldRequest,
    UnknownFieldError,
    parse_fields,
)
from monitor.sandbox.graph_lists import Key, ListQuery, PageCutter, read_list_query
from monitor.sandbox.http import Request
from monitor.sandbox.town import Town
from monitor.sandbox.townsfolk import TownComment, TownPage, TownPost, TownToken

__all__ = ["GraphEdges"]

_READ_POSTS = "pages_read_engagement"
_READ_COMMENTS = "pages_read_user_content"
_ACT = "pages_manage_engagement"
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_RANKING_KEEPS = 10


class GraphEdges:
    """Answers a request whose token has been accepted.

    Args:
        town: What it tells of, and what it changes.
        clock: When something is written or blocked.
        permalink_base: What permalinks begin with.

    Attributes:
        show_authors: False withholds ``from`` of residents, as without Advanced Access.
        refused_fields: Asking for one of these fails the whole call with code 10.
        cutter: Its ``page_sizes`` make pages short or empty.
    """

    def __init__(
        self, town: Town, clock: Callable[[], datetime], *, permalink_base: str = ""
    ) -> None:
        self.show_authors = True
        self.refused_fields: frozenset[str] = frozenset()
        self.cutter = PageCutter()
        self._town = town
        self._clock = clock
        self._permalink_base = permalink_base

    def answer(self, request: Request, token: TownToken, *, target: str, edge: str) -> object:
        """Answer one request.

        Raises:
            GraphRefusalError: What is not there, not allowed or not a thing that can be asked.
        """
        known: dict[tuple[str, str], Callable[[Request, TownToken, str], object]] = {
            ("GET", ""): self._read,
            ("POST", ""): self._change,
            ("DELETE", ""): self._remove,
            ("GET", "accounts"): self._accounts,
            ("GET", "published_posts"): self._posts,
            ("GET", "posts"): self._posts,
            ("GET", "feed"): self._posts,
            ("GET", "comments"): self._comments,
            ("POST", "comments"): self._reply,
            ("GET", "blocked"): self._blocked,
            ("POST", "blocked"): self._block,
            ("DELETE", "blocked"): self._unblock,
        }
        act = known.get((request.method, edge))
        if act is None:
            raise GraphRefusalError(2500, f"Unknown path components: /{edge}")
        return act(request, token, target)

    def _read(self, request: Request, token: TownToken, target: str) -> object:
        if target == "me":
            return {"id": "100000000000777", "name": "Wexcombe system user"}
        page = self._town.page(target)
        if page is not None and token.page_id in (None, page.id):
            asked = self._fields(request, PAGE_FIELDS, "Page", default="id,name")
            return _chosen(self._page_values(page), asked)
        post = self._town.post(target)
        if post is not None and post.page_id == token.page_id:
            _need(token, _READ_POSTS)
            asked = self._fields(request, POST_FIELDS | EDGES, "PagePost", default="id,message")
            return self._post_values(request, post, asked)
        comment = self._own_comment(target, token)
        _need(token, _READ_COMMENTS)
        asked = self._fields(request, COMMENT_FIELDS | EDGES, "Comment", default="id,message")
        return _chosen(self._comment_values(comment), asked)

    def _change(self, request: Request, token: TownToken, target: str) -> object:
        comment = self._own_comment(target, token)
        _need(token, _ACT, code=200)
        hidden = request.argument("is_hidden")
        if hidden is not None:
            return self._set_hidden(comment, hidden)
        message = request.argument("message")
        if not message:
            raise GraphRefusalError(100, "(#100) Nothing to update was given")
        if comment.author is None or comment.author.id != comment.page_id:
            raise GraphRefusalError(200, "(#200) Only the author may edit a comment")
        self._town.edit(comment.id, message, at=self._clock())
        return {"success": True}

    def _set_hidden(self, comment: TownComment, hidden: str) -> object:
        if hidden not in _BOOLEANS:
            raise GraphRefusalError(100, "(#100) Param is_hidden must be a boolean")
        if not comment.can_hide:
            raise GraphRefusalError(200, "(#200) Permissions error: this cannot be hidden")
        self._town.hide(comment.id, hidden=_BOOLEANS[hidden])
        return {"success": True}

    def _remove(self, request: Request, token: TownToken, target: str) -> object:
        del request
        comment = self._own_comment(target, token)
        _need(token, _ACT, code=200)
        if not comment.can_remove:
            raise GraphRefusalError(200, "(#200) Permissions error: this cannot be removed")
        self._town.delete(comment.id)
        return {"success": True}

    def _reply(self, request: Request, token: TownToken, target: str) -> object:
        _need(token, _ACT, code=200)
        message = request.argument("message")
        if not message:
            raise GraphRefusalError(100, "(#100) Param message is required")
        post = self._town.post(target)
        if post is not None and post.page_id == token.page_id:
            return {"id": self._town.reply_as_page(post.id, message, at=self._clock()).id}
        answered = self._own_comment(target, token)
        # Only two levels are shown: an answer to a reply is attached to what that answers.
        parent_id = answered.parent_id or answered.id
        written = self._town.reply_as_page(
            answered.post_id, message, at=self._clock(), parent_id=parent_id
        )
        return {"id": written.id}

    def _accounts(self, request: Request, token: TownToken, target: str) -> object:
        if token.page_id or target != "me":
            raise GraphRefusalError(100, "(#100) Tried accessing nonexisting field (accounts)")
        asked = self._fields(request, ACCOUNT_FIELDS, "Page", default="id,name")
        query = read_list_query(_first_values(request), newest_first=False)
        keys = [(datetime.min.replace(tzinfo=UTC), page.id) for page in self._town.pages()]

        def values(page_id: str) -> object:
            page = self._town.page(page_id)
            return _chosen(self._page_values(page), asked) if page else None

        return self._listed(request, sorted(keys), query, values)

    def _posts(self, request: Request, token: TownToken, target: str) -> object:
        if self._town.page(target) is None:
            raise gone(target)
        if token.page_id != target:
            raise GraphRefusalError(10, f"(#10) This endpoint requires the '{_READ_POSTS}' task")
        _need(token, _READ_POSTS)
        asked = self._fields(request, POST_FIELDS | EDGES, "PagePost", default="id,message")
        query = read_list_query(_first_values(request), newest_first=True)
        keys = [(post.created_at, post.id) for post in self._town.posts(target)]

        def values(post_id: str) -> object:
            post = self._town.post(post_id)
            return self._post_values(request, post, asked) if post else None

        return self._listed(request, keys, query, values)

    def _comments(self, request: Request, token: TownToken, target: str) -> object:
        post = self._town.post(target)
        if post is None or post.page_id != token.page_id:
            self._own_comment(target, token)
        _need(token, _READ_COMMENTS)
        asked = self._fields(request, COMMENT_FIELDS | EDGES, "Comment", default="id,message")
        return self._comment_list(request, target, _first_values(request), asked)

    def _comment_list(
        self,
        request: Request,
        target: str,
        given: Mapping[str, str],
        asked: tuple[FieldRequest, ...],
    ) -> dict[str, object]:
        which = given.get("filter", "toplevel")
        if which not in ("toplevel", "stream"):
            raise GraphRefusalError(100, "(#100) Param filter must be one of {toplevel, stream}")
        keys = self._town.keys_below(target, toplevel=which == "toplevel")
        total = len(keys)
        query = read_list_query(given, newest_first=which == "toplevel")
        if which == "toplevel" and given.get("order") in (None, "ranked"):
            # Ranking leaves comments out, which is why a moderator's reader must not use it.
            keys = [key for place, key in enumerate(keys, 1) if place % _RANKING_KEEPS]

        def values(comment_id: str) -> object:
            comment = self._town.comment(comment_id)
            return _chosen(self._comment_values(comment), asked) if comment else None

        listed = self._listed(request, keys, query, values)
        if query.summary:
            order = given.get("order", "ranked")
            listed["summary"] = {"order": order, "total_count": total, "can_comment": True}
        return listed

    def _blocked(self, request: Request, token: TownToken, target: str) -> object:
        self._may_block(token, target)
        wanted = request.argument("user")
        found = [wanted] if wanted else self._town.blocked(target)
        rows = []
        for resident_id in found:
            at = self._town.blocked_at(target, resident_id)
            resident = self._town.resident(resident_id)
            if at is not None:
                name = resident.name if resident else ""
                rows.append({"fbid": resident_id, "name": name, "block_time": _told(at)})
        return {"data": rows}

    def _block(self, request: Request, token: TownToken, target: str) -> object:
        self._may_block(token, target)
        wanted = request.argument("user") or ""
        if self._town.resident(wanted) is None:
            raise GraphRefusalError(100, "(#100) Param user must be a valid user ID")
        self._town.block(target, wanted, at=self._clock())
        return {wanted: True}

    def _unblock(self, request: Request, token: TownToken, target: str) -> object:
        self._may_block(token, target)
        self._town.unblock(target, request.argument("user") or "")
        return {"success": True}

    def _may_block(self, token: TownToken, target: str) -> None:
        if self._town.page(target) is None or token.page_id != target:
            raise gone(target)
        _need(token, _ACT, code=200)

    def _own_comment(self, target: str, token: TownToken) -> TownComment:
        comment = self._town.comment(target)
        if comment is None or comment.page_id != token.page_id:
            raise gone(target)
        return comment

    def _fields(
        self, request: Request, known: frozenset[str], kind: str, *, default: str
    ) -> tuple[FieldRequest, ...]:
        try:
            asked = parse_fields(request.argument("fields") or default, known.__contains__)
        except UnknownFieldError as error:
            message = f"(#100) Tried accessing nonexisting field ({error.name}) on node type"
            raise GraphRefusalError(100, f"{message} ({kind})") from error
        refused = [one.name for one in asked if one.name in self.refused_fields]
        if refused:
            message = f"(#10) To use '{refused[0]}', your use of this endpoint must be reviewed"
            raise GraphRefusalError(10, message)
        return asked

    def _listed(
        self,
        request: Request,
        keys: list[Key],
        query: ListQuery,
        values: Callable[[str], object],
    ) -> dict[str, object]:
        if request.twist == "duplicate_page":
            query = ListQuery(
                query.limit, query.newest_first, query.since, query.until, None, query.summary
            )
        page = self.cutter.cut(keys, query)
        rows = [row for row in (values(key[1]) for key in page.keys) if row is not None]
        paging: dict[str, object] = {"cursors": {"before": page.before, "after": page.after}}
        if page.more and query.limit:
            kept = {
                name: given[0] for name, given in request.query.items() if name != "appsecret_proof"
            }
            address = f"http://{request.headers.get('host', '127.0.0.1')}{request.path}"
            paging["next"] = f"{address}?{urlencode({**kept, 'after': page.after})}"
        return {"data": rows, "paging": paging} if rows or page.more else {"data": []}

    def _post_values(
        self, request: Request, post: TownPost, asked: tuple[FieldRequest, ...]
    ) -> dict[str, object]:
        number = post.id.rpartition("_")[2]
        page = self._town.page(post.page_id)
        values: dict[str, object] = {
            "id": post.id,
            "message": post.text,
            "created_time": _told(post.created_at),
            "updated_time": _told(post.updated_at),
            "permalink_url": f"{self._permalink_base}/{post.page_id}/posts/{number}",
            "status_type": "mobile_status_update",
            "is_hidden": False,
            "is_published": True,
            "from": {"id": post.page_id, "name": page.name if page else ""},
        }
        for one in asked:
            if one.name == "comments":
                values["comments"] = self._comment_list(request, post.id, one.arguments, one.inner)
        return _chosen(values, asked)

    def _comment_values(self, comment: TownComment) -> dict[str, object]:
        number = comment.post_id.rpartition("_")[2]
        own = comment.author is not None and comment.author.id == comment.page_id
        values: dict[str, object] = {
            "id": comment.id,
            "message": comment.text,
            "created_time": _told(comment.created_at),
            "permalink_url": f"{self._permalink_base}/permalink.php?story_fbid={number}"
            f"&id={comment.page_id}&comment_id={comment.id.rpartition('_')[2]}",
            "is_hidden": comment.hidden,
            "can_hide": comment.can_hide and not own,
            "can_remove": comment.can_remove,
            "can_comment": True,
            "comment_count": self._town.count_below(comment.id),
            "like_count": 0,
            "is_private": False,
            "object": {"id": comment.post_id},
        }
        if comment.author is not None and (self.show_authors or own):
            values["from"] = {"id": comment.author.id, "name": comment.author.name}
        if comment.parent_id is not None:
            values["parent"] = {"id": comment.parent_id}
        if comment.attachment is not None:
            values["attachment"] = {"type": comment.attachment}
        return values

    def _page_values(self, page: TownPage) -> dict[str, object]:
        return {
            "id": page.id,
            "name": page.name,
            "access_token": self._town.token_of_page(page.id),
            "category": "Local government",
            "tasks": ["MODERATE"],
        }


def _need(token: TownToken, scope: str, *, code: int = 10) -> None:
    if scope not in token.scopes:
        raise GraphRefusalError(code, f"(#{code}) This requires the '{scope}' permission")


def _chosen(values: Mapping[str, object], asked: tuple[FieldRequest, ...]) -> dict[str, object]:
    """The fields asked for, as far as there is something to say, and always the identifier."""
    names = ["id", *(one.name for one in asked)]
    return {name: values[name] for name in names if name in values}


def _first_values(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in request.query.items()}


def _told(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
