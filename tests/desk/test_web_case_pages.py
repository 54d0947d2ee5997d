from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from config.standards import Lane, Severity
from connectors.contract import Author, Capabilities, NativeId
from monitor.desk.web.app import build_console
from monitor.domain.case import CaseState, DecisionOutcome, EnforcementState
from monitor.domain.masking import MARK
from monitor.store import views
from tests import stored
from tests.consoles import SECRET, TEXT, hidden, press

NASTY = '<script>alert(1)</script> "><img src=x onerror=alert(2)> {{ 7*7 }} </blockquote>'


def shown(client, case):
    return client.get(f"/cases/{case.reference}").text


def do(client, case, act, **form):
    return press(client, f"/cases/{case.reference}/{act}", **form)


def decide(client, case, outcome, **form):
    text = shown(client, case)
    filled = {
        "version": hidden(text, "version"),
        "press": hidden(text, "press"),
        "clause": "abuse",
        "note": "Aimed at one team, and repeated.",
    }
    return do(client, case, "decide", outcome=outcome, **(filled | form))


def trail(wexcombe, case):
    with wexcombe.database.reading() as reading:
        return views.case_page(reading, case.id).trail


def test_a_case_shows_its_comment_masked_and_why_it_is_here(wexcombe):
    case = wexcombe.case()

    page = shown(wexcombe.signed_in("amina"), case)

    assert MARK in page
    assert "useless" not in page
    assert "07700" not in page
    assert "RS-06" in page
    assert "0.91" in page
    assert wexcombe.services.standards.clause("abuse").plain_english.split(".")[0] in page
    assert "An officer must also answer it" in page
    assert "case.revealed" not in [row.event for row in trail(wexcombe, case)]


def test_the_text_is_shown_after_it_is_on_record_who_asked(wexcombe):
    case = wexcombe.case()
    amina = wexcombe.signed_in("amina")

    page = do(amina, case, "reveal").text

    assert "<mark>useless<span" in page
    assert "[insult 0.91]" in page
    assert "07700 900123" in page
    assert "Written by A resident." in page
    last = trail(wexcombe, case)[-1]
    assert (last.event, last.actor) == ("case.revealed", "person:amina")
    assert "useless" not in shown(amina, case)
    assert "Amina read the full text." in shown(amina, case)


def test_a_viewer_sees_masked_text_only_and_nothing_to_press(wexcombe):
    case = wexcombe.case()
    eun = wexcombe.signed_in("eun")

    page = shown(eun, case)

    assert MARK in page
    assert "Show the text" not in page
    assert "Claim this case" not in page
    assert "Your role (viewer) may not claim cases." in page
    assert "may not read the full text" in page


@pytest.mark.parametrize(
    ("act", "form"),
    [
        ("reveal", {}),
        ("claim", {}),
        ("release", {}),
        ("take-back", {}),
        ("review", {"reason": "I would like to"}),
        *(
            ("decide", {"outcome": outcome, "version": 1, "press": "press-x-1"})
            for outcome in DecisionOutcome
        ),
    ],
)
@pytest.mark.parametrize("who", ["eun", "dov"])
def test_a_form_sent_without_the_page_is_refused_without_permission(wexcombe, who, act, form):
    case = wexcombe.case()

    answer = do(wexcombe.signed_in(who), case, act, **form)

    assert answer.status_code == 403
    assert "useless" not in answer.text
    assert wexcombe.case_now(case.id) == case


def test_claim_hide_and_what_the_platform_still_has_to_say(wexcombe):
    case = wexcombe.case()
    amina = wexcombe.signed_in("amina")

    assert do(amina, case, "claim").headers["location"] == f"/cases/{case.reference}?said=claimed"
    assert "You have claimed this case." in amina.get(f"/cases/{case.reference}?said=claimed").text
    assert decide(amina, case, "hide").status_code == 303

    page = shown(amina, case)
    assert wexcombe.case_now(case.id).state is CaseState.DECIDED
    assert "Waiting for the platform" in page
    assert "the platform has not answered yet" in page
    assert "Aimed at one team, and repeated." in page
    assert "Nothing at the moment." in page


def test_the_same_form_sent_twice_makes_one_decision(wexcombe):
    case = wexcombe.case()
    amina = wexcombe.signed_in("amina")
    do(amina, case, "claim")
    text = shown(amina, case)
    form = {
        "outcome": "hide",
        "version": hidden(text, "version"),
        "press": hidden(text, "press"),
        "clause": "abuse",
        "note": "Once is enough.",
    }

    first, second = do(amina, case, "decide", **form), do(amina, case, "decide", **form)

    assert (first.status_code, second.status_code) == (303, 303)
    with wexcombe.database.reading() as reading:
        page = views.case_page(reading, case.id)
    assert (len(page.decisions), len(page.enforcements)) == (1, 1)


def test_a_press_is_its_persons_own(wexcombe):
    case, other = wexcombe.case(), wexcombe.case("You useless people here.")
    amina, bede = wexcombe.signed_in("amina"), wexcombe.signed_in("bede")
    do(amina, case, "claim")
    do(bede, other, "claim")
    decide(amina, case, "keep", press="the-same-press")

    assert decide(bede, other, "keep", press="the-same-press").status_code == 303
    assert wexcombe.case_now(other.id).state is CaseState.CLOSED


def test_a_stale_decision_is_refused_with_who_and_when(wexcombe):
    case = wexcombe.case()
    amina, carys = wexcombe.signed_in("amina"), wexcombe.signed_in("carys")
    do(amina, case, "claim")
    old = shown(amina, case)
    wexcombe.clock.passes(minutes=6)
    do(amina, case, "release")
    do(carys, case, "claim")
    decide(carys, case, "keep")

    answer = do(
        amina,
        case,
        "decide",
        outcome="hide",
        version=hidden(old, "version"),
        press=hidden(old, "press"),
        clause="abuse",
        note="I was here first.",
    )

    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert "Carys decided to keep it at 09:06" in answer.text
    assert wexcombe.case_now(case.id).state is CaseState.CLOSED


def test_a_form_sent_again_with_another_choice_is_told_what_is_on_record(wexcombe):
    case = wexcombe.case()
    wexcombe.claimed_by("amina", case)
    amina = wexcombe.signed_in("amina")
    text = shown(amina, case)
    form = {name: hidden(text, name) for name in ("version", "press")}
    decide(amina, case, "hide", **form)

    again = do(amina, case, "decide", outcome="keep", clause="abuse", **form)

    assert again.headers["location"].endswith("?said=hide")
    assert wexcombe.case_now(case.id).state is CaseState.DECIDED


def test_a_second_moderator_is_told_who_claimed_it(wexcombe):
    case = wexcombe.case()
    do(wexcombe.signed_in("amina"), case, "claim")
    bede = wexcombe.signed_in("bede")

    page = shown(bede, case)
    answer = do(bede, case, "claim")

    assert "Claimed by Amina" in page
    assert "Record the decision" not in page
    assert "Release" not in page
    assert answer.status_code == 409
    assert "Amina claimed it at 09:00" in answer.text
    assert do(bede, case, "release").status_code == 409


def test_releasing_puts_it_back_for_somebody_else(wexcombe):
    case = wexcombe.case()
    amina = wexcombe.signed_in("amina")
    do(amina, case, "claim")

    assert do(amina, case, "release").headers["location"].endswith("?said=released")
    assert do(wexcombe.signed_in("bede"), case, "claim").status_code == 303


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"outcome": ""}, "Choose what you decide."),
        ({"outcome": "applaud"}, "Choose what you decide."),
        ({"clause": ""}, "Choose the clause"),
        ({"note": " "}, "Say in one line why"),
        ({"outcome": "escalate", "route": ""}, "Choose whom to escalate to."),
        ({"outcome": "escalate", "route": "nobody"}, "There is no escalation route"),
        ({"clause": "nothing"}, "has no clause"),
        ({"outcome": "restore"}, "is not hidden"),
    ],
)
def test_an_incomplete_decision_comes_back_as_it_was_filled_in(wexcombe, form, sentence):
    case = wexcombe.case()
    carys = wexcombe.signed_in("carys")
    do(carys, case, "claim")

    answer = decide(
        carys, case, **({"outcome": "hide", "note": "As I typed it.", "route": "legal"} | form)
    )

    assert answer.status_code == 409
    assert sentence in answer.text
    assert "Error: " in answer.text
    if "note" not in form:
        assert 'value="As I typed it."' in answer.text
    assert wexcombe.case_now(case.id).state is CaseState.CLAIMED


@pytest.mark.parametrize(
    "form", [{"press": "short"}, {"press": "x" * 65}, {"version": "one"}, {"note": "x" * 5001}]
)
def test_a_form_that_no_page_of_ours_makes_is_refused_in_words(wexcombe, form):
    case = wexcombe.case()
    amina = wexcombe.signed_in("amina")
    do(amina, case, "claim")

    answer = decide(amina, case, "keep", **form)

    assert answer.status_code == 422
    assert "missing, too long, or not one of the choices" in answer.text
    assert "x" * 65 not in answer.text


def test_an_escalated_case_is_taken_back(wexcombe):
    case = wexcombe.case("We burn it down tonight.", ("threat", Severity.S1))
    carys = wexcombe.signed_in("carys")
    do(carys, case, "claim")
    route = wexcombe.services.routes.escalations[0]

    decide(carys, case, "escalate", clause="threat", route=route.id)

    assert f"Escalated to {route.title}" in shown(carys, case)
    assert do(carys, case, "take-back").status_code == 303
    assert wexcombe.case_now(case.id).holder == "carys"
    assert do(wexcombe.signed_in("amina"), case, "take-back").status_code == 409


def test_a_closed_case_is_opened_again_for_a_reason(wexcombe):
    case = wexcombe.case()
    amina = wexcombe.signed_in("amina")
    do(amina, case, "claim")
    decide(amina, case, "keep", note="")

    assert "Show the text" in shown(amina, case)
    without = do(amina, case, "review", reason="")
    with_reason = do(amina, case, "review", reason="The author rang us.")

    assert without.status_code == 409
    assert "why this case is looked at again" in without.text
    assert with_reason.status_code == 303
    assert wexcombe.case_now(case.id).state is CaseState.CLAIMED


def test_what_the_platform_cannot_do_is_said_to_be_done_by_hand(wexcombe):
    wexcombe.can = Capabilities()
    case = wexcombe.case()
    amina = wexcombe.signed_in("amina")
    do(amina, case, "claim")

    assert "I have done this at the platform by hand" in shown(amina, case)
    decide(amina, case, "hide", by_hand="yes")

    page = shown(amina, case)
    assert wexcombe.case_now(case.id).hidden
    assert "A person says that they did it at the platform" in page


def test_by_hand_is_not_taken_where_the_platform_can_do_it(wexcombe):
    case = wexcombe.case()
    amina = wexcombe.signed_in("amina")
    do(amina, case, "claim")

    assert "by hand" not in shown(amina, case)
    decide(amina, case, "hide", by_hand="yes")

    with wexcombe.database.reading() as reading:
        (asked,) = views.case_page(reading, case.id).enforcements
    assert asked.state is EnforcementState.REQUESTED


def test_every_version_of_an_edited_comment_is_listed_and_shown_on_request(wexcombe):
    case = wexcombe.case()
    wexcombe.clock.passes(minutes=3)
    stored.store(
        wexcombe.database,
        stored.comment("c1", "You splendid lot."),
        now=wexcombe.clock(),
    )
    amina = wexcombe.signed_in("amina")

    masked, full = shown(amina, case), do(amina, case, "reveal").text

    assert "Version 1, seen on" in masked
    assert "Version 2, seen on" in masked
    assert "splendid" not in masked
    assert "You useless lot." in full
    assert "You splendid lot." in full


def test_a_welfare_case_says_that_it_is_a_duty_of_care(wexcombe):
    case = wexcombe.case("I cannot do this any more.", ("welfare", Severity.S1), lane=Lane.WELFARE)

    page = shown(wexcombe.signed_in("carys"), case)

    assert "duty of care, never a reason to hide" in page
    assert "999" in page


def test_an_unsure_case_is_called_by_its_lane(wexcombe):
    case = wexcombe.case("Nisam siguran u ovo.", lane=Lane.UNSURE)

    assert "Unsure: no model here can judge it" in shown(wexcombe.signed_in("carys"), case)


def test_nothing_that_anybody_wrote_becomes_markup(wexcombe):
    standards = wexcombe.services.standards
    hostile = dataclasses.replace(
        standards,
        clauses=tuple(
            dataclasses.replace(
                clause, title=NASTY, plain_english=NASTY, not_a_breach=(NASTY,), ref=NASTY
            )
            for clause in standards.clauses
        ),
    )
    wexcombe.services = dataclasses.replace(wexcombe.services, standards=hostile, council=NASTY)
    wexcombe.console = build_console(wexcombe.services, secret=SECRET)
    case = wexcombe.case(
        f"a {NASTY}",
        author=Author(NativeId("u1"), NASTY),
        post_text=NASTY,
        attachments=(NASTY,),
        permalink="javascript:alert(3)",
    )
    amina = wexcombe.signed_in("amina")
    do(amina, case, "claim")
    refused = decide(amina, case, "hide", clause="", note=NASTY)
    decide(amina, case, "keep", note=NASTY)
    do(amina, case, "review", reason=NASTY)

    pages = [
        shown(amina, case),
        do(amina, case, "reveal").text,
        refused.text,
        amina.get("/queue").text,
        amina.get(f"/queue?channel={NASTY}").text,
        amina.get(f"/cases/{NASTY}").text,
    ]

    for page in pages:
        assert "<script>alert" not in page
        assert "<img" not in page
        assert 'href="javascript' not in page
        assert "&lt;script&gt;alert(1)" in page
        assert "{{ 7*7 }}" in page


@pytest.mark.parametrize("reference", ["WM-999", "WM-", "WM-1x", "WM-٣", f"WM-{'9' * 16}", "x"])
def test_a_case_that_is_not_there_is_said_so(wexcombe, reference):
    answer = wexcombe.signed_in("amina").get(f"/cases/{reference}")

    assert answer.status_code == 404
    assert "There is no" in answer.text


def test_a_case_of_another_service_is_not_shown(wexcombe):
    case = wexcombe.case()

    answer = wexcombe.signed_in("dov").get(f"/cases/{case.reference}")

    assert answer.status_code == 403
    assert "belongs to Parks and Libraries" in answer.text


def test_a_claim_shows_since_when(wexcombe):
    case = wexcombe.case()
    wexcombe.clock.now += timedelta(hours=2)
    do(wexcombe.signed_in("carys"), case, "claim")

    assert "Claimed by Carys at 11:00." in shown(wexcombe.signed_in("amina"), case)


def test_the_whole_text_stands_nowhere_before_it_is_asked_for(wexcombe):
    case = wexcombe.case()

    assert TEXT not in shown(wexcombe.signed_in("carys"), case)
