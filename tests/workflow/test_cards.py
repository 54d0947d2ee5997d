from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.contract import Ability, Capabilities
from connectors.errors import NotPermitted
from monitor.alerting.contract import Offer
from monitor.domain.case import CaseId, CaseState
from monitor.store import cases
from monitor.workflow import cards, decide
from tests.cast import AMINA, CARYS

KEY = "alert:case:1:moderation"


def draw(bench):
    return cards.draw_card(bench.services, bench.case_id(), key=KEY)


def test_a_card_of_a_case_that_does_not_exist_cannot_be_drawn(bench) -> None:
    with pytest.raises(LookupError, match="case 412"):
        cards.draw_card(bench.services, CaseId(412), key=KEY)


def test_a_card_says_enough_to_triage_and_no_more(bench) -> None:
    bench.read("You idiot, mend the swings. Ring me on 07700 900123.")
    card = draw(bench)

    assert card.clauses[0].startswith("RS-06 ")
    assert card.status == "Open: nobody has claimed it."
    assert card.offers == (Offer.CLAIM, Offer.REVEAL)
    assert card.console_url == "https://wardmote.wexcombe.example/cases/WM-1"
    assert "07700 900123" not in card.snippet


def test_without_a_console_there_is_no_link(bench) -> None:
    bench.change(console_url="")
    bench.read()

    assert draw(bench).console_url is None


def test_where_no_model_can_judge_the_card_says_so(bench) -> None:
    bench.read("", attachments=("photo",))

    assert draw(bench).clauses == ("No model here can judge this text",)
    assert draw(bench).band == ""


def test_a_clause_that_left_the_standard_is_not_named(bench) -> None:
    bench.read()
    standards = bench.services.standards
    others = tuple(each for each in standards.clauses if each.id != "abuse")
    bench.change(standards=replace(standards, clauses=others))

    assert draw(bench).clauses == ("No model here can judge this text",)


def test_a_claimed_case_offers_every_decision(bench) -> None:
    case = bench.read()
    decide.claim(bench.services, case.id, by=AMINA)

    assert draw(bench).offers == (
        Offer.HIDE,
        Offer.KEEP,
        Offer.ESCALATE,
        Offer.RELEASE,
        Offer.REVEAL,
    )
    assert draw(bench).status == "Claimed by Amina at 10:00."


def not_configured(bench) -> None:
    bench.change(channels={})


def without_control(bench) -> None:
    channels = bench.services.channels
    bench.change(
        channels={name: replace(each, actions_enabled=False) for name, each in channels.items()}
    )


def no_way_to_hide(bench) -> None:
    bench.platform.capabilities = Capabilities(restore=Ability(reversible=True))


def no_connector(bench) -> None:
    def refuse(_channel):
        raise NotPermitted("There is no connector 'pigeon_post'.")

    bench.change(connector=refuse)


@pytest.mark.parametrize("cannot", [not_configured, without_control, no_way_to_hide, no_connector])
def test_what_cannot_be_done_from_here_is_offered_by_hand(bench, cannot) -> None:
    case = bench.read()
    held = decide.claim(bench.services, case.id, by=AMINA)
    cannot(bench)

    assert Offer.BY_HAND in cards.offers(bench.services, held)


def test_what_the_platform_refused_is_offered_by_hand_too(bench) -> None:
    case = bench.read()
    held = decide.claim(bench.services, case.id, by=AMINA)

    offered = cards.offers(bench.services, replace(held, by_hand="Do it there."))
    assert offered[:2] == (Offer.HIDE, Offer.BY_HAND)


def test_a_hidden_comment_is_offered_to_be_restored(bench) -> None:
    bench.read()
    bench.decide("hide")
    bench.settle()
    decide.review(bench.services, bench.case_id(), by=AMINA, reason="A complaint came.")

    assert draw(bench).offers[0] is Offer.RESTORE


def test_while_the_platform_is_asked_nothing_is_offered(bench) -> None:
    bench.read()
    bench.decide("hide")

    assert draw(bench).offers == ()
    assert draw(bench).status == "Amina decided to hide it at 10:00. Waiting for the platform."


def test_what_is_hidden_says_since_when_the_platform_says_so(bench) -> None:
    bench.read()
    bench.decide("hide")
    bench.settle()

    assert draw(bench).status.endswith("The platform says hidden since 10:00.")
    assert draw(bench).offers == (Offer.REVIEW,)


def test_what_is_restored_is_public_and_the_card_keeps_the_story(bench) -> None:
    bench.read()
    bench.decide("hide")
    bench.settle()
    decide.review(bench.services, bench.case_id(), by=CARYS, reason="A complaint came.")
    bench.decide("restore", by=CARYS)
    bench.settle()

    assert draw(bench).status.endswith("The platform says public since 10:00.")
    assert draw(bench).timeline == ("Amina decided to hide it at 10:00.",)


def test_what_is_kept_says_who_kept_it(bench) -> None:
    bench.read()
    bench.decide("keep")

    assert draw(bench).status == "Amina decided to keep it at 10:00."


def test_what_was_done_by_hand_says_so(bench) -> None:
    bench.read()
    bench.decide("hide", by_hand=True)

    assert draw(bench).status.endswith("Done by hand.")


def test_a_comment_that_is_gone_is_said_to_be_gone(bench) -> None:
    bench.read()
    bench.decide("hide")
    bench.platform.comments.clear()
    bench.settle()

    assert draw(bench).status.endswith("The comment is no longer there.")


def test_an_escalated_case_says_to_whom_and_can_be_taken_back(bench) -> None:
    bench.read()
    bench.decide("escalate", route="legal")

    assert draw(bench).status == "Escalated to Legal at 10:00."
    assert draw(bench).offers == (Offer.TAKE_BACK, Offer.REVEAL)


def test_a_route_that_was_removed_is_named_by_its_identifier(bench) -> None:
    bench.read()
    bench.decide("escalate", route="legal")
    bench.change(routes=replace(bench.services.routes, escalations=()))

    assert draw(bench).status == "Escalated to legal at 10:00."


def test_times_on_a_card_are_the_councils(bench) -> None:
    bench.clock.advance(timedelta(days=210))  # British Summer Time
    case = bench.read()
    decide.claim(bench.services, case.id, by=AMINA)

    assert draw(bench).status == "Claimed by Amina at 11:00."


def forced(bench, **changes) -> None:
    """A state that no step writes, as a hand in the database might."""
    case = bench.case()
    with bench.services.database.transaction("by hand") as tx:
        cases.save(
            tx, replace(case, version=case.version + 1, **changes), from_version=case.version
        )


def test_a_case_in_a_state_without_its_decision_is_drawn_all_the_same(bench) -> None:
    bench.read()
    forced(bench, state=CaseState.DECIDED)
    assert draw(bench).status == "Decided. Waiting for the platform."
    forced(bench, state=CaseState.CLOSED, closed_at=bench.clock())
    assert draw(bench).status == "Decided."
    forced(bench, state=CaseState.ESCALATED, escalated_to="legal", closed_at=None)
    assert draw(bench).status == "Escalated to Legal at an unknown time."
    forced(bench, state=CaseState.CLAIMED, holder=None, held_since=None)
    assert draw(bench).status == "Claimed by somebody at an unknown time."


def test_a_decision_by_somebody_who_is_not_known_any_more_is_somebodys(bench) -> None:
    bench.read()
    bench.decide("keep", by=replace(AMINA, id="left"))

    assert draw(bench).status.startswith("Somebody decided to keep it")
