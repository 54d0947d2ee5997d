from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import psycopg
import pytest
from sqlalchemy import text

from classifiers.contract import ClassifierFailed, Scores
from classifiers.testing import ScriptedClassifier
from config.routes import QuietHours
from config.standards import Severity, Target
from connectors.contract import NativeId
from monitor.domain import case as case_moves
from monitor.domain.case import Case, CaseId, CaseState
from monitor.sandbox.http import Clock
from monitor.store import cases, views
from monitor.store.cases import StaleCase
from monitor.store.engine import Database
from monitor.workflow import assess, decide
from tests.cast import AMINA
from tests.databases import server

START = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
ABUSE = "You idiot, mend the swings."
RISK = "I feel so alone and want it to end."


def counts(bench) -> views.Counts:
    with bench.services.database.reading() as reading:
        return views.counts(reading)


class Choosy(ScriptedClassifier):
    """Fails on a batch that holds a poisonous text."""

    def score(self, texts) -> list[Scores]:
        if any("poison" in text for text in texts):
            raise ClassifierFailed("It cannot read this.")
        return super().score(texts)


def test_with_nothing_to_read_nothing_is_done(bench) -> None:
    assert assess.assess_due(bench.services) == 0
    assert bench.classifier.seen == []


def test_a_breach_becomes_a_case_with_an_alert(bench) -> None:
    case = bench.read(ABUSE)

    assert (case.state, case.lane, case.severity) == (CaseState.OPEN, "breach", "S3")
    (card,) = bench.cards()
    assert card.reference == case.reference
    assert "case.opened" in bench.audit()
    assert "comments.assessed" in bench.audit()


def test_what_is_clear_becomes_no_case(bench) -> None:
    bench.shows(bench.comment("Lovely park."))
    bench.pull()
    bench.settle()

    assert bench.case_id() is None
    assert counts(bench).unassessed == 0
    assert bench.target.delivered == []


def test_a_picture_alone_is_shown_to_a_person_because_nobody_here_can_see_it(bench) -> None:
    case = bench.read("  ", attachments=("photo",))

    assert (case.lane, case.severity, case.clauses) == ("unsure", "S4", ())


@pytest.mark.parametrize(("text", "attachments"), [("", ("sticker",)), ("Nice.", ("photo",))])
def test_a_sticker_or_a_picture_with_harmless_words_is_not(bench, text, attachments) -> None:
    bench.shows(bench.comment(text, attachments=attachments))
    bench.pull()
    bench.settle()

    assert bench.case_id() is None


def test_a_full_batch_asks_for_the_next(bench) -> None:
    bench.pace(batch=2)
    bench.shows(*(bench.comment("Lovely.", f"c-{number}") for number in range(3)))
    bench.pull()
    bench.dispatcher.nudges.clear()

    assert assess.assess_due(bench.services) == 2
    assert [job for job, _ in bench.dispatcher.nudges] == ["assess"]
    assert assess.assess_due(bench.services) == 1


def test_a_classifier_that_cannot_read_takes_nothing_as_clean_and_tells_an_operator(bench) -> None:
    bench.classifier.fail_with(ClassifierFailed("The model is gone.", hint="Put it back."))
    bench.shows(*(bench.comment(ABUSE, f"c-{number}") for number in range(3)))
    bench.pull()
    bench.settle()

    assert counts(bench).unassessed == 3
    (notice,) = bench.notices()
    assert notice.lines[:2] == ("The model is gone.", "Put it back.")
    assert "assess.failed" in bench.events()


def test_an_outage_is_told_once_an_hour(bench) -> None:
    bench.classifier.fail_with(ClassifierFailed("The model is gone."))
    bench.shows(*(bench.comment(ABUSE, f"c-{number}") for number in range(2)))
    bench.pull()
    for _ in range(4):
        bench.dispatcher.nudge("assess")
        bench.settle()
        bench.clock.advance(timedelta(minutes=61))

    assert len(bench.notices()) == 4
    assert len(bench.notices()[0].lines) == 2


def test_when_the_classifier_reads_again_the_comments_are_read(bench) -> None:
    bench.classifier.fail_with(ClassifierFailed("The model is gone."))
    bench.shows(bench.comment(ABUSE))
    bench.pull()
    bench.settle()
    bench.classifier.recover()
    bench.clock.advance(timedelta(hours=2))
    bench.dispatcher.nudge("assess")
    bench.settle()

    assert bench.case().severity == "S3"


def test_one_comment_that_cannot_be_read_does_not_keep_its_neighbours_waiting(bench) -> None:
    choosy = Choosy({"idiot": {"insult": 0.95, "target_staff": 0.9}})
    bench.change(classifier=lambda: choosy)
    bench.shows(bench.comment("poison", "c-1"), bench.comment(ABUSE, "c-2"))
    bench.pull()
    bench.settle()

    assert bench.case("c-2").severity == "S3"
    assert counts(bench).unassessed == 1
    assert "assess.poisoned" in bench.events()
    assert bench.notices() == []


def test_what_nothing_here_can_read_becomes_a_persons_to_read(bench) -> None:
    choosy = Choosy()
    bench.change(classifier=lambda: choosy)
    bench.shows(bench.comment("poison", "c-1"), bench.comment("Lovely.", "c-2"))
    bench.pull()
    for _ in range(4):
        bench.dispatcher.nudge("assess")
        bench.settle()
        bench.shows(bench.comment("Lovely.", f"c-{bench.clock():%H}"), cursor=f"{bench.clock()}")
        bench.clock.advance(timedelta(hours=2))
        bench.due_again()
        bench.pull()

    assert (bench.case("c-1").lane, bench.case("c-1").severity) == ("unsure", "S4")


def test_a_classifiers_own_mistake_is_a_failure_to_read_and_its_words_are_withheld(bench) -> None:
    class Broken(ScriptedClassifier):
        def score(self, texts) -> list[Scores]:
            raise ValueError(texts[0])

    bench.change(classifier=Broken)
    bench.shows(bench.comment(ABUSE))
    bench.pull()
    bench.settle()

    (notice,) = bench.notices()
    assert notice.lines[0] == "The classifier broke off (ValueError)."
    assert counts(bench).unassessed == 1


def test_what_another_process_has_assessed_meanwhile_is_not_assessed_twice(bench) -> None:
    class Slow(ScriptedClassifier):
        def score(self, texts) -> list[Scores]:
            if not self.seen:
                self.seen.append("once")
                bench.clock.advance(timedelta(minutes=6))  # the lease has run out
                assess.assess_due(bench.services)
            return super().score(texts)

    slow = Slow({"idiot": {"insult": 0.95, "target_staff": 0.9}})
    bench.change(classifier=lambda: slow)
    bench.shows(bench.comment(ABUSE))
    bench.pull()
    assess.assess_due(bench.services)

    assert bench.audit().count("case.opened") == 1


class TestWhatStandsAbove:
    """The post and the comment that is answered change how a comment is read."""

    @pytest.fixture(autouse=True)
    def listening(self, bench) -> None:
        heard = {"01632 960": {"phone_number": 0.95}, "muppet": {"insult": 0.95}}
        bench.change(classifier=lambda: ScriptedClassifier(heard))

    @pytest.mark.parametrize(
        ("post", "is_published"),
        [("Questions? Call 01632 960.", True), ("Questions? Call 01632 961.", False)],
    )
    def test_a_number_that_the_post_gives_is_nobody_s_private_one(
        self, bench, post, is_published
    ) -> None:
        bench.post_text = post
        bench.shows(bench.comment("Try 01632 960, they do answer."))
        bench.pull()
        bench.settle()

        assert (bench.case_id() is None) is is_published

    @pytest.mark.parametrize(
        ("post", "target"),
        [("The library opens.", Target.STAFF), ("Meet your councillors.", Target.COUNCILLOR)],
    )
    def test_a_bare_insult_bears_on_whom_the_post_is_about(self, bench, post, target) -> None:
        bench.post_text = post
        bench.read("Muppet.")

        assert bench.page().assessment.target is target

    @pytest.mark.parametrize(
        ("from_channel", "target"), [(False, Target.RESIDENT), (True, Target.STAFF)]
    )
    def test_a_bare_insult_bears_on_the_resident_whom_it_answers(
        self, bench, from_channel, target
    ) -> None:
        bench.shows(
            bench.comment("It is not so bad.", "c-1", from_channel=from_channel),
            bench.comment("Muppet.", "c-2", parent_id=NativeId("c-1")),
        )
        bench.pull()
        bench.settle()

        assert bench.page("c-2").assessment.target is target

    def test_read_alone_after_a_batch_that_failed_it_keeps_what_stands_above(self, bench) -> None:
        choosy = Choosy({"muppet": {"insult": 0.95}})
        bench.change(classifier=lambda: choosy)
        bench.shows(
            bench.comment("It is not so bad.", "c-1"),
            bench.comment("Muppet.", "c-2", parent_id=NativeId("c-1")),
            bench.comment("poison", "c-3"),
        )
        bench.pull()
        bench.settle()

        assert bench.page("c-2").assessment.target is Target.RESIDENT


class TestAnEdit:
    """A comment with a case is written anew."""

    def edit(self, bench, text: str) -> None:
        bench.due_again()
        bench.shows(bench.comment(text), cursor=f"edited {text}")
        bench.pull()
        bench.settle()

    def test_an_open_case_gets_worse_and_its_card_says_so(self, bench) -> None:
        bench.read(ABUSE)
        self.edit(bench, "You idiot. I will find you, clerk.")

        assert bench.case().severity == "S1"
        (card,) = bench.cards()
        assert card.severity == "S1"
        assert bench.audit().count("case.opened") == 1

    def test_an_edit_to_harmless_words_does_not_make_an_open_case_go_away(self, bench) -> None:
        bench.read(ABUSE)
        self.edit(bench, "Lovely park.")

        assert bench.case().severity == "S3"
        assert bench.case().state is CaseState.OPEN

    def test_a_closed_case_returns_when_the_new_words_need_a_person(self, bench) -> None:
        bench.read(ABUSE)
        bench.decide("keep")
        bench.settle()
        self.edit(bench, "You idiot, you idiot.")

        assert bench.case().state is CaseState.OPEN
        assert "back in the queue" in bench.notices("C0MODERATION")[-1].title
        assert "case.reopened" in bench.events()

    def test_a_closed_case_stays_closed_when_they_do_not(self, bench) -> None:
        bench.read(ABUSE)
        before = bench.decide("keep")
        bench.settle()
        self.edit(bench, "Lovely park.")

        assert bench.case().state is CaseState.CLOSED
        assert bench.case().version == before.version

    def test_a_case_that_somebody_holds_stays_theirs(self, bench) -> None:
        bench.read(ABUSE)
        decide.claim(bench.services, bench.case_id(), by=AMINA)
        self.edit(bench, "You idiot. I will find you, clerk.")

        assert bench.case().holder == AMINA.id
        assert bench.case().severity == "S1"

    def test_harmless_words_that_become_abuse_open_a_case(self, bench) -> None:
        bench.shows(bench.comment("Lovely park."))
        bench.pull()
        bench.settle()
        self.edit(bench, ABUSE)

        assert bench.case().state is CaseState.OPEN


def test_welfare_is_surfaced_and_is_no_breach(bench) -> None:
    case = bench.read(RISK)

    assert (case.lane, case.severity) == ("welfare", "S1")


class TestAnEditThatMakesItWorse(TestAnEdit):
    """People were told of less than what now stands there."""

    def test_who_was_told_is_told_again_because_a_redrawn_card_interrupts_nobody(
        self, bench
    ) -> None:
        bench.read(ABUSE)
        self.edit(bench, "You idiot. I will find you, clerk.")

        (notice,) = bench.notices("C0MODERATION")
        assert notice.title == "WM-1 was edited and is now S1"
        assert notice.urgent

    def test_who_is_told_of_such_cases_is_told(self, bench) -> None:
        both = replace(
            bench.services.routes.alerts[0],
            name="risk",
            destination="legal",
            severities=frozenset({Severity.S1}),
        )
        alerts = (*bench.services.routes.alerts, both)
        bench.change(routes=replace(bench.services.routes, alerts=alerts))
        bench.read(ABUSE)
        before = {address for address, _ in bench.target.delivered}
        self.edit(bench, "You idiot. I will find you, clerk.")

        assert before == {"C0MODERATION"}
        assert "C0LEGAL" in {address for address, _ in bench.target.delivered}

    def test_quiet_hours_that_no_longer_hold_it_back_are_ended(self, bench) -> None:
        quiet = QuietHours(time(0), time(23, 59), "Europe/London", frozenset({Severity.S1}))
        alerts = tuple(replace(each, quiet_hours=quiet) for each in bench.services.routes.alerts)
        bench.change(routes=replace(bench.services.routes, alerts=alerts))
        bench.read(ABUSE)
        waiting = list(bench.cards())
        self.edit(bench, "You idiot. I will find you, clerk.")

        assert waiting == []
        assert len(bench.cards()) == 1


@pytest.mark.postgres
def test_a_case_that_a_person_moves_while_its_edit_is_written_is_written_again(
    postgresql_bench,
) -> None:
    bench = postgresql_bench
    bench.read(ABUSE)
    bench.due_again()
    bench.shows(bench.comment("You idiot, you idiot, you idiot."), cursor="edited")
    bench.pull()
    has_moved = threading.Event()

    def claim_slowly() -> None:
        with bench.services.database.transaction("claim") as tx:
            case = cases.load(tx, bench_case)
            held = case_moves.claim(case, AMINA.id, now=START, lease=timedelta(minutes=30))
            cases.save(tx, held, from_version=case.version)
            has_moved.set()
            wait_until_somebody_waits(name)

    bench_case = bench.case_id()
    with bench.services.database.reading() as reading:
        name = reading.session.execute(text("SELECT current_database()")).scalar_one()
    person = threading.Thread(target=claim_slowly)
    person.start()
    assert has_moved.wait(10)
    bench.settle()
    person.join(10)

    assert bench.case().holder == AMINA.id
    assert bench.audit().count("case.edited") == 1


def wait_until_somebody_waits(name: str) -> None:
    """Until a statement on the database of this name waits for a lock that we hold."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"
    address = server().set(drivername="postgresql").render_as_string(hide_password=False)
    pause = threading.Event()
    with psycopg.connect(address, autocommit=True) as watching:
        for _ in range(200):
            if watching.execute(asked, [name]).fetchone() != (0,):
                return
            pause.wait(0.02)
    raise AssertionError("nobody waited")


def a_case() -> Case:
    return Case(CaseId(1), "facebook-parks", 1, "breach", "S3", (), CaseState.OPEN, 1, Clock()())


class Contested(Database):
    """A database in which somebody else was faster, once, in the transaction that is named."""

    contested = "T2"

    @contextmanager
    def transaction(self, name: str = ""):
        with super().transaction(name) as tx:
            yield tx
            if name == self.contested:
                self.contested = ""
                raise StaleCase(a_case())


def test_a_case_that_a_person_moved_meanwhile_is_read_again_and_nothing_is_lost(bench) -> None:
    url = str(bench.services.database.url_shown)
    contested = Contested.open(url)
    bench.change(database=contested)
    bench.shows(bench.comment(ABUSE))
    bench.pull()
    bench.settle()

    assert contested.contested == ""
    assert bench.case().state is CaseState.OPEN
    assert bench.audit().count("case.opened") == 1
    contested.dispose()
