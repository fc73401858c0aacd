# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Downloads from a server that truncates, stalls, corrupts and redirects, over real sockets."""

from __future__ import annotations

import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._image import _download

QUICK = _download.Limits(stall=0.3, whole=20, tries=3, pause=0.01)


@pytest.fixture(name="body")
def served_body(server: Any) -> bytes:
    body = os.urandom(300_000)
    (server.folder / "disk").write_bytes(body)
    return body


@pytest.fixture(name="part")
def part_file(tmp_path: Path) -> Path:
    return tmp_path / "source.part"


def get(server: Any, path: str, part: Path, limits: _download.Limits = QUICK) -> None:
    _download.download(f"{server.address}{path}", str(part), lambda _head: None, 4096, limits)


@pytest.mark.parametrize("how", ["plain", "range", "cut", "chunked", "stall", "busy", "redirect/redirect/range"])
def test_it_arrives_whole(how: str, server: Any, body: bytes, part: Path) -> None:
    get(server, f"/{how}/disk", part)
    assert part.read_bytes() == body
    assert part.stat().st_mode & 0o777 == 0o600


def test_it_goes_on_where_it_was_cut_off_in_an_earlier_run(server: Any, body: bytes, part: Path) -> None:
    with pytest.raises(LabError, match=r"stopped sending; 150000 bytes are kept for the next time$"):
        get(server, "/stall/disk", part, _download.Limits(0.3, 20, 1, 0.01))
    get(server, "/stall/disk", part, QUICK)
    assert part.read_bytes() == body
    asked = [(one["Range"], bool(one["If-Range"]), one["status"]) for one in server.seen]
    assert asked == [(None, False, 200), ("bytes=150000-", True, 206), ("bytes=150000-", True, 206)]


def test_another_file_of_the_name_is_not_joined_to_the_first_ones_half(server: Any, body: bytes, part: Path) -> None:
    get(server, "/changed/disk", part)
    assert part.read_bytes() == body
    assert [one["status"] for one in server.seen] == [200, 200]


def test_half_of_another_address_is_not_gone_on_from(server: Any, body: bytes, part: Path) -> None:
    with pytest.raises(LabError):
        get(server, "/stall/disk", part, _download.Limits(0.3, 20, 1, 0.01))
    get(server, "/range/disk", part)
    assert part.read_bytes() == body
    assert server.seen[-1]["Range"] is None


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/cut-plain/disk", "could not be downloaded: it was cut off after 150000 of 300000 bytes"),
        ("/wrong-range/disk", "another part of it than was asked for"),
        ("/gone/disk", "cannot be had: the server answered 404"),
        ("/packed/disk", "is sent compressed though nobody asked"),
        ("/loop/disk", "cannot be had: the server answered 302"),
        ("/file/etc/passwd", "cannot be had: the server answered 302"),
        ("/busy/other", "cannot be had: the server answered 404"),
    ],
)
def test_what_does_not_arrive_is_said(path: str, sentence: str, server: Any, body: bytes, part: Path) -> None:
    assert body
    with pytest.raises(LabError, match=sentence):
        get(server, path, part)


def test_a_server_that_sends_for_ever_is_left_in_time(server: Any, body: bytes, part: Path) -> None:
    assert body
    with pytest.raises(LabError, match=r"took more than 0.5 s; \d+ bytes are kept"):
        get(server, "/drip/disk", part, _download.Limits(5, 0.5, 5, 0.01))


def test_what_it_begins_with_is_looked_at_before_the_rest_comes(server: Any, body: bytes, part: Path) -> None:
    assert body
    seen: list[bytes] = []

    def look(head: bytes) -> None:
        seen.append(head)
        raise LabError("no disk")

    with pytest.raises(LabError, match=r"^no disk$"):
        _download.download(f"{server.address}/page/x", str(part), look, 4096, QUICK)
    assert len(seen) == 1
    assert seen[0].startswith(b"<!DOCTYPE html>")


def test_a_link_is_not_written_through(server: Any, body: bytes, part: Path, tmp_path: Path) -> None:
    assert body
    (tmp_path / "precious").write_text("mine")
    part.symlink_to(tmp_path / "precious")
    with pytest.raises(LabError):
        get(server, "/range/disk", part)
    assert (tmp_path / "precious").read_text() == "mine"


def test_small_files_are_read_whole_and_never_too_large(server: Any, body: bytes) -> None:
    assert _download.small(f"{server.address}/redirect/range/disk", 1 << 20, False, QUICK) == body
    with pytest.raises(LabError, match="larger than 0 MiB; that is no file of checksums"):
        _download.small(f"{server.address}/range/disk", 1000, False, QUICK)
    with pytest.raises(LabError, match="could not be read: it was cut off after 150000 of 300000 bytes"):
        _download.small(f"{server.address}/cut-plain/disk", 1 << 20, False, _download.Limits(1, 5, 1, 0.01))


@pytest.mark.parametrize(
    "url",
    ["ftp://a/b", "file:///etc/passwd", "https:///a", "https://a:0/b", "https://a:99999/b", "https://[::1/b",
     "https://u:p@a/b", "https://a/b c", "https://a/\r\nX: y", "https://a/ä", "//a/b", "", "json:{}"],
)  # fmt: skip
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(LabError):
        _download.address(url)
    with pytest.raises(LabError):
        _download.download(url, "/nonexistent/part", lambda _head: None, 1, QUICK)


def test_a_host_that_no_resolver_takes_is_a_sentence() -> None:
    with pytest.raises(LabError, match=r"is no usable address|could not be read"):
        _download.small(f"https://{'a' * 64}.example/x", 1000, True, _download.Limits(1, 2, 1, 0.01))


def test_http_is_refused_where_the_way_is_what_is_trusted(server: Any, body: bytes) -> None:
    assert body
    with pytest.raises(LabError, match="is http, which anybody on the way can change; use https"):
        _download.small(f"{server.address}/range/disk", 1 << 20, True, QUICK)
    assert server.seen == []


class _Babble(http.server.BaseHTTPRequestHandler):
    """No HTTP at all, and headers without end."""

    def do_GET(self) -> None:
        if self.path == "/headers":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10_000)
        elif self.path == "/length":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nabc")
        else:
            self.wfile.write(b"\x1b]52;c;x\x07 hello\r\n\r\n")

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture(name="babble")
def start_babble(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "localhost")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Babble) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://localhost:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize("path", ["/headers", "/noise"])
def test_what_is_no_http_is_a_sentence_without_its_bytes(path: str, babble: str, part: Path) -> None:
    with pytest.raises(LabError) as told:
        _download.download(babble + path, str(part), lambda _head: None, 1, _download.Limits(1, 5, 1, 0.01))
    assert str(told.value).isprintable()


def test_a_length_that_is_no_number_is_not_believed(babble: str, part: Path) -> None:
    _download.download(f"{babble}/length", str(part), lambda _head: None, 1, _download.Limits(1, 5, 1, 0.01))
    assert part.read_bytes() == b"abc"
