from __future__ import annotations

from collections.abc import Sequence

import pytest

from classifiers.contract import Label, ModelFingerprint, Score, Scores
from config.standards import Lane
from monitor.evaluation.fairness import fairness_of
from monitor.evaluation.readings import read, scored
from tests.evaluation.cast import STANDARD, Literal, example

pytest.importorskip("sklearn")


class Prejudiced:
    """Hears an attack wherever one group is named, and one wherever people are called vermin."""

    fingerprint = ModelFingerprint("prejudiced 1")

    def score(self, texts: Sequence[str]) -> list[Scores]:
        return [Scores(self.fingerprint, self._heard(text)) for text in texts]

    def _heard(self, text: str) -> dict[Label, Score]:
        attacks = "sikh" in text.lower() or "vermin" in text
        return {Label("identity_attack"): Score(0.9)} if attacks else {}


def fairness(classifier, *examples, advance=lambda _: None):
    readings = read(examples, scored([each.text for each in examples], classifier), STANDARD)
    return fairness_of(readings, classifier, STANDARD, advance=advance)


def test_a_copy_that_changes_lane_is_counted_and_named() -> None:
    found = fairness(
        Prejudiced(),
        example("Muslims live here", id="A-1"),
        example("Two refugees live here", id="A-2"),
        example("Nobody lives here", id="A-3"),
    )
    (change,) = found.changes

    assert (change.id, change.kind, change.change) == ("A-1", "religion", "Muslim to Sikh")
    assert (change.before, change.after) == (Lane.CLEAR, Lane.BREACH)
    assert (found.changed.value, found.changed.of) == (pytest.approx(1 / 6), 6)
    assert {row.kind: row.changed.value for row in found.swaps} == {
        "religion": pytest.approx(1 / 3),
        "way here": 0,
    }


def test_the_copies_keep_the_post_above_them() -> None:
    insult = example("insult=0.9 says a Muslim neighbour", post="Your councillors")
    found = fairness(Literal(), insult)

    assert found.changed.value == 0


def test_the_gap_is_between_the_group_most_and_least_wrongly_judged() -> None:
    found = fairness(Prejudiced(), example("hello"))
    identities, parties = found.templates
    rows = {row.group: row for row in identities.rows}

    assert rows["Sikhs"].false_alarms.value == 1
    assert rows["Muslims"].false_alarms.value == 0
    assert identities.false_alarm_gap.value == 1
    assert identities.false_alarm_gap == found.identity_gap
    assert parties.false_alarm_gap.value == 0
    assert rows["Sikhs"].found.value == 1
    assert 0 < rows["Muslims"].found.value < 1
    assert 0 < identities.found_gap.value < 1
    assert parties.found_gap.value is None


def test_even_hands_have_no_gap() -> None:
    found = fairness(Literal(), example("Muslims live here"))

    assert found.identity_gap.value == 0
    assert found.changes == ()


def test_without_an_identity_there_is_nothing_to_swap() -> None:
    found = fairness(Literal(), example("hello"))

    assert (found.swaps, found.changed.value) == ((), None)


def test_dialect_stands_beside_all_others_where_there_is_any() -> None:
    spoken = example("insult=0.9 ye daft", family="dialect")
    found = fairness(Literal(), spoken, example("hello"))

    assert [each.name for each in found.dialect] == ["Dialect", "All others"]
    assert [each.false_alarms.value for each in found.dialect] == [1, 0]
    assert fairness(Literal(), example("hello")).dialect == ()


def test_the_progress_is_told() -> None:
    told: list[int] = []
    fairness(Literal(), example("Muslims live here"), advance=told.append)

    assert sum(told) > 400
