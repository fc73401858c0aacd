# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file of the host's own, whatever stands at its path: folders, pipes and devices are refused, never waited for."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from typing import BinaryIO, Dict, Iterable

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError

_BLOCK = 1 << 20
_RESERVE = 256 << 20
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe (FIFO)"),
    (stat.S_ISBLK, "a block device"),
    (stat.S_ISCHR, "a character device"),
    (stat.S_ISSOCK, "a socket"),
)


def open_file(path: str) -> BinaryIO:
    """Open the regular file at path for reading; LabError where there is none."""
    try:
        _require_file(os.stat(path).st_mode, path)
        # Another thing may stand there by now: it is not waited for, and looked at again.
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC), "rb")
    except (FileNotFoundError, NotADirectoryError):
        raise LabError(f"{path} does not exist on this host; the path of a disk image is right") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise LabError(f"{path!r} cannot be read: {why}; the path of a disk image is right") from error
    _require_file(os.fstat(file.fileno()).st_mode, path)
    return file


def _require_file(mode: int, path: str) -> None:
    for is_kind, name in _KINDS:
        if is_kind(mode):
            raise LabError(f"{path} is {name}; the path of a disk image is right")


def copy(source: BinaryIO, dest: str, algorithms: Iterable[str]) -> Dict[str, str]:
    """Copy an open file to dest, which only the caller can read, and return the sums of what was written."""
    told = os.fstat(source.fileno())
    folder = os.path.dirname(dest)
    free = shutil.disk_usage(folder).free - _RESERVE
    if told.st_blocks * 512 > free:
        needed = told.st_blocks * 512 >> 20
        raise LabError(f"{folder} has {max(0, free) >> 20} MiB free; a copy of {source.name} takes {needed} MiB")
    sums = {name: hashlib.new(name) for name in algorithms}
    source.seek(0)
    with os.fdopen(os.open(dest, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        left = told.st_size
        while left:
            block = source.read(min(_BLOCK, left))
            if not block:
                break
            left -= len(block)
            for one in sums.values():
                one.update(block)
            if block.count(0) == len(block):
                file.seek(len(block), os.SEEK_CUR)
            else:
                file.write(block)
        file.truncate(told.st_size - left)
    return {name: one.hexdigest() for name, one in sums.items()}


def sums(path: str, algorithms: Iterable[str]) -> Dict[str, str]:
    """The sums of a file."""
    found = {name: hashlib.new(name) for name in algorithms}
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(_BLOCK), b""):
            for one in found.values():
                one.update(block)
    return {name: one.hexdigest() for name, one in found.items()}
