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
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._read import Comparison, together
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._style import (
    AGAIN,
    Arms,
    named,
    panels,
    series,
)

NAME, TITLE = "timeline", "Inside the runs, second by second"
LINES_DRAWN, LEAST, MOST = 24, 2, 8  # in a panel; of each variant at least and at most
PANEL = {"width": 400, "height": 100}
KEYS = ("gbps", "cores")
Line = Mapping[str, Any]
Lines = Mapping[str, Sequence[Line]]  # by series


def timeline(comparison: Comparison) -> Chart | Absent:
    """Throughput with its CPU beside it; the CPU alone where the tool says nothing every second, these last."""
    arms = Arms.of(comparison)
    most = min(MOST, arms.each(LINES_DRAWN, LEAST))
    by_workload = [(workload, _drawn(comparison, workload["name"], most)) for workload in comparison["workloads"]]
    workloads = [(workload, lines) for workload, lines in by_workload if lines]
    if not workloads:
        return Absent(NAME, TITLE, "no run was sampled every second")
    workloads.sort(key=lambda entry: not _has("gbps", entry[1]))
    drawn = sum(len(mine) for _workload, lines in workloads for mine in lines.values())
    return Chart(
        NAME,
        TITLE,
        f"Throughput and busy cores in every 1 s window, one line a run, {drawn} of {comparison['timelines_of']} runs. "
        + " ".join(_spoken(workload, lines) for workload, lines in workloads),
        _caption(workloads, drawn, comparison["timelines_of"]),
        panels([panel for workload, lines in workloads for panel in _panels(arms, workload, lines)], columns=2),
        Table(
            ["Workload", "Variant", "Runs drawn", "Lowest window", "Median", "Highest"],
            [
                [f"{workload['name']}: {what(workload, key)}", name, str(len(mine)), *_summed(key, mine)]
                for workload, lines in workloads
                for key in KEYS
                if _has(key, lines)
                for name, mine in lines.items()
            ],
        ),
        arms.keys(arms.shown({"series": name} for _workload, lines in workloads for name in lines)),
    )


def what(workload: Mapping[str, Any], key: str) -> str:
    """What a panel shows. Of UDP a tool counts at its own end alone: what was sent, or what arrived, and never both."""
    if key == "cores":
        return "busy cores"
    if workload["proto"] != "udp":
        return "throughput, Gb/s"
    return "sent, Gb/s" if _is_sent(workload) else "received, Gb/s"


def _is_sent(workload: Mapping[str, Any]) -> bool:
    """Whether the client, which tells a figure every second, is the end that sends."""
    return workload["proto"] == "udp" and workload["direction"] != "guest_to_host"


def _drawn(comparison: Comparison, workload: str, most: int) -> Lines:
    """The lines of a workload by series, of many some."""
    found: dict[str, list[Line]] = {}
    for line in comparison["timelines"]:
        if line["workload"] == workload:
            found.setdefault(series(line["variant"], line["arm"]), []).append(line)
    return {name: thinned(mine, most) for name, mine in found.items()}


def _values(key: str, lines: Sequence[Line]) -> list[float]:
    return [point[key] for line in lines for point in line["points"] if point[key] is not None]


def _has(key: str, lines: Lines) -> bool:
    return any(_values(key, mine) for mine in lines.values())


def _summed(key: str, lines: Sequence[Line]) -> list[float | None]:
    found = _values(key, lines)
    return [min(found), statistics.median(found), max(found)] if found else [None, None, None]


def _spoken(workload: Mapping[str, Any], lines: Lines) -> str:
    key = "gbps" if _has("gbps", lines) else "cores"
    reach = [
        f"{series_} from {min(found):.3g} to {max(found):.3g}"
        for series_, mine in lines.items()
        if (found := _values(key, mine))
    ]
    return f"{workload['name']}, {what(workload, key)}: {', '.join(reach)}."


def _caption(workloads: Sequence[tuple[Any, Lines]], drawn: int, of: int) -> str:
    said = ["Each 1 s window of each run: what was moved, and how many cores QEMU and its vhost workers kept busy."]
    if any(name.endswith(AGAIN) for _workload, lines in workloads for name in lines):
        said.append("Dashed lines are the A/A arm.")
    said.append("Windows are diagnostics, not replicates. The shaded warm-up enters no figure and is not sampled.")
    if drawn < of:
        said.append(f"Of {of} runs {drawn} are drawn, evenly chosen.")
    silent = [workload["name"] for workload, lines in workloads if not _has("gbps", lines)]
    if silent:
        said.append(f"CPU alone, since the tool tells no rate every second: {', '.join(silent)}.")
    sent = [workload["name"] for workload, lines in workloads if _is_sent(workload) and _has("gbps", lines)]
    if sent:
        said.append(f"Lines are what was sent, dots at the edge the mean of what was received: {', '.join(sent)}.")
    return " ".join(said)


def _panels(arms: Arms, workload: Mapping[str, Any], lines: Lines) -> list[Spec]:
    keys = [key for key in KEYS if _has(key, lines)]
    return [
        {
            "title": named(workload["name"] if key == keys[0] else "", what(workload, key)),
            **PANEL,
            "layer": [
                *(_warm_up(workload["warmup_s"]) if workload["warmup_s"] else []),
                _steps(arms, key, lines),
                *(_received(arms, workload, lines) if key == "gbps" and _is_sent(workload) else []),
            ],
        }
        for key in keys
    ]


def _steps(arms: Arms, key: str, lines: Lines) -> Spec:
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
            "stroke": arms.colours(values),
            "strokeDash": arms.dashes(values),
        },
    }


def _received(arms: Arms, workload: Mapping[str, Any], lines: Lines) -> list[Spec]:
    """The mean of what arrived, at the end of the lines of what was sent."""
    rate = next((figure for figure in together(workload["figures"]) if figure["metric"] == "gbps"), None)
    found = {name: arm["level"] for name, arm in (rate["arms"] if rate else {}).items() if name in lines}
    ends = [point["t_s"] for mine in lines.values() for line in mine for point in line["points"]]
    values = [{"series": name, "gbps": level, "t_s": max(ends)} for name, level in found.items() if level is not None]
    if not values:
        return []
    return [
        {
            "data": {"values": values},
            "mark": {"type": "point", "size": 60, "strokeWidth": 1.5, "opacity": 1},
            "encoding": {
                "x": _seconds("t_s"),
                "y": {"field": "gbps", "type": "quantitative", "title": None, "axis": {"tickCount": 4}},
                **arms.marks(values),
            },
        }
    ]


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
