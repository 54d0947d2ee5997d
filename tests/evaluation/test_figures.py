from __future__ import annotations

import pytest

from config.standards import Lane
from monitor.evaluation.figures import figures_of
from monitor.evaluation.floors import floors_of
from tests.evaluation.cast import STANDARD, example, readings_of

pytest.importorskip("sklearn")

ABUSE = "insult=0.9 target_staff=0.9"
EXAMPLES = (
    example(f"{ABUSE} 1", "", "abuse", target="staff", severity="S3"),
    example(f"{ABUSE} threat=0.9 2", "", "abuse", "threat", target="staff", severity="S1"),
    example("quiet 3", "", "abuse", target="staff", severity="S3"),
    example(f"{ABUSE} 4", "criticism", family="satire", target="institution"),
    example("criticism=0.9 5", "criticism", family="criticism", target="nobody"),
    example("question=0.9 6", "request", needs_response=True, family="request"),
    example("self_harm_risk=0.9 7", "", "welfare", severity="S1"),
    example(f"{ABUSE} 8", "", "welfare", severity="S1", target="staff"),
    example("unreadable=0.9 9", "unsure", family="foreign-unsure"),
    example("unreadable=0.9 10", "clear", family="foreign-friendly"),
    example("hello 11", "clear", family="benign"),
)


@pytest.fixture(scope="module")
def readings():
    return readings_of(*EXAMPLES)


@pytest.fixture(scope="module")
def figures(readings):
    return figures_of(readings, STANDARD)


def clause_of(figures, name):
    return next(each for each in figures.clauses if each.id == name)


def group_of(groups, name):
    return next(each for each in groups if each.name == name)


def test_a_welfare_concern_in_the_lane_breach_is_a_false_alarm_of_breach(figures) -> None:
    assert figures.breach.support == 3
    assert figures.breach.read == 4
    assert figures.breach.recall.value == pytest.approx(2 / 3)
    assert figures.breach.precision.value == pytest.approx(2 / 4)


def test_every_example_is_counted_once_in_the_table_of_lanes(figures) -> None:
    table = figures.confusion

    assert sum(sum(row.values()) for row in table.values()) == len(EXAMPLES)
    assert table[Lane.BREACH][Lane.CLEAR] == 1
    assert table[Lane.WELFARE][Lane.BREACH] == 1
    assert table[Lane.CLEAR][Lane.UNSURE] == 1
    assert set(table) == set(table[Lane.CLEAR]) == set(Lane)


def test_a_clause_is_found_where_it_is_named(figures) -> None:
    abuse = clause_of(figures, "abuse")

    assert abuse.detection.support == 3
    assert abuse.detection.recall.value == pytest.approx(2 / 3)
    assert abuse.detection.precision.value == pytest.approx(2 / 4)


def test_a_clause_may_be_missed_and_the_comment_seen_all_the_same(figures) -> None:
    welfare = clause_of(figures, "welfare")

    assert welfare.detection.recall.value == pytest.approx(1 / 2)
    assert welfare.seen.value == 1


def test_a_clause_that_does_not_occur_has_no_f1(figures) -> None:
    hate = clause_of(figures, "hate")

    assert (hate.detection.f1.value, hate.detection.support) == (None, 0)
    assert [each.id for each in figures.clauses] == [each.id for each in STANDARD.clauses]


def test_macro_f1_is_the_mean_of_the_clauses_that_occur(figures) -> None:
    occurring = [each.detection.f1.value for each in figures.clauses if each.detection.support]

    assert len(occurring) == 3
    assert figures.macro_f1.value == pytest.approx(sum(occurring) / 3)


def test_a_family_has_recall_for_what_must_be_seen_and_false_alarms_for_the_rest(figures) -> None:
    satire = group_of(figures.families, "satire")
    abuse = group_of(figures.families, "abuse")
    friendly = group_of(figures.families, "foreign-friendly")

    assert (satire.false_alarms.value, satire.found.value) == (1, None)
    # Three breaches and two welfare concerns; one of each was not put where it belongs.
    assert (abuse.found.value, abuse.seen.value, abuse.found.of) == (3 / 5, 4 / 5, 5)
    assert (friendly.false_alarms.value, friendly.asked.value) == (0, 1)


def test_lanes_are_measured_like_families(figures) -> None:
    criticism = group_of(figures.lanes, "criticism")

    assert criticism.false_alarms.value == 0.5
    assert group_of(figures.lanes, "unsure").found.value == 1


def test_target_severity_and_answer(figures) -> None:
    assert figures.target_of_breaches.of == 3
    assert figures.target_of_breaches.value == pytest.approx(2 / 3)
    assert figures.severity_exact.of == 4
    assert figures.severity_exact.value == pytest.approx(3 / 4)
    # S1 was read as S3, which is two steps.
    assert figures.severity_within_one.value == pytest.approx(3 / 4)
    assert figures.needs_response.recall.value == 1
    assert figures.needs_response.support == 1


def floors(*examples):
    readings = readings_of(*examples)
    return {each.name: each for each in floors_of(readings, figures_of(readings, STANDARD))}


def test_floors_say_what_is_reached_and_what_is_not(readings, figures) -> None:
    found = {each.name: each for each in floors_of(readings, figures)}

    assert found["Breach F1"].is_reached is False
    assert found["Threats found"].is_reached is True
    assert found["Welfare concerns found"].is_reached is False
    assert found["Welfare concerns found"].seen.value == 1
    assert found["Personal data found"].is_reached is None
    assert found["False alarms on requests and benign comments"].is_reached is True


def test_a_floor_holds_exactly_at_its_bound() -> None:
    lawful = [example(f"hello {number}", "criticism") for number in range(49)]
    alarm = example(ABUSE, "criticism")

    assert floors(*lawful, alarm)["False alarms on lawful criticism"].is_reached is True
    assert floors(*lawful[:-1], alarm)["False alarms on lawful criticism"].is_reached is False


def test_a_lawful_example_counts_under_one_floor_only() -> None:
    found = floors(
        example("1", "criticism", family="looks-bad"),
        example("2", "criticism", family="criticism"),
        example("3", "clear", family="looks-bad"),
        example("4", "clear", family="benign"),
        example("5", "request", family="request"),
    )

    assert found["False alarms on words that only look bad"].figure.of == 2
    assert found["False alarms on lawful criticism"].figure.of == 1
    assert found["False alarms on requests and benign comments"].figure.of == 2


def test_obfuscated_abuse_is_found_where_it_is_put_in_its_lane() -> None:
    found = floors(
        example(ABUSE, "", "abuse", family="obfuscated"),
        example("unreadable=0.9", "", "abuse", family="obfuscated"),
        example("hello", "clear", family="obfuscated"),
    )["Obfuscated abuse found"]

    assert (found.figure.value, found.figure.of, found.seen.value) == (0.5, 2, 1)
