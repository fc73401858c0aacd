# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A campaign of any size that was never measured: the run documents of the sample report with other figures."""

from __future__ import annotations

import copy
import hashlib
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

Run = dict[str, Any]
Files = dict[str, str]
LASTS = {"iperf3": "-t", "netperf": "-l"}  # how a load is told how long
SAMPLE = Path(__file__).resolve().parents[1] / "docs" / "sample-report"
SECONDS = 30
VARIANTS = 12
MESSAGES = (64, 256, 1024, 4096, 16384)
SEED = 2019


def write(count: int, folder: Path) -> None:
    """FOLDER/RUN_ID/run.json for so many runs, laid out as a campaign writes them, with the tools' raw output."""
    for run, files in islice(made(), count):
        record = folder / run["run_id"] / "run.json"
        record.parent.mkdir()
        record.write_text(json.dumps(run, indent=2, sort_keys=True), encoding="utf-8")
        for name, text in files.items():
            record.with_name(name).write_text(text, encoding="utf-8")


def runs(variants: int = VARIANTS) -> Iterator[Run]:
    """The run documents of made()."""
    return (run for run, _files in made(variants))


def made(variants: int = VARIANTS) -> Iterator[tuple[Run, Files]]:
    """Runs with the raw output that their figures are read from, as the report reads that again.

    Blocks without end: each workload on every variant and, unless it counts system calls, over qemu again (A/A).
    """
    chance = random.Random(SEED)
    samples = _of_variants(_samples(), variants)
    began = booted = datetime(2026, 1, 1, tzinfo=UTC)
    block = 0
    while True:
        block += 1
        ticks = round(100 * (began - booted).total_seconds())
        speed = chance.gauss(1, 0.02)
        last: dict[str, Run] = {}
        for order, (sample, arm) in enumerate(_cells(samples), 1):
            run, files = _made(sample, arm, (block, ticks), speed * chance.gauss(1, 0.01), chance, began)
            _go_on(run, last)
            run |= {"order_in_block": order, "started_at": _clock(began), "ended_at": _clock(began, SECONDS + 7)}
            yield run, files
            began += timedelta(seconds=SECONDS + 10)


def _samples() -> list[Run]:
    """The valid runs of the sample's first block, and one of its streams again with a sweep of message sizes."""
    every = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(SAMPLE.glob("b01-*/run.json"))]
    found = [run for run in every if run["valid"] and run["factor"].get("arm", "a") == "a"]
    streams = [run for run in found if run["workload"]["direction"] == "host_to_guest" and not run["syscalls"]]
    for run in streams:
        if run["workload"]["name"] == streams[0]["workload"]["name"]:
            found += [_of_size(run, size) for size in MESSAGES]
    return found


def _of_variants(samples: list[Run], count: int) -> list[Run]:
    """The samples with their variant named, and those of vhost again under other names until there are so many."""
    named = [_of_variant(run, run["factor"]["datapath"]) for run in samples]
    names = [f"vhost-{number}" for number in range(3, count + 1)]
    return named + [_of_variant(run, name) for name in names for run in samples if run["factor"]["datapath"] == "vhost"]


def _of_variant(run: Run, name: str) -> Run:
    factor = run["factor"] | {"variant": name, "baseline": "qemu", "backend": run["factor"]["datapath"]}
    return run | {"schema": "virtio.lab/run/2", "factor": factor}


def _of_size(run: Run, size: int) -> Run:
    argv = list(run["workload"]["argv"])
    argv[argv.index("-l") + 1] = str(size)
    return run | {"workload": run["workload"] | {"name": f"tcp_stream_{size}", "message_bytes": size, "argv": argv}}


def _cells(samples: list[Run]) -> Iterator[tuple[Run, str]]:
    for run in samples:
        yield run, "a"
        if run["factor"]["datapath"] == "qemu" and not run["syscalls"]:
            yield run, "aa"


def _go_on(run: Run, last: dict[str, Run]) -> None:
    """The threads of QEMU have used what they had used at the end of the run before, in the same boot, and more."""
    boot, witness = run["factor"]["boot_id"], run["witness"]
    if boot in last:
        used = {thread["tid"]: thread["cpu_ns"] for thread in last[boot]["after"]["threads"]}
        more = max(used.get(thread["tid"], 0) - thread["cpu_ns"] for thread in witness["before"]["threads"])
        for moment in ("before", "middle", "after"):
            for thread in witness[moment]["threads"]:
                thread["cpu_ns"] += max(0, more)
    last[boot] = witness


def _made(
    sample: Run, arm: str, at: tuple[int, int], speed: float, chance: random.Random, began: datetime
) -> tuple[Run, Files]:
    """``at``: the number of the block, and for how many ticks its host had been up when it began."""
    block, ticks = at
    run = copy.deepcopy(sample)
    factor, workload = run["factor"], run["workload"]
    number = int(factor["variant"].partition("-")[2] or factor["datapath"] == "vhost")
    start = ticks + 100 * (arm == "aa") + number
    factor |= {"arm": arm, "boot_id": f"{run['witness']['before']['pid']}-{start}"}
    cell = f"b{block:04d}-{factor['variant']}{'-aa' if arm == 'aa' else ''}-{workload['name']}"
    run |= {"campaign_id": "synthetic", "lab": "synthetic", "block": block, "run_id": cell}
    workload["duration_s"] = SECONDS
    if workload["argv"][0] in LASTS:
        workload["argv"][workload["argv"].index(LASTS[workload["argv"][0]]) + 1] = str(SECONDS)
    folder = SAMPLE / sample["run_id"]
    files = {entry["path"]: (folder / entry["path"]).read_text(encoding="utf-8") for entry in run["raw"]}
    _count(run, speed, chance)
    if workload["tool"] == "netperf":
        files["netperf.stdout"] = _transactions(run, files["netperf.stdout"], speed, chance)
    else:
        told = json.loads(files["iperf3.stdout"])
        told["start"]["timestamp"] = {"timesecs": int(began.timestamp())}
        files["iperf3.stdout"] = _stream(run, told, speed, chance)
    run["raw"] = [{"path": name, "sha256": hashlib.sha256(text.encode()).hexdigest()} for name, text in files.items()]
    return run, files


def _count(run: Run, speed: float, chance: random.Random) -> None:
    """What is read every second, and what follows from its sum; the witnesses before and after it lie further apart."""
    summary, bracket, before = run["summary"], run["bracket"], run["witness"]["before"]["threads"]
    sampled = summary["pps"] * summary["window_s"]
    run["samples"] = [_second(run["samples"], second, chance) for second in range(SECONDS)]
    summary["window_s"] = float(SECONDS)
    spent = {name: sum(one["cpu_ns"][name] for one in run["samples"]) for name in summary["cpu_s"]}
    summary["cpu_s"] = {name: ns / 1e9 for name, ns in spent.items()}
    summary["softirq_s"] = sum(one["softirq_ns"] for one in run["samples"]) / 1e9
    began = {thread["tid"]: thread["cpu_ns"] for thread in before}
    for thread in run["witness"]["after"]["threads"]:
        thread["cpu_ns"] += 4 * SECONDS * (thread["cpu_ns"] - began.get(thread["tid"], 0))
    packets = round(sampled * SECONDS / 5 * speed)
    summary["pps"] = packets / SECONDS
    bracket["packets"], bracket["seconds"] = 2 * packets, SECONDS + 1.0
    summary["kicks_per_packet"] = sum(bracket["kicks"].values()) / bracket["packets"]
    if run["syscalls"]:
        summary["exits_per_packet"] = round(summary["exits_per_packet"] * sampled) / packets
        summary["syscalls_per_packet"] = run["syscalls"]["total_calls"] / packets


def _second(samples: list[Run], second: int, chance: random.Random) -> Run:
    sample = samples[second % len(samples)]
    spent = {name: round(ns * abs(chance.gauss(1, 0.01))) for name, ns in sample["cpu_ns"].items()}
    return sample | {"from_s": float(second), "t_s": second + 1.0, "cpu_ns": spent}


def _transactions(run: Run, text: str, speed: float, chance: random.Random) -> str:
    """netperf's lines with other figures, and those figures in the summary; no two runs last exactly as long."""
    summary, lines, lasted = run["summary"], [], SECONDS + chance.random() / 100
    for name, _equals, value in (line.partition("=") for line in text.splitlines()):
        told = float(value)
        if name == "TRANSACTION_RATE":
            told = summary["tps"] = round(told * speed, 3)
        elif name.endswith("_LATENCY"):
            told = summary["latency_us"][name.partition("_")[0].lower()] = round(told / speed, 2)
        lines.append(f"{name}={lasted if name == 'ELAPSED_TIME' else told}")
    summary["retransmits"] = summary["retransmits"] and float(summary["retransmits"])
    spent = sum(round(seconds * 1e9) for seconds in summary["cpu_s"].values()) / summary["window_s"]
    summary["cpu_us_per_txn"] = spent * 1e-3 / summary["tps"]
    return "\n".join([*lines, f"# {run['run_id']}", ""])


def _stream(run: Run, document: Run, speed: float, chance: random.Random) -> str:
    """iperf3's JSON with other figures and more seconds, and those figures in the summary."""
    summary, workload, start = run["summary"], run["workload"], document["start"]
    lead = 2 if run["syscalls"] else 0
    start |= {"cookie": run["run_id"]}
    start["test_start"] |= {"duration": SECONDS + lead, "blksize": workload["message_bytes"]}
    warm = [one for one in document["intervals"] if one["sum"]["omitted"]]
    rest = [one for one in document["intervals"] if not one["sum"]["omitted"]]
    seconds = [copy.deepcopy(rest[second % len(rest)]) for second in range(SECONDS + lead)]
    for one in seconds:
        one["sum"]["bits_per_second"] *= chance.gauss(speed, 0.05)
    document["intervals"] = warm + seconds
    for sample, one in zip(run["samples"], seconds, strict=False):
        sample["throughput_bps"] = one["sum"]["bits_per_second"]
    received, sent = document["end"]["sum_received"], document["end"]["sum_sent"]
    received |= {"bytes": round(received["bytes"] * speed), "bits_per_second": received["bits_per_second"] * speed}
    received["seconds"] = sent["seconds"] = float(SECONDS)
    summary["gbps"] = received["bits_per_second"] / 1e9
    if workload["proto"] == "udp":
        arrived = received["bytes"] / workload["message_bytes"]
        summary["datagrams_per_second"] = arrived / received["seconds"]
        summary["loss"] = max(0.0, 1 - arrived / sent["packets"])
    spent = sum(round(seconds * 1e9) for seconds in summary["cpu_s"].values()) / summary["window_s"]
    summary["cpu_ns_per_byte"] = spent * 8 / received["bits_per_second"]
    return json.dumps(document)


def _clock(began: datetime, later: int = 0) -> str:
    return (began + timedelta(seconds=later)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
