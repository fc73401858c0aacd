# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which datapath of a campaign is divided by which, and the values that each was measured to have."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._runs._metrics import Metric, read

Document = Mapping[str, Any]
BASELINE = "qemu"
CANDIDATE = "vhost"


def arm_of(run: Document) -> str:
    """``a``, or ``aa`` for the second measurement of the baseline in a block; runs from before there was one are a."""
    return str(run["factor"].get("arm", "a"))


def cell_of(run: Document) -> dict[str, Any]:
    """Where in the campaign the run belongs."""
    return {
        "run_id": run["run_id"],
        "workload": run["workload"]["name"],
        "datapath": run["factor"]["datapath"],
        "arm": arm_of(run),
        "block": run["block"],
    }


def sides(runs: Sequence[Document]) -> tuple[str, str]:
    """(baseline, candidate): the baseline is the datapath that was measured against itself, else QEMU's own backend."""
    against_itself = {run["factor"]["datapath"] for run in runs if arm_of(run) == "aa"}
    return (CANDIDATE, BASELINE) if against_itself == {CANDIDATE} else (BASELINE, CANDIDATE)


@dataclass(frozen=True)
class Arm:
    """The runs of one workload on one datapath, in the order of the campaign; ``name`` is ``a`` or ``aa``."""

    datapath: str
    name: str
    runs: tuple[Document, ...]

    @classmethod
    def among(cls, runs: Sequence[Document], datapath: str, name: str = "a") -> Arm:
        mine = [run for run in runs if run["factor"]["datapath"] == datapath and arm_of(run) == name]
        mine.sort(key=lambda run: (run["block"], run.get("order_in_block") or 0, run["run_id"]))
        return cls(datapath, name, tuple(mine))


def values_of(arm: Arm, metric: Metric) -> dict[str, Any]:
    """One arm's ``values`` in block order, their ``median``, and why there is none or one is ``missing``.

    The median of an even number of percentiles is the upper of the middle two.
    """
    values, reasons = [], []
    for run in arm.runs:
        value, reason = read(run, metric.key)
        if value is None:
            reasons.append(str(reason))
        else:
            values.append({"block": run["block"], "run_id": run["run_id"], "at": run["started_at"], "value": value})
    if not arm.runs:
        again = " again" if arm.name == "aa" else ""
        reasons.append(f"no valid run of this workload on {arm.datapath}{again}")
    median = statistics.median_high if metric.is_percentile else statistics.median
    return {
        "values": values,
        "median": median(entry["value"] for entry in values) if values else None,
        "missing": "; ".join(dict.fromkeys(reasons)) or None,
    }


def by_block(values: Sequence[Mapping[str, Any]]) -> dict[int, float]:
    """Block → value; several runs of a block count as their mean, once."""
    blocks: dict[int, list[float]] = {}
    for entry in values:
        blocks.setdefault(entry["block"], []).append(entry["value"])
    return {block: statistics.fmean(found) for block, found in sorted(blocks.items())}
