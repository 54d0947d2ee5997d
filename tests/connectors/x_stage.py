"""A pretend town whose X account tweepy reads over HTTP, with signed calls."""

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
from connectors.x_account import XAccount, connect
from monitor.sandbox.http import Clock
from monitor.sandbox.town import Town
from monitor.sandbox.townsfolk import TownResident, TownToken
from monitor.sandbox.x import XSandbox, open_account, rate_limited

ACCOUNT = "1200000000000000009"
TOKEN = f"{ACCOUNT}-wexcombe-x-token"
_APP = {"consumer_key": "x-key", "consumer_secret": "x-secret"}


class XStage:
    """Keeps ``connectors.stage.Stage``."""

    secrets = (TOKEN, "x-secret")
    released_cursors = (
        Cursor('xx1:{"1990000000000000001":[1795169730,3,1795169730,1795169000,-1]}'),
    )

    def __init__(self, sandbox: XSandbox, clock: Clock) -> None:
        self.channel = Channel(
            ChannelId("x-wexcombe"),
            "x_account",
            NativeId(ACCOUNT),
            "Wexcombe on X",
        )
        self.sandbox = sandbox
        self.town: Town = sandbox.town
        self.clock = clock
        self.token = TOKEN
        self._residents: dict[str, TownResident] = {}
        self._opened: list[XAccount] = []

    def now(self) -> datetime:
        return self.clock()

    def advance(self, by: timedelta) -> None:
        self.clock.advance(by)

    def connector(self, page_size: int = 3, **settings) -> Connector:
        secrets = settings.pop("secrets", None) or {
            **_APP,
            "access_token": self.token,
            "access_token_secret": self.token,
        }
        built_from = ConnectorSettings(
            base_url=self.sandbox.base_url,
            secrets={role: Secret(value) for role, value in secrets.items()},
            clock=self.clock,
            timeout_s=5.0,
            page_size=page_size,
            **settings,
        )
        self._opened.append(connect(built_from))
        return self._opened[-1]

    def close(self) -> None:
        for each in self._opened:
            each.close()

    def publish(self, text: str, *, at: datetime) -> NativeId:
        return NativeId(self.town.publish(ACCOUNT, text, at=at).id)

    def write(self, post_id, text, *, at, author="Jo", parent_id=None) -> NativeId:
        if author and author not in self._residents:
            self._residents[author] = self.town.move_in(author, page_id=ACCOUNT)
        resident = self._residents[author] if author else None
        written = self.town.write(post_id, text, at=at, author=resident, parent_id=parent_id)
        return NativeId(written.id)

    def write_attachment(self, post_id, *, at) -> NativeId:
        return NativeId(self.town.write(post_id, "", at=at, attachment="image").id)

    def edit(self, comment_id: NativeId, text: str) -> None:
        self.town.edit(comment_id, text, at=self.clock())

    def delete(self, comment_id: NativeId) -> None:
        self.town.delete(comment_id)

    def limit_calls(self) -> None:
        self.sandbox.faults.add(rate_limited())

    def expire_token(self) -> None:
        self.town.issue(TownToken(TOKEN, ACCOUNT, expires_at=self.clock()))


@contextmanager
def open_stage(clock: Clock) -> Iterator[XStage]:
    """A stage with one account and its token; nothing of it is left open afterwards."""
    town = Town()
    open_account(town, ACCOUNT, "Wexcombe Council")
    town.issue(TownToken(TOKEN, ACCOUNT))
    with XSandbox(town, clock=clock) as sandbox:
        stage = XStage(sandbox, clock)
        yield stage
        stage.close()
        assert sandbox.failures == ()
