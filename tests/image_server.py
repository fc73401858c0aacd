# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An HTTP server of files that behaves as bad servers and networks do: /HOW/PATH serves FOLDER/PATH in that way.

image_server.py FOLDER READY [CERT KEY]: serves on a free port of 127.0.0.1, by TLS with the PEM files CERT and KEY,
writes its address to the file READY, and each request (path, Range, If-Range, status) as a line of JSON to READY.log.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import ssl
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Server(ThreadingHTTPServer):
    """Serves folder; seen are the requests so far; elsewhere is where /elsewhere redirects to."""

    daemon_threads = True

    def __init__(self, folder: Path, log: Path | None = None, tls: tuple[str, str] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder, self.log, self.elsewhere = folder, log, ""
        self.seen: list[dict[str, Any]] = []
        self.count: Counter[str] = Counter()
        self.scheme = "https" if tls else "http"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def address(self) -> str:
        return f"{self.scheme}://localhost:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away, or trusts no certificate of ours, is no news."""

    def __enter__(self) -> Server:
        threading.Thread(target=partial(self.serve_forever, 0.01), daemon=True).start()
        return self

    def __exit__(self, *_details: object) -> None:
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    """One request: /HOW/PATH."""

    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        how, _slash, name = self.path.lstrip("/").partition("/")
        self.server.count[self.path] += 1
        self.close_connection = True
        ways: dict[str, Callable[[str, int], None]] = {
            "redirect": lambda name, _nth: self._redirect(f"/{name}"),
            "elsewhere": lambda name, _nth: self._redirect(f"{self.server.elsewhere}/{name}"),
            "file": lambda name, _nth: self._redirect(f"file:///{name}"),
            "loop": lambda _name, _nth: self._redirect(self.path),
            "busy": lambda name, nth: self._whole(name) if nth > 2 else self._error(503),
            "gone": lambda _name, _nth: self._error(404),
            "page": lambda _name, _nth: self._send(b"<!DOCTYPE html>\n<title>Log in first</title>" + b" " * 100_000),
            "plain": lambda name, _nth: self._whole(name),
            "range": lambda name, _nth: self._part(name),
            "cut": lambda name, _nth: self._part(name, lambda body: body[: max(1, len(body) // 2)]),
            "cut-plain": lambda name, _nth: self._send(self._read(name), send=lambda body: body[: len(body) // 2]),
            "chunked": lambda name, nth: self._chunked(name, whole=nth > 1),
            # Half of it, then nothing; nothing at all; then the rest.
            "stall": lambda name, nth: self._part(
                name, lambda body: body[: (len(body) // 2, 0, len(body))[min(nth, 3) - 1]], then=30 if nth < 3 else 0
            ),
            "drip": lambda name, _nth: self._drip(name),
            "corrupt": lambda name, _nth: self._send(_flipped(self._read(name))),
            "corrupt-once": lambda name, nth: self._part(
                name, (lambda body: _flipped(body)[:-9]) if nth == 1 else None
            ),
            "changed": lambda name, nth: self._part(
                name, (lambda body: b"\0" * (len(body) // 2)) if nth == 1 else None, tag=f'"{min(nth, 2)}"'
            ),
            "wrong-range": lambda name, _nth: self._part(name, lambda body: body[: len(body) // 2], shift=1),
            "packed": lambda name, _nth: self._send(self._read(name), {"Content-Encoding": "gzip"}),
        }
        ways.get(how, lambda _name, _nth: self._error(404))(name, self.server.count[self.path])

    def log_request(self, code: object = "-", size: object = "-") -> None:
        heard = {"path": self.path, "status": int(getattr(code, "value", code))}  # type: ignore[call-overload]
        heard.update({key: self.headers.get(key) for key in ("Range", "If-Range")})
        self.server.seen.append(heard)
        if self.server.log:
            with self.server.log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(heard) + "\n")

    def _read(self, name: str) -> bytes:
        path = self.server.folder / name
        return path.read_bytes() if path.is_file() else b""

    def _redirect(self, target: str) -> None:
        self.send_response(302)
        self.send_header("Location", target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _error(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _whole(self, name: str) -> None:
        if (self.server.folder / name).is_file():
            self._send(self._read(name))
        else:
            self._error(404)

    def _send(
        self,
        body: bytes,
        headers: dict[str, str] | None = None,
        status: int = 200,
        send: Callable[[bytes], bytes] | None = None,
    ) -> None:
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(send(body) if send else body)

    def _part(
        self,
        name: str,
        send: Callable[[bytes], bytes] | None = None,
        then: float = 0,
        tag: str = "",
        shift: int = 0,
    ) -> None:
        """With Range and ETag; send: what of the body goes out; then: seconds that the connection stays open."""
        body = self._read(name)
        tag = tag or f'"{hashlib.sha256(body).hexdigest()[:12]}"'
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if not asked or self.headers.get("If-Range", tag) != tag:
            self._send(body, {"ETag": tag, "Accept-Ranges": "bytes"}, send=send)
        elif int(asked[1]) >= len(body):
            self._send(b"", {"Content-Range": f"bytes */{len(body)}"}, 416)
        else:
            start = int(asked[1]) + shift
            told = {"ETag": tag, "Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"}
            self._send(body[start:], told, 206, send)
        self.wfile.flush()
        time.sleep(then)

    def _chunked(self, name: str, whole: bool) -> None:
        body = self._read(name)
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(body) // 2, body[: len(body) // 2]))
        if whole:
            rest = body[len(body) // 2 :]
            self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(rest), rest))

    def _drip(self, name: str) -> None:
        body = self._read(name)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        for byte in body:
            self.wfile.write(bytes([byte]))
            time.sleep(0.05)


def _flipped(body: bytes) -> bytes:
    """The body with one bit changed in its middle."""
    middle = len(body) // 2
    return body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]


def main() -> None:
    folder, ready, *tls = sys.argv[1:]
    elsewhere = os.environ.get("ELSEWHERE", "")
    with Server(Path(folder), Path(f"{ready}.log"), (tls[0], tls[1]) if tls else None) as server:
        server.elsewhere = elsewhere
        Path(f"{ready}.new").write_text(server.address, encoding="utf-8")
        os.replace(f"{ready}.new", ready)
        threading.Event().wait()


if __name__ == "__main__":
    main()
