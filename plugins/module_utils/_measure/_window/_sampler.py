# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Once a second: the CPU time of QEMU's threads by class, what else the host does, the packets of the tap device."""

from __future__ import annotations

import os
import threading
import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple, TypeVar

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._host_load import (
    HostLoad,
    host_load,
    pressure_meters,
)
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._meter import Meter, Threads
from ansible_collections.virtio.lab.plugins.module_utils._qemu import _process
from ansible_collections.virtio.lab.plugins.module_utils._qemu._threads import CLASSES


class Tick(NamedTuple):
    """Counters at one moment (time.monotonic, s); threads maps tid → (class, ns), and peer those of a second guest.

    host is None where it was not looked at.
    """

    at_s: float
    threads: Dict[int, Tuple[str, int]]
    softirq_ns: Optional[int]
    packets: Optional[int]
    peer: Optional[Dict[int, Tuple[str, int]]] = None
    host: Optional[HostLoad] = None


class Cost(NamedTuple):
    """What the sampling itself took: CPU time of its thread (s), ticks left out, and the latest start of one (s)."""

    cpu_s: float
    ticks: int
    missed: int
    late_s: float


def schedule(begin_s: float, seconds: int, every_second: bool = True) -> List[float]:
    """Return when to tick (time.monotonic): every second of the window, or at its two ends alone."""
    return [begin_s + second for second in (range(seconds + 1) if every_second else (0, seconds))]


class Sampler(threading.Thread):
    """Read a tick at every moment of due (time.monotonic).

    The moments are fixed beforehand, so a late tick delays no other. One that is so late that the next is due is left
    out; the first and the last, which the window is counted between, never are.
    """

    def __init__(self, read: Callable[[], Tick], due: Sequence[float]) -> None:
        super().__init__(name="sampler", daemon=True)
        self.ticks: List[Tick] = []
        self.failure: Optional[LabError] = None
        self.cost = Cost(0.0, 0, 0, 0.0)
        self._read = read
        self._due = due
        self._stopped = threading.Event()

    def run(self) -> None:
        """Tick until the window ends, stop() is called or QEMU has gone."""
        began = time.thread_time()
        missed, late_s = 0, 0.0
        for number, due in enumerate(self._due):
            if self._stopped.wait(max(0.0, due - time.monotonic())):
                break
            if 0 < number < len(self._due) - 1 and time.monotonic() >= self._due[number + 1]:
                missed += 1
                continue
            late_s = max(late_s, time.monotonic() - due)
            try:
                self.ticks.append(self._read())
            except LabError as gone:
                self.failure = gone
                break
        self.cost = Cost(time.thread_time() - began, len(self.ticks), missed, late_s)

    def stop(self) -> None:
        """End early: the load has failed."""
        self._stopped.set()
        self.join()


class Reader:
    """Reads one tick of QEMU's pid and its tap device, of a second guest's QEMU, and of the host.

    beside: the process at the other end of the NIC's socket, whose threads count as QEMU's do.
    """

    def __init__(
        self,
        pid: int,
        tap: Optional[str],
        peer: Optional[int] = None,
        root: str = _process.PROC,
        beside: Optional[int] = None,
    ) -> None:
        self._own, self._stat, self._ways = Threads(pid, root), Meter(f"{root}/stat"), tap_meters(tap)
        self._beside = None if beside is None else Threads(beside, root, beside=True)
        self._peer = None if peer is None else Threads(peer, root)
        self._pressure, self._root = pressure_meters(root), root

    def __call__(self, tools: Sequence[int] = ()) -> Tick:
        """Read; tools are the processes that the run has started on the host."""
        began = time.monotonic()
        threads, stat, packets = self._own.read(), self._stat.read(), tap_packets(self._ways)
        threads.update(self._beside.read() if self._beside else {})
        at_s = (began + time.monotonic()) / 2
        peer = self._peer.read() if self._peer else None
        return Tick(at_s, threads, softirq_ns(stat), packets, peer, host_load(stat, self._pressure, tools, self._root))


def softirq_ns(stat: str) -> Optional[int]:
    """Return the softirq time of all CPUs in ns, from the text of /proc/stat (seventh figure, in clock ticks)."""
    fields = stat.split("\n", 1)[0].split()
    if len(fields) < 8 or fields[0] != "cpu":
        return None
    return int(fields[7]) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def tap_meters(tap: Optional[str], root: str = "/sys/class/net") -> List[Meter]:
    """Return the counters of the packets tap receives and sends, none where there is no tap."""
    return [Meter(f"{root}/{tap}/statistics/{way}_packets") for way in ("rx", "tx")] if tap else []


def tap_packets(meters: Sequence[Meter]) -> Optional[int]:
    """Return the packets in both directions, None once the device has gone; an offloaded one counts once."""
    counts = [meter.read() for meter in meters]
    return sum(map(int, counts)) if counts and all(counts) else None


def cpu_ns(first: Tick, last: Tick) -> Dict[str, int]:
    """Return the CPU time each class used between two ticks; a thread born meanwhile counts from 0."""
    return _used(first.threads, last.threads)


def peer_cpu_ns(first: Tick, last: Tick) -> Optional[Dict[str, int]]:
    """Return the same of the second guest, None where there was none."""
    return None if first.peer is None or last.peer is None else _used(first.peer, last.peer)


def _used(first: Dict[int, Tuple[str, int]], last: Dict[int, Tuple[str, int]]) -> Dict[str, int]:
    used = dict.fromkeys(CLASSES, 0)
    for tid, (klass, now) in last.items():
        begun = first.get(tid, (klass, 0))[1]
        used[klass] = used.get(klass, 0) + max(0, now - begun)  # less where another thread has its number now
    return used


def windows(ticks: List[Tick], throughput_bps: Sequence[float], begin_s: float) -> List[Dict[str, Any]]:
    """Return the samples of a run document, one between each two ticks; begin_s is when the window was to begin.

    Times are those the ticks were really read at. The load's own figures are one a second; a sample that spans several
    seconds, as ticks were left out, has their mean.
    """
    samples = []
    for first, last in zip(ticks, ticks[1:]):
        covered = throughput_bps[round(first.at_s - begin_s) : round(last.at_s - begin_s)]
        samples.append(
            {
                "from_s": round(first.at_s - begin_s, 6),
                "t_s": round(last.at_s - begin_s, 6),
                "throughput_bps": sum(covered) / len(covered) if covered else None,
                "cpu_ns": cpu_ns(first, last),
                "softirq_ns": difference(first.softirq_ns, last.softirq_ns),
            }
        )
    return samples


Counted = TypeVar("Counted", int, float)


def difference(first: Optional[Counted], last: Optional[Counted]) -> Optional[Counted]:
    """Return last - first, None when either was not read or the counter fell: it was set back, so nothing is known."""
    return None if first is None or last is None or last < first else last - first
