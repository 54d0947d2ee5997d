from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from monitor.store import outbox
from monitor.store.engine import Database
from monitor.store.outbox import Letter, LetterState, OutboxKind

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LEASES = itertools.count()


def put(database: Database, key: str, **changes) -> bool:
    wanted = {
        "kind": OutboxKind.ALERT,
        "destination": "slack:moderation",
        "payload": {"case": 412},
        "due_at": NOW,
        "now": NOW,
    } | changes
    with database.transaction("T2") as tx:
        return outbox.put(tx, key=key, **wanted)


def claim(database: Database, *, now: datetime = NOW, limit: int = 10, kinds=tuple(OutboxKind)):
    with database.transaction("T3a") as tx:
        return outbox.claim(
            tx,
            kinds,
            now=now,
            lease_for=MINUTE,
            limit=limit,
            new_lease=lambda: f"lease-{next(LEASES)}",
        )


def deliver(database: Database, letter: Letter, *, reference: str | None = "1731.1") -> bool:
    with database.transaction("T3b") as tx:
        return outbox.delivered(tx, letter, reference=reference, now=NOW)


def state(database: Database, key: str) -> LetterState | None:
    with database.reading() as reading:
        return outbox.state_of(reading, key)


def test_a_letter_comes_out_as_it_was_put_in(database):
    payload = {"case": 412, "words": "caf\u00e9 \U0001f33b \ud83d", "deep": [1, None, {"a": True}]}
    assert put(database, "alert:case:412", payload=payload, due_at=NOW - MINUTE)

    (letter,) = claim(database)

    assert letter == Letter(
        id=letter.id,
        key="alert:case:412",
        kind=OutboxKind.ALERT,
        payload=payload,
        destination="slack:moderation",
        due_at=NOW - MINUTE,
        attempts=1,
        uncertain=False,
        lease=letter.lease,
        created_at=NOW,
        first_tried_at=NOW,
    )


def test_a_second_letter_of_one_key_is_not_put_in(database):
    assert put(database, "alert:case:412")

    assert not put(database, "alert:case:412", destination="elsewhere")
    assert [letter.destination for letter in claim(database)] == ["slack:moderation"]


def test_a_letter_that_is_not_due_stays(database):
    put(database, "alert:case:412", due_at=NOW + MINUTE)

    assert claim(database) == []
    assert len(claim(database, now=NOW + MINUTE)) == 1


def test_only_the_asked_kinds_come_out(database):
    put(database, "enforce:1", kind=OutboxKind.ENFORCE)
    put(database, "alert:1")

    assert [letter.key for letter in claim(database, kinds=[OutboxKind.ENFORCE])] == ["enforce:1"]


def test_a_leased_letter_is_nobody_elses_until_the_lease_lapses(database):
    put(database, "alert:case:412")
    (first,) = claim(database)

    assert claim(database, now=NOW + MINUTE / 2) == []
    (second,) = claim(database, now=NOW + MINUTE)
    assert second.uncertain
    assert second.attempts == 2
    assert second.first_tried_at == NOW
    assert not deliver(database, first)
    assert deliver(database, second)


def test_doubt_about_a_lost_result_stays_through_a_plain_retry(database):
    put(database, "alert:case:412")
    claim(database)
    (second,) = claim(database, now=NOW + MINUTE)
    with database.transaction("T3b") as tx:
        assert outbox.retry(tx, second, at=NOW + 2 * MINUTE, error="Slack asked for a pause.")

    (third,) = claim(database, now=NOW + 2 * MINUTE)

    assert third.uncertain
    assert third.attempts == 3


def test_a_plain_retry_raises_no_doubt(database):
    put(database, "alert:case:412")
    (letter,) = claim(database)
    with database.transaction("T3b") as tx:
        assert outbox.retry(tx, letter, at=NOW + MINUTE, error="Slack asked for a pause.")

    assert claim(database) == []
    (again,) = claim(database, now=NOW + MINUTE)
    assert not again.uncertain


def test_a_delivered_letter_keeps_its_reference_and_never_comes_again(database):
    put(database, "alert:case:412")
    (letter,) = claim(database)

    assert deliver(database, letter, reference="1731.42")

    assert claim(database, now=NOW + timedelta(days=9)) == []
    assert state(database, "alert:case:412") is LetterState.DELIVERED
    with database.reading() as reading:
        assert outbox.reference(reading, "alert:case:412") == "1731.42"
        assert outbox.reference(reading, "no such key") is None
    assert state(database, "no such key") is None


def test_a_dead_letter_rests_until_a_person_revives_it(database):
    put(database, "alert:case:412")
    (letter,) = claim(database)
    with database.transaction("T3b") as tx:
        assert outbox.kill(tx, letter, error="Slack knows no such channel.", now=NOW)

    assert state(database, "alert:case:412") is LetterState.DEAD
    assert claim(database, now=NOW + timedelta(days=9)) == []
    with database.transaction() as tx:
        assert outbox.revive(tx, letter.id, now=NOW)
        assert not outbox.revive(tx, letter.id, now=NOW)
    assert [each.key for each in claim(database)] == ["alert:case:412"]


def test_a_result_under_a_lost_lease_changes_nothing(database):
    put(database, "alert:case:412")
    (letter,) = claim(database)
    claim(database, now=NOW + MINUTE)

    with database.transaction("T3b") as tx:
        assert not outbox.retry(tx, letter, at=NOW, error="x")
        assert not outbox.kill(tx, letter, error="x", now=NOW)

    assert state(database, "alert:case:412") is LetterState.PENDING


def test_letters_of_one_serial_leave_one_at_a_time_oldest_first(database):
    for number in range(3):
        put(database, f"card:{number}", serial="case:412:moderation")
    put(database, "card:other", serial="case:413:moderation")

    first = claim(database)
    assert [letter.key for letter in first] == ["card:0", "card:other"]
    assert claim(database) == []
    deliver(database, first[0])
    assert [letter.key for letter in claim(database)] == ["card:1"]


def test_letters_without_a_serial_do_not_wait_for_each_other(database):
    for number in range(3):
        put(database, f"notice:{number}")

    assert len(claim(database)) == 3


def test_a_letter_between_two_tries_holds_back_the_later_ones_of_its_serial(database):
    put(database, "card:0", serial="case:412:moderation")
    put(database, "card:1", serial="case:412:moderation")
    (letter,) = claim(database)
    with database.transaction("T3b") as tx:
        outbox.retry(tx, letter, at=NOW + 5 * MINUTE, error="x")

    assert claim(database) == []
    assert [each.key for each in claim(database, now=NOW + 5 * MINUTE)] == ["card:0"]


def test_a_letter_set_for_later_does_not_hold_an_urgent_one_up(database):
    put(database, "alert:quiet", serial="case:412:moderation", due_at=NOW + 60 * MINUTE)
    put(database, "alert:urgent", serial="case:412:moderation")

    assert [letter.key for letter in claim(database)] == ["alert:urgent"]
    # The urgent one is still being carried when the quiet one falls due.
    assert [letter.key for letter in claim(database, now=NOW + 60 * MINUTE)] == ["alert:quiet"]


def test_a_dead_letter_does_not_hold_its_serial_up(database):
    put(database, "card:0", serial="case:412:moderation")
    put(database, "card:1", serial="case:412:moderation")
    (letter,) = claim(database)
    with database.transaction("T3b") as tx:
        outbox.kill(tx, letter, error="x", now=NOW)

    assert [each.key for each in claim(database)] == ["card:1"]


@pytest.mark.parametrize(
    ("names", "case_id"),
    [
        ({"key": "alert:case:412:opened"}, 412),
        ({"key": "alert:1", "serial": "case:413:moderation"}, 413),
        ({"key": "alert:case:412", "case_id": 9}, 9),
        ({"key": "week:2026-W47"}, None),
        ({"key": "showcase:412"}, None),
    ],
)
def test_a_letter_knows_its_case(database, names, case_id):
    from monitor.store.tables import letters  # noqa: PLC0415 - only this test looks underneath

    put(database, **names)

    with database.reading() as reading:
        assert reading.session.execute(letters.select()).one().case_id == case_id


def test_six_threads_drain_fifty_letters_and_each_is_sent_once(database):
    for number in range(50):
        put(database, f"alert:{number}", serial=f"case:{number % 20}:moderation")
    sent = []

    def drain() -> None:
        while state_left(database):
            for letter in claim(database, limit=3):
                sent.append(letter.key)
                assert deliver(database, letter)

    with ThreadPoolExecutor(6) as pool:
        for result in [pool.submit(drain) for _ in range(6)]:
            result.result()

    assert sorted(sent) == sorted(f"alert:{number}" for number in range(50))
    for serial in range(20):
        of_serial = [key for key in sent if int(key.split(":")[1]) % 20 == serial]
        assert of_serial == sorted(of_serial, key=lambda key: int(key.split(":")[1]))


def state_left(database: Database) -> bool:
    return any(state(database, f"alert:{number}") is LetterState.PENDING for number in range(50))


def hasten(database: Database, key: str, due_at: datetime) -> bool:
    with database.transaction("T2") as tx:
        return outbox.hasten(tx, key, due_at=due_at)


def test_a_letter_set_for_the_morning_can_be_made_to_leave_now(database):
    put(database, "alert:case:412", due_at=NOW + 60 * MINUTE)
    assert claim(database) == []

    assert hasten(database, "alert:case:412", NOW)

    assert [letter.key for letter in claim(database)] == ["alert:case:412"]


def test_hastening_never_makes_a_letter_wait(database):
    put(database, "alert:case:412", due_at=NOW)

    assert not hasten(database, "alert:case:412", NOW + MINUTE)

    assert len(claim(database)) == 1


def test_only_a_letter_that_waits_for_its_first_try_is_hastened(database):
    put(database, "tried")
    (letter,) = claim(database)
    with database.transaction("T3b") as tx:
        outbox.retry(tx, letter, at=NOW + 60 * MINUTE, error="the limit is reached")
    put(database, "gone")
    (other,) = claim(database)
    deliver(database, other)

    assert not hasten(database, "tried", NOW)
    assert not hasten(database, "gone", NOW - MINUTE)
    assert not hasten(database, "unheard of", NOW)
