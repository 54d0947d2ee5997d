from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.contract import Capabilities
from connectors.errors import (
    CommentGone,
    CredentialsRejected,
    NotPermitted,
    TryLater,
    UnexpectedReply,
)
from monitor.domain.case import CaseState, EnforcementState
from monitor.store import cases
from monitor.workflow import decide, enforce
from tests.cast import AMINA


def enforcement(bench):
    return bench.page().enforcements[-1]


def decided(bench):
    bench.read()
    bench.decide("hide")


def test_with_nothing_to_carry_out_nothing_is_settled(bench) -> None:
    assert enforce.enforce_due(bench.services) == 0


def test_hidden_means_that_the_platform_said_so(bench) -> None:
    decided(bench)

    assert enforce.enforce_due(bench.services) == 1
    case = bench.case()
    assert (case.state, case.hidden) == (CaseState.CLOSED, True)
    assert enforcement(bench).state is EnforcementState.DONE
    assert enforcement(bench).recheck_at == bench.clock() + timedelta(minutes=10)
    assert "enforcement.confirmed" in bench.audit()
    assert bench.page().comment.hidden is True


def test_a_restored_comment_is_public(bench) -> None:
    decided(bench)
    bench.settle()
    decide.review(bench.services, bench.case_id(), by=AMINA, reason="A complaint came.")
    bench.decide("restore")
    bench.settle()

    assert bench.platform.acts == ["hide", "restore"]
    assert bench.case().hidden is False
    assert bench.page().comment.hidden is False


def test_where_nothing_is_to_be_looked_at_again_no_look_is_planned(bench) -> None:
    bench.pace(rechecks=())
    decided(bench)
    bench.settle()

    assert enforcement(bench).recheck_at is None


@pytest.mark.parametrize("how", ["answer", "error"])
def test_a_comment_that_is_gone_is_success_with_another_word(bench, how) -> None:
    decided(bench)
    if how == "answer":
        bench.platform.comments.clear()
    else:
        bench.platform.fails = [CommentGone("It is not there.")]
    bench.settle()

    assert bench.case().state is CaseState.CLOSED
    assert bench.case().hidden is False
    assert enforcement(bench).outcome == "gone"
    assert enforcement(bench).recheck_at is None
    assert bench.page().comment.gone_at == bench.clock()


def test_an_answer_of_success_that_changed_nothing_is_tried_again_then_given_to_a_person(
    bench,
) -> None:
    decided(bench)
    bench.platform.does_nothing = True
    for _ in range(3):
        bench.dispatcher.nudge("enforce")
        bench.settle()
        bench.clock.advance(timedelta(minutes=2))

    case = bench.case()
    assert case.state is CaseState.OPEN
    assert "accepted it 3 times and changed nothing" in case.by_hand
    assert "https://social.example/c-1" in case.by_hand
    assert enforcement(bench).state is EnforcementState.FAILED
    assert bench.events().count("enforcement.later") == 1
    assert "back in the queue" in bench.notices("C0MODERATION")[-1].title


def test_what_the_platform_does_not_say_is_not_believed(bench) -> None:
    decided(bench)
    bench.platform.says_nothing = True
    bench.settle()

    assert bench.case().state is CaseState.DECIDED


def test_patience_that_is_asked_for_is_not_counted_as_a_failure(bench) -> None:
    decided(bench)
    until = bench.clock() + timedelta(minutes=30)
    bench.platform.fails = [TryLater("The budget is spent.", at=until)]
    assert enforce.enforce_due(bench.services) == 0
    assert enforcement(bench).attempts == 0
    bench.clock.set(until)

    assert enforce.enforce_due(bench.services) == 1
    assert bench.case().hidden is True


@pytest.mark.parametrize("error", [NotPermitted, CredentialsRejected])
def test_what_is_not_permitted_goes_to_a_person_and_the_scope_to_an_operator(bench, error) -> None:
    decided(bench)
    bench.platform.fails = [error("We may not hide here.", scope="pages_manage_engagement")]
    bench.settle()

    assert bench.case().by_hand.startswith("Not done: We may not hide here. Do it by hand")
    assert enforcement(bench).state is EnforcementState.REFUSED
    (notice,) = bench.notices()
    assert "pages_manage_engagement" in notice.lines[0]


def test_a_strange_answer_is_tried_again_then_given_to_a_person(bench) -> None:
    decided(bench)
    bench.platform.fails = [UnexpectedReply("It is an HTML page.") for _ in range(3)]
    for _ in range(3):
        bench.dispatcher.nudge("enforce")
        bench.settle()
        bench.clock.advance(timedelta(minutes=2))

    assert "It is an HTML page" in bench.case().by_hand
    assert enforcement(bench).state is EnforcementState.FAILED
    assert bench.notices() == []


def unconfigured(bench) -> str:
    bench.change(channels={})
    return "no longer configured"


def without_control(bench) -> str:
    channels = bench.services.channels
    bench.change(
        channels={name: replace(each, actions_enabled=False) for name, each in channels.items()}
    )
    return "watched without control"


def no_way(bench) -> str:
    bench.platform.capabilities = Capabilities()
    return "no way to hide from here"


def no_connector(bench) -> str:
    def refuse(_channel):
        raise NotPermitted("There is no connector 'pigeon_post'.")

    bench.change(connector=refuse)
    return "There is no connector 'pigeon_post'. Do it by hand"


@pytest.mark.parametrize("cannot", [unconfigured, without_control, no_way, no_connector])
def test_what_cannot_be_done_from_here_is_given_to_a_person_at_once(bench, cannot) -> None:
    decided(bench)
    why = cannot(bench)
    bench.settle()

    assert why in bench.case().by_hand
    assert bench.platform.acts == []
    assert enforcement(bench).state is EnforcementState.REFUSED


def test_without_a_permalink_the_person_is_sent_to_the_platform(bench) -> None:
    bench.read(permalink=None)
    bench.decide("hide")
    bench.platform.capabilities = Capabilities()
    bench.settle()

    assert "at the platform" in bench.case().by_hand


def lose_the_lease(bench) -> None:
    """Another process finds the lease run out and carries the same letter to its end."""
    bench.platform.when_asked = lambda: None
    bench.clock.advance(timedelta(minutes=6))
    assert enforce.enforce_due(bench.services) == 1


@pytest.mark.parametrize("then", ["it works", "it is refused"])
def test_an_outcome_that_another_process_has_written_is_not_written_twice(bench, then) -> None:
    decided(bench)
    bench.platform.when_asked = lambda: lose_the_lease(bench)
    if then == "it is refused":

        def lose_it_and_fail() -> None:
            lose_the_lease(bench)
            bench.platform.fails = [NotPermitted("No.")]

        bench.platform.when_asked = lose_it_and_fail
    enforce.enforce_due(bench.services)

    assert bench.case().state is CaseState.CLOSED
    assert bench.audit().count("enforcement.confirmed") == 1
    assert "enforcement.failed" not in bench.audit()


@pytest.mark.parametrize("then", ["it works", "it is refused"])
def test_a_case_that_moved_on_by_other_means_is_left_where_it_is(bench, then) -> None:
    decided(bench)
    case = bench.case()
    with bench.services.database.transaction("by hand") as tx:
        closed = replace(
            case, state=CaseState.CLOSED, version=case.version + 1, closed_at=bench.clock()
        )
        cases.save(tx, closed, from_version=case.version)
    if then == "it is refused":
        bench.platform.fails = [NotPermitted("No.")]
    enforce.enforce_due(bench.services)

    assert bench.case().state is CaseState.CLOSED
    assert bench.case().version == closed.version


def test_what_a_slow_platform_leaves_over_is_done_when_its_lease_has_run_out(bench) -> None:
    bench.read()
    bench.read(native_id="c-2")
    bench.decide("hide")
    bench.decide("hide", native_id="c-2")
    bench.platform.when_asked = lambda: bench.clock.advance(timedelta(minutes=3))

    assert enforce.enforce_due(bench.services) == 1
    bench.clock.advance(timedelta(minutes=6))
    assert enforce.enforce_due(bench.services) == 1


def test_another_try_is_not_planned_for_what_another_process_has_finished(bench) -> None:
    decided(bench)

    def lose_it_and_wait() -> None:
        lose_the_lease(bench)
        bench.platform.fails = [TryLater("Wait.", at=bench.clock())]

    bench.platform.when_asked = lose_it_and_wait
    assert enforce.enforce_due(bench.services) == 0

    assert bench.case().state is CaseState.CLOSED
    assert enforcement(bench).state is EnforcementState.DONE


def test_a_fault_of_ours_is_tried_again_and_then_given_to_a_person_without_its_words(
    bench,
) -> None:
    decided(bench)
    bench.platform.fails = [ValueError("Robin wrote: you idiot") for _ in range(3)]
    for _ in range(3):
        bench.dispatcher.nudge("enforce")
        bench.settle()
        bench.clock.advance(timedelta(minutes=2))

    assert "asking the platform broke off (ValueError)" in bench.case().by_hand
    assert "Robin" not in bench.case().by_hand
