"""The loopback HTTP server that every pretend platform stands on.

A platform is a function from :class:`Request` to :class:`Answer`; :class:`LoopbackServer` gives
it a port on 127.0.0.1, a thread for each connection, a log of what was asked, and the faults of
``monitor.sandbox.faults``. It speaks HTTP/1.1 with keep-alive, as the real ones do.

    def handle(request: Request) -> Answer:
        return json_reply({"ok": True})

    with LoopbackServer(handle) as server:
        requests.get(server.base_url + "/hello", timeout=5)

Leaving the ``with`` block closes every connection and ends every thread.
"""

from __future__ import annotations

import json
import socket
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import parse_qs, unquote, urlsplit

from typing_extensions import override

from monitor.sandbox.faults import Fault, Faults

__all__ = ["Answer", "Clock", "Handler", "LoopbackServer", "Request", "json_reply"]

_KEPT_REQUESTS = 20_000
_SECRET_NAMES = frozenset(
    {
        "access_token",
        "appsecret_proof",
        "authorization",
        "client_secret",
        "cookie",
        "fb_exchange_token",
        "input_token",
        "set-cookie",
        "token",
    }
)


class Clock:
    """The time of a pretend town: real until it is set, then still until it is moved.

    Calling it answers now, aware UTC. Thread-safe.

    Args:
        start: The moment at which it stands, aware; None follows the machine's clock.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._lock = threading.Lock()
        self._stands_at = start

    def __call__(self) -> datetime:
        """Say what time it is in the town, aware UTC."""
        with self._lock:
            return (self._stands_at or datetime.now(UTC)).astimezone(UTC)

    def set(self, moment: datetime) -> None:
        """Stop the clock at ``moment``, aware."""
        with self._lock:
            self._stands_at = moment

    def advance(self, by: timedelta) -> None:
        """Move a standing clock on; one that follows the machine stops at now + ``by``."""
        with self._lock:
            self._stands_at = (self._stands_at or datetime.now(UTC)) + by


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in. Its repr masks tokens and leaves out the body.

    Attributes:
        method: ``GET``, ``POST``, …
        path: Decoded, without the query.
        query: Every value of every query parameter, empty ones too.
        headers: By lower-case name.
        body: As received.
        twist: The word of a ``twist`` fault for the handler; "" in ordinary life.
    """

    method: str
    path: str
    query: Mapping[str, tuple[str, ...]]
    headers: Mapping[str, str]
    body: bytes
    twist: str = ""

    @property
    def form(self) -> dict[str, tuple[str, ...]]:
        """The body read as a form; empty when it is JSON or nothing."""
        if "json" in self.headers.get("content-type", ""):
            return {}
        return _values(self.body.decode("utf-8", "replace"))

    def json(self) -> Any:
        """The body read as JSON; None when it is empty or is not JSON."""
        try:
            return json.loads(self.body) if self.body else None
        except ValueError:
            return None

    def argument(self, name: str) -> str | None:
        """The first value of ``name`` in the form or else in the query; None when absent."""
        for source in (self.form, self.query):
            if source.get(name):
                return source[name][0]
        return None

    @override
    def __repr__(self) -> str:
        query = {name: _masked(name, values) for name, values in self.query.items()}
        headers = sorted(self.headers)
        size = len(self.body)
        return f"Request({self.method} {self.path} {query} headers={headers} body={size} bytes)"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the platform answers: status, body and headers (a length is added)."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Request], Answer]
"""A pretend platform: called on the connection's thread, so it must be thread-safe."""


def json_reply(
    value: object, status: int = 200, *, headers: Mapping[str, str] | None = None
) -> Answer:
    """Answer a JSON value with a JSON content type."""
    sent = {"Content-Type": "application/json; charset=UTF-8", **(headers or {})}
    return Answer(status, json.dumps(value, ensure_ascii=False).encode(), sent)


class LoopbackServer:
    """One pretend platform on 127.0.0.1; a context manager that leaves nothing open.

    Args:
        handle: The platform.
        port: The port to listen on; 0 for any free one.
        faults: What goes wrong; none when left out.
    """

    def __init__(self, handle: Handler, *, port: int = 0, faults: Faults | None = None) -> None:
        self.faults = faults if faults is not None else Faults()
        self._handle = handle
        self._wanted_port = port
        self._log: deque[Request] = deque(maxlen=_KEPT_REQUESTS)
        self._failures: list[Exception] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port it listens on, or the one it was asked for before it started."""
        return int(self._server.server_address[1]) if self._server else self._wanted_port

    @property
    def base_url(self) -> str:
        """``http://127.0.0.1:PORT``, without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def requests(self) -> tuple[Request, ...]:
        """What was asked, oldest first (the latest 20,000)."""
        with self._lock:
            return tuple(self._log)

    @property
    def failures(self) -> tuple[Exception, ...]:
        """What the platform's own code raised; each was answered with a 500."""
        with self._lock:
            return tuple(self._failures)

    def forget_requests(self) -> None:
        """Empty the log, so that a test can look at what comes next."""
        with self._lock:
            self._log.clear()

    def start(self) -> Self:
        """Begin to listen; ``base_url`` is final from here on."""
        self._stopping.clear()
        self._server = _Server(("127.0.0.1", self._wanted_port), _Connection)
        self._server.respond = self._respond
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.02},
            name=f"sandbox-{self.port}",
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close every connection, end every thread and free the port. Twice is fine."""
        if self._server is None or self._thread is None:
            return
        self._stopping.set()
        self._server.shutdown()
        self._server.hang_up()
        self._server.server_close()
        self._thread.join()
        self._server = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _respond(self, request: Request) -> tuple[Answer | None, bool]:
        """Decide one answer; None closes the connection, True sends only half of it."""
        content = str(dict(request.query)) + request.body.decode("utf-8", "replace")
        fault = self.faults.next_for(request.method, request.path, content=content)
        with self._lock:
            self._log.append(request)
        if fault is None:
            return self._ask(request), False
        self._stopping.wait(fault.delay_s)
        return self._faulty(request, fault), fault.truncates

    def _faulty(self, request: Request, fault: Fault) -> Answer | None:
        if fault.drops:
            return None
        if fault.status is not None:
            return Answer(fault.status, fault.body, fault.headers)
        twisted = Request(
            request.method,
            request.path,
            request.query,
            request.headers,
            request.body,
            twist=fault.twist,
        )
        given = self._ask(twisted)
        if fault.drops_after:
            return None
        return Answer(given.status, given.body, {**given.headers, **fault.headers})

    def _ask(self, request: Request) -> Answer:
        try:
            return self._handle(request)
        except Exception as error:  # noqa: BLE001 - a mistake of ours must not look like a dead line
            with self._lock:
                self._failures.append(error)
            told = f"The pretend platform failed with {type(error).__name__}; see failures."
            return Answer(500, told.encode(), {"Content-Type": "text/plain; charset=utf-8"})


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that server_close waits for them
    block_on_close = True
    request_queue_size = 128
    respond: Callable[[Request], tuple[Answer | None, bool]]

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(address, handler)

    @override
    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    @override
    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent: a client that hangs up is everyday life at a pretend platform."""

    def hang_up(self) -> None:
        # A kept-alive connection waits for its next request; without this its thread never ends.
        with self._open_lock:
            waiting = tuple(self._open)
        for connection in waiting:
            # The client may have hung up first.
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # The answer's head and body are two writes; without this each costs a delayed acknowledgement.
    disable_nagle_algorithm = True

    def __getattr__(self, name: str) -> Any:
        # The standard library looks for do_GET, do_POST, …; here every method is answered alike.
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing: the request log is the record, and a line here would show tokens."""

    def _answer(self) -> None:
        given, only_half = cast("_Server", self.server).respond(self._read())
        if given is None:
            self.close_connection = True
            return
        self.send_response(given.status)
        for name, value in given.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(given.body)))
        self.end_headers()
        sent = given.body[: len(given.body) // 2] if only_half else given.body
        if self.command != "HEAD":
            self.wfile.write(sent)
        if only_half:
            self.close_connection = True

    def _read(self) -> Request:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        return Request(
            method=self.command,
            path=unquote(parts.path),
            query=_values(parts.query),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
        )


def _values(encoded: str) -> dict[str, tuple[str, ...]]:
    parsed = parse_qs(encoded, keep_blank_values=True)
    return {name: tuple(values) for name, values in parsed.items()}


def _masked(name: str, values: tuple[str, ...]) -> tuple[str, ...]:
    return ("***",) * len(values) if name.lower() in _SECRET_NAMES else values
