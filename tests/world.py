"""A whole system for a test: the pretend town, real SDKs over HTTP, a real database, and a clock.

Nothing runs by itself: a nudge is written down, and ``settle`` runs what was nudged, in order,
until nothing is left. So a test sees each step's effect, and no test waits for a timer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

from typing_extensions import override

from classifiers.contract import Classifier
from classifiers.registry import DETECTORS, open_classifier
from config.loading import load_configuration
from connectors.contract import ChannelId, NativeId
from monitor.bootstrap import build_services
from monitor.domain.case import Case, CaseId, Decision, DecisionOrder, DecisionOutcome
from monitor.domain.people import Person
from monitor.runtime import jobs
from monitor.sandbox.graph import GraphSandbox
from monitor.sandbox.http import Clock
from monitor.sandbox.slack import SlackServer
from monitor.sandbox.slack_state import Postcard
from monitor.sandbox.town import Town
from monitor.sandbox.townsfolk import TownToken
from monitor.services import Dispatcher, Pace, Services
from monitor.store import people, views
from monitor.store.comments import StoredComment
from monitor.workflow import decide, ingest
from tests.cast import AMINA, BEDE, CARYS, DOV, EUN

__all__ = [
    "LIBRARY",
    "PAGES",
    "PARKS",
    "START",
    "FileClock",
    "Outside",
    "World",
    "Written",
    "detectors",
    "let_in_the_cast",
    "settle",
    "tick",
]

PARKS = ChannelId("facebook-parks")
LIBRARY = ChannelId("facebook-library")
PAGES = {PARKS: "100000000000009", LIBRARY: "100000000000010"}
START = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)

ROUTES = """
timezone = "Europe/London"
operators = "operators"
reports = "reports"
[destination.moderation]
kind = "slack"
address = "C0MODERATION"
[destination.operators]
kind = "slack"
address = "C0OPERATORS"
[destination.reports]
kind = "slack"
address = "C0REPORTS"
[destination.legal]
kind = "slack"
address = "C0LEGAL"
[alert.all]
destination = "moderation"
"""


class Written:
    """A dispatcher that writes nudges down; the same one twice is one."""

    def __init__(self) -> None:
        self.nudges: deque[tuple[str, tuple[tuple[str, str | int], ...]]] = deque()

    def nudge(self, job: str, **ids: str | int) -> None:
        wanted = (job, tuple(sorted(ids.items())))
        if wanted not in self.nudges:
            self.nudges.append(wanted)


@cache
def detectors() -> Classifier:
    """The shipped detectors, loaded once for every test: that takes two seconds."""
    return open_classifier(DETECTORS, {})


def settle(services: Services, dispatcher: Written, *, most: int = 500) -> None:
    """Run what was nudged, in order, until nothing is left."""
    for _ in range(most):
        if not dispatcher.nudges:
            return
        job, ids = dispatcher.nudges.popleft()
        jobs.JOBS[job].step(services, **dict(ids))
    raise AssertionError(f"still not quiet: {list(dispatcher.nudges)[:5]}")


def tick(services: Services, dispatcher: Written, *names: str) -> None:
    """What the schedule does once: nudge, then run until quiet."""
    for name in names or [name for name, job in jobs.JOBS.items() if job.every]:
        dispatcher.nudge(name)
    settle(services, dispatcher)


def let_in_the_cast(services: Services) -> None:
    """Make the people of every story known, once."""
    with services.database.transaction("cast") as tx:
        known = {each.id for each in people.all_people(tx)}
        for person in (AMINA, BEDE, CARYS, DOV, EUN):
            if person.id not in known:
                people.add(tx, person, password_hash=None, now=services.now())


class FileClock(Clock):
    """A clock that several processes share: the microseconds since 1970 stand in a file."""

    def __init__(self, path: Path, start: datetime | None = None) -> None:
        super().__init__()
        self._path = path
        if start is not None:
            self.set(start)

    @override
    def __call__(self) -> datetime:
        return datetime.fromtimestamp(0, UTC) + timedelta(
            microseconds=int.from_bytes(self._path.read_bytes(), "big")
        )

    @override
    def set(self, moment: datetime) -> None:
        since = moment - datetime.fromtimestamp(0, UTC)
        fresh = self._path.with_suffix(".fresh")
        fresh.write_bytes((since // timedelta(microseconds=1)).to_bytes(8, "big"))
        fresh.replace(self._path)

    @override
    def advance(self, by: timedelta) -> None:
        self.set(self() + by)


class Outside:
    """The world around the daemon: a pretend town, its platform, a pretend Slack, and a folder."""

    def __init__(
        self,
        home: Path,
        url: str,
        *,
        channels: tuple[ChannelId, ...] = (PARKS,),
        town: Town | None = None,
        extra_channels: str = "",
        settings_of_channels: str = "",
        environ: Mapping[str, str] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.clock = clock or Clock(START)
        self.town = town or _new_town()
        self.graph = GraphSandbox(self.town, clock=self.clock)
        self.slack = SlackServer(self.clock)
        self._home = home
        self._url = url
        self._channels = channels
        self._extra_channels = extra_channels
        self._settings_of_channels = settings_of_channels
        self._environ = dict(environ or {})

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            opened.enter_context(self.graph)
            opened.enter_context(self.slack)
            self.write_configuration()
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._opened.close()

    def environ(self) -> dict[str, str]:
        return {
            "WARDMOTE_HOME": str(self._home),
            "WARDMOTE_DATABASE_URL": self._url,
            "WARDMOTE_FACEBOOK_BASE_URL": self.graph.base_url,
            "WARDMOTE_SLACK_BASE_URL": self.slack.api_url,
            "WARDMOTE_SLACK_BOT_TOKEN": self.slack.bot_token,
            "WARDMOTE_SLACK_APP_TOKEN": self.slack.app_token,
            **{_variable(channel): f"token-{channel}" for channel in self._channels},
            **self._environ,
        }

    def write_configuration(self) -> None:
        self._home.mkdir(parents=True, exist_ok=True)
        listed = "\n".join(
            _channel_table(channel, self._settings_of_channels) for channel in self._channels
        )
        (self._home / "channels.toml").write_text(listed + self._extra_channels, "utf-8")
        (self._home / "routes.toml").write_text(ROUTES + escalations(), "utf-8")

    def write(self, text: str, *, channel: ChannelId = PARKS, name: str = "Jo Resident") -> str:
        """A resident writes under a page's newest post."""
        post = self.town.posts(PAGES[channel])[-1]
        author = self.town.move_in(name)
        self.clock.advance(timedelta(seconds=1))
        return self.town.write(post.id, text, at=self.clock(), author=author).id

    def post_cards(self, channel: str = "C0MODERATION") -> list[Postcard]:
        """Every alert card that stands in a Slack channel."""
        return [
            each
            for each in self.slack.workspace.messages(channel)
            if each.metadata and str(each.metadata["event_payload"]["key"]).startswith("alert:")
        ]

    def card_keys(self) -> list[str]:
        """The key of every alert card in the moderation channel."""
        return [str((each.metadata or {})["event_payload"]["key"]) for each in self.post_cards()]

    def is_hidden(self, native_id: str) -> bool:
        """Whether the platform hides a comment, which must be there."""
        comment = self.town.comment(native_id)
        assert comment is not None
        return comment.hidden

    def cards(self, case: Case, *, channel: str = "C0MODERATION") -> list[Postcard]:
        """The alert cards of a case in a Slack channel."""
        key = f"alert:case:{case.id}:"
        return [
            each
            for each in self.slack.workspace.messages(channel)
            if each.metadata and str(each.metadata["event_payload"]["key"]).startswith(key)
        ]

    def told(self, channel: str) -> str:
        """Everything that stands in a Slack channel, as text."""
        return "\n".join(
            f"{each.text}\n{each.blocks}" for each in self.slack.workspace.messages(channel)
        )


class World(Outside):
    """One pretend town and one daemon's services over a database at ``url``."""

    def __init__(
        self,
        home: Path,
        url: str,
        *,
        channels: tuple[ChannelId, ...] = (PARKS,),
        pace: Pace | None = None,
        on_commit: Callable[[str], None] | None = None,
        town: Town | None = None,
        classifier: Classifier | None = None,
        dispatcher: Dispatcher | None = None,
        extra_channels: str = "",
        settings_of_channels: str = "",
        environ: Mapping[str, str] | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(
            home,
            url,
            channels=channels,
            town=town,
            extra_channels=extra_channels,
            settings_of_channels=settings_of_channels,
            environ=environ,
            clock=clock,
        )
        self.dispatcher = Written()
        self._chosen_dispatcher = dispatcher
        self._pace = pace
        self._on_commit = on_commit
        self.classifier = classifier or detectors()
        self.services: Services

    @override
    def __enter__(self) -> Self:
        super().__enter__()
        self.start_daemon()
        return self

    @override
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.services.database.dispose()
        super().__exit__(kind, error, trace)

    def start_daemon(self) -> None:
        """Build services as a fresh process would, over whatever the database holds."""
        self.write_configuration()
        services = build_services(
            load_configuration(self.environ()),
            self.environ(),
            dispatcher=self._chosen_dispatcher or self.dispatcher,
            now=self.clock,
            pace=self._pace,
            on_commit=self._on_commit,
        )
        self.services = replace(services, classifier=lambda: self.classifier)
        self.services.database.upgrade()
        ingest.register_channels(self.services)
        let_in_the_cast(self.services)

    def restart_daemon(self) -> None:
        """End the process without a word and start another over the same database."""
        self.services.database.dispose()
        self.dispatcher.nudges.clear()
        self.start_daemon()

    def settle(self) -> None:
        """Run what was nudged until nothing is left."""
        settle(self.services, self.dispatcher)

    def tick(self, *names: str) -> None:
        """What the schedule does once: nudge, then run until quiet."""
        tick(self.services, self.dispatcher, *names)

    def live(self, for_: timedelta, *, step: timedelta = timedelta(seconds=30)) -> None:
        """Let time go by with a tick after every step, as a day at the office does."""
        passed = timedelta()
        while passed < for_:
            self.pass_time(step)
            passed += step

    def pass_time(self, by: timedelta) -> None:
        """Let time go by, then do what has become due."""
        self.clock.advance(by)
        self.tick()

    def case_of(self, native_id: str, *, channel: ChannelId = PARKS) -> Case:
        """The case of a comment, which must be there."""
        with self.services.database.reading() as reading:
            case_id = views.case_of_comment(reading, channel, NativeId(native_id))
            assert case_id is not None, "there is no case"
            page = views.case_page(reading, case_id)
        assert page is not None
        return page.case

    def has_case(self, native_id: str, *, channel: ChannelId = PARKS) -> bool:
        with self.services.database.reading() as reading:
            return views.case_of_comment(reading, channel, NativeId(native_id)) is not None

    def page_of(self, case_id: CaseId) -> views.CasePage:
        with self.services.database.reading() as reading:
            page = views.case_page(reading, case_id)
        assert page is not None
        return page

    def comment(self, case: Case) -> StoredComment:
        return self.page_of(case.id).comment

    def claim(self, case: Case, *, by: Person = AMINA) -> Case:
        return decide.claim(self.services, case.id, by=by)

    def decide(
        self,
        case: Case,
        outcome: DecisionOutcome = DecisionOutcome.HIDE,
        *,
        by: Person = AMINA,
        press: str = "press-1",
        route: str | None = None,
        by_hand: bool = False,
    ) -> Decision:
        """Press on a case as it was seen."""
        note = "The least that protects."
        order = DecisionOrder(outcome, case.clauses[0], note, route=route, by_hand=by_hand)
        return decide.decide(
            self.services, case.id, order, by=by, press=press, version=case.version
        )

    def hide(self, case: Case, *, by: Person = AMINA, press: str = "press-1") -> Case:
        """Claim and decide to hide, then let everything follow."""
        self.decide(self.claim(case, by=by), by=by, press=press)
        self.settle()
        return self.page_of(case.id).case


def _new_town() -> Town:
    town = Town()
    for channel, page in PAGES.items():
        town.open_page(page, str(channel))
        town.issue(TownToken(f"token-{channel}", page))
        town.publish(page, "The summer reading challenge opens.", at=START - timedelta(hours=2))
    return town


def _variable(channel: ChannelId) -> str:
    return f"WARDMOTE_TOKEN_{channel.upper().replace('-', '_')}"


def _channel_table(channel: ChannelId, more: str) -> str:
    return f"""
[channel.{channel}]
connector = "facebook_page"
native_id = "{PAGES[channel]}"
name = "{channel}"
service = "Parks and Libraries"
interval = "60 s"
{more}
[channel.{channel}.secrets]
token = "{_variable(channel)}"
"""


def escalations() -> str:
    """Every line of the matrix that the shipped standard names, told in the legal channel."""
    names = (
        "police",
        "police_hate_crime",
        "safeguarding_children",
        "safeguarding_adults",
        "security_lead",
        "legal",
        "monitoring_officer",
        "hr",
        "line_manager",
        "equalities_lead",
        "data_protection_officer",
        "comms_lead",
        "electoral_services",
        "trading_standards",
        "it_security",
        "emergency_planning",
    )
    return "".join(
        f'[escalation.{name}]\ntitle = "{name.replace("_", " ").capitalize()}"\n'
        f'destination = "legal"\nrespond_within = "2 h"\ninstructions = "Answer in the thread."\n'
        for name in names
    )
