# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The figures of a run computed again by the code that records them, out of raw output and the rest of the document."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._foreign._shape import optional
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._summary import summarise
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._load import Figures
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._syscalls import Syscalls
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._host_load import HostLoad
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._sampler import Tick

Document = Mapping[str, Any]
# The same arithmetic on the same numbers; a last digit may differ by a version of it.
_SAME = 1e-12
# Where a figure must be turned back first, as Gb/s into bits.
_TURNED_BACK = 1e-9
# Threads that live as long as QEMU does; others come and go between two readings.
_LASTING = ("main", "vcpu", "vhost")
_MICROSECOND = 1.5e-6
_NS = 1e9
# Clocks that count in steps are late by some; one CPU may be asked a while after another.
_CLOCK_S = 0.5
_GUEST_CLOCK = 1.2
_ROUNDED_S = 2.0  # the moments of a run are written in whole seconds


def differences(document: Document, figures: Figures | None, syscalls: Syscalls | None) -> Iterator[str]:
    """What the document says and its own evidence does not; figures and syscalls are those of the raw output.

    Without these the figures are still held against each other.
    """
    told = figures or _told(document)
    tolerance = _SAME if figures else _TURNED_BACK
    calls = syscalls or _calls(document)
    bracket = {**_bracket(document), "missing": {}}
    again, _missing = summarise(told, _ticks(document), calls, bool(document["instrumentation"]["perturbing"]), bracket)
    for path, written, computed in _pairs("summary", document["summary"], again):
        if written is not computed and not _same(written, computed, tolerance):
            by = "its raw output and counters" if figures else "its other figures"
            yield f"{path} is {_shown(written)}; by {by} it is {_shown(computed)}"
    if figures:
        yield from _samples(document, figures)
        if "latency_histogram" in document and document["latency_histogram"] != figures.latency_histogram:
            yield "latency_histogram is not what its raw output tells"
    if syscalls and document["syscalls"] != syscalls.document():
        yield "syscalls are not what the tracer's output tells"
    yield from _counters(document)


def _told(document: Document) -> Figures:
    """The load's figures as the summary has them."""
    summary = document["summary"]
    gbps = summary["gbps"]
    return Figures(
        seconds=summary["window_s"] or 0.0,
        bits_per_second=None if gbps is None else gbps * 1e9,
        transactions_per_second=summary["tps"],
        latency_us=summary["latency_us"],
        retransmits=summary["retransmits"],
        loss=summary["loss"],
        datagrams_per_second=summary.get("datagrams_per_second"),
        jitter_us=summary.get("jitter_us"),
        rtt_us=summary.get("rtt_us"),
    )


def _calls(document: Document) -> Syscalls | None:
    written = document.get("syscalls")
    if not written:
        return None
    exits, packets = document["summary"]["exits_per_packet"], _packets(document)
    told = None if exits is None or packets is None else round(exits * packets)
    return Syscalls(written["source"], written["total_calls"], written["by_name"], kvm_exits=told)


def _bracket(document: Document) -> Document:
    """The counters around the load; documents from before there were any have the one figure of them as they say."""
    written = document.get("bracket")
    if written is not None:
        return written
    return {"kicks": None, "packets": None, "guest_retransmits": None, "host_retransmits": None}


def _packets(document: Document) -> int | None:
    summary = document["summary"]
    if summary["pps"] is None or not summary["window_s"]:
        return None
    return round(summary["pps"] * summary["window_s"])


def _ticks(document: Document) -> list[Tick]:
    """The two ends of the window, as far as the summary lets them be known."""
    summary = document["summary"]
    if not summary["window_s"] or not summary["cpu_s"]:
        return []
    packets, softirq, peer = _packets(document), summary.get("softirq_s"), summary.get("peer_cpu_s")
    host = _host(summary)
    first = Tick(0.0, {}, None if softirq is None else 0, None if packets is None else 0, None if peer is None else {})
    last = Tick(
        summary["window_s"],
        _threads(summary["cpu_s"]),
        None if softirq is None else round(softirq * _NS),
        packets,
        None if peer is None else _threads(peer),
        host,
    )
    return [first._replace(host=host and _nothing_of(host)), last]


def _host(summary: Document) -> HostLoad | None:
    """What else went on in the window; None in documents from before that was looked at."""
    tools = summary.get("tools_cpu_s")
    if tools is None:
        return None
    pressure = {name: _counted(waited or {}) or None for name, waited in (summary["pressure_s"] or {}).items()}
    return HostLoad(_counts(summary["tasks_s"]), _counts(summary["steal_s"]), round(tools * _NS), pressure)


def _nothing_of(host: HostLoad) -> HostLoad:
    """The counters of a host that has just begun, those that it has."""
    pressure = {name: waited and dict.fromkeys(waited, 0) for name, waited in host.pressure.items()}
    return HostLoad(host.tasks_ns and 0, host.steal_ns and 0, 0, pressure)


def _counts(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * _NS)


def _counted(waited: Mapping[str, float]) -> dict[str, int]:
    return {kind: round(seconds * _NS) for kind, seconds in waited.items()}


def _threads(cpu_s: Mapping[str, float]) -> dict[int, tuple[str, int]]:
    return {number: (klass, round(spent * _NS)) for number, (klass, spent) in enumerate(sorted(cpu_s.items()))}


def _pairs(path: str, written: Mapping[str, Any], computed: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """(path, as written, as computed) of every figure that the document has; earlier ones have fewer."""
    for name, value in written.items():
        again = computed.get(name)
        if isinstance(value, dict) and isinstance(again, dict):
            yield from _pairs(f"{path}.{name}", value, again)
        else:
            yield f"{path}.{name}", value, again


def _same(written: Any, computed: Any, tolerance: float) -> bool:
    if written is None or computed is None or isinstance(written, dict) or isinstance(computed, dict):
        return written is computed
    return math.isclose(written, computed, rel_tol=tolerance, abs_tol=0.0)


def _samples(document: Document, figures: Figures) -> Iterator[str]:
    """The throughput of each sample is the load's own, of the seconds that the sample spans."""
    for number, sample in enumerate(document["samples"], 1):
        began, ended, written = sample.get("from_s"), sample["t_s"], sample["throughput_bps"]
        if began is None:
            continue
        covered = figures.intervals_bps[round(began) : round(ended)]
        if covered == [written] or _is_between(began) or _is_between(ended):  # most samples are one second's
            continue
        computed = sum(covered) / len(covered) if covered else None
        if written != computed and not _same(written, computed, _SAME):
            by = f"by its raw output it is {_shown(computed)}"
            yield f"throughput_bps of sample {number} is {_shown(written)}; {by}"


def _is_between(moment: float) -> bool:
    """Whether it was rounded from a moment that may have been on the other side of the half."""
    return abs(moment % 1 - 0.5) < _MICROSECOND


def _counters(document: Document) -> Iterator[str]:
    """What the counters say that were read every second, and those read around the window."""
    summary = document["summary"]
    packets = _packets(document)
    if packets is not None and abs(summary["pps"] * summary["window_s"] - packets) > max(1e-6, packets * 1e-12):
        yield f"summary.pps × window_s is {summary['pps'] * summary['window_s']:.3f}, no whole number of packets"
    around = _bracket(document)["packets"]
    if None not in (packets, around) and packets > around:
        yield f"{packets} packets in the window are more than the {around} from before it to after it"
    yield from _beside(document)
    yield from _sums(document)
    for name, witness in (("cpu_s", document["witness"]), ("peer_cpu_s", document["witness"].get("peer"))):
        if summary.get(name) and witness:
            yield from _around(name, summary[name], witness)


def _beside(document: Document) -> Iterator[str]:
    """No clock counts more in a window, or around it, than there was of it."""
    summary, bracket = document["summary"], _bracket(document)
    window_s, cpus = summary["window_s"], int(optional(document["manifest"].get("hypervisor")).get("cpus") or 0)
    if window_s:
        for name in ("tasks_s", "steal_s") if cpus else ():
            most = cpus * window_s + _CLOCK_S * cpus
            if (summary.get(name) or 0) > most:
                yield f"summary.{name} is {summary[name]:.3f}; {cpus} CPUs have {cpus * window_s:.3f} s in that window"
        for name, waited in (summary.get("pressure_s") or {}).items():
            if max((waited or {}).values(), default=0) > window_s + _CLOCK_S:
                yield f"summary.pressure_s.{name} is longer than the window of {window_s:.3f} s"
    began, ended = (datetime.fromisoformat(document[name]) for name in ("started_at", "ended_at"))
    lasted = (ended - began).total_seconds() + _ROUNDED_S
    around = optional(document.get("bracket")).get("seconds")
    if around is not None and not (window_s or 0.0) - _CLOCK_S <= around <= lasted:
        within = f"its window was {window_s or 0.0:.3f} s, and the run {lasted:.3f} s at most"
        yield f"bracket.seconds is {around:.3f}; {within}"
    error = bracket.get("guest_clock_error")
    if error is not None and error * bracket["seconds"] > lasted - bracket["seconds"] + _CLOCK_S:
        answers = f"the guest agent took {error * bracket['seconds']:.3f} s to tell its clock"
        yield f"bracket.guest_clock_error is {error:.3f}: {answers}, beside the bracket the run had less"
    # A guest counts by its own clock, and one that runs wrong is said elsewhere.
    for cpu, used in (bracket.get("guest_cpus") or {}).items():
        around_s = float(bracket["seconds"]) * _GUEST_CLOCK * max(1.0, bracket.get("guest_clock_ratio") or 1.0)
        if max(used["busy_s"] + used["steal_s"], used["softirq_s"]) > around_s + _CLOCK_S:
            yield f"bracket.guest_cpus.{cpu} was busy for longer than the {bracket['seconds']:.3f} s around the load"


def _sums(document: Document) -> Iterator[str]:
    samples, summary = document["samples"], document["summary"]
    if not samples or not summary["cpu_s"] or "from_s" not in samples[0]:
        return
    spanned = samples[-1]["t_s"] - samples[0]["from_s"]
    if abs(spanned - summary["window_s"]) > _MICROSECOND:
        yield f"summary.window_s is {summary['window_s']:.6f}; its samples span {spanned:.6f} s"
    if any(one["t_s"] != other["from_s"] for one, other in itertools.pairwise(samples)):
        yield "its samples do not follow one another"
    used = [sample["cpu_ns"] for sample in samples]
    for klass, spent in summary["cpu_s"].items():
        summed, whole = sum([ns[klass] for ns in used if klass in ns]), round(spent * _NS)
        if whole == summed:
            continue
        lasting = klass in _LASTING and _tids(document, "before", klass) == _tids(document, "after", klass)
        if whole > summed or lasting:
            yield f"summary.cpu_s.{klass} is {spent:.9f} s; its samples sum up to {summed / _NS:.9f}"
    softirqs = [sample["softirq_ns"] for sample in samples]
    softirq = summary.get("softirq_s")
    if softirq is not None and None not in softirqs and round(softirq * _NS) != sum(softirqs):
        yield f"summary.softirq_s is {softirq}; its samples sum up to {sum(softirqs) / _NS}"


def _tids(document: Document, moment: str, klass: str) -> set[int]:
    return {thread["tid"] for thread in document["witness"][moment]["threads"] if thread["class"] == klass}


def _around(name: str, cpu_s: Mapping[str, float], witness: Mapping[str, Any]) -> Iterator[str]:
    """No thread can have used more in the window than from before it to after it."""
    before, after = (
        {(thread["tid"], thread["class"]): thread["cpu_ns"] for thread in witness[moment]["threads"]}
        for moment in ("before", "after")
    )
    for klass in _LASTING:
        tids = {key for key in after if key[1] == klass}
        if not tids or any(key not in before for key in tids):
            continue
        most = sum(after[key] - before[key] for key in tids)
        if round(cpu_s.get(klass, 0.0) * _NS) > most:
            saw = f"the witnesses around it saw {most / _NS:.9f} at most"
            yield f"summary.{name}.{klass} is {cpu_s[klass]:.9f} s; {saw}"


def _shown(value: Any) -> str:
    if value is None:
        return "not known"
    if isinstance(value, Mapping):
        return "known"
    return repr(value)
