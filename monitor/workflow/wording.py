"""The words that cards and refusals share, so that the desk says one thing in one way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from monitor.domain.case import DecisionOutcome
from monitor.services import Services

__all__ = ["DID", "clock"]

DID: Final[Mapping[DecisionOutcome, str]] = {
    DecisionOutcome.HIDE: "decided to hide it",
    DecisionOutcome.KEEP: "decided to keep it",
    DecisionOutcome.ESCALATE: "escalated it",
    DecisionOutcome.RESTORE: "decided to restore it",
}
"""What somebody did, after their name."""


def clock(services: Services, moment: datetime | None) -> str:
    """A moment in the council's own time, with its day unless that is today: ``10:16``."""
    if moment is None:
        return "an unknown time"
    zone = ZoneInfo(services.routes.timezone)
    local = moment.astimezone(zone)
    if local.date() == services.now().astimezone(zone).date():
        return f"{local:%H:%M}"
    return f"{local:%H:%M} on {local.day} {local:%B}"
