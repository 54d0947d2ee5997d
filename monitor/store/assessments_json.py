"""An assessment as JSON and back: the only place where its shape in the database is known.

Serves T2 of DESIGN.md 5, which stores assessments, and T4, which seals one as evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from config.standards import ClauseId, Lane, Severity, Target
from monitor.domain.assessment import Assessment, Band, Breach, Evidence

__all__ = ["from_json", "to_json"]


def to_json(assessment: Assessment) -> dict[str, Any]:
    """The assessment as JSON values; holds no comment text, only where in it evidence stands."""
    return {
        "lane": str(assessment.lane),
        "severity": None if assessment.severity is None else str(assessment.severity),
        "score": assessment.score,
        "breaches": [_breach_to_json(breach) for breach in assessment.breaches],
        "concerns": [_breach_to_json(breach) for breach in assessment.concerns],
        "needs_response": assessment.needs_response,
        "target": str(assessment.target),
        "reason": assessment.reason,
        "standards_version": assessment.standards_version,
        "model": assessment.model,
    }


def from_json(body: Mapping[str, Any]) -> Assessment:
    """The assessment that ``to_json`` was given."""
    severity = body["severity"]
    return Assessment(
        lane=Lane(body["lane"]),
        severity=None if severity is None else Severity(severity),
        score=body["score"],
        breaches=tuple(_breach_from_json(each) for each in body["breaches"]),
        concerns=tuple(_breach_from_json(each) for each in body["concerns"]),
        needs_response=body["needs_response"],
        target=Target(body["target"]),
        reason=body["reason"],
        standards_version=body["standards_version"],
        model=body["model"],
    )


def _breach_to_json(breach: Breach) -> dict[str, Any]:
    return {
        "clause": str(breach.clause),
        "severity": str(breach.severity),
        "band": str(breach.band),
        "score": breach.score,
        "target": str(breach.target),
        "evidence": [[each.start, each.end, each.label] for each in breach.evidence],
    }


def _breach_from_json(body: Mapping[str, Any]) -> Breach:
    return Breach(
        clause=ClauseId(body["clause"]),
        severity=Severity(body["severity"]),
        band=Band(body["band"]),
        score=body["score"],
        target=Target(body["target"]),
        evidence=tuple(
            Evidence(start=start, end=end, label=label) for start, end, label in body["evidence"]
        ),
    )
