# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A QEMU process as /proc shows it: its argv, its threads with their CPU time, the devices it holds open.

Every function takes the root of /proc, so that captured trees can be read as well as the live one.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError

PROC = "/proc"

# Thread names QEMU sets under `-name …,debug-threads=on`, which libvirt always gives; the kernel cuts them at 15 bytes.
_CLASSES = (
    (re.compile(r"CPU [0-9]{1,6}/|ALL CPUs/"), "vcpu"),
    (re.compile(r"vhost-[0-9]{1,10}\Z"), "vhost"),
    # The monitor's own iothread serves QMP, never a packet.
    (re.compile(r"IO (?!mon_iothread)"), "iothread"),
    (re.compile(r"worker\Z"), "worker"),
)
_DEVICES = (
    (re.compile(r"/dev/vhost-net\Z"), "vhost_net"),
    (re.compile(r"/dev/net/tun\Z"), "tun"),
    (re.compile(r"/dev/tap[0-9]{1,10}\Z"), "tap"),
    (re.compile(r"/dev/vfio/([0-9]{1,10}|devices/vfio[0-9]{1,10})\Z"), "vfio"),
)


_IFF = re.compile(r"^iff:[ \t]{0,9}(\S{1,64})$", re.MULTILINE)


class Thread(NamedTuple):
    """One thread that works for a guest; cpu_ns is the time it has run since it began, in ns."""

    tid: int
    comm: str
    klass: str
    cpu_ns: int


def qemu_pid(uuid: str, root: str = PROC) -> Optional[int]:
    """Return the pid of the QEMU process that libvirt started with -uuid uuid, None when there is none."""
    for pid in _pids(root):
        words = argv(pid, root)
        if "-uuid" in words[:-1] and words[words.index("-uuid") + 1] == uuid:
            return pid
    return None


def argv(pid: int, root: str = PROC) -> list[str]:
    """Return the command line of pid; [] for a kernel thread and for a process that has gone."""
    try:
        return Path(root, str(pid), "cmdline").read_text(encoding="utf-8", errors="replace").split("\0")[:-1]
    except OSError:
        return []


def threads(pid: int, root: str = PROC) -> list[Thread]:
    """Return the threads of QEMU and the vhost workers that serve it, by tid.

    Raises LabError when the process has gone.
    """
    try:
        tids = [int(name) for name in os.listdir(f"{root}/{pid}/task")]
    except FileNotFoundError as gone:
        raise LabError(f"no process {pid}: QEMU has ended") from gone
    places = [(tid, Path(root, str(pid), "task", str(tid))) for tid in tids]
    places += [(tid, Path(root, str(tid))) for tid in vhost_kthreads(pid, root)]
    found = (_thread(tid, place, pid) for tid, place in sorted(places))
    return [thread for thread in found if thread]


def vhost_kthreads(pid: int, root: str = PROC) -> list[int]:
    """Return the kernel threads named vhost-PID.

    Linux before 6.4, and later ones where /sys/module/vhost/parameters/fork_from_owner_default is N, run the vhost
    worker as a child of kthreadd; the others run it as a thread of QEMU.
    """
    name = f"vhost-{pid}"
    return [other for other in _pids(root) if _read(Path(root, str(other), "comm")) == name and not argv(other, root)]


def classify(comm: str) -> str:
    """Return the class (vcpu, vhost, iothread, worker or other) of a QEMU thread by its name.

    >>> [classify(name) for name in ("CPU 0/KVM", "vhost-918", "IO io1", "IO mon_iothread", "call_rcu")]
    ['vcpu', 'vhost', 'iothread', 'other', 'other']
    """
    return next((klass for pattern, klass in _CLASSES if pattern.match(comm)), "other")


def class_of(tid: int, comm: str, pid: int) -> str:
    """Return the class of thread tid of QEMU's pid: QEMU's first thread is its main loop, whatever its name."""
    return "main" if tid == pid else classify(comm)


def links(pid: int, root: str = PROC) -> dict[int, str]:
    """Return what each file descriptor of pid points at.

    Raises LabError when this user may not look, or when the process has gone.
    """
    folder = f"{root}/{pid}/fd"
    try:
        names = os.listdir(folder)
    except PermissionError as denied:
        raise LabError(f"{folder} may be read by root only; use become: true") from denied
    except FileNotFoundError as gone:
        raise LabError(f"no process {pid}: QEMU has ended") from gone
    found = {}
    for name in names:
        try:
            found[int(name)] = os.readlink(f"{folder}/{name}")
        except FileNotFoundError:  # closed since it was listed
            continue
    return found


def taps(pid: int, root: str = PROC) -> dict[int, str]:
    """Return which TAP each open /dev/net/tun of pid feeds, by descriptor; those that feed none are left out.

    The kernel tells in fdinfo (`iff`). Raises LabError as links() does.
    """
    found = {}
    for number, target in links(pid, root).items():
        if target == "/dev/net/tun":
            name = _IFF.search(_read(Path(root, str(pid), "fdinfo", str(number))))
            if name:
                found[number] = name.group(1)
    return found


def count_devices(targets: dict[int, str]) -> dict[str, int]:
    """Count, in what links() returned, the descriptors of the devices a datapath can be told by."""
    counts = {kind: 0 for _pattern, kind in _DEVICES}
    for target in targets.values():
        for pattern, kind in _DEVICES:
            counts[kind] += bool(pattern.match(target))
    return counts


def fds(pid: int, root: str = PROC) -> dict[str, int]:
    """Return how many descriptors pid holds of /dev/vhost-net, /dev/net/tun, /dev/tapN and VFIO groups."""
    return count_devices(links(pid, root))


def _pids(root: str) -> list[int]:
    return sorted(int(name) for name in os.listdir(root) if name.isdigit())


def _thread(tid: int, place: Path, pid: int) -> Optional[Thread]:
    comm, schedstat = _read(place / "comm"), _read(place / "schedstat")
    if not comm or not schedstat:  # it ended since it was listed
        return None
    return Thread(tid, comm, class_of(tid, comm, pid), int(schedstat.split()[0]))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").rstrip("\n")
    except OSError:
        return ""
