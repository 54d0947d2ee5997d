from __future__ import annotations

import pytest

from monitor.store import outbox
from monitor.store.outbox import LetterState, OutboxKind
from tests import stored
from tests.consoles import press
from tests.stored import NOW

WHY = "Slack does not know the channel. Invite the bot to it."


@pytest.fixture
def dead(wexcombe):
    """One letter about a case that was given up."""
    case = wexcombe.case()
    key = f"alert:case:{case.id}:moderation"
    with wexcombe.database.transaction() as tx:
        outbox.put(
            tx,
            key=key,
            kind=OutboxKind.ALERT,
            destination="moderation",
            payload={},
            due_at=NOW,
            now=NOW,
            case_id=case.id,
        )
        (letter,) = outbox.claim(
            tx,
            [OutboxKind.ALERT],
            now=NOW,
            lease_for=stored.MINUTE,
            limit=1,
            new_lease=stored.new_lease,
        )
        outbox.kill(tx, letter, error=WHY, now=NOW)
    return letter


def state(wexcombe, letter):
    with wexcombe.database.reading() as reading:
        return outbox.state_of(reading, letter.key)


def test_a_lead_sees_why_and_has_it_tried_again(wexcombe, dead):
    carys = wexcombe.signed_in("carys")

    assert WHY in carys.get("/outbox").text
    answer = press(carys, f"/outbox/{dead.id}/again", shown="/outbox")

    assert answer.headers["location"] == "/outbox?said=again"
    after = carys.get("/outbox?said=again").text
    assert "It is tried again now." in after
    assert "Everything was delivered, or still will be." in after
    assert state(wexcombe, dead) is LetterState.PENDING
    assert "deliver" in wexcombe.nudges.jobs


def test_the_same_press_twice_is_told_that_it_is_done(wexcombe, dead):
    carys = wexcombe.signed_in("carys")
    press(carys, f"/outbox/{dead.id}/again", shown="/outbox")

    answer = press(carys, f"/outbox/{dead.id}/again", shown="/outbox")

    assert answer.status_code == 409
    assert "not given up, or no longer" in answer.text


@pytest.mark.parametrize("who", ["amina", "dov", "eun"])
def test_others_neither_see_nor_revive_letters(wexcombe, dead, who):
    person = wexcombe.signed_in(who)

    assert "/outbox" not in person.get("/queue").text
    assert person.get("/outbox").status_code == 403
    assert press(person, f"/outbox/{dead.id}/again").status_code == 403
    assert state(wexcombe, dead) is LetterState.DEAD
