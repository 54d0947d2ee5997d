"""What every pretend platform has around its own answers: a server, its log, its faults."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from monitor.sandbox.faults import Faults
from monitor.sandbox.http import Handler, LoopbackServer, Request

__all__ = ["PretendPlatform"]


class PretendPlatform:
    """A loopback server for one platform; a context manager that leaves nothing open.

    Args:
        handle: Answers one request, as the platform would; called on many threads.
        port: 0 for any free one.
        faults: What goes wrong.
    """

    def __init__(self, handle: Handler, *, port: int = 0, faults: Faults | None = None) -> None:
        self._server = LoopbackServer(handle, port=port, faults=faults)

    @property
    def base_url(self) -> str:
        """``http://127.0.0.1:PORT``."""
        return self._server.base_url

    @property
    def faults(self) -> Faults:
        """What goes wrong; add rules at any time."""
        return self._server.faults

    @property
    def requests(self) -> tuple[Request, ...]:
        """What was asked, oldest first."""
        return self._server.requests

    @property
    def failures(self) -> tuple[Exception, ...]:
        """What the sandbox's own code raised; empty unless it has a mistake."""
        return self._server.failures

    def forget_requests(self) -> None:
        """Empty the log of requests."""
        self._server.forget_requests()

    def start(self) -> Self:
        """Begin to listen."""
        self._server.start()
        return self

    def stop(self) -> None:
        """Close every connection and free the port."""
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
