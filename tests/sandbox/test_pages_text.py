from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.sandbox.pages_text import as_html, emoji, safe_link, slack_date

NAMES = {"U1": "Amina", "C1": "moderation", "S1": "moderators"}


def html(text: str) -> str:
    return str(as_html(text, name_of=lambda identifier: NAMES.get(identifier, identifier)))


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("plain", "plain"),
        ("*bold* _slanted_ ~gone~", "<strong>bold</strong> <em>slanted</em> <s>gone</s>"),
        ("*bold and _slanted_*", "<strong>bold and <em>slanted</em></strong>"),
        ("`a *b* &lt;`", "<code>a *b* &lt;</code>"),
        ("one\ntwo", "one<br>two"),
        ("&gt; said\n&gt; twice\nafter", "<blockquote>said<br>twice</blockquote>after"),
        ("before\n> said", "before<blockquote>said</blockquote>"),
        ("```\n<b> &amp;amp;\n```", "<pre>&lt;b&gt; &amp;amp;</pre>"),
        ("```code``` after", "<pre>code</pre> after"),
        ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
        (":warning: :no-such-thing:", "\N{WARNING SIGN}\N{VARIATION SELECTOR-16} :no-such-thing:"),
        (
            "<@U1> in <#C1>",
            '<span class="mention">@Amina</span> in <span class="mention">#moderation</span>',
        ),
        ("<#C1|other>", '<span class="mention">#other</span>'),
        ("<!subteam^S1>", '<span class="mention">@moderators</span>'),
        ("<!here>", '<span class="mention">@here</span>'),
        ("<!date^1795169730^{date_short} at {time}|later>", "20 Nov 2026 at 10:15"),
        ("", ""),
    ],
)
def test_slacks_own_marks_are_shown_as_slack_shows_them(sent: str, shown: str) -> None:
    assert shown == html(sent)


@pytest.mark.parametrize(
    ("sent", "address", "label"),
    [
        (
            "<https://a.example/x?a=1&amp;b=2|Read *on*>",
            "https://a.example/x?a=1&amp;b=2",
            "Read *on*",
        ),
        ("<mailto:a@b.example>", "mailto:a@b.example", "mailto:a@b.example"),
        ("https://a.example/b", "https://a.example/b", "https://a.example/b"),
    ],
)
def test_a_link_opens_elsewhere_and_tells_nothing(sent: str, address: str, label: str) -> None:
    expected = f'<a href="{address}" target="_blank" rel="noopener noreferrer">{label}</a>'

    assert expected == html(sent)


def test_a_full_stop_after_an_address_is_no_part_of_it() -> None:
    assert html("See https://a.example/b.").endswith("</a>.")


@pytest.mark.parametrize(
    "sent", ["<javascript:alert(1)|press>", "<data:text/html,x|press>", "<ftp://a.example|press>"]
)
def test_an_address_that_could_run_something_is_plain_text(sent: str) -> None:
    assert html(sent) == sent.replace("<", "&lt;").replace(">", "&gt;")


def test_markup_of_others_is_escaped_wherever_it_stands() -> None:
    sent = '<b onclick="x">*<i>*`<u>`&lt;script&gt;"\'&amp;lt;'

    shown = html(sent)

    assert shown.startswith("&lt;b onclick=")
    assert "<b" not in shown
    assert "<i>" not in shown
    assert "<u>" not in shown
    assert "<script" not in shown
    assert "&amp;lt;" in shown


@given(st.text(alphabet=st.sampled_from("<>&;\"'*_~`:|/!@#^ab1 \nhtps")))
def test_no_text_makes_a_tag_that_is_not_slacks(text: str) -> None:
    shown = html(text)
    for tag in ("strong", "em", "s", "code", "pre", "blockquote"):
        shown = shown.replace(f"<{tag}>", "").replace(f"</{tag}>", "")
    shown = shown.replace("<br>", "").replace('<span class="mention">', "").replace("</span>", "")
    while '<a href="' in shown:
        before, _, rest = shown.partition('<a href="')
        address, _, rest = rest.partition('" target="_blank" rel="noopener noreferrer">')
        assert safe_link(address) is not None
        shown = before + rest.replace("</a>", "", 1)

    assert "<" not in shown
    assert '"' not in shown


def test_only_addresses_that_a_person_can_visit_are_links() -> None:
    assert safe_link("https://a.example") == "https://a.example"
    assert safe_link("http://a.example/\nSet-Cookie: x") is None
    assert safe_link(" javascript:alert(1)") is None
    assert safe_link(None) is None


def test_summer_time_is_the_towns() -> None:
    assert slack_date(1783332000, "{date_num} {time}") == "2026-07-06 11:00"


def test_an_emoji_without_a_picture_keeps_its_name() -> None:
    assert emoji("red_circle") == "\N{LARGE RED CIRCLE}"
    assert emoji("wexcombe") == ":wexcombe:"
