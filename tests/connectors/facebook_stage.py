"""A pretend town that the real facebook-sdk reads over HTTP, as the contract's tests need it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from connectors.contract import (
    Channel,
    ChannelId,
    Connector,
    ConnectorSettings,
    Cursor,
    NativeId,
    Secret,
)
from connectors.facebook_page import FacebookPage, connect
from monitor.sandbox.graph import GraphSandbox
from monitor.sandbox.graph_errors import rate_limited
from monitor.sandbox.http import Clock
from monitor.sandbox.town import WEXCOMBE_PAGE, WEXCOMBE_TOKEN, Town
from monitor.sandbox.townsfolk import TownResident, TownToken

_SECRETS = {"token": WEXCOMBE_TOKEN, "app_id": "1234", "app_secret": "app-secret"}


class FacebookStage:
    """Keeps ``connectors.stage.Stage``."""

    secrets = (WEXCOMBE_TOKEN, "app-secret")
    released_cursors = (
        Cursor('fb1:{"100000000000009_1":[1795169730,3,1795169730,1795169000,-1]}'),
    )

    def __init__(self, sandbox: GraphSandbox, clock: Clock) -> None:
        self.channel = Channel(
            ChannelId("facebook-parks"),
            "facebook_page",
            NativeId(WEXCOMBE_PAGE),
            "Parks and Libraries",
        )
        self.sandbox = sandbox
        self.town: Town = sandbox.town
        self.clock = clock
        self._residents: dict[str, TownResident] = {}
        self._opened: list[FacebookPage] = []

    def now(self) -> datetime:
        return self.clock()

    def advance(self, by: timedelta) -> None:
        self.clock.advance(by)

    def connector(self, page_size: int = 3) -> Connector:
        settings = ConnectorSettings(
            base_url=self.sandbox.base_url,
            secrets={role: Secret(value) for role, value in _SECRETS.items()},
            clock=self.clock,
            timeout_s=5.0,
            page_size=page_size,
        )
        self._opened.append(connect(settings))
        return self._opened[-1]

    def close(self) -> None:
        for each in self._opened:
            each.close()

    def publish(self, text: str, *, at: datetime) -> NativeId:
        return NativeId(self.town.publish(WEXCOMBE_PAGE, text, at=at).id)

    def write(self, post_id, text, *, at, author="Jo", parent_id=None) -> NativeId:
        if author and author not in self._residents:
            self._residents[author] = self.town.move_in(author)
        resident = self._residents[author] if author else None
        written = self.town.write(post_id, text, at=at, author=resident, parent_id=parent_id)
        return NativeId(written.id)

    def write_attachment(self, post_id, *, at) -> NativeId:
        return NativeId(self.town.write(post_id, "", at=at, attachment="sticker").id)

    def edit(self, comment_id: NativeId, text: str) -> None:
        self.town.edit(comment_id, text, at=self.clock())

    def delete(self, comment_id: NativeId) -> None:
        self.town.delete(comment_id)

    def limit_calls(self) -> None:
        self.sandbox.faults.add(rate_limited())

    def expire_token(self) -> None:
        self.town.issue(TownToken(WEXCOMBE_TOKEN, WEXCOMBE_PAGE, expires_at=self.clock()))


@contextmanager
def open_stage(clock: Clock) -> Iterator[FacebookStage]:
    """A stage with one page and its token; nothing of it is left open afterwards."""
    town = Town()
    town.open_page(WEXCOMBE_PAGE, "Parks and Libraries")
    town.issue(TownToken(WEXCOMBE_TOKEN, WEXCOMBE_PAGE))
    with GraphSandbox(town, clock=clock, app_id="1234", app_secret="app-secret") as sandbox:
        stage = FacebookStage(sandbox, clock)
        yield stage
        stage.close()
        assert sandbox.failures == ()
