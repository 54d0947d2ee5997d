from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from connectors.contract import Secret
from monitor.alerting.contract import CaseCard, Offer
from monitor.alerting.slack import SlackTarget
from monitor.desk.scripted import example_floor
from monitor.desk.slack_line import _proxy_for
from monitor.desk.slack_socket import DeskPace, SlackDesk
from monitor.domain.case import CaseId, CaseState
from monitor.sandbox.faults import json_answer
from monitor.sandbox.http import Clock
from monitor.sandbox.slack import SlackServer

NOW = datetime(2026, 11, 21, 10, 16, tzinfo=UTC)
MODERATION = "C0MODERATION"
QUICK = DeskPace(answer_within_s=1.0, unconnected_s=0.3, look_every_s=0.05, ping_every_s=0.1)

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("socket_enabled")]


class Notes:
    """A log that keeps what it was told."""

    def __init__(self):
        self.lines = []

    def _keep(self, event, **facts):
        self.lines.append((event, facts))

    debug = info = warning = error = _keep

    def named(self, event):
        return [facts for name, facts in self.lines if name == event]


@pytest.fixture
def slack():
    with SlackServer(Clock(NOW), deadline_s=1.0) as server:
        yield server


@pytest.fixture
def floor():
    return example_floor(lambda: NOW)


@pytest.fixture
def notes():
    return Notes()


@pytest.fixture
def desk(slack, floor, notes):
    desk = open_desk(slack, floor, notes)
    desk.start()
    assert slack.link.wait_for_connections()
    yield desk
    desk.stop()


def open_desk(slack, floor, notes, pace=QUICK):
    return SlackDesk(
        floor,
        app_token=Secret(slack.app_token),
        bot_token=Secret(slack.bot_token),
        log=notes,
        base_url=slack.api_url,
        pace=pace,
    )


def post_card(slack, floor, case_id, offers=tuple(Offer)):
    case = floor.case(CaseId(case_id)).case
    card = CaseCard(
        key=f"alert:case:{case_id}",
        case_id=case_id,
        reference=case.reference,
        version=case.version,
        severity="S3",
        lane="breach",
        clauses=("RS-06 Abuse of staff or councillors",),
        band="severe",
        channel_name="Parks and Libraries",
        service="parks",
        snippet="you ***",
        post_excerpt="Library hours",
        posted_at=NOW,
        seen_at=NOW,
        drawn_at=NOW,
        status="In the queue.",
        timeline=(),
        offers=offers,
    )
    target = SlackTarget(Secret(slack.bot_token), clock=lambda: NOW, base_url=slack.api_url)
    return target.post(MODERATION, card).reference.partition("/")[2]


def acknowledged(slack, envelope):
    return slack.workspace.wait_until(lambda: envelope.acknowledged_after_s is not None)


def title_of(screen):
    return screen.view["title"]["text"]


def form_for(slack, user):
    """Wait until a form (not the waiting page) stands on somebody's screen."""

    def open_forms():
        return [view for view in slack.workspace.open_views(user) if view.view.get("submit")]

    assert slack.workspace.wait_until(lambda: bool(open_forms()))
    return open_forms()[-1]


def page_for(slack, user, title):
    def pages():
        return [v for v in slack.workspace.open_views(user) if title_of(v) == title]

    assert slack.workspace.wait_until(lambda: bool(pages())), [
        title_of(view) for view in slack.workspace.open_views(user)
    ]
    return str(pages()[-1].view["blocks"])


def whisper_to(slack, user):
    assert slack.workspace.wait_until(lambda: bool(slack.workspace.ephemerals(user)))
    return slack.workspace.ephemerals(user)[-1].text


def test_a_claim_is_acknowledged_and_done(slack, floor, desk, notes):
    ts = post_card(slack, floor, 412)

    envelope = slack.workspace.press("U0AMINA", MODERATION, ts, "claim")

    assert slack.workspace.wait_until(
        lambda: floor.case(CaseId(412)).case.state is CaseState.CLAIMED
    )
    assert acknowledged(slack, envelope)
    assert slack.workspace.wait_until(lambda: floor.nudged == 1)
    assert slack.workspace.wait_until(lambda: bool(notes.named("desk.press")))
    assert notes.named("desk.press") == [{"by": "amina", "kind": "claim", "case": 412}]
    assert slack.workspace.ephemerals("U0AMINA") == ()


def test_releasing_and_taking_back_need_no_form(slack, floor, desk):
    held, escalated = post_card(slack, floor, 413), post_card(slack, floor, 414)

    slack.workspace.press("U0AMINA", MODERATION, held, "release")
    slack.workspace.press("U0BEDE", MODERATION, escalated, "take_back")

    assert slack.workspace.wait_until(lambda: floor.nudged == 2)
    assert floor.case(CaseId(413)).case.state is CaseState.OPEN
    assert floor.case(CaseId(414)).case.holder == "bede"


@pytest.mark.parametrize(
    ("case_id", "action", "values"),
    [
        (413, "hide", {"clause": "abuse", "note": "Insults a named officer"}),
        (413, "keep", {"clause": "abuse"}),
        (413, "escalate", {"clause": "threat", "note": "Names a place", "route": "police"}),
        (413, "by_hand", {"clause": "abuse", "note": "Hidden there", "by_hand": "yes"}),
        (415, "review", {"note": "The resident asked"}),
    ],
)
def test_every_form_opens_and_does_what_it_says(slack, floor, desk, case_id, action, values):
    ts = post_card(slack, floor, case_id)

    slack.workspace.press("U0AMINA", MODERATION, ts, action)
    form = form_for(slack, "U0AMINA")
    slack.workspace.submit_view("U0AMINA", form.id, values)

    assert slack.workspace.wait_until(lambda: slack.workspace.open_views("U0AMINA") == ())
    assert floor.nudged == 1
    expected = {
        "hide": CaseState.DECIDED,
        "keep": CaseState.CLOSED,
        "escalate": CaseState.ESCALATED,
        "by_hand": CaseState.CLOSED,
        "review": CaseState.CLAIMED,
    }
    assert expected[action] is floor.case(CaseId(case_id)).case.state


def test_restoring_goes_through_review_and_a_form(slack, floor, desk):
    floor.review(CaseId(415), by=floor.person("U0AMINA"), reason="asked")
    ts = post_card(slack, floor, 415)

    slack.workspace.press("U0AMINA", MODERATION, ts, "restore")
    form = form_for(slack, "U0AMINA")
    slack.workspace.submit_view("U0AMINA", form.id, {"clause": "abuse", "note": "It is satire"})

    assert slack.workspace.wait_until(
        lambda: floor.case(CaseId(415)).case.state is CaseState.DECIDED
    )


def test_the_press_that_is_recorded_names_team_person_and_form(slack, floor, desk):
    ts = post_card(slack, floor, 413)
    slack.workspace.press("U0AMINA", MODERATION, ts, "keep")
    form = form_for(slack, "U0AMINA")

    slack.workspace.submit_view("U0AMINA", form.id, {"clause": "abuse"})

    assert slack.workspace.wait_until(lambda: bool(floor.decided))
    assert [f"slack:T0WEXCOMBE:U0AMINA:{form.id}"] == list(floor.decided)


def test_the_full_text_opens_for_who_may_and_is_on_the_record(slack, floor, desk):
    ts = post_card(slack, floor, 412)

    slack.workspace.press("U0AMINA", MODERATION, ts, "reveal")

    assert "The text <!channel> in full." in page_for(slack, "U0AMINA", "Text of WM-412")
    assert floor.revealed == [(412, "amina")]


def test_a_form_with_gaps_stays_open_and_says_which(slack, floor, desk):
    ts = post_card(slack, floor, 413)
    slack.workspace.press("U0AMINA", MODERATION, ts, "hide")
    form = form_for(slack, "U0AMINA")

    slack.workspace.submit_view("U0AMINA", form.id, {})

    assert slack.workspace.wait_until(lambda: bool(slack.workspace.view(form.id).errors))
    assert set(slack.workspace.view(form.id).errors) == {"clause", "note"}
    assert floor.decided == {}


def test_a_form_that_was_mended_decides(slack, floor, desk):
    ts = post_card(slack, floor, 413)
    slack.workspace.press("U0AMINA", MODERATION, ts, "hide")
    form = form_for(slack, "U0AMINA")
    slack.workspace.submit_view("U0AMINA", form.id, {})
    assert slack.workspace.wait_until(lambda: bool(slack.workspace.view(form.id).errors))

    slack.workspace.submit_view("U0AMINA", form.id, {"clause": "abuse", "note": "Insults"})

    assert slack.workspace.wait_until(lambda: slack.workspace.open_views("U0AMINA") == ())
    assert len(floor.decided) == 1


def test_the_second_of_two_open_forms_is_told_who_decided(slack, floor, desk):
    ts = post_card(slack, floor, 413)
    filled = {"clause": "abuse", "note": "Insults"}
    slack.workspace.press("U0AMINA", MODERATION, ts, "hide")
    slack.workspace.press("U0BEDE", MODERATION, ts, "hide")
    first, second = form_for(slack, "U0AMINA"), form_for(slack, "U0BEDE")
    slack.workspace.submit_view("U0AMINA", first.id, filled)
    assert slack.workspace.wait_until(lambda: bool(floor.decided))

    slack.workspace.submit_view("U0BEDE", second.id, filled)

    assert "Amina decided to hide it at 10:16." in page_for(slack, "U0BEDE", "Not done")
    assert len(floor.decided) == 1


def test_a_press_on_an_outdated_card_says_where_the_case_stands(slack, floor, desk):
    ts = post_card(slack, floor, 412)
    stale = slack.workspace.message(MODERATION, ts)
    floor.claim(CaseId(412), by=floor.person("U0BEDE"))

    slack.workspace.press("U0AMINA", MODERATION, ts, "hide", drawn=stale)

    assert "Claimed by Bede at 10:16." in page_for(slack, "U0AMINA", "Not done")


def test_a_press_that_was_delivered_twice_is_one_press(slack, floor, desk):
    ts = post_card(slack, floor, 412)
    envelope = slack.workspace.press("U0AMINA", MODERATION, ts, "claim")
    assert slack.workspace.wait_until(lambda: floor.nudged == 1)

    slack.link.deliver_again(envelope)
    slack.workspace.press("U0BEDE", MODERATION, ts, "claim")

    assert "claimed by amina" in whisper_to(slack, "U0BEDE")
    assert floor.nudged == 1
    assert slack.workspace.ephemerals("U0AMINA") == ()


def test_a_submission_that_was_delivered_twice_is_one_decision(slack, floor, desk, notes):
    ts = post_card(slack, floor, 413)
    slack.workspace.press("U0AMINA", MODERATION, ts, "hide")
    form = form_for(slack, "U0AMINA")
    envelope = slack.workspace.submit_view(
        "U0AMINA", form.id, {"clause": "abuse", "note": "Insults"}
    )
    assert slack.workspace.wait_until(lambda: slack.workspace.open_views("U0AMINA") == ())

    slack.link.deliver_again(envelope)
    slack.workspace.press("U0GUEST", MODERATION, ts, "claim")
    whisper_to(slack, "U0GUEST")

    assert len(floor.decided) == 1
    assert floor.nudged == 1


def test_somebody_who_is_not_linked_is_told_privately_whom_to_ask(slack, floor, desk, notes):
    ts = post_card(slack, floor, 412)

    slack.workspace.press("U0GUEST", MODERATION, ts, "claim")

    assert "Ask an administrator to link your Slack account" in whisper_to(slack, "U0GUEST")
    assert notes.named("desk.stranger") == [{"by": "U0GUEST", "kind": "claim", "case": 412}]
    assert floor.case(CaseId(412)).case.state is CaseState.OPEN


def test_a_stranger_who_presses_for_a_form_is_told_on_its_page(slack, floor, desk):
    ts = post_card(slack, floor, 413)

    slack.workspace.press("U0GUEST", MODERATION, ts, "hide")

    assert "does not know you yet" in page_for(slack, "U0GUEST", "Not done")


@pytest.mark.parametrize(("user", "why"), [("U0EUN", "role (viewer)"), ("U0DOV", "belongs to")])
def test_who_may_not_is_told_why(slack, floor, desk, notes, user, why):
    ts = post_card(slack, floor, 412)

    slack.workspace.press(user, MODERATION, ts, "claim")

    assert why in whisper_to(slack, user)
    assert floor.case(CaseId(412)).case.state is CaseState.OPEN
    assert [facts["kind"] for facts in notes.named("desk.refused")] == ["claim"]


def test_a_press_that_arrives_too_late_for_a_form_says_so(slack, floor, desk):
    ts = post_card(slack, floor, 413)
    slack.faults.add(
        json_answer(200, {"ok": False, "error": "expired_trigger_id"}), path="/api/views.open"
    )

    slack.workspace.press("U0AMINA", MODERATION, ts, "hide")

    assert "took too long" in whisper_to(slack, "U0AMINA")
    assert slack.workspace.open_views("U0AMINA") == ()


def test_a_refusal_reaches_who_has_closed_the_page_meanwhile(slack, floor, desk):
    ts = post_card(slack, floor, 413)
    slack.faults.add(
        json_answer(200, {"ok": False, "error": "not_found"}), path="/api/views.update"
    )

    slack.workspace.press("U0EUN", MODERATION, ts, "hide")

    assert "may not hide comments" in whisper_to(slack, "U0EUN")


def test_a_lost_database_is_told_and_logged_without_words(slack, floor, desk, notes):
    ts = post_card(slack, floor, 412)
    floor.trouble = RuntimeError("the text of a comment")

    slack.workspace.press("U0AMINA", MODERATION, ts, "claim")

    assert "could not do that just now" in whisper_to(slack, "U0AMINA")
    assert notes.named("desk.refused") == [{"error": "RuntimeError"}]


def test_a_slow_decision_is_acknowledged_in_time_and_shown_when_it_is_done(slack, floor, notes):
    desk = open_desk(slack, floor, notes, DeskPace(answer_within_s=0.05, look_every_s=0.05))
    desk.start()
    assert slack.link.wait_for_connections()
    ts = post_card(slack, floor, 413)
    slack.workspace.press("U0AMINA", MODERATION, ts, "hide")
    form = form_for(slack, "U0AMINA")
    floor.gate.clear()

    envelope = slack.workspace.submit_view(
        "U0AMINA", form.id, {"clause": "abuse", "note": "Insults"}
    )
    page_for(slack, "U0AMINA", "Wardmote")
    floor.gate.set()

    assert "It is done" in page_for(slack, "U0AMINA", "Done")
    assert envelope.attempt == 0
    desk.stop()


def test_a_slow_refusal_is_shown_when_it_is_known(slack, floor, notes):
    desk = open_desk(slack, floor, notes, DeskPace(answer_within_s=0.05, look_every_s=0.05))
    desk.start()
    assert slack.link.wait_for_connections()
    ts = post_card(slack, floor, 413)
    slack.workspace.press("U0BEDE", MODERATION, ts, "hide")
    form = form_for(slack, "U0BEDE")
    floor.gate.clear()

    slack.workspace.submit_view("U0BEDE", form.id, {"clause": "abuse", "note": "Insults"})
    page_for(slack, "U0BEDE", "Wardmote")
    floor.gate.set()

    assert "was claimed by amina" in page_for(slack, "U0BEDE", "Not done")
    desk.stop()


def test_what_is_not_ours_is_acknowledged_and_left_alone(slack, floor, desk):
    answers = []
    sent = [
        slack.link.send("events_api", {"type": "event_callback"}, answers.append),
        slack.link.send("slash_commands", {"command": "/x"}, answers.append),
        slack.link.send("interactive", {"type": "view_submission", "view": {}}, answers.append),
        slack.link.send("interactive", {"type": "block_actions"}, answers.append),
        slack.link.send("interactive", {"type": "shortcut"}, answers.append),
    ]

    assert all(acknowledged(slack, envelope) for envelope in sent)
    assert answers == [{}] * 5


def test_told_to_come_back_on_a_new_line_the_desk_does(slack, floor, desk):
    opened = slack.link.opened

    slack.link.disconnect("refresh_requested")

    assert slack.link.wait_for_opened(opened + 1)
    ts = post_card(slack, floor, 412)
    slack.workspace.press("U0AMINA", MODERATION, ts, "claim")
    assert slack.workspace.wait_until(lambda: floor.nudged == 1)


@pytest.mark.parametrize("how", ["close_connections", "drop_connections"])
def test_a_broken_line_is_mended_and_no_press_is_lost(slack, floor, desk, how):
    opened = slack.link.opened
    ts = post_card(slack, floor, 412)

    getattr(slack.link, how)()
    slack.workspace.press("U0AMINA", MODERATION, ts, "claim")

    assert slack.link.wait_for_opened(opened + 1)
    assert slack.workspace.wait_until(lambda: floor.nudged == 1)


def test_a_desk_keeps_trying_while_slack_rejects_its_token_and_says_so_once(slack, floor, notes):
    slack.reject_token(slack.app_token, "invalid_auth")
    desk = open_desk(slack, floor, notes)
    desk.start()
    assert slack.workspace.wait_until(lambda: len(slack.calls("apps.connections.open")) >= 2)
    assert not desk.is_connected

    slack.restore_tokens()

    assert slack.link.wait_for_connections()
    assert slack.workspace.wait_until(lambda: bool(notes.named("desk.connected")))
    desk.stop()
    assert notes.named("desk.disconnected") == [{"error": "SlackApiError"}]


def test_a_line_that_stays_down_is_built_anew(slack, floor, notes):
    # The SDK swallows a failed connection and would look again at its next ping only.
    pace = DeskPace(unconnected_s=0.1, look_every_s=0.05, ping_every_s=60)
    nowhere = {"ok": True, "url": "ws://127.0.0.1:9/link/?ticket=none"}
    slack.faults.add(json_answer(200, nowhere), path="/api/apps.connections.open", times=2)
    desk = open_desk(slack, floor, notes, pace)

    desk.start()

    assert slack.link.wait_for_connections()
    assert slack.workspace.wait_until(lambda: bool(notes.named("desk.connected")))
    desk.stop()
    assert [name for name, _ in notes.lines] == ["desk.disconnected", "desk.connected"]


def test_a_second_desk_shares_the_work_and_nothing_is_done_twice(slack, floor, desk, notes):
    second = open_desk(slack, floor, notes)
    second.start()
    assert slack.link.wait_for_connections(2)
    cards = [post_card(slack, floor, 412) for _ in range(2)]

    for user, ts in [("U0AMINA", cards[0]), ("U0BEDE", cards[1])]:
        slack.workspace.press(user, MODERATION, ts, "claim")

    assert slack.workspace.wait_until(lambda: floor.nudged == 1)
    assert slack.workspace.wait_until(
        lambda: bool(slack.workspace.ephemerals("U0AMINA") + slack.workspace.ephemerals("U0BEDE"))
    )
    second.stop()
    assert Counter(len(envelope.handed_to) for envelope in slack.link.sent) == {1: 2}


def test_stopping_ends_every_thread_and_may_be_done_twice(slack, floor, notes):
    before = set(threading.enumerate())
    desk = open_desk(slack, floor, notes)
    desk.start()
    assert slack.link.wait_for_connections()

    desk.stop()
    desk.stop()

    ours = [each.name for each in set(threading.enumerate()) - before if "slack-" in each.name]
    assert ours == []
    assert not desk.is_connected


def test_no_name_token_or_word_reaches_the_log(slack, floor, desk, notes, caplog):
    ts = post_card(slack, floor, 413)
    slack.workspace.press("U0AMINA", MODERATION, ts, "reveal")
    page_for(slack, "U0AMINA", "Text of WM-413")
    slack.workspace.press("U0EUN", MODERATION, ts, "claim")
    whisper_to(slack, "U0EUN")

    logged = str(notes.lines) + caplog.text

    for secret in ("The text", "Amina", "Eun", slack.bot_token, slack.app_token, "***"):
        assert secret not in logged


def test_a_private_word_that_cannot_be_said_is_noted(slack, floor, desk, notes):
    ts = post_card(slack, floor, 412)
    slack.faults.add(
        json_answer(200, {"ok": False, "error": "user_not_in_channel"}),
        path="/api/chat.postEphemeral",
    )

    slack.workspace.press("U0EUN", MODERATION, ts, "claim")

    assert slack.workspace.wait_until(
        lambda: {"cause": "user_not_in_channel"} in notes.named("desk.refused")
    )


def test_the_town_s_clock_can_make_a_trigger_too_old(slack, floor):
    trigger = slack.workspace.give_trigger("U0AMINA")
    slack.workspace.clock.advance(timedelta(seconds=4))

    with pytest.raises(Exception, match="expired_trigger_id"):
        slack.workspace.spend_trigger(trigger)


@pytest.mark.parametrize(
    ("base_url", "spared", "expected"),
    [
        ("https://slack.com/api/", "", "http://proxy.example:3128"),
        ("https://slack.com/api/", "slack.com", None),
        ("http://127.0.0.1:9/api/", "", None),
    ],
)
def test_the_line_goes_through_a_proxy_unless_the_host_is_spared(
    monkeypatch, base_url, spared, expected
):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", spared)

    assert _proxy_for(base_url) == expected


def test_a_slow_form_with_gaps_says_which_when_it_is_known(slack, floor, notes):
    desk = open_desk(slack, floor, notes, DeskPace(answer_within_s=0.0, look_every_s=0.05))
    desk.start()
    assert slack.link.wait_for_connections()
    ts = post_card(slack, floor, 413)
    slack.workspace.press("U0AMINA", MODERATION, ts, "hide")
    form = form_for(slack, "U0AMINA")

    slack.workspace.submit_view("U0AMINA", form.id, {})

    assert slack.workspace.wait_until(
        lambda: (
            bool(slack.workspace.view(form.id).errors)
            or "Choose the clause" in str(slack.workspace.view(form.id).view)
        )
    )
    assert floor.decided == {}
    desk.stop()
