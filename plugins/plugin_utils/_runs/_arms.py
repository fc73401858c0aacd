# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which datapath of a campaign is divided by which, and the values that each was measured to have."""

from __future__ import annotations

import math
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


def name_of(run: Document) -> str:
    """What the campaign calls that which was measured: its variant, and in documents from before there were any, the
    datapath."""
    return str(run["factor"].get("variant") or run["factor"]["datapath"])


def cell_of(run: Document) -> dict[str, Any]:
    """Where in the campaign the run belongs."""
    return {
        "run_id": run["run_id"],
        "workload": run["workload"]["name"],
        "datapath": name_of(run),
        "arm": arm_of(run),
        "block": run["block"],
    }


def sides(runs: Sequence[Document], planned: Sequence[str] = ()) -> tuple[str, str | None]:
    """(baseline, candidate): the first of what the campaign compares, and the next of it that was measured.

    ``planned``: its names as the campaign has them, where they are known. Else the baseline is what the runs say it is,
    or what was measured against itself, and without that the first by name. There is no candidate where one datapath is
    all there is.
    """
    measured = {name_of(run) for run in runs}
    said = sorted({str(run["factor"]["baseline"]) for run in runs if run["factor"].get("baseline")})
    itself = sorted({name_of(run) for run in runs if arm_of(run) == "aa"})
    baseline, *others = dict.fromkeys([*planned, *said, *itself, *sorted(measured)])
    return baseline, next((name for name in others if name in measured), others[0] if others else None)


@dataclass(frozen=True)
class Arm:
    """The runs of one workload on one datapath, in the order of the campaign; ``name`` is ``a`` or ``aa``."""

    datapath: str
    name: str
    runs: tuple[Document, ...]

    @classmethod
    def among(cls, runs: Sequence[Document], datapath: str, name: str = "a") -> Arm:
        mine = [run for run in runs if name_of(run) == datapath and arm_of(run) == name]
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
    """Block → value; several runs of a block, such as both of the baseline, count as their geometric mean, once."""
    blocks: dict[int, list[float]] = {}
    for entry in values:
        blocks.setdefault(entry["block"], []).append(entry["value"])
    return {block: geometric_mean(found) for block, found in sorted(blocks.items())}


def geometric_mean(values: Sequence[float]) -> float:
    """The mean that ratios are formed from; 0 where a value is."""
    if min(values) <= 0:
        return 0.0
    return math.exp(math.fsum(map(math.log, values)) / len(values))


def level(values: Sequence[float]) -> float | None:
    """What a row shows beside a ratio: the geometric mean, or the plain one where a value is 0; None of nothing."""
    if not values:
        return None
    return geometric_mean(values) if min(values) > 0 else statistics.fmean(values)
