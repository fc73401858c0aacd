# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One latency distribution a variant, summed up from its runs' histograms; never a mean of percentiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._runs._arms import Arms
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics import _histogram

Document = Mapping[str, Any]
ROUND_TRIP = "round_trip"
QUANTILES = ("min", "p50", "p90", "p99", "max")


def latencies(measured: Arms, names: Sequence[str]) -> dict[str, Any] | None:
    """Variant → ``{runs, histogram, percentiles, quantiles, missing}``; None for a workload that has no round trips.

    ``quantiles`` are each run's own, as its tool gave them.
    """
    if ROUND_TRIP not in measured.directions:
        return None
    return {name: _merged(measured.arm(name).runs) for name in names}


def _merged(runs: Sequence[Document]) -> dict[str, Any]:
    histograms = [run["latency_histogram"] for run in runs if run.get("latency_histogram")]
    missing = _missing(runs, len(histograms))
    try:
        histogram = None if missing else _histogram.merge(histograms)
    except ValueError as error:
        histogram, missing = None, str(error)
    return {
        "runs": len(runs),
        "histogram": histogram,
        "percentiles": _histogram.percentiles(histogram) if histogram else None,
        "quantiles": [_own(run) for run in runs if run["summary"]["latency_us"]],
        "missing": missing,
    }


def _own(run: Document) -> dict[str, Any]:
    given = run["summary"]["latency_us"]
    return {"run_id": run["run_id"], "block": run["block"], **{name: given.get(name) for name in QUANTILES}}


def _missing(runs: Sequence[Document], with_histogram: int) -> str | None:
    if not runs:
        return "no valid run"
    if with_histogram == len(runs):
        return None
    tools = ", ".join(sorted({run["workload"]["tool"] for run in runs if not run.get("latency_histogram")}))
    return (
        f"{tools} gave percentiles and no histogram in {len(runs) - with_histogram} of {len(runs)} runs, "
        "and percentiles of several runs cannot be made into one"
    )
