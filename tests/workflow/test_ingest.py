from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.contract import Pull
from connectors.errors import (
    CredentialsRejected,
    NotPermitted,
    TryLater,
    UnexpectedReply,
)
from monitor.domain.case import CaseState
from monitor.domain.coverage import PullEnd
from monitor.store import cursors, views
from monitor.store.engine import DatabaseUnusable
from monitor.workflow import ingest
from tests.cast import AMINA

ABUSE = "You idiot, mend the swings."
FAILING = "channel.failing"
START = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)


def row_of(bench) -> views.ChannelRow:
    with bench.services.database.reading() as reading:
        return views.channels(reading)[0]


def test_what_a_platform_shows_becomes_rows_and_the_cursor_moves_with_them(bench) -> None:
    bench.shows(bench.comment("Lovely park."), bench.comment("When is it open?", "c-2"))

    assert bench.pull() == 2

    (row,) = bench.coverage()
    assert (row.end, row.seen, row.new, row.cause) == (PullEnd.DONE, 2, 2, "")
    assert row_of(bench).next_pull_at == bench.clock() + timedelta(minutes=5)
    assert [job for job, _ in bench.dispatcher.nudges] == ["assess"]
    assert "comments.ingested" in bench.audit()


def test_the_same_comments_again_are_no_news(bench) -> None:
    comment = bench.comment("Lovely park.")
    bench.shows(comment)
    bench.pull()
    bench.due_again()
    bench.shows(comment, cursor="d")

    assert bench.pull() == 0
    assert bench.audit().count("comments.ingested") == 1


def test_a_channel_that_is_not_due_is_left(bench) -> None:
    bench.pull()
    bench.shows(bench.comment("Lovely park."))

    assert bench.pull() == 0
    assert len(bench.coverage()) == 1


def test_every_due_channel_is_nudged_and_leased_by_its_own_pull(bench) -> None:
    assert ingest.pull_due(bench.services) == 1
    assert list(bench.dispatcher.nudges) == [("pull", (("channel", "facebook-parks"),))]
    bench.pull()

    assert ingest.pull_due(bench.services) == 0


def test_a_channel_that_is_switched_off_is_not_read(bench) -> None:
    off = {name: replace(each, enabled=False) for name, each in bench.services.channels.items()}
    bench.change(channels=off)
    ingest.register_channels(bench.services)

    assert ingest.pull_due(bench.services) == 0


def test_a_platform_that_asks_for_patience_gets_it_and_nobody_is_disturbed(bench) -> None:
    until = bench.clock() + timedelta(minutes=40)
    bench.platform.pulls.append(TryLater("The hour's budget is spent.", at=until))
    bench.pull()
    bench.settle()

    assert row_of(bench).next_pull_at == until
    assert row_of(bench).failing_since == bench.clock()
    assert bench.coverage()[0].end is PullEnd.LATER
    assert bench.coverage()[0].cause == "The hour's budget is spent."
    assert bench.notices() == []
    assert bench.events() == [FAILING]


def test_a_moment_that_has_passed_is_now(bench) -> None:
    bench.platform.pulls.append(TryLater("Wait.", at=bench.clock() - timedelta(hours=1)))
    bench.pull()

    assert row_of(bench).next_pull_at == bench.clock()


def test_a_lasting_failure_is_logged_once_and_so_is_its_end(bench) -> None:
    for _ in range(3):
        bench.platform.pulls.append(TryLater("Wait.", at=bench.clock()))
        bench.pull()
    bench.pull()

    assert bench.events() == [FAILING, "channel.back"]
    assert row_of(bench).failing_since is None


@pytest.mark.parametrize("error", [CredentialsRejected, NotPermitted])
def test_a_token_that_is_refused_pauses_the_channel_and_names_the_scope(bench, error) -> None:
    bench.platform.pulls.append(error("The token has expired.", scope="pages_read_engagement"))
    bench.pull()
    bench.settle()

    assert "Permission to mend: pages_read_engagement." in row_of(bench).paused_reason
    (notice,) = bench.notices()
    assert "is paused" in notice.title
    assert "wardmote channels resume facebook-parks" in notice.lines[-1]
    assert bench.coverage()[0].end is PullEnd.REJECTED
    assert bench.pull() == 0


def test_a_paused_channel_goes_on_where_it_stopped(bench) -> None:
    bench.platform.pulls.append(CredentialsRejected("The token has expired."))
    bench.pull()
    ingest.resume_channel(bench.services, row_of(bench).id, actor=f"person:{AMINA.id}")
    bench.shows(bench.comment("Lovely park."))

    assert bench.pull() == 1
    assert "channel.resumed" in bench.audit()
    assert row_of(bench).paused_reason == ""


def test_a_strange_answer_waits_as_long_again_as_it_has_lasted(bench) -> None:
    waits = []
    for _ in range(4):
        bench.platform.pulls.append(UnexpectedReply("The answer is an HTML page."))
        bench.pull()
        wait = row_of(bench).next_pull_at - bench.clock()
        waits.append(wait.total_seconds())
        bench.clock.advance(wait)
    bench.settle()

    assert waits == [15, 15, 30, 60]
    assert bench.events().count(FAILING) == 1
    (notice,) = bench.notices()
    assert "something unexpected" in notice.title


def test_a_strange_answer_never_waits_longer_than_the_longest(bench) -> None:
    bench.platform.pulls.append(UnexpectedReply("HTML."))
    bench.pull()
    bench.clock.advance(timedelta(days=2))
    bench.platform.pulls.append(UnexpectedReply("HTML."))
    bench.pull()

    assert row_of(bench).next_pull_at - bench.clock() == timedelta(minutes=15)


def test_what_was_stored_before_a_failure_stays_stored(bench) -> None:
    bench.shows(bench.comment("Lovely park."))
    bench.platform.pulls.append(UnexpectedReply("HTML."))

    assert bench.pull() == 1
    assert bench.coverage()[0].new == 1


def test_stopping_ends_after_the_batch_in_hand_and_does_not_claim_to_be_up_to_date(bench) -> None:
    bench.shows(bench.comment("One."))
    bench.shows(bench.comment("Two.", "c-2"), cursor="d")
    bench.change(stopping=lambda: True)

    assert bench.pull() == 1

    (row,) = bench.coverage()
    assert row.end is PullEnd.LATER
    assert row.cause == "the daemon was stopped while it read"
    assert row_of(bench).next_pull_at == bench.clock()


def test_of_two_pulls_of_one_page_one_is_stored(bench) -> None:
    def another_process_reads_it() -> None:
        bench.platform.when_asked = lambda: None
        bench.clock.advance(timedelta(minutes=6))  # the lease has run out
        bench.platform.pulls.append(bench.shows(bench.comment("Seen by the other."), cursor="e"))
        bench.platform.pulls.pop()
        assert bench.pull() == 1

    bench.shows(bench.comment("Seen by the other."))
    bench.platform.when_asked = another_process_reads_it

    assert bench.pull() == 0

    first, second = bench.coverage()
    assert (first.end, first.cause) == (
        PullEnd.LATER,
        "another process read the channel meanwhile",
    )
    assert second.end is PullEnd.DONE
    assert "channel.overtaken" in bench.events()


def test_an_end_that_comes_after_the_lease_was_lost_changes_nothing(bench) -> None:
    def another_process_takes_it() -> None:
        bench.platform.when_asked = lambda: None
        bench.clock.advance(timedelta(minutes=6))
        with bench.services.database.transaction("theirs") as tx:
            cursors.lease_due(
                tx,
                now=bench.clock(),
                lease_for=timedelta(minutes=5),
                limit=1,
                new_lease=lambda: "theirs",
            )

    bench.platform.pulls.append(TryLater("Wait.", at=bench.clock()))
    bench.platform.when_asked = another_process_takes_it
    bench.pull()

    assert row_of(bench).failing_since is None


class TestWhatCannotBeRead:
    """A connector's ``problems`` reach an operator once, and the account of the pull."""

    def test_it_is_told_with_its_places_and_stands_in_the_account(self, bench) -> None:
        bench.shows(bench.comment("Fine."), problems=("Line 4 was left out: it has no id.",))
        bench.pull()
        bench.settle()

        (notice,) = bench.notices()
        assert notice.title == "Parks and Libraries: something could not be read"
        assert notice.lines[:2] == (
            "1 problem in one reading:",
            "Line 4 was left out: it has no id.",
        )
        (row,) = bench.coverage()
        assert (row.end, row.cause) == (PullEnd.DONE, "1 problem in one reading")
        assert "channel.left_out" in bench.events()

    def test_it_is_written_with_the_cursor(self, bench) -> None:
        told = []
        bench.after_commit = lambda name: told.append((name, self._letters(bench)))
        bench.shows(bench.comment("Fine."), problems=("Line 4 was left out.",))
        bench.pull()

        assert ("T1", 1) in told

    def test_the_same_is_told_once_a_day(self, bench) -> None:
        for _ in range(3):
            bench.due_again()
            bench.shows(bench.comment("Fine."), problems=("Post 7 cannot be read.",))
            bench.pull()
        bench.settle()
        assert len(bench.notices()) == 1
        bench.clock.advance(timedelta(days=1))
        bench.shows(bench.comment("Fine."), problems=("Post 7 cannot be read.",))
        bench.pull()
        bench.settle()

        assert len(bench.notices()) == 2

    def test_of_many_the_first_are_told_with_their_number(self, bench) -> None:
        for batch in range(3):
            problems = tuple(f"Line {batch * 10 + n} was left out." for n in range(4))
            bench.shows(bench.comment("Fine.", f"c-{batch}"), cursor=f"{batch}", problems=problems)
        bench.pull()
        bench.settle()

        first, whole = bench.notices()
        assert first.lines[0] == "4 problems in one reading:"
        assert first.lines[4] == "and 1 more."
        assert whole.lines[0] == "12 problems in one reading:"
        assert whole.lines[1:5] == (
            "Line 0 was left out.",
            "Line 1 was left out.",
            "Line 2 was left out.",
            "and 9 more.",
        )
        assert bench.coverage()[0].cause == "12 problems in one reading"

    def test_it_is_told_even_where_the_pull_then_fails(self, bench) -> None:
        bench.platform.pulls.append(Pull((), (), None, problems=("Line 4 was left out.",)))
        bench.platform.pulls.append(UnexpectedReply("HTML."))
        bench.pull()
        bench.settle()

        assert len(bench.notices()) == 1
        assert bench.coverage()[0].cause == "HTML."

    @staticmethod
    def _letters(bench) -> int:
        with bench.services.database.reading() as reading:
            return views.counts(reading).pending_letters


def test_a_comment_that_is_public_again_is_asked_about_at_once(bench) -> None:
    bench.read(ABUSE)
    bench.decide("hide")
    bench.settle()
    hidden = bench.page().comment.native_id
    bench.platform.comments[hidden] = replace(bench.platform.comments[hidden], hidden=False)
    bench.clock.advance(timedelta(days=30))
    bench.due_again()
    bench.shows(replace(bench.platform.comments[hidden], hidden=False), cursor="swept")
    bench.pull()
    bench.settle()

    assert bench.case().state is CaseState.OPEN
    assert bench.case().hidden is False


def test_a_fault_of_ours_gives_the_lease_back_and_says_so(bench) -> None:
    bench.platform.pulls.append(ZeroDivisionError("never to be shown"))
    bench.pull()

    assert bench.coverage()[0].end is PullEnd.UNEXPECTED
    assert "ZeroDivisionError" in bench.coverage()[0].cause
    assert "never" not in bench.coverage()[0].cause
    assert row_of(bench).next_pull_at > bench.clock()


def test_a_channel_that_only_another_process_knows_is_left_to_it(bench) -> None:
    bench.change(channels={})

    assert ingest.pull_due(bench.services) == 0
    assert bench.pull() == 0
    assert bench.coverage() == ()


def test_a_fault_of_ours_gives_the_lease_back_and_its_words_are_withheld(bench) -> None:
    bench.platform.pulls.append(ValueError("Robin wrote: you idiot"))
    bench.pull()

    (row,) = bench.coverage()
    assert row.end is PullEnd.UNEXPECTED
    assert row.cause == "Reading it broke off (ValueError); please report this fault."
    assert row_of(bench).next_pull_at > bench.clock()


def test_a_database_that_fails_is_not_the_channels_fault(bench) -> None:
    bench.platform.pulls.append(DatabaseUnusable("The disk is full.", hint="Make room."))

    with pytest.raises(DatabaseUnusable):
        bench.pull()
    assert row_of(bench).failing_since is None


def test_the_job_that_a_nudge_names_is_this_pull(bench) -> None:
    bench.shows(bench.comment("Lovely park."))
    bench.dispatcher.nudge("pull_due")
    bench.settle()

    assert bench.coverage()[0].new == 1
