from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import facebook
import pytest
import requests

from connectors.contract import ConnectorSettings, Secret
from connectors.errors import (
    CommentGone,
    ConnectorError,
    CredentialsRejected,
    NotPermitted,
    TryLater,
    UnexpectedReply,
)
from connectors.graph import GraphClient, Usage
from connectors.graph_failures import explain
from monitor.sandbox import faults as broken
from monitor.sandbox.graph import GraphSandbox
from monitor.sandbox.graph_errors import graph_fault
from monitor.sandbox.http import Clock
from monitor.sandbox.town import WEXCOMBE_PAGE, WEXCOMBE_TOKEN

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
Build = Callable[..., GraphClient]


@pytest.fixture
def build(graph: GraphSandbox, clock: Clock) -> Iterator[Build]:
    opened: list[GraphClient] = []

    def one(*, secrets: dict[str, str] | None = None, **given: object) -> GraphClient:
        held = {"token": WEXCOMBE_TOKEN, **(secrets or {})}
        settings: dict[str, object] = {"base_url": graph.base_url, "timeout_s": 5.0, **given}
        client = GraphClient(
            ConnectorSettings(
                secrets={role: Secret(value) for role, value in held.items()},
                clock=clock,
                **settings,  # type: ignore[arg-type] # keywords of the settings
            )
        )
        opened.append(client)
        return client

    yield one
    for client in opened:
        client.close()


def caught(client: GraphClient, *, writes: bool = False) -> ConnectorError:
    given = {"post_args": {"message": "a"}} if writes else {}
    with pytest.raises(ConnectorError) as found:
        client.request("v26.0/me", **given)
    return found.value


@pytest.mark.sandbox
def test_a_modern_version_is_asked_at_our_own_host_with_the_token_in_a_header(build, graph) -> None:
    assert build().get_object("me")["id"] == WEXCOMBE_PAGE

    (asked,) = graph.requests
    assert asked.path == "/v26.0/me"
    assert asked.headers["authorization"] == f"Bearer {WEXCOMBE_TOKEN}"
    assert "access_token" not in asked.query


@pytest.mark.sandbox
def test_the_version_is_a_setting(build, graph) -> None:
    build(options={"graph_version": "v25.0"}).get_object("me")

    assert graph.requests[0].path == "/v25.0/me"


@pytest.mark.sandbox
def test_a_form_carries_no_token_either(build, graph, town) -> None:
    post = town.publish(WEXCOMBE_PAGE, "a", at=NOON)

    build().put_object(post.id, "comments", message="Thank you")

    (asked,) = graph.requests
    assert asked.form == {"message": ("Thank you",)}


@pytest.mark.sandbox
def test_the_proof_goes_along_when_there_is_an_app_secret(build, graph, town) -> None:
    post = town.publish(WEXCOMBE_PAGE, "a", at=NOON)
    client = build(secrets={"app_secret": "app-secret"})

    client.get_object("me")
    client.put_object(post.id, "comments", message="Thank you")

    proof = hmac.new(b"app-secret", WEXCOMBE_TOKEN.encode(), hashlib.sha256).hexdigest()
    assert graph.requests[0].query["appsecret_proof"] == (proof,)
    assert graph.requests[1].form["appsecret_proof"] == (proof,)


@pytest.mark.sandbox
def test_a_wrong_app_secret_is_a_matter_of_credentials(build) -> None:
    error = caught(build(secrets={"app_secret": "another"}))

    assert isinstance(error, CredentialsRejected)
    assert error.scope == "app_secret"


@pytest.mark.sandbox
def test_an_app_token_replaces_ours_for_its_own_call(build, graph) -> None:
    client = build(secrets={"app_secret": "app-secret"})

    told = client.debug_access_token(WEXCOMBE_TOKEN, "1234", "app-secret")

    assert told["data"]["is_valid"] is True
    assert graph.requests[0].headers["authorization"] == "Bearer 1234|app-secret"
    assert "appsecret_proof" not in graph.requests[0].query


@pytest.mark.sandbox
def test_a_token_with_a_line_end_from_its_file_still_works(build) -> None:
    assert build(secrets={"token": WEXCOMBE_TOKEN + "\n"}).get_object("me")["id"]


@pytest.mark.sandbox
@pytest.mark.parametrize("token", ["tok\nen", "tökén"])
def test_a_token_that_no_header_takes_is_our_mistake(build, graph, token: str) -> None:
    error = caught(build(secrets={"token": token}))

    assert isinstance(error, UnexpectedReply)
    assert graph.requests == ()


@pytest.mark.sandbox
def test_a_client_without_a_token_hears_that_one_is_needed(build) -> None:
    assert isinstance(caught(build(secrets={"token": ""})), CredentialsRejected)


@pytest.mark.sandbox
def test_status_and_headers_of_the_latest_answer_are_kept(build) -> None:
    client = build()
    client.get_object("me")

    assert client.last_status == 200
    assert client.last_headers["facebook-api-version"] == "v26.0"


CODES = [
    (1, None, TryLater),
    (2, None, TryLater),
    (3, None, CredentialsRejected),
    (4, None, TryLater),
    (10, None, CredentialsRejected),
    (17, None, TryLater),
    (32, None, TryLater),
    (100, None, UnexpectedReply),
    (100, 33, CommentGone),
    (102, None, CredentialsRejected),
    (104, None, CredentialsRejected),
    (190, 458, CredentialsRejected),
    (190, 463, CredentialsRejected),
    (200, None, CredentialsRejected),
    (299, None, CredentialsRejected),
    (341, None, TryLater),
    (368, None, TryLater),
    (613, 1996, TryLater),
    (803, None, CommentGone),
    (2500, None, UnexpectedReply),
    (80001, None, TryLater),
    (80002, None, TryLater),
    (80006, None, TryLater),
]


@pytest.mark.sandbox
@pytest.mark.parametrize(("code", "subcode", "kind"), CODES)
@pytest.mark.parametrize("status", [200, 400, 500])
def test_the_code_decides_and_not_the_status(
    build, graph, code: int, subcode: int | None, kind: type[ConnectorError], status: int
) -> None:
    if code == 2500 and status == 500:
        kind = TryLater  # an unknown code, so the status is all there is
    graph.faults.add(graph_fault(code, subcode=subcode, status=status))

    error = caught(build())

    assert type(error) is kind
    assert error.details["code"] == code


@pytest.mark.sandbox
def test_a_missing_permission_is_credentials_for_reading_and_a_refusal_for_acting(
    build, graph
) -> None:
    message = "(#200) Requires pages_manage_engagement permission"
    graph.faults.add(graph_fault(200, message))

    reading, acting = caught(build()), caught(build(), writes=True)

    assert isinstance(reading, CredentialsRejected)
    assert isinstance(acting, NotPermitted)
    assert (reading.scope, acting.scope) == ("pages_manage_engagement",) * 2
    assert "by hand" in acting.sentence


@pytest.mark.sandbox
def test_a_permission_that_is_not_named_is_not_made_up(build, graph) -> None:
    graph.faults.add(graph_fault(10, "(#10) Not now"))

    error = caught(build())

    assert isinstance(error, CredentialsRejected)
    assert error.scope is None


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("code", "pause"),
    [
        (4, timedelta(minutes=30)),
        (17, timedelta(minutes=60)),
        (368, timedelta(hours=24)),
        (80001, timedelta(minutes=60)),
    ],
)
def test_a_limit_pauses_the_whole_account_for_as_long_as_it_lasts(
    build, graph, code: int, pause: timedelta
) -> None:
    graph.faults.add(graph_fault(code))

    error = caught(build())

    assert isinstance(error, TryLater)
    assert error.at == NOON + pause
    assert error.whole_account


@pytest.mark.sandbox
def test_the_platforms_own_estimate_of_a_pause_wins(build, graph) -> None:
    row = {"type": "pages", "call_count": 101, "estimated_time_to_regain_access": 7}
    usage = {"X-Business-Use-Case-Usage": json.dumps({WEXCOMBE_PAGE: [row]})}
    graph.faults.add(graph_fault(80001, headers=usage))

    error = caught(build())

    assert isinstance(error, TryLater)
    assert error.at == NOON + timedelta(minutes=7)


@pytest.mark.sandbox
def test_an_unknown_error_that_calls_itself_transient_is_tried_again(build, graph) -> None:
    graph.faults.add(broken.json_answer(400, {"error": {"code": 999, "is_transient": True}}))

    assert isinstance(caught(build()), TryLater)


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (broken.html_page(200), UnexpectedReply),
        (broken.html_page(404), UnexpectedReply),
        (broken.html_page(502), TryLater),
        (broken.answer(200, b"", {}), UnexpectedReply),
        (broken.answer(200, b"{broken", {"Content-Type": "application/json"}), UnexpectedReply),
        (broken.answer(302, b"", {"Location": "http://127.0.0.1/"}), UnexpectedReply),
        (broken.json_answer(401, {}), CredentialsRejected),
        (broken.json_answer(403, {}), CredentialsRejected),
        (broken.json_answer(429, {"ok": False}), TryLater),
        (broken.json_answer(500, {"message": "x"}), TryLater),
        (broken.json_answer(503, []), TryLater),
        (broken.drop(), TryLater),
        (broken.truncate(), TryLater),
        (broken.delay(30), TryLater),
    ],
    ids=[
        "html-200",
        "html-404",
        "html-502",
        "nothing",
        "broken-json",
        "redirect",
        "401",
        "403",
        "429",
        "500",
        "503",
        "drop",
        "truncate",
        "delay",
    ],
)
def test_an_answer_without_an_error_body_is_judged_by_what_it_is(
    build, graph, fault: broken.Fault, kind: type[ConnectorError]
) -> None:
    graph.faults.add(fault)

    error = caught(build(timeout_s=0.3))

    assert type(error) is kind
    assert error.__cause__ is None
    assert WEXCOMBE_TOKEN not in f"{error!r} {error.details} {getattr(error, 'sample', '')}"


@pytest.mark.sandbox
def test_a_retry_after_header_is_believed(build, graph) -> None:
    graph.faults.add(broken.json_answer(429, {}, {"Retry-After": "90"}))

    error = caught(build())

    assert isinstance(error, TryLater)
    assert error.at == NOON + timedelta(seconds=90)
    assert error.whole_account


@pytest.mark.sandbox
def test_a_sample_is_kept_of_a_gateways_page_and_never_of_json(build, graph) -> None:
    secret = "s" * 40
    page = f"<html>Blocked {secret}</html>".encode()
    graph.faults.add(broken.answer(200, page, {"Content-Type": "text/html"}), times=1)
    graph.faults.add(broken.json_answer(418, {"message": "a resident's words"}), times=1)

    html, teapot = caught(build()), caught(build())

    assert isinstance(html, UnexpectedReply)
    assert html.sample == "<html>Blocked …</html>"
    assert isinstance(teapot, UnexpectedReply)
    assert teapot.sample == ""


@pytest.mark.sandbox
@pytest.mark.parametrize("answer", [[], {"data": None}, {"data": ["text"]}, {}])
def test_a_list_that_is_none_is_not_taken_for_an_empty_one(build, graph, answer: object) -> None:
    graph.faults.add(broken.json_answer(200, answer))

    with pytest.raises(UnexpectedReply):
        build().get_page("me", "comments")


@pytest.mark.sandbox
def test_calls_stop_before_the_budget_is_spent_and_go_on_after_the_pause(
    build, graph, clock
) -> None:
    client = build()
    graph.report_usage(page_percent=95, minutes=10)
    client.get_object("me")
    graph.report_usage()

    error = caught(client)

    assert isinstance(error, TryLater)
    assert error.at == NOON + timedelta(minutes=10)
    assert len(graph.requests) == 1
    clock.advance(timedelta(minutes=10))
    assert client.get_object("me")["id"] == WEXCOMBE_PAGE


@pytest.mark.sandbox
def test_a_spent_budget_without_an_estimate_pauses_for_a_quarter_of_an_hour(build, graph) -> None:
    client = build()
    graph.report_usage(app_percent=99)
    client.get_object("me")

    error = caught(client)

    assert isinstance(error, TryLater)
    assert error.at == NOON + timedelta(minutes=15)


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("header", "value", "percent"),
    [
        ("X-App-Usage", '{"call_count":28,"total_time":80,"total_cputime":25}', 80),
        ("X-Page-Usage", '{"call_count":74}', 74),
        ("X-Business-Use-Case-Usage", '{"1":[{"call_count":5},{"total_cputime":77}]}', 77),
        ("X-App-Usage", "not json", 0),
        ("X-App-Usage", "[1]", 0),
        ("X-App-Usage", '{"call_count":"many"}', 0),
    ],
)
def test_usage_is_read_from_every_header_that_may_tell_it(
    build, graph, header: str, value: str, percent: int
) -> None:
    graph.faults.add(broken.extra_headers({header: value}))
    client = build()
    client.get_object("me")

    assert client.usage.percent == percent
    assert client.usage.is_high == (percent >= 75)


def test_usage_is_spent_at_95_percent_and_high_at_75() -> None:
    assert not Usage(74).is_high
    assert Usage(75).is_high
    assert not Usage(94).is_spent
    assert Usage(95).is_spent


@pytest.mark.sandbox
def test_a_client_shows_its_host_and_no_token(build, graph) -> None:
    assert repr(build()) == f"GraphClient({graph.base_url}, v26.0)"


def test_without_a_base_url_the_platforms_own_is_meant() -> None:
    settings = ConnectorSettings("", {}, lambda: NOON)
    client = GraphClient(settings)

    assert "https://graph.facebook.com" in repr(client)
    client.close()


def exceptions_of(module: object) -> list[type[Exception]]:
    found = [value for value in vars(module).values() if isinstance(value, type)]
    # Warnings are shown and not raised.
    return [kind for kind in found if issubclass(kind, Exception) and not issubclass(kind, Warning)]


EXPORTED = {*exceptions_of(facebook), *exceptions_of(requests), *exceptions_of(requests.exceptions)}


def test_the_libraries_export_the_exceptions_that_are_looked_for() -> None:
    assert facebook.GraphAPIError in EXPORTED
    assert requests.Timeout in EXPORTED
    assert len(EXPORTED) > 15


def full_name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__name__}"


@pytest.mark.parametrize("kind", sorted(EXPORTED, key=full_name), ids=full_name)
def test_every_exception_of_the_libraries_is_mapped(kind: type[Exception]) -> None:
    arguments = ("text", "doc", 0) if kind.__name__.endswith("JSONDecodeError") else ("text",)
    waits = {
        "ChunkedEncodingError",
        "ConnectTimeout",
        "ConnectionError",
        "HTTPError",
        "ProxyError",
        "ReadTimeout",
        "RequestException",
        "RetryError",
        "SSLError",
        "Timeout",
    }

    error = explain(kind(*arguments), now=NOON)

    assert type(error) is (TryLater if kind.__name__ in waits else UnexpectedReply)
    assert "text" not in error.sentence


def test_the_facebook_librarys_own_error_is_read_by_its_code() -> None:
    told = facebook.GraphAPIError({"error": {"code": 190, "error_subcode": 463, "message": "x"}})

    assert isinstance(explain(told, now=NOON), CredentialsRejected)
    assert isinstance(explain(facebook.GraphAPIError("text"), now=NOON), UnexpectedReply)
