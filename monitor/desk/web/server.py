"""Running the console in a thread of the daemon, with a clean start and a clean stop."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import Self

import uvicorn
from fastapi import FastAPI
from typing_extensions import override

from monitor.desk.web.app import issue_link
from monitor.domain.people import PersonId

__all__ = ["ConsoleServer", "ConsoleUnavailable"]

_STARTED_WITHIN_S = 15.0
_STOPPED_WITHIN_S = 10.0


class ConsoleUnavailable(Exception):  # noqa: N818 - it says what the console is
    """The console cannot listen at its address; ``sentence`` says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class ConsoleServer:
    """The console behind a loopback or reverse-proxied address, as a context manager.

    Args:
        app: From ``build_console``.
        host: The address to listen at.
        port: 0 takes any free port, known as ``port`` once started.
    """

    def __init__(self, app: FastAPI, *, host: str = "127.0.0.1", port: int = 8420) -> None:
        self._app = app
        self._host = host
        self._socket: socket.socket | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self.port = port

    @property
    def url(self) -> str:
        """Where a browser on this machine finds the console, without a trailing slash."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self.port}"

    def link(self, person: PersonId) -> str:
        """The address of a one-time sign-in link for this person."""
        return f"{self.url}/sign-in/link?token={issue_link(self._app, person)}"

    def start(self) -> None:
        """Listen, and return once pages are served.

        Raises:
            ConsoleUnavailable: The address is taken or not ours.
        """
        self._socket = _listening(self._host, self.port)
        self.port = self._socket.getsockname()[1]
        config = uvicorn.Config(
            self._app, log_config=None, access_log=False, server_header=False, lifespan="off"
        )
        self._server = _Announced(config, self._ready)
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="console", daemon=True
        )
        self._thread.start()
        if not self._ready.wait(_STARTED_WITHIN_S):
            self.stop()
            raise ConsoleUnavailable(f"The console did not start at {self.url}.")

    def stop(self) -> None:
        """Finish the pages in hand and stop listening; harmless when it is not running."""
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(_STOPPED_WITHIN_S)
        if self._socket is not None:
            self._socket.close()
        self._server = self._thread = self._socket = None
        self._ready.clear()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class _Announced(uvicorn.Server):
    """Says when it serves, so that nobody has to ask again and again."""

    def __init__(self, config: uvicorn.Config, ready: threading.Event) -> None:
        super().__init__(config)
        self._announce = ready

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, then tell."""
        await super().startup(sockets)
        self._announce.set()


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise ConsoleUnavailable(
            f"The console cannot listen at {host}:{port} ({error.strerror}). "
            "Stop what uses the port, or choose another."
        ) from error
    return listening
