# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guest kicks, KVM exits and system calls per packet: every run a point, the median a bar across."""

from __future__ import annotations

from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._thinned import thinned
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._chart import Absent, Chart, Spec, Table
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._read import (
    Comparison,
    Figure,
    medians,
    some_of,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._style import (
    POINT,
    WIDE_MARGIN,
    Arms,
    amount,
    panels,
)

NAME, TITLE = "packets", "How much work a packet made"
POINTS_DRAWN, LEAST = 120, 5  # in a row of each workload, and of each variant


def packets(comparison: Comparison) -> Chart | Absent:
    every = [(f"{figure['workload']}: {figure['label']}", figure) for figure in comparison["packets"]["figures"]]
    rows = [(row, figure) for row, figure in every if any(arm["values"] for arm in figure["arms"].values())]
    if not rows:
        return Absent(NAME, TITLE, f"no run counted {comparison['packets']['missing']}")
    arms = Arms.of(comparison)
    each = arms.each(POINTS_DRAWN, LEAST)
    caption = "A point is a run, the bar the median."
    if any(figure["tool"] == "strace" for _row, figure in rows):
        caption += " Under strace the packets themselves flow otherwise."
    if comparison["packets"]["missing"]:
        caption += f" No run counted {comparison['packets']['missing']}."
    caption += some_of((len(arm["values"]) for _row, figure in rows for arm in figure["arms"].values()), each)
    return Chart(
        NAME,
        TITLE,
        f"Events a packet by variant. Medians: {medians(rows)}",
        caption,
        _spec(arms, each, [figure for _row, figure in rows]),
        Table(
            ["Events a packet", "Variant", "Runs", "Median"],
            [
                [row, name, str(len(figure["arms"][name]["values"])), figure["arms"][name]["median"]]
                for row, figure in rows
                for name in figure["arms"]
            ],
        ),
        arms.keys(name for name in arms.names if any(figure["arms"][name]["values"] for _row, figure in rows)),
    )


def _spec(arms: Arms, each: int, found: list[Figure]) -> Spec:
    """One panel for each of kicks, exits and calls; its rows the workloads."""
    by_metric = {figure["metric"]: [one for one in found if one["metric"] == figure["metric"]] for figure in found}
    return panels([_panel(arms, each, figures) for figures in by_metric.values()], columns=2) | {"padding": WIDE_MARGIN}


def _points(figure: Figure, each: int) -> list[Spec]:
    """The runs of the figure, and the median that the table shows."""
    return [
        {"row": _row(figure), "series": name, "value": value, "is_median": is_median}
        for name in figure["arms"]
        for value, is_median in [
            *((entry["value"], False) for entry in thinned(figure["arms"][name]["values"], each)),
            (figure["arms"][name]["median"], True),
        ]
        if value is not None
    ]


def _row(figure: Figure) -> str:
    return f"{figure['workload']} (strace)" if figure["tool"] == "strace" else str(figure["workload"])


def _panel(arms: Arms, each: int, figures: list[Figure]) -> Spec:
    points = [point for figure in figures for point in _points(figure, each)]
    encoding = arms.marks(points)
    rows = {"field": "row", "type": "nominal", "sort": None, "title": None, "axis": {"ticks": False, "grid": True}}
    return {
        "title": f"{figures[0]['label']} a packet",
        "width": 330,
        "height": {"step": 13},
        "data": {"values": points},
        "encoding": {
            "y": rows,
            "yOffset": arms.order("series"),
            "x": amount(),
        },
        "layer": [
            {
                "transform": [{"filter": "datum.is_median"}],
                "mark": {"type": "tick", "thickness": 2, "size": 16},
                "encoding": {"fill": encoding["fill"]},
            },
            {
                "transform": [{"filter": "!datum.is_median"}],
                "mark": {**POINT, "size": 35},
                "encoding": encoding,
            },
        ],
    }
