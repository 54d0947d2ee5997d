from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.contract import Label, ModelFingerprint, Score, Scores, Span
from config.standards import Clause, ClauseId, Cue, Lane, Severity, Standards, Target
from monitor.domain.assessment import (
    Assessment,
    Band,
    Evidence,
    assess,
    bearing_target,
    needs_a_person,
    unreadable_text,
)

PEOPLE = frozenset({Target.STAFF, Target.COUNCILLOR, Target.RESIDENT})


def cue(label: str, suspect: float = 0.5, severe: float = 0.9, **change) -> Cue:
    return Cue(label=label, suspect=suspect, severe=severe, **change)


def clause(clause_id: str, severity: Severity, *cues: Cue, **change) -> Clause:
    return replace(
        Clause(
            id=ClauseId(clause_id),
            ref="RS-00",
            title=clause_id,
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
        clause(
            "threat",
            Severity.S1,
            cue("threat"),
            cue("veiled_threat", severity=Severity.S2),
            outranks_welfare=True,
        ),
        clause("welfare", Severity.S1, cue("self_harm"), lane=Lane.WELFARE),
        clause("hate", Severity.S2, cue("identity_attack"), outranks_welfare=True),
        clause("abuse", Severity.S3, cue("insult", targets=PEOPLE), cue("ill_wish")),
        clause("pre-election", Severity.S3, cue("party"), only_in=frozenset({"pre_election"})),
        clause("language", Severity.S4, cue("profanity_strong", suspect=0.2)),
        clause("misinformation", Severity.S2),
    ),
    lane_cues={
        Lane.CRITICISM: (cue("criticism"), cue("insult", targets=frozenset({Target.INSTITUTION}))),
        Lane.REQUEST: (cue("request"), cue("complaint")),
        Lane.UNSURE: (cue("unknown_language"),),
    },
    always_allowed=(),
)
LABELS = sorted(
    {each.label for clause in STANDARD.clauses for each in clause.cues}
    | {each.label for cues in STANDARD.lane_cues.values() for each in cues}
    | {"toxicity", "severe_toxicity", "target_staff", "target_institution", "target_group"}
)
TEXT = "a" * 40


def scored(**labels: float) -> Scores:
    by_label = {Label(name): Score(value) for name, value in labels.items()}
    return Scores(model=ModelFingerprint("scripted 1"), by_label=by_label)


def read(**labels: float) -> Assessment:
    return assess(TEXT, scored(**labels), STANDARD)


ANY_SCORES = st.dictionaries(st.sampled_from(LABELS), st.floats(0, 1)).map(lambda by: scored(**by))


def ids(breaches) -> list[str]:
    return [breach.clause for breach in breaches]


@given(toxicity=st.floats(0, 1), severe=st.floats(0, 1), target=st.floats(0, 1))
def test_toxicity_alone_is_never_a_breach(toxicity, severe, target):
    found = read(toxicity=toxicity, severe_toxicity=severe, target_staff=target)

    assert found.lane is Lane.CLEAR
    assert found.severity is None
    assert not needs_a_person(found)
    assert found.score == 0


def test_a_low_toxicity_with_a_clause_is_a_breach():
    found = read(toxicity=0.01, veiled_threat=0.6)

    assert found.lane is Lane.BREACH
    assert ids(found.breaches) == ["threat"]
    assert found.severity is Severity.S2
    assert needs_a_person(found)
    assert found.reason == "touches threat"


def test_an_insult_to_the_institution_is_criticism():
    found = read(insult=0.97, toxicity=0.97, target_institution=0.8)

    assert found.lane is Lane.CRITICISM
    assert found.breaches == ()
    assert found.target is Target.INSTITUTION
    assert not needs_a_person(found)
    assert found.reason == "allowed: criticism"


@pytest.mark.parametrize("target", ["target_staff", "target_councillor", "target_resident"])
def test_the_same_insult_to_a_person_is_abuse(target):
    found = read(insult=0.97, **{target: 0.8})

    assert ids(found.breaches) == ["abuse"]
    assert found.lane is Lane.BREACH


@pytest.mark.parametrize(
    ("beside", "lane"),
    [
        ({}, Lane.WELFARE),
        ({"profanity_strong": 0.99}, Lane.WELFARE),
        ({"insult": 0.99}, Lane.WELFARE),
        ({"identity_attack": 0.99}, Lane.BREACH),
        ({"threat": 0.5}, Lane.BREACH),
        ({"veiled_threat": 0.99}, Lane.BREACH),
        ({"unknown_language": 0.99, "request": 0.9}, Lane.WELFARE),
    ],
)
def test_welfare_goes_before_minor_and_clear_breaches_and_after_serious_ones(beside, lane):
    found = read(self_harm=0.6, **beside)

    assert found.lane is lane
    assert ids(found.concerns) == ["welfare"]
    assert "welfare" not in ids(found.breaches)
    assert found.severity is Severity.S1
    assert needs_a_person(found)


def test_a_welfare_concern_says_that_it_is_a_duty_of_care():
    assert read(self_harm=0.6).reason == "duty of care: welfare"


def test_a_complaint_with_abuse_in_it_is_both_a_breach_and_a_request():
    found = read(insult=0.8, target_staff=0.9, complaint=0.9)

    assert found.lane is Lane.BREACH
    assert found.needs_response


def test_a_plain_request_waits_for_an_officer_and_not_for_a_moderator():
    found = read(request=0.9)

    assert found.lane is Lane.REQUEST
    assert found.needs_response
    assert not needs_a_person(found)


def test_a_request_that_criticises_is_answered_as_a_request():
    assert read(request=0.9, criticism=0.9).lane is Lane.REQUEST


def test_a_text_that_no_model_can_judge_goes_to_a_person():
    found = read(unknown_language=0.9, criticism=0.9)

    assert found.lane is Lane.UNSURE
    assert found.severity is Severity.S4
    assert needs_a_person(found)
    assert found.reason == "no model here can judge this text"


def test_a_breach_in_an_unknown_language_is_a_breach():
    assert read(unknown_language=0.9, threat=0.9).lane is Lane.BREACH


def test_a_clause_of_a_period_applies_only_in_that_period():
    quiet = assess(TEXT, scored(party=0.9), STANDARD)
    election = assess(TEXT, scored(party=0.9), STANDARD, periods=frozenset({"pre_election"}))

    assert quiet.lane is Lane.CLEAR
    assert ids(election.breaches) == ["pre-election"]


def test_breaches_come_worst_first_and_then_strongest_first():
    found = read(
        profanity_strong=1.0, insult=0.6, target_staff=0.9, identity_attack=0.55, threat=0.51
    )

    assert ids(found.breaches) == ["threat", "hate", "abuse", "language"]
    assert found.severity is Severity.S1
    assert found.score == 1.0
    assert found.clauses == found.breaches


def test_equal_severities_go_by_score():
    found = read(veiled_threat=0.6, identity_attack=0.8)

    assert ids(found.breaches) == ["hate", "threat"]


def test_clauses_begins_with_what_decided_the_lane():
    distressed = read(self_harm=0.6, profanity_strong=0.3)
    threatening = read(self_harm=0.6, threat=0.9)

    assert distressed.lane is Lane.WELFARE
    assert ids(distressed.clauses) == ["welfare", "language"]
    assert threatening.lane is Lane.BREACH
    assert ids(threatening.clauses) == ["threat", "welfare"]


@pytest.mark.parametrize(
    ("value", "band"), [(0.5, Band.SUSPECT), (0.89, Band.SUSPECT), (0.9, Band.SEVERE)]
)
def test_bands_begin_at_their_own_score(value, band):
    assert read(threat=value).breaches[0].band is band


def test_just_under_the_band_is_no_breach():
    assert read(threat=0.4999).lane is Lane.CLEAR


def test_the_worst_cue_that_spoke_sets_the_severity():
    assert read(threat=0.6, veiled_threat=0.9).breaches[0].severity is Severity.S1
    assert read(threat=0.6, veiled_threat=0.9).breaches[0].score == 0.9


def test_evidence_is_gathered_in_order_and_kept_inside_the_text():
    spans = (Span(8, 12), Span(0, 3), Span(0, 3), Span(38, 41), Span(5, 5), Span(-1, 2))
    scores = Scores(
        model=ModelFingerprint("scripted 1"),
        by_label={
            Label("insult"): Score(0.9, spans),
            Label("ill_wish"): Score(0.9, (Span(0, 3),)),
        },
    )

    found = assess(TEXT, scores, STANDARD)

    assert found.breaches[0].evidence == (
        Evidence(0, 3, "ill_wish"),
        Evidence(0, 3, "insult"),
        Evidence(8, 12, "insult"),
    )


@pytest.mark.parametrize(
    ("label", "lane"),
    [
        ("request", Lane.REQUEST),
        ("criticism", Lane.CRITICISM),
        ("unknown_language", Lane.UNSURE),
    ],
)
def test_a_lane_begins_at_its_own_score(label, lane):
    assert read(**{label: 0.5}).lane is lane
    assert read(**{label: 0.499}).lane is Lane.CLEAR


def test_an_allowed_text_is_ranked_by_how_near_it_came_to_a_clause():
    assert read(ill_wish=0.25).score == pytest.approx(0.245)
    assert read(profanity_strong=0.05, ill_wish=0.4).score == pytest.approx(0.392)


def test_an_assessment_says_what_it_was_read_against():
    found = read(threat=0.9)

    assert found.standards_version == "resident-aup 1.0.0 (3f2a9c01)"
    assert found.model == "scripted 1"


def test_a_picture_alone_waits_for_a_person():
    found = unreadable_text(STANDARD, "scripted 1", "a picture without words")

    assert found.lane is Lane.UNSURE
    assert found.severity is Severity.S4
    assert found.reason == "a picture without words"
    assert found.standards_version == STANDARD.fingerprint
    assert needs_a_person(found)
    assert found.clauses == ()


@pytest.mark.parametrize(
    ("labels", "target"),
    [
        ({}, Target.NOBODY),
        ({"insult": 0.4}, Target.NOBODY),
        ({"insult": 0.5}, Target.STAFF),
        ({"target_group": 0.49}, Target.NOBODY),
        ({"target_group": 0.5}, Target.GROUP),
        ({"target_group": 0.6, "target_resident": 0.7}, Target.RESIDENT),
        ({"target_institution": 0.7, "target_staff": 0.7}, Target.STAFF),
        ({"target_institution": 0.6, "insult": 0.9}, Target.INSTITUTION),
    ],
)
def test_the_strongest_target_heard_is_whom_it_is_about(labels, target):
    assert bearing_target(scored(**labels).by_label) is target


@given(ANY_SCORES)
def test_any_scores_give_a_consistent_reading(scores):
    found = assess(TEXT, scores, STANDARD)

    assert 0 <= found.score <= 1
    assert (found.severity is not None) == needs_a_person(found)
    assert all(breach.clause != "welfare" for breach in found.breaches)
    assert [b.severity.rank for b in found.breaches] == sorted(
        b.severity.rank for b in found.breaches
    )
    if found.lane is Lane.BREACH:
        assert found.breaches
    if found.lane is Lane.WELFARE:
        assert found.concerns
    if not found.clauses:
        assert found.score < 0.5
    if found.lane not in {Lane.BREACH, Lane.WELFARE}:
        assert not found.clauses


@given(ANY_SCORES, st.sampled_from(LABELS), st.floats(0, 1))
def test_the_ranking_score_of_an_allowed_text_rises_with_what_is_near_a_clause(
    scores, label, value
):
    found = assess(TEXT, scores, STANDARD)
    more = {**scores.by_label, Label(label): Score(max(value, _value(scores, label)))}
    nearer = assess(TEXT, replace(scores, by_label=more), STANDARD)

    if not found.clauses and not nearer.clauses:
        assert nearer.score >= found.score


def _value(scores: Scores, label: str) -> float:
    known = scores.by_label.get(Label(label))
    return known.value if known else 0.0


def test_a_cue_that_always_speaks_does_not_divide_by_nothing():
    always = replace(
        STANDARD, clauses=(clause("language", Severity.S4, cue("profanity_strong", 0, 0.5)),)
    )

    assert assess(TEXT, scored(), always).score == 0
    assert assess(TEXT, scored(profanity_strong=0.0), always).lane is Lane.BREACH


class TestConfirmation:
    """A list finds a word; a model that read the whole comment says what it was for."""

    STANDARD = replace(
        STANDARD,
        clauses=(
            clause(
                "abuse",
                Severity.S3,
                cue("insult", confirmed_by="contempt"),
                cue("contempt"),
            ),
            clause(
                "deception", Severity.S4, cue("scam", confirmed_by="deceit", confirmed_from=0.3)
            ),
        ),
        lane_cues={
            Lane.REQUEST: (cue("question", confirmed_by="needs_response"),),
            Lane.CRITICISM: (cue("criticism"),),
            Lane.UNSURE: (cue("unknown_language", confirmed_by="unreadable"),),
        },
    )

    def read(self, **labels: float) -> Assessment:
        return assess(TEXT, scored(**labels), self.STANDARD)

    @pytest.mark.parametrize(
        ("labels", "clauses"),
        [
            ({"insult": 0.9}, ["abuse"]),
            ({"insult": 0.9, "contempt": 0.0}, []),
            ({"insult": 0.9, "contempt": 0.499}, []),
            ({"insult": 0.9, "contempt": 0.5}, ["abuse"]),
            ({"insult": 0.4, "contempt": 0.9}, ["abuse"]),
            ({"insult": 0.4}, []),
            ({"scam": 0.9}, ["deception"]),
            ({"scam": 0.9, "deceit": 0.299}, []),
            ({"scam": 0.9, "deceit": 0.3}, ["deception"]),
            ({"deceit": 1.0}, []),
        ],
    )
    def test_a_cue_speaks_unless_the_one_that_was_asked_denies_it(self, labels, clauses):
        assert ids(self.read(**labels).breaches) == clauses

    @pytest.mark.parametrize(("contempt", "heard"), [(0.49, []), (0.6, ["contempt", "insult"])])
    def test_what_is_denied_is_no_evidence_either(self, contempt, heard):
        spans = (Span(0, 3),)
        by_label = {Label("insult"): Score(0.9, spans), Label("contempt"): Score(contempt, spans)}
        found = assess(TEXT, replace(scored(), by_label=by_label), self.STANDARD)

        evidence = [each.label for breach in found.breaches for each in breach.evidence]
        assert evidence == heard

    def test_a_denied_cue_lends_its_clause_no_severity_and_no_score(self):
        two = replace(
            self.STANDARD,
            clauses=(
                clause(
                    "abuse",
                    Severity.S3,
                    cue("insult", severity=Severity.S1, confirmed_by="contempt"),
                    cue("ill_wish"),
                ),
            ),
        )
        found = assess(TEXT, scored(insult=0.95, contempt=0.1, ill_wish=0.6), two)

        assert (found.severity, found.score) == (Severity.S3, 0.6)
        assert found.breaches[0].band is Band.SUSPECT

    @pytest.mark.parametrize(
        ("labels", "lane"),
        [
            ({"question": 0.9}, Lane.REQUEST),
            ({"question": 0.9, "needs_response": 0.2}, Lane.CLEAR),
            ({"question": 0.9, "needs_response": 0.7}, Lane.REQUEST),
            ({"question": 0.9, "needs_response": 0.2, "criticism": 0.6}, Lane.CRITICISM),
            ({"unknown_language": 0.9}, Lane.UNSURE),
            ({"unknown_language": 0.9, "unreadable": 0.1}, Lane.CLEAR),
        ],
    )
    def test_a_lane_s_cues_are_confirmed_too(self, labels, lane):
        found = self.read(**labels)

        assert found.lane is lane
        assert found.needs_response is (lane is Lane.REQUEST)
