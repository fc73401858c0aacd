# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A campaign of any size that was never measured: the run documents of the sample report with other figures."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

Run = dict[str, Any]
SAMPLE = Path(__file__).resolve().parents[1] / "docs" / "sample-report"
SECONDS = 30
MESSAGES = (64, 256, 1024, 4096, 16384)
SEED = 2019


def write(count: int, folder: Path) -> None:
    """FOLDER/RUN_ID/run.json for so many runs, laid out as a campaign writes them."""
    for run in islice(runs(), count):
        record = folder / run["run_id"] / "run.json"
        record.parent.mkdir()
        record.write_text(json.dumps(run, indent=2, sort_keys=True), encoding="utf-8")


def runs() -> Iterator[Run]:
    """Blocks without end: each workload on both datapaths and, unless it counts system calls, over qemu again (A/A)."""
    chance = random.Random(SEED)
    samples = _samples()
    began = datetime(2026, 1, 1, tzinfo=UTC)
    block = 0
    while True:
        block += 1
        speed = chance.gauss(1, 0.02)
        for order, (sample, arm) in enumerate(_cells(samples), 1):
            run = _made(sample, arm, block, speed * chance.gauss(1, 0.01), chance)
            yield run | {"order_in_block": order, "started_at": _clock(began), "ended_at": _clock(began, SECONDS + 7)}
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


def _of_size(run: Run, size: int) -> Run:
    return run | {"workload": run["workload"] | {"name": f"tcp_stream_{size}", "message_bytes": size}}


def _cells(samples: list[Run]) -> Iterator[tuple[Run, str]]:
    for run in samples:
        yield run, "a"
        if run["factor"]["datapath"] == "qemu" and not run["syscalls"]:
            yield run, "aa"


def _made(sample: Run, arm: str, block: int, speed: float, chance: random.Random) -> Run:
    run = copy.deepcopy(sample)
    factor, summary = run["factor"], run["summary"]
    factor |= {"arm": arm, "boot_id": f"{1000 + block}-{arm}-{factor['datapath']}"}
    cell = f"b{block:04d}-{factor['datapath']}{'-aa' if arm == 'aa' else ''}-{run['workload']['name']}"
    run |= {"campaign_id": "synthetic", "lab": "synthetic", "block": block, "run_id": cell}
    run["workload"] |= {"duration_s": SECONDS, "warmup_s": 5}
    run["samples"] = [_second(run["samples"], second, chance) for second in range(SECONDS)]
    for name in ("gbps", "tps", "pps"):
        summary[name] = summary[name] and summary[name] * speed
    for name in ("cpu_ns_per_byte", "cpu_us_per_txn"):
        summary[name] = summary[name] and summary[name] / speed
    summary["cpu_s"] = {name: spent * chance.gauss(6, 0.1) for name, spent in summary["cpu_s"].items()}
    if summary["latency_us"]:
        summary["latency_us"] = {name: value and value / speed for name, value in summary["latency_us"].items()}
    return run


def _second(samples: list[Run], second: int, chance: random.Random) -> Run:
    sample = samples[second % len(samples)]
    moved = sample["throughput_bps"]
    return sample | {"t_s": second + 1.0, "throughput_bps": moved and moved * chance.gauss(1, 0.05)}


def _clock(began: datetime, later: int = 0) -> str:
    return (began + timedelta(seconds=later)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
