"""The week in sentences: its headline, and what somebody must look at, most pressing first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from config.standards import Lane
from monitor.domain.case import Act, EnforcementState
from monitor.domain.coverage import Gap
from monitor.domain.weekly_figures import ChannelFigures, WeeklyFigures

__all__ = ["attention", "counted", "headline", "in_words"]

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)


def headline(figures: WeeklyFigures) -> str:
    """The week in one sentence: how many cases of which kind, and what was not seen."""
    return f"{_cases(figures)}; {_seen(figures)}."


def attention(figures: WeeklyFigures) -> tuple[str, ...]:
    """What somebody must look at or decide; empty when nothing is."""
    return tuple(
        sentence
        for sentence in (
            _audit(figures),
            _uncited(figures),
            _waiting(figures),
            *_acts(figures),
            *(_unseen(channel, figures) for channel in figures.channels),
            _escalations(figures),
            _undelivered(figures),
            _queue(figures),
        )
        if sentence
    )


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: ``1 case``, ``1,204 cases``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def in_words(duration: timedelta) -> str:
    """A duration to the precision that its reader needs: ``90 minutes``, ``3 days 4 hours``."""
    if duration < _MINUTE:
        return counted(round(duration.total_seconds()), "second")
    minutes = round(duration / _MINUTE)
    if minutes < 2 * 60:
        return counted(minutes, "minute")
    if minutes < 2 * 24 * 60:
        hours, rest = divmod(minutes, 60)
        return counted(hours, "hour") + (f" {counted(rest, 'minute')}" if rest else "")
    days, hours = divmod(round(duration / _HOUR), 24)
    return counted(days, "day") + (f" {counted(hours, 'hour')}" if hours else "")


def _cases(figures: WeeklyFigures) -> str:
    if not figures.all_cases:
        return "No cases were opened"
    serious = f"{figures.serious:,} serious" if figures.serious else "none serious"
    kinds = [
        (Lane.BREACH, counted(figures.cases[Lane.BREACH], "breach", "breaches") + f" ({serious})"),
        (Lane.WELFARE, counted(figures.cases[Lane.WELFARE], "welfare concern")),
        (Lane.UNSURE, f"{figures.cases[Lane.UNSURE]:,} that no model here could judge"),
    ]
    return f"{counted(figures.all_cases, 'case')}: " + _listed(
        [words for lane, words in kinds if figures.cases[lane]]
    )


def _seen(figures: WeeklyFigures) -> str:
    if not figures.channels:
        return "no channel was watched"
    holed = [channel for channel in figures.channels if channel.gaps]
    if not holed:
        return "every channel was seen throughout" + _from_when(figures)
    longest = max(holed, key=lambda channel: channel.unseen)
    worst = _was_unseen(longest, figures.timezone)
    if len(holed) == 1:
        return worst
    return f"{counted(len(holed), 'channel')} had gaps, the longest: {worst}"


def _from_when(figures: WeeklyFigures) -> str:
    """The newest channel, where one was first watched within the week."""
    newcomers = [
        (channel.watched_since, channel.name)
        for channel in figures.channels
        if channel.watched_since is not None
    ]
    if not newcomers:
        return ""
    since, name = max(newcomers)
    return f", {name} since {_weekday(since, ZoneInfo(figures.timezone))}, when its watch began"


def _was_unseen(channel: ChannelFigures, timezone: str) -> str:
    words = f"{channel.name} was unseen for {in_words(channel.unseen)}"
    if len(channel.gaps) > 1:
        return f"{words} in {len(channel.gaps)} gaps"
    return f"{words} {_days(channel.gaps[0], ZoneInfo(timezone))}"


def _days(gap: Gap, zone: ZoneInfo) -> str:
    # A gap that ends at midnight ends on the day that is over, not on the one that begins.
    first, last = _weekday(gap.start, zone), _weekday(gap.end - _MINUTE, zone)
    return f"on {first}" if first == last else f"from {first} to {last}"


def _weekday(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%A}"


def _audit(figures: WeeklyFigures) -> str:
    if figures.audit_intact is not False:
        return ""
    return (
        "The audit chain does not verify. Ask the records officer to look at it "
        "before more cases are decided."
    )


def _uncited(figures: WeeklyFigures) -> str:
    if not figures.hides_without_clause:
        return ""
    number = counted(figures.hides_without_clause, "decision")
    return f"{number} to hide cited no clause of the standard; the target is none."


def _waiting(figures: WeeklyFigures) -> str:
    waiting = [case.reference for case in figures.serious_cases if case.outcome is None]
    if not waiting:
        return ""
    number = counted(
        len(waiting),
        "serious case or welfare concern has",
        "serious cases or welfare concerns have",
    )
    return f"{number} no decision yet: {', '.join(waiting)}."


def _acts(figures: WeeklyFigures) -> list[str]:
    by_act = {tally.act: tally.by_state for tally in figures.acts}
    every = [tally.by_state for tally in figures.acts]
    drifted = EnforcementState.DRIFTED
    shown, gone = by_act[Act.HIDE][drifted], by_act[Act.RESTORE][drifted]
    refused = sum(states[EnforcementState.REFUSED] for states in every)
    failed = sum(states[EnforcementState.FAILED] for states in every)
    return [
        f"{counted(shown, 'hidden comment is', 'hidden comments are')} in public view again. "
        "Open the case and decide anew."
        if shown
        else "",
        f"{counted(gone, 'restored comment is', 'restored comments are')} out of view again. "
        "Look at the platform's own filters."
        if gone
        else "",
        f"Platforms refused {counted(refused, 'request')}. See what was done by hand."
        if refused
        else "",
        f"{counted(failed, 'request')} to platforms failed. Look at the platform and try again."
        if failed
        else "",
    ]


def _unseen(channel: ChannelFigures, figures: WeeklyFigures) -> str:
    if not channel.gaps:
        return ""
    longest = max(channel.gaps, key=lambda gap: gap.end - gap.start)
    cause = longest.cause.rstrip(".")
    return f"{_was_unseen(channel, figures.timezone)}. Cause: {cause}."


def _escalations(figures: WeeklyFigures) -> str:
    out = [(tally.title, tally.out) for tally in figures.escalations if tally.out]
    if not out:
        return ""
    number = counted(sum(count for _, count in out), "escalation is", "escalations are")
    return f"{number} still out: {_listed([f'{title} ({count})' for title, count in out])}."


def _undelivered(figures: WeeklyFigures) -> str:
    if not figures.dead_letters:
        return ""
    number = counted(figures.dead_letters, "alert or request", "alerts or requests")
    return f"{number} could not be delivered for good. Ask an administrator to look."


def _queue(figures: WeeklyFigures) -> str:
    if not figures.open_cases:
        return ""
    number = counted(figures.open_cases, "case was", "cases were")
    return f"{number} not closed at the end of the week."


def _listed(parts: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
