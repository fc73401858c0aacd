# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the hypervisor did beside the run: CPU time of all tasks and of the run's own tools, steal, pressure.

Interrupts are no task's. Without CONFIG_IRQ_TIME_ACCOUNTING the kernel adds those that a task was interrupted by to its
run time as well, so they are left out of what all tasks used: what is called foreign is the least that others took.
"""

from __future__ import annotations

import os
import re
import resource
from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._measure._window._meter import Meter
from ansible_collections.virtio.lab.plugins.module_utils._qemu import _process

# What tasks may wait for, as the kernel's pressure stall information calls it.
RESOURCES = ("cpu", "io", "memory")
_PRESSURE = re.compile(r"^(some|full) [^\n]{0,120}total=([0-9]{1,20})$", re.MULTILINE)
_STEAL = 8
_TASKS = (1, 2, 3)  # user, nice, system; guests are inside of user and nice
Pressure = Dict[str, Optional[Dict[str, int]]]


class HostLoad(NamedTuple):
    """Counters since the host was booted, in ns; None is what its kernel does not tell.

    tasks_ns is what all tasks ran, tools_ns what this program and those it started did. pressure maps each of RESOURCES
    to {some, full}: for how long at least one task, or all of them, waited for it.
    """

    tasks_ns: Optional[int]
    steal_ns: Optional[int]
    tools_ns: int
    pressure: Mapping[str, Optional[Mapping[str, int]]]


def pressure_meters(root: str = _process.PROC) -> Dict[str, Meter]:
    """Return the counters of pressure by resource."""
    return {name: Meter(f"{root}/pressure/{name}") for name in RESOURCES}


def host_load(stat: str, pressure: Mapping[str, Meter], tools: Sequence[int], root: str = _process.PROC) -> HostLoad:
    """Return the counters, stat being the text of /proc/stat and tools the processes that this one has started."""
    fields = stat.split("\n", 1)[0].split()
    known = len(fields) > _STEAL and fields[0] == "cpu"
    return HostLoad(
        sum(_ns(fields[at]) for at in _TASKS) if known else None,
        _ns(fields[_STEAL]) if known else None,
        tools_ns(tools, root),
        {name: pressure_ns(meter.read()) for name, meter in pressure.items()},
    )


def pressure_ns(text: str) -> Optional[Dict[str, int]]:
    """Return {some, full} of a file of /proc/pressure, which has µs; None where the kernel keeps none.

    >>> pressure_ns("some avg10=2.86 avg60=3.77 avg300=11.66 total=16\\n")
    {'some': 16000}
    """
    return {kind: int(total) * 1000 for kind, total in _PRESSURE.findall(text)} or None


def tools_ns(tools: Sequence[int], root: str = _process.PROC) -> int:
    """Return what this process and those in tools used, whether they still run or have been waited for."""
    while True:
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        running = sum(_used(pid, root) for pid in tools)
        again = resource.getrusage(resource.RUSAGE_CHILDREN)
        # Where one was waited for in between, it may stand in both or in neither.
        if _sum(ended) == _sum(again):
            return running + _sum(again) + _sum(resource.getrusage(resource.RUSAGE_SELF))


def _used(pid: int, root: str) -> int:
    """Return what a process used, its ended threads and children included; 0 where it has been waited for."""
    fields = Meter(f"{root}/{pid}/stat").read().rpartition(")")[2].split()
    # The name, in parentheses, may hold blanks: counted from behind it, utime to cstime are fields 14 to 17 of proc(5).
    times: List[str] = fields[11:15]
    return sum(_ns(time) for time in times)


def _sum(usage: resource.struct_rusage) -> int:
    return round((usage.ru_utime + usage.ru_stime) * 1e9)


def _ns(ticks: str) -> int:
    return int(ticks) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")
