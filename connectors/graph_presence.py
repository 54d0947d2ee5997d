"""What the Graph API's answers to an act mean: done, gone, or only out of our sight."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from connectors.contract import Channel, Outcome
from connectors.errors import CommentGone, CredentialsRejected, UnexpectedReply
from connectors.graph import GraphClient

__all__ = ["done", "not_confirmed", "telling_gone_from_unseen"]


@contextmanager
def telling_gone_from_unseen(client: GraphClient, channel: Channel) -> Iterator[None]:
    """Let ``CommentGone`` pass only while the page or account itself can be seen.

    The platform gives one answer for what was deleted and for what the token may not see, and
    a lost role must not make every hide request look as if the comment were gone.
    """
    try:
        yield
    except CommentGone:
        try:
            client.get_object(channel.native_id, fields="id")
        except CommentGone as error:
            raise CredentialsRejected(
                f"The token no longer sees {channel.name}; look at its people and roles at the"
                " platform and issue a new token.",
                details=error.details,
            ) from None
        raise


def done(answer: object, *, also: str = "success") -> Outcome:
    """``DONE`` where the platform says so, under ``success`` or another name.

    Raises:
        UnexpectedReply: It says nothing of the kind.
    """
    if isinstance(answer, dict) and (answer.get("success") is True or answer.get(also) is True):
        return Outcome.DONE
    raise not_confirmed()


def not_confirmed() -> UnexpectedReply:
    """An answer that confirms nothing."""
    return UnexpectedReply(
        "The platform did not say that it did what was asked; look at the comment's address."
    )
