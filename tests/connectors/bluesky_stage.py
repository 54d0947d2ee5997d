"""A pretend town whose Bluesky account the atproto library reads over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from connectors.bluesky_account import BlueskyAccount, connect
from connectors.contract import (
    Channel,
    ChannelId,
    Connector,
    ConnectorSettings,
    Cursor,
    NativeId,
    Secret,
)
from monitor.sandbox.bluesky import BlueskySandbox, open_account, rate_limited
from monitor.sandbox.http import Clock
from monitor.sandbox.town import Town
from monitor.sandbox.townsfolk import TownResident, TownToken

ACCOUNT = "did:plc:wexcombe2222222222222222"
TOKEN = "wexc-ombe-bsky-pass"
_APP = {"identifier": "wexcombe.example"}


class BlueskyStage:
    """Keeps ``connectors.stage.Stage``."""

    secrets = (TOKEN,)
    released_cursors = (
        Cursor(
            'bs1:{"at://did:plc:wexcombe2222222222222222/app.bsky.feed.post/3lb2222222223":'
            "[1795169730,3,1795169730,1795169000,-1]}"
        ),
    )

    def __init__(self, sandbox: BlueskySandbox, clock: Clock) -> None:
        self.channel = Channel(
            ChannelId("bluesky-wexcombe"),
            "bluesky_account",
            NativeId(ACCOUNT),
            "Wexcombe on Bluesky",
        )
        self.sandbox = sandbox
        self.town: Town = sandbox.town
        self.clock = clock
        self.token = TOKEN
        self._residents: dict[str, TownResident] = {}
        self._opened: list[BlueskyAccount] = []

    def now(self) -> datetime:
        return self.clock()

    def advance(self, by: timedelta) -> None:
        self.clock.advance(by)

    def connector(self, page_size: int = 3, **settings) -> Connector:
        secrets = settings.pop("secrets", None) or {**_APP, "app_password": self.token}
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
        reset = self.clock() + timedelta(minutes=5)
        self.sandbox.faults.add(rate_limited(reset))

    def expire_token(self) -> None:
        self.town.issue(TownToken(TOKEN, ACCOUNT, expires_at=self.clock()))


@contextmanager
def open_stage(clock: Clock) -> Iterator[BlueskyStage]:
    """A stage with one account and its token; nothing of it is left open afterwards."""
    town = Town()
    open_account(town, ACCOUNT, "Wexcombe Council")
    town.issue(TownToken(TOKEN, ACCOUNT))
    with BlueskySandbox(town, clock=clock) as sandbox:
        stage = BlueskyStage(sandbox, clock)
        yield stage
        stage.close()
        assert sandbox.failures == ()
