from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from monitor.desk.web.app import build_console, issue_link
from monitor.desk.web.pages import local_path
from monitor.domain.people import PersonId
from monitor.store import people
from tests.consoles import PASSWORD, SECRET, Wexcombe, form_token, press


def sign_in(client, name="amina", password=PASSWORD, **form):
    return press(client, "/sign-in", shown="/sign-in", name=name, password=password, **form)


def test_the_right_password_leads_to_what_was_asked_for(wexcombe):
    stranger = wexcombe.stranger()
    sent_away = stranger.get("/cases/WM-1?said=claimed")

    assert sent_away.headers["location"] == "/sign-in?then=%2Fcases%2FWM-1%3Fsaid%3Dclaimed"
    answer = sign_in(stranger, name=" Amina ", then="/channels")
    assert (answer.status_code, answer.headers["location"]) == (303, "/channels")
    assert "Amina, moderator" in stranger.get("/queue").text
    assert ("web.sign_in", {"by": "amina"}) in wexcombe.log.said


@pytest.mark.parametrize(
    ("name", "password"),
    [("amina", "wrong"), ("nobody", PASSWORD), ("gone", PASSWORD), ("", ""), ("amina", "")],
)
def test_every_wrong_pair_is_told_the_same(wexcombe, name, password):
    stranger = wexcombe.stranger()

    answer = sign_in(stranger, name, password)

    assert answer.status_code == 401
    assert "The name or the password is not right." in answer.text
    assert PASSWORD not in answer.text
    assert stranger.get("/queue").status_code == 303


def test_guessing_is_stopped_for_a_while_even_with_the_right_password_at_last(wexcombe):
    stranger = wexcombe.stranger()
    for _ in range(5):
        sign_in(stranger, password="guess")

    answer = sign_in(stranger)

    assert answer.status_code == 429
    assert "Try again in 15 minutes." in answer.text
    wexcombe.clock.passes(minutes=14, seconds=30)
    assert "Try again in 1 minute." in sign_in(stranger).text
    wexcombe.clock.passes(seconds=30)
    assert sign_in(stranger).status_code == 303


def test_the_session_is_another_one_after_signing_in(wexcombe):
    stranger = wexcombe.stranger()
    stranger.get("/sign-in")
    before = stranger.cookies["wardmote"]
    token_before = form_token(stranger, "/sign-in")

    sign_in(stranger)

    assert before != stranger.cookies["wardmote"]
    assert token_before != form_token(stranger, "/queue")
    planted = wexcombe.stranger()
    planted.cookies.set("wardmote", before)
    assert planted.get("/queue").status_code == 303


def test_signing_out_ends_every_copy_of_the_session(wexcombe):
    amina = wexcombe.signed_in("amina")
    copy = wexcombe.stranger()
    copy.cookies.set("wardmote", amina.cookies["wardmote"])
    assert copy.get("/queue").status_code == 200

    answer = press(amina, "/sign-out")

    assert answer.headers["location"] == "/sign-in?left=yes"
    assert "You have signed out." in amina.get("/sign-in?left=yes").text
    assert amina.get("/queue").status_code == 303
    assert copy.get("/queue").status_code == 303


def test_somebody_idle_is_asked_to_sign_in_again(wexcombe):
    amina = wexcombe.signed_in("amina")

    wexcombe.clock.passes(minutes=29)
    assert amina.get("/queue").status_code == 200
    wexcombe.clock.passes(minutes=29)
    assert amina.get("/queue").status_code == 200
    wexcombe.clock.passes(minutes=31)
    assert amina.get("/queue").status_code == 303


def test_a_person_whose_access_is_switched_off_is_out_at_once(wexcombe):
    amina = wexcombe.signed_in("amina")
    off = wexcombe.person("gone")
    with wexcombe.database.transaction() as tx:
        people.save(tx, type(off)(PersonId("amina"), "Amina", off.role, active=False))

    assert amina.get("/queue").status_code == 303


def test_a_link_is_used_by_a_press_and_not_by_looking(wexcombe):
    token = issue_link(wexcombe.console, PersonId("amina"))
    stranger = wexcombe.stranger()

    for _ in range(3):
        assert "Sign in as Amina" in stranger.get(f"/sign-in/link?token={token}").text
    first = press(stranger, "/sign-in/link", shown="/sign-in", token=token)
    second = press(wexcombe.stranger(), "/sign-in/link", shown="/sign-in", token=token)

    assert (first.status_code, first.headers["location"]) == (303, "/queue")
    assert second.status_code == 410
    assert "was used already" in second.text
    assert wexcombe.stranger().get(f"/sign-in/link?token={token}").status_code == 410


def test_a_link_of_somebody_who_left_signs_nobody_in(wexcombe):
    token = issue_link(wexcombe.console, PersonId("gone"))

    answer = press(wexcombe.stranger(), "/sign-in/link", shown="/sign-in", token=token)

    assert answer.status_code == 410


@pytest.mark.parametrize(
    "path",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "/\\elsewhere.example/",
        "\\\\elsewhere.example",
        "elsewhere",
        "",
        "/queue\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
    ],
)
def test_signing_in_leads_nowhere_else(wexcombe, path):
    assert local_path(path) == "/queue"
    answer = sign_in(wexcombe.stranger(), then=path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/queue")


def test_a_form_after_the_session_ended_leads_to_sign_in_without_its_address(wexcombe):
    case = wexcombe.case()

    answer = wexcombe.stranger().post(f"/cases/{case.reference}/claim")

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_over_https_the_cookie_travels_over_nothing_else(wexcombe):
    secure = Wexcombe(wexcombe.database, console_url="https://wardmote.wexcombe.example")
    client = TestClient(secure.console, base_url="https://wardmote.wexcombe.example")

    answer = client.get("/sign-in")

    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-wardmote=")
    assert {"Path=/", "HttpOnly", "SameSite=Lax", "Secure"} <= set(cookie.split("; "))
    assert "max-age" in answer.headers["strict-transport-security"]


def test_a_short_secret_is_refused(wexcombe):
    with pytest.raises(ValueError, match="at least 32"):
        build_console(wexcombe.services, secret=SECRET[:31])
