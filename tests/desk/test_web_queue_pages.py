from __future__ import annotations

import pytest

from config.standards import Lane, Severity
from monitor.desk.web import queue_pages
from monitor.domain.people import Person, PersonId, Role
from tests.consoles import HIGHWAYS, PARKS, press


def test_the_queue_shows_the_most_serious_case_first_and_no_words_of_the_comment(wexcombe):
    minor = wexcombe.case("Some useless words here.", ("language", Severity.S4))
    grave = wexcombe.case("We burn it down tonight.", ("threat", Severity.S1))

    page = wexcombe.signed_in("amina").get("/queue").text

    assert page.index(grave.reference) < page.index(minor.reference)
    assert "RS-01" in page
    assert "burn it down" not in page
    assert "useless" not in page


def test_the_start_page_leads_to_the_queue(wexcombe):
    answer = wexcombe.stranger().get("/")

    assert (answer.status_code, answer.headers["location"]) == (303, "/queue")


@pytest.mark.parametrize(
    "words",
    [
        "severity=S1",
        "clause=threat",
        "channel=facebook-roads",
        f"service={HIGHWAYS}",
        "state=claimed",
    ],
)
def test_each_filter_narrows_the_queue(wexcombe, words):
    other = wexcombe.case()
    wanted = wexcombe.case(
        "We burn it down tonight.", ("threat", Severity.S1), channel_id="facebook-roads"
    )
    carys = wexcombe.signed_in("carys")
    press(carys, f"/cases/{wanted.reference}/claim")

    page = carys.get(f"/queue?{words}").text

    assert wanted.reference in page
    assert other.reference not in page
    assert "selected" in page


def test_empty_choices_mean_everything(wexcombe):
    case = wexcombe.case()

    page = wexcombe.signed_in("amina").get("/queue?state=&severity=&clause=&channel=&service=").text

    assert case.reference in page


def test_a_moderator_of_another_service_sees_another_queue(wexcombe):
    case = wexcombe.case()
    dov = wexcombe.signed_in("dov")

    assert case.reference not in dov.get("/queue").text
    refused = dov.get(f"/queue?service={PARKS}")
    assert refused.status_code == 404
    assert "not yours to see" in refused.text


def test_a_choice_that_is_none_is_refused_with_a_sentence(wexcombe):
    answer = wexcombe.signed_in("amina").get("/queue?severity=S9")

    assert answer.status_code == 422
    assert "not one of the choices" in answer.text


def test_a_case_without_a_clause_is_called_by_its_lane(wexcombe):
    wexcombe.case("Nisam siguran u ovo.", lane=Lane.UNSURE)

    assert "Unsure: no model here can judge it" in wexcombe.signed_in("amina").get("/queue").text


def test_the_queue_says_who_holds_a_case_and_to_whom_one_was_escalated(wexcombe):
    held = wexcombe.case()
    press(wexcombe.signed_in("bede"), f"/cases/{held.reference}/claim")

    assert "Claimed by Bede" in wexcombe.signed_in("amina").get("/queue").text


def test_an_empty_queue_says_so(wexcombe):
    assert "Nothing here waits for you" in wexcombe.signed_in("amina").get("/queue").text


def test_a_long_queue_is_cut_into_pages_that_keep_the_choice(wexcombe):
    cases = [wexcombe.case(f"Comment number {number} here.") for number in range(52)]
    amina = wexcombe.signed_in("amina")

    first = amina.get("/queue?severity=S3").text
    second = amina.get("/queue?severity=S3&page=2").text

    assert "52 cases, page 1 of 2" in first
    assert "severity=S3&amp;page=2" in first
    assert f">{cases[-1].reference}<" not in first
    assert f">{cases[-1].reference}<" in second
    assert 'href="/queue?severity=S3">Previous page' in second
    assert first.count('<th scope="row">') == queue_pages.PER_PAGE


def test_the_script_is_sent_the_list_alone_and_does_not_keep_the_session_alive(wexcombe):
    wexcombe.case()
    amina = wexcombe.signed_in("amina")
    wexcombe.clock.passes(minutes=20)

    answer = amina.get("/queue", headers={"X-Wardmote-Refresh": "1"})

    assert "<table" in answer.text
    assert "<html" not in answer.text
    assert "set-cookie" not in answer.headers
    wexcombe.clock.passes(minutes=11)
    assert amina.get("/queue").status_code == 303


def test_somebody_who_answers_for_no_channel_sees_no_case(wexcombe):
    person = Person(PersonId("fay"), "Fay", Role.MODERATOR, frozenset({"Museums"}))
    wexcombe.hire(person)
    case = wexcombe.case()

    assert case.reference not in wexcombe.signed_in("fay").get("/queue").text


def test_a_case_of_a_service_that_is_no_longer_configured_still_waits_in_the_queue(wexcombe):
    case = wexcombe.case(channel_id="facebook-roads")
    wexcombe.services.channels.pop("facebook-roads")

    page = wexcombe.signed_in("carys").get("/queue").text
    assert case.reference in page
    assert HIGHWAYS in page
    assert case.reference in wexcombe.signed_in("dov").get(f"/queue?service={HIGHWAYS}").text
    assert case.reference not in wexcombe.signed_in("amina").get("/queue").text
