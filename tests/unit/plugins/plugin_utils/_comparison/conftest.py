# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Campaigns of many blocks out of the sample report's real run documents: the same runs, their figures scaled."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

SAMPLE = Path(__file__).resolve().parents[5] / "docs" / "sample-report"
# Factors of the blocks, a few per mille to either side: what made a whole block faster or slower.
SCATTER = (1.000, 1.004, 0.997, 1.002, 0.995, 1.003, 0.999, 1.001)
TIMED = ("gbps", "tps", "pps")


def sample_runs() -> list[dict[str, Any]]:
    """Every run of the sample's first block but those of the A/A arm."""
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(SAMPLE.glob("b01-*/run.json"))]
    return [run for run in runs if run["factor"]["arm"] == "a"]


def scaled(run: dict[str, Any], speed: float) -> dict[str, Any]:
    """A copy that was so many times as fast at the same CPU time."""
    made = copy.deepcopy(run)
    summary = made["summary"]
    for name in TIMED:
        if summary[name] is not None:
            summary[name] *= speed
    for name in ("cpu_ns_per_byte", "cpu_us_per_txn"):
        if summary[name] is not None:
            summary[name] /= speed
    if summary["latency_us"]:
        summary["latency_us"] = {name: value and value / speed for name, value in summary["latency_us"].items()}
    return made


def campaign(name: str, speed: float = 1.0, against_itself: float = 1.0) -> list[dict[str, Any]]:
    """Eight blocks of the sample's runs, with an A/A arm made of the runs over qemu."""
    runs = []
    for block, scatter in enumerate(SCATTER, 1):
        for run in sample_runs():
            datapath = run["factor"]["datapath"]
            arms = {"a": speed} | ({"aa": speed * against_itself} if datapath == "qemu" else {})
            for arm, factor in arms.items():
                again = 1.0 if arm == "a" else 1 + (scatter - 1) / 2
                made = scaled(run, factor * scatter * again)
                made["factor"]["arm"] = arm
                made["campaign_id"] = name
                made["block"] = block
                made["run_id"] = f"b{block:02d}-{datapath}{'-aa' if arm == 'aa' else ''}-{run['workload']['name']}"
                runs.append(made)
    return runs


def store(runs: list[dict[str, Any]], folder: Path) -> Path:
    for run in runs:
        path = folder / run["run_id"] / "run.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(run), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def before() -> list[dict[str, Any]]:
    return campaign("before")
