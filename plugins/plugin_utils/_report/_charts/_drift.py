# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drift: each run's figure against the median of its arm, in the order in which the runs were made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._thinned import thinned
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._chart import Absent, Chart, Spec, Table
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._read import Comparison, Figure, first, some_of
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._style import (
    AGAIN,
    POINT,
    Arms,
    amount,
    named,
    panels,
    series,
)

NAME, TITLE = "drift", "Did the machine change meanwhile?"
RUNS_DRAWN = 200
WIDTH, HEIGHT = 340, 110
LEAST = 5  # per cent: below that an axis would blow up what is nothing


def drift(comparison: Comparison) -> Chart | Absent:
    arms = Arms.of(comparison)
    found = [
        (workload["name"], rate, points)
        for workload in comparison["workloads"]
        if (rate := first(workload, "rate")) and len(points := in_order(rate)) > 1
    ]
    if not found:
        return Absent(NAME, TITLE, "no workload has two runs with a rate")
    flags = [
        f"{name}: {flag['text']}"
        for name, rate, _points in found
        for pair in rate["pairs"]
        for flag in pair["flags"]
        if flag["kind"] == "drift"
    ]
    flags = list(dict.fromkeys(flags))
    band = (comparison["rules"]["equivalence"] - 1) * 100
    flagged = f"Flagged: {'; '.join(flags)}." if flags else "No drift is flagged in these figures."
    return Chart(
        NAME,
        TITLE,
        f"Rates in the order of the runs, as difference from the median of their variant. {flagged}",
        "Each point is a run, in the order they were made: how far its rate is from the median of its variant. The "
        f"grey band is ±{band:.0f} %. Points that climb or fall together are the machine changing, which the blocks "
        "take out. "
        + ("A/A points stand against their own median. " if any(_again(entry[2]) for entry in found) else "")
        + flagged
        + some_of((len(points) for _name, _rate, points in found), RUNS_DRAWN, "runs of a workload"),
        panels([_panel(arms, name, points, band) for name, _rate, points in found], columns=2),
        Table(
            ["Workload", "Order", "Variant", "Block", "From the median, %"],
            [
                [name, str(point["order"]), point["series"], str(point["block"]), f"{point['percent']:+.1f}"]
                for name, _rate, points in found
                for point in points
            ],
        ),
        arms.keys(arms.shown(point for _name, _rate, points in found for point in points)),
    )


def _again(points: list[dict[str, Any]]) -> bool:
    return any(point["series"].endswith(AGAIN) for point in points)


def in_order(figure: Figure) -> list[dict[str, Any]]:
    """Every run of the figure, by when it began: ``order`` from 1, ``percent`` from the median of its arm."""
    arms = [(series(name), arm) for name, arm in figure["arms"].items()]
    arms.append((series(figure["aa"]["variant"], "aa"), figure["aa"]))
    points = [
        {
            "series": name,
            "block": entry["block"],
            "at": entry["at"],
            "percent": (entry["value"] / arm["median"] - 1) * 100,
        }
        for name, arm in arms
        if arm["median"]
        for entry in arm["values"]
    ]
    ordered = sorted(points, key=lambda point: point["at"])
    return [{**point, "order": order} for order, point in enumerate(ordered, 1)]


def _panel(arms: Arms, name: str, points: list[dict[str, Any]], band: float) -> Spec:
    edge = max(LEAST, *(abs(point["percent"]) for point in points)) * 1.1
    x = {
        **amount("order of this workload's runs", "order", zero=False, nice=False, padding=8),
        "axis": {"values": thinned([point["order"] for point in points], 7), "grid": False},
    }
    y = amount(None, "percent", domain=[-edge, edge], nice=False)
    y["axis"] = {"tickCount": 5, "labelExpr": "(datum.value > 0 ? '+' : '') + datum.label + ' %'"}
    constant = {"type": "quantitative", "scale": {"domain": [-edge, edge]}}
    return {
        "title": named(name, "rate, from the median of its variant"),
        "width": WIDTH,
        "height": HEIGHT,
        "layer": [
            {
                "data": {"values": [{}]},
                "mark": {"type": "rect", "color": "var(--rule)", "opacity": 0.6},
                "encoding": {"y": {"datum": -band, **constant}, "y2": {"datum": band}},
            },
            {
                "data": {"values": [_plain(point) for point in thinned(points, RUNS_DRAWN)]},
                "mark": {**POINT, "size": 40},
                "encoding": {"x": x, "y": y, **arms.marks(points)},
            },
        ],
    }


def _plain(point: Mapping[str, Any]) -> Spec:
    return {key: point[key] for key in ("series", "order", "percent")}
