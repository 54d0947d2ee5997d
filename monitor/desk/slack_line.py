"""The line to Slack: one Socket Mode client, looked after, and built anew when it stays down.

The SDK reconnects by itself. Where that hangs - a stale session, a ticket that was never used -
a watchdog closes the client and opens another.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from connectors.contract import Secret
from monitor.alerting.slack import SDK_LOG, SLACK_URL, open_web_client
from monitor.telemetry import Log

__all__ = ["Heard", "SlackLine"]

Heard = Callable[[BaseSocketModeClient, SocketModeRequest], None]
"""Called for every envelope, on a thread of the client's."""

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class SlackLine:
    """Keeps one client connected while it is started.

    Args:
        app_token: Opens the connection.
        bot_token: The client's own Web API client has it.
        heard: What is done with an envelope.
        log: Says once when the line comes up and once when it goes down.
        base_url: Slack's own address or that of a server standing in for it.
        unconnected_s: How long it may be down before it is built anew.
        look_every_s: How often it is looked at.
        ping_every_s: How often Slack is asked for a sign of life.
    """

    def __init__(
        self,
        app_token: Secret,
        bot_token: Secret,
        *,
        heard: Heard,
        log: Log,
        base_url: str = SLACK_URL,
        unconnected_s: float = 60.0,
        look_every_s: float = 5.0,
        ping_every_s: float = 5.0,
    ) -> None:
        self._app_token = app_token
        self._bot_token = bot_token
        self._heard = heard
        self._log = log
        self._base_url = base_url
        self._unconnected_s = unconnected_s
        self._look_every_s = look_every_s
        self._ping_every_s = ping_every_s
        self._client: SocketModeClient | None = None
        self._stopping = threading.Event()
        self._watchdog: threading.Thread | None = None
        self._was_up: bool | None = None
        self.built = 0

    @property
    def is_connected(self) -> bool:
        """Whether Slack can reach us now."""
        client = self._client
        return client is not None and client.is_connected()

    def start(self) -> None:
        """Begin to connect and return at once."""
        self._stopping.clear()
        self._watchdog = threading.Thread(target=self._watch, name="slack-line")
        self._watchdog.start()

    def stop(self) -> None:
        """Hang up and end every thread. Twice is fine."""
        self._stopping.set()
        if self._watchdog is not None:
            self._watchdog.join()
            self._watchdog = None

    def _watch(self) -> None:
        wait = self._look_every_s
        down_since = time.monotonic()
        if not self._build():
            wait = self._longer(wait)
        while not self._stopping.wait(wait):
            now = time.monotonic()
            if self.is_connected:
                down_since, wait = now, self._look_every_s
                self._say(is_up=True)
                continue
            self._say(is_up=False)
            if self._client is None or now - down_since > self._unconnected_s:
                down_since = now
                # Slack lets a connection be asked for about once a minute: wait ever longer.
                wait = self._look_every_s if self._build() else self._longer(wait)
        self._hang_up()

    def _longer(self, wait: float) -> float:
        return min(wait * 2, max(self._unconnected_s, self._look_every_s))

    def _build(self) -> bool:
        self._hang_up()
        client = self._open()
        self.built += 1
        try:
            client.connect()
        except Exception as error:  # noqa: BLE001 - the SDK raises bare exceptions here, too
            self._say(is_up=False, error=type(error).__name__)
            _close(client)
            return False
        self._client = client
        if client.is_connected():
            self._say(is_up=True)
        return True

    def _open(self) -> SocketModeClient:
        web = open_web_client(self._bot_token, base_url=self._base_url, timeout_s=10)
        client = SocketModeClient(
            app_token=self._app_token.value,
            logger=SDK_LOG,
            web_client=web,
            ping_interval=self._ping_every_s,
        )
        client.proxy = _proxy_for(self._base_url)
        client.socket_mode_request_listeners.append(self._heard)
        return client

    def _hang_up(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            _close(client)

    def _say(self, *, is_up: bool, error: str = "") -> None:
        if is_up is self._was_up:
            return
        self._was_up = is_up
        if is_up:
            self._log.info("desk.connected")
        else:
            self._log.warning("desk.disconnected", **({"error": error} if error else {}))


def _close(client: SocketModeClient) -> None:
    # The SDK's threads sleep for seconds at a time. Told first that it is over, the one that reads
    # the socket is woken by the answer to a ping, and the one that waits for messages by None.
    client.closed = True
    client.auto_reconnect_enabled = False
    client.current_session_state.terminated = True
    client.message_queue.put(None)
    with suppress(Exception):
        if client.current_session is not None:
            client.current_session.ping("bye")
    client.close()


def _proxy_for(base_url: str) -> str | None:
    # The SDK's own reading of the environment ignores NO_PROXY and does not spare loopback.
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if host in _LOOPBACK or proxy_bypass(host):
        return None
    return getproxies().get("https")
