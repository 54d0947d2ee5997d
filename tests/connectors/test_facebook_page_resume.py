from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.contract import Channel, ChannelId, ConnectorSettings, NativeId, Secret
from connectors.errors import ConnectorError
from connectors.facebook_page import connect
from connectors.stage import Inbox, abandon
from monitor.sandbox import faults as broken
from monitor.sandbox.graph import GraphSandbox
from monitor.sandbox.graph_errors import graph_fault
from monitor.sandbox.http import Clock
from monitor.sandbox.town import WEXCOMBE_PAGE, WEXCOMBE_TOKEN, Town
from monitor.sandbox.townsfolk import TownToken

pytestmark = pytest.mark.sandbox

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CHANNEL = Channel(ChannelId("p"), "facebook_page", NativeId(WEXCOMBE_PAGE), "Parks and Libraries")
FAULTS = (
    None,
    broken.drop(),
    broken.truncate(),
    broken.html_page(502),
    broken.twist("duplicate_page"),
    graph_fault(2),
    graph_fault(80001),
)

ARRIVALS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 4000)), min_size=1, max_size=12
)  # which post, and how many minutes ago it says it was written
PULLS = st.lists(
    st.tuples(
        ARRIVALS,
        st.integers(0, 6),  # batches stored before the pull is abandoned
        st.integers(0, 180),  # minutes until the next pull
        st.sampled_from(range(len(FAULTS))),
    ),
    min_size=1,
    max_size=5,
)
SIZES = st.lists(st.integers(0, 5), max_size=5).filter(lambda sizes: not sizes or any(sizes))


def pull_for_a_while(graph: GraphSandbox, clock: Clock, inbox: Inbox, stop_after: int) -> None:
    """Pull with a new connector, as after a restart; what goes wrong is for the next pull."""
    connector = connect(
        ConnectorSettings(
            graph.base_url,
            {"token": Secret(WEXCOMBE_TOKEN)},
            clock,
            page_size=4,
            timeout_s=5,
            options={"sweep_hours": 24},
        )
    )
    batches = connector.pull(CHANNEL, inbox.cursor)
    try:
        for _, batch in zip(range(stop_after), batches, strict=False):
            inbox.store(batch)
    except ConnectorError:
        pass
    finally:
        abandon(batches)
        connector.close()


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(pulls=PULLS, sizes=SIZES)
def test_whatever_arrives_and_wherever_a_pull_ends_everything_is_stored_in_the_end(
    socket_enabled: None,
    pulls: list[tuple[list[tuple[int, int]], int, int, int]],
    sizes: list[int],
) -> None:
    town, clock = Town(), Clock(NOON)
    town.open_page(WEXCOMBE_PAGE, "Parks and Libraries")
    town.issue(TownToken(WEXCOMBE_TOKEN, WEXCOMBE_PAGE))
    posts = [
        town.publish(WEXCOMBE_PAGE, "a", at=NOON - timedelta(days=3 + number))
        for number in range(3)
    ]
    inbox = Inbox()
    with GraphSandbox(town, clock=clock) as graph:
        graph.edges.cutter.page_sizes = tuple(sizes)
        for arrivals, stop_after, minutes, fault in pulls:
            for post, ago in arrivals:
                town.write(posts[post].id, "a", at=clock() - timedelta(minutes=ago))
            befalls = FAULTS[fault]
            if befalls is not None:
                graph.faults.add(befalls, path="*/comments", every=2, times=2)
            pull_for_a_while(graph, clock, inbox, stop_after)
            graph.faults.clear()
            clock.advance(timedelta(minutes=minutes))
        # Two quiet days, in which the daemon is left in peace.
        for _ in range(2):
            pull_for_a_while(graph, clock, inbox, 10_000)
            clock.advance(timedelta(days=1))
        pull_for_a_while(graph, clock, inbox, 10_000)

    written = {comment.id for post in posts for comment in town.comments(post.id)}
    assert written == set(inbox.comments)
