# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the guest's own CPUs did, as its kernel accounts for it: the hypervisor sees of a vCPU only that it ran."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

# One line a CPU; a line of all together goes before them. What a guest tells is foreign: bounded.
_CPU = re.compile(r"^cpu([0-9]{1,5})((?: [0-9]{1,18}){8,12})$", re.MULTILINE)
_MOST_CPUS = 4096
# /proc/stat counts in USER_HZ, which is 100 on every architecture that runs virtio_net under QEMU but alpha.
_TICKS_PER_SECOND = 100


class CpuTimes(NamedTuple):
    """Clock ticks of one vCPU since the guest was booted, as proc(5) names them."""

    user: int
    nice: int
    system: int
    idle: int
    iowait: int
    irq: int
    softirq: int
    steal: int


def cpu_times(stat: str) -> Optional[Dict[str, CpuTimes]]:
    """Return the times by vCPU in the text of /proc/stat; None where it names none.

    >>> cpu_times("cpu  9 0 9 9 0 0 9 0 0 0\\ncpu0 1 0 2 3 0 0 4 5 0 0")["0"].softirq
    4
    """
    rows: List[Any] = _CPU.findall(stat)[:_MOST_CPUS]
    return {number: CpuTimes(*map(int, times.split()[: len(CpuTimes._fields)])) for number, times in rows} or None


def spent(
    first: Optional[Mapping[str, CpuTimes]], last: Optional[Mapping[str, CpuTimes]]
) -> Optional[Dict[str, Dict[str, float]]]:
    """Return by vCPU the seconds it was busy, those in softirqs among them, and those that were stolen from it.

    None where one of them was not read, where the vCPUs are not the same and where a counter fell.
    """
    if first is None or last is None or set(first) != set(last):
        return None
    ticks = {cpu: [now - was for was, now in zip(first[cpu], last[cpu])] for cpu in last}
    # Idle time may fall where a vCPU is woken while it is read; it is used for nothing.
    passed = {cpu: CpuTimes(*counts) for cpu, counts in ticks.items()}
    if any(min(one._replace(idle=0, iowait=0)) < 0 for one in passed.values()):
        return None
    return {
        cpu: {
            "busy_s": (one.user + one.nice + one.system + one.irq + one.softirq) / _TICKS_PER_SECOND,
            "softirq_s": one.softirq / _TICKS_PER_SECOND,
            "steal_s": one.steal / _TICKS_PER_SECOND,
        }
        for cpu, one in passed.items()
    }
