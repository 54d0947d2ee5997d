"""Socket Mode as Slack runs it: tickets, hello, envelopes, acknowledgements, disconnects.

Several connections may be open; each envelope goes to one of them. What is not acknowledged in
time is delivered again, and after that the sender is told that nobody answered.
"""

from __future__ import annotations

import json
import socket
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

__all__ = ["Answered", "Envelope", "SlackLink"]

Answered = Callable[[Mapping[str, Any] | None], None]
"""Called once: with the acknowledgement's payload ({} for none), or None when nobody answered."""

_POLL_S = 0.05


@dataclass(slots=True)
class Envelope:
    """One delivery to the app.

    Attributes:
        attempt: 0 at first; how often it was delivered again.
        handed_to: Which connections it went to, by their number, in order.
        acknowledged_after_s: Seconds from its latest delivery to the acknowledgement, or None.
    """

    id: str
    type: str
    payload: Mapping[str, Any]
    answered: Answered
    attempt: int = 0
    handed_to: list[int] = field(default_factory=list)
    handed_at: float = 0.0
    acknowledged_after_s: float | None = None


class SlackLink:
    """The WebSocket half of the pretend Slack, on its own loopback port.

    Args:
        app_id: Named in the greeting.
        deadline_s: How long the app has to acknowledge.
        redeliveries: How often an envelope is delivered again before it is given up.
    """

    def __init__(
        self, *, app_id: str = "A0WARDMOTE", deadline_s: float = 3.0, redeliveries: int = 1
    ) -> None:
        self.deadline_s = deadline_s
        self.redeliveries = redeliveries
        self._app_id = app_id
        self._changed = threading.Condition()
        self._tickets: set[str] = set()
        self._connections: dict[int, ServerConnection] = {}
        self._opened = 0
        self._turn = 0
        self._waiting: deque[Envelope] = deque()
        self._handed: dict[str, Envelope] = {}
        self._sent: list[Envelope] = []
        self._stopping = False
        self._server: Server | None = None
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to listen."""
        self._stopping = False
        self._server = serve(
            self._converse,
            "127.0.0.1",
            0,
            process_request=self._admit,
            compression=None,
            ping_interval=None,
            close_timeout=0.5,
        )
        self._threads = [
            threading.Thread(target=self._server.serve_forever, name="slack-link"),
            threading.Thread(target=self._hand_out, name="slack-link-envelopes"),
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Close every connection and end every thread. Twice is fine."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._server is not None:
            self._server.shutdown()
            self._server = None
        for thread in self._threads:
            thread.join()
        self._threads = []

    def new_url(self) -> str:
        """An address for one connection, as ``apps.connections.open`` gives it."""
        if self._server is None:
            raise RuntimeError("The pretend Slack is not running: call start() first.")
        ticket = uuid.uuid4().hex
        with self._changed:
            self._tickets.add(ticket)
        port = self._server.socket.getsockname()[1]
        return f"ws://127.0.0.1:{port}/link/?ticket={ticket}&app_id={self._app_id}"

    @property
    def connected(self) -> tuple[int, ...]:
        """The numbers of the open connections, counted from 1 in the order they were made."""
        with self._changed:
            return tuple(self._connections)

    @property
    def opened(self) -> int:
        """How many connections there have been in all."""
        with self._changed:
            return self._opened

    @property
    def sent(self) -> tuple[Envelope, ...]:
        """Every envelope so far."""
        with self._changed:
            return tuple(self._sent)

    def send(self, kind: str, payload: Mapping[str, Any], answered: Answered) -> Envelope:
        """Deliver something to the app; ``answered`` is called once, on another thread."""
        envelope = Envelope(str(uuid.uuid4()), kind, payload, answered)
        with self._changed:
            self._sent.append(envelope)
            envelope.handed_at = time.monotonic()
            self._waiting.append(envelope)
            self._changed.notify_all()
        return envelope

    def deliver_again(self, envelope: Envelope) -> None:
        """Deliver an envelope once more although it was answered, as happens on a bad line."""
        again = Envelope(
            envelope.id, envelope.type, envelope.payload, _ignore, attempt=envelope.attempt + 1
        )
        with self._changed:
            again.handed_at = time.monotonic()
            self._waiting.append(again)
            self._changed.notify_all()

    def disconnect(self, reason: str = "refresh_requested") -> None:
        """Tell every connection to come back on a new one, as Slack does before maintenance."""
        self._tell_all({"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}})

    def close_connections(self) -> None:
        """Close every connection from this side with a proper farewell."""
        for connection in self._open():
            connection.close(1000, "bye")

    def drop_connections(self) -> None:
        """Cut every connection without a farewell, as a broken line does."""
        for connection in self._open():
            connection.socket.shutdown(socket.SHUT_RDWR)

    def wait_for_connections(self, count: int = 1, *, timeout_s: float = 10.0) -> bool:
        """Wait until this many connections are open at once."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._connections) >= count, timeout_s)

    def wait_for_opened(self, count: int, *, timeout_s: float = 10.0) -> bool:
        """Wait until there have been this many connections in all."""
        with self._changed:
            return self._changed.wait_for(lambda: self._opened >= count, timeout_s)

    def _open(self) -> tuple[ServerConnection, ...]:
        with self._changed:
            return tuple(self._connections.values())

    def _tell_all(self, value: Mapping[str, Any]) -> None:
        for connection in self._open():
            connection.send(json.dumps(value))

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        ticket = parse_qs(urlsplit(request.path).query).get("ticket", [""])[0]
        with self._changed:
            if ticket in self._tickets:
                self._tickets.discard(ticket)
                return None
        return connection.respond(HTTPStatus.FORBIDDEN, "invalid ticket")

    def _converse(self, connection: ServerConnection) -> None:
        with self._changed:
            # Greeted under the lock, so that no envelope can overtake the greeting.
            connection.send(self._hello())
            self._opened += 1
            number = self._opened
            self._connections[number] = connection
            self._changed.notify_all()
        try:
            for frame in connection:
                self._acknowledge(frame)
        except (ConnectionClosed, OSError):
            pass
        finally:
            with self._changed:
                del self._connections[number]
                self._changed.notify_all()

    def _hello(self) -> str:
        return json.dumps(
            {
                "type": "hello",
                "num_connections": len(self._connections) + 1,
                "debug_info": {"host": "sandbox", "approximate_connection_time": 18060},
                "connection_info": {"app_id": self._app_id},
            }
        )

    def _acknowledge(self, frame: str | bytes) -> None:
        try:
            answer = json.loads(frame)
            envelope_id = answer["envelope_id"]
        except (ValueError, KeyError, TypeError):
            return
        with self._changed:
            envelope = self._handed.pop(envelope_id, None)
        if envelope is None:
            return
        envelope.acknowledged_after_s = time.monotonic() - envelope.handed_at
        envelope.answered(answer.get("payload") or {})

    def _hand_out(self) -> None:
        while True:
            with self._changed:
                if self._stopping:
                    return
                self._changed.wait(_POLL_S if self._handed or self._waiting else None)
                given_up = self._overdue()
                ready = list(self._waiting) if self._connections else []
                if ready:
                    self._waiting.clear()
            for envelope in ready:
                self._hand_over(envelope)
            for envelope in given_up:
                envelope.answered(None)

    def _overdue(self) -> list[Envelope]:
        """Queue again what was not acknowledged in time; return what is given up."""
        now, given_up = time.monotonic(), []
        for envelope in [*self._handed.values(), *self._waiting]:
            if now - envelope.handed_at < self.deadline_s:
                continue
            self._handed.pop(envelope.id, None)
            if envelope in self._waiting:
                self._waiting.remove(envelope)
            if envelope.attempt >= self.redeliveries:
                given_up.append(envelope)
            else:
                envelope.attempt += 1
                envelope.handed_at = now
                self._waiting.append(envelope)
        return given_up

    def _hand_over(self, envelope: Envelope) -> None:
        with self._changed:
            numbers = sorted(self._connections)
            if not numbers:
                self._waiting.append(envelope)
                return
            number = numbers[self._turn % len(numbers)]
            self._turn += 1
            connection = self._connections[number]
            envelope.handed_at = time.monotonic()
            envelope.handed_to.append(number)
            self._handed[envelope.id] = envelope
        try:
            connection.send(
                json.dumps(
                    {
                        "envelope_id": envelope.id,
                        "type": envelope.type,
                        "accepts_response_payload": True,
                        "payload": envelope.payload,
                        "retry_attempt": envelope.attempt,
                        "retry_reason": "timeout" if envelope.attempt else "",
                    }
                )
            )
        except (ConnectionClosed, OSError):
            # The deadline delivers it again, to a connection that still stands.
            return


def _ignore(_payload: Mapping[str, Any] | None) -> None:
    return
