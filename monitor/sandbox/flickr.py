"""A pretend Flickr, standing on a town: its REST interface as a program meets it.

Failures are answers of 200 with ``stat: fail``; numbers come as text or not, as they please; a
photo without comments has no list of them; comments are HTML, flat, and come all at once. Calls
must be signed by OAuth 1.0a, and the signature is checked.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from monitor.sandbox.faults import Fault, Faults, answer
from monitor.sandbox.http import Answer, Clock, Request, json_reply
from monitor.sandbox.oauth1 import is_signed, signed_fields
from monitor.sandbox.platform import PretendPlatform
from monitor.sandbox.town import Town
from monitor.sandbox.townsfolk import TownComment, TownPage, TownPost, TownToken

__all__ = ["ARGUMENTS", "FlickrIdentifiers", "FlickrSandbox", "open_stream", "too_many_calls"]

ARGUMENTS: Mapping[str, frozenset[str]] = {
    "flickr.auth.oauth.checkToken": frozenset({"oauth_token"}),
    "flickr.people.getPhotos": frozenset(
        {"user_id", "min_upload_date", "max_upload_date", "extras", "per_page", "page"}
    ),
    "flickr.photos.comments.addComment": frozenset({"photo_id", "comment_text"}),
    "flickr.photos.comments.deleteComment": frozenset({"comment_id"}),
    "flickr.photos.comments.getList": frozenset(
        {"photo_id", "min_comment_date", "max_comment_date"}
    ),
    "flickr.test.login": frozenset(),
}
"""What each method takes; a test compares it with Flickr's own reflection."""

_ALWAYS = frozenset({"method", "format", "nojsoncallback", "api_key"})
_PAGE = {"Content-Type": "text/html"}


@dataclass(frozen=True, slots=True)
class FlickrIdentifiers:
    """Numbers, and numbers joined: a comment's names its photo."""

    def post(self, page_id: str, number: int, *, at: datetime) -> str:
        """Of a photo."""
        del page_id, at
        return f"54{number:09d}"

    def comment(
        self, post_id: str, number: int, *, at: datetime, author_id: str, parent_id: str | None
    ) -> str:
        """Of a comment, with its photo's in the middle."""
        del at, author_id, parent_id
        return f"99990001-{post_id}-7215{number:013d}"

    def resident(self, number: int) -> str:
        """Of a person."""
        return f"{199_000_000 + number}@N01"


class FlickrRefusalError(Exception):
    """The platform says no, in a 200."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"({code}) {message}")
        self.code = code
        self.message = message


def open_stream(town: Town, account_id: str, name: str) -> TownPage:
    """Open an account of the council's, with its stream of photos."""
    return town.open_page(
        account_id,
        name,
        platform="Flickr",
        hidden_seen_by="Flickr hides nothing; this is the sandbox's own mark.",
        identifiers=FlickrIdentifiers(),
    )


def too_many_calls() -> Fault:
    """A fault: the hour's calls are spent, which is said with a page of HTML."""
    return answer(429, b"<html><body>Too many requests</body></html>", _PAGE)


class FlickrSandbox(PretendPlatform):
    """A loopback server that answers as ``api.flickr.com`` does.

    Args:
        town: What it tells of, and what it changes.
        api_key: The key that calls must be signed for.
        api_secret: Half of what they are signed with; the other is the token's, whose value and
            secret are one here.
        port: 0 for any free one.
        clock: When something is written.
        faults: What goes wrong.
        may_delete: Whether a photo's owner may delete other people's comments.
    """

    def __init__(
        self,
        town: Town,
        *,
        api_key: str = "flickr-key",
        api_secret: str = "flickr-secret",  # noqa: S107 - opens a pretend platform
        port: int = 0,
        clock: Callable[[], datetime] | None = None,
        faults: Faults | None = None,
        may_delete: bool = True,
    ) -> None:
        super().__init__(self._handle, port=port, faults=faults)
        self.town = town
        self.clock = clock or Clock()
        self.may_delete = may_delete
        self._key = api_key
        self._secret = api_secret

    def _handle(self, request: Request) -> Answer:
        if request.path != "/services/rest/":
            return Answer(404, b"<html><body>Not found</body></html>", _PAGE)
        try:
            return json_reply({**self._answer(request), "stat": "ok"})
        except FlickrRefusalError as refusal:
            told = {"stat": "fail", "code": refusal.code, "message": refusal.message}
            return json_reply(told)

    def _answer(self, request: Request) -> Mapping[str, object]:
        given = {name: values[0] for name, values in {**request.query, **request.form}.items()}
        token = self._token(request)
        method = given.get("method", "")
        if method not in ARGUMENTS:
            raise FlickrRefusalError(112, f'Method "{method}" not found')
        if given.get("format") != "json":
            raise FlickrRefusalError(111, f'Format "{given.get("format", "rest")}" not found')
        unknown = set(given) - ARGUMENTS[method] - _ALWAYS
        if unknown:
            # The real one looks away; a test of ours should not.
            raise FlickrRefusalError(112, f"Unknown arguments {sorted(unknown)}")
        known: Mapping[str, Callable[[Mapping[str, str], TownToken], Mapping[str, object]]] = {
            "flickr.auth.oauth.checkToken": self._check_token,
            "flickr.people.getPhotos": self._photos,
            "flickr.photos.comments.addComment": self._add,
            "flickr.photos.comments.deleteComment": self._delete,
            "flickr.photos.comments.getList": self._comments,
            "flickr.test.login": self._who,
        }
        return known[method](given, token)

    def _token(self, request: Request) -> TownToken:
        signed = signed_fields(request)
        if "oauth_signature" not in signed:
            raise FlickrRefusalError(97, "Missing signature")
        if signed.get("oauth_consumer_key") != self._key:
            raise FlickrRefusalError(100, "Invalid API Key")
        value = signed.get("oauth_token", "")
        if not is_signed(request, signed, key_secret=self._secret, token_secret=value):
            raise FlickrRefusalError(96, "Invalid signature")
        token = self.town.token(value)
        if token is None or (token.expires_at is not None and token.expires_at <= self.clock()):
            raise FlickrRefusalError(98, "Login failed / Invalid auth token")
        return token

    def _check_token(self, given: Mapping[str, str], token: TownToken) -> Mapping[str, object]:
        del given
        page = self.town.page(token.page_id or "")
        return {
            "oauth": {
                "token": {"_content": token.value},
                "perms": {"_content": "write" if "write" in token.scopes else "read"},
                "user": {"nsid": token.page_id, "username": page.name if page else ""},
            }
        }

    def _who(self, given: Mapping[str, str], token: TownToken) -> Mapping[str, object]:
        del given
        return {"user": {"id": token.page_id, "username": {"_content": "wexcombe"}}}

    def _photos(self, given: Mapping[str, str], token: TownToken) -> Mapping[str, object]:
        account = token.page_id if given.get("user_id") == "me" else given.get("user_id", "")
        if account != token.page_id or self.town.page(account or "") is None:
            raise FlickrRefusalError(1, "User not found")
        since = int(given.get("min_upload_date", "0"))
        per_page = min(int(given.get("per_page", "100")), 500)
        number = max(int(given.get("page", "1")), 1)
        found = [
            post
            for post in reversed(self.town.posts(account or ""))
            if post.created_at.timestamp() >= since
        ]
        pages = -(-len(found) // per_page)
        shown = found[(number - 1) * per_page : number * per_page]
        return {
            "photos": {
                "page": number,
                "pages": pages,
                "perpage": per_page,
                "total": str(len(found)),
                "photo": [self._photo(post) for post in shown],
            }
        }

    def _photo(self, post: TownPost) -> Mapping[str, object]:
        return {
            "id": post.id,
            "owner": post.page_id,
            "title": post.text,
            "ispublic": 1,
            "dateupload": str(_seconds(post.created_at)),
            "lastupdate": str(_seconds(post.updated_at)),
            "count_comments": str(self.town.count_below(post.id)),
        }

    def _comments(self, given: Mapping[str, str], token: TownToken) -> Mapping[str, object]:
        post = self._own_photo(given.get("photo_id", ""), token)
        since = int(given.get("min_comment_date", "0"))
        until = int(given.get("max_comment_date", str(2**40)))
        rows = [
            self._row(each)
            for each in self.town.comments(post.id)
            if since <= _seconds(each.created_at) <= until
        ]
        return {"comments": {"photo_id": post.id, **({"comment": rows} if rows else {})}}

    def _row(self, comment: TownComment) -> Mapping[str, object]:
        content = html.escape(comment.text, quote=False)
        if comment.attachment:
            content += ' <a href="/p"><img src="/p.jpg" /></a>'
        author = comment.author
        return {
            "id": comment.id,
            "author": author.id if author else "199999999@N01",
            "author_is_deleted": 0 if author else 1,
            "authorname": author.name if author else "[deleted]",
            "iconserver": "65535",
            "iconfarm": 66,
            "datecreate": str(_seconds(comment.created_at)),
            "permalink": f"https://www.flickr.com/photos/{comment.page_id}/{comment.post_id}/"
            f"#comment{comment.id.rpartition('-')[2]}",
            "path_alias": None,
            "realname": "",
            "_content": content,
        }

    def _add(self, given: Mapping[str, str], token: TownToken) -> Mapping[str, object]:
        post = self._own_photo(given.get("photo_id", ""), token)
        self._may_write(token)
        text = given.get("comment_text", "").strip()
        if not text:
            raise FlickrRefusalError(8, "Blank comment.")
        return {"comment": {"id": self.town.reply_as_page(post.id, text, at=self.clock()).id}}

    def _delete(self, given: Mapping[str, str], token: TownToken) -> Mapping[str, object]:
        comment = self.town.comment(given.get("comment_id", ""))
        if comment is None or comment.page_id != token.page_id:
            raise FlickrRefusalError(2, "Comment not found.")
        self._may_write(token)
        own = comment.author is not None and comment.author.id == token.page_id
        if not (own or self.may_delete) or not comment.can_remove:
            raise FlickrRefusalError(99, "User not logged in / Insufficient permissions")
        self.town.delete(comment.id)
        return {}

    def _own_photo(self, photo_id: str, token: TownToken) -> TownPost:
        post = self.town.post(photo_id)
        if post is None or post.page_id != token.page_id:
            raise FlickrRefusalError(1, "Photo not found")
        return post

    def _may_write(self, token: TownToken) -> None:
        if "write" not in token.scopes:
            raise FlickrRefusalError(99, "User not logged in / Insufficient permissions")


def _seconds(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp())
