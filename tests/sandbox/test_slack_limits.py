from __future__ import annotations

import pytest

from monitor.sandbox.slack_limits import complaints_about_blocks, complaints_about_view
from monitor.sandbox.slack_screen import read_blocks


def plain(text="x"):
    return {"type": "plain_text", "text": text}


def option(value="1", text="x", **more):
    return {"text": plain(text), "value": value, **more}


def button(**more):
    return {"type": "button", "action_id": "a", "text": plain(), **more}


def actions(*elements):
    return {"type": "actions", "elements": list(elements)}


def field(element):
    return {"type": "input", "label": plain(), "element": element}


def select(**more):
    return field({"type": "static_select", "action_id": "a", **more})


def section(**more):
    return {"type": "section", **more}


def rich(*parts):
    return {"type": "rich_text", "elements": list(parts)}


def quote(text):
    return {"type": "rich_text_quote", "elements": [{"type": "text", "text": text}]}


GOOD = [
    {"type": "header", "text": plain("x" * 150)},
    section(text={"type": "mrkdwn", "text": "x" * 3000}),
    section(fields=[plain("x" * 2000)] * 10),
    {"type": "context", "elements": [plain()] * 10},
    actions(*[button(action_id=f"a{n}", value="x" * 2000) for n in range(25)]),
    actions(
        button(style="danger", url="x" * 3000), {"type": "static_select", "options": [option()]}
    ),
    {**field({"type": "plain_text_input", "max_length": 3000}), "hint": plain()},
    select(options=[option("x" * 150, "x" * 75, description=plain())] * 100),
    select(option_groups=[{"label": plain(), "options": [option()]}]),
    field({"type": "checkboxes", "options": [option()] * 10}),
    rich(quote("x")),
    {"type": "divider"},
]

BAD = [
    "no object",
    {"type": "poem"},
    {"type": "header", "text": plain("x" * 151)},
    {"type": "header", "text": {"type": "mrkdwn", "text": "x"}},
    section(),
    section(text=plain("")),
    section(text=plain("x" * 3001)),
    section(text="x"),
    section(fields=[plain()] * 11),
    section(fields=[plain("x" * 2001)]),
    section(text=plain(), block_id="x" * 256),
    {"type": "context", "elements": []},
    {"type": "context", "elements": [plain()] * 11},
    actions(),
    actions(*[button(action_id=f"a{n}") for n in range(26)]),
    actions(button(), button()),
    actions("no object"),
    actions({"type": "poem"}),
    actions(button(text=plain("x" * 76))),
    actions(button(value="x" * 2001)),
    actions(button(action_id="x" * 256)),
    actions(button(style="loud")),
    actions(button(accessibility_label="x" * 76)),
    select(),
    select(options=[]),
    select(options=[option()] * 101),
    select(options=[option("")]),
    select(options=[option("x" * 151)]),
    select(options=[option(text="x" * 76)]),
    select(options=[option(description=plain("x" * 76))]),
    select(options=[option()], option_groups=[]),
    select(option_groups=[]),
    select(option_groups=[{"label": plain(""), "options": [option()]}]),
    field({"type": "checkboxes", "options": [option()] * 11}),
    field({"type": "plain_text_input", "max_length": 3001}),
    {**field({"type": "plain_text_input"}), "hint": plain("")},
    {"type": "input", "label": plain()},
    rich(),
    rich({"type": "poem"}),
    rich(quote("")),
]


@pytest.mark.parametrize("block", GOOD)
def test_what_slack_takes_is_taken(block):
    assert complaints_about_blocks([block]) == []


@pytest.mark.parametrize("block", BAD)
def test_what_slack_refuses_is_refused_with_its_place(block):
    found = complaints_about_blocks([block])

    assert found
    assert all("json-pointer:/blocks/0" in each for each in found)


def test_a_message_has_at_most_fifty_blocks_with_different_names():
    assert complaints_about_blocks([{"type": "divider"}] * 50) == []
    assert "no more than 50" in complaints_about_blocks([{"type": "divider"}] * 51)[0]
    twice = complaints_about_blocks([{"type": "divider", "block_id": "b"}] * 2)
    assert "block_id already exists" in twice[0]
    assert complaints_about_blocks("blocks") == ["[ERROR] must be an array [json-pointer:/blocks]"]


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "poem"},
        {"title": plain("x" * 25)},
        {"title": None},
        {"submit": plain("")},
        {"close": plain("x" * 25)},
        {"private_metadata": "x" * 3001},
        {"callback_id": "x" * 256},
        {"blocks": [{"type": "divider"}] * 101},
        {"blocks": None},
        {"blocks": [field({"type": "plain_text_input"})]},
    ],
)
def test_a_view_has_limits_of_its_own(changes):
    good = {"type": "modal", "title": plain(), "blocks": [{"type": "divider"}] * 100}

    assert complaints_about_view(good) == []
    assert complaints_about_view({**good, **changes})


def test_what_is_no_view_is_refused():
    assert complaints_about_view(None)


def test_every_block_can_be_read():
    mrkdwn = {"type": "mrkdwn", "text": "<https://x.example|Read> &lt;!here&gt; &amp;"}
    read = read_blocks(
        [
            {"type": "context", "elements": [mrkdwn, plain("plain <b>")]},
            rich({"type": "rich_text_section", "elements": [{"type": "text", "text": "said"}]}),
            rich(quote("one\ntwo")),
            {"type": "divider"},
        ]
    )

    assert read == [
        "Read (https://x.example) <!here> & | plain <b>",
        "said",
        "> one\n> two",
        "(divider)",
    ]
