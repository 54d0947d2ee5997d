"""What the closed sets are called where people outside the team read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from config.standards import Lane, Severity
from monitor.domain.case import Act, CaseState, DecisionOutcome, EnforcementState

__all__ = ["ACTS", "LANES", "OUTCOMES", "SEVERITIES", "STANDINGS", "STATES"]

LANES: Final[Mapping[Lane, str]] = {
    Lane.BREACH: "Breach",
    Lane.WELFARE: "Welfare concern",
    Lane.UNSURE: "No model could judge",
    Lane.CRITICISM: "Criticism, allowed",
    Lane.REQUEST: "Request",
    Lane.CLEAR: "Clear",
}

SEVERITIES: Final[Mapping[Severity, str]] = {
    Severity.S1: "risk to life or safety",
    Severity.S2: "serious, likely unlawful or targeted",
    Severity.S3: "clear breach",
    Severity.S4: "minor",
}

OUTCOMES: Final[Mapping[DecisionOutcome, str]] = {
    DecisionOutcome.HIDE: "Hide",
    DecisionOutcome.KEEP: "Keep",
    DecisionOutcome.ESCALATE: "Escalate",
    DecisionOutcome.RESTORE: "Restore",
}

STANDINGS: Final[Mapping[CaseState, str]] = {
    CaseState.OPEN: "Waiting in the queue",
    CaseState.CLAIMED: "Claimed",
    CaseState.DECIDED: "Decided, waiting for the platform",
    CaseState.ESCALATED: "Escalated",
    CaseState.CLOSED: "Closed",
}

ACTS: Final[Mapping[Act, str]] = {
    Act.HIDE: "Hide a comment",
    Act.RESTORE: "Restore a comment",
}

STATES: Final[Mapping[EnforcementState, str]] = {
    EnforcementState.REQUESTED: "Waiting",
    EnforcementState.DONE: "Confirmed",
    EnforcementState.REFUSED: "Refused",
    EnforcementState.FAILED: "Failed",
    EnforcementState.DRIFTED: "Undone since",
    EnforcementState.BY_HAND: "By hand",
}
