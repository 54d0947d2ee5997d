"""A pretend Bluesky server, standing on a town: what one account's own program meets.

Sessions are three-part tokens with an end, refreshed once each; threads are trees of a limited
depth in which what was deleted leaves a node behind; records have a content identifier that
changes at each writing, and a swap against another one is refused; a reply is hidden by the
threadgate record of the account that began the thread, and by nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from monitor.sandbox.bluesky_rows import (
    NOBODY,
    POSTS,
    BlueskyIdentifiers,
    BlueskyRefusalError,
    cid_of,
    cut,
    is_own,
    object_of,
    session_token,
    spelled,
    told,
    view_of,
)
from monitor.sandbox.faults import Fault, Faults, json_answer
from monitor.sandbox.http import Answer, Clock, Request, json_reply
from monitor.sandbox.platform import PretendPlatform
from monitor.sandbox.town import Town
from monitor.sandbox.townsfolk import TownComment, TownPage, TownPost

__all__ = ["BlueskyIdentifiers", "BlueskySandbox", "open_account", "rate_limited"]

_GATES, _BLOCKS = "app.bsky.feed.threadgate", "app.bsky.graph.block"
_MOST_HIDDEN = 300
_LONGEST = 300


def open_account(town: Town, did: str, name: str) -> TownPage:
    """Open an account of the council's."""
    return town.open_page(
        did,
        name,
        platform="Bluesky",
        hidden_seen_by="Everybody can still open the hidden replies.",
        identifiers=BlueskyIdentifiers(),
    )


def rate_limited(reset: datetime) -> Fault:
    """A fault: too many calls in five minutes, with the moment of their end."""
    headers = {"ratelimit-limit": "3000", "ratelimit-remaining": "0"}
    headers["ratelimit-reset"] = str(int(reset.timestamp()))
    return json_answer(429, BlueskyRefusalError(429, "RateLimitExceeded").body, headers)


class BlueskySandbox(PretendPlatform):
    """A loopback server that answers as an account's own server does.

    Args:
        town: What it tells of, and what it changes; a token's value is an app password.
        port: 0 for any free one.
        clock: When something is written.
        faults: What goes wrong.

    Attributes:
        sign_ins: How many sessions were made with a password.
        interlopers: So many times somebody else changes a threadgate just before it is written.
        depth: How many levels of a thread come at once at most.
    """

    def __init__(
        self,
        town: Town,
        *,
        port: int = 0,
        clock: Callable[[], datetime] | None = None,
        faults: Faults | None = None,
    ) -> None:
        super().__init__(self._handle, port=port, faults=faults)
        self.town = town
        self.clock = clock or Clock()
        self.sign_ins = 0
        self.interlopers = 0
        self.depth = 10
        self._sessions: dict[str, str] = {}
        self._refreshes: dict[str, str] = {}
        self._records: dict[tuple[str, str, str], Mapping[str, object]] = {}
        self._written = 0

    def end_sessions(self) -> None:
        """Forget every session, as after a change of the password."""
        self._sessions.clear()
        self._refreshes.clear()

    def record(self, did: str, collection: str, key: str) -> Mapping[str, object] | None:
        """A record of the account's; None where there is none."""
        return self._records.get((did, collection, key))

    def put(self, did: str, collection: str, key: str, value: Mapping[str, object]) -> None:
        """Write a record as somebody else who uses the account."""
        self._written += 1
        self._records[(did, collection, key)] = {**value, "_written": self._written}

    def _handle(self, request: Request) -> Answer:
        try:
            return json_reply(self._answer(request))
        except BlueskyRefusalError as refusal:
            return json_reply(refusal.body, refusal.status)

    def _answer(self, request: Request) -> Mapping[str, object]:
        method = request.path.removeprefix("/xrpc/")
        if method == "com.atproto.server.createSession":
            return self._sign_in(request)
        if method == "com.atproto.server.refreshSession":
            return self._refresh(request)
        known: Mapping[str, Callable[[Request, str], Mapping[str, object]]] = {
            "com.atproto.server.getSession": self._session,
            "app.bsky.feed.getAuthorFeed": self._feed,
            "app.bsky.feed.getPosts": self._posts,
            "app.bsky.feed.getPostThread": self._thread,
            "app.bsky.notification.listNotifications": self._notifications,
            "com.atproto.repo.getRecord": self._get,
            "com.atproto.repo.listRecords": self._list,
            "com.atproto.repo.createRecord": self._create,
            "com.atproto.repo.putRecord": self._replace,
            "com.atproto.repo.deleteRecord": self._delete,
        }
        act = known.get(method)
        if act is None:
            raise BlueskyRefusalError(501, "MethodNotImplemented")
        return act(request, self._admitted(request))

    def _admitted(self, request: Request) -> str:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not token:
            raise BlueskyRefusalError(401, "AuthMissing")
        password = self._sessions.get(token)
        if password is None or not self._is_good(password):
            raise BlueskyRefusalError(400, "ExpiredToken", "Token has expired")
        found = self.town.token(password)
        return found.page_id or "" if found else ""

    def _is_good(self, password: str) -> bool:
        token = self.town.token(password)
        return token is not None and (token.expires_at is None or token.expires_at > self.clock())

    def _sign_in(self, request: Request) -> Mapping[str, object]:
        body = request.json()
        password = str(body.get("password", "")) if isinstance(body, dict) else ""
        if not self._is_good(password):
            raise BlueskyRefusalError(401, "AuthenticationRequired", "Invalid password")
        self.sign_ins += 1
        return self._session_of(password)

    def _refresh(self, request: Request) -> Mapping[str, object]:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        password = self._refreshes.pop(token, None)
        if password is None or not self._is_good(password):
            raise BlueskyRefusalError(400, "ExpiredToken", "Token has been revoked")
        return self._session_of(password)

    def _session_of(self, password: str) -> Mapping[str, object]:
        found = self.town.token(password)
        did = found.page_id or "" if found else ""
        number = len(self._sessions)
        access, refresh = (
            session_token(did, f"access{number}"),
            session_token(did, f"refresh{number}"),
        )
        self._sessions[access] = password
        self._refreshes[refresh] = password
        return {
            "accessJwt": access,
            "refreshJwt": refresh,
            "handle": "wexcombe.example",
            "did": did,
            "active": True,
        }

    def _session(self, request: Request, did: str) -> Mapping[str, object]:
        del request
        return {"handle": "wexcombe.example", "did": did, "active": True}

    def _feed(self, request: Request, did: str) -> Mapping[str, object]:
        actor = request.argument("actor") or ""
        if self.town.page(actor) is None:
            raise BlueskyRefusalError(400, "InvalidRequest", "Profile not found")
        posts = [*reversed(self.town.posts(actor))]
        page, cursor = cut(request, posts, key=lambda each: (each.created_at, each.id))
        return {"feed": [{"post": self._post_view(each, did)} for each in page], **cursor}

    def _posts(self, request: Request, did: str) -> Mapping[str, object]:
        views = []
        for uri in request.query.get("uris", ()):
            post, comment = self.town.post(uri), self.town.comment(uri)
            if post is not None:
                views.append(self._post_view(post, did))
            elif comment is not None:
                views.append(self._reply_view(comment))
        return {"posts": views}

    def _thread(self, request: Request, did: str) -> Mapping[str, object]:
        uri = request.argument("uri") or ""
        depth = min(int(request.argument("depth") or "6"), self.depth)
        post, comment = self.town.post(uri), self.town.comment(uri)
        if post is not None:
            below = self.town.comments(uri, toplevel=True)
            return {"thread": self._node(self._post_view(post, did), below, depth)}
        if comment is not None:
            view = self._reply_view(comment)
            return {"thread": self._node(view, self.town.comments(uri), depth)}
        raise BlueskyRefusalError(400, "NotFound", "Post not found")

    def _node(
        self, view: Mapping[str, object], below: Sequence[TownComment], depth: int
    ) -> Mapping[str, object]:
        node: dict[str, object] = {"$type": "app.bsky.feed.defs#threadViewPost", "post": view}
        if depth:
            node["replies"] = [
                self._node(self._reply_view(each), self.town.comments(each.id), depth - 1)
                for each in below
            ]
        return node

    def _notifications(self, request: Request, did: str) -> Mapping[str, object]:
        replies = [
            each
            for post in self.town.posts(did)
            for each in self.town.comments(post.id)
            if not is_own(each) and self._answers_the_account(each)
        ]
        replies.sort(key=lambda each: (each.created_at, each.id), reverse=True)
        page, cursor = cut(request, replies, key=lambda each: (each.created_at, each.id))
        rows = [
            {**self._reply_view(each), "reason": "reply", "isRead": False, "labels": []}
            for each in page
        ]
        return {"notifications": rows, "seenAt": told(self.clock()), **cursor}

    def _answers_the_account(self, comment: TownComment) -> bool:
        answered = self.town.comment(comment.parent_id or "")
        return answered is None or is_own(answered)

    def _get(self, request: Request, did: str) -> Mapping[str, object]:
        key = self._key(request, did)
        if key not in self._records:
            raise BlueskyRefusalError(400, "RecordNotFound", "Could not locate record")
        return self._recorded(key)

    def _list(self, request: Request, did: str) -> Mapping[str, object]:
        collection = request.argument("collection") or ""
        keys = [key for key in self._records if key[:2] == (did, collection)]
        return {"records": [self._recorded(key) for key in keys]}

    def _create(self, request: Request, did: str) -> Mapping[str, object]:
        body, key = self._body(request, did)
        record = body["record"]
        if key[1] == POSTS:
            return self._reply(object_of(record))
        if key in self._records:
            raise BlueskyRefusalError(400, "InvalidSwap", "Record already exists")
        return self._stored(key, object_of(record))

    def _replace(self, request: Request, did: str) -> Mapping[str, object]:
        body, key = self._body(request, did)
        if self.interlopers and key in self._records:
            self.interlopers -= 1
            self.put(*key, {**self._records[key], "createdAt": told(self.clock())})
        swap = body.get("swapRecord")
        if swap is not None and (key not in self._records or swap != self._cid(key)):
            raise BlueskyRefusalError(400, "InvalidSwap", "Record was changed meanwhile")
        return self._stored(key, object_of(body["record"]))

    def _delete(self, request: Request, did: str) -> Mapping[str, object]:
        body = request.json()
        key = (did, str(body.get("collection")), str(body.get("rkey")))
        found = self._records.pop(key, None)
        if found is not None and key[1] == _BLOCKS:
            self.town.unblock(did, str(found.get("subject")))
        return {}

    def _reply(self, record: Mapping[str, object]) -> Mapping[str, object]:
        reply = record.get("reply")
        refs = reply if isinstance(reply, dict) else {}
        root, parent = (str((refs.get(name) or {}).get("uri", "")) for name in ("root", "parent"))
        text = str(record.get("text", ""))
        if len(text) > _LONGEST or self.town.post(root) is None:
            raise BlueskyRefusalError(400, "InvalidRequest", "Record cannot be written")
        written = self.town.reply_as_page(
            root, text, at=self.clock(), parent_id=parent if parent != root else None
        )
        return {"uri": written.id, "cid": cid_of(written.id)}

    def _stored(
        self, key: tuple[str, str, str], record: Mapping[str, object]
    ) -> Mapping[str, object]:
        hidden = record.get("hiddenReplies", [])
        if not isinstance(hidden, list) or len(hidden) > _MOST_HIDDEN:
            raise BlueskyRefusalError(400, "InvalidRequest", "Record/hiddenReplies is too long")
        self._written += 1
        self._records[key] = {**record, "_written": self._written}
        if key[1] == _GATES:
            self._obey(key)
        if key[1] == _BLOCKS:
            self.town.block(key[0], str(record.get("subject")), at=self.clock())
        return {"uri": f"at://{'/'.join(key)}", "cid": self._cid(key)}

    def _obey(self, key: tuple[str, str, str]) -> None:
        """What the gate hides is hidden on the town's own page too."""
        record = self._records[key]
        hidden = record.get("hiddenReplies")
        listed = hidden if isinstance(hidden, list) else []
        for each in self.town.comments(str(record.get("post"))):
            if each.hidden is not (each.id in listed):
                self.town.hide(each.id, hidden=each.id in listed)

    def _key(self, request: Request, did: str) -> tuple[str, str, str]:
        if request.argument("repo") != did:
            raise BlueskyRefusalError(400, "InvalidRequest", "Could not find repo")
        return did, request.argument("collection") or "", request.argument("rkey") or ""

    def _body(
        self, request: Request, did: str
    ) -> tuple[Mapping[str, object], tuple[str, str, str]]:
        body = request.json()
        if not isinstance(body, dict) or not isinstance(body.get("record"), dict):
            raise BlueskyRefusalError(400, "InvalidRequest", "A record is required")
        if body.get("repo") != did:
            raise BlueskyRefusalError(403, "Forbidden", "Not your repository")
        key = str(body.get("rkey") or f"3ld{spelled(self._written, 10)}")
        return body, (did, str(body.get("collection")), key)

    def _recorded(self, key: tuple[str, str, str]) -> Mapping[str, object]:
        value = {name: each for name, each in self._records[key].items() if name != "_written"}
        return {"uri": f"at://{'/'.join(key)}", "cid": self._cid(key), "value": value}

    def _cid(self, key: tuple[str, str, str]) -> str:
        return cid_of(f"{key}{json.dumps(self._records[key], sort_keys=True)}")

    def _post_view(self, post: TownPost, did: str) -> Mapping[str, object]:
        page = self.town.page(post.page_id)
        author = {
            "did": did,
            "handle": "wexcombe.example",
            "displayName": page.name if page else "",
        }
        record = {"$type": POSTS, "text": post.text, "createdAt": told(post.created_at)}
        below = self.town.comments(post.id, toplevel=True)
        return view_of(post.id, author, record, post.created_at, len(below))

    def _reply_view(self, comment: TownComment) -> Mapping[str, object]:
        author = comment.author
        name = author.name.lower().replace(" ", "-") if author else "handle.invalid"
        root = comment.post_id
        parent = comment.parent_id or root
        record: dict[str, object] = {
            "$type": POSTS,
            "text": comment.text,
            "createdAt": told(comment.created_at),
            "reply": {
                "root": {"uri": root, "cid": cid_of(root)},
                "parent": {"uri": parent, "cid": cid_of(parent)},
            },
        }
        if comment.attachment:
            record["embed"] = {"$type": "app.bsky.embed.images", "images": []}
        who = {"did": author.id if author else NOBODY, "handle": f"{name}.example"}
        count = len(self.town.comments(comment.id))
        return view_of(comment.id, who, record, comment.created_at, count)
