"""Comments written before the detectors were run on them, read as the daemon would read them.

173 comments over every lane and every clause with cues, 82 of them lawful. As first run, before
any change: 117 came out exactly as expected (lane and clauses). Lanes: breach 60 of 81, welfare
2 of 10, criticism 12 of 25, request 17 of 22, clear 27 of 32, unsure 3 of 3; no lawful comment
came out as a breach, one request as welfare. Clauses found: threat 4 of 10, welfare 2 of 10,
sexual 1 of 5, hate 9 of 11, harassment 5 of 8, abuse 11 of 16, language 10 of 10,
private-information 7 of 8, defamation 7 of 8, deception 7 of 9. The writer had seen parts of some
phrase lists, so even these figures flatter.

The figures below are the second ones: tuned, after the causes of those misses were mended. They
guard against a phrase that breaks and say nothing about comments that nobody foresaw.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

import pytest

from classifiers.registry import DETECTORS, open_classifier
from config.standards import Lane, load_standards
from monitor.domain.assessment import Assessment, assess

_GROUPS = tomllib.loads(Path(__file__).with_name("unseen.toml").read_text("utf-8"))["group"]
_PANEL = open_classifier(DETECTORS, {})
_STANDARDS, _ = load_standards()
_TUNED_LANES = {
    "breach": 78,
    "welfare": 10,
    "criticism": 25,
    "request": 21,
    "clear": 32,
    "unsure": 3,
}
_TUNED_CLAUSES = {
    "threat": 10,
    "welfare": 10,
    "sexual": 5,
    "hate": 11,
    "harassment": 7,
    "abuse": 16,
    "language": 10,
    "private-information": 7,
    "defamation": 7,
    "deception": 9,
}
_LAWFUL = (Lane.CLEAR, Lane.CRITICISM, Lane.REQUEST)


def _read(text: str) -> Assessment:
    return assess(text, _PANEL.score([text])[0], _STANDARDS)


def _clauses(assessment: Assessment) -> set[str]:
    return {breach.clause for breach in assessment.clauses}


def test_there_are_enough_comments_and_most_clauses_and_all_lanes_have_some() -> None:
    texts = [text for group in _GROUPS for text in group["texts"]]

    assert len(set(texts)) == len(texts) >= 150
    assert {group["lane"] for group in _GROUPS} == {str(lane) for lane in Lane}


@pytest.mark.parametrize("lane", sorted(_TUNED_LANES))
def test_as_many_comments_as_when_tuned_come_out_in_their_lane(lane: str) -> None:
    texts = [text for group in _GROUPS if group["lane"] == lane for text in group["texts"]]

    assert sum(_read(text).lane == lane for text in texts) >= _TUNED_LANES[lane]


def test_as_many_clauses_as_when_tuned_are_found() -> None:
    found = Counter(
        clause
        for group in _GROUPS
        for text in group["texts"]
        for clause in _clauses(_read(text)) & set(group["clauses"])
    )

    fallen = {clause for clause, tuned in _TUNED_CLAUSES.items() if found[clause] < tuned}
    assert not fallen


@pytest.mark.parametrize(
    "text", [text for group in _GROUPS if group["lane"] in _LAWFUL for text in group["texts"]]
)
def test_no_lawful_comment_comes_out_as_a_breach(text: str) -> None:
    assert _read(text).lane is not Lane.BREACH
