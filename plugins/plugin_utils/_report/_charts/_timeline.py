# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""1 Hz timeline: throughput of every run's windows, with the warm-up before them shaded."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._thinned import thinned
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._chart import Absent, Chart, Spec, Table
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._read import Comparison
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._style import (
    AGAIN,
    DATAPATHS,
    LEGEND,
    named,
    panels,
    series,
    series_encodings,
    shown_series,
)

NAME, TITLE = "timeline", "Inside the runs, second by second"
RUNS_DRAWN = 8
PANEL = {"width": 400, "height": 100}
WHAT = {"gbps": "throughput, Gb/s", "cores": "busy cores"}
Line = Mapping[str, Any]
Lines = Mapping[str, Sequence[Line]]  # by series


def timeline(comparison: Comparison) -> Chart | Absent:
    """Throughput with its CPU beside it; the CPU alone where the tool says nothing every second, these last."""
    by_workload = [(workload, _drawn(comparison, workload["name"])) for workload in comparison["workloads"]]
    workloads = [(workload, lines) for workload, lines in by_workload if lines]
    if not workloads:
        return Absent(NAME, TITLE, "no run was sampled every second")
    workloads.sort(key=lambda entry: not _has("gbps", entry[1]))
    drawn = sum(len(mine) for _workload, lines in workloads for mine in lines.values())
    return Chart(
        NAME,
        TITLE,
        f"Throughput and busy cores in every 1 s window, one line a run, {drawn} of {comparison['timelines_of']} runs. "
        + " ".join(_spoken(workload["name"], lines) for workload, lines in workloads),
        _caption(workloads, drawn, comparison["timelines_of"]),
        panels([panel for workload, lines in workloads for panel in _panels(workload, lines)], columns=2),
        Table(
            ["Workload", "Datapath", "Runs drawn", "Lowest window", "Median", "Highest"],
            [
                [f"{workload['name']}: {WHAT[key]}", name, str(len(mine)), *_summed(key, mine)]
                for workload, lines in workloads
                for key in WHAT
                if _has(key, lines)
                for name, mine in lines.items()
            ],
        ),
    )


def _drawn(comparison: Comparison, workload: str) -> Lines:
    """The lines of a workload by series, of many some."""
    found: dict[str, list[Line]] = {}
    for line in comparison["timelines"]:
        if line["workload"] == workload:
            found.setdefault(series(line["datapath"], line["arm"]), []).append(line)
    return {name: thinned(mine, RUNS_DRAWN) for name, mine in found.items()}


def _values(key: str, lines: Sequence[Line]) -> list[float]:
    return [point[key] for line in lines for point in line["points"] if point[key] is not None]


def _has(key: str, lines: Lines) -> bool:
    return any(_values(key, mine) for mine in lines.values())


def _summed(key: str, lines: Sequence[Line]) -> list[float | None]:
    found = _values(key, lines)
    return [min(found), statistics.median(found), max(found)] if found else [None, None, None]


def _spoken(name: str, lines: Lines) -> str:
    key = "gbps" if _has("gbps", lines) else "cores"
    reach = [
        f"{series_} from {min(found):.3g} to {max(found):.3g}"
        for series_, mine in lines.items()
        if (found := _values(key, mine))
    ]
    return f"{name}, {WHAT[key]}: {', '.join(reach)}."


def _caption(workloads: Sequence[tuple[Any, Lines]], drawn: int, of: int) -> str:
    said = ["Each 1 s window of each run: what was moved, and how many cores QEMU and its vhost workers kept busy."]
    if any(name not in DATAPATHS for _workload, lines in workloads for name in lines):
        said.append("Dashed lines are the A/A arm.")
    said.append("Windows are diagnostics, not replicates. The shaded warm-up enters no figure and is not sampled.")
    if drawn < of:
        said.append(f"Of {of} runs {drawn} are drawn, evenly chosen.")
    silent = [workload["name"] for workload, lines in workloads if not _has("gbps", lines)]
    if silent:
        said.append(f"CPU alone, since the tool tells no rate every second: {', '.join(silent)}.")
    sent = [workload["name"] for workload, lines in workloads if workload["proto"] == "udp" and _has("gbps", lines)]
    if sent:
        said.append(f"Of UDP it is the tool's own count, of what was sent or of what arrived: {', '.join(sent)}.")
    return " ".join(said)


def _panels(workload: Mapping[str, Any], lines: Lines) -> list[Spec]:
    keys = [key for key in WHAT if _has(key, lines)]
    return [
        {
            "title": named(workload["name"] if key == keys[0] else "", WHAT[key]),
            **PANEL,
            "layer": [*(_warm_up(workload["warmup_s"]) if workload["warmup_s"] else []), _steps(key, lines)],
        }
        for key in keys
    ]


def _steps(key: str, lines: Lines) -> Spec:
    """A sample closes its window, so a step reaches back from it, the first to where its window began."""
    values = [
        {"series": name, "run": line["run_id"], "t_s": second, key: value}
        for name, mine in lines.items()
        for line in mine
        for second, value in _corners(key, line)
    ]
    return {
        "data": {"values": values},
        "mark": {"type": "line", "strokeWidth": 1.5, "opacity": 0.75, "interpolate": "step-before"},
        "encoding": {
            "x": _seconds("t_s"),
            "y": {"field": key, "type": "quantitative", "title": None, "axis": {"tickCount": 4}},
            "detail": {"field": "run"},
            **_strokes(values),
        },
    }


def _corners(key: str, line: Line) -> list[tuple[float, float]]:
    begins = [line["start_s"], *(point["t_s"] for point in line["points"])]
    windows = [
        (begin, point["t_s"], point[key])
        for begin, point in zip(begins, line["points"], strict=False)
        if point[key] is not None
    ]
    return [(begin, value) for begin, _end, value in windows[:1]] + [(end, value) for _begin, end, value in windows]


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
    shown = shown_series(values)
    ranges: dict[str, list[Any]] = {
        "stroke": [f"var(--{name.removesuffix(AGAIN)})" for name in shown],
        "strokeDash": [[4, 3] if name.endswith(AGAIN) else [1, 0] for name in shown],
    }
    return series_encodings(shown, ranges, LEGEND)
