"""A YouTube channel: the comments and replies under its videos, and holding them for review.

How it reads is said in ``connectors.threads``. The list of uploads and each video's count of
comments cost two units of quota for fifty videos; the channel's own newest comments, published
and held, tell which video has news that the count leaves out. Threads come newest first, and a
row brings only some of its replies, so the rest is asked for.

Hiding is "held for review" and restoring is "published". Rejecting is for ever, so it stands
under ``delete`` alone.

Options: those of ``connectors.threads``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.contract import (
    Ability,
    Capabilities,
    Channel,
    Comment,
    CommentRef,
    ConnectorSettings,
    Cursor,
    Health,
    NativeId,
    Outcome,
    Pull,
    Readiness,
)
from connectors.errors import (
    CommentGone,
    ConnectorError,
    CredentialsRejected,
    NotPermitted,
    UnexpectedReply,
)
from connectors.threads import follow_threads
from connectors.youtube_client import WRITE_UNITS, YouTubeClient
from connectors.youtube_rows import HELD, read_comment, snippet_of
from connectors.youtube_threads import LARGEST_PAGE, STATUSES, ChannelThreads, threads_of

__all__ = ["YouTubeChannel", "connect"]

_COSTS = f"{WRITE_UNITS} units of quota"
_CAPABILITIES = Capabilities(
    hide=Ability(reversible=True, still_seen_by="its author", cost=_COSTS, units=WRITE_UNITS),
    restore=Ability(reversible=True, cost=_COSTS, units=WRITE_UNITS),
    delete=Ability(reversible=False, cost=_COSTS, units=WRITE_UNITS),
    reply=Ability(reversible=True, cost=_COSTS, units=WRITE_UNITS),
)


def connect(settings: ConnectorSettings) -> YouTubeChannel:
    """Build the connector; makes no call.

    Args:
        settings: With the secrets ``client_id``, ``client_secret`` and ``refresh_token``.
    """
    return YouTubeChannel(settings)


class YouTubeChannel:
    """Keeps ``connectors.contract.Connector`` for YouTube channels.

    Args:
        settings: See ``connect``.
    """

    def __init__(self, settings: ConnectorSettings) -> None:
        self._settings = settings
        self._client = YouTubeClient(settings)

    @property
    def capabilities(self) -> Capabilities:
        """Holding, publishing, rejecting and answering; blocking only comes with rejecting."""
        return _CAPABILITIES

    def pull(self, channel: Channel, since: Cursor | None) -> Iterator[Pull]:
        """Read what is new; see ``connectors.threads`` for how."""
        source = ChannelThreads(self._client, min(self._settings.page_size, LARGEST_PAGE))
        yield from follow_threads(source, channel, since, self._settings, mark="yt1:")

    def fetch(self, ref: CommentRef) -> Comment:
        """Read one comment as it stands now; its state is told by the lists that it stands in."""
        row = self._row(ref)
        hidden = self._is_held(ref, snippet_of(row).get("parentId"))
        return read_comment(row, video_id=ref.post_id, channel=ref.channel, hidden=hidden)

    def hide(self, ref: CommentRef) -> Outcome:
        """Hold a comment for review."""
        return self._set(ref, "heldForReview")

    def restore(self, ref: CommentRef) -> Outcome:
        """Publish a comment that is held."""
        return self._set(ref, "published")

    def delete(self, ref: CommentRef) -> Outcome:
        """Reject a comment: it can never be published again."""
        try:
            self._moderate(ref, "rejected")
        except CommentGone:
            return Outcome.GONE
        return Outcome.DONE

    def reply(self, ref: CommentRef, text: str) -> NativeId:
        """Answer a comment as the channel; an answer to a reply joins the thread above it."""
        parent_id = snippet_of(self._row(ref)).get("parentId") or ref.native_id
        body = {"snippet": {"parentId": parent_id, "textOriginal": text}}
        answer = self._client.write(
            lambda service: service.comments().insert(part="snippet", body=body)
        )
        if not isinstance(answer, dict) or not answer.get("id"):
            raise _not_confirmed()
        return NativeId(str(answer["id"]))

    def restrict(self, ref: CommentRef) -> Outcome:
        """Refused: YouTube blocks an author only together with rejecting the comment."""
        raise _by_hand(ref)

    def lift(self, ref: CommentRef) -> Outcome:
        """Refused: YouTube lets no program end a block."""
        raise _by_hand(ref)

    def check(self, channel: Channel) -> Health:
        """Say whether the sign-in is the channel's own, which sees held comments."""
        try:
            told = self._client.read(
                lambda service: service.channels().list(mine=True, part="id", maxResults=50)
            )
        except CredentialsRejected as error:
            hint = error.scope or "connect the channel again"
            return Health(Readiness.CREDENTIALS_REJECTED, error.sentence, hint)
        except ConnectorError as error:
            return Health(Readiness.NOT_READY, error.sentence, "try again later, then ask support")
        if channel.native_id not in [str(row.get("id")) for row in told.get("items", [])]:
            return Health(
                Readiness.NOT_PERMITTED,
                f"The sign-in does not own {channel.name}.",
                "connect it while signed in as the channel's own account",
            )
        return Health(Readiness.READY, f"{channel.name} can be read and moderated.")

    def close(self) -> None:
        """Close the connections to the platform; a later call opens new ones."""
        self._client.close()

    def _set(self, ref: CommentRef, status: str) -> Outcome:
        try:
            held = self._is_held(ref, snippet_of(self._row(ref)).get("parentId"))
            if held is (status != "published"):
                return Outcome.ALREADY
            self._moderate(ref, status)
        except CommentGone:
            return Outcome.GONE
        return Outcome.DONE

    def _moderate(self, ref: CommentRef, status: str) -> None:
        answer = self._client.write(
            lambda service: service.comments().setModerationStatus(
                id=ref.native_id, moderationStatus=status
            )
        )
        if answer:  # done is an answer without a word
            raise _not_confirmed()

    def _row(self, ref: CommentRef) -> Mapping[str, Any]:
        told = self._client.read(
            lambda service: service.comments().list(
                id=ref.native_id, part="id,snippet", textFormat="plainText"
            )
        )
        for row in told.get("items", []):
            if isinstance(row, dict) and str(row.get("id")) == ref.native_id:
                return row
        raise CommentGone("YouTube no longer has this comment.")

    def _is_held(self, ref: CommentRef, parent_id: object) -> bool:
        """Whether the public does not see it: asked by identifier, YouTube does not say."""
        if parent_id:
            replies = self._client.pages(
                lambda service, token: service.comments().list(
                    parentId=str(parent_id),
                    part="id,snippet",
                    maxResults=LARGEST_PAGE,
                    textFormat="plainText",
                    pageToken=token,
                )
            )
            return any(
                str(row.get("id")) == ref.native_id
                and snippet_of(row).get("moderationStatus") in HELD
                for rows, _ in replies
                for row in rows
            )
        return any(
            str(row.get("id")) == ref.native_id
            for status in STATUSES[1:]
            for rows, _ in threads_of(self._client, ref.post_id, status, LARGEST_PAGE)
            for row in rows
        )


def _by_hand(ref: CommentRef) -> NotPermitted:
    return NotPermitted(
        f"YouTube lets no program block or unblock an author on {ref.channel.name} by itself; do"
        " it by hand in YouTube Studio."
    )


def _not_confirmed() -> UnexpectedReply:
    return UnexpectedReply(
        "YouTube did not say that it did what was asked; look at the comment's address."
    )
