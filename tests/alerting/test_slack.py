from __future__ import annotations

import inspect
import json
import socket
from datetime import UTC, datetime, timedelta
from http.client import RemoteDisconnected
from urllib.error import URLError

import pytest
import slack_sdk.errors
from slack_sdk.errors import SlackApiError

from connectors.contract import Readiness, Secret
from monitor.alerting.contract import AlertLater, AlertRefused, Attachment, Notice, Posted
from monitor.alerting.slack import SlackTarget
from monitor.alerting.slack_errors import as_alert_error
from monitor.alerting.testing import AlertTargetContract, Bench, example_card
from monitor.sandbox.faults import answer, drop, drop_after, html_page, json_answer, truncate
from monitor.sandbox.slack import SlackServer
from monitor.sandbox.slack_screen import as_read
from monitor.sandbox.slack_state import Postcard, SlackChannel

NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
MODERATION = "C0MODERATION"
POST = "/api/chat.postMessage"
LOUD_NOTICE = Notice(
    key="report:1",
    title="Week 47",
    lines=("Twelve cases.",),
    attachments=(Attachment("week.csv", "text/csv", b"a,b\n"),),
)

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("socket_enabled")]


@pytest.fixture
def slack():
    with SlackServer() as server:
        yield server


@pytest.fixture
def target(slack):
    return open_target(slack)


def open_target(slack, token=None):
    return SlackTarget(
        Secret(token or slack.bot_token), clock=lambda: NOW, base_url=slack.api_url, timeout_s=2
    )


class TestSlackTarget(AlertTargetContract):
    @pytest.fixture
    def bench(self, slack, target):
        busy = json_answer(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "7"})
        return Bench(
            target,
            address=MODERATION,
            wrong_address="C0NOWHERE",
            received=lambda: [as_read(each) for each in slack.workspace.messages(MODERATION)],
            can_find=True,
            can_redraw=True,
            make_busy=lambda: slack.faults.add(busy, path=POST, times=1),
            secrets=(slack.bot_token,),
        )


def test_a_rate_limit_becomes_a_moment_and_no_wait(slack, target):
    busy = json_answer(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "30"})
    slack.faults.add(busy, path=POST)

    with pytest.raises(AlertLater) as later:
        target.post(MODERATION, example_card())

    assert later.value.at == NOW + timedelta(seconds=30)
    assert len(slack.calls("chat.postMessage")) == 1


def test_the_platforms_own_pace_is_obeyed():
    with SlackServer(seconds_between_posts=5.0) as paced:
        target = open_target(paced)
        target.post(MODERATION, example_card())

        with pytest.raises(AlertLater) as later:
            target.post(MODERATION, example_card(key="another"))

        assert NOW < later.value.at <= NOW + timedelta(seconds=5)
        assert target.post("C0OPERATORS", example_card()).reference


@pytest.mark.parametrize(
    "fault",
    [
        answer(500, b"oops"),
        answer(503, b""),
        html_page(),
        html_page(200),
        json_answer(429, {"ok": False}),
        json_answer(429, {"ok": False}, {"Retry-After": "soon"}),
        json_answer(200, {"ok": False, "error": "internal_error"}),
        json_answer(200, {"ok": False, "error": "ratelimited"}),
        drop(),
        truncate(),
    ],
)
def test_trouble_of_slacks_own_is_tried_again_later(slack, target, fault):
    slack.faults.add(fault, path="*")

    with pytest.raises(AlertLater) as later:
        target.post(MODERATION, example_card())

    assert later.value.at > NOW


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        ("invalid_auth", "Put a valid bot token"),
        ("token_revoked", "Put a valid bot token"),
        ("account_inactive", "Install the app again."),
        ("restricted_action", "Ask a workspace administrator"),
        ("edit_window_closed", "Ask a workspace administrator"),
        ("never_heard_of", "Look up never_heard_of"),
    ],
)
def test_what_will_not_pass_is_refused_with_what_to_do(slack, target, error, hint):
    slack.faults.add(json_answer(200, {"ok": False, "error": error}), path=POST)

    with pytest.raises(AlertRefused) as refused:
        target.post(MODERATION, example_card())

    assert hint in refused.value.hint
    assert error in refused.value.sentence


def test_a_missing_scope_is_named(slack, target):
    slack.withdraw_scope("chat:write")

    with pytest.raises(AlertRefused) as refused:
        target.post(MODERATION, example_card())

    assert refused.value.hint == "Add the scope chat:write to the app and install it again."


@pytest.mark.parametrize(
    ("channel", "what"),
    [("C0OLD", "is archived"), ("C0PRIVATE", "is not in that channel"), ("C0X", "no such channel")],
)
def test_a_channel_that_cannot_be_posted_to_is_refused(target, channel, what):
    with pytest.raises(AlertRefused, match=what):
        target.post(channel, example_card())


def test_a_card_that_arrived_although_the_line_broke_is_not_posted_twice(slack, target):
    slack.faults.add(drop_after(), path=POST, times=1)

    posted = SlackTarget(
        Secret(slack.bot_token), clock=lambda: datetime.now(UTC), base_url=slack.api_url
    ).post(MODERATION, example_card())

    (message,) = slack.workspace.messages(MODERATION)
    assert posted == Posted(f"{MODERATION}/{message.ts}")


def test_a_card_that_did_not_arrive_is_left_to_the_queue(slack, target):
    slack.faults.add(drop(), path=POST, times=1)

    with pytest.raises(AlertLater):
        target.post(MODERATION, example_card())

    assert slack.workspace.messages(MODERATION) == ()


def test_without_the_right_to_read_back_a_broken_line_is_left_to_the_queue(slack, target):
    slack.withdraw_scope("channels:history")
    slack.faults.add(drop_after(), path=POST, times=1)

    with pytest.raises(AlertLater):
        target.post(MODERATION, example_card())
    assert target.find(MODERATION, example_card().key, since=NOW) is None


def test_a_notification_is_found_beyond_the_first_page(slack, target):
    posted = target.post(MODERATION, example_card())
    for _ in range(250):
        slack.workspace.post(Postcard(MODERATION, "", "U0BEDE", "hello"))

    found = target.find(MODERATION, example_card().key, since=NOW - timedelta(days=365))

    assert found == posted
    assert len(slack.calls("conversations.history")) == 2


def test_somebody_elses_metadata_is_not_ours(slack, target):
    for metadata in (
        {"event_type": "other", "event_payload": {"key": "k"}},
        {"event_type": "wardmote_alert", "event_payload": {"key": 5}},
        {"event_type": "wardmote_alert", "event_payload": {}},
    ):
        slack.workspace.post(Postcard(MODERATION, "", "U0BEDE", "x", metadata=metadata))

    assert target.find(MODERATION, "k", since=NOW - timedelta(days=365)) is None


def test_looking_back_waits_while_slack_has_trouble(slack, target):
    slack.faults.add(answer(500, b""), path="/api/conversations.history")

    with pytest.raises(AlertLater):
        target.find(MODERATION, "k", since=NOW)


def test_nothing_is_unfurled_linked_or_parsed(slack, target):
    target.post(MODERATION, example_card())

    sent = json.loads(slack.calls("chat.postMessage")[0].body)
    assert {
        "parse": "none",
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }.items() <= sent.items()


def test_a_card_that_was_deleted_is_not_redrawn(slack, target):
    posted = target.post(MODERATION, example_card())
    slack.workspace.delete(MODERATION, posted.reference.partition("/")[2])

    with pytest.raises(AlertRefused, match="not there any more"):
        target.update(posted, example_card())


def test_a_redrawn_card_keeps_its_key(slack, target):
    posted = target.post(MODERATION, example_card())

    target.update(posted, example_card(status="Claimed by Amina at 10:15."))

    assert target.find(MODERATION, example_card().key, since=NOW - timedelta(days=9)) == posted


def test_files_stand_in_the_thread_of_their_notice(slack, target):
    posted = target.post("C0REPORTS", LOUD_NOTICE)

    notice, files = slack.workspace.messages("C0REPORTS")
    assert posted.reference == f"C0REPORTS/{notice.ts}"
    assert files.thread_ts == notice.ts
    (kept,) = slack.workspace.files("C0REPORTS")
    assert (kept.filename, kept.content) == ("week.csv", b"a,b\n")


@pytest.mark.parametrize(
    ("path", "fault", "expected"),
    [
        ("/api/files.completeUploadExternal", answer(500, b""), AlertLater),
        ("/upload/*", answer(500, b"disk full"), AlertLater),
        ("/upload/*", answer(202, b"perhaps"), AlertLater),
        (
            "/api/files.getUploadURLExternal",
            json_answer(200, {"ok": False, "error": "missing_scope", "needed": "files:write"}),
            AlertRefused,
        ),
    ],
)
def test_a_notice_without_its_files_is_taken_back(slack, target, path, fault, expected):
    slack.faults.add(fault, path=path)

    with pytest.raises(expected):
        target.post("C0REPORTS", LOUD_NOTICE)

    assert slack.workspace.messages("C0REPORTS") == ()


def test_a_notice_with_nothing_but_empty_files_is_delivered(slack, target):
    files = (Attachment("empty.csv", "text/csv", b""),)

    target.post("C0REPORTS", Notice(key="n", title="Week 47", lines=(), attachments=files))

    assert len(slack.workspace.messages("C0REPORTS")) == 1


def test_a_notice_that_cannot_be_taken_back_is_borne(slack, target):
    slack.faults.add(answer(500, b""), path="/api/chat.delete")
    slack.faults.add(answer(500, b""), path="/api/files.getUploadURLExternal")

    with pytest.raises(AlertLater):
        target.post("C0REPORTS", LOUD_NOTICE)

    assert len(slack.workspace.messages("C0REPORTS")) == 1


def test_checking_tells_a_bad_token_from_a_bad_channel(slack, target):
    slack.workspace.put_channel(SlackChannel("C0GUESTS", "guests", is_member=False))

    assert target.check("C0OLD").sentence == "#old-project is archived."
    assert target.check("C0GUESTS").hint == "Type /invite @Wardmote in #guests."
    assert open_target(slack, "xoxb-other").check(MODERATION).readiness is (
        Readiness.CREDENTIALS_REJECTED
    )


def test_checking_while_slack_is_away_says_not_ready(slack, target):
    slack.faults.add(answer(503, b""), path="/api/auth.test")

    assert target.check(MODERATION).readiness is Readiness.NOT_READY


def test_a_slack_that_cannot_be_reached_is_tried_again_later():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}/api/"
        target = SlackTarget(Secret("xoxb-1"), clock=lambda: NOW, base_url=nobody, timeout_s=1)

        with pytest.raises(AlertLater, match="Slack cannot be reached"):
            target.post(MODERATION, example_card())


MAPPED = {
    "BotUserAccessError": AlertRefused,
    "SlackApiError": AlertRefused,
    "SlackClientConfigurationError": AlertRefused,
    "SlackClientError": AlertLater,
    "SlackClientNotConnectedError": AlertLater,
    "SlackObjectFormationError": AlertRefused,
    "SlackRequestError": AlertRefused,
    "SlackTokenRotationError": AlertRefused,
}


@pytest.mark.parametrize(
    "name",
    [name for name, kind in inspect.getmembers(slack_sdk.errors) if inspect.isclass(kind)],
)
def test_every_error_that_the_sdk_exports_is_mapped(name):
    kind = getattr(slack_sdk.errors, name)
    api_error = SlackApiError("no", {"ok": False, "error": "invalid_auth", "status": 200})
    given = {"SlackApiError": api_error}.get(name) or kind(
        api_error if name == "SlackTokenRotationError" else "a word that must not be repeated"
    )

    mapped = as_alert_error(given, doing="posting", now=NOW)

    assert type(mapped) is MAPPED[name]
    assert "must not be repeated" not in f"{mapped} {mapped.hint}"


@pytest.mark.parametrize(
    "error", [URLError("x"), RemoteDisconnected("x"), TimeoutError(), ConnectionResetError()]
)
def test_every_broken_line_is_tried_again_later(error):
    assert isinstance(as_alert_error(error, doing="posting", now=NOW), AlertLater)


def test_an_answer_that_is_no_object_is_trouble_of_slacks_own():
    error = SlackApiError("no", "<html>")

    assert isinstance(as_alert_error(error, doing="posting", now=NOW), AlertLater)


def test_checking_names_the_scope_that_posting_lacks(slack, target):
    slack.withdraw_scope("chat:write")
    health = target.check(MODERATION)

    assert health.readiness is Readiness.NOT_PERMITTED
    assert health.hint == "Add the bot scope chat:write."


def test_checking_names_the_scope_that_looking_lacks(slack, target):
    slack.withdraw_scope("channels:read")
    health = target.check(MODERATION)

    assert health.readiness is Readiness.NOT_PERMITTED
    assert "channels:read" in health.hint
