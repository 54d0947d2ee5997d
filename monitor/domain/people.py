"""Who acts: a person, their role, and the services they answer for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

__all__ = ["Person", "PersonId", "Role"]

PersonId = NewType("PersonId", str)
"""A short name that never changes: ``amina``."""


class Role(StrEnum):
    """What a person is here for; each may do what ``desk.permissions`` says, no more."""

    VIEWER = "viewer"
    MODERATOR = "moderator"
    LEAD = "lead"
    RECORDS = "records"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may look at or decide cases.

    Attributes:
        services: The services whose channels this person answers for; empty means all.
        slack_user_id: Their identity in the Slack workspace, once linked.
    """

    id: PersonId
    name: str
    role: Role
    services: frozenset[str] = frozenset()
    slack_user_id: str | None = None
    active: bool = True

    def answers_for(self, service: str) -> bool:
        """Whether channels of this service are theirs to act on."""
        return not self.services or service in self.services
