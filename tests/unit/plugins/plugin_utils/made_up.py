# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A campaign made up out of the sample's, with all of its raw output, so well that nothing in it contradicts itself."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._measure._record._summary import summarise
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._found import digest
from ansible_collections.virtio.lab.plugins.plugin_utils._verify import _raw, _recompute

SAMPLE = Path(__file__).resolve().parents[4] / "docs" / "sample-report"
Document = dict[str, Any]
# Factors of the blocks, a few per mille to either side.
SCATTER = (1.000, 1.004, 0.997, 1.002, 0.995, 1.003, 0.999, 1.001)
_COUNTED = ("bytes", "packets")
_LATENCY = re.compile(r"(_LATENCY)=([0-9.]+)")
_RATE = re.compile(r"(TRANSACTION_RATE)=([0-9.]+)")


def made_up(folder: Path, campaign_id: str, speed: float = 1.0) -> Path:
    """A copy of the sample in folder, as steady as no machine is and so many times as fast as its first block."""
    for path in sorted(SAMPLE.glob("b*-*")):
        shutil.copytree(path, folder / path.name)
    shutil.copy(SAMPLE / "campaign.json", folder / "campaign.json")
    for path in folder.glob("*/run.json"):
        run = json.loads(path.read_bytes())
        run["campaign_id"] = campaign_id
        if run["workload"]["tool"] in ("iperf3", "netperf"):
            again = 1 + (-1) ** run["block"] / 2000 if run["factor"]["arm"] == "aa" else 1.0
            _steady(path.parent, run, speed * SCATTER[run["block"] - 1] * again)
        path.write_text(json.dumps(run, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return folder


def figures_again(folder: Path, run: Document) -> None:
    """The figures of a run as they follow from the raw output that lies in its folder now."""
    run["raw"] = [{**entry, "sha256": digest((folder / entry["path"]).read_bytes())} for entry in run["raw"]]
    files = {entry["path"]: (folder / entry["path"]).read_bytes() for entry in run["raw"]}
    figures, _start = _raw.figures_in(run["workload"], files)
    bracket = {**run["bracket"], "missing": {}}
    again, _missing = summarise(figures, _recompute._ticks(run), None, False, bracket)
    run["summary"] = {name: again[name] for name in run["summary"]}
    for sample in run["samples"]:
        covered = figures.intervals_bps[round(sample["from_s"]) : round(sample["t_s"])]
        sample["throughput_bps"] = sum(covered) / len(covered) if covered else None


def _steady(folder: Path, run: Document, speed: float) -> None:
    """Make the run so many times as fast as that of the first block, and as cheap."""
    first = SAMPLE / f"b01-{run['factor']['datapath']}-{run['workload']['name']}"
    told = json.loads((first / "run.json").read_bytes())["summary"]
    rate = "gbps" if run["workload"]["tool"] == "iperf3" else "tps"
    times = speed * told[rate] / run["summary"][rate]
    path = folder / f"{run['workload']['tool']}.stdout"
    if rate == "gbps":
        path.write_text(_iperf3(path.read_text(encoding="utf-8"), times), encoding="utf-8")
    else:
        path.write_text(_netperf((first / path.name).read_text(encoding="utf-8"), speed), encoding="utf-8")
    window_s = run["summary"]["window_s"]
    run["summary"]["pps"] = round(run["summary"]["pps"] * window_s * times) / window_s
    run["bracket"]["packets"] = round(run["bracket"]["packets"] * times) + 1
    _spend(run, 0.6 * sum(told["cpu_s"].values()) / sum(run["summary"]["cpu_s"].values()))
    figures_again(folder, run)


def _spend(run: Document, share: float) -> None:
    """That share of the CPU time, in every second; a larger one would contradict the witnesses."""
    for sample in run["samples"]:
        sample["cpu_ns"] = {name: int(spent * share) for name, spent in sample["cpu_ns"].items()}
    for name in run["summary"]["cpu_s"]:
        run["summary"]["cpu_s"][name] = sum(sample["cpu_ns"][name] for sample in run["samples"]) / 1e9


def _netperf(text: str, speed: float) -> str:
    text = _RATE.sub(lambda found: f"{found[1]}={float(found[2]) * speed:.3f}", text)
    return _LATENCY.sub(lambda found: f"{found[1]}={float(found[2]) / speed:.2f}", text)


def _iperf3(text: str, speed: float) -> str:
    told = json.loads(text)
    sums = [told["end"][name] for name in ("sum_received", "sum_sent")]
    for one in (*sums, *(interval["sum"] for interval in told["intervals"])):
        one.update({name: round(one[name] * speed) for name in _COUNTED if name in one})
        one["bits_per_second"] *= speed
    return json.dumps(told)
