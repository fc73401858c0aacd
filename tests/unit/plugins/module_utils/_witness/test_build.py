# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which QEMU and which kernel a guest was started by: from files, from a process, and against what was asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._qemu import _process
from ansible_collections.virtio.lab.plugins.module_utils._qemu._program import version_in
from ansible_collections.virtio.lab.plugins.module_utils._witness import _kernel_file
from ansible_collections.virtio.lab.plugins.module_utils._witness._build import is_that_file, unlike

BANNER = b"6.1.0-56-cloud-amd64 (debian-kernel@lists.debian.org) #1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)"
SEEN = {
    "emulator": {"path": "/q", "file": "/opt/q", "exe": "/opt/q"},
    "kernel": {"path": "/k", "argv": "/k"},
    "initrd": {"path": None, "argv": None},
}


def bzimage(banner: bytes, at: int = 0x3000) -> bytes:
    head = bytearray(at + 0x200 + len(banner) + 100)
    head[0x202:0x206], head[0x20E:0x210] = b"HdrS", at.to_bytes(2, "little")
    head[at + 0x200 : at + 0x200 + len(banner)] = banner
    return bytes(head)


def test_what_a_kernel_says_of_itself() -> None:
    found = _kernel_file.kernel_of(bzimage(BANNER))
    assert found == ("6.1.0-56-cloud-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)")
    by = b"6.9.0 (me (at home)@box) #3 SMP Mon"
    assert _kernel_file.kernel_of(bzimage(by)) == ("6.9.0", "#3 SMP Mon")


@pytest.mark.parametrize(
    "head",
    [b"", b"\x7fELF" + bytes(900), b"HdrS" * 200, bzimage(BANNER)[:0x400], bzimage(b"\xff\xfe"), bzimage(b"6.1 #1")],
)
def test_a_file_that_does_not_tell(head: bytes) -> None:
    assert _kernel_file.kernel_of(head) is None


@pytest.mark.parametrize(("head", "boots"), [(bzimage(BANNER), True), (b"\x7fELF", True), (b"text" * 300, False)])
def test_what_qemu_boots(head: bytes, boots: bool) -> None:
    assert _kernel_file.is_bootable(head) is boots


def test_no_more_of_a_file_is_read_than_is_looked_at(tmp_path: Path) -> None:
    large = tmp_path / "vmlinuz"
    with large.open("wb") as stream:
        stream.write(bzimage(BANNER))
        stream.truncate(1 << 34)
    assert _kernel_file.kernel_of(_kernel_file.head_of(large)) is not None


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (
            "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)\nCopyright (c) …",
            "7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)",
        ),
        ("QEMU emulator version 9.1.50 (v9.1.0-1234-gabc-dirty)\n", "9.1.50 (v9.1.0-1234-gabc-dirty)"),
        ("QEMU emulator version 9.2.0", "9.2.0"),
        ("qemu-img version 7.2.22\n", None),
        ("hello\nQEMU emulator version 9.2.0\n", None),
        ("QEMU emulator version \x1b[31m9\n", None),
        ("", None),
    ],
)
def test_what_a_qemu_says_of_itself(text: str, version: str | None) -> None:
    assert version_in(text) == version


@pytest.mark.parametrize(
    ("seen", "wanted", "says"),
    [
        ({}, {}, ""),
        ({}, {"emulator": "/q", "kernel": "/k", "initrd": ""}, ""),
        ({}, {"emulator": "/r"}, "the emulator in libvirt's live XML is /q, /r was asked for"),
        ({"emulator": {**SEEN["emulator"], "exe": "/usr/bin/q"}}, {"emulator": "/q"}, "QEMU's process runs /usr/bin/q"),
        ({"emulator": {**SEEN["emulator"], "exe": "/opt/q (deleted)"}}, {"emulator": "/q"}, "runs /opt/q (deleted)"),
        ({"emulator": {**SEEN["emulator"], "exe": None}}, {"emulator": "/q"}, "runs what it does not tell"),
        ({}, {"kernel": "/l"}, "the kernel in libvirt's live XML is /k, /l was asked for"),
        ({"kernel": {"path": "/k", "argv": "/old"}}, {"kernel": "/k"}, "QEMU was started with the kernel /old"),
        ({}, {"initrd": "/i"}, "the initrd in libvirt's live XML is none, /i was asked for"),
        ({"initrd": {"path": "/i", "argv": None}}, {"initrd": "/i"}, "QEMU was started with the initrd none"),
    ],
)
def test_what_was_asked_for_and_what_is_there(seen: dict[str, Any], wanted: dict[str, str], says: str) -> None:
    found = unlike({**SEEN, **seen}, wanted)
    assert (len(found), says in "; ".join(found)) == (int(bool(says)), True)


def test_a_program_that_was_replaced_while_it_runs(tmp_path: Path) -> None:
    program = tmp_path / "sleep"
    shutil.copy(shutil.which("sleep"), program)
    with subprocess.Popen([program, "60"]) as process:
        try:
            assert is_that_file(process.pid, str(program))
            assert _process.exe(process.pid) == str(program)
            shutil.copy(sys.executable, tmp_path / "new")
            os.replace(tmp_path / "new", program)
            assert not is_that_file(process.pid, str(program))
            assert _process.exe(process.pid) == f"{program} (deleted)"
        finally:
            process.kill()
    assert not is_that_file(process.pid, "/nowhere")
    assert _process.exe(2**22 + 1) is None
