from __future__ import annotations

import pytest

from config.standards import Cue, Lane, Severity
from monitor.evaluation.readings import scored, strength
from tests.evaluation.cast import PEOPLE, STANDARD, Literal, clause, example, readings_of


def one(text: str, *rest: str, **change):
    (found,) = readings_of(example(text, *rest, **change))
    return found


def test_an_example_is_read_as_the_product_reads_a_comment() -> None:
    found = one("insult=0.9 target_staff=0.8", "", "abuse")

    assert (found.expected, found.lane) == (Lane.BREACH, Lane.BREACH)
    assert found.clauses == {"abuse"}
    assert found.is_read_as_breach
    assert found.is_seen
    assert not found.is_lawful
    assert found.values == {"insult": 0.9, "target_staff": 0.8}


@pytest.mark.parametrize(
    ("text", "lane", "is_seen"),
    [
        ("self_harm_risk=0.4", Lane.WELFARE, True),
        ("unreadable=0.9", Lane.UNSURE, True),
        ("criticism=0.9", Lane.CRITICISM, False),
        ("question=0.9", Lane.REQUEST, False),
        ("hello", Lane.CLEAR, False),
    ],
)
def test_a_person_sees_breach_welfare_and_unsure(text, lane, is_seen) -> None:
    found = one(text)

    assert (found.lane, found.is_seen) == (lane, is_seen)


@pytest.mark.parametrize("lane", ["criticism", "request", "clear"])
def test_what_is_allowed_is_lawful(lane) -> None:
    assert one("hello", lane).is_lawful


def test_a_clause_that_is_for_a_period_is_read_as_if_it_held() -> None:
    assert one("campaigning=0.9").clauses == {"pre-election"}


def test_the_post_above_an_example_is_its_context() -> None:
    insult = "insult=0.9"

    assert one(insult).assessment.target == "staff"
    assert one(insult, post="Your councillors on Thursday").assessment.target == "councillor"


def test_texts_are_scored_in_order_and_the_progress_is_told() -> None:
    told: list[int] = []
    texts = [f"insult=0.{number % 10}" for number in range(1200)]
    found = scored(texts, Literal(), advance=told.append)

    assert [each.by_label["insult"].value for each in found[:3]] == [0.0, 0.1, 0.2]
    assert sum(told) == 1200
    assert len(told) > 1


def test_a_clause_is_as_strong_as_its_strongest_cue() -> None:
    found = one("insult=0.3 threat=0.7 identity_attack=0.2")
    both = clause("x", Severity.S1, Cue("insult", 0.5, 0.9), Cue("threat", 0.5, 0.9))

    assert strength(both, found) == 0.7


def test_a_cue_for_other_targets_has_no_strength() -> None:
    abuse = clause("abuse", Severity.S3, Cue("insult", 0.5, 0.9, targets=PEOPLE))

    assert strength(abuse, one("insult=0.9 target_staff=0.9")) == 0.9
    assert strength(abuse, one("insult=0.9 target_institution=0.9")) == 0


def test_a_cue_that_is_not_confirmed_has_no_strength() -> None:
    cue = Cue("threat", 0.5, 0.9, confirmed_by="menace", confirmed_from=0.4)
    threat = clause("threat", Severity.S1, cue)

    assert strength(threat, one("threat=0.9 menace=0.3")) == 0
    assert strength(threat, one("threat=0.9 menace=0.4")) == 0.9
    assert strength(threat, one("threat=0.9")) == 0.9


def test_a_clause_without_cues_has_none() -> None:
    assert strength(STANDARD.clauses[-1], one("insult=0.9")) == 0
