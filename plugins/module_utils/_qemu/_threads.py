# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The threads that work for a guest, QEMU's own and the kernel's vhost workers: their CPU time and their classes."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._qemu._process import PROC, argv, pids, read

# What a thread may be of, in the order in which figures show them; "other" is what no name tells.
CLASSES = ("vcpu", "vhost", "main", "iothread", "worker", "other")
# What a process beside QEMU may have: it is busy whether packets come or not.
POLLER = "poller"
# The only thread of the program of that name, which sleeps until packets come.
PASST = "passt"
_PASST = re.compile(r"passt(\.avx2)?\Z")
_POLLS = re.compile(r"((lcore|rte|dpdk)-worker-?[0-9]{1,5}|pmd-c[0-9]{1,5}/id:[0-9]{0,5})\Z")
# Thread names QEMU sets under `-name …,debug-threads=on`, which libvirt always gives; the kernel cuts them at 15 bytes.
_NAMES = (
    (re.compile(r"CPU [0-9]{1,6}/|ALL CPUs/"), "vcpu"),
    (re.compile(r"vhost-[0-9]{1,10}\Z"), "vhost"),
    # The monitor's own iothread serves QMP, never a packet.
    (re.compile(r"IO (?!mon_iothread)"), "iothread"),
    (re.compile(r"worker\Z"), "worker"),
)


class Thread(NamedTuple):
    """One thread that works for a guest; cpu_ns is the time it has run since it began, in ns."""

    tid: int
    comm: str
    klass: str
    cpu_ns: int


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
    return [other for other in pids(root) if read(Path(root, str(other), "comm")) == name and not argv(other, root)]


def classify(comm: str) -> str:
    """Return the class (vcpu, vhost, iothread, worker or other) of a QEMU thread by its name.

    >>> [classify(name) for name in ("CPU 0/KVM", "vhost-918", "IO io1", "IO mon_iothread", "call_rcu")]
    ['vcpu', 'vhost', 'iothread', 'other', 'other']
    """
    return next((klass for pattern, klass in _NAMES if pattern.match(comm)), "other")


def class_of(tid: int, comm: str, pid: int) -> str:
    """Return the class of thread tid of QEMU's pid: QEMU's first thread is its main loop, whatever its name."""
    return "main" if tid == pid else classify(comm)


def class_beside(comm: str) -> str:
    """Return the class of a thread of the process at the other end of a NIC's socket.

    DPDK calls the threads that poll lcore-worker-N, rte-worker-N and dpdk-workerN, by its version. Open vSwitch calls
    them pmd-cCPU/id:N, as far as the kernel keeps that.

    >>> [class_beside(name) for name in ("rte-worker-1", "dpdk-worker1", "pmd-c01/id:8", "dpdk-testpmd", "passt.avx2")]
    ['poller', 'poller', 'poller', 'other', 'passt']
    """
    if _PASST.match(comm):
        return PASST
    return POLLER if _POLLS.match(comm) else "other"


def _thread(tid: int, place: Path, pid: int) -> Optional[Thread]:
    comm, schedstat = read(place / "comm"), read(place / "schedstat")
    if not comm or not schedstat:  # it ended since it was listed
        return None
    return Thread(tid, comm, class_of(tid, comm, pid), int(schedstat.split()[0]))
