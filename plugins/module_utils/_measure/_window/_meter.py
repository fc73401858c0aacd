# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counters of /proc and /sys that a sampler reads every second.

Their files stay open from one read to the next, and a thread's name is not asked for again once it is known: a sampler
runs beside what it measures, and opening a file costs more than reading it.
"""

from __future__ import annotations

import os
from typing import Dict, Tuple

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._qemu import _process, _threads

_FIRST_BYTES = 4096


class Meter:
    """A file whose text the kernel makes anew at every read from its beginning."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._fd = -1

    def read(self) -> str:
        """Return its first 4096 bytes, "" where there is no such file or what it tells of has gone."""
        try:
            if self._fd < 0:
                self._fd = os.open(self._path, os.O_RDONLY)
            return os.pread(self._fd, _FIRST_BYTES, 0).decode("utf-8", errors="replace")
        except OSError:
            return ""

    def __del__(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)


class Threads:
    """The threads of QEMU's pid, and the kernel threads that are its vhost workers when this is made.

    beside: whether the process is not QEMU but one that serves a NIC of its guest.
    """

    def __init__(self, pid: int, root: str = _process.PROC, beside: bool = False) -> None:
        self._pid, self._beside = pid, beside
        self._folder = f"{root}/{pid}/task"
        workers = [] if beside else _threads.vhost_kthreads(pid, root)
        self._times = {tid: Meter(f"{root}/{tid}/schedstat") for tid in workers}
        self._workers = dict.fromkeys(self._times, "vhost")
        self._seen: Dict[int, str] = {}
        self._classes: Dict[int, str] = {}

    def read(self) -> Dict[int, Tuple[str, int]]:
        """Return tid → (class, ns the thread has run since it began).

        Raises LabError when the process has gone.
        """
        try:
            tids = [int(name) for name in os.listdir(self._folder)]
        except FileNotFoundError as gone:
            what = "what is at the other end of the NIC's socket" if self._beside else "QEMU"
            raise LabError(f"no process {self._pid}: {what} has ended") from gone
        found = {}
        for tid in (*tids, *self._workers):
            if tid not in self._times:
                self._times[tid] = Meter(f"{self._folder}/{tid}/schedstat")
            run_ns = self._times[tid].read().split(" ", 1)[0]
            klass = self._workers.get(tid) or self._class_of(tid)
            if run_ns and klass:
                found[tid] = (klass, int(run_ns))
        return found

    def _class_of(self, tid: int) -> str:
        """Return the thread's class, "" when it has ended.

        A new thread bears its parent's name until it has set its own, so only a name that was read twice is kept.
        """
        if tid in self._classes:
            return self._classes[tid]
        comm = Meter(f"{self._folder}/{tid}/comm").read().rstrip("\n")
        known = _threads.class_beside(comm) if self._beside else _threads.class_of(tid, comm, self._pid)
        klass = comm and known
        if self._seen.get(tid) == klass:
            self._classes[tid] = klass
        self._seen[tid] = klass
        return klass
