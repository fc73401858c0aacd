# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Disks for the tests, and the server that misbehaves."""

from __future__ import annotations

import hashlib
import importlib.util
import random
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SERVER = Path(__file__).parents[4] / "image_server.py"


def partitioned(size: int = 1 << 20, first: int = 8, sectors: int = 1024, seed: int = 1) -> bytes:
    """A raw disk with an MBR of one partition, and random bytes from its 32nd KiB on to its half."""
    disk = bytearray(size)
    disk[446:462] = struct.pack("<BxxxBxxxII", 0x80, 0x83, first, sectors)
    disk[510:512] = b"\x55\xaa"
    disk[32768 : size // 2] = random.Random(seed).randbytes(size // 2 - 32768)
    return bytes(disk)


def with_gpt(size: int, last: int) -> bytes:
    """A raw disk with a protective MBR and a GPT of one partition that ends with sector last."""
    disk = bytearray(size)
    disk[446:462] = struct.pack("<BxxxBxxxII", 0, 0xEE, 1, size // 512 - 1)
    disk[510:512] = b"\x55\xaa"
    disk[512:604] = struct.pack(
        "<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, 0, 1, 0, 34, last, b"", 2, 128, 128, 0
    )
    disk[1024:1072] = struct.pack("<16s16sQQ", b"t" * 16, b"u" * 16, 34, last)
    return bytes(disk)


def qcow2(
    *,
    version: int = 3,
    size: int = 1 << 20,
    bits: int = 16,
    crypt: int = 0,
    backing: bytes = b"",
    incompatible: int = 0,
    length: int = 104,
    extensions: bytes = b"",
) -> bytes:
    """The header of a qcow2, written by hand: no tool is asked, as a tool would touch the files that it names."""
    at = 512 if backing else 0
    head = struct.pack(
        ">4sIQIIQIIQQIIQ", b"QFI\xfb", version, at, len(backing), bits, size, crypt, 1, 3 << 16, 1 << 16, 1, 0, 0
    )
    if version == 3:
        head += struct.pack(">QQQII", incompatible, 0, 0, 4, length)
    return (head + extensions).ljust(512, b"\0") + backing.ljust(65536, b"\0")


def extension(kind: int, content: bytes) -> bytes:
    return struct.pack(">II", kind, len(content)) + content + b"\0" * (-len(content) % 8)


@pytest.fixture(name="server_module", scope="session")
def load_server() -> Any:
    spec = importlib.util.spec_from_file_location("image_server", SERVER)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["image_server"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(name="server")
def start_server(server_module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("no_proxy", "localhost")
    served = tmp_path / "served"
    served.mkdir()
    with server_module.Server(served) as server:
        yield server


def sum_of(content: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"


class Keys:
    """A key pair of gpg in a folder of its own: signs, and is a keyring in both of the forms that users have."""

    def __init__(self, home: Path, name: str) -> None:
        self.home = home / name
        self.home.mkdir(mode=0o700, parents=True)
        self.gpg("--quick-gen-key", f"{name} <{name}@example.org>", "ed25519", "sign", "never")
        self.binary, self.armoured = home / f"{name}.gpg", home / f"{name}.asc"
        self.binary.write_bytes(self.gpg("--export"))
        self.armoured.write_bytes(self.gpg("--armor", "--export"))
        self.fingerprint = next(
            line.split(":")[9] for line in self.gpg("--with-colons", "-k").decode().splitlines() if line[:3] == "fpr"
        )

    def gpg(self, *args: str, stdin: bytes = b"") -> bytes:
        """Without an agent that outlives the call: gpg ends the one it started when its folder is gone."""
        argv = ["gpg", "--homedir", str(self.home), "--batch", "--yes", "--quiet", "--passphrase", "", *args]
        return subprocess.run(argv, input=stdin, capture_output=True, check=True).stdout

    def detached(self, text: bytes) -> bytes:
        return self.gpg("--detach-sign", stdin=text)

    def clear(self, text: bytes) -> bytes:
        return self.gpg("--clear-sign", stdin=text)


@pytest.fixture(name="keys", scope="session")
def make_keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Keys, Keys]]:
    """The distribution's key, and a stranger's. A short path: gpg's agent has a socket in it."""
    with tempfile.TemporaryDirectory(prefix="vl-", dir="/tmp") as home:
        pair = Keys(Path(home), "distribution"), Keys(Path(home), "stranger")
        yield pair
        for one in pair:
            subprocess.run(["gpgconf", "--homedir", str(one.home), "--kill", "gpg-agent"], check=False)
