"""The only list of what runs. A job takes the services and the ids that a nudge carries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from connectors.contract import ChannelId
from monitor.services import Services
from monitor.workflow import assess, coverage, decide, deliver, enforce, ingest, recheck, report

__all__ = ["JOBS", "Job"]


@dataclass(frozen=True, slots=True)
class Job:
    """One kind of work.

    Attributes:
        step: What is run.
        every: How often a tick nudges it besides; None for jobs that only other jobs nudge.
        pool: ``model`` for what loads the classifier, ``pulls`` for reading channels, ``steps``
            for the rest, so that neither a slow model nor a slow platform delays an alert.
    """

    step: Callable[..., object]
    every: timedelta | None
    pool: str = "steps"


def _pull(services: Services, *, channel: str) -> int:
    """Read one channel; see ``monitor.workflow.ingest.pull``."""
    return ingest.pull(services, ChannelId(channel))


JOBS: Mapping[str, Job] = {
    "pull_due": Job(ingest.pull_due, timedelta(seconds=5)),
    "pull": Job(_pull, None, pool="pulls"),
    "assess": Job(assess.assess_due, timedelta(seconds=15), pool="model"),
    "deliver": Job(deliver.deliver_due, timedelta(seconds=5)),
    "enforce": Job(enforce.enforce_due, timedelta(seconds=5)),
    "recheck": Job(recheck.recheck_due, timedelta(minutes=1)),
    "silence": Job(coverage.notice_silence, timedelta(seconds=30)),
    "counts": Job(coverage.compare_counts, timedelta(minutes=10)),
    "examine": Job(coverage.examine_due, timedelta(minutes=10), pool="pulls"),
    "lapse": Job(decide.lapse_due, timedelta(seconds=30)),
    "report": Job(report.report_due, timedelta(minutes=10)),
}
