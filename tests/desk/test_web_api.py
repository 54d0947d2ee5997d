from __future__ import annotations

from config.standards import Severity
from tests.consoles import TEXT, hidden, press


def test_the_queue_is_the_pages_queue_without_words(wexcombe):
    minor = wexcombe.case()
    grave = wexcombe.case("We burn it down tonight.", ("threat", Severity.S1))

    answer = wexcombe.signed_in("amina").get("/api/v1/queue")

    body = answer.json()
    assert (body["total"], body["page"]) == (2, 1)
    assert [case["reference"] for case in body["cases"]] == [grave.reference, minor.reference]
    assert body["cases"][0]["clauses"] == ["threat"]
    assert body["cases"][0]["opened_at"].endswith("Z")
    assert "burn it down" not in answer.text


def test_the_queue_can_be_narrowed(wexcombe):
    wexcombe.case()

    body = wexcombe.signed_in("amina").get("/api/v1/queue?severity=S1").json()

    assert body == {"total": 0, "page": 1, "cases": []}


def test_a_case_comes_with_its_decisions_and_no_text(wexcombe):
    case = wexcombe.case()
    amina = wexcombe.signed_in("amina")
    press(amina, f"/cases/{case.reference}/claim")
    text = amina.get(f"/cases/{case.reference}").text
    press(
        amina,
        f"/cases/{case.reference}/decide",
        outcome="hide",
        clause="abuse",
        note="A note for the record.",
        version=hidden(text, "version"),
        press=hidden(text, "press"),
    )

    answer = amina.get(f"/api/v1/cases/{case.reference}")

    body = answer.json()
    assert (body["state"], body["score"]) == ("decided", 0.91)
    assert [each["by"] for each in body["decisions"]] == ["amina"]
    assert [each["state"] for each in body["enforcements"]] == ["requested"]
    assert "Waiting for the platform" in body["status"]
    assert TEXT not in answer.text
    assert "A resident" not in answer.text


def test_a_stranger_and_a_wrong_question_are_told_in_json(wexcombe):
    case = wexcombe.case()

    stranger = wexcombe.stranger().get("/api/v1/queue")
    dov = wexcombe.signed_in("dov").get(f"/api/v1/cases/{case.reference}")
    wrong = wexcombe.signed_in("amina").get("/api/v1/queue?page=0")
    nowhere = wexcombe.signed_in("amina").get("/api/v1/nothing")

    assert (stranger.status_code, stranger.json()) == (
        401,
        {"problem": "Sign in at /sign-in first."},
    )
    assert dov.status_code == 403
    assert "belongs to" in dov.json()["problem"]
    assert (wrong.status_code, nowhere.status_code) == (422, 404)
    assert "problem" in wrong.json()


def test_the_api_describes_itself_and_offers_nothing_that_writes(wexcombe):
    document = wexcombe.stranger().get("/api/v1/openapi.json").json()

    assert set(document["paths"]) == {"/api/v1/queue", "/api/v1/cases/{reference}"}
    assert {method for path in document["paths"].values() for method in path} == {"get"}
    assert "CaseAnswer" in document["components"]["schemas"]
