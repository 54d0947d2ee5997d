"""The words that every platform is translated into, and the Protocol that a connector keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType, Protocol

from typing_extensions import override

__all__ = [
    "Ability",
    "Author",
    "Capabilities",
    "Channel",
    "ChannelId",
    "Comment",
    "CommentRef",
    "Connector",
    "ConnectorSettings",
    "Cursor",
    "Health",
    "KeptSecrets",
    "NativeId",
    "Outcome",
    "Post",
    "Pull",
    "Readiness",
    "Secret",
]

ChannelId = NewType("ChannelId", str)
"""Our own name for a channel, as in ``channels.toml``: ``facebook-parks``."""

NativeId = NewType("NativeId", str)
"""An identifier of the platform's: opaque, never parsed, never a number."""

Cursor = NewType("Cursor", str)
"""Where to resume: opaque text, prefixed by its format version (``fb1:…``)."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A token or password that shows as ``***`` wherever it is printed."""

    value: str = field(repr=False)

    @override
    def __str__(self) -> str:
        return "***"

    def __bool__(self) -> bool:
        return bool(self.value)


@dataclass(frozen=True, slots=True)
class Channel:
    """A page or account that the council owns and we watch.

    Attributes:
        id: Our name for it.
        connector: The connector that reads it: ``facebook_page``, ``csv_import``, …
        native_id: The platform's identifier of the page or account (a path for ``csv_import``).
        name: What people call it: "Parks and Libraries on Facebook".
    """

    id: ChannelId
    connector: str
    native_id: NativeId
    name: str


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a comment, as far as the platform says. Either half may be missing."""

    native_id: NativeId | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Post:
    """What the council published, under which comments stand. ``created_at`` is aware UTC."""

    native_id: NativeId
    text: str
    created_at: datetime
    permalink: str | None = None
    comment_count: int | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody wrote under a post, in the version that the platform shows now.

    Attributes:
        native_id: The platform's identifier; unique within a channel.
        post_id: The post it stands under.
        parent_id: The comment it answers, or None when it answers the post itself.
        author: None when the platform withholds it.
        text: May be empty (a sticker, a photo).
        created_at: Aware UTC.
        permalink: Where a person can look at it.
        hidden: What the platform says now; None where it does not say.
        attachments: The kinds of what is attached (``photo``, ``sticker``, …), never the content.
        from_channel: True for the council's own replies, which are never assessed.
    """

    native_id: NativeId
    post_id: NativeId
    parent_id: NativeId | None
    author: Author | None
    text: str
    created_at: datetime
    permalink: str | None = None
    hidden: bool | None = None
    attachments: tuple[str, ...] = ()
    from_channel: bool = False


@dataclass(frozen=True, slots=True)
class CommentRef:
    """Enough to act on one comment without having its text in hand."""

    channel: Channel
    native_id: NativeId
    post_id: NativeId
    author_id: NativeId | None = None


@dataclass(frozen=True, slots=True)
class Pull:
    """One batch from a platform, to be stored together with the cursor or not at all.

    Attributes:
        posts: Posts that were seen, new or known.
        comments: Comments that were seen, new or known, in any order.
        resume_at: Promises that nothing older than it is outstanding once this batch is stored.
            None: the batch may be stored, but the cursor must stay where it was.
        platform_count: The platform's own count of comments on the posts in this batch,
            where it states one; a post counts once, in the batch that completes it.
        problems: One sentence for each row or page that could not be read and was left out, with
            its place (a line number, a post's identifier) and without its text.
        cost: What was spent since the batch before, in the unit of the platform's budget: calls,
            unless its TOML names another (quota units, what a read costs).
    """

    posts: tuple[Post, ...]
    comments: tuple[Comment, ...]
    resume_at: Cursor | None
    platform_count: int | None = None
    problems: tuple[str, ...] = ()
    cost: int = 0


class Outcome(StrEnum):
    """How asking a platform for something ended, when it ended well."""

    DONE = "done"
    ALREADY = "already"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Ability:
    """One thing that can be done at a platform, and what a moderator must know of it.

    Attributes:
        reversible: False when the platform offers no way back.
        still_seen_by: Who sees the comment afterwards, in a few words, or "" for nobody.
        cost: What it costs in the platform's quota, in a few words, or "" for nothing.
        units: What it takes from the platform's budget, in the unit that its TOML names.
    """

    reversible: bool
    still_seen_by: str = ""
    cost: str = ""
    units: int = 1


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a connector can do. None is "do it by hand", never an exception to be caught."""

    hide: Ability | None = None
    restore: Ability | None = None
    delete: Ability | None = None
    reply: Ability | None = None
    restrict: Ability | None = None
    report: Ability | None = None


class Readiness(StrEnum):
    """What a look at a channel found."""

    READY = "ready"
    NOT_READY = "not ready"
    CREDENTIALS_REJECTED = "credentials rejected"
    NOT_PERMITTED = "not permitted"


@dataclass(frozen=True, slots=True)
class Health:
    """The answer of ``check``: one sentence, and what to do where it is not ready.

    Attributes:
        readiness: Which of the four it is.
        sentence: What was found, for a person.
        hint: The scope or setting to mend; "" when ready.
        expires_at: When the token, or our access to people's data, ends; aware UTC, or None.
    """

    readiness: Readiness
    sentence: str
    hint: str = ""
    expires_at: datetime | None = None


class KeptSecrets(Protocol):
    """Where secrets are kept that a platform issues while we run: sessions, renewed tokens.

    What is written is there after a restart, whole or not at all. Thread-safe.
    """

    def read(self, role: str) -> Secret | None:
        """The secret kept under this name; None where none is."""
        ...

    def write(self, role: str, secret: Secret) -> None:
        """Keep a secret in place of the one of the same name."""
        ...


class _KeptInMemory:
    """Keeps secrets until the process ends."""

    def __init__(self) -> None:
        self._kept: dict[str, Secret] = {}

    def read(self, role: str) -> Secret | None:
        return self._kept.get(role)

    def write(self, role: str, secret: Secret) -> None:
        self._kept[role] = secret


@dataclass(frozen=True, slots=True)
class ConnectorSettings:
    """What a connector is built from; every connector module has ``connect(settings)``.

    Attributes:
        base_url: The platform's address, or that of a server standing in for it, without a
            trailing slash. "" means the platform's own.
        secrets: Tokens by their role: ``token``, and ``app_id``/``app_secret`` where given.
        clock: Now, aware UTC.
        timeout_s: Seconds before a call to the platform is given up.
        look_back: How far behind the cursor late and edited comments are looked for.
        watch_for: How long after its publication a post's comments are followed.
        page_size: How many rows are asked for at once.
        options: The platform's own settings from its TOML (``graph_version = "v26.0"``).
        kept: Where sessions and renewed tokens are kept; in memory when left out.
    """

    base_url: str
    secrets: Mapping[str, Secret]
    clock: Callable[[], datetime]
    timeout_s: float = 20.0
    look_back: timedelta = timedelta(minutes=60)
    watch_for: timedelta = timedelta(days=90)
    page_size: int = 100
    options: Mapping[str, str | int | bool] = field(default_factory=dict)
    kept: KeptSecrets = field(default_factory=_KeptInMemory)


class Connector(Protocol):
    """One platform, for one set of credentials.

    Every method may raise any ``ConnectorError`` and nothing else. The constructor makes no call
    to the platform and never prompts. No method sleeps or logs, and none repeats what failed: the
    step that calls does. Only a read whose answer was lost may be asked for again at once.

    Don't: return an SDK's types, parse identifiers, keep state that a restart would lose.
    """

    @property
    def capabilities(self) -> Capabilities:
        """What this platform lets us do."""
        ...

    def pull(self, channel: Channel, since: Cursor | None) -> Iterator[Pull]:
        """Read everything from ``since`` on, in batches; returning means "up to date".

        A closed start: what stands at the cursor comes again. The iterator may be abandoned
        after any batch, and what was not stored comes again. None reads from the beginning of
        the watch window.
        """
        ...

    def fetch(self, ref: CommentRef) -> Comment:
        """Read one comment as it stands now; ``CommentGone`` when it does not."""
        ...

    def hide(self, ref: CommentRef) -> Outcome:
        """Hide a comment from the public; hiding a hidden one is ``ALREADY``."""
        ...

    def restore(self, ref: CommentRef) -> Outcome:
        """Make a hidden comment public again; a public one is ``ALREADY``."""
        ...

    def delete(self, ref: CommentRef) -> Outcome:
        """Delete a comment for ever; one that is not there is ``GONE``."""
        ...

    def reply(self, ref: CommentRef, text: str) -> NativeId:
        """Answer a comment publicly as the council; returns the reply's identifier."""
        ...

    def restrict(self, ref: CommentRef) -> Outcome:
        """Block the comment's author from the channel."""
        ...

    def lift(self, ref: CommentRef) -> Outcome:
        """End the block of the comment's author."""
        ...

    def check(self, channel: Channel) -> Health:
        """Say whether this channel can be read and acted on now; raises nothing."""
        ...
