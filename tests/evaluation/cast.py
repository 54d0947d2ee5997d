"""Examples that say in their own words what a classifier is to hear in them, and a short standard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from zlib import crc32

from classifiers.contract import Label, ModelFingerprint, Score, Scores
from classifiers.labelled import Example
from config.standards import Clause, ClauseId, Cue, Lane, Severity, Standards, Target
from monitor.evaluation.readings import Reading, read, scored

PEOPLE = frozenset({Target.STAFF, Target.COUNCILLOR, Target.RESIDENT})


class Literal:
    """Scores a label as the text says: ``insult=0.9 you lot`` scores ``insult`` at 0.9."""

    def __init__(self) -> None:
        self.read: list[str] = []

    @property
    def fingerprint(self) -> ModelFingerprint:
        return ModelFingerprint("literal 1")

    def score(self, texts: Sequence[str]) -> list[Scores]:
        self.read += texts
        return [Scores(self.fingerprint, _said(text)) for text in texts]


def _said(text: str) -> dict[Label, Score]:
    pairs = [word.split("=") for word in text.split() if "=" in word]
    return {Label(label): Score(float(value)) for label, value in pairs}


def clause(clause_id: str, severity: Severity, *cues: Cue, **change) -> Clause:
    return replace(
        Clause(
            id=ClauseId(clause_id),
            ref="RS-00",
            title=clause_id.capitalize(),
            plain_english="",
            severity=severity,
            lane=Lane.BREACH,
            cues=cues,
            only_in=frozenset(),
            recommended_action=(),
            escalates_to=(),
            sla={},
            legal_basis=(),
            notify_author="no",
        ),
        **change,
    )


STANDARD = Standards(
    id="resident-aup",
    title="Resident standard",
    version="1.0.0",
    status="approved",
    review_every_months=36,
    content_hash="3f2a9c01" * 8,
    clauses=(
        clause("threat", Severity.S1, Cue("threat", 0.5, 0.9), outranks_welfare=True),
        clause("welfare", Severity.S1, Cue("self_harm_risk", 0.3, 0.8), lane=Lane.WELFARE),
        clause("hate", Severity.S2, Cue("identity_attack", 0.5, 0.9)),
        clause("abuse", Severity.S3, Cue("insult", 0.5, 0.9, targets=PEOPLE)),
        clause("private-information", Severity.S2, Cue("home_address", 0.5, 0.9)),
        clause(
            "pre-election",
            Severity.S3,
            Cue("campaigning", 0.5, 0.9),
            only_in=frozenset({"pre_election"}),
        ),
        clause("language", Severity.S4),
    ),
    lane_cues={
        Lane.REQUEST: (Cue("question", 0.5, 0.9),),
        Lane.CRITICISM: (Cue("criticism", 0.5, 0.9),),
        Lane.UNSURE: (Cue("unreadable", 0.5, 0.9),),
    },
    always_allowed=(),
)


def example(text: str, lane: str = "", *clauses: str, **change) -> Example:
    """One example; with a clause it is a breach, or welfare where that is its only one."""
    welfare = clauses == ("welfare",)
    usual = "welfare" if welfare else "breach" if clauses else "clear"
    made = Example(
        id=f"X-{crc32(repr((text, lane, clauses)).encode()):08x}",
        text=text,
        clauses=clauses,
        lane=lane or usual,
        target="nobody",
        severity="",
        needs_response=False,
        family="abuse" if clauses else "benign",
        topic="bins",
        style="s01",
        post="",
    )
    return replace(made, **change)


def readings_of(*examples: Example, standards: Standards = STANDARD) -> list[Reading]:
    """The examples as the literal classifier reads them."""
    return read(examples, scored([each.text for each in examples], Literal()), standards)
