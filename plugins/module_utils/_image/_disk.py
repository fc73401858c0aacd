# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look at an image: a disk in qcow2 or raw that stands on its own, or one sentence that says what it is instead."""

from __future__ import annotations

import os
from typing import BinaryIO, NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._image import _magic, _qcow2


class Disk(NamedTuple):
    """A disk image: its format, and how large the disk in it is."""

    format: str
    virtual_size: int


def examine(file: BinaryIO, shown: str) -> Disk:
    """What the open image is; LabError where a lab cannot use it. shown is its name in messages."""
    try:
        return _examine(file, shown)
    except OSError as error:  # such as a file of /proc, and a bad block
        raise LabError(f"{shown} cannot be read: {error.strerror}; the path of a disk image is right") from error


def _examine(file: BinaryIO, shown: str) -> Disk:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(_magic.HEAD)
    refuse(head, shown)
    if head[:4] == _qcow2.MAGIC:
        return Disk("qcow2", _qcow2.read(head, shown).virtual_size)
    file.seek(max(0, size - _magic.SECTOR))
    _say(_magic.last(file.read(_magic.SECTOR)), shown)
    return payload(head, size, shown)


def refuse(head: bytes, shown: str) -> None:
    """Refuse what a file that begins so cannot be: all that can be said before the rest is here."""
    _say(_magic.other(head), shown)
    if head[:4] == _qcow2.MAGIC:
        _qcow2.read(head, shown)
    elif len(head) >= _magic.HEAD:
        _say(_magic.no_table(head), shown)


def payload(head: bytes, size: int, shown: str) -> Disk:
    """The disk of size bytes that begins so, as a guest would see it."""
    inner = _magic.other(head)
    _say(_nested(inner, head), shown)
    _say(_magic.no_table(head), shown)
    end = _magic.end_of_partitions(head)
    if end > size:
        raise LabError(f"{shown} is cut off: its partitions reach to byte {end} of {size}; get it again, whole")
    return Disk("raw", size)


def _nested(inner: Optional[_magic.Other], head: bytes) -> Optional[_magic.Other]:
    """The disk in an image may be an image again: that one nobody would unpack."""
    if inner is None and head[:4] == _qcow2.MAGIC:
        return _magic.Other("a qcow2 inside another image", "name the inner one")
    return inner


def _say(found: Optional[_magic.Other], shown: str) -> None:
    if found:
        raise LabError(f"{shown} is {found.what}; {found.remedy}")
