from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path

import pytest

from config.platform_defaults import SHIPPED_PLATFORMS
from config.routes import Routes, load_routes
from config.standards import Severity, Standards, load_standards

EXAMPLE = SHIPPED_PLATFORMS.parent / "routes.example.toml"


@pytest.fixture(scope="module")
def standards() -> Standards:
    loaded, _ = load_standards()
    assert loaded is not None
    return loaded


def load_changed(
    tmp_path: Path, standards: Standards | None, replace: tuple[str, str]
) -> tuple[Routes | None, list[tuple[str, str]]]:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert replace[0] in text
    path = tmp_path / "routes.toml"
    path.write_text(text.replace(*replace, 1), encoding="utf-8")
    routes, problems = load_routes(path, standards)
    return routes, [(each.id, each.place) for each in problems]


def test_the_example_has_no_mistake(standards: Standards) -> None:
    routes, problems = load_routes(EXAMPLE, standards)

    assert problems == ()
    assert routes is not None
    assert [each.name for each in routes.alerts] == ["risk-to-life", "serious", "daily"]
    assert routes.alerts[0].quiet_hours is None
    quiet = routes.alerts[2].quiet_hours
    assert quiet is not None
    assert (quiet.start, quiet.end, quiet.timezone) == (time(18), time(8), "Europe/London")
    assert quiet.except_severities == {Severity.S1, Severity.S2}
    moderation = routes.destination("moderation")
    assert moderation is not None
    assert moderation.address == "C0123456789"
    assert routes.destination("nowhere") is None
    police = routes.escalation("police")
    assert police is not None
    assert police.respond_within == timedelta(minutes=15)
    assert routes.escalation("army") is None


def test_a_clause_means_the_routes_of_its_conditions_and_kinds(standards: Standards) -> None:
    routes, _ = load_routes(EXAMPLE, standards)
    assert routes is not None

    meant = {
        clause.id: [route.id for route in routes.escalations_for(clause)]
        for clause in standards.clauses
    }

    assert meant["threat"] == ["police", "security_lead", "monitoring_officer", "hr"]
    assert meant["private-information"] == [
        "data_protection_officer",
        "safeguarding_children",
        "safeguarding_adults",
        "police",
    ]
    assert meant["language"] == []


def test_quiet_hours_may_have_a_time_zone_of_their_own(
    tmp_path: Path, standards: Standards
) -> None:
    routes, problems = load_changed(
        tmp_path, standards, ('start = "18:00"', 'timezone = "Europe/Gibraltar"\nstart = 18:00:00')
    )

    assert problems == []
    assert routes is not None
    quiet = routes.alerts[2].quiet_hours
    assert quiet is not None
    assert (quiet.start, quiet.timezone) == (time(18), "Europe/Gibraltar")


@pytest.mark.parametrize(
    ("replace", "found"),
    [
        (('start = "18:00"', 'start = "6 pm"'), ("C015", "[alert.daily.quiet_hours] start")),
        (('end = "08:00"\n', ""), ("C006", "[alert.daily.quiet_hours] end")),
        (('["S1", "S2"]', '["S1", "S7"]'), ("C008", "[alert.daily.quiet_hours] except_severities")),
        (('severities = ["S2"]', 'lanes = ["brech"]'), ("C008", "[alert.serious] lanes")),
        (('severities = ["S2"]', 'clauses = ["hat"]'), ("C030", "[alert.serious] clauses")),
        (
            ('destination = "legal"', 'destination = "lawyers"'),
            ("C031", "[escalation.legal] destination"),
        ),
        (('operators = "operators"', 'operators = "ops"'), ("C031", "operators")),
        (('operators = "operators"', ""), ("C006", "operators")),
        (('severities = ["S2"]', "clauses = [7]"), ("C007", "[alert.serious] clauses")),
        (('kind = "email"', 'kind = "fax"'), ("C008", "[destination.managers] kind")),
        (
            ("communications@wexcombe.example", "communications"),
            ("C035", "[destination.managers] address"),
        ),
        (('"15 min"', '"15 moments"'), ("C014", "[escalation.police] respond_within")),
        (
            ('respond_within = "15 min"', 'respond_withn = "15 min"'),
            ("C005", "[escalation.police] respond_withn"),
        ),
        (("[escalation.it_security]", "[escalation.it]"), ("C033", "[escalation]")),
    ],
)
def test_a_mistake_in_the_routes_is_found_at_its_place(
    tmp_path: Path, standards: Standards, replace: tuple[str, str], found: tuple[str, str]
) -> None:
    routes, problems = load_changed(tmp_path, standards, replace)

    assert routes is None
    assert (found[0], f"routes.toml, {found[1]}") in problems


def test_a_lane_that_would_alert_nobody_of_a_risk_to_life_is_a_problem(
    tmp_path: Path, standards: Standards
) -> None:
    change = ('severities = ["S1"]', 'severities = ["S1"]\nlanes = ["breach"]')

    _, problems = load_changed(tmp_path, standards, change)

    assert problems == [("C036", "routes.toml, [alert]")]


def test_without_a_standard_the_names_of_clauses_are_left_unchecked(tmp_path: Path) -> None:
    change = ('severities = ["S2"]', 'clauses = ["hat"]')

    assert load_changed(tmp_path, None, change)[1] == []


@pytest.mark.parametrize(
    "text", ["destination = 7\n", "alert = 7\n", "operators = 7\n[alert]\n[destination]\n"]
)
def test_routes_of_the_wrong_shape_are_reported_and_not_a_crash(
    tmp_path: Path, standards: Standards, text: str
) -> None:
    path = tmp_path / "routes.toml"
    path.write_text(text, encoding="utf-8")

    routes, problems = load_routes(path, standards)

    assert routes is None
    assert problems


def test_no_routes_file_is_one_problem(tmp_path: Path) -> None:
    routes, (problem,) = load_routes(tmp_path / "routes.toml", None)

    assert routes is None
    assert problem.id == "C001"
