from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from config.routes import Destination
from monitor.alerting.contract import AlertLater, AlertRefused, Offer
from monitor.alerting.testing import RecordingTarget
from monitor.store import views
from monitor.store.engine import DatabaseUnusable
from monitor.workflow import decide, deliver, notices, report
from tests.cast import AMINA, CARYS

LATER = "letter.later"


def counts(bench) -> views.Counts:
    with bench.services.database.reading() as reading:
        return views.counts(reading)


def tell(bench, destination: str = "moderation", key: str = "note", **fields) -> None:
    with bench.services.database.transaction("test") as tx:
        notices.tell(
            tx, bench.services, destination, key=key, title="A title", lines=("A line.",), **fields
        )


def test_with_nothing_due_nothing_is_settled(bench) -> None:
    assert deliver.deliver_due(bench.services) == 0
    assert not bench.dispatcher.nudges


def test_what_was_delivered_is_not_delivered_again(bench) -> None:
    tell(bench)

    assert deliver.deliver_due(bench.services) == 1
    assert deliver.deliver_due(bench.services) == 0
    assert len(bench.target.delivered) == 1
    assert "letter.delivered" in bench.events()


def test_a_target_that_asks_for_patience_is_tried_when_it_said(bench) -> None:
    tell(bench)
    until = bench.clock() + timedelta(minutes=30)
    bench.target.fail_next(AlertLater("Slack asks to wait.", at=until))

    assert deliver.deliver_due(bench.services) == 0
    bench.clock.set(until - timedelta(seconds=1))
    assert deliver.deliver_due(bench.services) == 0
    bench.clock.set(until)
    assert deliver.deliver_due(bench.services) == 1
    assert bench.events().count(LATER) == 1


def test_a_target_that_does_not_answer_is_tried_ever_more_seldom_and_logged_once(bench) -> None:
    tell(bench)
    tries = []
    for _ in range(3):
        bench.target.fail_next(AlertLater("No answer.", at=bench.clock()))
        deliver.deliver_due(bench.services)
        with bench.services.database.reading() as reading:
            due = views.counts(reading).oldest_pending_letter_at
        tries.append((due - bench.clock()).total_seconds())
        bench.clock.set(due)

    assert tries == [15, 30, 60]
    assert bench.events().count(LATER) == 1


def test_a_letter_that_cannot_be_delivered_is_kept_and_an_operator_told(bench) -> None:
    tell(bench)
    bench.target.fail_next(AlertRefused("No such channel.", hint="Invite the app."))
    bench.dispatcher.nudge("deliver")
    bench.settle()

    with bench.services.database.reading() as reading:
        (dead,) = views.dead_letters(reading)
    assert dead.error == "No such channel. Invite the app."
    (notice,) = bench.notices()
    assert notice.lines[:2] == ("No such channel.", "Invite the app.")
    assert "letter.dead" in bench.audit()


def test_an_operators_own_letter_that_cannot_be_delivered_makes_no_other(bench) -> None:
    tell(bench, "operators")
    bench.target.fail_next(AlertRefused("No such channel.", hint=""))
    bench.dispatcher.nudge("deliver")
    bench.settle()

    assert counts(bench).dead_letters == 1
    assert counts(bench).pending_letters == 0


def test_a_dead_letter_can_be_tried_again(bench) -> None:
    tell(bench)
    bench.target.fail_next(AlertRefused("No such channel.", hint=""))
    bench.dispatcher.nudge("deliver")
    bench.settle()
    with bench.services.database.reading() as reading:
        (dead,) = views.dead_letters(reading)

    deliver.try_again(bench.services, dead.id, by=CARYS)
    bench.settle()

    assert counts(bench).dead_letters == 0
    assert len(bench.notices("C0MODERATION")) == 1
    assert "letter.revived" in bench.audit()


@pytest.mark.parametrize("missing", ["destination", "transport"])
def test_a_destination_that_is_not_set_up_is_a_dead_letter(bench, missing) -> None:
    tell(bench, "nobody" if missing == "destination" else "moderation")
    if missing == "transport":
        bench.change(targets={})
    deliver.deliver_due(bench.services)

    with bench.services.database.reading() as reading:
        (dead,) = views.dead_letters(reading)
    assert "is not set up" in dead.error


def test_where_a_confirmation_was_lost_the_target_is_asked_first(bench) -> None:
    tell(bench)
    bench.target.lose_next_confirmation(AlertLater("The line broke.", at=bench.clock()))
    bench.dispatcher.nudge("deliver")
    bench.settle()
    bench.clock.advance(timedelta(minutes=1))
    deliver.deliver_due(bench.services)

    assert len(bench.notices("C0MODERATION")) == 1
    assert counts(bench).pending_letters == 0


def test_where_the_target_never_had_it_it_is_sent(bench) -> None:
    tell(bench)
    bench.target.fail_next(AlertLater("The line broke.", at=bench.clock()))
    deliver.deliver_due(bench.services)
    bench.clock.advance(timedelta(minutes=1))
    deliver.deliver_due(bench.services)

    assert len(bench.notices("C0MODERATION")) == 1


def test_a_card_is_redrawn_where_it_stands(bench) -> None:
    case = bench.read()
    decide.claim(bench.services, case.id, by=AMINA)
    bench.settle()

    (card,) = bench.cards()
    assert card.status == "Claimed by Amina at 10:00."
    assert Offer.HIDE in card.offers


def test_a_redraw_of_a_card_that_never_went_is_done_without_one(bench) -> None:
    bench.target.fail_next(AlertRefused("No such channel.", hint=""))
    case = bench.read()
    decide.claim(bench.services, case.id, by=AMINA)
    bench.settle()

    assert bench.cards() == []
    assert counts(bench).pending_letters == 0


def escalate(bench, note: str = "Reads like a threat.", route: str = "legal"):
    bench.read()
    bench.decide("escalate", route=route, note=note)
    bench.settle()
    return bench.notices("C0LEGAL")[-1]


def test_an_escalation_says_why_and_how_soon(bench) -> None:
    notice = escalate(bench)

    assert notice.title == f"{bench.case().reference} was escalated to Legal"
    assert "Why it was passed on: Reads like a threat." in notice.lines
    assert "Answer in the thread." in notice.lines
    assert "Please answer within 2 hours." in notice.lines
    assert notice.offers == (Offer.TAKE_BACK, Offer.REVEAL)
    assert notice.link == "https://wardmote.wexcombe.example/cases/WM-1"


@pytest.mark.parametrize(
    ("within", "words"),
    [
        (timedelta(minutes=30), "30 minutes"),
        (timedelta(hours=1), "an hour"),
        (timedelta(hours=1.5), "1.5 hours"),
    ],
)
def test_the_time_to_answer_is_said_in_words(bench, within, words) -> None:
    (legal,) = [each for each in bench.services.routes.escalations if each.id == "legal"]
    changed = replace(legal, respond_within=within, instructions="")
    routes = bench.services.routes
    others = tuple(each for each in routes.escalations if each.id != "legal")
    bench.change(routes=replace(routes, escalations=(*others, changed)))

    assert escalate(bench).lines[-1] == f"Please answer within {words}."


def test_an_escalation_whose_route_was_removed_meanwhile_still_arrives(bench) -> None:
    bench.read()
    bench.decide("escalate", route="legal")
    routes = bench.services.routes
    bench.change(routes=replace(routes, escalations=()), console_url="")
    bench.settle()

    notice = bench.notices("C0LEGAL")[-1]
    assert notice.title == "WM-1 was escalated to you"
    assert notice.link == "https://social.example/c-1"


def test_an_escalation_that_was_taken_back_meanwhile_offers_nothing(bench) -> None:
    bench.read()
    case = bench.decide("escalate", route="legal")
    decide.claim(bench.services, case.id, by=CARYS)
    bench.settle()

    assert bench.notices("C0LEGAL")[-1].offers == ()


def test_a_report_goes_with_its_files(bench) -> None:
    report.make_report(bench.services, bench.clock())
    bench.settle()

    (notice,) = bench.notices("C0REPORTS")
    assert [each.filename for each in notice.attachments] == [
        "wardmote-2026-W47.html",
        "wardmote-2026-W47.csv",
    ]


def test_a_report_that_is_not_there_goes_without_files(bench) -> None:
    tell(bench, week="2019-W01")
    deliver.deliver_due(bench.services)

    assert bench.notices("C0MODERATION")[0].attachments == ()


def test_a_destination_may_be_any_transports(bench) -> None:
    routes = bench.services.routes
    mail = Destination(name="moderation", kind="email", address="a@wexcombe.example")
    others = tuple(each for each in routes.destinations if each.name != "moderation")
    bench.change(
        routes=replace(routes, destinations=(*others, mail)),
        targets={"slack": bench.target, "email": bench.target},
    )
    bench.read()

    assert bench.target.delivered[0][0] == "a@wexcombe.example"


class Slow(RecordingTarget):
    """Lets something happen while it delivers."""

    def __init__(self, meanwhile) -> None:
        super().__init__()
        self.meanwhile = meanwhile

    def post(self, address, notification):
        self.meanwhile()
        return super().post(address, notification)


def test_what_a_slow_target_leaves_over_is_sent_when_its_lease_has_run_out(bench) -> None:
    slow = Slow(lambda: bench.clock.advance(timedelta(minutes=3)))
    bench.change(targets={"slack": slow})
    for number in range(3):
        tell(bench, key=f"note-{number}")

    assert deliver.deliver_due(bench.services) == 1
    bench.clock.advance(timedelta(minutes=6))
    assert deliver.deliver_due(bench.services) == 1


def test_one_letters_fault_does_not_hold_up_the_others_and_then_an_operator_sees_it(bench) -> None:
    tell(bench, key="first")
    tell(bench, key="second")
    for _ in range(3):
        bench.target.fail_next(ValueError("a resident's words"))
        deliver.deliver_due(bench.services)
        bench.clock.advance(timedelta(minutes=2))
    bench.settle()

    assert len(bench.notices("C0MODERATION")) == 1
    with bench.services.database.reading() as reading:
        (dead,) = views.dead_letters(reading)
    assert dead.error.startswith("It could not be written (ValueError).")
    assert "words" not in dead.error


def test_a_database_that_fails_in_between_is_not_the_letters_fault(bench) -> None:
    tell(bench)
    bench.target.fail_next(DatabaseUnusable("The disk is full.", hint="Make room."))

    with pytest.raises(DatabaseUnusable):
        deliver.deliver_due(bench.services)
    assert counts(bench).pending_letters == 1


def test_a_death_that_comes_after_the_lease_was_lost_is_not_written(bench) -> None:
    tell(bench)

    def another_process_delivers_it() -> None:
        bench.clock.advance(timedelta(minutes=6))
        bench.change(targets={"slack": bench.target})
        assert deliver.deliver_due(bench.services) == 1
        slow.fail_next(AlertRefused("No such channel.", hint=""))

    slow = Slow(another_process_delivers_it)
    bench.change(targets={"slack": slow})
    deliver.deliver_due(bench.services)

    assert counts(bench).dead_letters == 0
    assert len(bench.notices("C0MODERATION")) == 1
    assert bench.notices() == []
