from __future__ import annotations

from typing import Any

import pytest

from monitor.sandbox.pages_render import templates

NASTY = '<img src=x onerror="alert(1)">&lt;b&gt; *not bold* <!channel> :warning:'
ESCAPED = "&lt;img src=x onerror=&#34;alert(1)&#34;&gt;&amp;lt;b&amp;gt; *not bold* &lt;!channel&gt; :warning:"


def drawn(block: dict[str, Any], errors: dict[str, str] | None = None) -> str:
    environment = templates(lambda identifier: {"U1": "Amina"}.get(identifier, identifier))
    template = environment.get_template("blocks.html")
    module: Any = template.make_module()
    return str(module.block(block, "k", errors or {}))


def plain(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, **more}


@pytest.mark.parametrize(
    "block",
    [
        {"type": "header", "text": plain(NASTY)},
        {"type": "section", "text": plain(NASTY)},
        {"type": "section", "fields": [plain(NASTY)]},
        {"type": "context", "elements": [plain(NASTY)]},
        {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": [{"type": "text", "text": NASTY}]}]},
        {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": [{"type": "text", "text": NASTY}]}]},
        {"type": "actions", "elements": [{"type": "button", "action_id": "a", "text": plain(NASTY)}]},
        {"type": "input", "block_id": "b", "label": plain(NASTY), "element": {"type": "plain_text_input", "action_id": "a"}},
        {"type": "input", "block_id": "b", "label": plain("x"), "element": {"type": "plain_text_input", "action_id": "a", "multiline": True, "initial_value": NASTY}},
    ],
)  # fmt: skip
def test_plain_text_is_escaped_whole_and_never_read(block: dict[str, Any]) -> None:
    html = drawn(block)

    assert ESCAPED in html
    assert "<img" not in html


def test_plain_text_shows_emoji_only_where_it_asks_for_them() -> None:
    warning = "\N{WARNING SIGN}\N{VARIATION SELECTOR-16}"

    assert warning in drawn({"type": "header", "text": plain(":warning:", emoji=True)})
    assert warning not in drawn({"type": "header", "text": plain(":warning:", emoji=False)})


def test_every_kind_of_rich_text_is_shown() -> None:
    def part(kind: str, *leaves: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {"type": kind, "elements": list(leaves), **more}

    styles = {"bold": True, "italic": True, "strike": True, "code": True}
    item = part("rich_text_section", {"type": "text", "text": "row"})
    html = drawn(
        part(
            "rich_text",
            part(
                "rich_text_section",
                {"type": "text", "text": "all", "style": styles},
                {"type": "link", "url": "https://a.example", "text": "there"},
                {"type": "link", "url": "https://b.example"},
                {"type": "link", "url": "javascript:alert(1)", "text": "nowhere"},
                {"type": "user", "user_id": "U1"},
                {"type": "usergroup", "usergroup_id": "S1"},
                {"type": "channel", "channel_id": "C1"},
                {"type": "broadcast", "range": "here"},
                {"type": "emoji", "name": "eyes"},
                {"type": "date", "timestamp": 1795169730, "format": "{time}"},
                {"type": "color", "value": "#fff"},
            ),
            part("rich_text_list", item, style="bullet"),
            part("rich_text_list", item, style="ordered"),
        )
    )

    for expected in (
        "<strong><em><s><code>all</code></s></em></strong>",
        '<a href="https://a.example" target="_blank" rel="noopener noreferrer">there</a>',
        ">https://b.example</a>",
        "nowhere",
        "@Amina",
        "@S1",
        "#C1",
        "@here",
        "\N{EYES}",
        "10:15",
        "<ul><li>row</li></ul>",
        "<ol><li>row</li></ol>",
    ):
        assert expected in html
    assert "javascript:" not in html


def test_a_button_says_what_it_asks_before_it_acts() -> None:
    button = {
        "type": "button",
        "action_id": "hide",
        "style": "danger",
        "text": plain("Hide"),
        "accessibility_label": "Hide WM-12",
        "confirm": {"title": plain("Sure"), "text": plain("It is gone."), "confirm": plain("Do it"), "deny": plain("No")},
    }  # fmt: skip

    html = drawn({"type": "actions", "elements": [button]})

    assert 'data-ask="Sure: It is gone." data-ask-yes="Do it" data-ask-no="No"' in html
    assert 'aria-label="Hide WM-12"' in html
    assert 'class="press danger"' in html


def test_a_button_with_an_address_is_a_link_and_one_with_a_script_is_not() -> None:
    safe, unsafe = (
        drawn({"type": "section", "text": plain("x"), "accessory": {"type": "button", "action_id": "a", "text": plain("Go"), "url": url}})
        for url in ("https://a.example/", "javascript:alert(1)")
    )  # fmt: skip

    assert 'href="https://a.example/"' in safe
    assert "javascript" not in unsafe


def test_an_input_shows_its_hint_and_what_to_correct() -> None:
    block = {
        "type": "input",
        "block_id": "why",
        "optional": True,
        "label": plain("Why?"),
        "hint": plain("One sentence."),
        "element": {"type": "plain_text_input", "action_id": "typed", "max_length": 50, "placeholder": plain("Because"), "initial_value": "so"},
    }  # fmt: skip

    html = drawn(block, {"why": "Say more."})

    assert 'aria-describedby="k-why-typed-error k-why-typed-hint" aria-invalid="true"' in html
    assert "Say more." in html
    assert "(optional)" in html
    assert 'name="in:why" value="so" placeholder="Because" maxlength="50"' in html


@pytest.mark.parametrize("kind", ["radio_buttons", "checkboxes"])
def test_choices_begin_as_the_app_set_them(kind: str) -> None:
    options = [{"text": plain("One"), "value": "1"}, {"text": plain("Two"), "value": "2", "description": plain("The other")}]  # fmt: skip
    initial = {"initial_option": options[1]} if kind == "radio_buttons" else {"initial_options": options[1:]}  # fmt: skip
    element = {"type": kind, "action_id": "a", "options": options, **initial}

    html = drawn({"type": "input", "block_id": "b", "label": plain("Pick"), "element": element})

    assert "<legend>Pick</legend>" in html
    assert html.count(" checked") == 1
    assert 'value="2" checked' in html
    assert "<small>The other</small>" in html


def test_a_select_offers_options_and_groups() -> None:
    one, two = {"text": plain("One"), "value": "1"}, {"text": plain("Two"), "value": "2"}
    element = {
        "type": "static_select",
        "action_id": "a",
        "placeholder": plain("Choose one"),
        "option_groups": [{"label": plain("Small"), "options": [one, two]}],
        "initial_option": two,
    }

    html = drawn({"type": "input", "block_id": "b", "label": plain("Pick"), "element": element})
    flat = drawn({"type": "input", "block_id": "b", "label": plain("Pick"), "element": {"type": "static_select", "action_id": "a", "options": [one]}})  # fmt: skip

    assert '<optgroup label="Small"><option value="1">One</option>' in html
    assert '<option value="2" selected>Two</option>' in html
    assert "Choose one" in html
    assert '<option value="1">One</option>' in flat


@pytest.mark.parametrize(
    "block",
    [
        {"type": "video"},
        {"type": "actions", "elements": [{"type": "video"}]},
        {"type": "input", "block_id": "b", "label": plain("x"), "element": {"type": "video"}},
    ],
)
def test_what_this_slack_cannot_show_is_named(block: dict[str, Any]) -> None:
    assert "[video]" in drawn(block)


def test_a_divider_and_a_picture_in_a_context_are_shown() -> None:
    picture = {"type": "image", "image_url": "https://a.example/x.png", "alt_text": "A duck"}

    assert "<hr>" in drawn({"type": "divider"})
    assert "A duck" in drawn({"type": "context", "elements": [picture]})


@pytest.mark.parametrize(
    ("name", "initials"),
    [("Rowan Pike", "RP"), ("Amina", "A"), ("", "?"), ("Jo van der Vale", "JV")],
)
def test_a_face_without_a_picture_has_initials(name: str, initials: str) -> None:
    environment = templates(str)

    assert environment.filters["initials"](name) == initials
