# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A made-up campaign, shaped as the schema of run documents says."""

from __future__ import annotations

import copy
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

CLASSES = ("iothread", "main", "other", "vcpu", "vhost", "worker")
MAIN, VCPU, WORKER = 100, 101, 102
SHAPES = {
    "tcp_stream_to_guest": ("iperf3", "host_to_guest"),
    "tcp_rr": ("netperf", "round_trip"),
    "syscalls": ("strace", "host_to_guest"),
    "ioctls": ("perf", "host_to_guest"),
}
SUMMARY = ("window_s", "gbps", "pps", "tps", "latency_us", "loss", "retransmits", "cpu_s", "cpu_ns_per_byte",
           "cpu_us_per_txn", "syscalls_per_packet", "exits_per_packet", "kicks_per_packet")  # fmt: skip


def witness(datapath: str, seconds: float) -> dict[str, Any]:
    """QEMU after so many seconds: under vhost the worker takes 0.5 s a second, else the main loop does."""
    spent = int(seconds * 5e8)
    is_vhost = datapath == "vhost"
    threads = [
        {"tid": MAIN, "comm": "qemu-system-x86", "class": "main", "cpu_ns": 10_000_000 if is_vhost else spent},
        {"tid": VCPU, "comm": "CPU 0/KVM", "class": "vcpu", "cpu_ns": spent * 2},
    ]
    if is_vhost:
        threads.append({"tid": WORKER, "comm": f"vhost-{MAIN}", "class": "vhost", "cpu_ns": spent})
    return {
        "domain": "vhost-a",
        "pid": MAIN,
        "argv": {"vhost": is_vhost, "queues": 1, "netdev": {}},
        "fds": {"vhost_net": int(is_vhost), "tun": 1, "tap": 0, "vfio": 0},
        "threads": threads,
        "witnesses": dict.fromkeys(("xml", "argv", "fds", "threads"), datapath),
        "effective": datapath,
        "agree": True,
        "disagreements": [],
    }


def make_run(workload: str, datapath: str, block: int, **summary: Any) -> dict[str, Any]:
    """A valid run; ``summary`` gives the figures, every other one is null with a reason."""
    tool, direction = SHAPES.get(workload, ("iperf3", "host_to_guest"))
    given = {"window_s": 5.0, "cpu_s": dict.fromkeys(CLASSES, 0.0) | {"vcpu": 5.0, "main": 0.5}, **summary}
    figures = {name: given.get(name) for name in SUMMARY}
    order = 1 if (datapath == "vhost") == (block % 2 == 1) else 2
    minute = list(SHAPES).index(workload) if workload in SHAPES else 9
    begun = datetime(2026, 1, 1) + timedelta(hours=block, minutes=minute, seconds=order)
    return {
        "schema": "virtio.lab/run/1",
        "run_id": f"{workload}-{datapath}-{block}",
        "campaign_id": "made-up",
        "lab": "hands-on",
        "block": block,
        "order_in_block": order,
        "seed": 2019,
        "started_at": f"{begun.isoformat()}Z",
        "ended_at": f"{begun.isoformat()}.5Z",
        "valid": True,
        "invalid_reasons": [],
        "factor": {
            "datapath": datapath, "queues": 1, "offloads": None, "mtu": 1500, "replicate": "boot",
            "boot_id": f"{block}-{datapath}",
        },
        "workload": {
            "name": workload, "tool": tool, "version": "3.18", "argv": [tool], "direction": direction, "proto": "tcp",
            "message_bytes": None, "streams": 1, "warmup_s": 2, "duration_s": 5,
        },
        "witness": {
            "before": witness(datapath, 0), "middle": witness(datapath, 3), "after": witness(datapath, 6),
            "verdict": datapath,
        },
        "samples": [],
        "syscalls": None,
        "summary": figures,
        "missing": {f"summary.{name}": f"{name} is not measured here" for name in SUMMARY if figures[name] is None},
        "instrumentation": {"tools": [tool], "perturbing": tool == "strace"},
        "manifest": {
            "hypervisor": {"kernel": "6.12.0", "cmdline": "quiet", "cpu_model": "QEMU TCG CPU version 2.5+", "cpus": 2},
            "guest": {"kernel": None}, "qemu": "10.0.13", "libvirt": "11.3.0", "tools": {"iperf3": "3.18"},
            "accelerator": "kvm",
            "software_emulation": {"is": True, "why": "the hypervisor's CPU is QEMU TCG CPU version 2.5+"},
            "governor": None, "mitigations": {}, "nic_features": {}, "modules": {}, "collection_version": "0.1.0",
        },
        "raw": [],
    }  # fmt: skip


def make_campaign(blocks: int = 2) -> list[dict[str, Any]]:
    """Both datapaths, four workloads: a stream, a round trip, a teaching run under strace, counts by perf."""
    runs = []
    for block in range(1, blocks + 1):
        for datapath in ("vhost", "qemu"):
            speed = (1.2 if datapath == "vhost" else 1.0) * (1 + block / 20)
            cpu = dict.fromkeys(CLASSES, 0.0) | {"vcpu": 3.0 + block / 10, "main": 0.02, "vhost": 1.5}
            if datapath == "qemu":
                cpu |= {"main": 2.4, "vhost": 0.0}
            stream = make_run("tcp_stream_to_guest", datapath, block, gbps=speed, cpu_s=cpu, cpu_ns_per_byte=8 / speed)
            stream["samples"] = [
                {"t_s": second, "throughput_bps": speed * 1e9 * (1 + second % 3 / 30), "softirq_ns": None,
                 "cpu_ns": {name: spent * 2e8 for name, spent in cpu.items()}}
                for second in (1, 2, 3, 4, 5)
            ]  # fmt: skip
            latency = {"mean": 900 / speed, "p50": 800.0, "p90": 1500.0, "p99": 2100.0 + 300 * block, "max": 9000.0}
            trips = make_run("tcp_rr", datapath, block, tps=1100 * speed, latency_us=latency, cpu_us_per_txn=500.0)
            runs += [stream, trips, *_counted(datapath, block)]
    return runs


def _counted(datapath: str, block: int) -> list[dict[str, Any]]:
    is_vhost = datapath == "vhost"
    packets = {"read": 569, "writev": 0} if is_vhost else {"read": 1332, "writev": 514}
    calls = {"ioctl": 2754, "ppoll": 2186 if is_vhost else 1587, **packets}
    traced = make_run("syscalls", datapath, block)
    traced["syscalls"] = {
        "source": "strace", "total_calls": sum(calls.values()), "by_class": None, "ioctls": None,
        "by_name": {name: {"calls": count, "errors": 36 if name == "read" else 0} for name, count in calls.items()},
    }  # fmt: skip
    counted = make_run("ioctls", datapath, block)
    counted["syscalls"] = {
        "source": "perf", "total_calls": sum(calls.values()),
        "by_name": {name: {"calls": count, "errors": None} for name, count in calls.items()},
        "by_class": {"main": packets, "vcpu": {"ioctl": 2754}},
        "ioctls": {"KVM_RUN": 2500, "KVM_IRQ_LINE_STATUS": 0 if is_vhost else 254},
    }  # fmt: skip
    return [traced, counted]


def measured_twice(runs: list[dict[str, Any]], factor: float = 1.0) -> list[dict[str, Any]]:
    """The runs and an A/A arm: those of qemu once more, so many times as fast."""
    again = copy.deepcopy([run for run in runs if run["factor"]["datapath"] == "qemu" and not run["syscalls"]])
    for run in again:
        run["run_id"] += "-aa"
        run["factor"]["arm"] = "aa"
        for name in ("gbps", "tps"):
            if run["summary"][name] is not None:
                run["summary"][name] *= factor
    return [*runs, *again]


SPEEDS = {"first": 1.0, "slow": 0.8, "fast": 1.5, "same": 1.001}
SCATTER = (0.0, 0.004, -0.003, 0.002, -0.004, 0.003, 0.001, -0.002)


def make_variants(
    speeds: dict[str, float] | None = None, workload: str = "tcp_stream_to_guest", **more: Any
) -> list[dict[str, Any]]:
    """Eight blocks of variants of vhost by how fast they are, the first of them with an A/A arm; documents of today."""
    runs = []
    for at, (name, speed) in enumerate((speeds or SPEEDS).items()):
        for block, scatter in enumerate(SCATTER, 1):
            wobble = SCATTER[(block + at) % len(SCATTER)]
            runs.append(_variant(name, block, speed * (1 + wobble), "a", workload, more))
            if not at:
                runs.append(_variant(name, block, speed * (1 - scatter), "aa", workload, more))
    return runs


def _variant(name: str, block: int, speed: float, arm: str, workload: str, more: dict[str, Any]) -> dict[str, Any]:
    run = make_run(workload, "vhost", block, gbps=10 * speed, cpu_ns_per_byte=2 / speed, **more)
    run["schema"] = "virtio.lab/run/2"
    run["factor"] |= {
        "variant": name, "arm": arm, "baseline": "first", "frontend": "virtio", "backend": "vhost", "attachment": "tap",
        "options": {"driver": {"packed": name == "fast"}},
    }  # fmt: skip
    run["run_id"] = f"b{block:02d}-{name}{'-aa' if arm == 'aa' else ''}-{workload}"
    return run


def spoil(run: dict[str, Any], reason: str) -> dict[str, Any]:
    """A copy of the run that is invalid for that reason, with a figure no valid run could have."""
    bad = copy.deepcopy(run)
    bad["run_id"] += "-bad"
    bad["valid"] = False
    bad["invalid_reasons"] = [reason]
    bad["summary"]["gbps"] = 987654.0
    return bad


def store(runs: list[dict[str, Any]], directory: Path) -> Path:
    for run in runs:
        path = directory / run["run_id"] / "run.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(run), encoding="utf-8")
    return directory


@pytest.fixture
def campaign() -> list[dict[str, Any]]:
    return make_campaign()


@pytest.fixture
def long_campaign() -> list[dict[str, Any]]:
    return make_campaign(6)
