# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Download a file by http or https: it goes on where it was cut off, has time limits, and is never whole by mistake."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import socket
import ssl
import time
import urllib.error
import urllib.request
from typing import Any, BinaryIO, Callable, NamedTuple, Optional
from urllib.parse import urlsplit

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError

_BLOCK = 1 << 18
_REDIRECTS = 5
# The file system keeps so much free, for the rest of the machine.
_RESERVE = 256 << 20
_AGAIN = {408, 425, 429, 500, 502, 503, 504}
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


class Limits(NamedTuple):
    """Seconds without a byte, seconds in all, how often in a row nothing new may come, and seconds between tries."""

    stall: float = 60
    whole: float = 3600
    tries: int = 5
    pause: float = 1


class _AgainError(Exception):
    """This attempt ended early; another one may get further."""


def address(url: str, secure: bool = False) -> str:
    """The URL; LabError unless it is one of http or https, of https alone where secure."""
    if re.search(r"[^\x21-\x7e]", url):
        raise LabError(f"{url!r} has a character in it that no address has; write it percent-encoded")
    try:
        parts = urlsplit(url)
        port_fits = parts.port is None or 0 < parts.port < 65536
    except ValueError:
        raise LabError(f"{url!r} is no address; write it like https://example.org/image.qcow2") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_fits:
        raise LabError(f"{url!r} is no http or https address; write it like https://example.org/image.qcow2")
    if parts.username is not None or parts.password is not None:
        raise LabError(f"the address of {parts.hostname} has a user in it, which is not supported; leave it out")
    if secure and parts.scheme != "https":
        raise LabError(f"{url} is http, which anybody on the way can change; use https, a checksum or a signature")
    return url


def small(url: str, largest: int, secure: bool, limits: Limits) -> bytes:
    """The whole of a small file, such as one of checksums; secure: no step of the way may be http."""
    ends = time.monotonic() + limits.whole
    failed: Optional[Exception] = None
    for attempt in range(limits.tries):
        if attempt:
            time.sleep(min(attempt * limits.pause, max(0.0, ends - time.monotonic())))
        if time.monotonic() >= ends:
            break
        try:
            with _open(address(url, secure), {}, secure, limits) as answer:
                content = bytearray()
                while time.monotonic() < ends:
                    block = answer.read(_BLOCK)
                    content += block
                    if len(content) > largest:
                        raise LabError(f"{url} is larger than {largest >> 20} MiB; that is no file of checksums")
                    if not block:
                        break
                _whole(answer, len(content))
                return bytes(content)
        except (_AgainError, OSError, http.client.HTTPException) as error:
            failed = error
    raise LabError(f"{url} could not be read: {_words(failed)}")


def download(url: str, part: str, look: Callable[[bytes], None], head: int, limits: Limits) -> None:
    """Download url into the file part, on from where it ends when the server has the same file still.

    look is shown the first head bytes (or all, where there are fewer) and may raise. What is in part is whole when
    this returns, as far as the server told; whether it is the right thing is for a checksum to say.
    """
    ends = time.monotonic() + limits.whole
    idle, failed = 0, None  # type: int, Optional[Exception]
    while idle < limits.tries:
        if time.monotonic() >= ends:
            raise LabError(f"{url} took more than {limits.whole:g} s; {_size(part)} bytes are kept for the next time")
        before = _size(part)
        try:
            _attempt(url, part, look, head, ends, limits)
            return
        except (_AgainError, OSError, http.client.HTTPException) as error:
            failed = error
        idle = idle + 1 if _size(part) <= before else 0
        time.sleep(min(max(idle, 0.2) * limits.pause, max(0.0, ends - time.monotonic())))
    raise LabError(f"{url} could not be downloaded: {_words(failed)}; {_size(part)} bytes are kept for the next time")


def forget(part: str) -> None:
    """Remove what was downloaded, and what is known of it."""
    for path in (part, f"{part}.json"):
        if os.path.lexists(path):
            os.unlink(path)


def _attempt(url: str, part: str, look: Callable[[bytes], None], head: int, ends: float, limits: Limits) -> None:
    known = _known(part, url)
    have = _size(part) if known else 0
    headers = {"Range": f"bytes={have}-", "If-Range": known} if known and have else {}
    with _open(url, headers, False, limits) as answer:
        start, whole = _place(answer, have)
        if start is None:
            return
        if start == 0:
            _remember(part, url, answer)
        free = shutil.disk_usage(os.path.dirname(part)).free - _RESERVE
        if whole is not None and whole - start > free:
            where = os.path.dirname(part)
            raise LabError(f"{url} has {whole - start >> 20} MiB to come; {where} has {max(0, free) >> 20} MiB free")
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(part, flags, 0o600), "r+b") as file:
            file.truncate(start)
            file.seek(start)
            _copy(answer, file, start, free, look if start < head else None, head, ends)
        if whole is not None and _size(part) != whole:
            raise _AgainError(f"it was cut off after {_size(part)} of {whole} bytes")


def _copy(
    answer: Any, file: BinaryIO, start: int, free: int, look: Optional[Callable[[bytes], None]], head: int, ends: float
) -> None:
    at = start
    while True:
        if time.monotonic() >= ends:
            raise _AgainError("the time was up")
        block = answer.read1(_BLOCK)
        if block:
            file.write(block)
            at += len(block)
            if at - start > free:
                raise LabError(f"{file.name} filled its file system; more room is needed")
        if look and (at >= head or not block):
            file.flush()
            look(os.pread(file.fileno(), head, 0))
            look = None
        if not block:
            return


def _place(answer: Any, have: int) -> tuple[Optional[int], Optional[int]]:
    """Where the answer's bytes belong (None: all were here), and how many there are in all, where that is told."""
    if answer.status == 416:
        total = re.fullmatch(r"bytes \*/(\d+)", answer.headers.get("Content-Range", ""))
        if total and int(total[1]) == have:
            return None, have
        raise _AgainError("it became shorter on the server")
    if answer.status == 206:
        told = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        if not told or int(told[1]) != have:
            raise _AgainError("the server answered with another part of it than was asked for")
        return have, None if told[3] == "*" else int(told[3])
    length = answer.headers.get("Content-Length", "")
    return 0, int(length) if length.isdigit() and len(length) < 20 else None


def _whole(answer: Any, have: int) -> None:
    length = answer.headers.get("Content-Length", "")
    if length.isdigit() and int(length) != have:
        raise _AgainError(f"it was cut off after {have} of {length} bytes")


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Redirects to http and https alone, and never from https to http where the way is what is trusted."""

    max_redirections = _REDIRECTS

    def __init__(self, secure: bool) -> None:
        self.secure = secure

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        try:
            address(newurl, self.secure)
        except LabError as error:
            raise LabError(f"{req.full_url} redirects to a wrong place: {error}") from None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _open(url: str, headers: dict[str, str], secure: bool, limits: Limits) -> Any:
    handlers = (
        *(urllib.request.ProxyHandler(), urllib.request.HTTPHandler(), urllib.request.HTTPSHandler()),
        *(_Redirects(secure), urllib.request.HTTPDefaultErrorHandler(), urllib.request.HTTPErrorProcessor()),
    )
    opener = urllib.request.OpenerDirector()
    for handler in handlers:
        opener.add_handler(handler)
    sent = {"User-Agent": "virtio.lab", "Accept": "*/*", "Accept-Encoding": "identity", **headers}
    request = urllib.request.Request(address(url, secure), headers=sent)  # noqa: S310 (address lets http(s) through)
    try:
        answer = opener.open(request, timeout=limits.stall)
    except urllib.error.HTTPError as error:
        if error.code == 416:
            return error
        error.close()
        if error.code in _AGAIN:
            raise _AgainError(f"the server answered {error.code} {error.reason}") from error
        raise LabError(f"{url} cannot be had: the server answered {error.code} {_clean(error.reason)}") from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            told = error.reason.verify_message
            raise LabError(f"{url} is served with a certificate that is not trusted: {told}") from error
        raise _AgainError(_words(error.reason if isinstance(error.reason, Exception) else error)) from error
    except ValueError as error:  # what no resolver and no header can take, such as a label of 64 letters
        raise LabError(f"{url} is no usable address: {_clean(error)}") from error
    if answer is None:
        raise LabError(f"{url} cannot be had: no way to open it")
    if answer.headers.get("Content-Encoding", "identity").lower() not in ("identity", ""):
        answer.close()
        raise LabError(f"{url} is sent compressed though nobody asked for that; another server is right")
    return answer


def _known(part: str, url: str) -> Optional[str]:
    """What marks the file that part is the beginning of; None where that is not known, so that it starts anew."""
    try:
        with open(f"{part}.json", encoding="utf-8") as file:
            known = json.load(file)
        return known["mark"] if known["url"] == url else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _remember(part: str, url: str, answer: Any) -> None:
    etag = answer.headers.get("ETag", "")
    mark = etag if etag and not etag.startswith("W/") else answer.headers.get("Last-Modified")
    with open(f"{part}.json.new", "w", encoding="utf-8") as file:
        json.dump({"url": url, "mark": mark}, file)
    os.replace(f"{part}.json.new", f"{part}.json")


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0


def _words(error: Optional[Exception]) -> str:
    if error is None:
        return "the time was up"
    if isinstance(error, (socket.timeout, TimeoutError)):
        return "the server stopped sending"
    return _clean(str(error) or type(error).__name__)


def _clean(text: object) -> str:
    """A server's words: one line of printable characters, not too long."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(text))[:200]
