"""Which clauses and severities alert whom, when it is quiet, and to whom a case may go on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field, PlainValidator

from config.problems import ConfigProblem, did_you_mean
from config.reading import Duration, TomlTable, Zone, at, mistake, read_table, read_toml
from config.standards import Clause, Lane, Severity, Standards

__all__ = [
    "AlertRoute",
    "Destination",
    "EscalationRoute",
    "QuietHours",
    "Routes",
    "load_routes",
]


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a notification can go: a Slack channel or an e-mail address.

    Attributes:
        name: The table's name in ``routes.toml``: ``[destination.moderation]``.
        kind: ``slack`` or ``email``.
        address: A Slack channel identifier, or an e-mail address.
    """

    name: str
    kind: str
    address: str


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When only the severities in ``except_severities`` alert; local time, may cross midnight."""

    start: time
    end: time
    timezone: str
    except_severities: frozenset[Severity]


@dataclass(frozen=True, slots=True)
class AlertRoute:
    """Cases that match every stated condition alert ``destination``; empty sets match all."""

    name: str
    destination: str
    severities: frozenset[Severity]
    lanes: frozenset[Lane]
    clauses: frozenset[str]
    services: frozenset[str]
    quiet_hours: QuietHours | None


@dataclass(frozen=True, slots=True)
class EscalationRoute:
    """One line of the council's escalation matrix: who is asked, how, and how soon.

    Attributes:
        id: ``police``, ``legal``, ``safeguarding_children`` …
        title: As a moderator reads it.
        destination: Which destination is told.
        respond_within: When it counts as overdue.
        instructions: What the person must do besides ("Immediate danger is 999").
    """

    id: str
    title: str
    destination: str
    respond_within: timedelta
    instructions: str


@dataclass(frozen=True, slots=True)
class Routes:
    """All of ``routes.toml``. ``operators`` and ``reports`` name destinations."""

    destinations: tuple[Destination, ...]
    alerts: tuple[AlertRoute, ...]
    escalations: tuple[EscalationRoute, ...]
    operators: str
    reports: str
    timezone: str

    def destination(self, name: str) -> Destination | None:
        """The destination of that name, or None."""
        return next((each for each in self.destinations if each.name == name), None)

    def escalation(self, route_id: str) -> EscalationRoute | None:
        """The escalation route of that identifier, or None."""
        return next((each for each in self.escalations if each.id == route_id), None)

    def escalations_for(self, clause: Clause) -> tuple[EscalationRoute, ...]:
        """Whom the clause's ``escalates_to`` means, in its order.

        ``police_if_immediate`` means ``police``, the condition being the person's to judge;
        ``safeguarding`` means every route whose identifier begins with it, where none is called
        just that.
        """
        found: dict[str, EscalationRoute] = {}
        for name in clause.escalates_to:
            for route_id in _routes_meant(name, [route.id for route in self.escalations]):
                found.update((r.id, r) for r in self.escalations if r.id == route_id)
        return tuple(found.values())


def load_routes(
    path: Path, standards: Standards | None
) -> tuple[Routes | None, tuple[ConfigProblem, ...]]:
    """Read who is told of what.

    Args:
        path: ``routes.toml``.
        standards: The standard whose clauses the routes name; None leaves the names unchecked,
            where the standard itself has mistakes.

    Returns:
        The routes, or None and every mistake in the file.
    """
    content, unread = read_toml(path, missing="Run: wardmote init.")
    if content is None:
        return None, unread
    parsed, problems = read_table(_RoutesFile, content, file=path.name)
    problems += tuple(_addresses(content, path.name))
    problems += tuple(_destinations(content, path.name))
    if standards is not None:
        problems += tuple(_clauses(content, path.name, standards))
        problems += tuple(_escalations(content, path.name, standards))
    if parsed is not None:
        problems += tuple(_nobody_told(parsed, path.name))
    return (None if parsed is None or problems else parsed.routes()), problems


def _clock(written: object) -> time:
    try:
        return time.fromisoformat(str(written)).replace(tzinfo=None)
    except ValueError:
        hint = 'Write hours and minutes: "22:00".'
        raise mistake("C015", "is not a time of day", hint) from None


_Clock = Annotated[time, PlainValidator(_clock)]


class _DestinationTable(TomlTable):
    kind: Literal["slack", "email"]
    address: str


class _QuietTable(TomlTable):
    start: _Clock
    end: _Clock
    timezone: Zone | None = None
    except_severities: frozenset[Severity] = frozenset()

    def quiet_hours(self, timezone: str) -> QuietHours:
        return QuietHours(
            start=self.start,
            end=self.end,
            timezone=self.timezone or timezone,
            except_severities=self.except_severities,
        )


class _AlertTable(TomlTable):
    destination: str
    severities: frozenset[Severity] = frozenset()
    lanes: frozenset[Lane] = frozenset()
    clauses: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    quiet_hours: _QuietTable | None = None

    def route(self, name: str, timezone: str) -> AlertRoute:
        quiet = self.quiet_hours
        return AlertRoute(
            name=name,
            destination=self.destination,
            severities=self.severities,
            lanes=self.lanes,
            clauses=self.clauses,
            services=self.services,
            quiet_hours=None if quiet is None else quiet.quiet_hours(timezone),
        )


class _EscalationTable(TomlTable):
    title: str
    destination: str
    respond_within: Duration
    instructions: str = ""


class _RoutesFile(TomlTable):
    inner_keys: ClassVar[frozenset[str]] = frozenset(
        key
        for shape in (_DestinationTable, _AlertTable, _QuietTable, _EscalationTable)
        for key in shape.model_fields
    )

    timezone: Zone = "Europe/London"
    operators: str
    reports: str
    destination: Annotated[dict[str, _DestinationTable], Field(min_length=1)]
    alert: Annotated[dict[str, _AlertTable], Field(min_length=1)]
    escalation: dict[str, _EscalationTable] = Field(default_factory=dict)

    def routes(self) -> Routes:
        return Routes(
            destinations=tuple(
                Destination(name, each.kind, each.address)
                for name, each in self.destination.items()
            ),
            alerts=tuple(each.route(name, self.timezone) for name, each in self.alert.items()),
            escalations=tuple(
                EscalationRoute(
                    route_id, each.title, each.destination, each.respond_within, each.instructions
                )
                for route_id, each in self.escalation.items()
            ),
            operators=self.operators,
            reports=self.reports,
            timezone=self.timezone,
        )


_ADDRESSES: Final[Mapping[str, tuple[re.Pattern[str], str]]] = {
    "slack": (
        re.compile(r"[CGD][A-Z0-9]{2,20}"),
        "Write the channel's identifier, C0123456789, which its details show in Slack.",
    ),
    "email": (re.compile(r"[^@\s,;]+@[^@\s,;]+"), "Write one e-mail address."),
}


def _addresses(content: Mapping[str, Any], file: str) -> Iterator[ConfigProblem]:
    for name, table in _named(content, "destination"):
        form, hint = _ADDRESSES.get(str(table.get("kind")), (None, ""))
        if form and not form.fullmatch(str(table.get("address", ""))):
            where = at(file, f"destination.{name}", "address")
            yield ConfigProblem("C035", where, f"is no {table['kind']} address", hint)


def _destinations(content: Mapping[str, Any], file: str) -> Iterator[ConfigProblem]:
    known = [name for name, _ in _named(content, "destination")]
    asked = [("", key, content) for key in ("operators", "reports")]
    for kind in ("alert", "escalation"):
        asked += [(f"{kind}.{name}", "destination", each) for name, each in _named(content, kind)]
    for table, key, held in asked:
        name = held.get(key)
        if isinstance(name, str) and name not in known:
            what = f'there is no destination "{name}"'
            yield ConfigProblem("C031", at(file, table, key), what, did_you_mean(name, known))


def _clauses(
    content: Mapping[str, Any], file: str, standards: Standards
) -> Iterator[ConfigProblem]:
    known = [str(clause.id) for clause in standards.clauses]
    for name, table in _named(content, "alert"):
        for clause in table.get("clauses", ()):
            if isinstance(clause, str) and clause not in known:
                where = at(file, f"alert.{name}", "clauses")
                what = f'the standard has no clause "{clause}"'
                yield ConfigProblem("C030", where, what, did_you_mean(clause, known))


def _escalations(
    content: Mapping[str, Any], file: str, standards: Standards
) -> Iterator[ConfigProblem]:
    known = [name for name, _ in _named(content, "escalation")]
    for clause in standards.clauses:
        for name in clause.escalates_to:
            if name != "none" and not _routes_meant(name, known):
                route = _without_condition(name)
                what = f'clause "{clause.id}" escalates to "{name}", and nobody is called that'
                hint = f"Add [escalation.{route}], or change the clause."
                yield ConfigProblem("C033", at(file, "escalation"), what, hint)


def _nobody_told(parsed: _RoutesFile, file: str) -> Iterator[ConfigProblem]:
    for lane in (Lane.BREACH, Lane.WELFARE):
        told = any(
            (not each.severities or Severity.S1 in each.severities)
            and (not each.lanes or lane in each.lanes)
            for each in parsed.alert.values()
        )
        if not told:
            what = f"no route alerts anybody of S1 in the lane {lane}"
            hint = 'Add a route with severities = ["S1"] and no lanes.'
            yield ConfigProblem("C036", at(file, "alert"), what, hint)


def _routes_meant(name: str, known: Iterable[str]) -> list[str]:
    wanted = _without_condition(name)
    ids = list(known)
    if wanted in ids:
        return [wanted]
    return [route_id for route_id in ids if route_id.startswith(f"{wanted}_")]


def _without_condition(name: str) -> str:
    return name.partition("_if_")[0]


def _named(content: Mapping[str, Any], key: str) -> list[tuple[str, dict[str, Any]]]:
    held = content.get(key)
    if not isinstance(held, dict):
        return []
    return [(name, table) for name, table in held.items() if isinstance(table, dict)]
