"""One daemon's steps over a database, with a platform, a classifier and targets that do as told."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from classifiers.testing import ScriptedClassifier
from config.channels import WatchedChannel
from config.routes import load_routes
from config.standards import load_standards
from connectors.contract import (
    Ability,
    Author,
    Capabilities,
    ChannelId,
    Comment,
    Cursor,
    Health,
    NativeId,
    Outcome,
    Post,
    Pull,
    Readiness,
)
from connectors.errors import CommentGone
from monitor.alerting.contract import CaseCard, Notice
from monitor.alerting.testing import RecordingTarget
from monitor.domain.case import Case, CaseId, DecisionOrder, DecisionOutcome
from monitor.domain.people import Person
from monitor.runtime import jobs
from monitor.sandbox.http import Clock
from monitor.services import Pace, Services
from monitor.store import cursors, people, views
from monitor.store.engine import Database
from monitor.telemetry import Metrics
from monitor.workflow import decide, ingest
from tests.cast import AMINA, BEDE, CARYS, DOV, EUN
from tests.consoles import Lines
from tests.databases import created
from tests.world import ROUTES, Written, escalations

PARKS = ChannelId("facebook-parks")
START = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
ABUSE = "You idiot, mend the swings."
RISK = "I feel so alone and want it to end."
THREAT = "I will find you, clerk."
SCRIPT = {
    "idiot": {"insult": 0.95, "target_staff": 0.9},
    "alone": {"self_harm_risk": 0.9},
    "find you": {"threat": 0.95, "target_staff": 0.9},
    "when": {"request": 0.9},
}
STANDARDS, _ = load_standards()
EVERYTHING = Capabilities(hide=Ability(reversible=True), restore=Ability(reversible=True))


def watched(channel_id: ChannelId = PARKS) -> WatchedChannel:
    return WatchedChannel(
        id=channel_id,
        connector="facebook_page",
        native_id="100000000000009",
        name="Parks and Libraries",
        service="Parks and Libraries",
        interval=timedelta(minutes=5),
        look_back=timedelta(hours=1),
        watch_for=timedelta(days=90),
        page_size=100,
        secret_names={},
    )


class Platform:
    """Keeps the connector's contract in memory, and does what a test tells it to do instead."""

    def __init__(self) -> None:
        self.capabilities = EVERYTHING
        self.pulls: list[Pull | Exception] = []
        self.comments: dict[NativeId, Comment] = {}
        self.acts: list[str] = []
        self.fails: list[Exception] = []
        self.does_nothing = False
        self.says_nothing = False
        self.when_asked: Callable[[], None] = lambda: None
        self.health = Health(Readiness.READY, "It can be read.")

    def check(self, _channel) -> Health:
        return self.health

    def pull(self, _channel, _since) -> Iterator[Pull]:
        pulls, self.pulls = self.pulls, []
        for each in pulls:
            self.when_asked()
            if isinstance(each, Exception):
                raise each
            yield each

    def fetch(self, ref) -> Comment:
        self._maybe_fail()
        found = self.comments.get(ref.native_id)
        if found is None:
            raise CommentGone("It is not there.")
        return replace(found, hidden=None) if self.says_nothing else found

    def hide(self, ref) -> Outcome:
        return self._set(ref, hidden=True)

    def restore(self, ref) -> Outcome:
        return self._set(ref, hidden=False)

    def _set(self, ref, *, hidden: bool) -> Outcome:
        self.acts.append("hide" if hidden else "restore")
        self.when_asked()
        self._maybe_fail()
        if ref.native_id not in self.comments:
            return Outcome.GONE
        if not self.does_nothing:
            self.comments[ref.native_id] = replace(self.comments[ref.native_id], hidden=hidden)
        return Outcome.DONE

    def _maybe_fail(self) -> None:
        if self.fails:
            raise self.fails.pop(0)


class Bench:
    """Services over a database, and short words for what the tests do again and again."""

    def __init__(self, url: str, home: Path) -> None:
        self.clock = Clock(START)
        self.platform = Platform()
        self.classifier = ScriptedClassifier(SCRIPT)
        self.target = RecordingTarget()
        self.dispatcher = Written()
        self.lines = Lines()
        self.commits: list[str] = []
        self.after_commit: Callable[[str], None] = lambda _name: None
        self.post_text = "The summer reading challenge opens."
        routes = home / "routes.toml"
        routes.write_text(ROUTES + escalations(), "utf-8")
        found, problems = load_routes(routes, STANDARDS)
        assert found is not None, problems
        numbers = itertools.count(1)
        self.services = Services(
            database=Database.open(url, on_commit=self._committed),
            standards=STANDARDS,
            routes=found,
            channels={PARKS: watched()},
            connector=lambda _channel: self.platform,
            classifier=lambda: self.classifier,
            targets={"slack": self.target},
            dispatcher=self.dispatcher,
            now=self.clock,
            new_id=lambda: f"id-{next(numbers)}",
            log=self.lines,
            metrics=Metrics(),
            council="Wexcombe Borough Council",
            console_url="https://wardmote.wexcombe.example",
        )
        ingest.register_channels(self.services)
        with self.services.database.transaction("cast") as tx:
            for person in (AMINA, BEDE, CARYS, DOV, EUN):
                people.add(tx, person, password_hash=None, now=START)

    def change(self, **changes) -> None:
        self.services = replace(self.services, **changes)

    def pace(self, **changes) -> None:
        self.change(pace=replace(Pace(), **changes))

    def post(self) -> Post:
        return Post(NativeId("post-1"), self.post_text, START)

    def comment(self, text: str, native_id: str = "c-1", **fields) -> Comment:
        made = Comment(
            native_id=NativeId(native_id),
            post_id=NativeId("post-1"),
            parent_id=fields.pop("parent_id", None),
            author=Author(NativeId("resident-1"), "Robin Resident"),
            text=text,
            created_at=START,
            permalink=fields.pop("permalink", f"https://social.example/{native_id}"),
            **fields,
        )
        self.platform.comments[made.native_id] = replace(made, hidden=False)
        return made

    def shows(self, *comments: Comment, cursor: str = "c", **fields) -> Pull:
        batch = Pull((self.post(),), comments, Cursor(cursor), **fields)
        self.platform.pulls.append(batch)
        return batch

    def pull(self) -> int:
        return ingest.pull(self.services, PARKS)

    def due_again(self) -> None:
        with self.services.database.transaction("test") as tx:
            cursors.resume(tx, PARKS, now=self.clock())

    def settle(self) -> None:
        for _ in range(200):
            if not self.dispatcher.nudges:
                return
            job, ids = self.dispatcher.nudges.popleft()
            jobs.JOBS[job].step(self.services, **dict(ids))
        raise AssertionError("still not quiet")

    def read(self, text: str = ABUSE, native_id: str = "c-1", **fields) -> Case:
        """A comment is read, assessed and alerted; returns its case."""
        self.due_again()
        self.shows(self.comment(text, native_id, **fields))
        self.pull()
        self.settle()
        return self.case(native_id)

    def case_id(self, native_id: str = "c-1") -> CaseId | None:
        with self.services.database.reading() as reading:
            return views.case_of_comment(reading, PARKS, NativeId(native_id))

    def page(self, native_id: str = "c-1") -> views.CasePage:
        case_id = self.case_id(native_id)
        assert case_id is not None, "there is no case"
        with self.services.database.reading() as reading:
            page = views.case_page(reading, case_id)
        assert page is not None
        return page

    def case(self, native_id: str = "c-1") -> Case:
        return self.page(native_id).case

    def decide(self, outcome: str, *, by: Person = AMINA, native_id: str = "c-1", **order) -> Case:
        """Claim and decide; nothing that follows is done yet."""
        held = decide.claim(self.services, self.case_id(native_id), by=by)
        chosen = {"clause": held.clauses[0] if held.clauses else None, "note": "The least."} | order
        decide.decide(
            self.services,
            held.id,
            DecisionOrder(DecisionOutcome(outcome), **chosen),
            by=by,
            press=f"press-{held.id}-{held.version}",
            version=held.version,
        )
        return self.case(native_id)

    def cards(self) -> list[CaseCard]:
        return [each for _, each in self.target.delivered if isinstance(each, CaseCard)]

    def notices(self, address: str = "C0OPERATORS") -> list[Notice]:
        return [
            each
            for where, each in self.target.delivered
            if where == address and isinstance(each, Notice)
        ]

    def coverage(self):
        with self.services.database.reading() as reading:
            return views.coverage_rows(
                reading, PARKS, start=START, end=self.clock() + timedelta(days=1)
            )

    def events(self) -> list[str]:
        return [event for event, _ in self.lines.said]

    def audit(self) -> list[str]:
        with self.services.database.reading() as reading:
            return [each.event for each in views.audit_rows(reading, limit=100)]

    def _committed(self, name: str) -> None:
        self.commits.append(name)
        self.after_commit(name)


@pytest.fixture
def bench(tmp_path: Path, sqlite_template: Path) -> Iterator[Bench]:
    path = tmp_path / "wardmote.db"
    path.write_bytes(sqlite_template.read_bytes())
    made = Bench(f"sqlite:///{path}", tmp_path)
    yield made
    made.services.close()


@pytest.fixture
def postgresql_bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    template = request.getfixturevalue("postgresql_template")
    with created(template=template) as url:
        made = Bench(url.render_as_string(hide_password=False), tmp_path)
        yield made
        made.services.close()
