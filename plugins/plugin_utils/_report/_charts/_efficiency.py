# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Throughput against the CPU that it took, with lines along which the rate per core is the same."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._thinned import thinned
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._chart import Absent, Chart, Spec, Table
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._read import (
    Comparison,
    Figure,
    first,
    some_of,
    together,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._style import (
    POINT,
    Arms,
    amount,
    named,
    of_what,
    panels,
    series,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._report._words import _format

NAME, TITLE = "efficiency", "What the speed cost: rate against CPU"
POINTS_DRAWN, LEAST = 240, 6  # in a panel, and of each variant
PANEL_WIDTH = 230
LINES = 4
# Cores busy are the rate times its cost: Gb/s × ns a byte ÷ 8 bits, or transactions a second × µs.
RATE_OF = {"cpu_ns_per_byte": "gbps", "cpu_us_per_txn": "tps"}  # what each cost is of
PER_CORE = {"cpu_ns_per_byte": 1 / 8, "cpu_us_per_txn": 1e-6}
ROUND = ((1, 2, 5), (1, 1.5, 2, 3, 4, 5, 7), tuple(tenth / 10 for tenth in range(10, 100)))


def efficiency(comparison: Comparison) -> Chart | Absent:
    arms = Arms.of(comparison)
    each = arms.each(POINTS_DRAWN, LEAST)
    found = [
        (workload["name"], rate, points)
        for workload in comparison["workloads"]
        if (rate := _rate(workload)) and (points := _points(rate, first(workload, "cost")))
    ]
    if not found:
        return Absent(NAME, TITLE, "no run has both a rate and its CPU cost")
    said, rows = [], []
    for name, rate, points in found:
        said.append(f"{name}, {rate['unit']} a core: {_medians(arms, points)}.")
        rows += [[name, point["series"], str(point["block"]), point["cores"], point["value"],
                  f"{_format.number(point['per_core'])} {_per_core(rate)}"] for point in points]  # fmt: skip
    return Chart(
        NAME,
        TITLE,
        f"Rate against busy cores, a point a run. Medians. {' '.join(said)}",
        "Each point is a run: how fast it was, and how many cores QEMU and its vhost workers kept busy. Along a grey "
        "line the rate per core is the same, the one written at its end: a point above it moved more for its CPU."
        + some_of((len(mine) for _name, _rate, points in found for mine in _by_series(points)), each),
        panels([_panel(arms, each, *entry) for entry in found], columns=3),
        Table(["Workload", "Variant", "Block", "Busy cores", "Rate", "Rate per core"], rows),
        arms.keys(arms.shown(point for _name, _rate, points in found for point in points)),
    )


def _rate(workload: Mapping[str, Any]) -> Figure | None:
    """The rate that the workload's cost is of: of datagrams too the cost is that of a byte."""
    cost = first(workload, "cost")
    rates = together(figure for figure in workload["figures"] if figure["group"] == "rate")
    return next((rate for rate in rates if cost and rate["metric"] == RATE_OF.get(cost["metric"])), None)


def _points(rate: Figure, cost: Figure | None) -> list[dict[str, Any]]:
    """The runs that have both, by variant and then by block."""
    if not cost or cost["metric"] not in PER_CORE:
        return []
    return [
        {
            "series": name,
            "block": entry["block"],
            "value": entry["value"],
            "cores": cores,
            "per_core": entry["value"] / cores,
        }
        for name, entries, costs in _arms(rate, cost)
        for entry in entries
        if (cores := entry["value"] * costs.get(entry["run_id"], 0) * PER_CORE[cost["metric"]])
    ]


def _by_series(points: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    return [list(each) for _name, each in itertools.groupby(points, lambda point: point["series"])]


def _arms(rate: Figure, cost: Figure) -> Iterator[tuple[str, Sequence[Mapping[str, Any]], dict[str, float]]]:
    arms = [(name, rate["arms"][name]["values"], cost["arms"][name]["values"]) for name in rate["arms"]]
    arms.append((series(rate["aa"]["variant"], "aa"), rate["aa"]["values"], cost["aa"]["values"]))
    for name, entries, costs in arms:
        yield name, entries, {entry["run_id"]: entry["value"] for entry in costs}


def _medians(arms: Arms, points: Sequence[Mapping[str, Any]]) -> str:
    by_name = {name: [point["per_core"] for point in points if point["series"] == name] for name in arms.names}
    return ", ".join(
        f"{name} {_format.number(sorted(found)[len(found) // 2])}" for name, found in by_name.items() if found
    )


def _per_core(rate: Figure) -> str:
    return f"{rate['unit']} a core" if rate["unit"] != "/s" else "a second and core"


def _panel(arms: Arms, each: int, name: str, rate: Figure, points: Sequence[dict[str, Any]]) -> Spec:
    wide = 1.12 * max(point["cores"] for point in points)
    high = 1.12 * max(point["value"] for point in points)
    drawn = [point for mine in _by_series(points) for point in thinned(mine, each)]
    x = amount("busy cores", "cores", domain=[0, wide], nice=False)
    x["axis"] = {"tickCount": 4}
    y = amount(domain=[0, high], nice=False)
    return {
        "title": named(name, of_what(rate)),
        "width": PANEL_WIDTH,
        "height": 150,
        "layer": [
            *_same_per_core(list(_lines([point["per_core"] for point in points], wide, high)), x, y),
            {"data": {"values": drawn}, "mark": POINT, "encoding": {"x": x, "y": y, **arms.marks(points)}},
        ],
    }


def _same_per_core(lines: Sequence[Mapping[str, Any]], x: Spec, y: Spec) -> list[Spec]:
    """The lines and, at their ends, how much a core they stand for."""
    ends = {"x2": {"field": "cores"}, "y2": {"field": "value"}}
    return [
        {
            "data": {"values": lines},
            "mark": {"type": "rule", "color": "var(--soft)", "strokeWidth": 1, "opacity": 0.7},
            "encoding": {"x": {**x, "field": "from"}, "y": {**y, "field": "from"}, **ends},
        },
        {
            "data": {"values": lines},
            "mark": {"type": "text", "align": "left", "dx": 5, "color": "var(--soft)", "fontSize": 11},
            "encoding": {"x": x, "y": y, "text": {"field": "label"}},
        },
    ]


def _lines(found: Sequence[float], wide: float, high: float) -> Iterator[dict[str, Any]]:
    """From the origin to the frame, at round rates per core around those found."""
    for per_core in round_between(min(found) * 0.6, max(found) * 1.6):
        reached = min(wide, high / per_core)
        yield {"from": 0, "cores": reached, "value": reached * per_core, "label": f"{per_core:,.12g}"}


def round_between(low: float, high: float) -> list[float]:
    """At most LINES round numbers from low to high, from the roundest kind of which there are three."""
    powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    for kind in ROUND:
        found = [digit * 10.0**power for power in powers for digit in kind if low <= digit * 10.0**power <= high]
        if len(found) >= 3:
            break
    return thinned(found, LINES)
