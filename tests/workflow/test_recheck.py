from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.errors import CommentGone, UnexpectedReply
from monitor.domain.case import CaseState, EnforcementState
from monitor.store import cases
from monitor.store.engine import DatabaseUnusable
from monitor.workflow import decide, recheck
from tests.cast import AMINA


def hidden(bench) -> None:
    bench.read()
    bench.decide("hide")
    bench.settle()


def look(bench, after: timedelta = timedelta(minutes=10)) -> int:
    bench.clock.advance(after)
    looked = recheck.recheck_due(bench.services)
    bench.settle()
    return looked


def enforcement(bench):
    return bench.page().enforcements[-1]


def put_back(bench, *, to: bool) -> None:
    (native_id, comment) = next(iter(bench.platform.comments.items()))
    bench.platform.comments[native_id] = replace(comment, hidden=to)


def test_before_its_time_nothing_is_looked_at(bench) -> None:
    hidden(bench)

    assert recheck.recheck_due(bench.services) == 0


def test_what_still_stands_is_looked_at_three_times_ever_later(bench) -> None:
    hidden(bench)
    ahead = []
    for wait in (timedelta(minutes=10), timedelta(hours=24), timedelta(days=7)):
        assert look(bench, wait) == 1
        due = enforcement(bench).recheck_at
        ahead.append(due - bench.clock() if due else None)

    assert ahead == [timedelta(hours=24), timedelta(days=7), None]
    assert enforcement(bench).rechecks == 3
    assert look(bench, timedelta(days=90)) == 0


def test_a_hidden_comment_that_is_public_again_comes_back_to_the_queue(bench) -> None:
    hidden(bench)
    put_back(bench, to=False)

    assert look(bench) == 1
    assert (bench.case().state, bench.case().hidden) == (CaseState.OPEN, False)
    assert enforcement(bench).state is EnforcementState.DRIFTED
    assert "public again" in bench.notices("C0MODERATION")[-1].lines[0]
    assert "enforcement.drifted" in bench.audit()
    assert bench.page().comment.hidden is False


def test_a_restored_comment_that_is_hidden_again_comes_back_too(bench) -> None:
    hidden(bench)
    decide.review(bench.services, bench.case_id(), by=AMINA, reason="A complaint came.")
    bench.decide("restore")
    bench.settle()
    put_back(bench, to=True)
    look(bench)

    assert bench.case().state is CaseState.OPEN
    assert bench.case().hidden is True


def test_a_case_that_is_open_already_is_not_opened_twice(bench) -> None:
    hidden(bench)
    decide.review(bench.services, bench.case_id(), by=AMINA, reason="A complaint came.")
    before = bench.case()
    put_back(bench, to=False)
    look(bench)

    after = bench.case()
    assert after.state is before.state
    assert after.holder == before.holder
    # Whoever holds it sees that it is public, and is offered Hide and not Restore.
    assert after.hidden is False
    assert after.version == before.version + 1
    assert enforcement(bench).state is EnforcementState.DRIFTED


def test_a_comment_that_is_gone_is_noted_and_not_looked_at_again(bench) -> None:
    hidden(bench)
    bench.platform.fails = [CommentGone("It is not there.")]

    assert look(bench) == 1
    assert bench.page().comment.gone_at == bench.clock()
    assert enforcement(bench).recheck_at is None
    assert bench.case().state is CaseState.CLOSED


def test_a_platform_that_cannot_be_reached_has_not_drifted(bench) -> None:
    hidden(bench)
    bench.platform.fails = [UnexpectedReply("HTML.")]

    assert look(bench) == 0
    assert enforcement(bench).state is EnforcementState.DONE
    assert look(bench) == 1


@pytest.mark.parametrize("why", ["it does not say", "it is no longer configured"])
def test_where_nobody_says_nothing_is_concluded(bench, why) -> None:
    hidden(bench)
    if why == "it does not say":
        bench.platform.says_nothing = True
    else:
        bench.change(channels={})

    assert look(bench) == 1
    assert bench.page().comment.gone_at is None
    assert enforcement(bench).state is EnforcementState.DONE
    assert bench.case().state is CaseState.CLOSED


def test_one_fault_does_not_keep_the_rest_unlooked_at(bench) -> None:
    hidden(bench)
    bench.read(native_id="c-2")
    bench.decide("hide", native_id="c-2")
    bench.settle()
    bench.platform.fails = [ValueError("Robin wrote: you idiot")]

    assert look(bench) == 1
    assert "job.failed" in bench.events()
    assert "Robin" not in repr(bench.lines.said)


def test_a_database_that_fails_is_not_the_platforms_fault(bench) -> None:
    hidden(bench)
    bench.platform.fails = [DatabaseUnusable("The disk is full.", hint="Make room.")]

    with pytest.raises(DatabaseUnusable):
        look(bench)


def test_a_case_that_says_already_how_it_stands_is_left_as_it_is(bench) -> None:
    hidden(bench)
    decide.review(bench.services, bench.case_id(), by=AMINA, reason="A complaint came.")
    case = bench.case()
    with bench.services.database.transaction("by hand") as tx:
        known = replace(case, hidden=False, version=case.version + 1)
        cases.save(tx, known, from_version=case.version)
    put_back(bench, to=False)
    look(bench)

    assert bench.case().version == known.version
    assert enforcement(bench).state is EnforcementState.DRIFTED
