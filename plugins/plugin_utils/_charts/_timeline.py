# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""1 Hz timeline: throughput of every run's windows, with the warm-up before them shaded."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._charts._chart import Absent, Chart, Spec, Table
from ansible_collections.virtio.lab.plugins.plugin_utils._charts._read import Comparison
from ansible_collections.virtio.lab.plugins.plugin_utils._charts._style import (
    AGAIN,
    DATAPATHS,
    LEGEND,
    named,
    panels,
    series,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._thinned import thinned

NAME, TITLE = "timeline", "Inside the runs, second by second"
RUNS_DRAWN = 12
PANEL = {"width": 400, "height": 110}
Line = Mapping[str, Any]


def timeline(comparison: Comparison) -> Chart | Absent:
    lines = comparison["timelines"]
    if not lines:
        return Absent(NAME, TITLE, "no tool of this campaign tells its throughput every second")
    workloads = [
        (workload, mine)
        for workload in comparison["workloads"]
        if (mine := [line for line in lines if line["workload"] == workload["name"]])
    ]
    drawn = sum(len(each) for _workload, mine in workloads for each in _drawn(mine).values())
    return Chart(
        NAME,
        TITLE,
        f"Throughput of every 1 s window, one line a run, {drawn} of {comparison['timelines_of']} runs.",
        _caption(comparison, workloads, drawn),
        panels([_panel(workload, mine) for workload, mine in workloads], columns=2),
        Table(
            ["Workload", "Datapath", "Runs drawn", "Lowest window, Gb/s", "Median, Gb/s", "Highest, Gb/s"],
            [
                [workload["name"], name, str(len(each)), *_summed(each)]
                for workload, mine in workloads
                for name, each in _drawn(mine).items()
            ],
        ),
    )


def _series(line: Line) -> str:
    return series(line["datapath"], line["arm"])


def _summed(lines: Sequence[Line]) -> list[float]:
    found = [point["gbps"] for line in lines for point in line["points"]]
    return [min(found), statistics.median(found), max(found)]


def _caption(comparison: Comparison, workloads: Sequence[tuple[Any, Sequence[Line]]], drawn: int) -> str:
    heard = {workload["name"] for workload, _lines in workloads}
    said = [
        "Throughput of each 1 s window, a line a run; the dashed ones are the A/A arm."
        if any(line["arm"] == "aa" for _workload, lines in workloads for line in lines)
        else "Throughput of each 1 s window, a line a run.",
        "Windows inside a run are diagnostics, not replicates. The shaded warm-up enters no figure and is not sampled.",
    ]
    if drawn < comparison["timelines_of"]:
        said.append(f"Of {comparison['timelines_of']} runs {drawn} are drawn, evenly chosen.")
    silent = [workload["name"] for workload in comparison["workloads"] if workload["name"] not in heard]
    if silent:
        said.append(f"Not drawn, since the tool tells nothing every second: {', '.join(silent)}.")
    return " ".join(said)


def _drawn(lines: Sequence[Line]) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(_series(line), []).append(line)
    return {name: thinned(mine, RUNS_DRAWN) for name, mine in found.items()}


def _panel(workload: Mapping[str, Any], lines: Sequence[Line]) -> Spec:
    """A sample closes its window, so a step reaches back from it."""
    values = [
        {"series": name, "run": line["run_id"], **point}
        for name, mine in _drawn(lines).items()
        for line in mine
        for point in [{**line["points"][0], "t_s": line["start_s"]}, *line["points"]]
    ]
    steps = {
        "data": {"values": values},
        "mark": {"type": "line", "strokeWidth": 1.5, "opacity": 0.75, "interpolate": "step-before"},
        "encoding": {
            "x": _seconds("t_s"),
            "y": {"field": "gbps", "type": "quantitative", "title": None, "axis": {"tickCount": 4}},
            "detail": {"field": "run"},
            **_strokes(values),
        },
    }
    warm_up = _warm_up(workload["warmup_s"]) if workload["warmup_s"] else []
    return {"title": named(workload["name"], "throughput, Gb/s"), **PANEL, "layer": [*warm_up, steps]}


def _warm_up(seconds: float) -> list[Spec]:
    return [
        {
            "data": {"values": [{"from": -seconds, "to": 0}]},
            "mark": {"type": "rect", "color": "var(--rule)", "opacity": 0.6},
            "encoding": {"x": _seconds("from"), "x2": {"field": "to"}},
        },
        {
            "data": {"values": [{"at": -seconds / 2}]},
            "mark": {"type": "text", "text": "warm-up", "fontSize": 11},
            "encoding": {"x": _seconds("at"), "y": {"value": PANEL["height"] - 10}},
        },
    ]


def _seconds(field: str) -> Spec:
    title = "seconds from the end of the warm-up"
    return {"field": field, "type": "quantitative", "title": title, "scale": {"nice": False}}


def _strokes(values: Sequence[Mapping[str, Any]]) -> dict[str, Spec]:
    names = {value["series"] for value in values}
    shown = [name for path in DATAPATHS for name in (path, path + AGAIN) if name in names]
    ranges = {
        "stroke": [f"var(--{name.removesuffix(AGAIN)})" for name in shown],
        "strokeDash": [[4, 3] if name.endswith(AGAIN) else [1, 0] for name in shown],
    }
    return {
        channel: {
            "field": "series",
            "type": "nominal",
            "scale": {"domain": shown, "range": given},
            "legend": LEGEND,
        }
        for channel, given in ranges.items()
    }
