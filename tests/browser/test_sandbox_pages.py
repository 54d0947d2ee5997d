from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from slack_sdk import WebClient
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from monitor.sandbox.pages import TownPages
from monitor.sandbox.slack import SlackServer
from monitor.sandbox.slack_state import Postcard
from monitor.sandbox.town import WEXCOMBE_PAGE, Town, seed_wexcombe

pytestmark = [pytest.mark.browser, pytest.mark.sandbox]

MODERATION = "C0MODERATION"


@pytest.fixture
def town() -> Town:
    town = Town()
    seed_wexcombe(town, datetime.now(UTC))
    return town


@pytest.fixture
def slack(socket_enabled) -> Iterator[SlackServer]:
    with SlackServer() as slack:
        yield slack


@pytest.fixture
def pages(town: Town, slack: SlackServer) -> Iterator[TownPages]:
    with TownPages(town, slack.workspace) as pages:
        yield pages


@pytest.fixture
def council_page(pages: TownPages) -> str:
    return f"{pages.base_url}/page/{WEXCOMBE_PAGE}"


@pytest.fixture
def app(slack: SlackServer) -> Iterator[WebClient]:
    """A small app of its own on the real SDK: Claim redraws the card, Hide asks why first."""
    web = WebClient(token=slack.bot_token, base_url=slack.api_url)
    web.proxy = None
    listening = SocketModeClient(app_token=slack.app_token, web_client=web)
    listening.proxy = None
    listening.socket_mode_request_listeners.append(lambda _, asked: _answer(listening, web, asked))
    listening.connect()
    assert slack.link.wait_for_connections()
    yield web
    listening.close()


def _plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def _card(state: str) -> list[dict[str, Any]]:
    buttons = [
        {"type": "button", "text": _plain(text), "action_id": text.lower(), "value": "12"}
        for text in ("Claim", "Hide")
    ]
    return [
        {"type": "header", "text": _plain("WM-12 Abuse of staff")},
        {"type": "section", "text": _plain("thick as *mince* <b>all</b> of you <!channel>")},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": state}]},
        {"type": "actions", "elements": buttons},
    ]


_WHY = {
    "type": "modal",
    "title": _plain("Hide WM-12"),
    "submit": _plain("Hide it"),
    "blocks": [
        {
            "type": "input",
            "block_id": "clause",
            "label": _plain("Which clause?"),
            "element": {
                "type": "static_select",
                "action_id": "chosen",
                "options": [{"text": _plain("RS-06 Abuse of staff"), "value": "RS-06"}],
            },
        },
        {
            "type": "input",
            "block_id": "why",
            "label": _plain("Why is this proportionate?"),
            "element": {"type": "plain_text_input", "action_id": "typed", "multiline": True},
        },
    ],
}


def _answer(listening: SocketModeClient, web: WebClient, asked: SocketModeRequest) -> None:
    payload: Mapping[str, Any] = asked.payload
    if payload["type"] == "view_submission":
        typed = payload["view"]["state"]["values"]["why"]["typed"]["value"] or ""
        errors = {} if len(typed) > 9 else {"why": "Write at least ten characters."}
        response = {"response_action": "errors", "errors": errors} if errors else None
        listening.send_socket_mode_response(SocketModeResponse(asked.envelope_id, response))
        return
    listening.send_socket_mode_response(SocketModeResponse(asked.envelope_id))
    if payload["actions"][0]["action_id"] == "hide":
        web.views_open(trigger_id=payload["trigger_id"], view=_WHY)
    else:
        who = payload["user"]["id"]
        card = _card(f"Claimed by <@{who}>")
        web.chat_update(channel=MODERATION, ts=payload["message"]["ts"], blocks=card, text="WM-12")


def test_a_comment_written_on_the_page_stands_there_without_a_reload(
    browser_page: Page, council_page: str, town: Town
) -> None:
    browser_page.goto(council_page)
    post = browser_page.get_by_role("article").first
    post.get_by_label("Write a comment").fill("The new lights are <b>lovely</b>")
    post.locator(".write").get_by_label("as", exact=True).select_option("Priya Netherfold")
    post.get_by_role("button", name="Comment").click()

    expect(post.get_by_text("The new lights are <b>lovely</b>")).to_be_visible()
    expect(post.get_by_text("6 comments")).to_be_visible()
    expect(post.get_by_label("Write a comment")).to_have_value("")
    newest = town.comments(town.posts(WEXCOMBE_PAGE)[-1].id)[-1]
    assert newest.author is not None
    assert newest.author.name == "Priya Netherfold"


def test_a_hidden_comment_leaves_the_open_page_and_stays_for_its_author(
    browser_page: Page, council_page: str, town: Town
) -> None:
    comment = town.comments(town.posts(WEXCOMBE_PAGE)[-1].id)[0]
    browser_page.goto(council_page)
    shown = browser_page.locator(f"#comment-{comment.id}")
    expect(shown).to_be_visible()

    town.hide(comment.id)

    expect(shown).to_have_count(0)
    browser_page.get_by_label("View as").select_option("Priya Netherfold")
    expect(shown).to_contain_text("Hidden from the public")


def test_what_is_being_typed_survives_a_change_on_the_page(
    browser_page: Page, council_page: str, town: Town
) -> None:
    post_id = town.posts(WEXCOMBE_PAGE)[-1].id
    answered = town.comments(post_id)[0]
    browser_page.goto(council_page)
    shown = browser_page.locator(f"#comment-{answered.id}")
    shown.locator("summary", has_text="Reply").click()
    reply = shown.get_by_role("textbox", name="Reply to")
    reply.fill("half a thou")

    town.edit(answered.id, "A different text now", at=datetime.now(UTC))

    expect(shown).to_contain_text("A different text now")
    expect(reply).to_have_value("half a thou")
    expect(reply).to_be_focused()


def test_deleting_asks_first(browser_page: Page, council_page: str, town: Town) -> None:
    comment = town.comments(town.posts(WEXCOMBE_PAGE)[-1].id)[0]
    assert comment.author is not None
    browser_page.goto(f"{council_page}?viewer={comment.author.id}")
    delete = browser_page.locator(f"#comment-{comment.id}").get_by_role("button", name="Delete")

    delete.click()
    browser_page.get_by_role("button", name="Cancel").click()
    assert town.comment(comment.id) is not None
    delete.click()
    browser_page.get_by_role("dialog").get_by_role("button", name="Delete").click()

    expect(browser_page.locator(f"#comment-{comment.id}")).to_have_count(0)
    assert town.comment(comment.id) is None


def test_a_comment_that_is_refused_keeps_its_words(
    browser_page: Page, council_page: str, town: Town
) -> None:
    post_id = town.posts(WEXCOMBE_PAGE)[-1].id
    browser_page.goto(council_page)
    post = browser_page.get_by_role("article").first
    box = post.get_by_label("Write a comment")
    box.fill("Is anybody there?")
    town.delete_post(post_id)
    post.get_by_role("button", name="Comment").click()

    expect(browser_page.get_by_text("This post is no longer on the page.")).to_be_visible()
    expect(box).to_have_value("Is anybody there?")


def test_a_new_post_appears_on_the_open_page(
    browser_page: Page, council_page: str, town: Town
) -> None:
    browser_page.goto(council_page)

    town.publish(WEXCOMBE_PAGE, "The ice rink is open.", at=datetime.now(UTC))

    expect(browser_page.get_by_role("article").first).to_contain_text("The ice rink is open.")


def test_a_sandbox_that_was_stopped_says_so_and_keeps_the_words(
    browser_page: Page, pages: TownPages, council_page: str
) -> None:
    browser_page.goto(council_page)
    box = browser_page.get_by_label("Write a comment").first
    box.fill("Into the void")
    pages.stop()
    browser_page.get_by_role("article").first.locator(".write").get_by_role("button").click()

    expect(browser_page.get_by_text("The sandbox does not answer.")).to_be_visible()
    expect(box).to_have_value("Into the void")


def test_the_page_works_without_scripts(
    browser_page: Page, pages: TownPages, council_page: str
) -> None:
    browser = browser_page.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(council_page)
    post = page.get_by_role("article").first
    post.get_by_label("Write a comment").fill("Sent the plain way")
    post.locator(".write").get_by_label("as", exact=True).select_option("Somebody else…")
    post.locator(".write").get_by_label("Their name").fill("Una Newly-Arrived")
    post.get_by_role("button", name="Comment").click()

    expect(page.get_by_role("article").first).to_contain_text("Sent the plain way")
    expect(page.get_by_role("article").first).to_contain_text("Una Newly-Arrived")
    context.close()


def test_an_alert_arrives_on_the_open_screen_and_is_claimed_with_one_press(
    browser_page: Page, pages: TownPages, app: WebClient
) -> None:
    browser_page.goto(f"{pages.base_url}/slack?user=U0AMINA")
    expect(browser_page.get_by_text("Nothing in #moderation yet.")).to_be_visible()

    app.chat_postMessage(channel=MODERATION, text="WM-12", blocks=_card("Open"))
    browser_page.get_by_role("button", name="Claim").click()

    expect(browser_page.get_by_text("Claimed by @Amina")).to_be_visible()
    expect(browser_page.get_by_text("(edited)")).to_be_visible()
    expect(browser_page.get_by_text("Nothing in #moderation yet.")).to_have_count(0)
    # Plain text is never read as mark-up.
    expect(
        browser_page.get_by_text("thick as *mince* <b>all</b> of you <!channel>")
    ).to_be_visible()


def test_a_moderator_hides_from_a_phone_and_is_told_what_to_correct(
    phone_page: Page, pages: TownPages, app: WebClient, slack: SlackServer
) -> None:
    app.chat_postMessage(channel=MODERATION, text="WM-12", blocks=_card("Open"))
    phone_page.goto(f"{pages.base_url}/slack?user=U0BEDE")

    phone_page.get_by_role("button", name="Hide").click()
    form = phone_page.get_by_role("dialog", name="Hide WM-12")
    form.get_by_label("Which clause?").select_option("RS-06 Abuse of staff")
    form.get_by_label("Why is this proportionate?").fill("short")
    form.get_by_role("button", name="Hide it").click()

    expect(form.get_by_text("Write at least ten characters.")).to_be_visible()
    expect(form.get_by_label("Which clause?")).to_have_value("RS-06")
    why = form.get_by_role("textbox", name="Why is this proportionate?")
    expect(why).to_have_value("short")
    expect(why).to_be_focused()
    why.fill("Abuse of a named officer; hiding is the least that stops it.")
    form.get_by_role("button", name="Hide it").click()
    expect(form).to_have_count(0)
    sent = slack.link.sent[-1].payload["view"]["state"]["values"]
    assert sent["clause"]["chosen"]["selected_option"]["value"] == "RS-06"


def test_escape_closes_a_view_and_sends_nothing(
    browser_page: Page, pages: TownPages, slack: SlackServer
) -> None:
    slack.workspace.show("U0CARYS", _WHY)
    browser_page.goto(f"{pages.base_url}/slack?user=U0CARYS")
    expect(browser_page.get_by_role("dialog")).to_be_visible()

    browser_page.keyboard.press("Escape")

    expect(browser_page.get_by_role("dialog")).to_have_count(0)
    assert slack.workspace.open_views("U0CARYS") == ()
    assert slack.link.sent == ()


@pytest.mark.parametrize("place", ["/", f"/page/{WEXCOMBE_PAGE}", "/slack", "/page/nowhere"])
def test_no_page_is_wider_than_a_phone(phone_page: Page, pages: TownPages, place: str) -> None:
    phone_page.goto(pages.base_url + place)

    assert phone_page.evaluate("document.documentElement.scrollWidth") == 360
    expect(phone_page.get_by_role("note")).to_contain_text("Nothing here is real")


def test_the_map_leads_to_every_place(browser_page: Page, pages: TownPages) -> None:
    browser_page.goto(pages.base_url)
    browser_page.get_by_role("link", name="Parks and Libraries").click()
    expect(browser_page.get_by_role("heading", level=1)).to_have_text("Parks and Libraries")

    browser_page.get_by_role("link", name="Slack").click()
    expect(browser_page.get_by_role("heading", level=1)).to_contain_text("moderation")
    browser_page.get_by_label("Signed in as").select_option("Eun")
    expect(browser_page.get_by_label("Signed in as")).to_have_value("U0EUN")


def test_a_message_that_came_while_the_page_was_drawn_is_shown(
    browser_page: Page, pages: TownPages, slack: SlackServer
) -> None:
    """The first look at what changed finds it changed already, and must not take that for known."""

    def post_before_the_first_look(route: Route) -> None:
        if not slack.workspace.messages(MODERATION):
            slack.workspace.post(Postcard(MODERATION, "", "U0WARDMOTE", "An alert in between"))
        route.continue_()

    browser_page.route("**/changes*", post_before_the_first_look)
    browser_page.goto(f"{pages.base_url}/slack?user=U0AMINA&channel={MODERATION}")

    expect(browser_page.get_by_text("An alert in between")).to_be_visible()
