from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from config.standards import Lane, Severity
from connectors.contract import ChannelId
from monitor.domain.case import Act, CaseState, EnforcementState
from monitor.domain.coverage import Gap
from monitor.domain.figures import ChannelFact, WeekFacts, WeeklyFigures, reckon
from monitor.domain.week_sentences import attention, counted, headline, in_words
from monitor.domain.weekly_figures import (
    ActTally,
    ChannelFigures,
    EscalationTally,
    SeriousCase,
)

START = datetime(2026, 11, 16, tzinfo=UTC)
HOUR = timedelta(hours=1)
EMPTY = reckon(WeekFacts(service="", start=START, end=START + 7 * 24 * HOUR))


def channel(name: str, *hours: tuple[float, float]) -> ChannelFigures:
    page = ChannelId(name.lower())
    return ChannelFigures(
        channel_id=page,
        name=name,
        service="Parks and Libraries",
        due=1,
        done=1,
        failed=0,
        unfinished=0,
        comments=0,
        platform_count=None,
        lanes=dict.fromkeys(Lane, 0),
        gaps=tuple(
            Gap(page, START + start * HOUR, START + end * HOUR, f"cause {number}.")
            for number, (start, end) in enumerate(hours, start=1)
        ),
    )


def seen(*channels: ChannelFigures, **change) -> WeeklyFigures:
    return replace(EMPTY, channels=channels, **change)


def opened(breaches: int = 0, welfare: int = 0, unsure: int = 0, serious: int = 0) -> str:
    cases = {Lane.BREACH: breaches, Lane.WELFARE: welfare, Lane.UNSURE: unsure}
    return headline(replace(EMPTY, cases=cases, serious=serious)).split(";")[0]


@pytest.mark.parametrize(
    ("kinds", "sentence"),
    [
        ({}, "No cases were opened"),
        ({"breaches": 1}, "1 case: 1 breach (none serious)"),
        ({"breaches": 12, "serious": 2}, "12 cases: 12 breaches (2 serious)"),
        ({"welfare": 1}, "1 case: 1 welfare concern"),
        ({"unsure": 2}, "2 cases: 2 that no model here could judge"),
        (
            {"breaches": 9, "serious": 2, "welfare": 2, "unsure": 1},
            (
                "12 cases: 9 breaches (2 serious), 2 welfare concerns "
                "and 1 that no model here could judge"
            ),
        ),
        (
            {"breaches": 1200, "unsure": 4},
            "1,204 cases: 1,200 breaches (none serious) and 4 that no model here could judge",
        ),
    ],
)
def test_the_headline_begins_with_the_cases_and_their_kinds(kinds, sentence):
    assert opened(**kinds) == sentence


@pytest.mark.parametrize(
    ("channels", "sentence"),
    [
        ([], "no channel was watched."),
        ([channel("Facebook")], "every channel was seen throughout."),
        (
            [channel("Facebook", (26, 27.5)), channel("Instagram")],
            "Facebook was unseen for 90 minutes on Tuesday.",
        ),
        (
            [channel("Facebook", (20, 28))],
            "Facebook was unseen for 8 hours from Monday to Tuesday.",
        ),
        ([channel("Facebook", (20, 24))], "Facebook was unseen for 4 hours on Monday."),
        ([channel("Facebook", (0, 168))], "Facebook was unseen for 7 days from Monday to Sunday."),
        (
            [channel("Facebook", (1, 2), (50, 52.25))],
            "Facebook was unseen for 3 hours 15 minutes in 2 gaps.",
        ),
        (
            [channel("Facebook", (1, 2)), channel("Instagram", (30, 35)), channel("X", (1, 2))],
            "3 channels had gaps, the longest: Instagram was unseen for 5 hours on Tuesday.",
        ),
    ],
)
def test_the_headline_ends_with_what_was_not_seen(channels, sentence):
    assert headline(seen(*channels)).split("; ")[1] == sentence


def test_the_day_of_a_gap_is_told_by_the_local_clock():
    summer = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    page = channel("Facebook")
    late = replace(page, gaps=(Gap(page.channel_id, summer, summer + HOUR, "none"),))

    assert headline(seen(late)).endswith("on Wednesday.")
    assert headline(seen(late, timezone="UTC")).endswith("from Tuesday to Wednesday.")


def test_a_week_in_order_needs_no_attention():
    assert attention(seen(channel("Facebook"), audit_intact=True)) == ()


def acts(act: Act, state: EnforcementState, number: int) -> tuple[ActTally, ...]:
    return tuple(
        ActTally(each, {**dict.fromkeys(EnforcementState, 0), state: number * (each is act)})
        for each in Act
    )


def serious(reference: str) -> SeriousCase:
    return SeriousCase(
        reference=reference,
        channel="Facebook",
        clause="RS-01 Threats",
        lane=Lane.BREACH,
        severity=Severity.S1,
        seen_at=START,
        state=CaseState.OPEN,
        outcome=None,
        routes=(),
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"audit_intact": False},
            (
                "The audit chain does not verify. Ask the records officer to look at it "
                "before more cases are decided."
            ),
        ),
        (
            {"hides_without_clause": 1},
            "1 decision to hide cited no clause of the standard; the target is none.",
        ),
        (
            {"hides_without_clause": 2},
            "2 decisions to hide cited no clause of the standard; the target is none.",
        ),
        (
            {"serious_cases": (serious("WM-1"),)},
            "1 serious case or welfare concern has no decision yet: WM-1.",
        ),
        (
            {"serious_cases": (serious("WM-1"), serious("WM-2"))},
            "2 serious cases or welfare concerns have no decision yet: WM-1, WM-2.",
        ),
        (
            {"acts": acts(Act.HIDE, EnforcementState.DRIFTED, 1)},
            "1 hidden comment is in public view again. Open the case and decide anew.",
        ),
        (
            {"acts": acts(Act.RESTORE, EnforcementState.DRIFTED, 2)},
            "2 restored comments are out of view again. Look at the platform's own filters.",
        ),
        (
            {"acts": acts(Act.HIDE, EnforcementState.REFUSED, 2)},
            "Platforms refused 2 requests. See what was done by hand.",
        ),
        (
            {"acts": acts(Act.RESTORE, EnforcementState.FAILED, 1)},
            "1 request to platforms failed. Look at the platform and try again.",
        ),
        (
            {"channels": (channel("Facebook", (1, 2), (30, 33)),)},
            "Facebook was unseen for 4 hours in 2 gaps. Cause: cause 2.",
        ),
        (
            {
                "escalations": (
                    EscalationTally("police", "Police", sent=2, back=0),
                    EscalationTally("legal", "Legal services", sent=1, back=1),
                    EscalationTally("hr", "People team", sent=1, back=0),
                )
            },
            "3 escalations are still out: Police (2) and People team (1).",
        ),
        (
            {"dead_letters": 1},
            "1 alert or request could not be delivered for good. Ask an administrator to look.",
        ),
        ({"open_cases": 4}, "4 cases were not closed at the end of the week."),
    ],
)
def test_what_needs_attention_is_said_in_one_sentence(change, sentence):
    assert attention(replace(EMPTY, **change)) == (sentence,)


def test_the_most_pressing_comes_first():
    found = attention(replace(EMPTY, audit_intact=False, open_cases=1, hides_without_clause=1))

    assert [sentence.split()[1] for sentence in found] == ["audit", "decision", "case"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (89, "1 minute"),
        (5400, "90 minutes"),
        (7200, "2 hours"),
        (7260, "2 hours 1 minute"),
        (60 * 60 * 25, "25 hours"),
        (60 * 60 * 48, "2 days"),
        (60 * 60 * 49, "2 days 1 hour"),
        (60 * 60 * 76, "3 days 4 hours"),
    ],
)
def test_durations_are_told_as_precisely_as_their_reader_needs(seconds, words):
    assert in_words(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 cases"), (1, "1 case"), (2, "2 cases"), (1204, "1,204 cases")]
)
def test_a_number_takes_its_noun(number, words):
    assert counted(number, "case") == words


def test_a_channel_that_was_first_watched_within_the_week_is_said_to_be_new():
    new = replace(channel("Instagram"), watched_since=START + 5 * 24 * HOUR)

    assert headline(seen(channel("Facebook"), new)) == (
        "No cases were opened; every channel was seen throughout, "
        "Instagram since Saturday, when its watch began."
    )


def test_a_channel_is_new_only_in_the_week_that_its_watch_began():
    def watched(first: datetime) -> datetime | None:
        fact = ChannelFact(ChannelId("x"), "X", "Parks", HOUR, (), 0, {}, first_pulled_at=first)
        week = WeekFacts(service="", start=START, end=START + 7 * 24 * HOUR, channels=(fact,))
        return reckon(week).channels[0].watched_since

    assert watched(START + HOUR) == START + HOUR
    assert watched(START - HOUR) is None
