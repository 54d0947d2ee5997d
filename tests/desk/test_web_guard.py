from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from monitor.desk.web.guard import BODY_LIMIT, Guard
from tests.consoles import form_token


def test_every_page_forbids_scripts_and_frames_that_are_not_ours(wexcombe):
    wexcombe.case()
    amina = wexcombe.signed_in("amina")

    for path in ("/queue", "/cases/WM-1", "/channels", "/reports", "/nowhere", "/healthz"):
        answer = amina.get(path)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none';"), path
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "<script>" not in answer.text
        assert " style=" not in answer.text
        assert " onclick" not in answer.text


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(wexcombe):
    cookie = wexcombe.stranger().get("/sign-in").headers["set-cookie"]

    assert {"Path=/", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


def test_a_health_check_is_given_no_cookie(wexcombe):
    assert "set-cookie" not in wexcombe.stranger().get("/healthz").headers
    assert "set-cookie" not in wexcombe.stranger().get("/static/wardmote.css").headers


def test_a_cookie_that_cannot_be_read_is_no_cookie(wexcombe):
    answer = wexcombe.stranger().get("/queue", headers={"cookie": 'wardmote="\\"; ;;=[]'})

    assert answer.status_code == 303


@pytest.mark.parametrize("token", [None, "", "0" * 64, "ä"])
def test_a_form_without_the_right_token_changes_nothing(wexcombe, token):
    case = wexcombe.case()
    amina = wexcombe.signed_in("amina")

    answer = amina.post(
        f"/cases/{case.reference}/claim", data={} if token is None else {"form_token": token}
    )

    assert answer.status_code == 403
    assert "not made for your present session" in answer.text
    assert wexcombe.case_now(case.id) == case


def test_a_form_of_another_persons_session_changes_nothing(wexcombe):
    case = wexcombe.case()
    amina, bede = wexcombe.signed_in("amina"), wexcombe.signed_in("bede")

    answer = amina.post(
        f"/cases/{case.reference}/claim", data={"form_token": form_token(bede, "/channels")}
    )

    assert answer.status_code == 403
    assert wexcombe.case_now(case.id) == case


def test_signing_in_and_out_need_their_token_too(wexcombe):
    amina = wexcombe.signed_in("amina")

    assert amina.post("/sign-out").status_code == 403
    assert amina.post("/sign-in", data={"name": "amina"}).status_code == 403
    assert amina.post("/sign-in/link", data={"token": "x"}).status_code == 403
    assert amina.get("/queue").status_code == 200


def test_a_form_sent_from_another_site_is_refused_before_it_is_read(wexcombe):
    case = wexcombe.case()
    amina = wexcombe.signed_in("amina")
    form = {"form_token": form_token(amina, "/channels")}

    answer = amina.post(
        f"/cases/{case.reference}/claim", data=form, headers={"sec-fetch-site": "cross-site"}
    )

    assert answer.status_code == 403
    assert "another site" in answer.text
    assert wexcombe.case_now(case.id) == case


def test_a_huge_form_is_refused_whether_or_not_it_says_how_long_it_is(wexcombe):
    amina = wexcombe.signed_in("amina")

    def pieces():
        for _ in range(5):
            yield b"note=" + b"x" * (BODY_LIMIT // 4)

    said = amina.post("/sign-out", content=b"x" * (BODY_LIMIT + 1))
    unsaid = amina.post(
        "/sign-out",
        content=pieces(),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )

    assert said.status_code == 413
    assert unsaid.status_code == 400
    assert amina.get("/queue").status_code == 200


def test_a_fault_shows_one_sentence_and_logs_its_kind_alone(wexcombe):
    case = wexcombe.case("You useless lot here.")
    amina = wexcombe.signed_in("amina")
    wexcombe.can = None

    answer = amina.get(f"/cases/{wexcombe.claimed_by('amina', case).reference}")

    assert answer.status_code == 500
    assert "because of a fault in Wardmote" in answer.text
    assert "content-security-policy" in answer.headers
    assert ("web.failed", {"error": "AttributeError", "path": "/cases/{reference}"}) in (
        wexcombe.log.said
    )


def test_an_unusable_database_says_that_nothing_was_changed(wexcombe, tmp_path):
    amina = wexcombe.signed_in("amina")
    wexcombe.database.dispose()
    (tmp_path / "console.db").write_bytes(b"This is no database at all." * 400)

    answer = amina.get("/channels")

    assert answer.status_code == 503
    assert "so nothing was changed" in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status", "sentence"),
    [
        ("GET", "/nowhere", 404, "There is no such page."),
        ("POST", "/queue", 405, "does not take what was sent to it"),
        ("GET", "/static/nothing.css", 404, "There is no such page."),
    ],
)
def test_what_is_not_there_is_said_in_one_sentence(wexcombe, method, path, status, sentence):
    answer = wexcombe.signed_in("amina").request(method, path)

    assert answer.status_code == status
    assert sentence in answer.text


def test_an_answer_that_breaks_off_is_not_followed_by_another(wexcombe):
    async def half(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise LookupError

    guard = Guard(
        half,
        sessions=wexcombe.console.state.console.sessions,
        is_secure=False,
        on_failure=lambda _request, _error: pytest.fail("an answer had begun"),
    )

    with pytest.raises(LookupError):
        TestClient(guard).get("/")


def test_what_is_not_a_page_passes_untouched(wexcombe):
    seen = []

    async def app(scope, receive, send):
        seen.append(scope)
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    guard = Guard(
        app,
        sessions=wexcombe.console.state.console.sessions,
        is_secure=False,
        on_failure=lambda _request, _error: pytest.fail("nothing fails here"),
    )
    with TestClient(guard):
        pass

    assert [scope["type"] for scope in seen] == ["lifespan"]
    assert "visit" not in seen[0].get("state", {})
