# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The summary of a run: its figures, and for every one that could not be had the reason."""

from __future__ import annotations

import math
from typing import Any, Dict, List, Optional, Tuple

from ansible_collections.virtio.lab.plugins.module_utils._measure._record._beside import BESIDE, beside, gaps
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._load import Figures
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._netperf import NO_TRANSACTION
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._syscalls import Syscalls
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._sampler import (
    Tick,
    cpu_ns,
    difference,
    peer_cpu_ns,
)

_PERTURBED = "strace stops QEMU at every call: its run is kept out of every performance figure"
_NO_STAT = "the CPU time of /proc/stat was not read"
_WHY = {
    "window_s": "the sampler saw no whole window",
    "gbps": "a request/response load has no throughput of its own",
    "pps": "the statistics of the tap device could not be read",
    "tps": "a bulk load has no transactions",
    "latency_us": "a bulk load reports no latency, and hping3's is too coarse to be compared: see rtt_us",
    "rtt_us": "single packets are timed in runs of tool hping3",
    "datagrams_per_second": "only iperf3 over UDP counts datagrams",
    "jitter_us": "only iperf3 over UDP reports jitter",
    "loss": "TCP loses nothing that the application sees, and netperf does not count lost requests",
    "retransmits": "the tool reported none: UDP retransmits nothing, and the kernel may not tell",
    "guest_retransmits": "the guest's TCP counters were not read",
    "host_retransmits": "the hypervisor's TCP counters were not read",
    "cpu_s": "the sampler saw no whole window",
    "peer_cpu_s": "no second guest took part",
    "softirq_s": "the softirq time of /proc/stat was not read",
    "tasks_s": _NO_STAT,
    "tools_cpu_s": "the CPU time of the load generators was not read",
    "foreign_cpu_s": _NO_STAT,
    "steal_s": _NO_STAT,
    "pressure_s": "the hypervisor's kernel keeps no pressure stall information",
    "guest_cpu_s": "the guest's CPU time was not read",
    "cpu_ns_per_byte": "a request/response load is counted per transaction",
    "cpu_us_per_txn": "a bulk load has no transactions",
    "peer_cpu_ns_per_byte": "no second guest took part in a bulk load",
    "peer_cpu_us_per_txn": "no second guest took part in transactions",
    "syscalls_per_packet": "system calls are counted in runs of tool perf",
    "exits_per_packet": "KVM exits are counted in runs of tool perf, where the kernel has kvm:kvm_exit",
    "kicks_per_packet": "no packet of the tap device was counted",
}
NOTHING_ARRIVED = "nothing arrived, so there is nothing to divide by"
_PER_BYTE = ("cpu_ns_per_byte", "peer_cpu_ns_per_byte")
_PER_TRANSACTION = ("cpu_us_per_txn", "peer_cpu_us_per_txn")
_NO_EXITS = "this kernel has no tracepoint kvm:kvm_exit"
# What a perturbing tracer leaves true: who spent CPU time, and for how long it was watched.
_UNPERTURBED = ("window_s", "cpu_s", "peer_cpu_s", "softirq_s", *BESIDE, "guest_cpu_s")


def summarise(
    figures: Figures, ticks: List[Tick], syscalls: Optional[Syscalls], perturbing: bool, counters: Dict[str, Any]
) -> Tuple[Dict[str, Any], Dict[str, str]]:
    """Return (summary, missing) of one window; see the schema for units.

    CPU per byte and per transaction are ratios of rates: the sampler's window and the tool's differ by the moment the
    tool takes to connect. CPU is that of QEMU's threads and the vhost workers, whatever they ran, guest code included,
    and where a second guest took part that of its QEMU too; the peer_ figures say how much of it that is.
    """
    summary: Dict[str, Any] = dict.fromkeys(_WHY)
    summary.update(_rates(figures))
    summary.update(_costs(figures, ticks, syscalls) if len(ticks) > 1 else {})
    summary.update(_around(counters))
    if perturbing:
        summary = {name: value if name in _UNPERTURBED else None for name, value in summary.items()}
    why = _reasons(figures, syscalls, counters)
    missing = {
        f"summary.{name}": _PERTURBED if perturbing and name not in _UNPERTURBED else why[name]
        for name, value in summary.items()
        if value is None
    }
    return summary, {**missing, **gaps(summary["pressure_s"])}


def _reasons(figures: Figures, syscalls: Optional[Syscalls], counters: Dict[str, Any]) -> Dict[str, str]:
    why = {**_WHY, **{name: text for name, text in counters["missing"].items() if name in _WHY}, **figures.missing}
    if "kicks" in counters["missing"]:
        why["kicks_per_packet"] = counters["missing"]["kicks"]
    if syscalls and syscalls.source == "perf":
        why["exits_per_packet"] = _NO_EXITS if syscalls.kvm_exits is None else _WHY["kicks_per_packet"]
    if syscalls:
        why["syscalls_per_packet"] = _WHY["kicks_per_packet"]
    if figures.bits_per_second == 0:
        why.update(dict.fromkeys(_PER_BYTE, NOTHING_ARRIVED))
    if figures.transactions_per_second == 0:
        why.update(dict.fromkeys(_PER_TRANSACTION, NO_TRANSACTION))
    return why


def _around(counters: Dict[str, Any]) -> Dict[str, Any]:
    kicks = counters["kicks"]
    return {
        "kicks_per_packet": None if kicks is None else _per(sum(kicks.values()), counters["packets"]),
        "guest_retransmits": counters["guest_retransmits"],
        "host_retransmits": counters["host_retransmits"],
        "guest_cpu_s": _of_guest(counters.get("guest_cpus")),
    }


def _of_guest(cpus: Optional[Dict[str, Dict[str, float]]]) -> Optional[Dict[str, float]]:
    """All vCPUs together."""
    if not cpus:
        return None
    return {name: math.fsum(cpu[f"{name}_s"] for cpu in cpus.values()) for name in ("busy", "softirq", "steal")}


def _rates(figures: Figures) -> Dict[str, Any]:
    return {
        "gbps": None if figures.bits_per_second is None else figures.bits_per_second / 1e9,
        "tps": figures.transactions_per_second,
        "latency_us": figures.latency_us,
        "rtt_us": figures.rtt_us,
        "datagrams_per_second": figures.datagrams_per_second,
        "jitter_us": figures.jitter_us,
        "loss": figures.loss,
        "retransmits": figures.retransmits,
    }


def _costs(figures: Figures, ticks: List[Tick], syscalls: Optional[Syscalls]) -> Dict[str, Any]:
    first, last = ticks[0], ticks[-1]
    seconds = last.at_s - first.at_s
    used = cpu_ns(first, last)
    packets = difference(first.packets, last.packets)
    peer = peer_cpu_ns(first, last)
    peers = None if peer is None else sum(peer.values()) / seconds
    per_second = sum(used.values()) / seconds + (peers or 0)
    softirq = difference(first.softirq_ns, last.softirq_ns)
    return {
        "window_s": seconds,
        "cpu_s": {klass: ns / 1e9 for klass, ns in used.items()},
        "peer_cpu_s": None if peer is None else {klass: ns / 1e9 for klass, ns in peer.items()},
        "softirq_s": None if softirq is None else softirq / 1e9,
        **beside(first.host, last.host, sum(used.values()) + sum((peer or {}).values())),
        "pps": None if packets is None else packets / seconds,
        "cpu_ns_per_byte": _per(per_second, figures.bits_per_second, 8),
        "cpu_us_per_txn": _per(per_second, figures.transactions_per_second, 1e-3),
        "peer_cpu_ns_per_byte": _per(peers, figures.bits_per_second, 8),
        "peer_cpu_us_per_txn": _per(peers, figures.transactions_per_second, 1e-3),
        "syscalls_per_packet": _per(syscalls.total_calls, packets) if syscalls else None,
        "exits_per_packet": _per(syscalls.kvm_exits, packets) if syscalls else None,
    }


def _per(amount: Optional[float], of: Optional[float], scale: float = 1) -> Optional[float]:
    return None if amount is None or not of else amount * scale / of
