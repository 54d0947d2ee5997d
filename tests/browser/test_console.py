from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from config.standards import Severity
from monitor.desk.web.server import ConsoleServer
from monitor.domain.people import PersonId
from monitor.store.engine import Database
from tests.consoles import Wexcombe
from tests.databases import sqlite_template

__all__ = ["sqlite_template"]

pytestmark = [pytest.mark.browser, pytest.mark.sandbox]

NASTY = "You useless <script>document.title = 'stolen'</script><img src=x onerror=alert(1)> lot."


@pytest.fixture
def council(sqlite_template: Path, tmp_path: Path, socket_enabled):
    """Wexcombe with its console served on this machine."""
    path = tmp_path / "console.db"
    shutil.copy(sqlite_template, path)
    database = Database.open(f"sqlite:///{path}")
    wexcombe = Wexcombe(database)
    wexcombe.populate()
    with ConsoleServer(wexcombe.console, port=0) as server:
        wexcombe.server = server
        yield wexcombe
    database.dispose()


def arrive(page, council, who="amina"):
    page.goto(council.server.link(PersonId(who)))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Queue")


def test_a_moderator_claims_reads_and_hides_from_the_queue(browser_page, council):
    case = council.case(NASTY)
    arrive(browser_page, council)

    browser_page.get_by_role("link", name=case.reference).click()
    expect(browser_page.locator("#comment-text")).not_to_contain_text("useless")
    browser_page.get_by_role("button", name="Claim this case").click()
    browser_page.get_by_role("button", name="Show the text").click()
    expect(browser_page.locator("#comment-text mark")).to_contain_text("useless")
    expect(browser_page.locator("#comment-text")).to_contain_text("<script>document.title")
    browser_page.get_by_label("Hide", exact=True).check()
    browser_page.get_by_label("Why it is proportionate").fill("Aimed at one team.")
    browser_page.get_by_role("button", name="Record the decision").click()

    expect(browser_page.get_by_role("status")).to_contain_text("decision to hide it is on record")
    expect(browser_page.locator(".status")).to_contain_text("Waiting for the platform")
    assert "stolen" not in browser_page.title()


def test_a_new_case_appears_without_loading_the_page_again(browser_page, council):
    browser_page.clock.install()
    arrive(browser_page, council)
    expect(browser_page.get_by_text("Nothing here waits for you")).to_be_visible()
    expect(browser_page.get_by_role("button", name="Pause")).to_be_visible()

    case = council.case()
    browser_page.clock.run_for(16_000)

    expect(browser_page.get_by_role("link", name=case.reference)).to_be_visible()
    expect(browser_page.get_by_role("status")).to_have_text("Now 1 case.")


def test_a_paused_list_stays_as_it_is(browser_page, council):
    browser_page.clock.install()
    arrive(browser_page, council)
    browser_page.get_by_role("button", name="Pause").click()

    case = council.case()
    browser_page.clock.run_for(60_000)
    expect(browser_page.get_by_role("link", name=case.reference)).to_have_count(0)

    browser_page.get_by_role("button", name="Keep it fresh").click()
    expect(browser_page.get_by_role("link", name=case.reference)).to_be_visible()


def test_a_refused_decision_puts_the_focus_on_what_is_wrong(browser_page, council):
    case = council.case()
    council.claimed_by("amina", case)
    arrive(browser_page, council)
    browser_page.goto(f"{council.server.url}/cases/{case.reference}")

    browser_page.get_by_role("button", name="Record the decision").click()

    expect(browser_page.get_by_role("alert")).to_be_focused()
    expect(browser_page.get_by_role("alert")).to_contain_text("Choose what you decide.")
    assert browser_page.title().startswith("Error: ")


def test_the_keyboard_alone_reaches_the_content_first(browser_page, council):
    arrive(browser_page, council)
    browser_page.reload()

    browser_page.keyboard.press("Tab")
    expect(browser_page.get_by_role("link", name="Skip to main content")).to_be_focused()
    expect(browser_page.get_by_role("link", name="Skip to main content")).to_be_in_viewport()
    browser_page.keyboard.press("Enter")

    assert browser_page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("width", [360, 320])
def test_nothing_has_to_be_scrolled_sideways_on_a_phone(phone_page, council, width):
    case = council.case(f"A {'useless' * 40} here.", ("private-information", Severity.S1))
    council.claimed_by("carys", case)
    phone_page.set_viewport_size({"width": width, "height": 640})
    phone_page.goto(f"{council.server.url}/sign-in")
    assert fits(phone_page, width)
    arrive(phone_page, council, "carys")

    for path in ("/queue", f"/cases/{case.reference}", "/channels", "/reports", "/outbox"):
        phone_page.goto(council.server.url + path)
        assert fits(phone_page, width), path
    phone_page.goto(f"{council.server.url}/cases/{case.reference}")
    phone_page.get_by_role("button", name="Show the text").click()
    expect(phone_page.locator("#comment-text mark")).to_be_visible()
    assert fits(phone_page, width)


def test_text_is_large_and_every_press_is_big_enough(browser_page, council):
    case = council.case()
    council.claimed_by("amina", case)
    arrive(browser_page, council)
    browser_page.goto(f"{council.server.url}/cases/{case.reference}")

    assert browser_page.evaluate("getComputedStyle(document.body).fontSize") == "19px"
    for control in browser_page.locator("button, select, input:not([type=hidden])").all():
        box = control.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24, control.inner_text()


def test_every_field_has_a_name_and_every_page_one_heading_and_one_main(browser_page, council):
    case = council.case()
    council.claimed_by("carys", case)
    arrive(browser_page, council, "carys")

    for path in ("/queue", f"/cases/{case.reference}", "/channels", "/reports", "/outbox"):
        browser_page.goto(council.server.url + path)
        assert browser_page.locator("h1").count() == 1, path
        assert browser_page.get_by_role("main").count() == 1
        nameless = browser_page.eval_on_selector_all(
            "input:not([type=hidden]), select",
            "all => all.filter(each => !each.labels.length).length",
        )
        assert nameless == 0, path
        assert re.search(r"\w+ - Wardmote", browser_page.title())


def fits(page, width):
    page.wait_for_load_state("load")
    return page.evaluate("document.documentElement.scrollWidth") <= width
