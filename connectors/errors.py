"""What can go wrong at a platform, sorted by what the caller should do.

ConnectorError
├─ TryLater              rate limit, quota, timeout, 5xx  -> a later ``next_pull_at``
├─ CredentialsRejected   token expired, scope missing     -> pause the channel, alert an operator
├─ NotPermitted          we may read but not act          -> enforcement refused; do it by hand
├─ CommentGone           deleted, or its author is gone   -> success with a different word
└─ UnexpectedReply       the platform changed             -> park the page, alert an operator

Every error has two halves: ``sentence`` is for the person who reads it (what happened, what to
do) and holds no comment text, name or token; ``details`` is for the log, equally redacted.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from typing_extensions import override

__all__ = [
    "CommentGone",
    "ConnectorError",
    "CredentialsRejected",
    "NotPermitted",
    "TryLater",
    "UnexpectedReply",
]


class ConnectorError(Exception):
    """The platform did not do what it was asked; the subclass says what to do next.

    Args:
        sentence: One sentence for a person, without comment text, names or tokens.
        details: Short facts for the log (status, platform code, route), equally redacted.
    """

    def __init__(self, sentence: str, *, details: Mapping[str, str | int] | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.details: Mapping[str, str | int] = dict(details or {})

    @override
    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.sentence!r})"


class TryLater(ConnectorError):  # noqa: N818 - named for what the caller does next
    """Nothing is wrong with us: ask again at ``at`` (aware UTC) and not before.

    Args:
        at: The earliest moment, aware UTC, at which asking again makes sense.
        whole_account: True when the pause is for the account and not only for this call.
    """

    def __init__(
        self,
        sentence: str,
        *,
        at: datetime,
        whole_account: bool = False,
        details: Mapping[str, str | int] | None = None,
    ) -> None:
        super().__init__(sentence, details=details)
        self.at = at
        self.whole_account = whole_account


class CredentialsRejected(ConnectorError):  # noqa: N818 - named for what the caller does next
    """The platform does not accept our token: pause the channel and tell an operator.

    Args:
        scope: The permission or setting to mend, in the platform's own word, if it said one.
    """

    def __init__(
        self,
        sentence: str,
        *,
        scope: str | None = None,
        details: Mapping[str, str | int] | None = None,
    ) -> None:
        super().__init__(sentence, details=details)
        self.scope = scope


class NotPermitted(ConnectorError):  # noqa: N818 - named for what the caller does next
    """We may read but not do this: the moderator does it by hand at the permalink.

    Args:
        scope: The permission that is missing, in the platform's own word, if it said one.
    """

    def __init__(
        self,
        sentence: str,
        *,
        scope: str | None = None,
        details: Mapping[str, str | int] | None = None,
    ) -> None:
        super().__init__(sentence, details=details)
        self.scope = scope


class CommentGone(ConnectorError):  # noqa: N818 - named for what the caller does next
    """The comment is no longer there: for hiding and deleting, that is success."""


class UnexpectedReply(ConnectorError):  # noqa: N818 - named for what the caller does next
    """The platform answered something that we cannot read: park the page, tell an operator.

    Args:
        sample: The first characters of the answer, with text, names and tokens removed.
    """

    def __init__(
        self,
        sentence: str,
        *,
        sample: str = "",
        details: Mapping[str, str | int] | None = None,
    ) -> None:
        super().__init__(sentence, details=details)
        self.sample = sample
