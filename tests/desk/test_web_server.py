from __future__ import annotations

import threading

import pytest
import requests

from monitor.desk.web.server import ConsoleServer, ConsoleUnavailable
from monitor.domain.people import PersonId

pytestmark = pytest.mark.sandbox


def test_a_newcomer_comes_in_by_the_printed_link(wexcombe, socket_enabled):
    with ConsoleServer(wexcombe.console, port=0) as server, requests.Session() as browser:
        page = browser.get(server.link(PersonId("amina")), timeout=10)
        health = browser.get(f"{server.url}/healthz", timeout=10)

    assert "Sign in as Amina" in page.text
    assert health.text == "ok\n"
    assert "server" not in health.headers


def test_the_server_stops_cleanly_and_starts_again(wexcombe, socket_enabled):
    server = ConsoleServer(wexcombe.console, port=0)
    for _ in range(2):
        server.start()
        assert requests.get(f"{server.url}/healthz", timeout=10).status_code == 200
        server.stop()
    server.stop()

    assert "console" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{server.url}/healthz", timeout=10)


def test_a_taken_port_is_said_with_what_to_do(wexcombe, socket_enabled):
    with ConsoleServer(wexcombe.console, port=0) as server:
        second = ConsoleServer(wexcombe.console, port=server.port)
        with pytest.raises(ConsoleUnavailable, match="Stop what uses the port") as raised:
            second.start()

    assert str(server.port) in raised.value.sentence


def test_an_address_is_written_as_a_browser_wants_it(wexcombe):
    assert ConsoleServer(wexcombe.console, host="::1", port=8420).url == "http://[::1]:8420"
