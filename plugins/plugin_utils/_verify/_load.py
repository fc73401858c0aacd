# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a run document back to the load and the tracer whose output lies beside it, to read that output again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._hping3 import Hping3
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._iperf3 import Iperf3, Parallel
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._load import Load
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._netperf import Netperf
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._workload import TRACERS

_MOST_PROCESSES = 1024


def load_of(workload: Mapping[str, Any]) -> Load:
    """The load of a recorded workload; the address it went to is of no matter any more."""
    options: dict[str, Any] = {"duration_s": workload["duration_s"], "warmup_s": workload["warmup_s"]}
    if workload["tool"] == "hping3":
        return Hping3("the guest", **options)
    options |= {"proto": workload["proto"], "message_bytes": workload["message_bytes"] or 1}
    if workload["tool"] == "netperf":
        return Netperf("the guest", connects=workload.get("test") == "tcp_crr", **options)
    options |= {"direction": workload["direction"], "rate_mbps": workload.get("rate_mbps") or 0}
    processes = min(workload.get("processes") or 1, _MOST_PROCESSES)
    if processes > 1:
        return Parallel([Iperf3("the guest", **options) for _process in range(processes)])
    return Iperf3("the guest", streams=workload["streams"], **options)


def outputs(load: Load) -> list[str]:
    """The files that its clients wrote, in the order of its members."""
    return [
        f"{load.name}{f'-{number}' if number > 1 else ''}.stdout" for number, _member in enumerate(load.members(), 1)
    ]


def is_traced(workload: Mapping[str, Any]) -> bool:
    return workload["tool"] in TRACERS
