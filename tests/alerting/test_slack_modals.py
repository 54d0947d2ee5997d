from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.views import View

from monitor.alerting.contract import Offer
from monitor.alerting.slack_modals import (
    Choice,
    DecideForm,
    Memory,
    Reading,
    decide_modal,
    error_modal,
    read_memory,
    reveal_modal,
    review_modal,
    said_modal,
    waiting_modal,
)
from monitor.alerting.testing import HOSTILE
from monitor.domain.case import DecisionOutcome
from monitor.sandbox.slack_limits import complaints_about_view
from monitor.sandbox.slack_screen import read_blocks

ABUSE, THREATS = Choice("abuse", "RS-06 Abuse"), Choice("threat", "RS-01 Threats")


def form(offer=Offer.HIDE, outcome=DecisionOutcome.HIDE, **changes):
    parts = {"seen": (ABUSE,), "others": (THREATS,), **changes}
    return DecideForm(Memory(412, 7, offer, outcome), "WM-412", **parts)


def read(view):
    return "\n".join([view["title"]["text"], *read_blocks(view["blocks"])])


def test_the_form_to_hide_reads_like_this():
    assert read(decide_modal(form())) == (
        "Hide WM-412\n"
        "The platform is asked to hide the comment of WM-412.\n"
        "Clause that this rests on (static_select)\n"
        "Why is this step proportionate? One line for the record. (plain_text_input)"
    )


def test_the_form_to_keep_asks_for_the_clause_that_was_considered():
    assert read(decide_modal(form(Offer.KEEP, DecisionOutcome.KEEP))) == (
        "Keep WM-412\n"
        "The comment of WM-412 stays where it is, and the case closes.\n"
        "Clause that you considered (static_select)\n"
        "Why is this step proportionate? One line for the record."
        " (plain_text_input)"
    )


def test_the_form_to_escalate_asks_for_whom():
    routes = (Choice("police", "Police", "Answers within 15 minutes."),)

    view = decide_modal(form(Offer.ESCALATE, DecisionOutcome.ESCALATE, routes=routes))

    assert "Escalate to (static_select)" in read(view)
    assert view["submit"]["text"] == "Escalate"


def test_the_form_to_restore_says_what_will_happen():
    view = decide_modal(form(Offer.RESTORE, DecisionOutcome.RESTORE))

    assert "is asked to show the comment of WM-412 again" in read(view)


def test_the_form_for_done_by_hand_asks_for_a_statement():
    view = decide_modal(form(Offer.BY_HAND, by_hand="Delete it on the photo's page."))

    assert "Delete it on the photo's page. (checkboxes)" in read(view)
    assert view["submit"]["text"] == "I have done it"


def test_a_form_remembers_the_press_that_opened_it():
    view = decide_modal(form())

    assert read_memory(view["private_metadata"]) == Memory(412, 7, Offer.HIDE, DecisionOutcome.HIDE)


def test_a_review_remembers_that_it_decides_nothing():
    view = review_modal(Memory(412, 7, Offer.REVIEW), reference="WM-412")

    assert read_memory(view["private_metadata"]) == Memory(412, 7, Offer.REVIEW)
    assert "WM-412 is opened again and claimed by you." in read(view)


@pytest.mark.parametrize(
    "kept", ["", "[]", "{}", "null", '{"case":"x"}', '{"case":1,"version":1,"offer":"dance"}']
)
def test_what_was_not_remembered_by_a_form_of_ours_is_nothing(kept):
    assert read_memory(kept) is None


def test_the_full_text_is_shown_word_for_word():
    view = reveal_modal(Reading("WM-412", "You <!channel> *fools*", "Library hours", "A. Resident"))

    assert read(view) == (
        "Text of WM-412\n"
        "That you opened this text is on the record.\n"
        "Written by: A. Resident\n"
        "> You <!channel> *fools*\n"
        "Under the council's post:\n"
        "> Library hours"
    )


def test_a_comment_of_20_000_characters_is_shown_whole():
    text = "".join(chr(0x61 + number % 26) for number in range(20_000))

    view = reveal_modal(Reading("WM-412", text, ""))

    shown = "".join(
        block["elements"][0]["elements"][0]["text"]
        for block in view["blocks"]
        if block["type"] == "rich_text"
    )
    assert text == shown
    assert complaints_about_view(view) == []


def test_what_is_longer_than_a_page_says_where_it_goes_on():
    view = reveal_modal(Reading("WM-412", "x" * 200_000, ""))

    assert read(view).endswith("It goes on: read the rest in the console.")
    assert complaints_about_view(view) == []


def test_a_comment_without_words_says_so():
    assert "(no words)" in read(reveal_modal(Reading("WM-412", " ", " ")))


@pytest.mark.parametrize("make", [error_modal, said_modal, waiting_modal])
def test_a_page_says_its_sentence(make):
    assert read(make("WM-412: Bede decided to hide it at 10:16.")).endswith(
        "WM-412: Bede decided to hide it at 10:16."
    )


@given(words=st.one_of(st.text(), st.integers(0, len(HOSTILE) - 1).map(HOSTILE.__getitem__)))
def test_no_words_break_a_form_or_a_page(words):
    choice = Choice("c" * 20, words, words)
    views = [
        decide_modal(form(seen=(choice,), others=(), routes=(choice,), by_hand=words)),
        reveal_modal(Reading("WM-412", words, words, words)),
        error_modal(words),
        review_modal(Memory(412, 7, Offer.REVIEW), reference=words),
    ]

    for view in views:
        assert complaints_about_view(view) == []
        assert "mrkdwn" not in json.dumps(view)
        json.dumps(view, ensure_ascii=False).encode()


def test_the_sdk_s_own_models_take_every_form():
    for view in [
        decide_modal(form(by_hand="Do it there", routes=(ABUSE,))),
        review_modal(Memory(412, 7, Offer.REVIEW), reference="WM-412"),
        reveal_modal(Reading("WM-412", "text", "post")),
        error_modal("No."),
    ]:
        View(**view).validate_json()


def test_a_form_of_a_standard_with_very_many_clauses_keeps_within_the_limit():
    many = tuple(Choice(f"c{number}", f"RS-{number}") for number in range(150))

    assert complaints_about_view(decide_modal(form(others=many))) == []


def test_only_what_may_be_left_empty_is_called_optional():
    def optional(view):
        return {block["block_id"] for block in view["blocks"] if block.get("optional")}

    assert optional(decide_modal(form(Offer.HIDE, DecisionOutcome.HIDE))) == set()
    assert optional(decide_modal(form(Offer.KEEP, DecisionOutcome.KEEP))) == {"note"}
