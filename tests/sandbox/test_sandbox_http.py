from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
import requests

from monitor.sandbox import faults as broken
from monitor.sandbox.http import Answer, Clock, LoopbackServer, Request, json_reply

pytestmark = pytest.mark.sandbox


def echo(request: Request) -> Answer:
    told = {
        "method": request.method,
        "path": request.path,
        "query": {name: list(values) for name, values in request.query.items()},
        "form": {name: list(values) for name, values in request.form.items()},
        "json": request.json(),
        "twist": request.twist,
    }
    return json_reply(told, headers={"X-Who": "echo"})


@pytest.fixture
def server(socket_enabled: None) -> Iterator[LoopbackServer]:
    with LoopbackServer(echo) as running:
        yield running


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as one:
        one.trust_env = False
        yield one


def test_a_request_arrives_as_it_was_sent(server, session) -> None:
    got = session.get(server.base_url + "/a%20b?x=1&x=2&empty=", timeout=5)

    assert got.headers["X-Who"] == "echo"
    assert got.json()["path"] == "/a b"
    assert got.json()["query"] == {"x": ["1", "2"], "empty": [""]}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
def test_every_method_is_answered(server, session, method: str) -> None:
    assert session.request(method, server.base_url + "/a", timeout=5).json()["method"] == method


def test_a_head_request_gets_no_body(server, session) -> None:
    got = session.head(server.base_url + "/a", timeout=5)

    assert got.status_code == 200
    assert got.content == b""


def test_forms_and_json_are_told_apart(server, session) -> None:
    form = session.post(server.base_url + "/a", data={"é": "ü"}, timeout=5).json()
    json = session.post(server.base_url + "/a", json={"é": "ü"}, timeout=5).json()
    broken_json = session.post(server.base_url + "/a", data=b"{", timeout=5).json()

    assert form["form"] == {"é": ["ü"]}
    assert form["json"] is None
    assert json["json"] == {"é": "ü"}
    assert json["form"] == {}
    assert broken_json["json"] is None


def test_an_argument_is_looked_for_in_the_form_and_then_in_the_query(server, session) -> None:
    session.post(server.base_url + "/a?a=query&b=query", data={"a": "form"}, timeout=5)

    (asked,) = server.requests
    assert asked.argument("a") == "form"
    assert asked.argument("b") == "query"
    assert asked.argument("c") is None


def test_the_log_keeps_requests_in_order_and_can_be_emptied(server, session) -> None:
    for number in range(3):
        session.get(f"{server.base_url}/{number}", timeout=5)

    assert [asked.path for asked in server.requests] == ["/0", "/1", "/2"]
    server.forget_requests()
    assert server.requests == ()


def test_a_logged_request_shows_no_token_and_no_text(server, session) -> None:
    session.post(
        server.base_url + "/a?access_token=hidden-1&x=shown",
        data={"message": "hidden-2"},
        headers={"Authorization": "Bearer hidden-3"},
        timeout=5,
    )

    shown = repr(server.requests[0])
    assert "shown" in shown
    assert "hidden" not in shown


def test_a_scripted_answer_replaces_the_platforms(server, session) -> None:
    server.faults.add(broken.json_answer(503, {"a": 1}, {"Retry-After": "3"}), times=1)

    got = session.get(server.base_url + "/a", timeout=5)

    assert (got.status_code, got.json(), got.headers["Retry-After"]) == (503, {"a": 1}, "3")
    assert "X-Who" not in got.headers


def test_headers_can_be_added_to_the_platforms_own_answer(server, session) -> None:
    server.faults.add(broken.extra_headers({"X-App-Usage": "{}"}))

    got = session.get(server.base_url + "/a", timeout=5)

    assert got.headers["X-App-Usage"] == "{}"
    assert got.json()["path"] == "/a"


def test_a_twist_is_handed_to_the_platform(server, session) -> None:
    server.faults.add(broken.twist("backwards"))

    assert session.get(server.base_url + "/a", timeout=5).json()["twist"] == "backwards"


def test_a_dropped_request_never_reached_the_platform(socket_enabled, session) -> None:
    reached: list[str] = []

    def note(request: Request) -> Answer:
        reached.append(request.path)
        return Answer()

    with LoopbackServer(note) as server:
        server.faults.add(broken.drop(), path="/before")
        server.faults.add(broken.drop_after(), path="/after")
        for path in ("/before", "/after"):
            with pytest.raises(requests.ConnectionError):
                session.get(server.base_url + path, timeout=5)

    assert reached == ["/after"]


def test_a_truncated_answer_breaks_off(server, session) -> None:
    server.faults.add(broken.truncate())

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        session.get(server.base_url + "/a", timeout=5)


def test_a_slow_answer_outlasts_the_clients_patience_and_not_the_servers_end(
    server, session
) -> None:
    server.faults.add(broken.delay(600))

    with pytest.raises(requests.Timeout):
        session.get(server.base_url + "/a", timeout=0.1)
    server.stop()

    assert not [one for one in threading.enumerate() if one.name.startswith("sandbox-")]


def test_stopping_ends_every_thread_and_frees_the_port(socket_enabled, session) -> None:
    before = threading.active_count()
    server = LoopbackServer(echo).start()
    port = server.port
    session.get(server.base_url + "/kept-alive", timeout=5)

    server.stop()
    server.stop()

    assert threading.active_count() == before
    with LoopbackServer(echo, port=port) as again:
        assert again.port == port
        assert session.get(again.base_url + "/a", timeout=5).ok


def test_a_mistake_in_the_platform_is_kept_and_is_not_a_dead_line(socket_enabled, session) -> None:
    def fail(request: Request) -> Answer:
        raise ZeroDivisionError("a mistake")

    with LoopbackServer(fail) as server:
        got = session.get(server.base_url + "/a", timeout=5)

    assert got.status_code == 500
    assert "ZeroDivisionError" in got.text
    assert [type(error) for error in server.failures] == [ZeroDivisionError]


def test_many_connections_at_once_are_all_answered(server) -> None:
    answered: list[int] = []

    def ask() -> None:
        got = requests.get(server.base_url + "/a", timeout=10)
        answered.append(got.status_code)

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answered == [200] * 16


def test_a_clock_stands_still_until_it_is_moved() -> None:
    clock = Clock(datetime(2026, 11, 20, 13, tzinfo=timezone(timedelta(hours=1))))

    assert clock() == datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert clock().tzinfo is UTC
    clock.advance(timedelta(hours=2))
    assert clock() == datetime(2026, 11, 20, 14, tzinfo=UTC)
    clock.set(datetime(2027, 1, 1, tzinfo=UTC))
    assert clock() == datetime(2027, 1, 1, tzinfo=UTC)


def test_a_clock_that_was_not_set_follows_the_machine() -> None:
    clock = Clock()
    earlier = datetime.now(UTC)

    assert clock() >= earlier
    clock.advance(timedelta(days=1))
    assert clock() >= earlier + timedelta(days=1)
