# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a workload of the lab file to the load that drives it and the tracer that watches it."""

from __future__ import annotations

from typing import Any, Dict, Optional, Union

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._hping3 import Hping3
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._iperf3 import Iperf3, parallel
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._load import Load
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._netperf import Netperf
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._perf import Perf, events, has_tracepoint
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._strace import Strace

Tracer = Union[Strace, Perf]

TRACERS = ("strace", "perf")
# A traced load lasts this much longer, so that a tracer that lets go late does not see an idle guest.
TRACER_LEAD_S = 1


def load_of(
    workload: Dict[str, Any], address: str, warmup_s: int, duration_s: int, iperf3: Optional[str] = None
) -> Load:
    """Return the load of a workload: iperf3 under a tracer, else the tool itself.

    iperf3 is its version: how it has to be started for several streams. Raises LabError when the workload lacks what
    its tool needs.
    """
    tool = workload["tool"]
    if tool == "netperf":
        return _netperf(workload, address, warmup_s, duration_s)
    if tool == "hping3":
        return Hping3(address, warmup_s=warmup_s, duration_s=duration_s)
    names = ("proto", "message_bytes", "streams", "rate_mbps")
    options = {name: workload[name] for name in names if workload.get(name) is not None}
    direction = workload.get("direction") or "host_to_guest"
    lasting = duration_s + TRACER_LEAD_S if tool in TRACERS else duration_s
    return parallel(Iperf3(address, direction=direction, duration_s=lasting, warmup_s=warmup_s, **options), iperf3)


def _netperf(workload: Dict[str, Any], address: str, warmup_s: int, duration_s: int) -> Netperf:
    if workload.get("test") not in ("tcp_rr", "udp_rr"):
        raise LabError(f"workload {workload['name']!r}: test is {workload.get('test')!r}; use tcp_rr or udp_rr")
    proto = workload["test"].split("_")[0]
    message_bytes = workload.get("message_bytes") or 1
    return Netperf(address, proto=proto, duration_s=duration_s, warmup_s=warmup_s, message_bytes=message_bytes)


def tracer_of(workload: Dict[str, Any], pid: int, output: str) -> Optional[Tracer]:
    """Return the tracer of a workload, None for a plain load.

    Raises LabError when perf lacks its tracepoints here.
    """
    if workload["tool"] == "strace":
        return Strace(pid, output)
    if workload["tool"] == "perf":
        return Perf(pid, output, events(has_tracepoint))
    return None
