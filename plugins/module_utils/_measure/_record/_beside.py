# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What went on beside the run on the hypervisor: the figures of its two readings."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

from ansible_collections.virtio.lab.plugins.module_utils._measure._window._host_load import RESOURCES, HostLoad
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._sampler import difference

BESIDE = ("tasks_s", "tools_cpu_s", "foreign_cpu_s", "steal_s", "pressure_s")
_NONE = "the hypervisor's kernel keeps no pressure stall information of {}"


def beside(first: Optional[HostLoad], last: Optional[HostLoad], own_ns: int) -> Dict[str, Any]:
    """Return the figures of BESIDE between two readings; own_ns is what the guests' QEMUs used.

    Foreign is what all tasks used, less that of the guests and the tools. Both are counted in steps of the kernel's
    clock: what is less than nothing by that is nothing.
    """
    if first is None or last is None:
        return dict.fromkeys(BESIDE)
    tasks, steal = difference(first.tasks_ns, last.tasks_ns), difference(first.steal_ns, last.steal_ns)
    tools = max(0, last.tools_ns - first.tools_ns)
    pressure = {name: _waited(first.pressure.get(name), last.pressure.get(name)) for name in RESOURCES}
    return {
        "tasks_s": _s(tasks),
        "tools_cpu_s": _s(tools),
        "foreign_cpu_s": None if tasks is None else _s(max(0, tasks - own_ns - tools)),
        "steal_s": _s(steal),
        "pressure_s": pressure if any(pressure.values()) else None,
    }


def gaps(pressure: Optional[Mapping[str, Any]]) -> Dict[str, str]:
    """Return why one of the resources has no pressure where another has."""
    lacking = [name for name, waited in (pressure or {}).items() if waited is None]
    return {f"summary.pressure_s.{name}": _NONE.format(name) for name in lacking}


def _waited(first: Optional[Mapping[str, int]], last: Optional[Mapping[str, int]]) -> Optional[Dict[str, float]]:
    if first is None or last is None:
        return None
    found = {kind: difference(first.get(kind), last[kind]) for kind in last}
    return {kind: ns / 1e9 for kind, ns in found.items() if ns is not None} or None


def _s(ns: Optional[int]) -> Optional[float]:
    return None if ns is None else ns / 1e9
