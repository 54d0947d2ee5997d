"""Where a comment stands: the post above it, and the comment that it answers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from config.standards import Target

__all__ = ["NO_CONTEXT", "Context"]

_LEAST = 5
_COUNCILLOR = re.compile(
    r"\b(?:cllrs?|councillors?|mayor(?:al|ess)?|deputy leader|leader of)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Context:
    """What stands around a comment.

    Attributes:
        post: What the council published, as it was last seen; may be empty.
        parent: The comment that this one answers; empty when it answers the post.
    """

    post: str = ""
    parent: str = ""

    def publishes(self, words: str) -> bool:
        """Whether the council's own post gives these words: its telephone number, its address.

        Only what holds a digit or an @ can be given so, and spaces and marks do not count. A word
        that the post uses too stays the writer's own.
        """
        if not any(character.isdigit() or character == "@" for character in words):
            return False
        bare = _bare(words)
        # Never inside a longer number: 12 Mill Lane is not 112 Mill Lane.
        whole = re.compile(rf"(?<!\d){re.escape(bare)}(?!\d)")
        return len(bare) >= _LEAST and whole.search(_bare(self.post)) is not None

    @property
    def bare_insult_bears_on(self) -> Target:
        """Whom an insult is aimed at that names nobody.

        An answer is aimed at the one it answers. Under a post it is aimed at the council's
        people (STANDARD.md, ``abuse``): at councillors where the post is about them.
        """
        if self.parent:
            return Target.RESIDENT
        return Target.COUNCILLOR if _COUNCILLOR.search(self.post) else Target.STAFF


NO_CONTEXT = Context()
"""Nothing is known of where it stands."""


def _bare(words: str) -> str:
    return "".join(character for character in words.casefold() if character.isalnum())
