# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a kernel's file says of itself, which the guest that runs it must say too.

https://docs.kernel.org/arch/x86/boot.html, fields header, version and kernel_version
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple, Optional

_MAGIC, _MAGIC_AT, _VERSION_AT, _SECTOR = b"HdrS", 0x202, 0x20E, 0x200
_ELF = b"\x7fELF"
# The version's offset has 16 bits.
_HEAD = 0x10000 + _SECTOR + 512
# UTS_RELEASE (who@where) UTS_VERSION, as arch/x86/boot/version.c has it
_BANNER = re.compile(r"([\x21-\x7e]{1,64}) \([\x20-\x7e]{0,160}?\) (#[\x20-\x7e]{1,64})")


class Kernel(NamedTuple):
    """What uname -r and uname -v say in a guest that runs it."""

    release: str
    version: str


def head_of(path: Path) -> bytes:
    """Return the beginning of a file, as much as the functions here look at; raises OSError."""
    with path.open("rb") as stream:
        return stream.read(_HEAD)


def is_bootable(head: bytes) -> bool:
    """Whether QEMU boots an x86 guest from a file of that beginning: a bzImage, or an ELF file (PVH, multiboot)."""
    return head[_MAGIC_AT : _MAGIC_AT + 4] == _MAGIC or head.startswith(_ELF)


def kernel_of(head: bytes) -> Optional[Kernel]:
    """Return what a bzImage says of itself; None for every other file, which does not tell."""
    if head[_MAGIC_AT : _MAGIC_AT + 4] != _MAGIC:
        return None
    at = int.from_bytes(head[_VERSION_AT : _VERSION_AT + 2], "little")
    text = head[at + _SECTOR : at + _SECTOR + 512].partition(b"\0")[0].decode("ascii", "replace") if at else ""
    found = _BANNER.fullmatch(text)
    return Kernel(found.group(1), found.group(2)) if found else None
