"""``wardmote demo --replay FILE``: many real comments through the whole path, with progress."""

from __future__ import annotations

import csv
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from importlib import resources
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from config.loading import load_configuration
from monitor.bootstrap import build_services
from monitor.cli.endings import Ended, Status
from monitor.cli.opening import NoDispatcher
from monitor.cli.replay_texts import read_texts
from monitor.sandbox.graph import GraphSandbox
from monitor.sandbox.town import Town
from monitor.sandbox.townsfolk import TownToken
from monitor.services import Pace, Services
from monitor.store import views
from monitor.store.views import Counts
from monitor.workflow import assess, ingest

__all__ = ["replay"]

_POSTS = 400
_PAGES = ("200000000000001", "200000000000002")
_BATCH = 256
_LEASE = timedelta(seconds=15)
"""Short, so that a replay that was cut off can be taken up again soon."""
_TURN = timedelta(seconds=0.5)
_LEASE = timedelta(seconds=20)


def replay(source: Path, home: Path, *, limit: int, through: str) -> bool:
    """Send comments through the sandbox and the real SDK, or through ``csv_import``.

    Run it again with the same ``home`` and it goes on where it stopped: what is stored stays
    stored, and nothing is assessed twice. One that was cut off is taken over within seconds.

    Args:
        source: Parquet (with pyarrow installed) or CSV with ``id`` and ``text``; where a column
            ``source`` is there, the rows whose source begins with ``civil_comments``.
        home: Receives the configuration and the database.
        limit: How many comments at most.
        through: ``facebook``: two pretend pages with four hundred posts; or ``csv``.

    Returns:
        Whether every row was stored and assessed exactly once.
    """
    texts = list(islice(read_texts(source), limit))
    if not texts:
        raise Ended(f"{source} holds no comment to replay.", Status.AMISS)
    home.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with _served(texts, home, through=through) as services:
        counts = _run(services, len(texts))
        seconds = time.monotonic() - began
        _tables(services, counts, rows=len(texts), seconds=seconds)
    return counts.comments == len(texts) and counts.unassessed == 0


@contextmanager
def _served(texts: list[str], home: Path, *, through: str) -> Iterator[Services]:
    with ExitStack() as stack:
        if through == "csv":
            services = _csv_services(texts, home)
        else:
            graph = stack.enter_context(GraphSandbox(_town(texts)))
            services = _graph_services(graph, home)
        stack.callback(services.close)
        services.database.upgrade()
        ingest.register_channels(services)
        yield services


def _run(services: Services, expected: int) -> Counts:
    """Pull and assess until all is done, or until nothing has moved for longer than a lease."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console()) as progress:
        pulled = progress.add_task("stored  ", total=expected)
        read = progress.add_task("assessed", total=expected)
        counts = _counts(services)
        waited = timedelta()
        while counts.comments < expected or counts.unassessed:
            moved = _step(services, counts, expected)
            counts = _counts(services)
            progress.update(pulled, completed=counts.comments)
            progress.update(read, completed=counts.comments - counts.unassessed)
            if moved:
                waited = timedelta()
            elif waited > _LEASE + _TURN:
                break
            else:
                # A run that was cut off may still hold its leases; they lapse soon.
                threading.Event().wait(_TURN.total_seconds())
                waited += _TURN
        progress.update(pulled, completed=counts.comments)
        progress.update(read, completed=counts.comments - counts.unassessed)
    return counts


def _step(services: Services, counts: Counts, expected: int) -> int:
    if counts.comments < expected:
        for channel_id in services.channels:
            ingest.resume_channel(services, channel_id, actor="replay")
            ingest.pull(services, channel_id)
        if _counts(services).comments > counts.comments:
            return 1
    return assess.assess_due(services)


def _counts(services: Services) -> Counts:
    with services.database.reading() as reading:
        return views.counts(reading)


def _town(texts: list[str]) -> Town:
    town = Town()
    # Whole days, so that a run that goes on finds every post where it left it.
    now = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    posts = []
    for page in _PAGES:
        town.open_page(page, f"Replay page {page[-1]}")
        town.issue(TownToken(f"replay-{page}", page))
    for number in range(_POSTS):
        page = _PAGES[number % len(_PAGES)]
        published = now - timedelta(days=30) + timedelta(minutes=90 * number)
        posts.append(town.publish(page, f"Council post {number}", at=published))
    for number, text in enumerate(texts):
        post = posts[number % _POSTS]
        town.write(post.id, text, at=post.created_at + timedelta(seconds=7 * (number // _POSTS)))
    return town


def _graph_services(graph: GraphSandbox, home: Path) -> Services:
    channels = "\n".join(
        f'[channel.replay-{page[-1]}]\nconnector = "facebook_page"\nnative_id = "{page}"\n'
        f'name = "Replay {page[-1]}"\nservice = "Replay"\n'
        f'[channel.replay-{page[-1]}.secrets]\ntoken = "WARDMOTE_REPLAY_TOKEN_{page[-1]}"\n'
        for page in _PAGES
    )
    tokens = {f"WARDMOTE_REPLAY_TOKEN_{page[-1]}": f"replay-{page}" for page in _PAGES}
    return _services(home, channels, {"WARDMOTE_FACEBOOK_BASE_URL": graph.base_url, **tokens})


def _csv_services(texts: list[str], home: Path) -> Services:
    export = home / "replay.csv"
    with export.open("w", encoding="utf-8", errors="replace", newline="") as sink:
        writer = csv.writer(sink)
        writer.writerow(["id", "text", "post_id"])
        writer.writerows(
            (number, text, f"post-{number % _POSTS}") for number, text in enumerate(texts)
        )
    channels = (
        f'[channel.replay]\nconnector = "csv_import"\nnative_id = "{export}"\n'
        f'name = "Replay"\nservice = "Replay"\n'
    )
    return _services(home, channels, {})


def _services(home: Path, channels: str, environ: Mapping[str, str]) -> Services:
    (home / "channels.toml").write_text(channels, encoding="utf-8")
    routes = resources.files("config").joinpath("routes.example.toml").read_text(encoding="utf-8")
    (home / "routes.toml").write_text(routes, encoding="utf-8")
    whole = {
        "WARDMOTE_HOME": str(home),
        "WARDMOTE_SLACK_BOT_TOKEN": "none-is-asked",
        "WARDMOTE_SMTP_HOST": "127.0.0.1",
        "WARDMOTE_SMTP_FROM": "wardmote@wexcombe.example",
        **environ,
    }
    return build_services(
        load_configuration(whole),
        whole,
        dispatcher=NoDispatcher(),
        pace=Pace(batch=_BATCH, lease=_LEASE),
    )


def _tables(services: Services, counts: Counts, *, rows: int, seconds: float) -> None:
    console = Console()
    console.print(
        f"{rows} rows in {seconds:.0f} s: {counts.comments} stored, "
        f"{counts.comments - counts.unassessed} assessed, {counts.open_cases} cases opened."
    )
    lanes = Table("lane", "comments", title="Lanes")
    for lane, count in counts.lanes.items():
        lanes.add_row(lane, str(count))
    console.print(lanes)
    clauses = Table("clause", "title", "cases", title="Clauses")
    for clause in services.standards.clauses:
        clauses.add_row(clause.ref, clause.title, str(counts.clauses.get(clause.id, 0)))
    console.print(clauses)
    queue = Table("case", "severity", "clause", "score", title="The queue, worst first")
    with services.database.reading() as reading:
        page = views.queue(reading, limit=10)
    for row in page.rows:
        queue.add_row(
            row.case.reference,
            row.case.severity,
            row.case.clauses[0] if row.case.clauses else row.case.lane,
            f"{row.score:.2f}",
        )
    console.print(queue)
