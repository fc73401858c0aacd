# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The header of a qcow2 file: read without QEMU, so that nothing that it names is ever opened."""

from __future__ import annotations

import struct
from typing import NamedTuple

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError

MAGIC = b"QFI\xfb"
# The specification's limits (docs/interop/qcow2.txt), and a disk larger than any that a lab has a use for.
CLUSTER_BITS = (9, 21)
LARGEST = 64 << 40

_CORRUPT, _DATA_FILE = 1 << 1, 1 << 2
_KNOWN = 0b11111
_EXTENSION_END, _EXTENSION_DATA_FILE, _EXTENSION_CRYPT = 0, 0x44415441, 0x0537BE77
_SELF_CONTAINED = "an image of one file is right (qemu-img convert -O qcow2 makes one, where you trust it)"


class Header(NamedTuple):
    """What a lab wants to know of a qcow2 that stands on its own."""

    version: int
    virtual_size: int


def read(head: bytes, shown: str) -> Header:
    """The header of the file that begins so; shown is its name in messages.

    Raises LabError where it names another file, is encrypted or marked corrupt, or is not understood.
    """
    if len(head) < 72:
        raise LabError(f"{shown} is a qcow2 of {len(head)} bytes, shorter than its header; get it again, whole")
    version, backing_at, backing_length, bits, size, crypt = struct.unpack(">IQIIQI", head[4:36])
    if version not in (2, 3):
        raise LabError(f"{shown} is a qcow of version {version}; 2 or 3 is right")
    incompatible, length = (0, 72) if version == 2 else _third(head, shown)
    if backing_at or backing_length:
        name = head[backing_at : backing_at + min(backing_length, 1023)].decode("utf-8", "replace")
        raise LabError(f"{shown} has the backing file {name!r}; {_SELF_CONTAINED}")
    if incompatible & _DATA_FILE:
        raise LabError(f"{shown} keeps its data in another file; {_SELF_CONTAINED}")
    if crypt:
        raise LabError(f"{shown} is encrypted; an image that is not encrypted is right")
    if incompatible & _CORRUPT:
        raise LabError(f"{shown} is marked corrupt; get it again, or mend it (qemu-img check -r all)")
    if incompatible & ~_KNOWN:
        raise LabError(f"{shown} uses unknown features of qcow2 ({incompatible:#x}); compat=1.1 is right")
    if not CLUSTER_BITS[0] <= bits <= CLUSTER_BITS[1]:
        raise LabError(f"{shown} has clusters of 2^{bits} bytes, which no qcow2 can have; get it again")
    if not 0 < size <= LARGEST:
        raise LabError(f"{shown} is a disk of {size} bytes; one of 1 byte to 64 TiB is right")
    _extensions(head, length, min(len(head), 1 << bits), shown)
    return Header(version, size)


def _third(head: bytes, shown: str) -> tuple[int, int]:
    """Return the incompatible features and the header's length of a qcow2 of version 3."""
    if len(head) < 104:
        raise LabError(f"{shown} is a qcow2 of {len(head)} bytes, shorter than its header; get it again, whole")
    incompatible, _compatible, _autoclear, _order, length = struct.unpack(">QQQII", head[72:104])
    if length < 104 or length % 8:
        raise LabError(f"{shown} says that its header is {length} bytes long, which no qcow2 can say; get it again")
    return incompatible, length


def _extensions(head: bytes, at: int, end: int, shown: str) -> None:
    """Refuse what only an extension tells: QEMU reads these before it looks at the feature bits."""
    while at + 8 <= end:
        kind, length = struct.unpack(">II", head[at : at + 8])
        if kind == _EXTENSION_END:
            return
        if kind == _EXTENSION_DATA_FILE:
            name = head[at + 8 : at + 8 + min(length, 1023)].decode("utf-8", "replace")
            raise LabError(f"{shown} names the data file {name!r}; {_SELF_CONTAINED}")
        if kind == _EXTENSION_CRYPT:
            raise LabError(f"{shown} is encrypted; an image that is not encrypted is right")
        at += 8 + (length + 7) // 8 * 8
    if at > end:
        raise LabError(f"{shown} has a header that runs over its end; get it again")
