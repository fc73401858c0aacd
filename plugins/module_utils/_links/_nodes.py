# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Device numbers: of the macvtaps of a network namespace, and of what a process has open by whatever name.

/dev/tapINDEX is but a name: two namespaces may have a macvtap of the same index, and `mknod` makes other names.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
import sys
from typing import Collection, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._inside import inside
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner

TUN = os.makedev(10, 200)  # TUN_MINOR of include/linux/miscdevice.h
AT_STATX_DONT_SYNC = 0x4000  # never wait for a file system that does not answer
STATX_TYPE = 1
# sysfs shows the namespace it was mounted in, so it is mounted again, by a process of its own that ends with it.
READ = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x00020000) or libc.mount(None, b"/", None, 0x00044000, None):
    sys.exit(os.strerror(ctypes.get_errno()))
if libc.mount(b"sysfs", b"/sys", b"sysfs", 0, None):
    sys.exit(os.strerror(ctypes.get_errno()))
for index in sys.argv[1:]:
    with open(f"/sys/class/macvtap/tap{index}/dev") as file:
        print(index, file.read().strip())
"""


def macvtap_numbers(netns: str, indices: Collection[int], runner: Runner) -> dict[int, int]:
    """The device numbers of macvtaps by their index. Raises LabError when they cannot be read."""
    with inside(netns):
        result = runner([sys.executable, "-c", READ, *map(str, indices)], check=False)
    if result.rc != 0:
        said = result.stderr.strip().splitlines() or ["it printed nothing"]
        raise LabError(f"the device numbers of macvtaps cannot be read: {said[-1]}")
    numbers = {}
    for line in result.stdout.splitlines():
        index, number = line.split()
        major, minor = number.split(":")
        numbers[int(index)] = os.makedev(int(major), int(minor))
    return numbers


def number_of(path: str) -> Optional[int]:
    """The device number of the character device that the path (of /proc/PID/fd) leads to; None of anything else."""
    buffer = ctypes.create_string_buffer(256)
    try:
        statx = ctypes.CDLL(None, use_errno=True).statx
    except AttributeError:  # glibc before 2.28
        return _number_by_stat(path)
    if statx(-100, os.fsencode(path), AT_STATX_DONT_SYNC, STATX_TYPE, buffer) != 0:
        return None
    (mode,) = struct.unpack_from("=H", buffer, 28)
    major, minor = struct.unpack_from("=II", buffer, 128)
    return os.makedev(major, minor) if stat.S_ISCHR(mode) else None


def _number_by_stat(path: str) -> Optional[int]:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_rdev if stat.S_ISCHR(found.st_mode) else None
