"""Take the pictures of the documentation from a running demo, so that they cannot drift from it.

Usage: python docs/take_pictures.py [DIRECTORY]

Plays one comment's story in a real Chromium against the pretend town and writes the pictures
into ``docs/images``, or into the directory named. Needs the development set, Chromium, and a font
with emoji (Debian: fonts-noto-color-emoji). Look at every picture afterwards.
"""  # noqa: INP001 - a script beside the pages, not a package

from __future__ import annotations

import base64
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect, sync_playwright

from monitor.cli.pretend import Pretend
from monitor.domain.people import PersonId
from monitor.sandbox.town import WEXCOMBE_PAGE
from monitor.store import views
from monitor.workflow import report

DESK = ViewportSize(width=1120, height=760)
PHONE = ViewportSize(width=390, height=780)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
ABUSE = (
    "Third week the bins are missed on Mill Lane. Your so-called supervisor is a fat useless "
    "moron and everyone at that depot is scum."
)
WHY = "Personal insult; the missed bins are answered in a reply."
PATIENCE_MS = 30_000
CAPTIONS = (
    "A resident writes under the council's post",
    "A moderator is told, with the words masked, and claims it",
    "She decides; the platform says hidden",
)
STYLE = (
    "body{margin:0;font-family:sans-serif;background:#eef0ef}"
    "main{display:grid;grid-template-columns:1fr 1fr;gap:16px;padding:16px;width:1168px}"
    "figure{margin:0;background:#fff;border:1px solid #ccd3d0;border-radius:8px;padding:12px}"
    "figure:first-child{grid-column:1/3}"
    "figcaption{font-weight:bold;margin-bottom:8px}img{width:100%}"
    "figure:first-child img{width:600px;display:block;margin:auto}"
)


class Story:
    """One comment from a resident's keyboard to hidden, with a picture of each step.

    Args:
        pretend: A started town.
        browser: Where it is looked at.
        directory: Where the pictures go.
    """

    def __init__(self, pretend: Pretend, browser: Browser, directory: Path) -> None:
        self._pretend = pretend
        self._directory = directory
        self._desk = browser.new_context(
            viewport=DESK, locale="en-GB", timezone_id="Europe/London"
        ).new_page()
        self._phone = browser.new_context(
            viewport=PHONE, locale="en-GB", timezone_id="Europe/London"
        ).new_page()
        for page in (self._desk, self._phone):
            page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        self._told = 0
        self._cuts: list[bytes] = []
        self._council = f"{pretend.pages.base_url}/page/{WEXCOMBE_PAGE}"
        self._slack = f"{pretend.pages.base_url}/slack?user=U0AMINA"

    def tell(self) -> None:
        """Play the story once, from the first word to the weekly report."""
        self._the_town_settles()
        self._a_resident_writes()
        self._amina_is_alerted_and_claims()
        self._amina_decides()
        self._the_comment_is_gone()
        self._the_console()
        self._the_week()
        self._all_in_one()

    def _the_town_settles(self) -> None:
        """Wait until everything that the town began with is read and told."""
        self._desk.goto(self._slack)
        expect(self._desk.locator(".message").first).to_be_visible()
        services = self._pretend.services
        counts = None
        while counts is None or counts.unassessed or counts.pending_letters:
            self._desk.wait_for_timeout(1_000)
            with services.database.reading() as reading:
                counts = views.counts(reading)
        self._desk.reload()
        self._told = self._desk.locator(".message").count()

    def _a_resident_writes(self) -> None:
        page = self._desk
        page.goto(self._council)
        post = page.get_by_role("article").first
        post.get_by_label("Write a comment").fill(ABUSE)
        post.locator(".write").get_by_label("as", exact=True).select_option("Gus Thornaby")
        self._shoot(page, "1-the-comment-is-typed")
        self._cut(post.locator(".write"))
        post.get_by_role("button", name="Comment").click()
        expect(post.get_by_text(ABUSE)).to_be_visible()

    def _amina_is_alerted_and_claims(self) -> None:
        page = self._desk
        page.goto(self._slack)
        expect(page.locator(".message")).to_have_count(self._told + 1)
        newest = page.locator(".message").last
        self._shoot(page, "2-the-alert")
        self._cut(newest)
        self._phone.goto(self._slack)
        self._shoot(self._phone, "10-slack-on-a-phone")
        newest.get_by_role("button", name="Claim").click()
        expect(newest.get_by_role("button", name="Hide")).to_be_visible()
        self._shoot(page, "3-claimed")

    def _amina_decides(self) -> None:
        page = self._desk
        newest = page.locator(".message").last
        newest.get_by_role("button", name="Hide").click()
        form = page.get_by_role("dialog", name="Hide WM")
        form.get_by_label("Clause").select_option(index=1)
        form.get_by_label("Why is this step proportionate?").fill(WHY)
        self._shoot(page, "4-the-decision")
        form.get_by_role("button", name="Hide", exact=True).click()
        expect(newest.get_by_text("hidden since")).to_be_visible()
        page.wait_for_timeout(500)
        self._shoot(page, "5-hidden-says-the-platform")
        self._cut(newest)

    def _the_comment_is_gone(self) -> None:
        page = self._desk
        page.goto(self._council)
        expect(page.get_by_text(ABUSE)).to_have_count(0)
        # The same place of the page as in the first picture.
        page.get_by_role("article").first.get_by_label("Write a comment").focus()
        self._shoot(page, "6-the-public-page")

    def _the_console(self) -> None:
        for page in (self._desk, self._phone):
            self._sign_in(page)
        self._shoot(self._desk, "7-the-queue")
        worst = self._desk.get_by_role("link", name="WM-").first.get_attribute("href")
        self._desk.goto(f"{self._console}{worst}")
        self._desk.get_by_role("button", name="Claim this case").click()
        self._shoot(self._desk, "8-a-case")
        self._phone.goto(f"{self._console}{worst}")
        self._shoot(self._phone, "11-a-case-on-a-phone")

    def _the_week(self) -> None:
        label = report.make_report(self._pretend.services, datetime.now(UTC))
        self._desk.goto(f"{self._console}/reports/{label}/document")
        self._shoot(self._desk, "9-the-weekly-report")

    def _all_in_one(self) -> None:
        """The picture of the README: three cuts of the story beside each other."""
        panels = "".join(
            f'<figure><figcaption>{words}</figcaption><img src="data:image/png;base64,'
            f'{base64.b64encode(cut).decode()}"></figure>'
            for words, cut in zip(CAPTIONS, self._cuts, strict=True)
        )
        self._desk.set_viewport_size(ViewportSize(width=1200, height=600))
        self._desk.goto("about:blank")
        self._desk.set_content(f"<style>{STYLE}</style><main>{panels}</main>")
        path = self._directory / "demo.png"
        self._desk.locator("main").screenshot(path=path)
        print(f"wrote {path}")  # noqa: T201 - a script says what it did

    def _cut(self, part: Locator) -> None:
        self._cuts.append(part.screenshot(animations="disabled"))

    @property
    def _console(self) -> str:
        daemon = self._pretend.daemon
        if daemon is None or daemon.console is None:
            raise RuntimeError("the demo serves no console")
        return daemon.console.url

    def _sign_in(self, page: Page) -> None:
        daemon = self._pretend.daemon
        if daemon is None or daemon.console is None:
            raise RuntimeError("the demo serves no console")
        page.goto(daemon.console.link(PersonId("carys")))
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Queue")

    def _shoot(self, page: Page, name: str) -> None:
        path = self._directory / f"{name}.png"
        page.screenshot(path=path, animations="disabled")
        print(f"wrote {path}")  # noqa: T201 - a script says what it did


def main() -> int:
    """Take every picture; returns the exit status."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("Chromium is not installed: apt-get install chromium", file=sys.stderr)  # noqa: T201
        return 1
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "images"
    directory.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="wardmote-pictures-") as home,
        Pretend(Path(home), interval_s=1) as pretend,
        sync_playwright() as playwright,
    ):
        pretend.slack.link.wait_for_connections()
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        try:
            Story(pretend, browser, directory).tell()
        finally:
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
