from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from monitor.sandbox.http import Clock
from monitor.sandbox.pages import TownPages
from monitor.sandbox.slack_hands import SlackWorkspace
from monitor.sandbox.slack_link import SlackLink
from monitor.sandbox.slack_state import Postcard, SlackFile
from monitor.sandbox.town import WEXCOMBE_PAGE, Town, seed_wexcombe

pytestmark = pytest.mark.sandbox

NOW = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
PAGE = f"/page/{WEXCOMBE_PAGE}"


@pytest.fixture
def town() -> Town:
    town = Town()
    seed_wexcombe(town, NOW)
    return town


@pytest.fixture
def workspace() -> SlackWorkspace:
    return SlackWorkspace(SlackLink(), Clock(NOW))


@pytest.fixture
def pages(socket_enabled, town: Town, workspace: SlackWorkspace) -> Iterator[TownPages]:
    clock = Clock(NOW + timedelta(minutes=1))
    with TownPages(town, workspace, clock=clock, patience_s=0.0) as pages:
        yield pages


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def test_the_index_leads_to_the_page_the_slack_and_the_console(
    socket_enabled, session: requests.Session, town: Town, workspace: SlackWorkspace
) -> None:
    with TownPages(town, workspace, console_url="http://127.0.0.1:9/") as pages:
        shown = session.get(pages.base_url, timeout=5).text

    for address in (PAGE, "/slack", "http://127.0.0.1:9/"):
        assert f'<h3><a href="{address}">' in shown


def test_the_index_says_so_where_there_is_no_console(
    pages: TownPages, session: requests.Session
) -> None:
    assert "It is not running in this sandbox." in session.get(pages.base_url, timeout=5).text


@pytest.mark.parametrize("place", ["/", PAGE, "/slack", "/page/nowhere"])
def test_every_page_is_labelled_and_locked_down(
    pages: TownPages, session: requests.Session, place: str
) -> None:
    answer = session.get(pages.base_url + place, timeout=5)

    assert "Nothing here is real" in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son\w+=", answer.text)
    assert '<main id="main"' in answer.text


@pytest.mark.parametrize("name", ["town.css", "page.css", "slack.css", "live.js", "town.svg"])
def test_what_the_pages_need_comes_from_here(
    pages: TownPages, session: requests.Session, name: str
) -> None:
    answer = session.get(f"{pages.base_url}/static/{name}", timeout=5)

    assert answer.status_code == 200
    assert "http://" not in answer.text.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "town.example"},
        {"Host": ""},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
    ],
)
def test_a_page_elsewhere_can_neither_read_nor_write_here(
    pages: TownPages, session: requests.Session, town: Town, headers: dict[str, str]
) -> None:
    before = town.changes

    answer = session.post(
        f"{pages.base_url}{PAGE}/write", data={"text": "x"}, headers=headers, timeout=5
    )

    # uvicorn itself answers a request without a host.
    assert answer.status_code in {400, 403}
    assert town.changes == before


def test_a_form_from_here_is_taken(pages: TownPages, session: requests.Session, town: Town) -> None:
    post = town.posts(WEXCOMBE_PAGE)[-1]
    form = {"viewer": "public", "post": post.id, "text": "Hello <i>you</i>", "name": "Una New"}

    answer = session.post(
        f"{pages.base_url}{PAGE}/write", data=form, headers={"Origin": pages.base_url}, timeout=5
    )

    assert answer.status_code == 200
    assert answer.url.startswith(f"{pages.base_url}{PAGE}?viewer=public#comment-")
    assert "Hello &lt;i&gt;you&lt;/i&gt;" in answer.text
    assert town.comments(post.id)[-1].created_at == NOW + timedelta(minutes=1)


def test_the_administrator_writes_as_the_page_and_a_resident_as_themselves(
    pages: TownPages, session: requests.Session, town: Town
) -> None:
    post = town.posts(WEXCOMBE_PAGE)[-1]
    first = town.comments(post.id)[0]
    assert first.author is not None
    for viewer in ("admin", first.author.id):
        form = {
            "viewer": viewer,
            "post": post.id,
            "parent": first.id,
            "text": "Thanks",
            "name": "X",
        }
        session.post(f"{pages.base_url}{PAGE}/write", data=form, timeout=5)

    names = [reply.author.name for reply in town.comments(first.id) if reply.author]
    assert names == ["Parks and Libraries", first.author.name]


def test_a_refused_comment_comes_back_with_its_words_and_the_reason(
    pages: TownPages, session: requests.Session, town: Town
) -> None:
    post = town.posts(WEXCOMBE_PAGE)[-1]
    parent = town.comments(post.id)[0]
    for place in ({}, {"parent": parent.id}):
        form = {"post": post.id, "text": "Unsigned words", "name": "", "other": " ", **place}
        answer = session.post(f"{pages.base_url}{PAGE}/write", data=form, timeout=5)

        assert answer.status_code == 409
        assert "The comment has no writer." in answer.text
        assert answer.text.count("Unsigned words") == 1


def test_a_change_is_carried_out_or_refused(
    pages: TownPages, session: requests.Session, town: Town
) -> None:
    comment = town.comments(town.posts(WEXCOMBE_PAGE)[-1].id)[0]

    def change(what: str, viewer: str) -> requests.Response:
        form = {"viewer": viewer, "comment": comment.id, "change": what}
        return session.post(f"{pages.base_url}{PAGE}/change", data=form, timeout=5)

    refused, hidden = change("hide", "public"), change("hide", "admin")

    assert (refused.status_code, hidden.status_code) == (409, 200)
    assert "Only the author" in refused.text
    assert "<strong>Hidden.</strong>" in hidden.text
    public = session.get(pages.base_url + PAGE, timeout=5).text
    assert f"comment-{comment.id}" not in public


@pytest.mark.parametrize("act", ["write", "change"])
def test_a_page_that_the_town_has_not_is_missing(
    pages: TownPages, session: requests.Session, act: str
) -> None:
    read = session.get(f"{pages.base_url}/page/1", timeout=5)
    written = session.post(f"{pages.base_url}/page/1/{act}", timeout=5)

    assert (read.status_code, written.status_code) == (404, 404)
    assert "The town has no page of that address." in written.text


def test_a_page_without_posts_says_so(
    pages: TownPages, session: requests.Session, town: Town
) -> None:
    town.open_page("8", "Roads")

    shown = session.get(f"{pages.base_url}/page/8", timeout=5).text

    assert "has not published anything yet" in shown
    assert ">Parks and Libraries</a>" in shown


def test_slack_shows_the_message_its_file_and_its_buttons_to_whoever_is_signed_in(
    pages: TownPages, session: requests.Session, workspace: SlackWorkspace
) -> None:
    workspace.keep_file(SlackFile("F1", "week.txt", "The week", b"12345", "C0REPORTS"))
    card = workspace.post(
        Postcard("C0REPORTS", "", "U0WARDMOTE", "*Weekly* <b> for <@U0CARYS>", files=("F1",))
    )
    workspace.change(card)

    shown = session.get(f"{pages.base_url}/slack?user=U0DOV&channel=C0REPORTS", timeout=5).text

    assert '<option value="U0DOV" selected>Dov</option>' in shown
    assert '<strong>Weekly</strong> &lt;b&gt; for <span class="mention">@Carys</span>' in shown
    assert "week.txt, 5 bytes" in shown
    assert "(edited)" in shown
    assert 'datetime="2026-11-20T10:15:00+00:00">10:15<' in shown


def test_a_press_on_a_message_that_is_gone_is_told_and_an_unknown_act_is_missing(
    pages: TownPages, session: requests.Session
) -> None:
    form = {"user": "U0BEDE", "channel": "C0MODERATION", "ts": "1.000001", "pressed": "claim"}

    gone = session.post(f"{pages.base_url}/slack/press", data=form, timeout=5)
    unknown = session.post(f"{pages.base_url}/slack/dance", data=form, timeout=5)

    assert gone.status_code == 409
    assert "That is no longer there." in gone.text
    assert unknown.status_code == 404


def test_closing_a_view_brings_the_channel_back(
    pages: TownPages, session: requests.Session, workspace: SlackWorkspace
) -> None:
    title = {"type": "plain_text", "text": "A closer look"}
    screen = workspace.show("U0BEDE", {"type": "modal", "title": title, "blocks": []})
    opened = session.get(f"{pages.base_url}/slack?user=U0BEDE", timeout=5).text
    form = {"user": "U0BEDE", "channel": "C0LEGAL", "view": screen.id}

    closed = session.post(f"{pages.base_url}/slack/close", data=form, timeout=5)

    assert "A closer look" in opened
    assert "A closer look" not in closed.text
    assert closed.url.endswith("/slack?user=U0BEDE&channel=C0LEGAL")


def test_the_state_moves_only_when_something_changed(
    pages: TownPages, session: requests.Session, town: Town, workspace: SlackWorkspace
) -> None:
    def state() -> str:
        return str(session.get(f"{pages.base_url}/changes?user=U0BEDE", timeout=5).json()["state"])

    first = state()
    assert state() == first
    town.hide(town.comments(town.posts(WEXCOMBE_PAGE)[0].id)[0].id)
    second = state()
    workspace.post(Postcard("C0LEGAL", "", "U0WARDMOTE", "hello"))

    assert len({first, second, state()}) == 3


def test_stopping_frees_the_port_and_ends_every_thread(
    socket_enabled, session: requests.Session, town: Town, workspace: SlackWorkspace
) -> None:
    before = threading.active_count()
    pages = TownPages(town, workspace).start()
    port = pages.port
    session.get(pages.base_url, timeout=5)

    pages.stop()
    pages.stop()

    # The web framework tells its own worker to end, and does not wait for it.
    for _ in range(100):
        if threading.active_count() > before:
            time.sleep(0.05)
    assert threading.active_count() == before, threading.enumerate()
    with TownPages(town, workspace, port=port) as again:
        assert again.base_url == f"http://127.0.0.1:{port}"


def test_a_port_that_is_taken_is_refused_at_once(
    pages: TownPages, town: Town, workspace: SlackWorkspace
) -> None:
    with pytest.raises(OSError, match="in use"):
        TownPages(town, workspace, port=pages.port).start()
