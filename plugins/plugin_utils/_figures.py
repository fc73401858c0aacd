# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One workload's runs → its figures: both datapaths, their ratio over blocks, the verdict."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._metrics import METRICS, Metric, read
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics import (
    BLOCKS_FOR_VERDICT,
    judge,
    ratio_of_blocks,
)

Document = Mapping[str, Any]
BASELINE = "qemu"
CANDIDATE = "vhost"


def figures(runs: Sequence[Document]) -> list[dict[str, Any]]:
    """One entry a metric that these runs carry, or should carry by the direction of their workload.

    What the direction does not ask for and was 0 in every run, such as the CPU of an absent iothread, is left out.
    """
    directions = {run["workload"].get("direction") for run in runs}
    rows = [(metric, _arm(runs, BASELINE, metric), _arm(runs, CANDIDATE, metric)) for metric in METRICS]
    return [
        _figure(metric, baseline, candidate)
        for metric, baseline, candidate in rows
        if directions & set(metric.directions)
        or any(entry["value"] for entry in baseline["values"] + candidate["values"])
    ]


def _arm(runs: Sequence[Document], datapath: str, metric: Metric) -> dict[str, Any]:
    """One datapath's values in block order, their median, and why there is none or one is lacking.

    The median of an even number of percentiles is the upper of the middle two.
    """
    values, reasons = [], []
    mine = [run for run in runs if run["factor"]["datapath"] == datapath]
    for run in sorted(mine, key=lambda run: (run["block"], run.get("order_in_block") or 0, run["run_id"])):
        value, reason = read(run, metric.key)
        if value is None:
            reasons.append(str(reason))
        else:
            values.append({"block": run["block"], "run_id": run["run_id"], "value": value})
    if not mine:
        reasons.append(f"no valid run of this workload on {datapath}")
    median = statistics.median_high if metric.is_percentile else statistics.median
    return {
        "values": values,
        "median": median(entry["value"] for entry in values) if values else None,
        "missing": "; ".join(dict.fromkeys(reasons)) or None,
    }


def _figure(metric: Metric, baseline: dict[str, Any], candidate: dict[str, Any]) -> dict[str, Any]:
    ratio, verdict = _compare(metric, baseline, candidate)
    return {
        "metric": metric.key,
        "label": metric.label,
        "unit": metric.unit,
        "group": metric.group,
        "better": "higher" if metric.higher_is_better else "lower",
        BASELINE: baseline,
        CANDIDATE: candidate,
        "ratio": ratio,
        "verdict": verdict,
    }


def _compare(
    metric: Metric, baseline: dict[str, Any], candidate: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    pairs = _pairs(baseline["values"], candidate["values"])
    usable = [pair for pair in pairs if min(pair) > 0]
    if len(usable) < len(pairs) or not pairs:
        why = "one side is 0, so there is no ratio" if pairs else "no block holds both datapaths"
        text = "no verdict: no ratio" if pairs else f"no verdict: 0 of {BLOCKS_FOR_VERDICT} blocks"
        ratio: dict[str, Any] = {"blocks": 0, "ratio": None, "low": None, "high": None, "missing": why}
        return ratio, {"word": "none", "text": text}
    found = ratio_of_blocks(usable)
    short = "an interval needs at least 2 blocks" if found.low is None else None
    ratio = {"blocks": found.blocks, "ratio": found.ratio, "low": found.low, "high": found.high, "missing": short}
    word = metric.verdict(judge(found))
    text = f"no verdict: {found.blocks} of {BLOCKS_FOR_VERDICT} blocks" if word == "none" else word
    return ratio, {"word": word, "text": text}


def _pairs(baseline: Sequence[dict[str, Any]], candidate: Sequence[dict[str, Any]]) -> list[tuple[float, float]]:
    """(baseline, candidate) of every block that has both; several runs of a block count as their mean, once."""
    left, right = _by_block(baseline), _by_block(candidate)
    return [(statistics.fmean(left[block]), statistics.fmean(right[block])) for block in sorted(left) if block in right]


def _by_block(values: Sequence[dict[str, Any]]) -> dict[int, list[float]]:
    blocks: dict[int, list[float]] = {}
    for entry in values:
        blocks.setdefault(entry["block"], []).append(entry["value"])
    return blocks
