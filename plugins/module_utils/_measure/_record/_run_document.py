# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put a run document together: pure, from what was asked and what was seen."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import AXES
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._registry import datapath
from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _validity
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._build import Build, build_reasons
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._nulls import with_reasons
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._summary import summarise
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._utc import utc
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._load import Figures, Load
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._workload import Tracer
from ansible_collections.virtio.lab.plugins.module_utils._measure._window import _sampler
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._window import Window

SCHEMA = "virtio.lab/run/2"
# How far the guest's clock may be off the hypervisor's: asking for the time takes some of it, above all in short runs.
CLOCK_TOLERANCE = 0.1
# The offloads that decide how large a packet the tap device hands on.
OFFLOADS = (
    "tx-checksumming",
    "scatter-gather",
    "tcp-segmentation-offload",
    "generic-segmentation-offload",
    "generic-receive-offload",
    "tx-udp-segmentation",
)


_UNREAD = "it was not read at both ends of the load, or fell meanwhile"


class Asked(NamedTuple):
    """One cell of a campaign, as the module's parameters say it.

    variant is the name of what is compared, None for the datapath's own; options what it asks of the device.
    """

    run_id: str
    campaign_id: str
    lab: str
    block: int
    order_in_block: int
    seed: int
    datapath: str
    replicate: str
    workload: Dict[str, Any]
    warmup_s: int
    duration_s: int
    arm: str = "a"
    variant: Optional[str] = None
    baseline: Optional[str] = None
    options: Mapping[str, Any] = {}


class Seen(NamedTuple):
    """Everything observed of one run; witness maps before, middle and after to witness documents.

    missing has the reasons for what the run does not know, peer_witness the witness documents of the second guest,
    guest_queues the queue pairs that the guest's driver uses, discarded the attempts before this one (_discarded).
    """

    started_at: datetime
    ended_at: datetime
    boot_id: str
    mtu: Optional[int]
    witness: Dict[str, Dict[str, Any]]
    window: Window
    counters: Dict[str, Any]
    manifest: Dict[str, Any]
    raw: List[Dict[str, str]]
    missing: Dict[str, str]
    peer_witness: Optional[Dict[str, Dict[str, Any]]] = None
    guest_queues: Optional[int] = None
    discarded: Sequence[Dict[str, str]] = ()
    guest_nic: Optional[Dict[str, Any]] = None
    build: Optional[Build] = None


def document(asked: Asked, seen: Seen, load: Load, tracer: Optional[Tracer]) -> Dict[str, Any]:
    """Return the run document (see run-2.json for its shape)."""
    ticks = seen.window.ticks
    used = _sampler.cpu_ns(ticks[0], ticks[-1])
    packets = _sampler.difference(ticks[0].packets, ticks[-1].packets)
    seconds = ticks[-1].at_s - ticks[0].at_s
    pps = None if packets is None or seconds <= 0 else packets / seconds
    perturbing = bool(tracer and tracer.perturbing)
    figures = seen.window.figures
    # A tracer that slows the guest down leaves no rate that could be too low, or too high for another window's packets.
    moved = (None, None) if perturbing else (figures.bits_per_second, figures.transactions_per_second)
    invalid = [
        *_validity.reasons(asked.datapath, seen.witness, used, packets),
        *_validity.queue_reasons(asked_queues(asked), seen.witness, seen.guest_queues),
        *_validity.option_reasons(asked.options, seen.witness, seen.guest_nic),
        *build_reasons(asked.options, seen.build),
        *_validity.traffic_reasons(*moved, pps),
        *_validity.bracket_reasons(figures.bits_per_second, figures.transactions_per_second, seconds, seen.counters),
        *_validity.stillness_reasons(*moved, load.message_bytes),
        *(_validity.peer_reasons(seen.peer_witness) if seen.peer_witness else []),
        *clock_reasons(seen.counters),
    ]
    summary, missing = summarise(figures, ticks, seen.window.syscalls, perturbing, seen.counters)
    written = {
        "schema": SCHEMA,
        "run_id": asked.run_id,
        "campaign_id": asked.campaign_id,
        "lab": asked.lab,
        "block": asked.block,
        "order_in_block": asked.order_in_block,
        "seed": asked.seed,
        "started_at": utc(seen.started_at),
        "ended_at": utc(seen.ended_at),
        "valid": not invalid,
        "invalid_reasons": invalid,
        "lost": list(seen.discarded),
        "factor": _factor(asked, seen),
        "workload": _workload(asked, seen, load, tracer),
        "witness": {**_witnessed(seen.witness), "peer": seen.peer_witness and _witnessed(seen.peer_witness)},
        "samples": _samples(asked, seen.window),
        "syscalls": seen.window.syscalls.document() if seen.window.syscalls else None,
        "bracket": {name: value for name, value in seen.counters.items() if name != "missing"},
        "summary": summary,
        "latency_histogram": figures.latency_histogram,
        "missing": {**missing, **_no_histogram(figures, load), **_not_counted(seen.counters), **seen.missing},
        "instrumentation": {
            "tools": ["schedstat", *([tracer.name] if tracer else [])],
            "perturbing": perturbing,
            "samplers": _sampled(asked),
            "sampler": _cost(seen.window.cost, asked.duration_s),
        },
        "manifest": {**seen.manifest, **_peer(asked, seen)},
        "raw": seen.raw,
    }
    return with_reasons(written)


def _no_histogram(figures: Figures, load: Load) -> Dict[str, str]:
    """Why no single round trips were counted."""
    if figures.latency_histogram is not None:
        return {}
    round_trips = load.direction == "round_trip"
    why = f"{load.name} tells percentiles, not single round trips" if round_trips else "a bulk load has no round trips"
    return {"latency_histogram": why}


def _not_counted(counters: Dict[str, Any]) -> Dict[str, str]:
    """Why a counter of the bracket is null."""
    why = {**counters["missing"], "guest_cpus": counters["missing"].get("guest_cpu_s", _UNREAD)}
    return {f"bracket.{name}": why.get(name, _UNREAD) for name, value in counters.items() if value is None}


def _witnessed(witness: Dict[str, Dict[str, Any]]) -> Dict[str, Any]:
    return {**witness, "verdict": _validity.effective(witness)}


def _peer(asked: Asked, seen: Seen) -> Dict[str, Any]:
    """The second guest belongs to the conditions: its datapath is not the one that is compared."""
    if seen.peer_witness is None:
        return {}
    return {"peer": {"domain": asked.workload["peer"], "datapath": _validity.effective(seen.peer_witness)}}


def clock_reasons(counters: Dict[str, Any]) -> List[str]:
    """A guest that took its clock's rate from a starved emulator runs fast or slow, and times its load by that."""
    ratio = counters["guest_clock_ratio"]
    # Documents of before it was known how far off the reading itself may be have no error.
    if ratio is None or abs(ratio - 1) <= CLOCK_TOLERANCE + (counters.get("guest_clock_error") or 0.0):
        return []
    return [f"the guest's clock ran {ratio:.2f} times as fast as the hypervisor's: it timed its end of the load wrong"]


def _cost(cost: _sampler.Cost, window_s: float) -> Dict[str, Any]:
    return {
        "cpu_s": cost.cpu_s,
        "core_share": cost.cpu_s / window_s,
        "ticks": cost.ticks,
        "missed_ticks": cost.missed,
        "latest_tick_s": cost.late_s,
    }


def _factor(asked: Asked, seen: Seen) -> Dict[str, Any]:
    features, wanted = seen.manifest["nic_features"], datapath(asked.datapath)
    return {
        "variant": asked.variant or asked.datapath,
        "datapath": asked.datapath,
        "baseline": asked.baseline,
        **dict(zip(AXES, wanted.axes)),
        "options": dict(asked.options),
        "arm": asked.arm,
        "queues": seen.witness["before"]["argv"]["queues"],
        "guest_queues": seen.guest_queues,
        "guest_nic": seen.guest_nic,
        "build": seen.build,
        "offloads": {name: features[name] for name in OFFLOADS if name in features} or None,
        "mtu": seen.mtu,
        "replicate": asked.replicate,
        "boot_id": seen.boot_id,
    }


def asked_queues(asked: Asked) -> Optional[int]:
    """The queue pairs that a run is about: the workload's own number, else the variant's."""
    found: Optional[int] = asked.workload.get("queues") or asked.options.get("queues")
    return found


def _workload(asked: Asked, seen: Seen, load: Load, tracer: Optional[Tracer]) -> Dict[str, Any]:
    tool = tracer or load
    return {
        **load.describe(),
        "name": asked.workload["name"],
        "tool": tool.name,
        "version": seen.manifest["tools"][tool.name],
        "argv": tool.argv(),
        "peer": asked.workload.get("peer"),
        "rate_mbps": asked.workload.get("rate_mbps"),
        "warmup_s": asked.warmup_s,
        "duration_s": asked.duration_s,
    }


def _sampled(asked: Asked) -> bool:
    return asked.workload.get("samplers") is not False


def _samples(asked: Asked, window: Window) -> List[Dict[str, Any]]:
    """The 1 Hz samples; none where the counters were read at the ends of the window alone."""
    return _sampler.windows(window.ticks, window.figures.intervals_bps, window.begin_s) if _sampled(asked) else []
