from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.sandbox.http import Clock
from monitor.sandbox.pages_slack import SlackScreens
from monitor.sandbox.slack_hands import SlackWorkspace
from monitor.sandbox.slack_link import SlackLink
from monitor.sandbox.slack_state import Postcard

MODERATION, OPERATORS = "C0MODERATION", "C0OPERATORS"
CLAIM: dict[str, Any] = {
    "type": "actions",
    "elements": [
        {"type": "button", "action_id": "claim", "text": {"type": "plain_text", "text": "Claim"}}
    ],
}
VIEW: dict[str, Any] = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Hide WM-12"},
    "submit": {"type": "plain_text", "text": "Hide it"},
    "blocks": [
        {
            "type": "input",
            "block_id": "why",
            "label": {"type": "plain_text", "text": "Why?"},
            "element": {"type": "plain_text_input", "action_id": "typed"},
        },
        CLAIM,
    ],
}


@pytest.fixture
def screens() -> SlackScreens:
    clock = Clock(datetime(2026, 11, 20, 10, 15, tzinfo=UTC))
    return SlackScreens(SlackWorkspace(SlackLink(), clock), patience_s=0.0)


def post(screens: SlackScreens, text: str, *, channel: str = MODERATION, **more: Any) -> Postcard:
    return screens.workspace.post(Postcard(channel, "", "U0WARDMOTE", text, **more))


def unread(screens: SlackScreens, user_id: str) -> dict[str, int]:
    shown = screens.channels(screens.signed_in(user_id))
    return {one.channel.name: one.unread for one in shown if one.unread}


def test_only_channels_that_the_app_is_in_are_shown(screens: SlackScreens) -> None:
    names = [one.channel.name for one in screens.channels(screens.signed_in("U0AMINA"))]

    assert "moderation" in names
    assert "members-only" not in names
    assert "old-project" not in names


def test_the_app_itself_cannot_sign_in(screens: SlackScreens) -> None:
    assert "Wardmote" not in [one.real_name for one in screens.people()]
    assert screens.signed_in("U0WARDMOTE").real_name == "Amina"
    assert screens.signed_in("U0EUN").real_name == "Eun"


def test_an_unknown_channel_opens_the_first(screens: SlackScreens) -> None:
    assert screens.open_channel("C0PRIVATE").name == "moderation"
    assert screens.open_channel(OPERATORS).name == "operators"


def test_what_one_person_read_another_has_still_to_read(screens: SlackScreens) -> None:
    amina, channel = screens.signed_in("U0AMINA"), screens.open_channel(MODERATION)
    post(screens, "one")
    post(screens, "two")
    post(screens, "three", channel=OPERATORS)

    screens.read(amina, channel)
    post(screens, "four")

    assert unread(screens, "U0AMINA") == {"moderation": 1, "operators": 1}
    assert unread(screens, "U0BEDE") == {"moderation": 3, "operators": 1}


def test_an_answer_in_a_thread_stands_below_its_message(screens: SlackScreens) -> None:
    first = post(screens, "first")
    post(screens, "second")
    post(screens, "in the thread", thread_ts=first.ts)

    shown = screens.read(screens.signed_in("U0AMINA"), screens.open_channel(MODERATION))

    assert [(one.card.text, one.in_thread) for one in shown] == [
        ("first", False),
        ("in the thread", True),
        ("second", False),
    ]
    assert [one.new_day for one in shown] == [True, False, False]
    assert shown[0].day == "Friday 20 November"
    assert shown[0].is_app


def test_a_private_word_is_on_one_screen_only(screens: SlackScreens) -> None:
    post(screens, "for everybody")
    post(screens, "for Bede", only_for="U0BEDE")
    post(screens, "for Bede elsewhere", channel=OPERATORS, only_for="U0BEDE")

    def seen(user_id: str) -> list[str]:
        shown = screens.read(screens.signed_in(user_id), screens.open_channel(MODERATION))
        return [one.card.text for one in shown]

    assert seen("U0BEDE") == ["for everybody", "for Bede"]
    assert seen("U0AMINA") == ["for everybody"]


def test_names_stand_for_identifiers(screens: SlackScreens) -> None:
    assert screens.name_of("U0CARYS") == "Carys"
    assert screens.name_of(MODERATION) == "moderation"
    assert screens.name_of("S0NOBODY") == "S0NOBODY"


def test_a_press_goes_to_the_app_as_the_person_who_pressed(screens: SlackScreens) -> None:
    card = post(screens, "WM-12", blocks=(CLAIM,))
    form = {"channel": MODERATION, "ts": card.ts, "pressed": "claim"}

    assert screens.act(screens.signed_in("U0BEDE"), form, act="press") == ""

    (sent,) = screens.workspace.link.sent
    assert sent.payload["user"]["id"] == "U0BEDE"
    assert sent.payload["actions"][0]["action_id"] == "claim"


def test_a_press_on_what_is_gone_is_answered_with_a_sentence(screens: SlackScreens) -> None:
    form = {"channel": MODERATION, "ts": "1.000001", "pressed": "claim"}

    assert "no longer there" in screens.act(screens.signed_in("U0BEDE"), form, act="press")
    assert screens.workspace.link.sent == ()


def test_a_view_is_filled_in_pressed_in_and_closed(screens: SlackScreens) -> None:
    amina = screens.signed_in("U0AMINA")
    view_id = screens.workspace.show(amina.id, VIEW).id

    screens.act(amina, {"view": view_id, "in:why": "Because.", "user": "x"}, act="submit")
    screens.act(amina, {"view": view_id, "pressed": "claim"}, act="press")
    screens.act(amina, {"view": view_id}, act="close")

    submitted, pressed = screens.workspace.link.sent
    assert submitted.payload["view"]["state"]["values"]["why"]["typed"]["value"] == "Because."
    assert pressed.payload["container"]["view_id"] == view_id
    assert screens.workspace.open_views(amina.id) == ()


def test_nobody_fills_in_what_is_on_somebody_elses_screen(screens: SlackScreens) -> None:
    view_id = screens.workspace.show("U0AMINA", VIEW).id

    refused = screens.act(screens.signed_in("U0EUN"), {"view": view_id}, act="submit")

    assert "no longer there" in refused
    assert screens.workspace.link.sent == ()


def test_slacks_own_complaint_is_shown_until_the_next_press(screens: SlackScreens) -> None:
    amina = screens.signed_in("U0AMINA")
    card = post(screens, "WM-12", blocks=(CLAIM,))
    form = {"channel": MODERATION, "ts": card.ts, "pressed": "claim"}
    screens.act(amina, form, act="press")
    assert screens.warning(amina) == ""

    screens.workspace.link.sent[0].answered(None)
    assert "trouble connecting" in screens.warning(amina)
    assert screens.warning(screens.signed_in("U0BEDE")) == ""

    screens.act(amina, form, act="press")
    assert screens.warning(amina) == ""


def test_the_state_changes_with_everything_that_a_person_can_see(screens: SlackScreens) -> None:
    states = [screens.state("U0AMINA")]
    card = post(screens, "one")
    states.append(screens.state("U0AMINA"))
    screens.workspace.change(card)
    states.append(screens.state("U0AMINA"))
    post(screens, "only you", only_for="U0AMINA")
    states.append(screens.state("U0AMINA"))
    screens.workspace.show("U0AMINA", VIEW)
    states.append(screens.state("U0AMINA"))

    assert len(set(states)) == 5
    post(screens, "not you", only_for="U0BEDE")
    assert screens.state("U0AMINA") == states[-1]
