from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from config.standards import Lane
from monitor.evaluation.baseline import BaselineCheck, Fall
from monitor.evaluation.card import card_of
from monitor.evaluation.comparison import Side, compare
from monitor.evaluation.fairness import LaneSwap
from monitor.evaluation.pages.card import card_page
from monitor.evaluation.pages.rendering import figures_json, render_html, render_markdown
from monitor.evaluation.reference import own_verdicts, row_of
from tests.evaluation.cast import STANDARD, Literal, example, readings_of

pytest.importorskip("sklearn")

NASTY = "threat=0.9 <script>alert(1)</script> | *you* [lot](x)\nand more"
EXAMPLES = (
    example(NASTY, "criticism", id="N-1", family="satire"),
    example("threat=0.9 1", "", "threat", target="staff", severity="S1"),
    example("insult=0.9 2", "", "abuse", severity="S3"),
    example("threat=0.2 3", "", "threat", severity="S1"),
    example("self_harm_risk=0.9 4", "", "welfare", severity="S1"),
    example("Muslims wrote 5", "clear", family="dialect"),
    example("question=0.9 6", "request", needs_response=True),
)


class Seen(HTMLParser):
    """What a page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data) -> None:
        self.texts.append(data)

    def all(self, name: str, tag: str | None = None) -> list[str]:
        return [
            value for of, found, value in self.attributes if found == name and tag in (None, of)
        ]


@pytest.fixture(scope="module")
def card():
    readings = readings_of(*EXAMPLES)
    examples = [one.example for one in readings]
    side = Side("this run", readings, STANDARD)
    return replace(
        card_of("some examples", readings, Literal(), STANDARD),
        baseline=BaselineCheck(
            classifier="literal 0",
            standards="aup 0",
            has_same_examples=True,
            held=3,
            falls=(Fall("Breach F1", 0.9, 0.5, 0.01),),
        ),
        comparison=compare(side, side),
        references=(row_of("this run", examples, own_verdicts(readings)),),
    )


@pytest.fixture(scope="module")
def html(card):
    return render_html(card_page(card, {}))


@pytest.fixture(scope="module")
def seen(html):
    parser = Seen()
    parser.feed(html)
    return parser


def test_the_page_is_whole_and_fetches_nothing(html, seen) -> None:
    assert html.startswith("<!DOCTYPE html>")
    assert html.rstrip().endswith("</html>")
    assert seen.tags["script"] == seen.tags["link"] == seen.tags["img"] == 0
    assert not re.search(r"(?:https?:)?//", re.sub(r"<!DOCTYPE.*?>", "", html))
    assert "width=device-width" in html


def test_every_part_can_be_named_by_a_screen_reader(seen) -> None:
    ids = seen.all("id")

    assert len(ids) == len(set(ids))
    for value in seen.all("aria-labelledby"):
        assert set(value.split()) <= set(ids)
    assert {link.removeprefix("#") for link in seen.all("href")} <= set(ids)
    assert seen.tags["table"] == seen.tags["caption"] == len(seen.all("aria-labelledby", "div"))
    assert set(seen.all("scope", "th")) == {"col", "row"}


def test_every_chart_has_a_title_a_description_and_a_table(html, seen) -> None:
    charts = re.findall(r"<svg.*?</svg>", html, re.DOTALL)

    # The score and the labels that scored where their clause occurs; threat, welfare and abuse.
    assert len(charts) == seen.tags["svg"] == 4 + 3
    for chart in charts:
        assert re.search(r"<title id=.*?>.+?</title>\s*<desc id=.*?>.+?</desc>", chart)
        assert 'role="img"' in chart
        assert "polyline" in chart
        assert "nan" not in chart.lower()
    assert html.count('<div class="beside">') == len(charts)


def test_the_points_of_a_chart_stand_where_their_values_say(card) -> None:
    page = card_page(card, {})
    (whole, *_) = next(each for each in page.sections if each.id == "calibration").parts
    drawn = render_html(replace(page, sections=(), method=()))
    assert "<svg" not in drawn

    points = whole.chart.lines[0].points
    svg = re.search(r"<svg.*?</svg>", render_html(page), re.DOTALL)[0]
    across = [float(x) for x in re.findall(r'<circle [^>]*cx="([\d.]+)"', svg)]
    up = [float(y) for y in re.findall(r'<circle [^>]*cy="([\d.]+)"', svg)]
    left, bottom = 52, 14 + 280
    assert across == pytest.approx([left + 280 * x for x, _ in points], abs=0.06)
    assert up == pytest.approx([bottom - 280 * y for _, y in points], abs=0.06)


def test_the_summary_has_a_sentence_for_every_floor(card, seen) -> None:
    words = " ".join(seen.texts)

    for floor in card.floors:
        assert f"{floor.name}: " in words
    assert "floors are reached." in words
    assert "Not reached" in words


def test_no_example_is_quoted_unless_that_is_asked_for(card, html) -> None:
    assert "alert(1)" not in html
    assert "--show-texts shows them" in html
    assert "alert(1)" not in render_markdown(card_page(card, {}))
    assert "alert(1)" not in figures_json(card)


def test_words_that_are_shown_cannot_act(card) -> None:
    page = card_page(card, {"N-1": NASTY})
    shown, written = render_html(page), render_markdown(page)

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<script" not in shown
    assert r"&lt;script&gt;alert(1)&lt;/script&gt; \| \*you\* \[lot\](x) and more" in written


def test_every_row_of_a_markdown_table_has_its_columns(card) -> None:
    written = render_markdown(card_page(card, {"N-1": NASTY}))
    width = 0
    rows = 0
    for line in written.splitlines():
        if not line.startswith("|"):
            width = 0
            continue
        columns = len(re.findall(r"(?<!\\)\|", line))
        width = width or columns
        rows += 1
        assert columns == width, line
    assert rows > 60
    assert "\n\n\n" not in written


def test_markdown_and_html_say_the_same_sections(html, card) -> None:
    written = render_markdown(card_page(card, {}))
    titles = re.findall(r"^## (.+)$", written, re.MULTILINE)

    assert titles == re.findall(r'<h2 id="[\w-]+">(.+?)</h2>', html)
    assert {"Baseline", "Comparison", "Reference filters", "Worst misses"} <= set(titles)


def test_copies_that_changed_lane_and_dialect_are_shown_where_there_are_any(card) -> None:
    change = LaneSwap("A-1", "religion", "Muslim to Sikh", Lane.CLEAR, Lane.BREACH)
    changed = render_markdown(card_page(_with(card, changes=(change,)), {}))
    plain = render_markdown(card_page(_with(card, dialect=()), {}))

    assert "| A-1 | religion | Muslim to Sikh | clear | breach |" in changed
    assert "Dialect beside all others" in changed
    assert "Copies that changed lane" not in plain
    assert "Dialect beside all others" not in plain


def _with(card, **change):
    return replace(card, fairness=replace(card.fairness, **change))


def test_json_has_every_figure_by_name(card) -> None:
    found = json.loads(figures_json(card))

    assert found["subject"]["count"] == len(EXAMPLES)
    assert found["figures"]["breach"]["recall"]["value"] == pytest.approx(2 / 3, abs=1e-6)
    assert found["figures"]["confusion"]["breach"]["clear"] == 1
    assert found["baseline"]["falls"][0]["name"] == "Breach F1"
    assert found["sweeps"][0]["points"][0]["threshold"] == 0.05


def test_the_same_run_gives_the_same_bytes(card, html) -> None:
    again = card_of("some examples", readings_of(*EXAMPLES), Literal(), STANDARD)

    assert render_html(card_page(card, {})) == html
    assert figures_json(again.figures) == figures_json(card.figures)
    assert figures_json(again.fairness) == figures_json(card.fairness)


def test_a_line_breaks_where_there_is_nothing_to_draw(card) -> None:
    page = card_page(card, {})
    part = next(each for each in page.sections if each.id == "thresholds").parts[0]
    gap = replace(part.chart, lines=(replace(part.chart.lines[0], points=((0, 0), None, (1, 1))),))
    section = replace(page.sections[0], parts=(replace(part, chart=gap),))

    assert render_html(replace(page, sections=(section,))).count("<polyline") == 2
