"""Nothing that residents wrote, no name and no token leaves by the log, whatever fails."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from sqlalchemy import select

from classifiers.contract import ClassifierFailed
from classifiers.testing import ScriptedClassifier
from monitor import telemetry
from monitor.domain.case import CaseState, Refused
from monitor.runtime.in_process import InProcess
from monitor.sandbox.faults import answer, drop_after, html_page, json_answer
from monitor.store import outbox, tables
from monitor.workflow import decide, ingest
from tests.cast import AMINA, BEDE
from tests.world import PARKS, World

pytestmark = pytest.mark.sandbox

_TEXTS = (
    "You are a fat useless moron and everyone at that depot is scum.",
    "Quixotic zephyrs vex the bold caretaker of Mill Lane every Tuesday.",
    "My nephew Barnaby waits for a place since the spring of last year.",
)
_EDITED = "You are still a moron, and the ombudsman shall hear of zealous jabberwocks."
_NAMES = ("Persephone Quillfeather", "Barnabas Oddington", "Ignatius Wobblethorpe")
_EXPIRED = {"error": {"message": f"Expired: {_TEXTS[1]}", "code": 190, "error_subcode": 463}}
_SLACK_SAYS = {
    "ok": False,
    "error": "invalid_blocks",
    "response_metadata": {"messages": [_TEXTS[0]]},
}
_SLICE = 12


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    yield
    structlog.reset_defaults()
    root.setLevel(level)
    for handler in list(root.handlers):
        if handler not in handlers:
            root.removeHandler(handler)


def _secrets(world: World) -> set[str]:
    environ = world.environ()
    tokens = {value for name, value in environ.items() if "TOKEN" in name}
    slices = {
        text[start : start + _SLICE]
        for text in (*_TEXTS, _EDITED)
        for start in range(len(text) - _SLICE + 1)
    }
    return {*slices, *_NAMES, *(part for name in _NAMES for part in name.split()), *tokens}


def _live_through_everything(
    world: World, scripted: ScriptedClassifier, threads: InProcess
) -> None:
    native_ids = [world.write(text, name=name) for text, name in zip(_TEXTS, _NAMES, strict=True)]
    scripted.fail_with(ClassifierFailed("The model's file is damaged."))
    world.tick()
    scripted.recover()
    world.slack.faults.add(json_answer(200, _SLACK_SAYS), path="*/chat.postMessage", times=1)
    world.slack.faults.add(answer(500, _TEXTS[0].encode()), path="*/chat.*", times=2)
    world.slack.faults.add(drop_after(), path="*/chat.postMessage", times=1)
    world.live(timedelta(minutes=5))
    world.graph.faults.add(html_page(502), times=1)
    world.graph.faults.add(json_answer(200, {"data": [{"message": _TEXTS[1]}]}), times=1)
    world.live(timedelta(minutes=5))
    world.town.edit(native_ids[0], _EDITED, at=world.clock())
    world.live(timedelta(minutes=5))
    held = world.claim(world.case_of(native_ids[0]))
    with pytest.raises(Refused):
        world.claim(held, by=BEDE)
    decide.reveal(world.services, held.id, by=AMINA)
    world.graph.faults.add(json_answer(400, _EXPIRED), method="POST", times=1)
    world.decide(held)
    world.live(timedelta(minutes=5))
    world.graph.faults.add(json_answer(400, _EXPIRED), times=1)
    world.live(timedelta(minutes=5))
    ingest.resume_channel(world.services, PARKS, actor="person:carys")
    case = world.case_of(native_ids[0])
    assert case.state is CaseState.OPEN
    assert world.hide(case, press="again").hidden
    world.town.hide(native_ids[0], hidden=False)
    world.live(timedelta(minutes=15))
    _break_a_job(world, threads)


def _break_a_job(world: World, threads: InProcess) -> None:
    """A job that raises, in the daemon's own threads: the database's tables are gone."""
    with world.services.database.transaction("a fault") as tx:
        outbox.put(
            tx,
            key="notice:broken",
            kind=outbox.OutboxKind.NOTICE,
            destination="moderation",
            payload={"title": _TEXTS[0]},
            due_at=world.clock(),
            now=world.clock(),
        )
    threads.bind(world.services)
    threads.nudge("pull", channel=_TEXTS[2])
    threads.nudge("pull", page=_TEXTS[2])
    threads.nudge("deliver")
    assert threads.wait_until_idle(20)
    threads.stop()


@pytest.mark.parametrize("form", ["json", "console"])
def test_nothing_that_residents_wrote_is_logged_printed_or_kept_with_an_error(
    tmp_path: Path, database_url: str, form: str, capfd: pytest.CaptureFixture[str]
) -> None:
    logged = io.StringIO()
    telemetry.configure(level="DEBUG", form=form, stream=logged)
    scripted = ScriptedClassifier({"moron": {"insult": 0.97, "toxicity": 0.97}})
    threads = InProcess()

    with World(tmp_path / "home", database_url, classifier=scripted) as world:
        _live_through_everything(world, scripted, threads)
        kept = _kept(world)
        secrets = _secrets(world)

    said = logged.getvalue()
    for event in (
        "comment.ingested", "assess.failed", "case.opened", "case.revealed", "letter.dead",
        "letter.later", "channel.failing", "channel.paused", "enforcement.failed",
        "enforcement.confirmed", "enforcement.drifted", "job.failed",
    ):  # fmt: skip
        assert event in said, f"the story did not reach {event}"
    printed = "".join(capfd.readouterr())
    for where, told in {"log": said, "output": printed, "database": kept}.items():
        found = sorted(secret for secret in secrets if secret in told)
        assert not found, f"in the {where}: {found}"
    assert len(kept) > 500


def _kept(world: World) -> str:
    """What the database keeps beside the comments: errors, causes, details of the audit."""
    kept: list[str] = []
    with world.services.database.reading() as reading:
        for columns in (
            [tables.letters.c.error],
            [tables.pulls.c.cause],
            [tables.audit.c.details],
            [tables.audit.c.subject],
            [tables.audit.c.actor],
            [tables.channels.c.paused_reason],
            [tables.enforcements.c.detail],
            [tables.cases.c.by_hand],
        ):
            kept.extend(str(row) for row in reading.session.execute(select(*columns)).all())
        notices = select(tables.letters.c.payload).where(
            tables.letters.c.kind == outbox.OutboxKind.NOTICE,
            tables.letters.c.key != "notice:broken",
        )
        kept.extend(str(row) for row in reading.session.execute(notices).all())
    return "\n".join(kept)
