"""X's rows in our words: both of its vocabularies, long posts, entities and editions."""

from __future__ import annotations

import html
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.contract import Author, Comment, NativeId, Post
from connectors.errors import UnexpectedReply

__all__ = ["conversation_of", "moment_of", "newest_id", "read_post", "read_reply", "words_of"]


def read_post(row: Mapping[str, Any]) -> Post:
    """Translate one of the account's own posts.

    Raises:
        UnexpectedReply: It has no identifier or no readable date.
    """
    metrics = row.get("public_metrics")
    count = metrics.get("reply_count") if isinstance(metrics, dict) else None
    native_id = _first_id(row)
    return Post(
        native_id=native_id,
        text=words_of(row),
        created_at=moment_of(row),
        permalink=f"https://x.com/i/status/{native_id}",
        # Answers to answers are not counted, so that nought promises nothing.
        comment_count=count or None if isinstance(count, int) else None,
    )


def read_reply(
    row: Mapping[str, Any],
    *,
    post_id: NativeId,
    account_id: NativeId,
    users: Mapping[str, str],
) -> Comment:
    """Translate a reply or a mention.

    An edition is a new post with the first one's identifier at the head of its history; that
    first identifier is the comment's.

    Args:
        row: As the platform sent it.
        post_id: What it stands under.
        account_id: Whose own posts are marked ``from_channel``.
        users: Identifier -> user name, of those whom the platform shows.

    Raises:
        UnexpectedReply: It has no identifier or no readable date.
    """
    author_id = str(row.get("author_id") or "")
    native_id = _first_id(row)
    answered = next(
        (
            str(each.get("id"))
            for each in _either(row, "referenced_tweets", "referenced_posts") or ()
            if isinstance(each, dict) and each.get("type") == "replied_to"
        ),
        None,
    )
    attachments = row.get("attachments")
    kinds = tuple(sorted(attachments)) if isinstance(attachments, dict) else ()
    return Comment(
        native_id=native_id,
        post_id=post_id,
        parent_id=NativeId(answered) if answered and answered != post_id else None,
        author=Author(NativeId(author_id), users[author_id]) if author_id in users else None,
        text=words_of(row),
        created_at=moment_of(row),
        permalink=f"https://x.com/i/status/{native_id}",
        attachments=tuple({"media_keys": "media", "poll_ids": "poll"}.get(kind, kind)
                          for kind in kinds),
        from_channel=author_id == account_id,
    )  # fmt: skip


def conversation_of(row: Mapping[str, Any]) -> str:
    """The identifier of the post that the conversation began with."""
    return str(row.get("conversation_id") or row.get("id") or "")


def moment_of(row: Mapping[str, Any]) -> datetime:
    """When a post was written, aware UTC.

    Raises:
        UnexpectedReply: It cannot be read.
    """
    try:
        moment = datetime.fromisoformat(str(row.get("created_at")))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _unreadable("created_at") from None


def newest_id(row: Mapping[str, Any]) -> str:
    """The identifier of a post's present wording."""
    history = _either(row, "edit_history_tweet_ids", "edit_history_post_ids")
    return str(history[-1] if isinstance(history, list) and history else row.get("id") or "")


def words_of(row: Mapping[str, Any]) -> str:
    """The whole of a post's words, plain; without the links that stand for its own pictures."""
    note = _either(row, "note_tweet", "note_post")
    whole = note if isinstance(note, dict) and note.get("text") else row
    text = str(whole.get("text") or "")
    entities = row.get("entities")
    urls = entities.get("urls") if isinstance(entities, dict) else None
    for each in urls if isinstance(urls, list) else ():
        if isinstance(each, dict) and each.get("media_key") and each.get("url"):
            text = text.replace(str(each["url"]), "")
    return html.unescape(text).strip()


def _first_id(row: Mapping[str, Any]) -> NativeId:
    history = _either(row, "edit_history_tweet_ids", "edit_history_post_ids")
    first = history[0] if isinstance(history, list) and history else row.get("id")
    if not first:
        raise _unreadable("id")
    return NativeId(str(first))


def _either(row: Mapping[str, Any], old: str, new: str) -> Any:
    """The platform renames its fields; both names are read."""
    return row[old] if old in row else row.get(new)


def _unreadable(field: str) -> UnexpectedReply:
    return UnexpectedReply(
        f"X sent a post whose {field} cannot be read; look whether its API has changed.",
        details={"field": field},
    )
