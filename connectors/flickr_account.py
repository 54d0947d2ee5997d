"""A Flickr account: its photos, and the comments under them.

How it reads is said in ``connectors.threads``. The list of photos brings each one's count of
comments and the moment of its last change, which a comment moves. A photo's comments come in one
answer, oldest first and flat: nobody can see what answers what.

Nothing can be hidden on Flickr. A comment can perhaps be deleted: the reference does not say
whether a photo's owner may, so it is tried, and a refusal means "by hand".

Options: those of ``connectors.threads``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.contract import (
    Ability,
    Author,
    Capabilities,
    Channel,
    Comment,
    CommentRef,
    ConnectorSettings,
    Cursor,
    Health,
    NativeId,
    Outcome,
    Post,
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
from connectors.flickr_client import FlickrClient
from connectors.flickr_text import words_of
from connectors.threads import CommentsPage, ListedPost, PostsPage, follow_threads

__all__ = ["FlickrAccount", "connect"]

_LARGEST_PAGE = 500
_LATEST = 4_102_444_800
"""The year 2100: no later second is meant."""

_CAPABILITIES = Capabilities(delete=Ability(reversible=False), reply=Ability(reversible=True))


def connect(settings: ConnectorSettings) -> FlickrAccount:
    """Build the connector; makes no call.

    Args:
        settings: With the secrets ``api_key``, ``api_secret``, ``oauth_token`` and
            ``oauth_token_secret``.
    """
    return FlickrAccount(settings)


class FlickrAccount:
    """Keeps ``connectors.contract.Connector`` for Flickr accounts.

    Args:
        settings: See ``connect``.
    """

    def __init__(self, settings: ConnectorSettings) -> None:
        self._settings = settings
        self._client = FlickrClient(settings)

    @property
    def capabilities(self) -> Capabilities:
        """Deleting, where Flickr lets us, and answering; the rest is done by hand."""
        return _CAPABILITIES

    def pull(self, channel: Channel, since: Cursor | None) -> Iterator[Pull]:
        """Read what is new; see ``connectors.threads`` for how."""
        source = _AccountThreads(self._client, min(self._settings.page_size, _LARGEST_PAGE))
        yield from follow_threads(source, channel, since, self._settings, mark="fl1:")

    def fetch(self, ref: CommentRef) -> Comment:
        """Read one comment as it stands now, out of the list of its photo's."""
        told = self._client.read("flickr.photos.comments.getList", photo_id=ref.post_id)
        for row in _rows(told, "comments", "comment"):
            if str(row.get("id")) == ref.native_id:
                return _comment(row, post_id=ref.post_id, account=ref.channel)
        raise CommentGone("Flickr no longer has this comment.")

    def hide(self, ref: CommentRef) -> Outcome:
        """Refused: Flickr hides nothing."""
        raise _by_hand(ref, "hidden")

    def restore(self, ref: CommentRef) -> Outcome:
        """Refused, for nothing can have been hidden."""
        raise _by_hand(ref, "shown again")

    def delete(self, ref: CommentRef) -> Outcome:
        """Delete a comment for ever, where Flickr lets the photo's owner."""
        try:
            self._client.write("flickr.photos.comments.deleteComment", comment_id=ref.native_id)
        except CommentGone:
            return Outcome.GONE
        return Outcome.DONE

    def reply(self, ref: CommentRef, text: str) -> NativeId:
        """Comment on the same photo; Flickr knows no answers to a comment."""
        told = self._client.write(
            "flickr.photos.comments.addComment", photo_id=ref.post_id, comment_text=text
        )
        written = told.get("comment")
        if not isinstance(written, dict) or not written.get("id"):
            raise UnexpectedReply("Flickr did not say that it took the reply; look at the photo.")
        return NativeId(str(written["id"]))

    def restrict(self, ref: CommentRef) -> Outcome:
        """Refused: Flickr lets no program block anybody."""
        raise _by_hand(ref, "blocked")

    def lift(self, ref: CommentRef) -> Outcome:
        """Refused, for there is no block that this could end."""
        raise _by_hand(ref, "unblocked")

    def check(self, channel: Channel) -> Health:
        """Say whether the token opens this account, and whether it may write."""
        try:
            told = self._client.read(
                "flickr.auth.oauth.checkToken",
                oauth_token=self._settings.secrets["oauth_token"].value.strip(),
            )
        except KeyError:
            return Health(
                Readiness.CREDENTIALS_REJECTED,
                f"There is no token for {channel.name}.",
                "oauth_token",
            )
        except CredentialsRejected as error:
            return Health(
                Readiness.CREDENTIALS_REJECTED, error.sentence, error.scope or "oauth_token"
            )
        except ConnectorError as error:
            return Health(Readiness.NOT_READY, error.sentence, "try again later, then ask support")
        return _judged(told, channel)

    def close(self) -> None:
        """Close the connections to the platform; a later call opens new ones."""
        self._client.close()


class _AccountThreads:
    """Keeps ``connectors.threads.ThreadSource`` for one pull of an account."""

    def __init__(self, client: FlickrClient, limit: int) -> None:
        self._client = client
        self._limit = limit
        self._calls_before = client.calls

    def posts(self, channel: Channel, *, oldest: datetime) -> Iterator[PostsPage]:
        number = 1
        while True:
            told = self._client.read(
                "flickr.people.getPhotos",
                user_id=channel.native_id,
                min_upload_date=int(oldest.timestamp()),
                extras="date_upload,last_update,count_comments",
                per_page=self._limit,
                page=number,
            )
            listed = _rows(told, "photos", "photo")
            last = _number(told["photos"].get("pages"))
            yield PostsPage(tuple(_post(row, channel) for row in listed), is_last=number >= last)
            if number >= last:
                return
            number += 1

    def comments(
        self, channel: Channel, found: ListedPost, *, since: int
    ) -> Iterator[CommentsPage]:
        post_id = found.post.native_id
        from_there = {"min_comment_date": since} if since >= 0 else {}
        told = self._client.read("flickr.photos.comments.getList", photo_id=post_id, **from_there)
        read = [
            _comment(row, post_id=post_id, account=channel)
            for row in _rows(told, "comments", "comment")
        ]
        # One answer holds them all; they are handed on in parts that a transaction can take.
        starts = range(0, max(len(read), 1), self._limit)
        for start in starts:
            part = tuple(read[start : start + self._limit])
            yield CommentsPage(part, is_last=start == starts[-1])

    def is_tight(self) -> bool:
        return False

    def problems(self) -> tuple[str, ...]:
        return ()

    def spent(self) -> int:
        return self._client.calls - self._calls_before


def _rows(told: Mapping[str, Any], outer: str, inner: str) -> list[Mapping[str, Any]]:
    holder = told.get(outer)
    if not isinstance(holder, dict):
        raise _changed(f"no {outer}")
    rows = holder.get(inner, [])  # the key is left out where there is nothing
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _changed(f"no list of {inner}")
    return rows


def _post(row: Mapping[str, Any], channel: Channel) -> ListedPost:
    native_id = _identifier(row)
    title = row.get("title")
    count = row.get("count_comments")
    return ListedPost(
        Post(
            native_id=native_id,
            text=str(title.get("_content", "") if isinstance(title, dict) else title or ""),
            created_at=_moment(row.get("dateupload")),
            permalink=f"https://www.flickr.com/photos/{channel.native_id}/{native_id}",
            comment_count=_number(count) if count is not None else None,
        ),
        updated=_number(row.get("lastupdate")),
    )


def _comment(row: Mapping[str, Any], *, post_id: NativeId, account: Channel) -> Comment:
    text, attached = words_of(str(row.get("_content") or ""))
    author_id, name = str(row.get("author") or ""), str(row.get("authorname") or "")
    is_gone = str(row.get("author_is_deleted", 0)) == "1"
    permalink = row.get("permalink")
    return Comment(
        native_id=_identifier(row),
        post_id=post_id,
        parent_id=None,
        author=None if is_gone or not author_id else Author(NativeId(author_id), name or None),
        text=text,
        created_at=_moment(row.get("datecreate")),
        permalink=permalink if isinstance(permalink, str) else None,
        attachments=attached,
        from_channel=author_id == account.native_id,
    )


def _judged(told: Mapping[str, Any], channel: Channel) -> Health:
    oauth = told.get("oauth")
    oauth = oauth if isinstance(oauth, dict) else {}
    user = oauth.get("user")
    perms = oauth.get("perms")
    granted = str(perms.get("_content", "") if isinstance(perms, dict) else perms or "")
    if not isinstance(user, dict) or str(user.get("nsid")) != channel.native_id:
        return Health(
            Readiness.NOT_PERMITTED,
            f"The token does not belong to the account of {channel.name}.",
            "authorise the app while signed in as that account",
        )
    if granted not in ("write", "delete"):
        return Health(
            Readiness.NOT_PERMITTED,
            f"The token for {channel.name} may read, but not write.",
            "authorise the app again with perms=write",
        )
    return Health(Readiness.READY, f"{channel.name} can be read and answered.")


def _identifier(row: Mapping[str, Any]) -> NativeId:
    if not row.get("id"):
        raise _changed("a row without an identifier")
    return NativeId(str(row["id"]))


def _moment(told: object) -> datetime:
    # Seconds since 1970, as a number or as the text of one.
    text = str(told)
    if not (text.isascii() and text.isdigit()) or int(text) > _LATEST:
        raise _changed("a date that cannot be read")
    return datetime.fromtimestamp(int(text), UTC)


def _number(told: object) -> int:
    text = str(told)
    return min(int(text), 2**31 - 1) if text.isascii() and text.isdigit() else 0


def _changed(what: str) -> UnexpectedReply:
    return UnexpectedReply(f"Flickr sent {what}; look whether its API has changed.")


def _by_hand(ref: CommentRef, deed: str) -> NotPermitted:
    return NotPermitted(
        f"On Flickr nothing can be {deed} by a program; look at the comment of"
        f" {ref.channel.name} at its address."
    )
