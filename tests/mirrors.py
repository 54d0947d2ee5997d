"""A server on loopback from which a model's file can be fetched, or not."""

from __future__ import annotations

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from typing_extensions import override

__all__ = ["Mirror"]


class Mirror:
    """A loopback server with one file, which may break off, forget ranges, or lie.

    Attributes:
        content: What it serves.
        drops: After so many bytes each of the next answers breaks off.
        knows_ranges: Whether it gives the rest of a file that is asked for.
        asked: The ``Range`` of every request, in order; "" where there was none.
    """

    def __init__(self, path: str, content: bytes) -> None:
        self.content = content
        self._path = path
        self.drops: list[int] = []
        self.knows_ranges = True
        self.asked: list[str] = []
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                mirror._answer(self)

            @override
            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        asked = request.headers.get("Range", "")
        self.asked.append(asked)
        if request.path != f"/{self._path}":
            request.send_error(404)
            return
        found = re.fullmatch(r"bytes=(\d+)-", asked) if self.knows_ranges else None
        start = int(found[1]) if found else 0
        if found and start >= len(self.content):
            request.send_error(416)
            return
        request.send_response(206 if found else 200)
        request.send_header("Content-Length", str(len(self.content) - start))
        request.end_headers()
        end = start + self.drops.pop(0) if self.drops else None
        request.wfile.write(self.content[start:end])
        request.close_connection = True
