"""A daemon that can be killed: ``python tests/journeys/daemon_process.py``.

Everything is imported once; then every line of JSON on standard input is one life of a daemon,
lived in a fork of this process, and answered by one line with the fork's exit status. Each life
writes what it did into its trail, line by line, and ends without a word (137, as after SIGKILL)
right after the line whose number it was told.

    {"environ": {…}, "clock": PATH, "scene": "quiet", "trail": PATH, "die_at": 7, "target": ID}

An order to ``rehearse`` is lived in this process itself, so that whatever the first life of a
process loads is loaded once for all of them.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import event

from classifiers.contract import Classifier, ModelFingerprint, Scores
from config.loading import load_configuration
from connectors.contract import ChannelId, Connector, NativeId
from monitor import telemetry
from monitor.bootstrap import build_services
from monitor.domain.case import CaseState, DecisionOrder, DecisionOutcome
from monitor.services import Services
from monitor.store import engine, views
from monitor.workflow import decide, ingest
from tests.cast import AMINA
from tests.world import PARKS, FileClock, Written, detectors, let_in_the_cast, settle, tick

PRESS = "press-of-amina"
KILLED = 137


class Trail:
    """Writes down every step, and ends the process right after the one it was told."""

    def __init__(self, path: Path, die_at: int | None) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._steps = 0
        self._die_at = die_at

    def note(self, step: str) -> None:
        os.write(self._file, f"{step}\n".encode())
        if self._steps == self._die_at:
            os._exit(KILLED)
        self._steps += 1


class Told:
    """Passes calls on to something outside, and notes each after it was answered."""

    def __init__(self, real: Any, name: str, steps: frozenset[str], trail: Trail) -> None:
        self._real = real
        self._name = name
        self._steps = steps
        self._trail = trail

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        return self._noting(found, name) if name in self._steps else found

    def pull(self, *asked: Any) -> Iterator[Any]:
        for batch in self._real.pull(*asked):
            self._trail.note(f"outside {self._name}.pull")
            yield batch

    def _noting(self, call: Callable[..., Any], name: str) -> Callable[..., Any]:
        def noting(*given: Any, **named: Any) -> Any:
            answer = call(*given, **named)
            self._trail.note(f"outside {self._name}.{name}")
            return answer

        return noting


class NotingClassifier:
    """The shipped detectors; notes each reading."""

    def __init__(self, real: Classifier, trail: Trail) -> None:
        self._real = real
        self._trail = trail

    @property
    def fingerprint(self) -> ModelFingerprint:
        return self._real.fingerprint

    def score(self, texts: Sequence[str]) -> list[Scores]:
        read = self._real.score(texts)
        self._trail.note("outside model.score")
        return read


def live(order: dict[str, Any]) -> None:
    """One life: build the services as ``wardmote run`` does, and play one scene."""
    trail = Trail(Path(order["trail"]), order["die_at"])
    dispatcher = Written()
    services = build_services(
        load_configuration(order["environ"]),
        order["environ"],
        dispatcher=dispatcher,
        now=FileClock(Path(order["clock"])),
        on_commit=lambda name: trail.note(f"after {name}"),
    )
    event.listen(
        services.database._engine,
        "commit",
        lambda _: trail.note(f"before {engine._HELD.name}"),
    )
    services = replace(
        services,
        classifier=lambda: NotingClassifier(detectors(), trail),
        connector=_noted(services.connector, trail),
        targets={
            name: Told(each, name, frozenset({"post", "update", "find"}), trail)
            for name, each in services.targets.items()
        },
    )
    ingest.register_channels(services)
    let_in_the_cast(services)
    SCENES[order["scene"]](services, dispatcher, order)
    services.database.dispose()


def _noted(
    real: Callable[[ChannelId], Connector], trail: Trail
) -> Callable[[ChannelId], Connector]:
    steps = frozenset({"hide", "restore", "fetch"})
    return lambda channel: Told(real(channel), "platform", steps, trail)


def _quiet(services: Services, dispatcher: Written, order: dict[str, Any]) -> None:
    del order
    tick(services, dispatcher)


def _people_press(services: Services, dispatcher: Written, order: dict[str, Any]) -> None:
    """What the page shows is read; Amina claims the case and hides the comment."""
    tick(services, dispatcher)
    with services.database.reading() as reading:
        case_id = views.case_of_comment(reading, PARKS, NativeId(order["target"]))
        page = views.case_page(reading, case_id or 0)
    if page is None:
        return  # an earlier life left it leased: there is nothing to press yet
    case = page.case
    if case.state is CaseState.OPEN:
        case = decide.claim(services, case.id, by=AMINA)
        settle(services, dispatcher)
    hide = DecisionOrder(DecisionOutcome.HIDE, case.clauses[0], "The least that protects staff.")
    decide.decide(services, case.id, hide, by=AMINA, press=PRESS, version=case.version)
    settle(services, dispatcher)


SCENES: dict[str, Callable[[Services, Written, dict[str, Any]], None]] = {
    "quiet": _quiet,
    "people press": _people_press,
}


def main() -> None:
    telemetry.configure(level="ERROR", stream=sys.stderr)
    detectors()
    for line in sys.stdin:
        order = json.loads(line)
        if order.get("rehearse"):
            live(order)
            _answer(0)
            continue
        child = os.fork()
        if child == 0:
            status = 1
            try:
                live(order)
                status = 0
            except BaseException:  # noqa: BLE001 - a fork must never come back into this loop
                traceback.print_exc()
            finally:
                os._exit(status)
        _, ended = os.waitpid(child, 0)
        _answer(os.waitstatus_to_exitcode(ended))


def _answer(status: int) -> None:
    sys.stdout.write(json.dumps({"status": status}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
