from __future__ import annotations

import json
import socket
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from monitor.sandbox.http import Clock
from monitor.sandbox.slack import SlackServer
from monitor.sandbox.slack_link import SlackLink
from monitor.sandbox.slack_state import NoSuchThing, Postcard

NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
SAMPLES = Path(__file__).parents[3] / "shared" / "specs" / "slack" / "samples"
MODERATION = "C0MODERATION"


def plain(text):
    return {"type": "plain_text", "text": text}


BUTTON = {"type": "button", "action_id": "ask", "value": "1", "text": plain("Ask")}
CARD = ({"type": "divider"}, {"type": "actions", "elements": [BUTTON]})
OPTIONS = [{"text": plain("One"), "value": "1"}, {"text": plain("Two"), "value": "2"}]


def field(name, kind, **parts):
    element = {"type": kind, "action_id": name, **parts}
    return {"type": "input", "block_id": name, "label": plain(name), "element": element}


FORM = {
    "type": "modal",
    "title": plain("A form"),
    "submit": plain("Send"),
    "private_metadata": "kept",
    "blocks": [
        field("line", "plain_text_input"),
        field("choice", "static_select", option_groups=[{"label": plain("g"), "options": OPTIONS}]),
        field("box", "checkboxes", options=OPTIONS[:1]),
        {"type": "actions", "block_id": "in-form", "elements": [BUTTON]},
    ],
}
PAGE = {"type": "modal", "title": plain("A page"), "blocks": [{"type": "divider"}]}

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("socket_enabled")]


@pytest.fixture
def slack():
    with SlackServer(Clock(NOW), deadline_s=0.3) as server:
        yield server


class App:
    """The app's end of one connection."""

    def __init__(self, slack):
        self._opening = connect(slack.link.new_url(), compression=None, proxy=None)

    def hear(self):
        return json.loads(self.line.recv(5))

    def answer(self, envelope, payload=None):
        said = {"envelope_id": envelope["envelope_id"]}
        self.line.send(json.dumps(said if payload is None else {**said, "payload": payload}))

    def __enter__(self):
        self.line = self._opening.__enter__()
        self.hello = json.loads(self.line.recv(5))
        return self

    def __exit__(self, *why):
        self._opening.__exit__(*why)


@pytest.fixture
def app(slack):
    with App(slack) as app:
        yield app


def post_card(slack):
    return slack.workspace.post(Postcard(MODERATION, "", slack.workspace.bot_user, "x", CARD)).ts


def test_a_connection_is_greeted(app):
    assert app.hello["type"] == "hello"
    assert app.hello["connection_info"] == {"app_id": "A0WARDMOTE"}


def test_a_ticket_is_good_for_one_connection(slack):
    url = slack.link.new_url()
    with connect(url, compression=None, proxy=None), pytest.raises(InvalidStatus):
        connect(url, compression=None, proxy=None)


def test_a_link_that_is_not_running_gives_no_ticket():
    with pytest.raises(RuntimeError, match=r"call start\(\) first"):
        SlackLink().new_url()


def test_an_envelope_goes_to_one_connection_and_its_answer_comes_back(slack, app):
    answers = []
    with App(slack) as other:
        for number in range(4):
            slack.link.send("interactive", {"n": number}, answers.append)
        heard = {}
        for each in (app, other):
            for _ in range(2):
                envelope = each.hear()
                each.answer(envelope, {"heard": envelope["payload"]["n"]})
                heard.setdefault(id(each), []).append(envelope["payload"]["n"])
        assert slack.workspace.wait_until(lambda: len(answers) == 4)

    assert sorted(each["heard"] for each in answers) == [0, 1, 2, 3]
    assert sorted(n for each in heard.values() for n in each) == [0, 1, 2, 3]


def test_what_is_not_acknowledged_in_time_comes_again_and_is_then_given_up(slack, app):
    answers = []
    slack.link.send("interactive", {}, answers.append)

    first, second = app.hear(), app.hear()

    assert first["envelope_id"] == second["envelope_id"]
    assert (second["retry_attempt"], second["retry_reason"]) == (1, "timeout")
    assert slack.workspace.wait_until(lambda: answers == [None])
    app.answer(second)
    assert answers == [None]


def test_what_is_sent_while_nobody_is_connected_waits_for_the_deadline(slack):
    answers = []

    slack.link.send("interactive", {}, answers.append)

    assert slack.workspace.wait_until(lambda: answers == [None])


def test_what_is_sent_while_nobody_is_connected_reaches_who_comes_in_time(slack):
    slack.link.send("interactive", {"late": True}, lambda _: None)

    with App(slack) as app:
        assert app.hear()["payload"] == {"late": True}


def test_noise_on_the_line_is_ignored(slack, app):
    answers = []
    slack.link.send("interactive", {}, answers.append)
    envelope = app.hear()

    for noise in ("no json", "[]", "{}", '{"envelope_id": "unknown"}'):
        app.line.send(noise)
    app.answer(envelope)

    assert slack.workspace.wait_until(lambda: answers == [{}])


def test_an_answered_envelope_can_come_again(slack, app):
    answers = []
    envelope = slack.link.send("interactive", {}, answers.append)
    app.answer(app.hear())
    assert slack.workspace.wait_until(lambda: answers == [{}])

    slack.link.deliver_again(envelope)
    app.answer(app.hear())

    assert answers == [{}]


def test_connections_are_told_to_go_closed_and_dropped(slack, app):
    slack.link.disconnect("warning")
    assert app.hear()["reason"] == "warning"

    slack.link.close_connections()
    with pytest.raises(ConnectionClosed) as closed:
        app.hear()
    assert closed.value.rcvd.code == 1000

    with App(slack) as other:
        slack.link.drop_connections()
        with pytest.raises(ConnectionClosed) as cut:
            other.hear()
        assert cut.value.rcvd is None
    assert slack.workspace.wait_until(lambda: slack.link.connected == ())
    assert slack.link.opened == 2


def test_waiting_for_connections_that_do_not_come_ends(slack):
    assert not slack.link.wait_for_connections(timeout_s=0.05)
    assert not slack.link.wait_for_opened(1, timeout_s=0.05)


def test_a_press_looks_like_the_platforms(slack, app):
    ts = post_card(slack)

    slack.workspace.press("U0AMINA", MODERATION, ts, "ask")

    payload = app.hear()["payload"]
    assert payload["user"]["id"] == "U0AMINA"
    assert payload["container"]["message_ts"] == ts
    assert payload["actions"][0]["value"] == "1"
    sample = SAMPLES / "BlockActionPayload.json"
    if sample.is_file():
        assert set(payload) <= set(json.loads(sample.read_text())) | {"actions", "response_url"}


def test_a_press_on_an_ephemeral_says_so(slack, app):
    seen = slack.workspace.post(
        Postcard(MODERATION, "", "U0WARDMOTE", "x", CARD, only_for="U0AMINA")
    )

    slack.workspace.press("U0AMINA", MODERATION, seen.ts, "ask")

    assert app.hear()["payload"]["container"]["is_ephemeral"]


def test_who_presses_and_is_not_answered_is_warned(slack):
    slack.workspace.press("U0AMINA", MODERATION, post_card(slack), "ask")

    assert slack.workspace.wait_until(
        lambda: (
            slack.workspace.warnings == (("U0AMINA", "We had some trouble connecting. Try again?"),)
        )
    )


@pytest.mark.parametrize(
    ("user", "stamp", "action"),
    [("U0X", "{ts}", "ask"), ("U0AMINA", "1.0", "ask"), ("U0AMINA", "{ts}", "sing")],
)
def test_nobody_can_press_what_is_not_there(slack, user, stamp, action):
    ts = stamp.format(ts=post_card(slack))

    with pytest.raises(NoSuchThing):
        slack.workspace.press(user, MODERATION, ts, action)


def submitted(slack, app, answer, view=FORM, values=None):
    screen = slack.workspace.show("U0AMINA", view)
    slack.workspace.submit_view("U0AMINA", screen.id, values or {})
    envelope = app.hear()
    app.answer(envelope, answer)
    return screen, envelope["payload"]


def test_a_submission_looks_like_the_platforms(slack, app):
    values = {"line": "typed", "choice": "2", "box": "1"}

    _, payload = submitted(slack, app, None, values=values)

    state = payload["view"]["state"]["values"]
    assert state["line"]["line"] == {"type": "plain_text_input", "value": "typed"}
    assert state["choice"]["choice"]["selected_option"]["value"] == "2"
    assert [each["value"] for each in state["box"]["box"]["selected_options"]] == ["1"]
    assert payload["view"]["private_metadata"] == "kept"
    sample = SAMPLES / "ViewSubmissionPayload.json"
    if sample.is_file():
        assert set(payload["view"]) <= set(json.loads(sample.read_text())["view"]) | {"blocks"}


def test_an_empty_answer_closes_the_form(slack, app):
    screen, payload = submitted(slack, app, None)

    assert payload["view"]["state"]["values"]["line"]["line"]["value"] is None
    assert slack.workspace.wait_until(lambda: slack.workspace.open_views("U0AMINA") == ())
    with pytest.raises(NoSuchThing):
        slack.workspace.view(screen.id)


def test_errors_keep_the_form_open(slack, app):
    screen, _ = submitted(
        slack, app, {"response_action": "errors", "errors": {"line": "Say more."}}
    )

    assert slack.workspace.wait_until(
        lambda: slack.workspace.view(screen.id).errors == {"line": "Say more."}
    )


def test_an_update_replaces_the_form(slack, app):
    screen, _ = submitted(slack, app, {"response_action": "update", "view": PAGE})

    assert slack.workspace.wait_until(lambda: slack.workspace.view(screen.id).view == PAGE)


def test_a_push_stands_on_the_form_and_clear_closes_both(slack, app):
    screen, _ = submitted(slack, app, {"response_action": "push", "view": FORM})
    assert slack.workspace.wait_until(lambda: len(slack.workspace.open_views("U0AMINA")) == 2)

    slack.workspace.submit_view("U0AMINA", screen.id, {})
    app.answer(app.hear(), {"response_action": "clear"})

    assert slack.workspace.wait_until(lambda: slack.workspace.open_views("U0AMINA") == ())


def test_a_view_that_slack_would_not_take_is_trouble(slack, app):
    screen, _ = submitted(slack, app, {"response_action": "update", "view": {"type": "poem"}})

    assert slack.workspace.wait_until(lambda: bool(slack.workspace.view(screen.id).trouble))


def test_a_form_that_nobody_answers_says_so_and_can_be_sent_again(slack):
    screen = slack.workspace.show("U0AMINA", FORM)

    slack.workspace.submit_view("U0AMINA", screen.id, {})

    assert slack.workspace.wait_until(lambda: bool(slack.workspace.view(screen.id).trouble))


def test_an_answer_to_a_form_that_was_closed_meanwhile_is_ignored(slack, app):
    screen = slack.workspace.show("U0AMINA", FORM)
    envelope = slack.workspace.submit_view("U0AMINA", screen.id, {})
    slack.workspace.dismiss("U0AMINA", screen.id)

    app.answer(app.hear())

    assert slack.workspace.wait_until(lambda: envelope.acknowledged_after_s is not None)
    assert slack.workspace.open_views("U0AMINA") == ()


def test_a_button_in_a_view_is_pressed_there(slack, app):
    screen = slack.workspace.show("U0AMINA", FORM)

    slack.workspace.press_in_view("U0AMINA", screen.id, "ask")

    payload = app.hear()["payload"]
    assert payload["container"] == {"type": "view", "view_id": screen.id}
    assert payload["actions"][0]["block_id"] == "in-form"


@pytest.mark.parametrize(
    ("user", "values"),
    [("U0BEDE", {}), ("U0AMINA", {"song": "x"}), ("U0AMINA", {"choice": "9"})],
)
def test_nobody_can_fill_in_what_is_not_there(slack, user, values):
    screen = slack.workspace.show("U0AMINA", FORM)

    with pytest.raises(NoSuchThing):
        slack.workspace.submit_view(user, screen.id, values)


def test_stopping_leaves_no_thread_and_no_port(slack):
    before = set(threading.enumerate())
    server = SlackServer(Clock(NOW)).start()
    port = int(server.api_url.split(":")[2].split("/")[0])
    with connect(server.link.new_url(), compression=None, proxy=None) as line:
        line.recv(5)

        server.stop()
        server.stop()

        with pytest.raises(ConnectionClosed):
            line.recv(5)
    assert [each for each in set(threading.enumerate()) - before if "slack" in each.name] == []
    with socket.create_server(("127.0.0.1", port)):
        pass
