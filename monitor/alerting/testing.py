"""For targets of your own: the tests that every target passes, and a target that only remembers.

class TestTeamsTarget(AlertTargetContract):
@pytest.fixture
def bench(self):
return Bench(target, address="…", wrong_address="…", received=…)
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from typing_extensions import override

from connectors.contract import Health, Readiness
from monitor.alerting.contract import (
    AlertLater,
    AlertRefused,
    AlertTarget,
    AlertTargetError,
    Attachment,
    CaseCard,
    Notice,
    Offer,
    Posted,
)

__all__ = ["HOSTILE", "AlertTargetContract", "Bench", "RecordingTarget", "example_card"]

_NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)

HOSTILE = (
    "",
    "<!channel> <!here> <@U0AMINA> <#C0MODERATION> @channel @here",
    "*bold* _italic_ ~strike~ `code` ```block``` > quote",
    "<https://example.org|click> https://example.org www.example.org mailto:a@example.org",
    "&amp; &lt;!channel&gt; <script>alert(1)</script>",
    "\u202e\u2066\u0645\u0631\u062d\u0628\u0627\u2069 \u05e9\u05dc\u05d5\u05dd\u202c",
    "\ud83d half an emoji \udc00",
    "null \x00 bell \x07 escape \x1b[31m",
    "😀" * 5000,
    "&<>" * 7000,
    "\n" * 300,
)
"""Texts that residents could write and that must do nothing but be read."""


def example_card(**changes: object) -> CaseCard:
    """A card about an invented case, with these fields changed."""
    card = CaseCard(
        key="alert:case:412:moderation",
        case_id=412,
        reference="WM-412",
        version=3,
        severity="S2",
        lane="breach",
        clauses=("RS-06 Abuse of staff or councillors", "RS-02 Threats"),
        band="severe",
        channel_name="Parks and Libraries on Facebook",
        service="parks",
        snippet="You ***** should be ashamed",
        post_excerpt="The library opens at nine from Monday.",
        posted_at=_NOW - timedelta(minutes=12),
        seen_at=_NOW - timedelta(minutes=2),
        drawn_at=_NOW,
        status="Open: nobody has claimed it.",
        timeline=(),
        offers=(Offer.CLAIM, Offer.REVEAL),
        permalink="https://social.example/parks/1?comment_id=2&x=3",
        console_url="https://wardmote.example/cases/WM-412",
    )
    return replace(card, **changes)  # type: ignore[arg-type]  # fields are named by the caller


@dataclass(frozen=True, slots=True)
class Bench:
    """What the contract's tests need to look at one target.

    Attributes:
        address: Where the target can deliver; ``wrong_address`` where it never will.
        received: What arrived at ``address``, each as all its words.
        can_find: Whether the target recognises what it delivered.
        can_redraw: Whether ``update`` changes what stands there.
        make_busy: Makes the service behind the target ask for patience once.
        secrets: Words that may stand in no error and no repr.
    """

    target: AlertTarget
    address: str
    wrong_address: str
    received: Callable[[], list[str]]
    can_find: bool = False
    can_redraw: bool = False
    make_busy: Callable[[], None] | None = None
    secrets: tuple[str, ...] = ()


class AlertTargetContract:
    """What every target promises; inherit, and give a ``bench`` fixture."""

    def test_a_card_arrives_with_what_people_call_the_case(self, bench: Bench) -> None:
        """The reference is what two people say to each other about a case."""
        posted = bench.target.post(bench.address, example_card())

        assert posted.reference
        assert "WM-412" in bench.received()[-1]

    def test_a_card_says_its_severity_clause_and_channel(self, bench: Bench) -> None:
        """Enough to triage without opening anything."""
        bench.target.post(bench.address, example_card())

        arrived = bench.received()[-1]
        assert "S2" in arrived
        assert "RS-06 Abuse of staff or councillors" in arrived
        assert "Parks and Libraries on Facebook" in arrived

    def test_a_notice_arrives_with_its_title_and_its_sentences(self, bench: Bench) -> None:
        """A notice is for people who know nothing of the case."""
        notice = Notice(
            key="notice:1", title="A channel is paused", lines=("The token has expired.",)
        )

        bench.target.post(bench.address, notice)

        assert "A channel is paused" in bench.received()[-1]
        assert "The token has expired." in bench.received()[-1]

    def test_a_notice_may_carry_files(self, bench: Bench) -> None:
        """Reports travel as attachments; an empty file is left out or delivered, never an error."""
        files = (
            Attachment("week.csv", "text/csv", b"a,b\n1,2\n"),
            Attachment("week.html", "text/html", "<p>Wöche</p>".encode()),
            Attachment("empty.csv", "text/csv", b""),
        )

        posted = bench.target.post(
            bench.address, Notice(key="report:1", title="Week 47", lines=(), attachments=files)
        )

        assert posted.reference

    @pytest.mark.parametrize("words", HOSTILE)
    def test_whatever_a_resident_wrote_is_delivered(self, bench: Bench, words: str) -> None:
        """No text can keep an alert from arriving."""
        card = example_card(snippet=words, post_excerpt=words)

        assert bench.target.post(bench.address, card).reference

    def test_what_was_delivered_is_recognised_where_that_is_possible(self, bench: Bench) -> None:
        """After a lost confirmation the same notification is not sent twice."""
        card = example_card()
        posted = bench.target.post(bench.address, card)

        found = bench.target.find(bench.address, card.key, since=_NOW - timedelta(days=1))
        other = bench.target.find(bench.address, "another:key", since=_NOW - timedelta(days=1))

        assert found == (posted if bench.can_find else None)
        assert other is None

    def test_a_card_is_redrawn_where_it_stands_where_that_is_possible(self, bench: Bench) -> None:
        """Redrawing never makes a second card."""
        posted = bench.target.post(bench.address, example_card())
        count = len(bench.received())

        bench.target.update(posted, example_card(status="Claimed by Amina at 10:15.", offers=()))

        assert len(bench.received()) == count
        assert ("Claimed by Amina" in bench.received()[-1]) is bench.can_redraw

    def test_an_address_that_is_none_is_refused_for_good(self, bench: Bench) -> None:
        """Trying again would not help; an operator must hear of it."""
        with pytest.raises(AlertRefused) as refused:
            bench.target.post(bench.wrong_address, example_card())

        assert refused.value.sentence
        assert refused.value.hint

    def test_a_service_that_asks_for_patience_gets_it(self, bench: Bench) -> None:
        """Later, with an aware moment in the future, and without sleeping."""
        if bench.make_busy is None:
            pytest.skip("this target cannot be made busy")
        bench.make_busy()

        with pytest.raises(AlertLater) as later:
            bench.target.post(bench.address, example_card())

        assert later.value.at.tzinfo is not None
        assert bench.target.post(bench.address, example_card()).reference

    def test_a_good_address_is_ready(self, bench: Bench) -> None:
        """An operator can ask before anything depends on it."""
        assert bench.target.check(bench.address).readiness is Readiness.READY

    def test_a_wrong_address_is_not_ready_and_says_what_to_do(self, bench: Bench) -> None:
        """Checking raises nothing."""
        health = bench.target.check(bench.wrong_address)

        assert health.readiness is not Readiness.READY
        assert health.hint

    def test_no_secret_is_shown(self, bench: Bench) -> None:
        """Tokens and passwords stand in no repr and no error."""
        said = [repr(bench.target), repr(bench.target.check(bench.wrong_address))]
        try:
            bench.target.post(bench.wrong_address, example_card())
        except AlertTargetError as error:
            said += [repr(error), error.sentence, error.hint]

        assert not [word for word in bench.secrets if word in "".join(said)]


class RecordingTarget(AlertTarget):
    """Keeps what it is given; an address is any word but ``nowhere``. Thread-safe.

    Attributes:
        delivered: Address and notification, as it was last drawn, in the order of arrival.
    """

    nowhere = "nowhere"

    def __init__(self) -> None:
        self.delivered: list[tuple[str, CaseCard | Notice]] = []
        self._failures: list[AlertTargetError] = []
        self._lost: int = 0
        self._lock = threading.Lock()

    def fail_next(self, error: AlertTargetError) -> None:
        """Raise this on the next delivery that is not yet spoken for; nothing is kept then."""
        with self._lock:
            self._failures.append(error)

    def lose_next_confirmation(self, error: AlertTargetError) -> None:
        """Keep the next delivery and raise this all the same, as a broken line does."""
        with self._lock:
            self._lost += 1
            self._failures.append(error)

    @override
    def post(self, address: str, notification: CaseCard | Notice) -> Posted:
        with self._lock:
            if address == self.nowhere:
                raise AlertRefused("There is no such address.", hint="Choose another word.")
            if self._failures and not self._lost:
                raise self._failures.pop(0)
            self.delivered.append((address, notification))
            if self._lost:
                self._lost -= 1
                raise self._failures.pop(0)
            return Posted(str(len(self.delivered) - 1))

    @override
    def update(self, posted: Posted, card: CaseCard) -> None:
        with self._lock:
            if self._failures:
                raise self._failures.pop(0)
            number = int(posted.reference)
            address, _ = self.delivered[number]
            self.delivered[number] = (address, card)

    @override
    def find(self, address: str, key: str, *, since: datetime) -> Posted | None:
        with self._lock:
            for number, (where, notification) in enumerate(self.delivered):
                if where == address and notification.key == key:
                    return Posted(str(number))
            return None

    @override
    def check(self, address: str) -> Health:
        if address == self.nowhere:
            return Health(Readiness.NOT_READY, "There is no such address.", "Choose another word.")
        return Health(Readiness.READY, "It remembers whatever it is given.")
