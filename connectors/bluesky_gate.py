"""Hiding replies on Bluesky: the list in the account's own threadgate record.

The record stands in the account's repository under the key of the post that the thread began
with. It is read, changed and written with what it was read as, so that nobody's change is lost; a
gate that says who may reply keeps saying it, and one that does not is never given an empty list,
which would let nobody reply.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from connectors.bluesky_client import BlueskyClient, SwapRefusedError
from connectors.contract import Outcome
from connectors.errors import CommentGone, NotPermitted, TryLater, UnexpectedReply

__all__ = ["ThreadGate"]

_COLLECTION = "app.bsky.feed.threadgate"
_MOST = 300
_TRIES = 5


class ThreadGate:
    """The gate of one thread of the account's own.

    Args:
        client: Makes the calls.
        repo: The account's DID.
        post_uri: The post that the thread began with.
        clock: Now, aware UTC.
    """

    def __init__(
        self, client: BlueskyClient, *, repo: str, post_uri: str, clock: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._repo = repo
        self._post_uri = post_uri
        self._clock = clock

    def hidden(self) -> frozenset[str]:
        """The replies that it hides."""
        return frozenset(_listed(self._read()[0]))

    def set_hidden(self, uri: str, *, hidden: bool) -> Outcome:
        """Hide a reply, or show it again.

        Raises:
            NotPermitted: The list is full.
            TryLater: Somebody else keeps changing it.
            UnexpectedReply: The server confirms nothing.
        """
        for _ in range(_TRIES):
            record, cid = self._read()
            listed = _listed(record)
            if (uri in listed) is hidden:
                return Outcome.ALREADY
            changed = [*listed, uri] if hidden else [each for each in listed if each != uri]
            if len(changed) > _MOST:
                raise NotPermitted(
                    f"Bluesky hides at most {_MOST} replies in one thread; ask the network to look"
                    " at it, or close the thread by hand."
                )
            try:
                self._write({**record, "hiddenReplies": changed}, cid)
            except SwapRefusedError:
                continue
            return Outcome.DONE
        raise TryLater("Somebody keeps changing the same thread.", at=self._clock())

    def _read(self) -> tuple[Mapping[str, Any], str | None]:
        try:
            told = self._client.read(
                "com.atproto.repo.getRecord",
                repo=self._repo,
                collection=_COLLECTION,
                rkey=self._key(),
            )
        except CommentGone:
            return {}, None
        value, cid = told.get("value"), told.get("cid")
        if not isinstance(value, dict) or not isinstance(cid, str):
            raise UnexpectedReply(
                "Bluesky sent a threadgate that cannot be read; look whether its API has changed."
            )
        return value, cid

    def _write(self, record: Mapping[str, Any], cid: str | None) -> None:
        written = {
            "$type": _COLLECTION,
            "post": self._post_uri,
            "createdAt": self._clock().strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            **record,
        }
        where = {"repo": self._repo, "collection": _COLLECTION, "rkey": self._key()}
        if cid is None:
            answer = self._client.write("com.atproto.repo.createRecord", **where, record=written)
        else:
            answer = self._client.write(
                "com.atproto.repo.putRecord", **where, record=written, swapRecord=cid
            )
        if not answer.get("cid"):
            raise UnexpectedReply(
                "Bluesky did not say that it did what was asked; look at the post's address."
            )

    def _key(self) -> str:
        return self._post_uri.rpartition("/")[2]


def _listed(record: Mapping[str, Any]) -> list[str]:
    listed = record.get("hiddenReplies")
    return [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
