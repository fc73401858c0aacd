# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The figures of a run that the report compares, and how each is read out of a run document."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._qemu._threads import CLASSES

_STREAM = ("host_to_guest", "guest_to_host", "guest_to_guest")
_ROUND = ("round_trip",)
_DUST = 1e-15  # what is divided by less than that is infinite
UNEXPLAINED = "the run document holds no figure and gives no reason"


@dataclass(frozen=True)
class Metric:
    """``key`` is the dotted path under ``summary``; ``directions`` says for which workloads its absence matters."""

    key: str
    label: str
    unit: str
    group: str  # rate | latency | beside | cpu | cost
    higher_is_better: bool
    directions: tuple[str, ...]
    is_percentile: bool = False  # of a run's own distribution: no median of two is formed of it

    def word(self, judgement: str) -> str:
        """``faster``/``slower`` or ``cheaper``/``dearer`` for a judgement of the ratio; the others stay as they are."""
        if judgement not in ("higher", "lower"):
            return judgement
        good, bad = ("cheaper", "dearer") if self.group in ("cpu", "cost") else ("faster", "slower")
        return good if (judgement == "higher") == self.higher_is_better else bad


def _cpu(name: str) -> Metric:
    return Metric(f"cpu_s.{name}", f"CPU, {name}", "s", "cpu", False, ())


METRICS = (
    Metric("gbps", "throughput", "Gb/s", "rate", True, _STREAM),
    Metric("datagrams_per_second", "datagrams that arrived", "/s", "rate", True, ()),
    Metric("tps", "transactions", "/s", "rate", True, _ROUND),
    Metric("latency_us.mean", "latency, mean", "µs", "latency", False, _ROUND),
    Metric("latency_us.p99", "latency, 99th percentile", "µs", "latency", False, _ROUND, is_percentile=True),
    # What a rate hides. Of the packets of the NIC an offloaded one counts once.
    Metric("sent_per_second", "datagrams that were sent", "/s", "beside", True, ()),
    Metric("loss", "lost", "share", "beside", False, ()),
    Metric("stalled", "stood still", "share of the window", "beside", False, ()),
    Metric("jitter_us", "jitter", "µs", "beside", False, ()),
    Metric("retransmits", "segments sent again", "", "beside", False, ()),
    Metric("pps", "packets of the NIC", "/s", "beside", True, ()),
    Metric("cpu_ns_per_byte", "CPU per byte", "ns", "cost", False, _STREAM),
    Metric("cpu_us_per_txn", "CPU per transaction", "µs", "cost", False, _ROUND),
    Metric("cpu_s.total", "CPU, all threads", "s", "cpu", False, _STREAM + _ROUND),
    *(_cpu(name) for name in CLASSES),
    Metric("guest_cpu_s.busy", "the guest's own CPU, busy", "s", "cpu", False, ()),
    Metric("guest_cpu_s.softirq", "the guest's own CPU, softirqs", "s", "cpu", False, ()),
    Metric("guest_cpu_s.steal", "the guest's own CPU, stolen", "s", "cpu", False, ()),
    Metric("peer_cpu_ns_per_byte", "CPU per byte, the peer's part", "ns", "cpu", False, ()),
    Metric("peer_cpu_us_per_txn", "CPU per transaction, the peer's part", "µs", "cpu", False, ()),
    *(Metric(f"peer_cpu_s.{name}", f"CPU of the peer, {name}", "s", "cpu", False, ()) for name in CLASSES),
)


# What a campaign is about, by the kind of its workloads; declared here, before anything is measured. Only these figures
# are judged, and Holm's correction is made for their number. Every other is a detail: it follows from one of these (the
# Gb/s of datagrams of one size, the mean latency of one request at a time) or is a part of it (the CPU of a thread).
HEADLINES: Mapping[str, tuple[str, ...]] = {
    "stream": ("gbps", "cpu_ns_per_byte"),
    "datagrams": ("datagrams_per_second", "cpu_ns_per_byte"),
    "round_trip": ("tps", "latency_us.p99", "cpu_us_per_txn"),
}


def metrics_of(runs: Sequence[Mapping[str, Any]]) -> tuple[Metric, ...]:
    """METRICS, and one for each class of threads that these runs have beside CLASSES, such as passt's."""
    others = {name for run in runs for name in run["summary"].get("cpu_s") or {}} - set(CLASSES)
    return (*METRICS, *(_cpu(name) for name in sorted(others)))


def headlines(runs: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The keys of the headline figures of one workload's runs."""
    if any(run["workload"].get("direction") in _ROUND for run in runs):
        return HEADLINES["round_trip"]
    counts = any(read(run, "datagrams_per_second")[0] is not None for run in runs)
    return HEADLINES["datagrams" if counts else "stream"]


def read(document: Mapping[str, Any], key: str) -> tuple[float | None, str | None]:
    """``(value, None)`` or ``(None, why it is missing)``."""
    if key in _DERIVED:
        return _DERIVED[key](document)
    found: Any = document["summary"]
    for part, path in _steps(key):
        # dict by name: asking for Mapping alone takes several times as long, for each figure of each run.
        found = found.get(part) if isinstance(found, (dict, Mapping)) else None
        if found is None:
            return None, _reason(document, f"summary.{key}", path)
    value = float(found)
    if 0 < abs(value) < _DUST:
        return None, f"{value:g} is nothing that can be measured"
    return value, None


@functools.lru_cache(maxsize=1024)
def _steps(key: str) -> tuple[tuple[str, str], ...]:
    """(name, path in the document up to it) of each part of a dotted key."""
    paths = itertools.accumulate(("summary", *key.split(".")), "{}.{}".format)
    return tuple(zip(key.split("."), itertools.islice(paths, 1, None), strict=True))


def _sent(document: Mapping[str, Any]) -> tuple[float | None, str | None]:
    """What was sent of what arrived and of the share that did not."""
    arrived, why = read(document, "datagrams_per_second")
    loss, lost_why = read(document, "loss")
    if arrived is None or loss is None:
        return None, why or lost_why
    return (arrived / (1 - loss), None) if loss < 1 else (None, "nothing arrived, so how much was sent is not known")


def _total_cpu(document: Mapping[str, Any]) -> tuple[float | None, str | None]:
    """The sum over the classes; missing when any class is."""
    by_class = document["summary"].get("cpu_s")
    if not by_class:
        return None, _reason(document, "summary.cpu_s.total", "summary.cpu_s")
    for name, seconds in by_class.items():
        if seconds is None:
            return None, _reason(document, f"summary.cpu_s.{name}", "summary.cpu_s")
    return float(sum(by_class.values())), None


def _stalled(document: Mapping[str, Any]) -> tuple[float | None, str | None]:
    """The share of the window in which nothing went on: no transaction, or less than a message in a whole second."""
    tps, why = read(document, "tps")
    if tps is not None:
        mean, why = read(document, "latency_us.mean")
        return (None, why) if mean is None else (max(0.0, 1 - tps * mean / 1e6), None)
    samples, message = document["samples"], document["workload"].get("message_bytes")
    rates = [sample.get("throughput_bps") for sample in samples]
    if not samples or not message or None in rates or document["summary"].get("gbps") is None:
        return None, why if not samples else "what moved in each second is not known"
    if min(rates) >= 8 * message:
        return 0.0, None
    return sum(rate < 8 * message for rate in rates) / len(rates), None


_DERIVED: Mapping[str, Callable[[Mapping[str, Any]], tuple[float | None, str | None]]] = {
    "cpu_s.total": _total_cpu,
    "sent_per_second": _sent,
    "stalled": _stalled,
}


def _reason(document: Mapping[str, Any], *paths: str) -> str:
    missing = document.get("missing") or {}
    for path in paths:
        if why := missing.get(path):
            return str(why)
    return UNEXPLAINED
