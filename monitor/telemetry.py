"""Structured logs and metrics, and the one place that may format a log line.

No comment text, author name or token can reach a log: a line is an event from the closed list
below with fields from the closed list below, and whatever a library logs for itself is reduced
to its logger's name and level.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Final, Protocol, TextIO

import structlog
from prometheus_client import CollectorRegistry, Counter
from typing_extensions import override

__all__ = ["EVENTS", "FIELDS", "Log", "Metrics", "configure", "get_log"]

EVENTS: Final[Mapping[str, str]] = {
    "assess.failed": "The classifier could not read; the comments stay unassessed.",
    "assess.poisoned": "One comment could not be read and was set aside for a while.",
    "case.claimed": "A person claimed a case.",
    "case.decided": "A person decided a case.",
    "case.lapsed": "A claim ran out and the case went back to the queue.",
    "case.opened": "An assessment needs a person.",
    "case.released": "A person put a case back into the queue.",
    "case.reopened": "A closed or decided case went back to the queue.",
    "case.revealed": "A person read a comment's full text.",
    "channel.back": "A channel can be read again.",
    "channel.failing": "A channel could not be read; said once when it begins.",
    "channel.left_out": "Some of what a channel shows could not be read and was left out.",
    "channel.overtaken": "Another process read the channel meanwhile; this pull was dropped.",
    "channel.paused": "A channel is paused until an operator mends it.",
    "channel.unseen": "A channel was not seen for several intervals; a gap was opened.",
    "comment.ingested": "A batch of comments was stored.",
    "daemon.started": "The daemon runs.",
    "daemon.stopped": "The daemon stopped.",
    "desk.connected": "The chat desk is connected.",
    "desk.disconnected": "The chat desk lost its connection.",
    "desk.press": "Somebody pressed a button.",
    "desk.refused": "A press was refused.",
    "desk.stranger": "Somebody who is not linked to a person pressed a button.",
    "enforcement.confirmed": "The platform said that it is done.",
    "enforcement.drifted": "A later look found that the platform says otherwise.",
    "enforcement.failed": "The platform did not do it.",
    "enforcement.later": "The platform asked to wait.",
    "job.failed": "A job ended with an error; the next sweep takes its rows up again.",
    "letter.dead": "A notification cannot be delivered as things stand.",
    "letter.delivered": "A notification was delivered.",
    "letter.later": "A notification waits for its target.",
    "library.log": "A library logged something; its words are withheld.",
    "report.made": "A weekly report was made.",
    "web.failed": "A page could not be shown.",
    "web.sign_in": "Somebody signed in.",
    "web.sign_in_refused": "A sign-in was refused.",
}
"""Every event that can stand in a log, and what it means. The reference page prints this."""

FIELDS: Final = frozenset(
    {
        "act", "attempts", "breaches", "by", "case", "cause", "channel", "clause", "code", "count",
        "dead", "destination", "edited", "error", "event", "gone", "job", "kind", "lane", "level",
        "library", "new", "open", "outcome", "path", "press", "route", "run", "seconds", "seen",
        "severity", "state", "status", "timestamp", "until", "version", "week",
    }
)  # fmt: skip
"""Every field that a line may carry."""


class Log(Protocol):
    """What the daemon logs through: an event's name and fields from the closed lists."""

    def debug(self, event: str, **fields: Any) -> Any:
        """A detail for somebody who is looking for a fault."""
        ...

    def info(self, event: str, **fields: Any) -> Any:
        """Something happened as it should."""
        ...

    def warning(self, event: str, **fields: Any) -> Any:
        """Something needs an operator's eye."""
        ...

    def error(self, event: str, **fields: Any) -> Any:
        """Something failed."""
        ...


class Metrics:
    """The counters that ``/metrics`` shows beside what it reads from the database."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.comments = Counter(
            "wardmote_comments_ingested_total",
            "Comment versions stored.",
            ["channel"],
            registry=self.registry,
        )
        self.assessments = Counter(
            "wardmote_assessments_total", "Comments assessed.", ["lane"], registry=self.registry
        )
        self.letters = Counter(
            "wardmote_letters_total",
            "Outbox letters by how an attempt ended.",
            ["kind", "end"],
            registry=self.registry,
        )
        self.pulls = Counter(
            "wardmote_pulls_total",
            "Pulls by how they ended.",
            ["channel", "end"],
            registry=self.registry,
        )
        self.jobs_failed = Counter(
            "wardmote_jobs_failed_total",
            "Jobs that ended with an error.",
            ["job"],
            registry=self.registry,
        )


def configure(*, level: str = "INFO", form: str = "console", stream: TextIO | None = None) -> None:
    """Send the daemon's log, and the libraries' reduced to names, to ``stream`` (standard error).

    Args:
        level: ``DEBUG``, ``INFO``, ``WARNING`` or ``ERROR``.
        form: ``json`` for machines, ``console`` for people.
        stream: Where lines go; None is standard error.
    """
    out = stream if stream is not None else sys.stderr
    number = logging.getLevelNamesMapping()[level.upper()]
    last: Any = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=False, sort_keys=False)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            _only_known,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, _Withheld):
            root.removeHandler(handler)
    root.addHandler(_Withheld(level=max(number, logging.WARNING)))
    root.setLevel(max(number, logging.WARNING))


def get_log() -> Log:
    """The daemon's log."""
    log: Log = structlog.get_logger()
    return log


class _Withheld(logging.Handler):
    """Passes on that a library logged something, and never what: SDKs log bodies and tokens."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        get_log().warning(
            "library.log",
            library=record.name,
            error=record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else "",
        )


def _only_known(
    _logger: Any, _method: str, line: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    unknown = [name for name in line if name not in FIELDS]
    if line.get("event") not in EVENTS or unknown:
        # A line that was not designed may carry anything, so it says only where it came from.
        return {"event": "library.log", "level": line.get("level", "warning"), "library": "ours"}
    return line
