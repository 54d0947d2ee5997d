"""A pretend town whose Instagram account the real facebook-sdk reads over HTTP."""

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
from connectors.instagram_account import InstagramAccount, connect
from monitor.sandbox.graph_errors import rate_limited
from monitor.sandbox.http import Clock
from monitor.sandbox.instagram import InstagramSandbox, open_account
from monitor.sandbox.town import Town
from monitor.sandbox.townsfolk import TownResident, TownToken

ACCOUNT = "17841400000000009"
TOKEN = "wexcombe-instagram-token"
SCOPES = frozenset({"instagram_basic", "instagram_manage_comments", "pages_read_engagement"})
_APP = {"app_id": "1234", "app_secret": "app-secret"}


class InstagramStage:
    """Keeps ``connectors.stage.Stage``."""

    secrets = (TOKEN, "app-secret")
    released_cursors = (Cursor('ig1:{"18000000000000001":[1795169730,3,0,1795169000,-1]}'),)

    def __init__(self, sandbox: InstagramSandbox, clock: Clock) -> None:
        self.channel = Channel(
            ChannelId("instagram-wexcombe"),
            "instagram_account",
            NativeId(ACCOUNT),
            "Wexcombe on Instagram",
        )
        self.sandbox = sandbox
        self.town: Town = sandbox.town
        self.clock = clock
        self.token = TOKEN
        self._residents: dict[str, TownResident] = {}
        self._opened: list[InstagramAccount] = []

    def now(self) -> datetime:
        return self.clock()

    def advance(self, by: timedelta) -> None:
        self.clock.advance(by)

    def connector(self, page_size: int = 3, **settings) -> Connector:
        secrets = settings.pop("secrets", None) or {**_APP, "token": self.token}
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
        return NativeId(self.town.write(post_id, "", at=at, attachment="gif").id)

    def edit(self, comment_id: NativeId, text: str) -> None:
        self.town.edit(comment_id, text, at=self.clock())

    def delete(self, comment_id: NativeId) -> None:
        self.town.delete(comment_id)

    def limit_calls(self) -> None:
        self.sandbox.faults.add(rate_limited(80002))

    def expire_token(self) -> None:
        self.town.issue(TownToken(TOKEN, ACCOUNT, SCOPES, expires_at=self.clock()))


@contextmanager
def open_stage(clock: Clock) -> Iterator[InstagramStage]:
    """A stage with one account and its token; nothing of it is left open afterwards."""
    town = Town()
    open_account(town, ACCOUNT, "Wexcombe Council")
    town.issue(TownToken(TOKEN, ACCOUNT, SCOPES))
    with InstagramSandbox(town, clock=clock, app_id="1234", app_secret="app-secret") as sandbox:
        stage = InstagramStage(sandbox, clock)
        yield stage
        stage.close()
        assert sandbox.failures == ()
