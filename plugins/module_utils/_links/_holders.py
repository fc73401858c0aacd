# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which processes hold a link: those with an open /dev/net/tun, whose /proc/PID/fdinfo names the TUN/TAP device
(`iff:`), or with an open /dev/tapINDEX of a macvtap.

The name alone does not say which network namespace the device is in, and neither does the process's own (libvirt opens
devices for QEMU). The kernel tells by TUNGETDEVNETNS on the open file, of which pidfd_getfd(2) gives a duplicate.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
from dataclasses import dataclass
from typing import Collection, Iterator, Mapping, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Action, Key, Link
from ansible_collections.virtio.lab.plugins.module_utils._links._paths import NETNS_DIR

PIDFD_GETFD = 438  # the same on all architectures but alpha, since Linux 5.6
TUNGETDEVNETNS = 0x54E3  # _IO('T', 227), include/uapi/linux/if_tun.h, since Linux 5.6


@dataclass(frozen=True)
class Holder:
    """A process with the device open."""

    pid: int
    comm: str

    def __str__(self) -> str:
        return f"{self.comm} (pid {self.pid})"


def holders(links: Mapping[Key, Link], proc: str = "/proc") -> dict[Key, list[Holder]]:
    """Holders by link, for the links asked about; one that nobody holds is not in the result.

    A process counts where the kernel does not tell the namespace of the device it holds (before Linux 5.6).
    """
    wanted: dict[str, list[Key]] = {}
    for key, link in links.items():
        if link.kind in ("tun", "macvtap"):
            wanted.setdefault(link.name if link.kind == "tun" else f"/dev/tap{link.index}", []).append(key)
    if not wanted:
        return {}
    namespaces = {netns: _inode(netns, proc) for netns, _name in links}
    found: dict[Key, list[Holder]] = {}
    for pid in sorted(int(entry) for entry in os.listdir(proc) if entry.isdigit()):
        for fd, name in _held(proc, pid):
            if name not in wanted:
                continue
            inode = None if name.startswith("/") else _device_namespace(pid, fd)
            holder = Holder(pid, _read(f"{proc}/{pid}/comm").strip())
            for key in wanted[name]:
                if inode in (None, namespaces[key[0]]) and holder not in found.get(key, []):
                    found.setdefault(key, []).append(holder)
    return found


def refuse_held(actions: Collection[Action], held: dict[Key, list[Holder]]) -> None:
    """Raises LabError for the first action that would pull a device from under a process."""
    for action in actions:
        by = ", ".join(str(holder) for holder in held.get(action.key, []))
        if action.cuts and by:
            raise LabError(
                f"{action.label} is held by {by} and the change {action.cuts}; "
                "stop the process first, or allow it with force: true"
            )


def _held(proc: str, pid: int) -> Iterator[tuple[int, str]]:
    try:
        fds = os.listdir(f"{proc}/{pid}/fd")
    except OSError:  # the process ended meanwhile
        return
    for fd in fds:
        try:
            path = os.readlink(f"{proc}/{pid}/fd/{fd}")
        except OSError:
            continue
        if path.startswith("/dev/tap"):
            yield int(fd), path
        if not path.endswith("/net/tun"):
            continue
        for line in _read(f"{proc}/{pid}/fdinfo/{fd}").splitlines():
            if line.startswith("iff:"):
                yield int(fd), line[len("iff:") :].strip()


def _inode(netns: str, proc: str) -> int:
    return os.stat(os.path.join(NETNS_DIR, netns) if netns else f"{proc}/self/ns/net").st_ino


def _device_namespace(pid: int, fd: int) -> Optional[int]:
    """Inode of the network namespace of the TUN/TAP device behind an open file of another process; None: unknown."""
    opened = []
    try:
        opened.append(os.pidfd_open(pid))
        opened.append(ctypes.CDLL(None, use_errno=True).syscall(PIDFD_GETFD, opened[0], fd, 0))
        opened.append(fcntl.ioctl(opened[1], TUNGETDEVNETNS))
        return os.fstat(opened[2]).st_ino
    except (AttributeError, OSError, ValueError):  # no such call here, the process ended, or it may not be asked
        return None
    finally:
        for descriptor in opened:
            if descriptor >= 0:
                os.close(descriptor)


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
