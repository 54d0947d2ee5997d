"""What can happen on an ordinary bad day, each told from the comment to how it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from classifiers.contract import Classifier, ClassifierFailed, ModelFingerprint, Scores
from classifiers.testing import ScriptedClassifier
from connectors.contract import ChannelId
from monitor.alerting.contract import Offer
from monitor.domain.case import (
    CaseState,
    Decision,
    DecisionOutcome,
    EnforcementState,
    Refused,
)
from monitor.runtime.in_process import InProcess
from monitor.sandbox.faults import (
    Fault,
    answer,
    delay,
    did_nothing,
    drop,
    drop_after,
    html_page,
    json_answer,
    twist,
)
from monitor.store import evidence, outbox, tables, views
from monitor.workflow import cards, decide, ingest
from monitor.workflow.record_keeping import verify
from tests.cast import AMINA, BEDE, CARYS
from tests.world import LIBRARY, PAGES, PARKS, World

pytestmark = pytest.mark.sandbox

BREACH = "You are a fat useless moron and everyone at that depot is scum."
WORSE = "You are a fat useless moron, the whole depot is scum and you are pathetic idiots."
KIND = "Thank you, the reading challenge was lovely."
_EXPIRED = {
    "error": {
        "message": "Error validating access token: Session has expired.",
        "type": "OAuthException",
        "code": 190,
        "error_subcode": 463,
    }
}


@pytest.fixture
def world(tmp_path: Path, database_url: str) -> Iterator[World]:
    with World(tmp_path / "home", database_url) as opened:
        yield opened
        _all_in_order(opened)


def _all_in_order(world: World) -> None:
    """What must hold at the end of every story."""
    assert all(proof.intact for proof in verify(world.services)), "the record is broken"
    with world.services.database.reading() as reading:
        assert views.dead_letters(reading) == ()
    keys = world.card_keys()
    assert len(keys) == len(set(keys)), "a card stands there twice"
    assert world.graph.failures == ()


def _count(world: World, table: Any) -> int:
    with world.services.database.reading() as reading:
        return reading.session.execute(select(func.count()).select_from(table)).scalar_one()


def _status(world: World, native_id: str) -> str:
    return world.cards(world.case_of(native_id))[0].text


def _at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Make calls in the same instant; a refusal is an answer too."""
    together = threading.Barrier(len(calls))

    def wait_and(call: Callable[[], Any]) -> Any:
        together.wait(timeout=10)
        try:
            return call()
        except Refused as refusal:
            return refusal

    with ThreadPoolExecutor(len(calls)) as pool:
        return [each.result() for each in [pool.submit(wait_and, call) for call in calls]]


def test_of_two_who_claim_in_one_instant_the_second_is_told_who_and_when(world: World) -> None:
    native_id = world.write(BREACH)
    world.tick()
    case = world.case_of(native_id)

    ends = _at_once(lambda: world.claim(case, by=AMINA), lambda: world.claim(case, by=BEDE))

    refused = [each for each in ends if isinstance(each, Refused)]
    assert len(refused) == 1
    holder = world.case_of(native_id).holder
    assert refused[0].sentence == f"WM-{case.id}: {str(holder).title()} claimed it at 10:00."


def test_of_two_presses_in_one_instant_one_decides(world: World) -> None:
    native_id = world.write(BREACH)
    world.tick()
    held = world.claim(world.case_of(native_id))

    ends = _at_once(
        lambda: world.decide(held, press="in-slack"),
        lambda: world.decide(held, DecisionOutcome.KEEP, press="in-the-console"),
    )
    world.settle()

    refused = [each for each in ends if isinstance(each, Refused)]
    decided = [each for each in ends if isinstance(each, Decision)]
    assert (len(refused), len(decided)) == (1, 1)
    done = {"hide": "hide", "keep": "keep"}[decided[0].outcome]
    assert refused[0].sentence == f"WM-{held.id}: Amina decided to {done} it at 10:00."
    assert len(world.page_of(held.id).decisions) == 1
    assert world.is_hidden(native_id) is (done == "hide")


def test_one_press_that_comes_twice_in_one_instant_is_one_decision(world: World) -> None:
    native_id = world.write(BREACH)
    world.tick()
    held = world.claim(world.case_of(native_id))

    first, second = _at_once(lambda: world.decide(held), lambda: world.decide(held))
    world.settle()

    assert first == second
    assert len(world.page_of(held.id).decisions) == 1
    assert world.is_hidden(native_id)


@pytest.mark.parametrize("is_read", [True, False], ids=["read anew", "not read yet"])
def test_nobody_decides_on_words_that_were_edited_meanwhile(world: World, *, is_read: bool) -> None:
    native_id = world.write(BREACH)
    world.tick()
    held = world.claim(world.case_of(native_id))
    world.settle()
    world.town.edit(native_id, WORSE, at=world.clock())
    world.clock.advance(timedelta(minutes=2))
    assert ingest.pull(world.services, PARKS) == 1
    if not is_read:
        world.dispatcher.nudges.clear()  # the model is slow today
    world.tick("deliver")

    with pytest.raises(Refused, match="changed since you looked at it"):
        world.decide(held, press="on-the-old-card")
    seen_now = world.case_of(native_id)
    assert f"{seen_now.id}:{seen_now.version}" in str(world.cards(seen_now)[0].blocks)
    world.decide(seen_now, press="on-the-new-card")
    world.tick()

    page = world.page_of(held.id)
    assert [each.press for each in page.decisions] == ["on-the-new-card"]
    assert [each.text for each in page.versions] == [BREACH, WORSE]
    with world.services.database.reading() as reading:
        sealed = evidence.evidence_of(reading, held.id)
    assert len(sealed) == 1
    assert BREACH in sealed[0].body
    assert WORSE in sealed[0].body
    assert world.is_hidden(native_id)


def test_a_comment_that_was_kept_and_then_edited_is_back_in_the_queue(world: World) -> None:
    native_id = world.write(BREACH)
    world.tick()
    held = world.claim(world.case_of(native_id))
    world.decide(held, DecisionOutcome.KEEP)
    world.settle()
    assert world.case_of(native_id).state is CaseState.CLOSED

    world.town.edit(native_id, WORSE, at=world.clock())
    world.pass_time(timedelta(minutes=2))

    case = world.case_of(native_id)
    assert case.state is CaseState.OPEN
    assert f"{case.reference} is back in the queue" in world.told("C0MODERATION")
    assert "Open: nobody has claimed it." in _status(world, native_id)
    assert world.hide(case, press="again").hidden


def test_a_comment_that_is_deleted_before_the_hide_is_closed_as_gone(world: World) -> None:
    native_id = world.write(BREACH)
    world.tick()
    held = world.claim(world.case_of(native_id))
    world.town.delete(native_id)

    world.decide(held)
    world.settle()

    page = world.page_of(held.id)
    assert page.case.state is CaseState.CLOSED
    assert not page.case.hidden
    assert page.comment.gone_at == world.clock()
    assert page.enforcements[0].outcome == "gone"
    assert "The comment is no longer there." in _status(world, native_id)


def test_a_token_that_expires_in_the_middle_of_a_thread_loses_nothing(
    tmp_path: Path, database_url: str
) -> None:
    with World(tmp_path / "home", database_url, settings_of_channels="page_size = 5") as world:
        for number in range(12):
            world.write(f"Comment number {number} about the library's opening hours.")
        native_id = world.write(BREACH)
        world.graph.faults.add(json_answer(400, _EXPIRED), path="*/comments", after=1)

        world.tick()
        world.live(timedelta(minutes=30), step=timedelta(minutes=5))

        assert 0 < _count(world, tables.comments) < 13
        assert len(world.slack.workspace.messages("C0OPERATORS")) == 1
        told = world.told("C0OPERATORS")
        assert "token is rejected" in told
        assert "wardmote channels resume facebook-parks" in told

        world.graph.faults.clear()
        ingest.resume_channel(world.services, PARKS, actor="person:carys")
        world.pass_time(timedelta(seconds=5))

        assert _count(world, tables.comments) == 13
        assert len(world.cards(world.case_of(native_id))) == 1
        back = world.slack.workspace.messages("C0OPERATORS")[1:]
        assert [each.text.partition(":")[2].strip() for each in back] == [
            "facebook-parks is seen again"
        ]
        _all_in_order(world)


def test_a_yes_that_changed_nothing_is_tried_again_and_then_given_to_a_person(
    world: World,
) -> None:
    native_id = world.write(BREACH)
    world.tick()
    world.graph.faults.add(did_nothing({"success": True}), method="POST", path=f"*/{native_id}")

    case = world.hide(world.case_of(native_id))
    assert case.state is CaseState.DECIDED
    assert "Waiting for the platform" in _status(world, native_id)
    world.live(timedelta(minutes=3))

    case = world.case_of(native_id)
    assert (case.state, case.hidden) == (CaseState.OPEN, False)
    assert case.by_hand.startswith("Not done: the platform accepted it 3 times")
    assert "says hidden" not in world.told("C0MODERATION")
    assert f"{case.reference} is back in the queue" in world.told("C0MODERATION")
    held = world.claim(case)
    assert Offer.BY_HAND in cards.offers(world.services, held)
    world.town.hide(native_id)
    world.decide(held, press="by-hand", by_hand=True)
    world.settle()
    case = world.case_of(native_id)
    assert (case.state, case.hidden, case.by_hand) == (CaseState.CLOSED, True, "")
    assert "Done by hand." in _status(world, native_id)


def test_a_page_that_is_delivered_twice_is_stored_once(tmp_path: Path, database_url: str) -> None:
    with World(tmp_path / "home", database_url, settings_of_channels="page_size = 5") as world:
        for number in range(12):
            world.write(f"Comment number {number} about the library's opening hours.")
        native_id = world.write(BREACH)
        world.graph.faults.add(twist("duplicate_page"), path="*/comments", after=1, times=1)

        world.live(timedelta(minutes=3), step=timedelta(minutes=1))

        assert "twist duplicate_page" in world.graph.faults.fired
        assert _count(world, tables.comments) == 13
        assert _count(world, tables.versions) == 13
        assert len(world.cards(world.case_of(native_id))) == 1
        _all_in_order(world)


@pytest.mark.parametrize("fault", [html_page(502), html_page(200)], ids=["502", "200"])
def test_one_broken_channel_does_not_hold_up_another(
    tmp_path: Path, database_url: str, fault: Fault
) -> None:
    with World(tmp_path / "home", database_url, channels=(PARKS, LIBRARY)) as world:
        world.graph.faults.add(fault, path=f"*/{PAGES[PARKS]}/*")
        broken = world.write(BREACH)
        well = world.write(BREACH, channel=LIBRARY)

        world.live(timedelta(minutes=5))

        assert len(world.cards(world.case_of(well, channel=LIBRARY))) == 1
        assert not world.has_case(broken)
        world.graph.faults.clear()
        world.live(timedelta(minutes=20), step=timedelta(minutes=5))
        assert len(world.cards(world.case_of(broken))) == 1
        _all_in_order(world)


def test_a_slow_channel_does_not_hold_up_another_in_the_daemons_own_threads(
    tmp_path: Path, database_url: str
) -> None:
    threads = InProcess()
    with World(
        tmp_path / "home", database_url, channels=(PARKS, LIBRARY), dispatcher=threads
    ) as world:
        threads.bind(world.services)
        world.graph.faults.add(delay(30), path=f"*/{PAGES[PARKS]}/*")
        world.write(BREACH)
        well = world.write(BREACH, channel=LIBRARY)

        threads.nudge("pull_due")

        # The slow answer takes longer than this waits; only stopping the town ends it.
        assert world.slack.workspace.wait_until(lambda: len(world.post_cards()) == 1)
        assert world.has_case(well, channel=LIBRARY)
        # The alert may be out before its own pull has written that it ended.
        ends = {PARKS: "running", LIBRARY: "done"}
        assert world.slack.workspace.wait_until(lambda: _ends(world) == ends)
        world.graph.stop()
        assert threads.wait_until_idle(20)
        threads.stop()


def _ends(world: World) -> dict[str, str]:
    """How each channel's pull ended, or that it runs."""
    with world.services.database.reading() as reading:
        asked = select(tables.pulls.c.channel_id, tables.pulls.c.end)
        return {row.channel_id: row.end for row in reading.session.execute(asked)}


@pytest.mark.parametrize(
    "fault",
    [
        json_answer(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "30"}),
        answer(500, b""),
        html_page(503),
        drop(),
    ],
    ids=["429", "500", "html", "dropped"],
)
def test_while_slack_is_down_nothing_is_lost_or_doubled(world: World, fault: Fault) -> None:
    world.slack.faults.add(fault)
    first = world.write(BREACH)
    world.tick()
    second = world.write(WORSE)
    world.live(timedelta(minutes=12), step=timedelta(minutes=4))
    assert world.post_cards() == []

    world.slack.faults.clear()
    world.live(timedelta(minutes=20), step=timedelta(minutes=1))

    assert len(world.cards(world.case_of(first))) == 1
    assert len(world.cards(world.case_of(second))) == 1
    assert world.hide(world.case_of(first)).hidden
    assert "The platform says hidden" in _status(world, first)


def test_while_slack_refuses_connections_nothing_is_lost(tmp_path: Path, database_url: str) -> None:
    with World(tmp_path / "home", database_url) as world:
        world.slack.stop()
        native_id = world.write(BREACH)
        world.live(timedelta(minutes=5), step=timedelta(minutes=1))
        world.slack.start()
        world.restart_daemon()  # it listens at another port now
        world.live(timedelta(minutes=20), step=timedelta(minutes=1))

        assert len(world.cards(world.case_of(native_id))) == 1
        _all_in_order(world)


@pytest.mark.parametrize("searches", [0, 4], ids=["search works", "search fails too"])
def test_a_card_whose_confirmation_was_lost_is_not_posted_again(
    world: World, searches: int
) -> None:
    world.slack.faults.add(drop_after(), path="*/chat.postMessage", times=1)
    world.slack.faults.add(drop(), path="*/conversations.history", times=searches)
    native_id = world.write(BREACH)

    world.tick()
    world.live(timedelta(minutes=10), step=timedelta(minutes=1))

    case = world.case_of(native_id)
    assert len(world.cards(case)) == 1
    world.claim(case)
    world.settle()
    assert "Claimed by Amina" in _status(world, native_id), "the card was found, so it is redrawn"


def test_a_hidden_comment_is_restored_after_a_review_and_stays_so(world: World) -> None:
    native_id = world.write(BREACH)
    world.tick()
    hidden = world.hide(world.case_of(native_id))

    held = decide.review(world.services, hidden.id, by=CARYS, reason="The resident complained.")
    assert Offer.RESTORE in cards.offers(world.services, held)
    world.decide(held, DecisionOutcome.RESTORE, by=CARYS, press="restore")
    world.settle()

    case = world.case_of(native_id)
    assert (case.state, case.hidden) == (CaseState.CLOSED, False)
    assert not world.is_hidden(native_id)
    assert "The platform says public" in _status(world, native_id)
    for later in (timedelta(minutes=11), timedelta(hours=25), timedelta(days=8)):
        world.pass_time(later)
    assert world.case_of(native_id).state is CaseState.CLOSED, "the earlier hide is not looked for"
    assert [each.state for each in world.page_of(case.id).enforcements] == [
        EnforcementState.DONE,
        EnforcementState.DONE,
    ]


def test_a_comment_that_is_public_again_is_found_and_can_be_hidden_again(world: World) -> None:
    native_id = world.write(BREACH)
    world.tick()
    hidden = world.hide(world.case_of(native_id))
    world.town.hide(native_id, hidden=False)

    world.pass_time(timedelta(minutes=11))

    case = world.case_of(native_id)
    assert (case.state, case.hidden) == (CaseState.OPEN, False)
    assert world.page_of(hidden.id).enforcements[0].state is EnforcementState.DRIFTED
    assert "the platform shows it public again" in world.told("C0MODERATION")
    assert world.hide(case, by=BEDE, press="again").hidden
    assert world.is_hidden(native_id)
    world.pass_time(timedelta(minutes=11))
    assert world.case_of(native_id).state is CaseState.CLOSED


def test_an_escalated_case_goes_its_route_and_is_taken_back(world: World) -> None:
    native_id = world.write(BREACH)
    world.tick()
    held = world.claim(world.case_of(native_id))

    world.decide(held, DecisionOutcome.ESCALATE, route="legal")
    world.settle()

    assert world.case_of(native_id).state is CaseState.ESCALATED
    assert f"{held.reference} was escalated to Legal" in world.told("C0LEGAL")
    assert "Please answer within 2 hours" in world.told("C0LEGAL")
    assert BREACH not in world.told("C0LEGAL")
    assert "Escalated to Legal at 10:00." in _status(world, native_id)

    taken = world.claim(world.case_of(native_id), by=BEDE)
    world.settle()

    assert (taken.state, taken.holder) == (CaseState.CLAIMED, BEDE.id)
    assert "Claimed by Bede" in _status(world, native_id)
    assert len(world.slack.workspace.messages("C0LEGAL")) == 1


def test_what_a_channel_cannot_do_is_done_by_hand(tmp_path: Path, database_url: str) -> None:
    archive = tmp_path / "comments.csv"
    archive.write_text(
        f'id,text,permalink\n1,"{BREACH}",https://letters.invalid/1\n2,"{KIND}",\n', "utf-8"
    )
    channel = ChannelId("letters")
    table = (
        f'[channel.{channel}]\nconnector = "csv_import"\nnative_id = "{archive}"\n'
        'name = "Letters"\nservice = "Parks and Libraries"\n'
    )
    with World(tmp_path / "home", database_url, extra_channels=table) as world:
        world.tick()
        case = world.case_of("1", channel=channel)
        held = world.claim(case)
        assert Offer.BY_HAND in cards.offers(world.services, held)

        world.decide(held, press="hide")
        world.settle()

        case = world.case_of("1", channel=channel)
        assert (case.state, case.hidden) == (CaseState.OPEN, False)
        assert "Do it by hand at https://letters.invalid/1" in case.by_hand
        world.decide(world.claim(case), press="by-hand", by_hand=True)
        world.settle()
        case = world.case_of("1", channel=channel)
        assert (case.state, case.hidden) == (CaseState.CLOSED, True)
        world.live(timedelta(hours=1), step=timedelta(minutes=10))
        assert world.case_of("1", channel=channel).state is CaseState.CLOSED
        _all_in_order(world)


@pytest.mark.parametrize("comments", [1, 3])
def test_while_the_classifier_fails_nothing_is_clean_and_an_operator_knows(
    tmp_path: Path, database_url: str, comments: int
) -> None:
    scripted = ScriptedClassifier({"moron": {"insult": 0.97, "toxicity": 0.97}})
    with World(tmp_path / "home", database_url, classifier=scripted) as world:
        scripted.fail_with(ClassifierFailed("The model's file is damaged.", hint="Copy it again."))
        written = [world.write(f"You are a moron, number {each}.") for each in range(comments)]

        world.live(timedelta(minutes=10))

        assert _count(world, tables.assessments) == 0
        assert len(world.slack.workspace.messages("C0OPERATORS")) == 1
        assert "The model's file is damaged." in world.told("C0OPERATORS")

        scripted.recover()
        world.live(timedelta(minutes=2))

        assert _count(world, tables.assessments) == comments
        assert all(len(world.cards(world.case_of(each))) == 1 for each in written)
        assert scripted.seen, "it was asked"
        _all_in_order(world)


class _Choosy:
    """Reads everything but one word, on which it breaks off as a library does."""

    def __init__(self, real: Classifier) -> None:
        self._real = real

    @property
    def fingerprint(self) -> ModelFingerprint:
        return self._real.fingerprint

    def score(self, texts: Sequence[str]) -> list[Scores]:
        if any("poison" in text for text in texts):
            raise ValueError("token 17 of " + texts[0])
        return self._real.score(texts)


def test_a_comment_that_cannot_be_read_is_set_aside_and_then_given_to_a_person(
    tmp_path: Path, database_url: str
) -> None:
    scripted = ScriptedClassifier({"moron": {"insult": 0.97, "toxicity": 0.97}})
    with World(tmp_path / "home", database_url, classifier=_Choosy(scripted)) as world:
        poison = world.write("This is poison to a tokenizer.")
        others = [world.write(f"You are a moron, number {each}.") for each in range(3)]

        world.tick()

        assert all(world.has_case(each) for each in others)
        assert not world.has_case(poison)
        assert world.slack.workspace.messages("C0OPERATORS") == ()

        world.live(timedelta(hours=3), step=timedelta(minutes=20))

        assert world.case_of(poison).lane == "unsure"
        assert len(world.cards(world.case_of(poison))) == 1
        _all_in_order(world)


def test_a_letter_that_cannot_be_written_holds_up_no_other(world: World) -> None:
    with world.services.database.transaction("a mistake of ours") as tx:
        outbox.put(
            tx,
            key="notice:broken",
            kind=outbox.OutboxKind.NOTICE,
            destination="moderation",
            payload={},
            due_at=world.clock(),
            now=world.clock(),
        )
    native_id = world.write(BREACH)

    world.tick()

    assert len(world.cards(world.case_of(native_id))) == 1
    world.live(timedelta(minutes=5))
    with world.services.database.reading() as reading:
        (dead,) = views.dead_letters(reading)
    assert dead.error.startswith("It could not be written (KeyError).")
    assert "cannot be delivered" in world.told("C0OPERATORS")
    with world.services.database.transaction("mended") as tx:
        tx.session.execute(tables.letters.delete().where(tables.letters.c.key == "notice:broken"))
