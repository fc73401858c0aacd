# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Latency histograms of several runs as one. Percentiles are read from the sum, never averaged.

A histogram is ``{bounds_us: [n + 1 rising bounds, µs], counts: [n]}``; ``counts[i]`` lie from ``bounds_us[i]`` on and
below ``bounds_us[i + 1]``.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

PERCENTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}


def merge(histograms: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The sum of one or more histograms. ValueError where their buckets differ: no count can be cut in two."""
    bounds = list(histograms[0]["bounds_us"])
    if any(list(histogram["bounds_us"]) != bounds for histogram in histograms):
        raise ValueError("the histograms have different buckets")
    columns = zip(*(histogram["counts"] for histogram in histograms), strict=True)
    return {"bounds_us": bounds, "counts": [sum(column) for column in columns]}


def percentiles(histogram: Mapping[str, Any]) -> dict[str, float | None]:
    """p50, p90, p99, p999 in µs; None where fewer requests lie beyond than ten, so that chance would decide it.

    Inside a bucket the requests are taken to be spread evenly, so a percentile is no finer than its bucket.
    """
    total = sum(histogram["counts"])
    return {
        name: _quantile(histogram, share * total) if total * (1 - share) >= 10 else None
        for name, share in PERCENTILES.items()
    }


def _quantile(histogram: Mapping[str, Any], rank: float) -> float:
    running = list(itertools.accumulate(histogram["counts"]))
    bucket = bisect.bisect_left(running, rank)
    low, high = histogram["bounds_us"][bucket : bucket + 2]
    count = histogram["counts"][bucket]
    return float(low + (high - low) * (rank - (running[bucket] - count)) / count)
