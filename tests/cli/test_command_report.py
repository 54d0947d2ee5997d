from __future__ import annotations

import json

import pytest


def test_the_report_of_a_week_is_written_as_html_and_csv(home) -> None:
    target = home.path / "reports"
    result = home.run("report", "weekly", "--week", "2026-W01", "--directory", str(target))

    assert result.exit_code == 0
    html = target / "wardmote-2026-W01.html"
    csv = target / "wardmote-2026-W01.csv"
    assert result.stdout.endswith(f"wrote {html} and {csv}\n")
    assert "2026-W01" in html.read_text("utf-8")
    assert csv.read_bytes()


def test_the_figures_can_be_had_as_json_and_then_no_file_is_written(home) -> None:
    result = home.run("report", "weekly", "--json", "--directory", str(home.path / "none"))

    assert result.exit_code == 0
    assert json.loads(result.stdout)
    assert not (home.path / "none").exists()


def test_the_default_is_the_last_whole_week(home) -> None:
    result = home.run("report", "weekly", "--directory", str(home.path))

    assert result.exit_code == 0
    assert len(list(home.path.glob("wardmote-20*-W*.html"))) == 1


@pytest.mark.parametrize("week", ["2026-47", "2026-W99", "2026-W00", "W47", "0001-W01", "²026-W01"])
def test_what_is_no_week_is_said_to_be_none(home, week) -> None:
    result = home.run("report", "weekly", "--week", week)

    assert result.exit_code == 2
    assert result.stderr == f"{week!r} is not a week; write it as 2026-W47.\n"


def test_a_week_that_has_not_begun_has_no_report(home) -> None:
    result = home.run("report", "weekly", "--week", "2098-W01")

    assert result.exit_code == 2
    assert "2098-W01 has not begun; the newest week is 20" in result.stderr


def test_a_directory_that_cannot_be_made_is_named(home) -> None:
    home.write("file", "in the way")
    result = home.run("report", "weekly", "--directory", str(home.path / "file"))

    assert result.exit_code == 1
    assert str(home.path / "file") in result.stderr
