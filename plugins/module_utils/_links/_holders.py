# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which processes hold a link: those with an open /dev/net/tun, whose /proc/PID/fdinfo names the TUN/TAP device
(`iff:`), or with the open device of a macvtap. What is open tells by its device number, whatever its name is.

The name alone of a TUN/TAP device does not say which network namespace it is in, and neither does the process's own
(libvirt opens devices for QEMU). The kernel tells by TUNGETDEVNETNS on the open file, of which pidfd_getfd(2) gives a
duplicate.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
from dataclasses import dataclass
from typing import Collection, Iterator, Mapping, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Action, Key, Link
from ansible_collections.virtio.lab.plugins.module_utils._links._nodes import TUN, macvtap_numbers, number_of
from ansible_collections.virtio.lab.plugins.module_utils._links._paths import NETNS_DIR
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner

PIDFD_GETFD = 438  # the same on all architectures but alpha, since Linux 5.6
TUNGETDEVNETNS = 0x54E3  # _IO('T', 227), include/uapi/linux/if_tun.h, since Linux 5.6


@dataclass(frozen=True)
class Holder:
    """A process with the device open."""

    pid: int
    comm: str

    def __str__(self) -> str:
        return f"{self.comm} (pid {self.pid})"


def holders(links: Mapping[Key, Link], runner: Runner, proc: str = "/proc") -> dict[Key, list[Holder]]:
    """Holders by link, for the links asked about; one that nobody holds is not in the result.

    A process counts where the kernel does not tell the namespace of the device it holds (before Linux 5.6), and where
    it holds some macvtap and it cannot be told which.
    """
    tuns: dict[str, list[Key]] = {}
    for key, link in links.items():
        if link.kind == "tun":
            tuns.setdefault(link.name, []).append(key)
    macvtaps = _macvtaps({key: link for key, link in links.items() if link.kind == "macvtap"}, runner)
    if not tuns and not macvtaps:
        return {}
    namespaces = {netns: _inode(netns, proc) for netns, _name in links}
    found: dict[Key, list[Holder]] = {}
    for pid in sorted(int(entry) for entry in os.listdir(proc) if entry.isdigit()):
        for fd, number in _open_devices(proc, pid):
            keys: list[Key] = []
            if number == TUN and tuns:
                name = _tun_name(proc, pid, fd)
                inode = _device_namespace(pid, fd) if name in tuns else None
                keys = [key for key in tuns.get(name, ()) if inode in (None, namespaces[key[0]])]
            elif number != TUN:
                keys = macvtaps.get(number) or macvtaps.get(-os.major(number), [])
            for key in keys:
                holder = Holder(pid, _read(f"{proc}/{pid}/comm").strip())
                if holder not in found.get(key, []):
                    found.setdefault(key, []).append(holder)
    return found


def _macvtaps(links: Mapping[Key, Link], runner: Runner) -> dict[int, list[Key]]:
    """Macvtaps by their device number; by the major one, negative, where their own ones cannot be read."""
    found: dict[int, list[Key]] = {}
    for netns in dict.fromkeys(netns for netns, _name in links):
        by_index = {link.index: key for key, link in links.items() if key[0] == netns}
        try:
            for index, number in macvtap_numbers(netns, by_index, runner).items():
                found.setdefault(number, []).append(by_index[index])
        except (LabError, OSError):
            for major in _majors("macvtap"):
                found.setdefault(-major, []).extend(by_index.values())
    return found


def _majors(driver: str) -> Iterator[int]:
    for line in _read("/proc/devices").splitlines():
        if line.endswith(f" {driver}"):
            yield int(line.split()[0])


def refuse_held(actions: Collection[Action], held: dict[Key, list[Holder]]) -> None:
    """Raises LabError for the first action that would pull a device from under a process."""
    for action in actions:
        by = ", ".join(str(holder) for holder in held.get(action.key, []))
        if action.cuts and by:
            raise LabError(
                f"{action.label} is held by {by} and the change {action.cuts}; "
                "stop the process first, or allow it with force: true"
            )


def _open_devices(proc: str, pid: int) -> Iterator[tuple[int, int]]:
    """Descriptor and device number of the character devices that the process has open."""
    try:
        fds = os.listdir(f"{proc}/{pid}/fd")
    except OSError:  # the process ended meanwhile
        return
    for fd in fds:
        path = f"{proc}/{pid}/fd/{fd}"
        try:
            if not os.readlink(path).startswith("/"):  # a socket, a pipe
                continue
        except OSError:
            continue
        number = number_of(path)
        if number is not None:
            yield int(fd), number


def _tun_name(proc: str, pid: int, fd: int) -> str:
    """The TUN/TAP device behind the open /dev/net/tun; "" where it has none yet."""
    for line in _read(f"{proc}/{pid}/fdinfo/{fd}").splitlines():
        if line.startswith("iff:"):
            return line[len("iff:") :].strip()
    return ""


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
