from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.standards import ClauseId, Severity, Target
from monitor.desk.web.wording import (
    age,
    clock,
    enforcement_sentence,
    moment,
    stretches,
    trail_sentence,
)
from monitor.domain.assessment import Band, Breach, Evidence
from monitor.domain.case import Act, CaseId, Enforcement, EnforcementState
from monitor.domain.people import PersonId

AT = datetime(2026, 11, 16, 10, 15, tzinfo=UTC)


def breach(*spans, score=0.91):
    evidence = tuple(Evidence(start, end, label) for start, end, label in spans)
    return Breach(ClauseId("abuse"), Severity.S3, Band.SEVERE, score, Target.STAFF, evidence)


def asked(state, **changes):
    return Enforcement(1, 1, CaseId(12), changes.pop("act", Act.HIDE), state, AT, **changes)


def test_moments_are_local_and_know_of_summer_time():
    assert moment(AT, "Europe/London") == "16 November 2026 at 10:15"
    assert clock(AT.replace(month=7), "Europe/London") == "11:15"


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=-5), "under a minute"),
        (timedelta(seconds=59), "under a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=59), "59 minutes"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(hours=47), "1 day"),
        (timedelta(days=2), "2 days"),
    ],
)
def test_an_age_is_said_in_its_largest_unit(passed, words):
    assert age(AT - passed, AT) == words


def test_evidence_is_cut_out_with_its_label_and_score():
    cut = stretches("You useless lot", [breach((4, 11, "insult"))])

    assert [each.text for each in cut] == ["You ", "useless", " lot"]
    assert [each.heard for each in cut] == [(), ("insult 0.91",), ()]


def test_overlapping_evidence_is_named_together_and_once():
    cut = stretches(
        "abcdef", [breach((0, 4, "insult"), (0, 4, "insult")), breach((2, 6, "threat"), score=0.5)]
    )

    assert [(each.text, each.heard) for each in cut] == [
        ("ab", ("insult 0.91",)),
        ("cd", ("insult 0.91", "threat 0.50")),
        ("ef", ("threat 0.50",)),
    ]


@given(
    st.text(max_size=30),
    st.lists(st.tuples(st.integers(-3, 35), st.integers(-3, 35), st.just("x")), max_size=5),
)
def test_no_letter_is_lost_or_doubled_whatever_the_evidence(text, spans):
    assert "".join(each.text for each in stretches(text, [breach(*spans)])) == text


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (asked(EnforcementState.REQUESTED), "the platform has not answered yet"),
        (
            asked(EnforcementState.DONE, confirmed_at=AT),
            "Asked to hide it on NOW; the platform said hidden on NOW; not checked again yet.",
        ),
        (
            asked(EnforcementState.DONE, confirmed_at=AT, recheck_at=AT, outcome="already"),
            "hidden on NOW (it was so already); not checked again yet, due on NOW.",
        ),
        (
            asked(EnforcementState.DONE, act=Act.RESTORE, confirmed_at=AT, rechecks=1),
            "public again on NOW; checked again once, and it was still so.",
        ),
        (asked(EnforcementState.DONE, confirmed_at=AT, rechecks=3), "checked again 3 times"),
        (asked(EnforcementState.DRIFTED, confirmed_at=AT), "says otherwise"),
        (asked(EnforcementState.REFUSED), "does not let us"),
        (asked(EnforcementState.FAILED), "did not do it"),
        (asked(EnforcementState.BY_HAND), "A person says that they did it at the platform."),
    ],
)
def test_what_was_asked_of_a_platform_is_one_sentence(what, words):
    assert words in enforcement_sentence(what, lambda _: "NOW")


def test_the_trail_names_people_and_hides_no_unknown_event():
    names = {PersonId("amina"): "Amina"}

    def said(event, actor, **details):
        return trail_sentence(event, actor, details=details, names=names)

    assert said("case.claimed", "person:amina") == "Amina claimed the case."
    assert said("case.decided", "person:zed", outcome="hide") == "zed decided: hide."
    assert said("case.reopened", "system") == "Wardmote asked for another look."
    assert said("case.weighed", "system") == "Case weighed."
