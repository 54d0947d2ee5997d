"""A pretend LinkedIn, standing on a town: its versioned REST interface as a program meets it.

It insists on its headers, serves a few months of versions and answers 426 for others, knows
shares and activities by different URNs, pages by ``start`` and ``count``, tells no names, and
answers a creation with an empty body and an identifier in a header. Nothing there can be hidden.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote

from monitor.sandbox.faults import Fault, Faults, json_answer
from monitor.sandbox.http import Answer, Clock, Request, json_reply
from monitor.sandbox.platform import PretendPlatform
from monitor.sandbox.town import Town
from monitor.sandbox.townsfolk import TownComment, TownPage, TownPost, TownToken

__all__ = ["SCOPES", "LinkedInIdentifiers", "LinkedInSandbox", "open_organisation", "throttled"]

SCOPES = frozenset({"r_organization_social", "w_organization_social", "rw_organization_admin"})
_VERSIONS = re.compile(r"2025(12)|2026(0[1-9]|10)")
_COMMENTS = re.compile(r"^/rest/socialActions/([^/]+)/comments(?:/([^/]+))?$")
_COMMENT_URN = re.compile(r"^urn:li:comment:\((urn:li:activity:\d+),(\d+)\)$")
_LONGEST = 1250
_MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class LinkedInIdentifiers:
    """URNs, and for comments the number that stands at their end."""

    def post(self, page_id: str, number: int, *, at: datetime) -> str:
        """Of a share."""
        del page_id, at
        return f"urn:li:share:73{number:017d}"

    def comment(
        self, post_id: str, number: int, *, at: datetime, author_id: str, parent_id: str | None
    ) -> str:
        """Of a comment."""
        del post_id, at, author_id, parent_id
        return f"74{number:017d}"

    def resident(self, number: int) -> str:
        """Of a member, as this app sees them."""
        return f"urn:li:person:M{number:08d}"


class LinkedInRefusalError(Exception):
    """The platform says no."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message


def open_organisation(town: Town, organisation: str, name: str) -> TownPage:
    """Open a page of the council's."""
    return town.open_page(
        organisation,
        name,
        platform="LinkedIn",
        hidden_seen_by="LinkedIn hides nothing; this is the sandbox's own mark.",
        identifiers=LinkedInIdentifiers(),
    )


def throttled(*, day: bool = False) -> Fault:
    """A fault: too many calls, for the moment or for the day."""
    span = "APPLICATION DAY" if day else "MEMBER"
    message = f"Resource level throttle {span} limit for calls to this resource is reached."
    told = {
        "status": 429,
        "serviceErrorCode": 101,
        "code": "TOO_MANY_REQUESTS",
        "message": message,
    }
    return json_answer(429, told)


class LinkedInSandbox(PretendPlatform):
    """A loopback server that answers as ``api.linkedin.com`` and the sign-in's host do.

    Args:
        town: What it tells of, and what it changes.
        port: 0 for any free one.
        clock: Decides whether a token has expired.
        faults: What goes wrong.
        client_id: The app that tokens belong to.
        client_secret: What it proves itself with.
        may_delete: Whether a page may delete other people's comments.
    """

    def __init__(
        self,
        town: Town,
        *,
        port: int = 0,
        clock: Callable[[], datetime] | None = None,
        faults: Faults | None = None,
        client_id: str = "linkedin-app",
        client_secret: str = "linkedin-secret",  # noqa: S107 - opens a pretend platform
        may_delete: bool = True,
    ) -> None:
        super().__init__(self._handle, port=port, faults=faults)
        self.town = town
        self.clock = clock or Clock()
        self.may_delete = may_delete
        self._client = (client_id, client_secret)

    def _handle(self, request: Request) -> Answer:
        try:
            if request.path == "/oauth/v2/introspectToken":
                return json_reply(self._introspected(request))
            return self._answer(request, self._admitted(request))
        except LinkedInRefusalError as refusal:
            told = {
                "status": refusal.status,
                "code": refusal.code,
                "message": refusal.message,
            }
            return json_reply(told, refusal.status)

    def _admitted(self, request: Request) -> TownToken:
        version = request.headers.get("linkedin-version", "")
        if not version:
            raise LinkedInRefusalError(400, "VERSION_MISSING", "A version must be present.")
        if not _VERSIONS.fullmatch(version):
            message = f"Requested version {version} is not active"
            raise LinkedInRefusalError(426, "NONEXISTENT_VERSION", message)
        if request.headers.get("x-restli-protocol-version") != "2.0.0":
            raise LinkedInRefusalError(400, "ILLEGAL_ARGUMENT", "Unsupported protocol version")
        value = request.headers.get("authorization", "").removeprefix("Bearer ")
        token = self.town.token(value)
        if token is None:
            raise LinkedInRefusalError(401, "INVALID_ACCESS_TOKEN", "Invalid access token")
        if token.expires_at is not None and token.expires_at <= self.clock():
            raise LinkedInRefusalError(401, "EXPIRED_ACCESS_TOKEN", "The token has expired")
        return token

    def _answer(self, request: Request, token: TownToken) -> Answer:
        found = _COMMENTS.match(request.path)
        if found:
            target, comment_id = unquote(found[1]), found[2]
            acts: Mapping[tuple[str, bool], Callable[..., Answer]] = {
                ("GET", False): self._comments,
                ("GET", True): self._comment,
                ("POST", False): self._create,
                ("DELETE", True): self._delete,
            }
            act = acts.get((request.method, comment_id is not None))
            if act is None:
                raise LinkedInRefusalError(405, "METHOD_NOT_ALLOWED", request.method)
            return act(request, token, target, comment_id)
        finders: Mapping[str, Callable[[Request, TownToken], Answer]] = {
            "/rest/posts": self._posts,
            "/rest/organizationAcls": self._roles,
            "/rest/organizationalEntityNotifications": self._notifications,
        }
        finder = finders.get(request.path)
        if finder is None:
            raise LinkedInRefusalError(404, "RESOURCE_NOT_FOUND", f"No resource {request.path}")
        if request.headers.get("x-restli-method") != "FINDER":
            raise LinkedInRefusalError(400, "ILLEGAL_ARGUMENT", "A finder must say so")
        return finder(request, token)

    def _introspected(self, request: Request) -> Mapping[str, object]:
        given = (request.argument("client_id"), request.argument("client_secret"))
        if given != self._client:
            raise LinkedInRefusalError(401, "INVALID_CLIENT", "Client authentication failed")
        token = self.town.token(request.argument("token") or "")
        if token is None:
            return {"active": False}
        ends = token.expires_at
        return {
            "active": ends is None or ends > self.clock(),
            "client_id": self._client[0],
            "status": "active",
            "scope": ",".join(sorted(token.scopes)),
            "auth_type": "3L",
            **({"expires_at": int(ends.timestamp())} if ends else {}),
        }

    def _roles(self, request: Request, token: TownToken) -> Answer:
        _need(token, "rw_organization_admin")
        row = {"role": "ADMINISTRATOR", "state": "APPROVED", "organization": token.page_id}
        return _listed(request, [row])

    def _posts(self, request: Request, token: TownToken) -> Answer:
        _need(token, "r_organization_social")
        author = request.argument("author") or ""
        if author != token.page_id:
            raise LinkedInRefusalError(403, "ACCESS_DENIED", "Not enough permissions to access")
        newest_first = [*reversed(self.town.posts(author))]
        return _listed(request, [self._post(post) for post in newest_first])

    def _post(self, post: TownPost) -> Mapping[str, object]:
        return {
            "id": post.id,
            "author": post.page_id,
            "commentary": post.text,
            "createdAt": _ms(post.created_at),
            "publishedAt": _ms(post.created_at),
            "lastModifiedAt": _ms(post.created_at),
            "lifecycleState": "PUBLISHED",
            "visibility": "PUBLIC",
        }

    def _notifications(self, request: Request, token: TownToken) -> Answer:
        _need(token, "rw_organization_admin")
        told = re.fullmatch(r"\(start:(\d+),end:(\d+)\)", request.argument("timeRange") or "")
        if told is None:
            raise LinkedInRefusalError(400, "ILLEGAL_ARGUMENT", "timeRange cannot be read")
        start, end = int(told[1]), int(told[2])
        page = request.argument("organizationalEntity") or ""
        rows = [
            {
                "notificationId": number,
                "organizationalEntity": page,
                "action": "COMMENT_EDIT" if comment.edited_at else "COMMENT",
                "sourcePost": post.id,
                "lastModifiedAt": moment,
            }
            for number, (post, comment, moment) in enumerate(self._happened(page), 1)
            if start <= moment <= end
        ]
        return _listed(request, rows)

    def _happened(self, page: str) -> list[tuple[TownPost, TownComment, int]]:
        return [
            (post, comment, _ms(comment.edited_at or comment.created_at))
            for post in self.town.posts(page)
            for comment in self.town.comments(post.id)
        ]

    def _comments(
        self, request: Request, token: TownToken, target: str, comment_id: None
    ) -> Answer:
        del comment_id
        _need(token, "r_organization_social")
        below = _COMMENT_URN.match(target)
        if below:
            answered = self._own_comment(below[2], token)
            found = self.town.comments(answered.id)
        else:
            found = self.town.comments(self._own_post(target, token).id, toplevel=True)
        return _listed(request, [self._row(each) for each in found])

    def _comment(self, request: Request, token: TownToken, target: str, comment_id: str) -> Answer:
        del request
        _need(token, "r_organization_social")
        self._own_post(target, token)
        return json_reply(self._row(self._own_comment(comment_id, token)))

    def _create(self, request: Request, token: TownToken, target: str, comment_id: None) -> Answer:
        del comment_id
        _need(token, "w_organization_social")
        post = self._own_post(target, token)
        body = request.json()
        text = body.get("message", {}).get("text", "") if isinstance(body, dict) else ""
        if not text or body.get("actor") != token.page_id or len(text) > _LONGEST:
            raise LinkedInRefusalError(422, "UNPROCESSABLE_ENTITY", "The comment is not valid")
        parent = _COMMENT_URN.match(body.get("parentComment", ""))
        answered = self._own_comment(parent[2], token) if parent else None
        written = self.town.reply_as_page(
            post.id,
            text,
            at=self.clock(),
            parent_id=(answered.parent_id or answered.id) if answered else None,
        )
        return Answer(201, b"", {"x-restli-id": written.id})

    def _delete(self, request: Request, token: TownToken, target: str, comment_id: str) -> Answer:
        _need(token, "w_organization_social")
        self._own_post(target, token)
        comment = self._own_comment(comment_id, token)
        own = comment.author is not None and comment.author.id == token.page_id
        if request.argument("actor") != token.page_id or not (own or self.may_delete):
            raise LinkedInRefusalError(403, "ACCESS_DENIED", "Not enough permissions to delete")
        self.town.delete(comment.id)
        return Answer(204)

    def _row(self, comment: TownComment) -> Mapping[str, object]:
        activity = _activity(comment.post_id)
        replies = self.town.count_below(comment.id)
        row: dict[str, object] = {
            "id": comment.id,
            "commentUrn": f"urn:li:comment:({activity},{comment.id})",
            "object": activity,
            "created": {"time": _ms(comment.created_at)},
            "lastModified": {"time": _ms(comment.edited_at or comment.created_at)},
            "message": {"attributes": [], "text": comment.text},
            "likesSummary": {"totalLikes": 0, "aggregatedTotalLikes": 0, "selectedLikes": []},
            "commentsSummary": {
                "totalFirstLevelComments": replies,
                "aggregatedTotalComments": replies,
            },
        }
        if comment.author is not None:
            row["actor"] = comment.author.id
        if comment.parent_id is not None:
            row["parentComment"] = f"urn:li:comment:({activity},{comment.parent_id})"
        if comment.attachment is not None:
            row["content"] = [{"type": comment.attachment.upper(), "url": "https://example.org/i"}]
        return row

    def _own_post(self, urn: str, token: TownToken) -> TownPost:
        post = self.town.post(urn.replace("urn:li:activity:", "urn:li:share:"))
        if post is None or post.page_id != token.page_id:
            raise LinkedInRefusalError(404, "NOT_FOUND", "Unable to obtain activity")
        return post

    def _own_comment(self, comment_id: str, token: TownToken) -> TownComment:
        comment = self.town.comment(comment_id)
        if comment is None or comment.page_id != token.page_id:
            raise LinkedInRefusalError(404, "NOT_FOUND", "Comment not found")
        return comment


def _listed(request: Request, rows: Sequence[Mapping[str, object]]) -> Answer:
    given = [request.argument(name) or "" for name in ("start", "count")]
    if not all(each.isdigit() for each in given) or int(given[1]) > _MOST_AT_ONCE:
        raise LinkedInRefusalError(400, "ILLEGAL_ARGUMENT", "start and count must be numbers")
    start, count = int(given[0]), int(given[1])
    links = []
    if start + count < len(rows):
        href = f"{request.path}?start={start + count}&count={count}"
        links.append({"rel": "next", "type": "application/json", "href": href})
    paging = {"start": start, "count": count, "total": len(rows), "links": links}
    return json_reply({"paging": paging, "elements": rows[start : start + count]})


def _need(token: TownToken, scope: str) -> None:
    if scope not in token.scopes:
        raise LinkedInRefusalError(403, "ACCESS_DENIED", f"Not enough permissions: {scope}")


def _activity(share: str) -> str:
    return share.replace("urn:li:share:", "urn:li:activity:")


def _ms(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1000)
