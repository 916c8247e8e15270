"""A server on this machine that answers as the Hugging Face hub does: metadata first, then a redirect to the bytes."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_SILENCE = 20.0
"""Seconds."""
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """What the server holds and how it misbehaves; change it at any time."""

    files: dict[str, bytes] = field(default_factory=dict)
    """`owner/repo/path/in/repo` -> content."""
    status: int = 0
    """Answer every question with this HTTP status instead."""
    cuts: int = 0
    """Break the connection at 40 % of the next so many transfers."""
    stalls: bool = False
    """Fall silent at 40 % of every transfer."""
    seconds_per_transfer: float = 0
    """Take so long for the bytes of a file."""
    tampered: bool = False
    """Deliver other bytes than the digest promises."""
    requests: list[str] = field(default_factory=list)
    """What was asked, as `GET /path`, with the range if any."""
    url: str = ""
    cdn: str = ""
    """Where the bytes are: another host, as with the real hub."""


@cache
def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@contextmanager
def serve_hub() -> Iterator[Hub]:
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(hub))
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    hub.cdn = f"http://localhost:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        _digest.cache_clear()


def _handler_of(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def log_message(self, *_: object) -> None:
            pass

        def _answer(self) -> None:
            hub.requests.append(" ".join(filter(None, (self.command, self.path, self.headers.get("Range")))))
            if hub.status:
                self._send(hub.status, {"Content-Length": "0"})
            elif self.path.startswith("/cdn/"):
                self._deliver(self.path.removeprefix("/cdn/"))
            else:
                self._resolve(self.path.lstrip("/").replace("/resolve/main/", "/", 1))

        def _resolve(self, name: str) -> None:
            content = hub.files.get(name)
            if content is None:
                headers = {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT, "Content-Length": "0"}
                return self._send(404, headers)
            digest = _digest(content)
            self._send(
                302,
                {
                    "Location": f"{hub.cdn}/cdn/{digest}",
                    "X-Repo-Commit": COMMIT,
                    "X-Linked-Etag": f'"{digest}"',
                    "X-Linked-Size": str(len(content)),
                    "Content-Length": "0",
                },
            )

        def _deliver(self, digest: str) -> None:
            content = next(c for c in hub.files.values() if _digest(c) == digest)
            if hub.tampered:
                content = bytes(len(content))
            start = int(self.headers.get("Range", "bytes=0-")[len("bytes=") :].split("-")[0])
            headers = {"Content-Length": str(len(content) - start), "ETag": f'"{digest}"', "Accept-Ranges": "bytes"}
            if start:
                headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            self._send(206 if start else 200, headers)
            if self.command == "HEAD":
                return
            time.sleep(hub.seconds_per_transfer)
            if hub.stalls:
                self.wfile.write(content[start : start + len(content) * 2 // 5])
                self.wfile.flush()
                time.sleep(_SILENCE)
                self.close_connection = True
            elif hub.cuts:
                hub.cuts -= 1
                self.wfile.write(content[start : start + len(content) * 2 // 5])
                self.close_connection = True
            else:
                self.wfile.write(content[start:])

        def _send(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

    return Handler
