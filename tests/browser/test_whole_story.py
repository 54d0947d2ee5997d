"""The story that a newcomer sees in the demo, played in a real browser against the whole daemon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from config.standards import Lane
from connectors.contract import ChannelId, NativeId
from monitor.cli.pretend import Pretend
from monitor.sandbox.town import WEXCOMBE_PAGE, WEXCOMBE_TOKEN
from monitor.sandbox.townsfolk import TownToken
from monitor.store import views

pytestmark = [pytest.mark.browser, pytest.mark.sandbox]

INTERVAL_S = 2
TICK_S = 5
# One interval, the tick that notices that it is over, and what a busy machine needs for the rest.
ALERTED_WITHIN_MS = (INTERVAL_S + TICK_S + 8) * 1000
ABUSE = "Your so-called supervisor is a fat useless moron and everyone at that depot is scum."
CRITICISM = "The Winter Lights budget is a disgrace. This council should be ashamed of itself."


@pytest.fixture
def pretend(socket_enabled, tmp_path: Path) -> Iterator[Pretend]:
    """A town with one post that nobody has answered yet."""
    pretend = Pretend(tmp_path, interval_s=INTERVAL_S)
    pretend.town.open_page(WEXCOMBE_PAGE, "Parks and Libraries")
    pretend.town.issue(TownToken(WEXCOMBE_TOKEN, WEXCOMBE_PAGE))
    pretend.town.publish(WEXCOMBE_PAGE, "The lights are on.", at=datetime.now(UTC))
    pretend.start(seed=False)
    try:
        assert pretend.slack.link.wait_for_connections()
        yield pretend
    finally:
        pretend.stop()


def write(page: Page, pretend: Pretend, text: str) -> None:
    page.goto(f"{pretend.pages.base_url}/page/{WEXCOMBE_PAGE}")
    post = page.get_by_role("article").first
    post.get_by_label("Write a comment").fill(text)
    post.locator(".write").get_by_label("as", exact=True).select_option("Somebody else…")
    post.locator(".write").get_by_label("Their name").fill("Robin Sandboxer")
    post.get_by_role("button", name="Comment").click()
    expect(post.get_by_text(text)).to_be_visible()


def as_moderator(page: Page, pretend: Pretend) -> None:
    page.goto(f"{pretend.pages.base_url}/slack?user=U0AMINA")


def test_an_abusive_comment_alerts_a_moderator_whose_press_hides_it_on_the_page(
    browser_page: Page, pretend: Pretend
) -> None:
    write(browser_page, pretend, ABUSE)
    as_moderator(browser_page, pretend)
    card = browser_page.locator(".message").last
    expect(card).to_contain_text("RS-06", timeout=ALERTED_WITHIN_MS)
    expect(card).not_to_contain_text("moron")

    card.get_by_role("button", name="Claim").click()
    card.get_by_role("button", name="Hide").click()
    form = browser_page.get_by_role("dialog", name="Hide WM-1")
    form.get_by_label("Clause").select_option("abuse")
    form.get_by_label("Why is this step proportionate?").fill("A personal insult, nothing else.")
    form.get_by_role("button", name="Hide", exact=True).click()

    expect(card).to_contain_text("Amina decided to hide it", timeout=ALERTED_WITHIN_MS)
    expect(card).to_contain_text("The platform says hidden since", timeout=ALERTED_WITHIN_MS)
    browser_page.goto(f"{pretend.pages.base_url}/page/{WEXCOMBE_PAGE}")
    expect(browser_page.get_by_text(ABUSE)).to_have_count(0)
    browser_page.get_by_label("View as").select_option("The page's admin")
    expect(browser_page.get_by_text("Hidden.", exact=True)).to_be_visible()


def test_criticism_stays_on_the_page_and_alerts_nobody(
    browser_page: Page, pretend: Pretend
) -> None:
    write(browser_page, pretend, CRITICISM)
    post = pretend.town.posts(WEXCOMBE_PAGE)[-1]
    written = NativeId(pretend.town.comments(post.id)[-1].id)

    def read() -> bool:
        with pretend.services.database.reading() as reading:
            counts = views.counts(reading)
        return counts.comments == 1 and counts.unassessed == 0

    as_moderator(browser_page, pretend)
    assert pretend.slack.workspace.wait_until(read, timeout_s=ALERTED_WITHIN_MS / 1000)
    with pretend.services.database.reading() as reading:
        assert views.counts(reading).lanes[Lane.CRITICISM] == 1
        assert views.case_of_comment(reading, ChannelId("facebook-parks"), written) is None
    expect(browser_page.get_by_text("Nothing in #moderation yet.")).to_be_visible()
    browser_page.goto(f"{pretend.pages.base_url}/page/{WEXCOMBE_PAGE}")
    expect(browser_page.get_by_text(CRITICISM)).to_be_visible()
