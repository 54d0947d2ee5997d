"""The daemon is killed at every step of a story, starts again, and the story ends the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from monitor.sandbox.slack_state import Postcard
from monitor.store import audit, evidence, tables
from monitor.store.engine import Database
from tests.journeys.killable import Killable, NewDatabase
from tests.world import START, FileClock, Outside

pytestmark = pytest.mark.sandbox

_KILLED = 137
_BEYOND_LEASES = timedelta(minutes=6)
_BREACH = "You are a fat useless moron and everyone at that depot is scum."
_WORSE = "You are a fat useless moron, the whole depot is scum and you are pathetic idiots."
_CRITICISM = "The council has wasted thousands on that car park and the decision was a disgrace."
_WELFARE = "I cannot go on like this any more, I want to end my life."
_THANKS = "Thank you, the reading challenge was lovely."

_AGES = re.compile(r"[^\\\n]* drawn[^\\\n]*")

Point = tuple[int, int]
"""Which scene, and after which step of it."""


@dataclass(frozen=True)
class _Scene:
    name: str
    before: str = ""
    passes: timedelta = timedelta()


_SCENES = (
    _Scene("quiet"),
    _Scene("people press", before="the breach is edited", passes=timedelta(minutes=2)),
    _Scene("quiet", passes=timedelta(minutes=11)),
)


class _Story:
    """One telling of the story, over one database and one town."""

    def __init__(self, outside: Outside, killable: Killable, folder: Path) -> None:
        self._outside = outside
        self._killable = killable
        self._folder = folder
        self.breach = outside.write(_BREACH, name="Jo Resident")
        outside.write(_CRITICISM, name="Sam Resident")
        outside.write(_WELFARE, name="Kit Resident")
        outside.write(_THANKS, name="Ali Resident")

    def tell(self, *, kill: Point | None = None) -> list[list[str]]:
        """Play every scene, killed at ``kill``, until all is quiet; returns each scene's trail."""
        trails = [self._play(number, scene, kill) for number, scene in enumerate(_SCENES)]
        # A second look at everything, beyond every lease: an undisturbed daemon has them too.
        self._outside.clock.advance(_BEYOND_LEASES)
        assert self._live(_SCENES[0], "last") == 0
        return trails

    def _play(self, number: int, scene: _Scene, kill: Point | None) -> list[str]:
        self._outside.clock.advance(scene.passes)
        if scene.before:
            self._outside.town.edit(self.breach, _WORSE, at=self._outside.clock())
        die_at = kill[1] if kill is not None and kill[0] == number else None
        status = self._live(scene, str(number), die_at=die_at)
        assert status == (0 if die_at is None else _KILLED)
        if die_at is not None:
            self._outside.clock.advance(_BEYOND_LEASES)
            assert self._live(scene, f"{number}-again") == 0
        return (self._folder / f"{number}.trail").read_text("utf-8").splitlines()

    def _live(self, scene: _Scene, trail: str, *, die_at: int | None = None) -> int:
        return self._killable.live(
            environ=self._outside.environ(),
            clock=str(self._folder / "clock"),
            scene=scene.name,
            trail=str(self._folder / f"{trail}.trail"),
            die_at=die_at,
            target=self.breach,
        )


@contextmanager
def _story(
    killable: Killable, new_database: NewDatabase, folder: Path, name: str
) -> Iterator[tuple[_Story, Outside, str]]:
    folder.mkdir()
    url = new_database(name)
    clock = FileClock(folder / "clock", START)
    with Outside(folder / "home", url, clock=clock) as outside:
        yield _Story(outside, killable, folder), outside, url


def _end(outside: Outside, url: str) -> dict[str, Any]:
    """How everything stands, without numbers and moments, which a second life may change."""
    database = Database.open(url)
    with database.reading() as reading:

        def rows(table: Any) -> list[Any]:
            return list(reading.session.execute(select(table)).all())

        native = {row.id: row.native_id for row in rows(tables.comments)}
        case_of = {row.id: native[row.comment_id] for row in rows(tables.cases)}
        clauses = sorted(
            (row.case_id, row.position, row.clause) for row in rows(tables.case_clauses)
        )
        wording = {row.id: (native[row.comment_id], row.number) for row in rows(tables.versions)}
        end: dict[str, Any] = {
            "comments": sorted(
                (row.native_id, row.version, row.hidden, row.gone_at)
                for row in rows(tables.comments)
            ),
            "wordings": sorted(
                (*wording[row.id], row.text, row.to_assess) for row in rows(tables.versions)
            ),
            "assessments": sorted(
                (*wording[row.version_id], row.lane, row.model) for row in rows(tables.assessments)
            ),
            "cases": sorted(
                (
                    case_of[row.id],
                    row.state,
                    row.hidden,
                    row.lane,
                    row.severity,
                    row.version,
                    tuple(clause for case, _, clause in clauses if case == row.id),
                )
                for row in rows(tables.cases)
            ),
            "decisions": sorted(
                (case_of[row.case_id], row.outcome, row.clause, row.by, row.press)
                for row in rows(tables.decisions)
            ),
            "enforcements": sorted(
                (case_of[row.case_id], row.act, row.state, row.rechecks)
                for row in rows(tables.enforcements)
            ),
            "letters": sorted(
                (case_of.get(row.case_id, ""), row.kind, row.destination, row.state)
                for row in rows(tables.letters)
                # A daemon that died left the channel unseen, which is true and is told.
                if not re.search(":(unseen|seen-again):", row.key)
            ),
            "audit": sorted(
                (row.event, row.subject.startswith("case:"))
                for row in rows(tables.audit)
                if row.event not in {"comments.assessed", "comments.ingested"}
            ),
            "read": sorted(
                {row.end for row in rows(tables.pulls)}
                & {"done", "later", "rejected", "unexpected"}
            ),
            "the chain": audit.verify(reading).intact,
            "the seals": evidence.verify_evidence(reading).intact,
        }
    database.dispose()
    end["hidden at the platform"] = sorted(
        (each.id, each.hidden)
        for page in outside.town.pages()
        for post in outside.town.posts(page.id)
        for each in outside.town.comments(post.id)
    )
    end["cards"] = {
        channel: sorted(_drawing(each) for each in outside.post_cards(channel))
        for channel in ("C0MODERATION", "C0OPERATORS", "C0LEGAL")
    }
    end["everything posted"] = len(outside.slack.workspace.messages("C0MODERATION"))
    return end


def _drawing(card: Postcard) -> str:
    """A card without what differs by moment or by number: the ages, the clock, the references."""
    told = "\n".join([card.text, *map(str, card.blocks)])
    return re.sub(r"\d+", "#", _AGES.sub("", told))


def _points(trails: list[list[str]], kind: str, which: str) -> dict[Point, str]:
    """Every step of one kind; or of those that lead to the same next step only the first.

    What comes next tells a lease that found work from one that found none.
    """
    found: dict[Point, str] = {}
    seen: set[tuple[str, str]] = set()
    for scene, trail in enumerate(trails):
        for number, step in enumerate(trail):
            turn = (step, "".join(trail[number + 1 : number + 2]))
            is_ours = (
                step.startswith(f"{kind} ") and step.removeprefix(f"{kind} ") not in _SETTING_UP
            )
            if is_ours and (which == "every" or turn not in seen):
                found[scene, number] = step
                seen.add(turn)
    return found


_SETTING_UP = {"register", "cast"}
_TRANSACTIONS = {
    "T1 lease", "T1", "T1 end", "T2 lease", "T2", "T3a", "T3b", "T4", "T5a", "T5b",
    "case.claimed", "recheck lease", "recheck", "gap", "examined",
}  # fmt: skip
_OUTSIDE = {
    "platform.pull", "platform.hide", "platform.fetch", "model.score", "slack.post", "slack.update",
}  # fmt: skip


@pytest.mark.parametrize("which", ["each turn", pytest.param("every", marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", ["after", "before", "outside"])
def test_the_story_ends_the_same_wherever_the_daemon_was_killed(
    killable: Killable, new_database: NewDatabase, tmp_path: Path, kind: str, which: str
) -> None:
    """``after`` and ``before`` are every commit; ``outside`` is every answer from outside."""
    with _story(killable, new_database, tmp_path / "undisturbed", "undisturbed") as told:
        story, outside, url = told
        trails = story.tell()
        expected = _end(outside, url)
    assert expected["hidden at the platform"].count((story.breach, True)) == 1
    assert len(expected["decisions"]) == 1
    assert {state for *_, state in expected["letters"]} == {"delivered"}
    assert expected["read"] == ["done"]
    points = _points(trails, kind, which)
    reached = {step.removeprefix(f"{kind} ") for step in points.values()}
    assert reached == (_OUTSIDE if kind == "outside" else _TRANSACTIONS)

    for (scene, number), step in points.items():
        name = f"{kind}-{scene}-{number}"
        with _story(killable, new_database, tmp_path / name, name) as told:
            story, outside, url = told
            story.tell(kill=(scene, number))
            ended = _end(outside, url)
        where = f"killed {step} (scene {scene}, step {number})"
        for what, told_once in expected.items():
            assert ended[what] == told_once, f"{where}: {what}"
