"""A console over a real store for tests: Wexcombe's channels, its people and a case to look at."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.testclient import TestClient

from config.channels import WatchedChannel
from config.routes import load_routes
from config.standards import ClauseId, Lane, Severity, Target, load_standards
from connectors.contract import Ability, Capabilities, ChannelId
from monitor.desk.web.app import build_console, issue_link
from monitor.desk.web.passwords import Passwords
from monitor.domain.assessment import Assessment, Band, Breach, Evidence
from monitor.domain.case import Case, CaseId
from monitor.domain.people import Person, PersonId, Role
from monitor.services import Services
from monitor.store import cases, people
from monitor.store.engine import Database
from monitor.telemetry import Metrics
from monitor.workflow import decide
from tests import stored

SECRET = "a secret that is long enough for tests"
PARKS = "Parks and Libraries"
HIGHWAYS = "Highways"
PASSWORD = "three brass lanterns"
EVERYTHING = Capabilities(hide=Ability(reversible=True), restore=Ability(reversible=True))
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
CAST = (
    Person(PersonId("amina"), "Amina", Role.MODERATOR, frozenset({PARKS})),
    Person(PersonId("bede"), "Bede", Role.MODERATOR, frozenset({PARKS})),
    Person(PersonId("carys"), "Carys", Role.LEAD),
    Person(PersonId("dov"), "Dov", Role.MODERATOR, frozenset({HIGHWAYS})),
    Person(PersonId("eun"), "Eun", Role.VIEWER, frozenset({PARKS})),
    Person(PersonId("gone"), "Somebody who left", Role.LEAD, active=False),
)
STANDARDS, _ = load_standards()
ROUTES, _ = load_routes(Path("config/routes.example.toml"), STANDARDS)
TEXT = "You useless lot. Ring me on 07700 900123."
_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]+)"')
_FIELD = r'name="{}" value="([^"]*)"'


class Clock:
    def __init__(self, now: datetime = stored.NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **passed) -> None:
        self.now += timedelta(**passed)


class Lines:
    """Keeps what was logged."""

    def __init__(self) -> None:
        self.said: list[tuple[str, dict]] = []

    def _say(self, event: str, **fields):
        self.said.append((event, fields))

    debug = info = warning = error = _say


class Nudges:
    def __init__(self) -> None:
        self.jobs: list[str] = []

    def nudge(self, job: str, **_ids) -> None:
        self.jobs.append(job)


def watched(channel_id: str, name: str, service: str) -> WatchedChannel:
    return WatchedChannel(
        id=channel_id,
        connector="facebook_page",
        native_id=f"page-{channel_id}",
        name=name,
        service=service,
        interval=timedelta(minutes=15),
        look_back=timedelta(hours=1),
        watch_for=timedelta(days=90),
        page_size=100,
        secret_names={},
    )


CHANNELS = (
    watched("facebook-parks", "Parks and Libraries on Facebook", PARKS),
    watched("facebook-roads", "Wexcombe Roads on Facebook", HIGHWAYS),
)


def reading_of(text: str, *clauses: tuple[str, Severity], lane: Lane = Lane.BREACH) -> Assessment:
    """An assessment whose evidence is the second word of the text."""
    start = text.index(" ") + 1
    end = text.index(" ", start)
    touched = tuple(
        Breach(
            ClauseId(clause),
            severity,
            Band.SEVERE,
            0.91,
            Target.STAFF,
            (Evidence(start, end, "insult"),),
        )
        for clause, severity in clauses or (("abuse", Severity.S3),)
    )
    return Assessment(
        lane=lane,
        severity=min(each.severity for each in touched) if touched else Severity.S4,
        score=0.91,
        breaches=touched if lane is Lane.BREACH else (),
        concerns=touched if lane is Lane.WELFARE else (),
        needs_response=True,
        target=Target.STAFF,
        reason="touches abuse",
        standards_version=STANDARDS.fingerprint,
        model=stored.MODEL,
    )


@dataclass
class Wexcombe:
    """The council's store and console.

    Attributes:
        can: What the platform lets us do; change it before a page is asked for.
    """

    database: Database
    console_url: str = ""
    clock: Clock = field(default_factory=Clock)
    log: Lines = field(default_factory=Lines)
    nudges: Nudges = field(default_factory=Nudges)
    can: Capabilities = field(default_factory=lambda: EVERYTHING)
    ticked_at: datetime | None = None
    _numbers: itertools.count = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.services = Services(
            database=self.database,
            standards=STANDARDS,
            routes=ROUTES,
            channels={ChannelId(each.id): each for each in CHANNELS},
            connector=lambda _: SimpleNamespace(capabilities=self.can),
            classifier=lambda: None,
            targets={},
            dispatcher=self.nudges,
            now=self.clock,
            new_id=lambda: f"press-number-{next(self._numbers)}",
            log=self.log,
            metrics=Metrics(),
            council="Wexcombe Borough Council",
            console_url=self.console_url,
        )
        self.console: FastAPI = build_console(
            self.services,
            secret=SECRET,
            last_tick=lambda: self.ticked_at,
            passwords=Passwords(CHEAP),
        )

    def populate(self) -> None:
        stored.watch(
            self.database,
            *(
                stored.plan(each.id, name=each.name, service=each.service, interval=each.interval)
                for each in CHANNELS
            ),
        )
        self.hire(*CAST)

    def hire(self, *persons: Person) -> None:
        hashed = CHEAP.hash(PASSWORD)
        with self.database.transaction() as tx:
            for person in persons:
                people.add(tx, person, password_hash=hashed, now=self.clock())

    def case(
        self,
        text: str = TEXT,
        *clauses: tuple[str, Severity],
        lane: Lane = Lane.BREACH,
        channel_id: str = "facebook-parks",
        **changes,
    ) -> Case:
        number = next(self._numbers)
        posts = [stored.post(text=changes.pop("post_text", "The library opens on Sunday."))]
        seen = stored.comment(f"c{number}", text, **changes)
        stored.store(self.database, seen, channel_id=ChannelId(channel_id), posts=posts)
        (case,) = stored.assess_all(self.database, reading_of(text, *clauses, lane=lane))
        return case

    def person(self, person_id: str) -> Person:
        return next(each for each in CAST if each.id == person_id)

    def stranger(self) -> TestClient:
        return TestClient(self.console, base_url="http://127.0.0.1", follow_redirects=False)

    def signed_in(self, person_id: str) -> TestClient:
        client = self.stranger()
        token = issue_link(self.console, PersonId(person_id))
        answer = press(client, "/sign-in/link", shown=f"/sign-in/link?token={token}", token=token)
        assert answer.status_code == 303
        return client

    def claimed_by(self, person_id: str, case: Case) -> Case:
        return decide.claim(self.services, case.id, by=self.person(person_id))

    def case_now(self, case_id: CaseId) -> Case:
        with self.database.reading() as reading:
            return cases.load(reading, case_id)


def form_token(client: TestClient, path: str) -> str:
    found = _TOKEN.search(client.get(path).text)
    assert found is not None
    return found[1]


def hidden(text: str, name: str) -> str:
    found = re.search(_FIELD.format(name), text)
    assert found is not None
    return found[1]


def press(client: TestClient, path: str, *, shown: str = "/channels", **form):
    """Send a form with the token that the page at ``shown`` carries."""
    return client.post(path, data={"form_token": form_token(client, shown), **form})
