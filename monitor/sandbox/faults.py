"""What can be made to go wrong at a pretend platform, and when.

A *fault* says what happens to one answer; a *rule* says which requests it befalls. Rules are
scripted (``times``, ``after``, ``every``) or random from a seed (``rate``), so that a run can be
repeated exactly. The HTTP server asks :meth:`Faults.next_for` once for each request.

    faults = Faults(seed=7)
    faults.add(answer(503, b"{}"), path="*/comments", times=2)
    faults.add(drop(), method="POST", every=5)
    faults.add(delay(0.2), rate=0.05)
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

__all__ = [
    "Fault",
    "Faults",
    "answer",
    "delay",
    "did_nothing",
    "drop",
    "drop_after",
    "extra_headers",
    "html_page",
    "json_answer",
    "truncate",
    "twist",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one answer.

    Attributes:
        name: For the log of what fired.
        delay_s: Seconds that pass before anything else happens.
        status: The status answered in place of the platform's own; None leaves its answer alone.
        body: Sent with ``status``.
        headers: Sent with ``status``, or added to the platform's own answer when status is None.
        drops: The connection is closed and the platform never saw the request.
        drops_after: The platform does what was asked, and then the connection is closed.
        truncates: Half of the body is sent, and then the connection is closed.
        twist: A word that the platform's own handler understands (see its module).
    """

    name: str
    delay_s: float = 0.0
    status: int | None = None
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    drops: bool = False
    drops_after: bool = False
    truncates: bool = False
    twist: str = ""


def answer(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Fault:
    """Answer this instead of asking the platform. No content type is added."""
    return Fault(f"answer {status}", status=status, body=body, headers=dict(headers or {}))


def json_answer(status: int, value: object, headers: Mapping[str, str] | None = None) -> Fault:
    """Answer this JSON value instead of asking the platform."""
    sent = {"Content-Type": "application/json; charset=UTF-8", **(headers or {})}
    return answer(status, json.dumps(value).encode(), sent)


def html_page(status: int = 502) -> Fault:
    """Answer the HTML page of a gateway, with 200 or with an error status."""
    page = b"<!DOCTYPE html><html><title>Sorry</title><body>Something went wrong</body></html>"
    return answer(status, page, {"Content-Type": "text/html; charset=utf-8"})


def did_nothing(value: object) -> Fault:
    """Answer 200 and this JSON value although nothing was done."""
    return json_answer(200, value)


def delay(seconds: float) -> Fault:
    """Let time pass, then answer as usual. Stopping the server ends the wait."""
    return Fault("delay", delay_s=seconds)


def drop() -> Fault:
    """Close the connection without an answer; the platform never saw the request."""
    return Fault("drop", drops=True)


def drop_after() -> Fault:
    """Do what was asked and close the connection without saying so."""
    return Fault("drop after", drops_after=True)


def truncate() -> Fault:
    """Send half of the platform's answer and close the connection."""
    return Fault("truncate", truncates=True)


def extra_headers(headers: Mapping[str, str]) -> Fault:
    """Answer as usual with these headers added, such as a rate limit's usage."""
    return Fault("extra headers", headers=dict(headers))


def twist(word: str) -> Fault:
    """Hand a word to the platform's own handler, such as ``duplicate_page``."""
    return Fault(f"twist {word}", twist=word)


class Faults:
    """The faults of one server: thread-safe, and the same for the same seed and requests.

    Args:
        seed: Where the random rules start.
    """

    def __init__(self, *, seed: int = 0) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - repeatable chance, no secret
        self._lock = threading.Lock()
        self._rules: list[_Rule] = []
        self._fired: list[str] = []

    def add(
        self,
        fault: Fault,
        *,
        method: str = "*",
        path: str = "*",
        containing: str = "",
        after: int = 0,
        times: int | None = None,
        every: int = 1,
        rate: float = 1.0,
    ) -> None:
        """Add a rule; the first rule that fires decides, in the order they were added.

        Args:
            fault: What happens.
            method: ``GET``, ``POST``, … or ``*``.
            path: A shell pattern for the path without its query; ``*`` crosses slashes.
            containing: Text that must stand in the query or in the body.
            after: How many matching requests pass unharmed first.
            times: How often it fires in all; None for ever.
            every: It fires on every n-th matching request.
            rate: The chance, from 0 to 1, that it fires where it otherwise would.
        """
        with self._lock:
            self._rules.append(_Rule(fault, method, path, containing, after, times, every, rate))

    def clear(self) -> None:
        """Forget every rule, so that the platform is well again."""
        with self._lock:
            self._rules.clear()

    @property
    def fired(self) -> tuple[str, ...]:
        """The names of the faults that fired, in order."""
        with self._lock:
            return tuple(self._fired)

    def next_for(self, method: str, path: str, *, content: str = "") -> Fault | None:
        """Decide what befalls this request; None is nothing. ``content``: query and body."""
        with self._lock:
            for rule in self._rules:
                if rule.fires(method, path, content=content, chance=self._chance):
                    self._fired.append(rule.fault.name)
                    return rule.fault
            return None


@dataclass(slots=True)
class _Rule:
    fault: Fault
    method: str
    path: str
    containing: str
    after: int
    times: int | None
    every: int
    rate: float
    matched: int = 0
    fired: int = 0

    def fires(self, method: str, path: str, *, content: str, chance: random.Random) -> bool:
        if not self._matches(method, path, content):
            return False
        self.matched += 1
        turn = self.matched - self.after
        if turn < 1 or (turn - 1) % self.every:
            return False
        if self.rate < 1.0 and chance.random() >= self.rate:
            return False
        self.fired += 1
        return True

    def _matches(self, method: str, path: str, content: str) -> bool:
        if self.times is not None and self.fired >= self.times:
            return False
        if self.method not in ("*", method) or not fnmatchcase(path, self.path):
            return False
        return self.containing in content
