from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, text

from config.standards import Lane, Severity
from connectors.contract import ChannelId, NativeId
from monitor.domain import case as moves
from monitor.domain.assessment import Band
from monitor.domain.case import Act, CaseState, DecisionOrder, DecisionOutcome, EnforcementState
from monitor.domain.coverage import PullEnd
from monitor.store import audit, cases, cursors, outbox, views
from monitor.store.engine import Database, Reading
from monitor.store.outbox import OutboxKind
from tests.stored import (
    ABUSE,
    AMINA,
    HIDE,
    MINUTE,
    NOW,
    PARKS,
    STANDARDS,
    THREATS,
    assess_all,
    assessment,
    comment,
    new_lease,
    one_case,
    plan,
    store,
    unread,
    watch,
)

BINS = ChannelId("x-bins")
DAY = timedelta(days=1)


def put(database: Database, key: str, kind: OutboxKind = OutboxKind.ALERT, **changes) -> None:
    wanted = {"destination": "slack:moderation", "payload": {}, "due_at": NOW, "now": NOW}
    with database.transaction("T2") as tx:
        outbox.put(tx, key=key, kind=kind, **(wanted | changes))


def deliver(database: Database, *, now=NOW, dead: bool = False) -> None:
    with database.transaction("T3") as tx:
        for letter in outbox.claim(
            tx, tuple(OutboxKind), now=now, lease_for=MINUTE, limit=99, new_lease=new_lease
        ):
            if dead:
                outbox.kill(tx, letter, error="Slack knows no such channel.", now=now)
            else:
                outbox.delivered(tx, letter, reference=f"ref-{letter.key}", now=now)


def press(database: Database, case, order: DecisionOrder, *, at=NOW, name="press"):
    """Claim and decide, as a moderator does; returns the decision."""
    with database.transaction("T4") as tx:
        claimed = moves.claim(cases.load(tx, case.id), AMINA, now=at, lease=MINUTE)
        cases.save(tx, claimed, from_version=claimed.version - 1)
        decision = cases.record_decision(
            tx,
            claimed,
            order,
            by=AMINA,
            at=at,
            standards_version=STANDARDS,
            press=f"{name}-{case.id}",
        )
        cases.save(tx, moves.decide(claimed, order, AMINA, now=at), from_version=claimed.version)
        return decision


def three_cases(database: Database) -> None:
    """Case 1: S3 in parks. Case 2: S1 in bins, younger. Case 3: S3 in parks, youngest."""
    watch(database, plan(), plan(BINS, service="bins", name="Bins on X"))
    store(database, comment("c1"))
    assess_all(database, assessment(score=0.7), now=NOW)
    store(database, comment("c2"), channel_id=BINS)
    worst = assessment((THREATS, Severity.S1), (ABUSE, Severity.S3))
    assess_all(database, worst, now=NOW + MINUTE)
    store(database, comment("c3"))
    assess_all(database, now=NOW + 2 * MINUTE)


def queued(database: Database, **asked) -> list[int]:
    with database.reading() as reading:
        return [row.case.id for row in views.queue(reading, **asked).rows]


def test_the_queue_is_worst_first_then_longest_waiting(database):
    three_cases(database)

    with database.reading() as reading:
        page = views.queue(reading)

    assert page.total == 3
    assert [row.case.id for row in page.rows] == [2, 1, 3]
    row = page.rows[1]
    assert (row.channel_name, row.service) == ("Parks and Libraries on Facebook", "parks")
    assert (row.posted_at, row.seen_at) == (NOW - 10 * MINUTE, NOW)
    assert (row.score, row.band) == (0.7, Band.SEVERE)
    assert row.case.clauses == (ABUSE,)
    assert page.rows[0].case.clauses == (THREATS, ABUSE)


def test_a_page_of_the_queue_still_counts_them_all(database):
    three_cases(database)

    with database.reading() as reading:
        page = views.queue(reading, limit=1, offset=1)

    assert ([row.case.id for row in page.rows], page.total) == ([1], 3)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"severities": (Severity.S1,)}, [2]),
        ({"severities": (Severity.S1, Severity.S3)}, [2, 1, 3]),
        ({"clauses": (THREATS,)}, [2]),
        ({"clauses": (ABUSE,)}, [2, 1, 3]),
        ({"services": ("bins",)}, [2]),
        ({"services": ("bins", "parks")}, [2, 1, 3]),
        ({"services": ()}, []),
        ({"channel": PARKS}, [1, 3]),
        ({"states": (CaseState.CLOSED,)}, []),
        ({"states": ()}, [2, 1, 3]),
        ({"channel": PARKS, "clauses": (THREATS,)}, []),
    ],
)
def test_the_queue_can_be_narrowed(database, asked, found):
    three_cases(database)

    assert queued(database, **asked) == found


def test_a_closed_case_leaves_the_queue(database):
    three_cases(database)
    with database.reading() as reading:
        case = cases.load(reading, 2)

    press(database, case, DecisionOrder(DecisionOutcome.KEEP, THREATS))

    assert queued(database) == [1, 3]
    assert queued(database, states=(CaseState.CLOSED,)) == [2]


def test_a_case_without_a_clause_has_no_band(database):
    watch(database)
    store(database, comment(text=""))
    assess_all(database, replace(assessment(lane=Lane.UNSURE), severity=Severity.S4))

    with database.reading() as reading:
        (row,) = views.queue(reading).rows

    assert row.band is None


def test_the_page_of_a_case_shows_all_that_belongs_to_it(database):
    case = one_case(database, "Good.")
    store(database, comment(text="Useless.", attachments=("photo",)), now=NOW + MINUTE)
    put(database, "alert:case:1:a")
    put(database, "alert:case:1:b", destination="email:duty@wexcombe.example", due_at=NOW + DAY)
    put(database, "card:case:1:v2", OutboxKind.CARD)
    put(database, "alert:case:2:a")
    deliver(database)
    decision = press(database, case, HIDE)
    with database.transaction() as tx:
        enforcement = cases.request_enforcement(tx, decision, Act.HIDE, now=NOW)
        for subject in ("case:1", "case:11", "WM-1", "channel:facebook-parks"):
            audit.append(tx, "x.y", actor="person:amina", subject=subject, at=NOW)

    with database.reading() as reading:
        page = views.case_page(reading, case.id)

    assert page.case.state is CaseState.DECIDED
    assert page.comment.text == "Useless."
    assert [(each.version, each.text, each.seen_at) for each in page.versions] == [
        (1, "Good.", NOW),
        (2, "Useless.", NOW + MINUTE),
    ]
    assert page.versions[1].attachments == ("photo",)
    assert page.assessment == assessment()
    assert page.decisions == (decision,)
    assert page.enforcements == (enforcement,)
    assert (page.channel_name, page.service, page.connector) == (
        "Parks and Libraries on Facebook",
        "parks",
        "facebook_page",
    )
    assert page.permalink == "https://example.org/c1"
    assert [(each.destination, each.reference, each.delivered_at) for each in page.alerts] == [
        ("slack:moderation", "ref-alert:case:1:a", NOW),
        ("email:duty@wexcombe.example", None, None),
    ]
    assert [row.subject for row in page.trail] == ["case:1", "WM-1"]


def test_there_is_no_page_of_an_unknown_case(database):
    with database.reading() as reading:
        assert views.case_page(reading, 412) is None


def test_the_case_of_a_comment_is_found_by_the_platforms_name_for_it(database):
    case = one_case(database)

    with database.reading() as reading:
        assert views.case_of_comment(reading, PARKS, NativeId("c1")) == case.id
        assert views.case_of_comment(reading, PARKS, NativeId("c2")) is None
        assert views.case_of_comment(reading, BINS, NativeId("c1")) is None


def test_channels_are_shown_with_how_well_they_are_read(database):
    three_cases(database)
    with database.transaction() as tx:
        cursors.pause(tx, BINS, reason="The token has expired.", now=NOW)

    with database.reading() as reading:
        parks, bins = views.channels(reading)

    assert (parks.id, parks.comments, parks.newest_seen_at) == (PARKS, 2, NOW)
    assert (parks.interval, parks.watched, parks.service) == (5 * MINUTE, True, "parks")
    assert (bins.id, bins.comments, bins.paused_reason) == (BINS, 1, "The token has expired.")


def test_a_channel_without_comments_is_shown_all_the_same(database):
    watch(database)

    with database.reading() as reading:
        (row,) = views.channels(reading)

    assert (row.comments, row.newest_seen_at, row.last_done_at) == (0, None, None)


def test_a_daemon_that_never_pulled_has_nothing_to_account_for(database):
    watch(database)
    with database.reading() as reading:
        assert not views.was_watched_before(reading, NOW)
    with database.transaction() as tx:
        cursors.start_run(tx, PARKS, "run-1", now=NOW)

    with database.reading() as reading:
        assert not views.was_watched_before(reading, NOW)
        assert views.was_watched_before(reading, NOW + MINUTE)


def test_dead_letters_are_shown_with_why(database):
    put(database, "alert:case:1:a")
    deliver(database, dead=True)
    put(database, "alert:case:2:a")
    deliver(database)

    with database.reading() as reading:
        (dead,) = views.dead_letters(reading)

    assert (dead.key, dead.kind, dead.case_id) == ("alert:case:1:a", OutboxKind.ALERT, 1)
    assert (dead.error, dead.attempts, dead.died_at) == ("Slack knows no such channel.", 1, NOW)


def test_an_empty_store_counts_nought(database):
    with database.reading() as reading:
        counts = views.counts(reading)

    assert counts.comments == counts.unassessed == counts.open_cases == counts.claimed == 0
    assert counts.pending_letters == counts.dead_letters == counts.escalated == 0
    assert set(counts.lanes.values()) == {0}
    assert counts.clauses == {}
    assert counts.oldest_open_at is counts.oldest_unassessed_at is None
    assert counts.oldest_pending_letter_at is None


def test_everything_is_counted(database):
    three_cases(database)
    store(database, comment("c4"), comment("c5"), now=NOW + 3 * MINUTE)
    assess_all(database, assessment(lane=Lane.CLEAR))
    store(database, comment("c6"), comment("c7"), now=NOW + 4 * MINUTE)
    with database.transaction() as tx:
        case = cases.load(tx, 1)
        cases.save(tx, moves.claim(case, AMINA, now=NOW, lease=MINUTE), from_version=case.version)
    put(database, "a")
    deliver(database)
    put(database, "b")
    deliver(database, dead=True)
    put(database, "c", due_at=NOW + DAY)
    put(database, "d", due_at=NOW + 2 * DAY)

    with database.reading() as reading:
        counts = views.counts(reading)

    assert (counts.comments, counts.unassessed) == (7, 2)
    assert (counts.open_cases, counts.claimed, counts.escalated) == (2, 1, 0)
    assert (counts.pending_letters, counts.dead_letters) == (2, 1)
    assert counts.lanes == dict.fromkeys(Lane, 0) | {Lane.BREACH: 3, Lane.CLEAR: 2}
    assert counts.clauses == {THREATS: 1, ABUSE: 3}
    assert counts.oldest_unassessed_at == NOW + 4 * MINUTE
    assert counts.oldest_open_at == NOW + MINUTE
    assert counts.oldest_pending_letter_at == NOW + DAY


ASKED: dict[str, Callable[[Reading], object]] = {
    "queue": views.queue,
    "queue, narrowed": lambda reading: views.queue(
        reading,
        states=(CaseState.OPEN,),
        severities=(Severity.S3,),
        clauses=(ABUSE,),
        services=("parks",),
        channel=PARKS,
    ),
    "case page": lambda reading: views.case_page(reading, 1),
    "case of comment": lambda reading: views.case_of_comment(reading, PARKS, NativeId("c1")),
    "channels": views.channels,
    "channels due": lambda reading: views.channels_due(reading, now=NOW),
    "coverage": lambda reading: views.coverage_rows(reading, PARKS, start=NOW, end=NOW + DAY),
    "was watched": lambda reading: views.was_watched_before(reading, NOW),
    "week": lambda reading: views.week_facts(reading, service="", start=NOW - DAY, end=NOW + DAY),
    "week of a service": lambda reading: views.week_facts(
        reading, service="parks", start=NOW - DAY, end=NOW + DAY
    ),
    "dead letters": views.dead_letters,
    "counts": views.counts,
    "trail": lambda reading: views.audit_rows(reading, subject="case:1", limit=10, before=99),
    "stored week": lambda reading: views.load_week(reading, "parks", "2026-W47"),
}
# These two hold a handful of rows whatever the town's size: the configured channels, and one
# row for each week and service.
SMALL = {"channels", "weeks"}


def plans(database: Database, ask: Callable[[Reading], object]) -> list[tuple[str, str]]:
    """What SQLite says of each statement that a view sends: statement and a step of its plan."""
    sent = []

    def note(_connection, _cursor, statement, parameters, *_):
        if statement.startswith("SELECT"):
            sent.append((statement, parameters))

    with database.reading() as reading:
        connection = reading.session.connection()
        event.listen(connection, "before_cursor_execute", note)
        ask(reading)
        event.remove(connection, "before_cursor_execute", note)
        return [
            (statement, row[-1])
            for statement, parameters in list(sent)
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]


@pytest.mark.parametrize("name", ASKED)
def test_no_view_reads_a_table_from_end_to_end(sqlite_template, tmp_path, name):
    path = tmp_path / "wardmote.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database.open(f"sqlite:///{path}")
    three_cases(database)
    steps = plans(database, ASKED[name])
    database.dispose()

    scans = [
        (step, statement)
        for statement, step in steps
        if step.startswith("SCAN ") and "USING" not in step and step.split()[1] not in SMALL
    ]
    assert steps
    assert scans == []


def test_the_newest_of_the_whole_trail_are_read_from_its_end(sqlite_template):
    database = Database.open(f"sqlite:///{sqlite_template}")

    steps = plans(database, lambda reading: views.audit_rows(reading, limit=10))
    database.dispose()

    # In the order of the rows themselves: no sorting, and it stops at the limit.
    assert [step for _, step in steps] == ["SCAN audit"]


def test_the_step_that_looks_for_work_uses_an_index(sqlite_template, tmp_path):
    path = tmp_path / "wardmote.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database.open(f"sqlite:///{path}")
    watch(database)
    found = []

    def explain(connection, cursor, statement, parameters, *_):
        if statement.startswith("SELECT"):
            plan_rows = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            found.extend(row[-1] for row in plan_rows)

    with database.transaction() as tx:
        event.listen(tx.session.connection(), "before_cursor_execute", explain)
        outbox.claim(tx, tuple(OutboxKind), now=NOW, lease_for=MINUTE, limit=9, new_lease=new_lease)
        unread(tx)
        cases.lapsed(tx, now=NOW, limit=9)
        cases.lease_rechecks(tx, now=NOW, lease_for=MINUTE, limit=9)
        outbox.alerted(tx, 1)
        event.remove(tx.session.connection(), "before_cursor_execute", explain)
    database.dispose()

    assert len(found) >= 5
    assert [step for step in found if step.startswith("SCAN ") and "USING" not in step] == []


def busy_week(database: Database) -> None:
    three_cases(database)
    with database.transaction() as tx:
        for run, at in (("run-0", NOW - 2 * DAY), ("run-1", NOW), ("run-2", NOW + 2 * DAY)):
            cursors.start_run(tx, PARKS, run, now=at)
            cursors.end_run(tx, run, end=PullEnd.DONE, cause="", now=at + MINUTE)
    put(database, "alert:case:1:a")
    put(database, "alert:case:1:b")
    deliver(database, now=NOW + MINUTE)
    with database.reading() as reading:
        first, second = cases.load(reading, 1), cases.load(reading, 2)
    decision = press(database, first, HIDE, at=NOW + 3 * MINUTE)
    with database.transaction("T5b") as tx:
        asked = cases.request_enforcement(tx, decision, Act.HIDE, now=NOW + 3 * MINUTE)
        done = replace(asked, state=EnforcementState.DONE, confirmed_at=NOW + 4 * MINUTE)
        cases.save_enforcement(tx, done)
        case = cases.load(tx, 1)
        closed = moves.close(case, now=NOW + 4 * MINUTE, hidden=True)
        cases.save(tx, closed, from_version=case.version)
    escalate = DecisionOrder(DecisionOutcome.ESCALATE, THREATS, "A named place.", route="police")
    press(database, second, escalate, at=NOW + 5 * MINUTE)


def week(database: Database, service: str = "", *, start=NOW - DAY, end=NOW + DAY):
    with database.reading() as reading:
        return views.week_facts(reading, service=service, start=start, end=end)


def test_a_week_is_told_as_it_happened(database):
    busy_week(database)

    facts = week(database)

    parks, bins = facts.channels
    assert (parks.channel_id, parks.service, parks.interval) == (PARKS, "parks", 5 * MINUTE)
    assert [pull.run for pull in parks.pulls] == ["run-1"]
    assert (parks.comments, parks.lanes) == (2, {Lane.BREACH: 2})
    assert (bins.pulls, bins.comments, bins.lanes) == ((), 1, {Lane.BREACH: 1})
    first, second, third = facts.cases
    assert (first.case_id, first.state, first.outcome) == (
        1,
        CaseState.CLOSED,
        DecisionOutcome.HIDE,
    )
    assert (first.posted_at, first.seen_at, first.opened_at) == (NOW - 10 * MINUTE, NOW, NOW)
    assert (first.alerted_at, first.claimed_at) == (NOW + MINUTE, NOW + 3 * MINUTE)
    assert (first.decided_at, first.hidden_at) == (NOW + 3 * MINUTE, NOW + 4 * MINUTE)
    assert (first.decided_clause, first.clauses) == (ABUSE, (ABUSE,))
    assert (second.severity, second.clauses, second.service) == (
        Severity.S1,
        (THREATS, ABUSE),
        "bins",
    )
    assert second.outcome is DecisionOutcome.ESCALATE
    assert (third.alerted_at, third.claimed_at, third.decided_at) == (None, None, None)
    assert (third.outcome, third.decided_clause, third.hidden_at) == (None, None, None)
    (act,) = facts.acts
    assert (act.case_id, act.act, act.state) == (1, Act.HIDE, EnforcementState.DONE)
    assert (act.requested_at, act.confirmed_at) == (NOW + 3 * MINUTE, NOW + 4 * MINUTE)
    (escalation,) = facts.escalations
    assert (escalation.case_id, escalation.route) == (2, "police")
    assert (escalation.sent_at, escalation.taken_back_at) == (NOW + 5 * MINUTE, None)
    assert facts.standards == (STANDARDS,)
    assert facts.models == ("tiny 1 (00c0ffee)",)
    assert (facts.open_cases, facts.dead_letters, facts.audit_intact) == (2, 0, None)


def test_an_escalation_that_was_taken_back_says_when(database):
    busy_week(database)
    with database.transaction("T4") as tx:
        case = cases.load(tx, 2)
        taken = moves.claim(case, AMINA, now=NOW + 9 * MINUTE, lease=MINUTE)
        cases.save(tx, taken, from_version=case.version)

    (escalation,) = week(database).escalations
    assert escalation.taken_back_at == NOW + 9 * MINUTE


def test_a_service_hears_of_its_own_week_only(database):
    busy_week(database)
    put(database, "alert:case:1:c")
    put(database, "alert:case:2:c")
    put(database, "week:2026-W47")
    deliver(database, dead=True)

    parks, bins = week(database, "parks"), week(database, "bins")

    assert [channel.channel_id for channel in parks.channels] == [PARKS]
    assert [channel.channel_id for channel in bins.channels] == [BINS]
    assert [case.case_id for case in parks.cases] == [1, 3]
    assert [case.case_id for case in bins.cases] == [2]
    assert (len(parks.acts), len(bins.acts)) == (1, 0)
    assert (len(parks.escalations), len(bins.escalations)) == (0, 1)
    assert (parks.open_cases, bins.open_cases) == (1, 1)
    assert (parks.dead_letters, bins.dead_letters, week(database).dead_letters) == (1, 1, 3)
    assert parks.service == "parks"


def test_the_week_before_and_the_week_after_are_empty(database):
    busy_week(database)

    before = week(database, start=NOW - 9 * DAY, end=NOW - 3 * DAY)
    after = week(database, start=NOW + 3 * DAY, end=NOW + 9 * DAY)

    for facts in (before, after):
        assert (facts.cases, facts.acts, facts.escalations) == ((), (), ())
        assert (facts.standards, facts.models) == ((), ())
        assert [channel.comments for channel in facts.channels] == [0, 0]
        assert [channel.pulls for channel in facts.channels] == [(), ()]
    assert (before.open_cases, after.open_cases) == (0, 2)


def test_a_case_closed_after_the_week_was_open_in_it(database):
    busy_week(database)

    assert week(database, end=NOW + 4 * MINUTE).open_cases == 3


def test_a_channel_no_longer_watched_is_told_of_only_where_it_was_read(database):
    busy_week(database)
    watch(database, plan(BINS, service="bins"))

    assert [channel.channel_id for channel in week(database).channels] == [PARKS, BINS]
    later = week(database, start=NOW + 3 * DAY, end=NOW + 4 * DAY)
    assert [channel.channel_id for channel in later.channels] == [BINS]


def test_the_first_decision_counts_for_time_and_the_last_for_outcome(database):
    busy_week(database)
    with database.transaction("T4") as tx:
        case = cases.load(tx, 1)
        cases.save(tx, moves.reopen(case), from_version=case.version)
    restore = DecisionOrder(DecisionOutcome.RESTORE, THREATS, "It was satire.")
    press(database, case, restore, at=NOW + 20 * MINUTE, name="review")

    first = week(database).cases[0]

    assert first.decided_at == NOW + 3 * MINUTE
    assert (first.outcome, first.decided_clause) == (DecisionOutcome.RESTORE, THREATS)
    assert first.claimed_at == NOW + 3 * MINUTE


def test_no_comment_text_is_in_the_queue(database):
    one_case(database, "You lot are useless.")

    with database.reading() as reading:
        assert "useless" not in repr(views.queue(reading))


def test_views_hold_the_raw_file_open_no_longer_than_a_reading(database):
    one_case(database)
    with database.reading() as reading:
        views.counts(reading)

    with database.transaction() as tx:
        tx.session.execute(text("SELECT 1"))
