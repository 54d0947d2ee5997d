from __future__ import annotations

import csv
import itertools
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.coverage import Gap
from monitor.domain.figures import WeeklyFigures
from monitor.reports.weekly import (
    NOTICE_LIMIT,
    checksum,
    figures_json,
    notice_lines,
    render_csv,
    render_html,
    report_id,
)
from monitor.reports.weekly_rows import Row, csv_text

COUNCIL = "Wexcombe Borough Council"
VOID = {"meta", "br", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """A document as its reader meets it: elements in order, and the text of each."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[dict] = []
        self.elements: list[dict] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        inside = [each["tag"] for each in self.open]
        element = {"tag": tag, "text": "", "inside": inside, **dict(attrs)}
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag):
        assert self.open.pop()["tag"] == tag

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def all(self, *tags: str) -> list[dict]:
        return [each for each in self.elements if each["tag"] in tags]

    def texts(self, *tags: str) -> list[str]:
        return [" ".join(each["text"].split()) for each in self.all(*tags)]

    def rows(self, caption: str) -> list[list[str]]:
        """A table's cells, row by row, found by the beginning of its caption."""
        found: list[list[str]] = []
        here = False
        for each in self.elements:
            if each["tag"] == "caption":
                here = each["text"].startswith(caption)
            elif here and each["tag"] == "tr":
                found.append([])
            elif here and each["tag"] in {"th", "td"}:
                found[-1].append(" ".join(each["text"].split()))
        return found


def page(figures: WeeklyFigures, **change) -> Page:
    return Page(render_html(figures, council=COUNCIL, **change))


def cells(figures: WeeklyFigures) -> list[list[str]]:
    return list(csv.reader(StringIO(render_csv(figures), newline="")))


def value(figures: WeeklyFigures, *place: str) -> tuple[str, str]:
    (row,) = (row for row in cells(figures) if tuple(row[:3]) == place)
    return row[3], row[4]


def with_gap(figures: WeeklyFigures, start: datetime, cause: str = "none") -> WeeklyFigures:
    channel = figures.channels[0]
    gap = Gap(channel.channel_id, start, start + timedelta(hours=3), cause)
    return replace(figures, channels=(replace(channel, gaps=(gap,)), *figures.channels[1:]))


def test_the_report_answers_first(busy):
    report = page(busy, generated_for="the Head of Communications")

    assert report.texts("h1") == ["Weekly monitoring report: week 47 of 2026"]
    assert [each["text"] for each in report.all("p") if each.get("class") == "lead"] == [
        (
            "10 cases: 8 breaches (2 serious), 1 welfare concern and 1 that no model here could "
            "judge; Parks and Libraries on Facebook was unseen for 95 minutes on Tuesday."
        )
    ]
    assert report.texts("p")[1] == (
        "All services, Mon 16 Nov 2026, 00:00 GMT to Sun 22 Nov 2026, 23:59 GMT. "
        "Prepared for the Head of Communications. No comment is quoted and no author is named "
        "here; references lead to the sealed record."
    )


def test_the_report_says_what_needs_attention(busy, quiet):
    items = [
        " ".join(each["text"].split())
        for each in page(busy).all("li")
        if "nav" not in each["inside"]
    ]

    assert items[:7] == [
        "1 decision to hide cited no clause of the standard; the target is none.",
        "1 serious case or welfare concern has no decision yet: WM-403.",
        "1 hidden comment is in public view again. Open the case and decide anew.",
        "Platforms refused 1 request. See what was done by hand.",
        (
            "Parks and Libraries on Facebook was unseen for 95 minutes on Tuesday. "
            "Cause: The page's token was rejected: renew it."
        ),
        "1 escalation is still out: Safeguarding adults (1).",
        "4 cases were not closed at the end of the week.",
    ]
    assert "Nothing needs a decision or a repair." in page(quiet).texts("p")


def test_sections_come_in_order_and_headings_skip_no_level(busy):
    report = page(busy)

    assert report.texts("h2") == [
        "What needs attention",
        "The week at a glance",
        "Coverage",
        "Comments",
        "Cases",
        "Serious cases and welfare concerns",
        "Decisions",
        "Requests to platforms",
        "Timeliness",
        "Escalations",
        "Records and system",
        "Method",
    ]
    levels = [int(each["tag"][1]) for each in report.all("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


@pytest.mark.parametrize("week", ["busy", "quiet", "empty"])
def test_every_table_has_a_caption_and_every_heading_cell_a_scope(week, request):
    report = page(request.getfixturevalue(week))

    tables = report.all("table")
    captions = report.all("caption")
    assert len(tables) == len(captions) > 5
    assert all(each["text"].strip() for each in captions)
    assert {each.get("scope") for each in report.all("th")} == {"col", "row"}
    assert all(each["text"].strip() for each in report.all("th"))
    for region in (each for each in report.all("div") if each.get("role") == "region"):
        assert region["aria-labelledby"] in {caption["id"] for caption in captions}
        assert region["tabindex"] == "0"


@pytest.mark.parametrize("week", ["busy", "quiet", "empty"])
def test_every_row_of_a_table_has_as_many_cells_as_its_heading(week, request):
    report = page(request.getfixturevalue(week))

    for caption in report.all("caption"):
        rows = report.rows(caption["text"])
        widths = {len(row) for row in rows if row != ["No channel was watched."]}
        assert len(widths) == 1, caption["text"]


def test_identifiers_are_unique_and_links_stay_inside(busy):
    report = page(busy)

    names = [each["id"] for each in report.elements if "id" in each]
    assert len(set(names)) == len(names)
    assert {each["href"].removeprefix("#") for each in report.all("a")} <= set(names)


def test_the_document_is_complete_in_itself_and_in_british_english(busy):
    html = render_html(busy, council=COUNCIL)
    report = Page(html)

    assert html.startswith("<!DOCTYPE html>\n")
    assert report.all("html")[0]["lang"] == "en-GB"
    assert report.texts("title") == [
        f"Weekly monitoring report: week 47 of 2026 \N{EN DASH} {COUNCIL}"
    ]
    assert report.all("script", "link", "img", "iframe", "form") == []
    assert not re.search(r"https?://|url\(|@import", html)
    assert not any("style" in each for each in report.elements)


def test_times_are_local_and_say_which_clock_holds(busy):
    summer = with_gap(busy, datetime(2026, 7, 6, 23, 30, tzinfo=UTC))
    autumn = with_gap(busy, datetime(2026, 10, 24, 23, 30, tzinfo=UTC))

    assert page(summer).rows("When a channel")[1][1:4] == [
        "Tue 7 Jul 2026, 00:30 BST",
        "Tue 7 Jul 2026, 03:30 BST",
        "3 hours",
    ]
    assert page(autumn).rows("When a channel")[1][1:4] == [
        "Sun 25 Oct 2026, 00:30 BST",
        "Sun 25 Oct 2026, 02:30 GMT",
        "3 hours",
    ]


def test_the_tables_state_the_numbers(busy):
    report = page(busy)

    assert report.rows("Main numbers")[1] == ["Comments seen", "1,418", "1,204", "214 more"]
    assert report.rows("How well each channel")[1:] == [
        [
            *("Parks and Libraries on Facebook", "2,016", "1,998 (99.1%)", "18", "0", "1,366"),
            *("214", "95 minutes"),
        ],
        [
            *("Parks and Libraries on Instagram", "672", "672 (100.0%)", "0", "0", "52"),
            *("not stated", "no gap"),
        ],
    ]
    assert report.rows("How comments were read")[-1] == [
        *("All channels", "11", "1", "1", "46", "9", "350", "418"),
    ]
    assert report.rows("Cases by clause")[3] == [
        *("RS-03 Sexual or exploitative content", "0", "0", "0", "0", "0", "0"),
    ]
    assert report.rows("Cases by channel")[-1] == ["All cases", "2", "1", "5", "2", "10"]
    assert report.rows("Breaches of severity")[3] == [
        *("WM-403", "S2", "RS-04 Hate and discrimination", "Parks and Libraries on Facebook"),
        *("Tue 17 Nov 2026, 15:07 GMT", "Waiting in the queue", "None yet", "nobody"),
    ]
    assert report.rows("What people decided")[1] == ["Hide", "5", "50.0%"]
    assert report.rows("What platforms")[1] == [
        *("Hide a comment", "6", "0", "3", "1", "0", "1", "1"),
    ]
    assert report.rows("How long each step")[-1] == [
        *("Posted to hidden", "26 minutes", "32 minutes", "4 of 5"),
    ]
    assert report.rows("Cases passed on")[2] == ["Safeguarding adults", "1", "0", "1"]


def test_a_quiet_week_shows_its_zeros(quiet):
    report = page(quiet)

    assert len(report.rows("Cases by clause")) == 1 + 9 + 1 + 1
    assert report.rows("What people decided")[1] == ["Hide", "0", "no cases"]
    assert report.rows("How long each step")[1] == [
        *("Posted to seen", "not measured", "not measured", "0 of 0"),
    ]
    assert report.rows("Main numbers")[1] == [
        *("Comments seen", "1,204", "not known", "no week to compare"),
    ]
    assert "There was no serious case and no welfare concern." in report.texts("p")
    assert "No gap was found." in report.texts("p")
    assert report.rows("Cases passed on")[1] == ["Police", "0", "0", "0"]


def test_a_week_without_channels_is_still_a_report(empty):
    report = page(empty)

    assert report.texts("p")[1].startswith("Leisure, Mon 16 Nov 2026, 00:00 GMT to ")
    assert report.rows("How well each channel")[1] == ["No channel was watched."]
    assert "Nothing was escalated." in report.texts("p")
    assert "not checked" in report.texts("dd")
    assert "none was used" in report.texts("dd")


def test_a_week_that_is_not_over_says_so_and_a_whole_one_does_not(empty, busy):
    sentence = "This is not a whole week: the numbers cover only the time stated above."

    assert sentence in page(empty).texts("p")
    assert sentence not in page(busy).texts("p")


@pytest.mark.parametrize(
    ("intact", "words"), [(True, "verifies"), (False, "does not verify"), (None, "not checked")]
)
def test_the_audit_chain_is_told(busy, intact, words):
    assert words in page(replace(busy, audit_intact=intact)).texts("dd")


def test_fewer_and_the_same_are_said_in_words(busy):
    first, second, third, *_ = busy.changes
    changes = (
        replace(first, now=4, before=1204),
        replace(second, now=7, before=7),
        replace(third, now=8, before=7),
    )

    rows = page(replace(busy, changes=changes)).rows("Main numbers")

    assert rows[1:] == [
        ["Comments seen", "4", "1,204", "1,200 fewer"],
        ["Cases opened", "7", "7", "no change"],
        ["Serious cases", "8", "7", "1 more"],
    ]


HOSTILE = "<script>alert('x')</script>&\"'"


def test_whatever_a_configuration_says_stays_text(busy):
    channel = replace(busy.channels[0], name=HOSTILE)
    hostile = replace(
        busy, channels=(channel,), headline=HOSTILE, attention=(HOSTILE,), models=(HOSTILE,)
    )

    html = render_html(hostile, council=HOSTILE, generated_for=HOSTILE)

    assert "<script" not in html
    assert Page(html).all("script") == []
    assert HOSTILE in Page(html).texts("li")


def test_the_same_figures_give_the_same_bytes(busy):
    again = replace(busy)

    assert render_html(busy, council=COUNCIL) == render_html(again, council=COUNCIL)
    assert render_csv(busy) == render_csv(again)
    assert figures_json(busy) == figures_json(again)


def test_the_rows_are_long_and_each_has_five_cells(busy):
    heading, *rows = cells(busy)

    assert heading == ["section", "name", "key", "value", "unit"]
    assert {len(row) for row in rows} == {5}
    places = [tuple(row[:3]) for row in rows if row[0] != "records"]
    assert len(set(places)) == len(places)
    assert list(dict.fromkeys(row[0] for row in rows)) == [
        "period",
        "at a glance",
        "coverage",
        "gaps",
        "comments by lane",
        "cases by clause",
        "cases by channel",
        "serious cases",
        "decisions",
        "acts",
        "timeliness",
        "escalations",
        "records",
    ]


@pytest.mark.parametrize(
    ("place", "stated"),
    [
        (("period", "whole council", "week"), ("2026-W47", "ISO week")),
        (
            ("period", "", "start"),
            ("2026-11-16T00:00:00+00:00", "local time (Europe/London)"),
        ),
        (("at a glance", "comments seen", "week before"), ("1204", "count")),
        (("coverage", "Parks and Libraries on Facebook", "pulls done"), ("1998", "pulls")),
        (("coverage", "Parks and Libraries on Facebook", "unseen"), ("5700", "seconds")),
        (
            ("coverage", "Parks and Libraries on Instagram", "platform's own count"),
            ("", "comments"),
        ),
        (
            ("gaps", "Parks and Libraries on Facebook", "1 end"),
            ("2026-11-17T03:40:20+00:00", "local time (Europe/London)"),
        ),
        (
            ("gaps", "Parks and Libraries on Facebook", "1 cause"),
            ("The page's token was rejected: renew it.", "text"),
        ),
        (
            ("cases by clause", "RS-06 Abuse of staff, councillors or residents", "touched"),
            ("6", "cases"),
        ),
        (("serious cases", "WM-402", "escalated to"), ("Safeguarding adults", "text")),
        (("serious cases", "WM-403", "decision"), ("", "text")),
        (("decisions", "Hide", "without a clause"), ("1", "cases")),
        (("acts", "Hide a comment", "Undone since"), ("1", "requests")),
        (("timeliness", "posted to hidden", "median"), ("1590", "seconds")),
        (("escalations", "Police", "back"), ("1", "escalations")),
        (("records", "audit chain", "verifies"), ("yes", "yes or no")),
        (("records", "model", "in use"), ("bundled 1.0.0 (77ab12cd)", "text")),
    ],
)
def test_a_number_is_found_by_its_place(busy, place, stated):
    assert value(busy, *place) == stated


def test_what_was_not_measured_is_an_empty_cell(empty):
    assert value(empty, "timeliness", "posted to seen", "median") == ("", "seconds")
    assert value(empty, "records", "audit chain", "verifies") == ("", "yes or no")
    assert value(empty, "period", "Leisure", "week") == ("2026-W47", "ISO week")


def test_rows_end_as_spreadsheets_expect(busy):
    text = render_csv(busy)

    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")


@given(st.lists(st.builds(Row, *[st.text(st.characters(codec="utf-8"))] * 5), max_size=4))
def test_no_cell_can_be_taken_for_a_formula_and_none_breaks_its_row(rows):
    _, *found = csv.reader(StringIO(csv_text(rows), newline=""))

    assert len(found) == len(rows)
    for row, wanted in zip(found, rows, strict=True):
        for cell, meant in zip(row, wanted, strict=True):
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
            assert cell.removeprefix("'") == " ".join(meant.split()).removeprefix("'")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", " =", "\t@"])
def test_a_channel_named_like_a_formula_is_quoted(busy, start):
    named = replace(busy.channels[0], name=f"{start}SUM(A1)")

    rows = cells(replace(busy, channels=(named,)))

    assert f"'{start.strip()}SUM(A1)" in {row[1] for row in rows}


def test_the_notice_is_short_and_begins_with_the_answer(busy):
    assert notice_lines(busy) == (
        (
            "10 cases: 8 breaches (2 serious), 1 welfare concern and 1 that no model here could "
            "judge; Parks and Libraries on Facebook was unseen for 95 minutes on Tuesday."
        ),
        (
            "This week (the week before): comments seen 1,418 (1,204); cases opened 10 (0); "
            "serious cases 2 (0); decisions to hide 5 (0); criticism allowed 46 (0); "
            "minutes unseen 95 (0)."
        ),
        "Coverage: 2,670 pulls done of 2,688 due on 2 channels.",
        "Decisions on this week's cases: hide 5, keep 2, escalate 1, restore 0; none yet 2.",
        (
            "Median time: posted to seen 10 minutes (10 of 10); "
            "alerted to claimed 12 minutes (8 of 10); posted to hidden 26 minutes (4 of 5)."
        ),
        (
            "Fairness: 46 comments of criticism left to stand; "
            "1 decision to hide without a clause (target 0)."
        ),
        "To do: 1 decision to hide cited no clause of the standard; the target is none.",
        "To do: 1 serious case or welfare concern has no decision yet: WM-403.",
        "To do: 1 hidden comment is in public view again. Open the case and decide anew.",
        "To do: Platforms refused 1 request. See what was done by hand.",
        (
            "To do: Parks and Libraries on Facebook was unseen for 95 minutes on Tuesday. "
            "Cause: The page's token was rejected: renew it."
        ),
        "To do: 2 more points for attention in the report.",
    )


def test_the_notice_of_a_quiet_week_says_only_what_there_is(quiet):
    assert notice_lines(quiet) == (
        "No cases were opened; every channel was seen throughout.",
        (
            "This week: comments seen 1,204; cases opened 0; serious cases 0; "
            "decisions to hide 0; criticism allowed 0; minutes unseen 0."
        ),
        "Coverage: 2,016 pulls done of 2,016 due on 1 channel.",
        (
            "Fairness: 0 comments of criticism left to stand; "
            "0 decisions to hide without a clause (target 0)."
        ),
    )


@pytest.mark.parametrize("asks", range(15))
def test_the_notice_never_exceeds_its_limit_nor_drops_a_point_unsaid(busy, asks):
    figures = replace(busy, attention=tuple(f"Point {number}." for number in range(asks)))

    lines = notice_lines(figures)

    todo = [line for line in lines if line.startswith("To do: ")]
    said = sum("Point" in line for line in todo)
    more = re.search(r"(\d+) more point", todo[-1]) if todo else None
    assert len(lines) <= NOTICE_LIMIT
    assert said + (int(more[1]) if more else 0) == asks


def test_points_that_just_fit_are_all_said(busy):
    figures = replace(busy, attention=tuple(f"Point {number}." for number in range(6)))

    assert notice_lines(figures)[-1] == "To do: Point 5."


def test_a_step_that_was_not_measured_says_so_in_the_notice(busy):
    timings = tuple(replace(each, measured=0, median=None) for each in busy.timings)

    assert notice_lines(replace(busy, timings=timings))[4] == (
        "Median time: posted to seen not measured (0 of 10); "
        "alerted to claimed not measured (0 of 10); posted to hidden not measured (0 of 5)."
    )


def test_the_checksum_tells_documents_apart():
    whole = checksum("report", "rows")

    assert re.fullmatch(r"[0-9a-f]{64}", whole)
    assert whole == checksum("report", "rows")
    assert len({whole, checksum("reportr", "ows"), checksum("rows", "report")}) == 3


def test_a_report_is_filed_under_its_week_and_service(busy, empty):
    assert report_id(busy) == "weekly-2026-W47"
    assert report_id(empty) == "weekly-2026-W47-leisure"
    parks = replace(empty, service="Parks & Libraries (North)")
    assert report_id(parks) == "weekly-2026-W47-parks-libraries-north"
    assert "Report weekly-2026-W47, made by Wardmote." in page(busy).texts("p")


def test_the_figures_can_be_stored_and_read_by_anyone(busy):
    stored = json.loads(figures_json(busy))

    assert stored["label"] == "2026-W47"
    assert stored["start"] == "2026-11-16T00:00:00+00:00"
    assert stored["lanes"]["criticism"] == 46
    assert stored["timings"][0]["median"] == 570.0
    assert stored["channels"][0]["gaps"][0]["cause"].startswith("The page's token")
    assert stored["audit_intact"] is True
    assert stored["serious_cases"][0]["reference"] == "WM-401"
