from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from monitor.sandbox.faults import json_answer
from monitor.sandbox.http import Clock
from monitor.sandbox.slack import SlackServer
from monitor.sandbox.slack_screen import as_read
from monitor.sandbox.slack_state import NoSuchThing, Postcard, SlackChannel, SlackUser

NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
MODERATION = "C0MODERATION"
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}
BUTTON = {
    "type": "button",
    "action_id": "ask",
    "value": "1",
    "text": {"type": "plain_text", "text": "Ask"},
}
CARD = [SECTION, {"type": "actions", "block_id": "b", "elements": [BUTTON]}]
PAGE = {"type": "modal", "title": {"type": "plain_text", "text": "A page"}, "blocks": [SECTION]}
HOME = {"type": "home", "blocks": [SECTION]}
SAMPLES = Path(__file__).parents[3] / "shared" / "specs" / "slack" / "samples"

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("socket_enabled")]


@pytest.fixture
def slack():
    with SlackServer(Clock(NOW)) as server:
        yield server


@pytest.fixture
def client(slack):
    return open_client(slack, slack.bot_token)


def open_client(slack, token):
    client = WebClient(token=token, base_url=slack.api_url, retry_handlers=[])
    client.proxy = None
    return client


def refusal(call, **arguments):
    with pytest.raises(SlackApiError) as refused:
        call(**arguments)
    return refused.value.response


def test_a_token_says_whose_it_is(slack, client):
    assert client.auth_test()["user_id"] == slack.workspace.bot_user


@pytest.mark.parametrize(("token", "error"), [("", "not_authed"), ("xoxb-x", "invalid_auth")])
def test_nobody_gets_in_without_a_token(slack, token, error):
    assert refusal(open_client(slack, token).auth_test)["error"] == error


def test_an_app_token_opens_connections_and_nothing_else(slack, client):
    app = open_client(slack, slack.app_token)

    assert app.apps_connections_open(app_token=slack.app_token)["url"].startswith("ws://127.0.0.1")
    assert refusal(app.auth_test)["error"] == "not_allowed_token_type"


def test_a_missing_scope_is_named_with_what_there_is(slack, client):
    slack.withdraw_scope("chat:write")

    answer = refusal(client.chat_postMessage, channel=MODERATION, text="x")

    assert (answer["error"], answer["needed"]) == ("missing_scope", "chat:write")
    assert "users:read" in answer["provided"]


def test_a_revoked_token_is_revoked_until_it_is_restored(slack, client):
    slack.reject_token(slack.bot_token, "token_revoked")
    assert refusal(client.auth_test)["error"] == "token_revoked"

    slack.restore_tokens()

    assert client.auth_test()["ok"]


def test_a_method_that_there_is_not_is_unknown(client):
    assert refusal(client.api_call, api_method="chat.sing")["error"] == "unknown_method"


def test_a_message_gets_a_timestamp_that_is_its_key(slack, client):
    first = client.chat_postMessage(channel=MODERATION, text="one")
    second = client.chat_postMessage(channel=MODERATION, text="two", blocks=[SECTION])

    assert first["ts"] == "1795256100.000000"
    assert second["ts"] > first["ts"]
    assert [as_read(each) for each in slack.workspace.messages(MODERATION)] == ["one", "hello"]


def test_threads_posting_at_once_never_share_a_timestamp(slack):
    threads = [
        threading.Thread(
            target=lambda: [
                slack.workspace.post(Postcard(MODERATION, "", "U0BEDE", "x")) for _ in range(50)
            ]
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({each.ts for each in slack.workspace.messages(MODERATION)}) == 200


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0X", "text": "x"}, "channel_not_found"),
        ({"channel": "C0OLD", "text": "x"}, "is_archived"),
        ({"channel": "C0PRIVATE", "text": "x"}, "not_in_channel"),
        ({"channel": MODERATION, "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": MODERATION, "text": "x", "blocks": [{"type": "poem"}]}, "invalid_blocks"),
        (
            {
                "channel": MODERATION,
                "text": "x",
                "blocks": [{"type": "section", "text": {"type": "plain_text", "text": "x" * 3000}}]
                * 5,
            },
            "msg_blocks_too_long",
        ),
        ({"channel": MODERATION, "text": "x", "metadata": {"a": 1}}, "invalid_metadata_format"),
        (
            {"channel": MODERATION, "text": "x", "metadata": {"event_payload": {}}},
            "invalid_metadata_format",
        ),
    ],
)
def test_what_slack_would_not_post_is_not_posted(slack, client, arguments, error):
    assert refusal(client.chat_postMessage, **arguments)["error"] == error
    assert slack.workspace.messages(MODERATION) == ()


def test_a_message_without_any_words_is_refused(client):
    answer = refusal(client.api_call, api_method="chat.postMessage", params={"channel": MODERATION})

    assert answer["error"] == "no_text"


def test_refused_blocks_are_explained_with_their_place(client):
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": ""}}]

    answer = refusal(client.chat_postMessage, channel=MODERATION, text="x", blocks=blocks)

    assert answer["response_metadata"]["messages"] == [
        "[ERROR] must be more than 0 characters [json-pointer:/blocks/0/text/text]"
    ]


def test_a_message_is_updated_where_it_stands_and_keeps_its_metadata(slack, client):
    metadata = {"event_type": "t", "event_payload": {"key": "k"}}
    ts = client.chat_postMessage(channel=MODERATION, text="one", metadata=metadata)["ts"]

    client.chat_update(channel=MODERATION, ts=ts, text="two")

    (message,) = slack.workspace.messages(MODERATION)
    assert (message.text, message.ts, message.metadata) == ("two", ts, metadata)
    assert message.edited_ts > ts


def test_only_own_messages_can_be_updated(slack, client):
    theirs = slack.workspace.post(Postcard(MODERATION, "", "U0BEDE", "mine"))

    own = refusal(client.chat_update, channel=MODERATION, ts=theirs.ts, text="x")
    gone = refusal(client.chat_update, channel=MODERATION, ts="1.0", text="x")

    assert (own["error"], gone["error"]) == ("cant_update_message", "message_not_found")


def test_a_message_is_deleted_once(slack, client):
    ts = client.chat_postMessage(channel=MODERATION, text="one")["ts"]

    client.chat_delete(channel=MODERATION, ts=ts)

    assert slack.workspace.messages(MODERATION) == ()
    again = refusal(client.chat_delete, channel=MODERATION, ts=ts)
    assert again["error"] == "message_not_found"


def test_an_ephemeral_is_seen_by_one_person_alone(slack, client):
    client.chat_postEphemeral(channel=MODERATION, user="U0AMINA", text="psst")

    assert [each.text for each in slack.workspace.ephemerals("U0AMINA")] == ["psst"]
    assert slack.workspace.ephemerals("U0BEDE") == ()
    assert slack.workspace.messages(MODERATION) == ()
    nobody = refusal(client.chat_postEphemeral, channel=MODERATION, user="U0X", text="x")
    assert nobody["error"] == "user_not_in_channel"


def test_a_permalink_leads_to_a_message_that_exists(client):
    ts = client.chat_postMessage(channel=MODERATION, text="one")["ts"]

    link = client.chat_getPermalink(channel=MODERATION, message_ts=ts)["permalink"]

    assert link.endswith(f"/archives/{MODERATION}/p{ts.replace('.', '')}")
    gone = refusal(client.chat_getPermalink, channel=MODERATION, message_ts="1.0")
    assert gone["error"] == "message_not_found"


def test_people_groups_and_channels_can_be_looked_up(slack, client):
    slack.workspace.add_user(SlackUser("U0FAY", "fay", "Fay"))

    assert client.users_info(user="U0FAY")["user"]["real_name"] == "Fay"
    assert client.usergroups_users_list(usergroup="S0MODERATORS")["users"] == ["U0AMINA", "U0BEDE"]
    assert client.conversations_info(channel="C0OLD")["channel"]["is_archived"]
    assert MODERATION in [each["id"] for each in client.conversations_list()["channels"]]
    assert refusal(client.users_info, user="U0X")["error"] == "user_not_found"
    assert refusal(client.usergroups_users_list, usergroup="S")["error"] == "no_such_subteam"


def test_history_is_newest_first_paged_and_starts_where_asked(slack, client):
    stamps = [client.chat_postMessage(channel=MODERATION, text=str(n))["ts"] for n in range(5)]

    first = client.conversations_history(channel=MODERATION, oldest=stamps[1], limit=3)
    rest = client.conversations_history(
        channel=MODERATION,
        oldest=stamps[1],
        limit=3,
        cursor=first["response_metadata"]["next_cursor"],
    )

    assert [each["text"] for each in first["messages"]] == ["4", "3", "2"]
    assert [each["text"] for each in rest["messages"]] == ["1"]
    assert (first["has_more"], rest["has_more"]) == (True, False)
    private = refusal(client.conversations_history, channel="C0PRIVATE")
    assert private["error"] == "not_in_channel"


def test_metadata_is_shown_to_who_asks_for_it(client):
    metadata = {"event_type": "t", "event_payload": {"key": "k"}}
    client.chat_postMessage(channel=MODERATION, text="x", metadata=metadata)

    plain = client.conversations_history(channel=MODERATION)["messages"][0]
    asked = client.conversations_history(channel=MODERATION, include_all_metadata=True)

    assert "metadata" not in plain
    assert asked["messages"][0]["metadata"] == metadata


def test_a_file_arrives_in_three_steps(slack, client):
    client.files_upload_v2(content=b"a,b", filename="week.csv", channel=MODERATION)

    (kept,) = slack.workspace.files(MODERATION)
    (message,) = slack.workspace.messages(MODERATION)
    assert (kept.content, message.files) == (b"a,b", (kept.id,))


def test_an_upload_that_is_not_complete_is_in_no_channel(slack, client):
    begun = client.files_getUploadURLExternal(filename="a.csv", length=3)

    unknown = refusal(
        client.files_completeUploadExternal, files=[{"id": "F0"}], channel_id=MODERATION
    )
    early = refusal(
        client.files_completeUploadExternal,
        files=[{"id": begun["file_id"]}],
        channel_id=MODERATION,
    )
    nothing = refusal(client.files_getUploadURLExternal, filename="a.csv", length=0)

    assert (unknown["error"], early["error"]) == ("file_not_found", "file_not_found")
    assert nothing["error"] == "invalid_arguments"
    assert slack.workspace.files(MODERATION) == ()


def test_a_trigger_opens_one_view_within_three_seconds(slack, client):
    trigger, late = (slack.workspace.give_trigger("U0AMINA") for _ in range(2))

    view = client.views_open(trigger_id=trigger, view=PAGE)["view"]

    (screen,) = slack.workspace.open_views("U0AMINA")
    assert (screen.id, screen.hash) == (view["id"], view["hash"])
    used = refusal(client.views_open, trigger_id=trigger, view=PAGE)
    assert used["error"] == "exchanged_trigger_id"
    slack.workspace.clock.advance(timedelta(seconds=3.1))
    assert refusal(client.views_open, trigger_id=late, view=PAGE)["error"] == "expired_trigger_id"
    unknown = refusal(client.views_open, trigger_id="1.2.3", view=PAGE)
    assert unknown["error"] == "invalid_trigger_id"


def test_a_view_is_updated_by_its_latest_hash(slack, client):
    opened = client.views_open(trigger_id=slack.workspace.give_trigger("U0AMINA"), view=PAGE)
    view = opened["view"]

    client.views_update(view_id=view["id"], hash=view["hash"], view={**PAGE, "callback_id": "b"})

    assert slack.workspace.view(view["id"]).view["callback_id"] == "b"
    stale = refusal(client.views_update, view_id=view["id"], hash=view["hash"], view=PAGE)
    gone = refusal(client.views_update, view_id="V0", view=PAGE)
    assert (stale["error"], gone["error"]) == ("hash_conflict", "not_found")


def test_three_views_may_stand_on_each_other_and_no_more(slack, client):
    def trigger():
        return slack.workspace.give_trigger("U0AMINA")

    client.views_open(trigger_id=trigger(), view=PAGE)
    client.views_push(trigger_id=trigger(), view=PAGE)
    client.views_push(trigger_id=trigger(), view=PAGE)

    full = refusal(client.views_push, trigger_id=trigger(), view=PAGE)

    assert full["error"] == "push_limit_reached"
    assert len({each.root_id for each in slack.workspace.open_views("U0AMINA")}) == 1


def test_a_home_page_is_published_for_one_person(client):
    assert client.views_publish(user_id="U0AMINA", view=HOME)["view"]["type"] == "home"
    modal = refusal(client.views_publish, user_id="U0AMINA", view=PAGE)
    assert modal["error"] == "invalid_arguments"


def test_a_view_that_slack_would_not_take_does_not_open(slack, client):
    trigger = slack.workspace.give_trigger("U0AMINA")

    answer = refusal(client.views_open, trigger_id=trigger, view={"type": "modal", "blocks": []})

    assert answer["error"] == "invalid_arguments"
    assert "json-pointer:/title" in answer["response_metadata"]["messages"][0]


def test_arguments_may_come_as_a_form(client):
    answer = client.api_call(
        "chat.postMessage", params={"channel": MODERATION, "blocks": json.dumps([SECTION])}
    )
    broken = refusal(
        client.api_call,
        api_method="chat.postMessage",
        params={"channel": MODERATION, "blocks": "[no json"},
    )

    assert answer["ok"]
    assert broken["error"] == "invalid_arguments"


def test_a_channel_takes_messages_at_its_own_pace():
    with SlackServer(seconds_between_posts=30) as paced:
        client = open_client(paced, paced.bot_token)
        client.chat_postMessage(channel=MODERATION, text="one")

        answer = refusal(client.chat_postMessage, channel=MODERATION, text="two")

        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 30
        assert client.chat_postMessage(channel="C0OPERATORS", text="three")["ok"]


def test_faults_befall_the_web_api(slack, client):
    slack.faults.add(json_answer(200, {"ok": False, "error": "fatal_error"}), path="*auth.test")

    assert refusal(client.auth_test)["error"] == "fatal_error"


def test_a_workspace_says_what_is_not_there(slack):
    for look in (
        lambda: slack.workspace.user("U0X"),
        lambda: slack.workspace.channel("C0X"),
        lambda: slack.workspace.message(MODERATION, "1.0"),
        lambda: slack.workspace.view("V0"),
        lambda: slack.workspace.file("F0"),
        lambda: slack.workspace.delete(MODERATION, "1.0"),
    ):
        with pytest.raises(NoSuchThing):
            look()


def test_a_channel_can_be_opened_and_changed(slack, client):
    slack.workspace.put_channel(SlackChannel("C0NEW", "new", is_archived=True))

    assert refusal(client.chat_postMessage, channel="C0NEW", text="x")["error"] == "is_archived"


def test_waiting_for_what_does_not_come_ends(slack):
    assert not slack.workspace.wait_until(lambda: False, timeout_s=0.1)


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("auth.test", {}),
        ("chat.postMessage", {"channel": MODERATION, "text": "x"}),
        ("chat.update", {"channel": MODERATION, "text": "x", "ts": "{ts}"}),
        ("users.info", {"user": "U0AMINA"}),
        ("conversations.info", {"channel": MODERATION}),
        ("usergroups.users.list", {"usergroup": "S0MODERATORS"}),
        ("files.getUploadURLExternal", {"filename": "a", "length": 1}),
    ],
)
def test_answers_have_only_keys_that_the_platform_s_own_have(slack, client, method, arguments):
    sample = SAMPLES / f"{method}.json"
    if not sample.is_file():
        pytest.skip("the platform's published samples are not on this machine")
    ts = client.chat_postMessage(channel=MODERATION, text="x")["ts"]
    wanted = {name: ts if value == "{ts}" else value for name, value in arguments.items()}

    answer = client.api_call(method, params=wanted).data

    assert set(answer) <= set(json.loads(sample.read_text()))
