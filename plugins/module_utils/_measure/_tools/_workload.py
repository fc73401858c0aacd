# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a workload of the lab file to the load that drives it and the tracer that watches it."""

from __future__ import annotations

from typing import Any, Dict, Mapping, NamedTuple, Optional, Union

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._hping3 import Hping3
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._iperf3 import Iperf3, parallel
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._load import Load
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._netperf import TESTS, Netperf
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._perf import Perf, events, has_tracepoint
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._strace import Strace

Tracer = Union[Strace, Perf]

TRACERS = ("strace", "perf")
# Tools whose client can be nowhere but on the host.
FROM_HOST = ("hping3",)
# A traced load lasts this much longer, so that a tracer that lets go late does not see an idle guest.
TRACER_LEAD_S = 1


class Where(NamedTuple):
    """Where a load goes, and where its client runs: host or guest. port: its first server's, None for the usual one."""

    address: str
    client: str = "host"
    port: Optional[int] = None

    def options(self) -> Dict[str, Any]:
        """The options of a load that has a server."""
        return {"client": self.client, **({} if self.port is None else {"port": self.port})}


def direction_of(workload: Mapping[str, Any]) -> str:
    """Return which way a workload sends, both ways being round_trip."""
    if workload.get("peer"):
        return "guest_to_guest"
    if workload.get("tool") in ("netperf", *FROM_HOST):
        return "round_trip"
    return workload.get("direction") or "host_to_guest"


def load_of(
    workload: Dict[str, Any], where: Where, warmup_s: int, duration_s: int, iperf3: Optional[str] = None
) -> Load:
    """Return the load of a workload: iperf3 under a tracer, else the tool itself.

    iperf3 is its version: how it has to be started for several streams. Raises LabError when the workload lacks what
    its tool needs.
    """
    tool, address = workload["tool"], where.address
    if tool == "netperf":
        return _netperf(workload, where, warmup_s, duration_s)
    if tool == "hping3":
        return Hping3(address, warmup_s=warmup_s, duration_s=duration_s)
    names = ("proto", "message_bytes", "streams", "rate_mbps")
    options = {**where.options(), **{name: workload[name] for name in names if workload.get(name) is not None}}
    direction = workload.get("direction") or "host_to_guest"
    lasting = duration_s + TRACER_LEAD_S if tool in TRACERS else duration_s
    return parallel(Iperf3(address, direction=direction, duration_s=lasting, warmup_s=warmup_s, **options), iperf3)


def _netperf(workload: Dict[str, Any], where: Where, warmup_s: int, duration_s: int) -> Netperf:
    test = workload.get("test")
    if test not in TESTS:
        raise LabError(f"workload {workload['name']!r}: test is {test!r}; use one of {', '.join(TESTS)}")
    proto, _underscore, kind = test.partition("_")
    options = {**where.options(), "message_bytes": workload.get("message_bytes") or 1, "connects": kind == "crr"}
    return Netperf(where.address, proto=proto, duration_s=duration_s, warmup_s=warmup_s, **options)


def tracer_of(workload: Dict[str, Any], pid: int, output: str) -> Optional[Tracer]:
    """Return the tracer of a workload, None for a plain load.

    Raises LabError when perf lacks its tracepoints here.
    """
    if workload["tool"] == "strace":
        return Strace(pid, output)
    if workload["tool"] == "perf":
        return Perf(pid, output, events(has_tracepoint))
    return None
