# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pictures of a comparison as Vega-Lite specifications: plain data, no drawing.

Colours are CSS variables of the page, so one drawing serves light, dark and print.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._arms import BASELINE, CANDIDATE
from ansible_collections.virtio.lab.plugins.plugin_utils._metrics import CPU_CLASSES

Spec = dict[str, Any]
Figure = Mapping[str, Any]
DATAPATHS = (BASELINE, CANDIDATE)
WIDTH = 430
ROW = 30
SYSCALLS_SHOWN = 12
# How far an axis of ratios may reach, and the ticks that fit on it.
TICKS = {
    1.5: (0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5),
    2.0: (0.5, 0.7, 1, 1.5, 2),
    5.0: (0.2, 0.5, 1, 2, 5),
    10.0: (0.1, 0.2, 0.5, 1, 2, 5, 10),
}
# Metric-compatible on most systems, so text is as wide in the reader's browser as it was when the picture was laid out.
FONT = "Arial, 'Liberation Sans', Helvetica, sans-serif"
MARGIN = {"left": 6, "right": 12, "top": 4, "bottom": 4}
# A system with none of these fonts may take one that is a fifth wider: room for the longest row labels.
WIDE_MARGIN = {**MARGIN, "left": 44}

CONFIG: Spec = {
    "aria": False,  # the picture has one label as a whole, and the table beside it says the rest
    "background": "transparent",
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "domainColor": "var(--rule)",
        "gridColor": "var(--rule)",
        "tickColor": "var(--rule)",
        "labelColor": "var(--soft)",
        "titleColor": "var(--soft)",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelLimit": 220,
    },
    "header": {
        "labelColor": "var(--ink)",
        "labelFontSize": 13,
        "labelFontWeight": 600,
        "labelLimit": 480,
        "title": None,
    },
    "legend": {"labelColor": "var(--ink)", "titleColor": "var(--soft)", "labelFontSize": 12, "symbolStrokeWidth": 2},
    "text": {"color": "var(--ink)", "fontSize": 12},
}


@dataclass(frozen=True)
class Chart:
    """``name`` is the id in the page; ``label`` what a reader who cannot see the picture is told."""

    name: str
    title: str
    label: str
    spec: Spec


def charts(comparison: Mapping[str, Any]) -> list[Chart]:
    """Every picture that the comparison has data for."""
    found = [
        _ratios(comparison),
        _dots(comparison, "gbps", "throughput", "Throughput", "Gb/s"),
        _dots(comparison, "tps", "transactions", "Transactions", "per second"),
        _latency(comparison),
        _cpu(comparison),
        *(_syscalls(table) for table in comparison["syscalls"]),
        _timeline(comparison),
    ]
    return [chart for chart in found if chart]


def _figures(comparison: Mapping[str, Any], *groups: str) -> Iterator[tuple[str, Figure]]:
    for workload in comparison["workloads"]:
        for figure in workload["figures"]:
            if figure["group"] in groups:
                yield workload["name"], figure


def _points(name: str, figure: Figure) -> list[Spec]:
    """Every run of the figure, and the median that the table shows."""
    return [
        {"row": name, "datapath": datapath, "value": value, "is_median": is_median}
        for datapath in DATAPATHS
        for value, is_median in [
            *((entry["value"], False) for entry in figure["arms"][datapath]["values"]),
            (figure["arms"][datapath]["median"], True),
        ]
        if value is not None
    ]


def _colour(legend: bool = False) -> Spec:
    return {
        "field": "datapath",
        "type": "nominal",
        "scale": {"domain": list(DATAPATHS), "range": [f"var(--{name})" for name in DATAPATHS]},
        "legend": {"title": None, "orient": "top"} if legend else None,
    }


def _by_datapath() -> Spec:
    return {
        "field": "datapath",
        "type": "nominal",
        "sort": list(DATAPATHS),
        "title": None,
        "axis": {"domain": False, "ticks": False},
    }


def _dots(comparison: Mapping[str, Any], key: str, name: str, title: str, unit: str) -> Chart | None:
    rows = [(row, figure) for row, figure in _figures(comparison, "rate") if figure["metric"] == key]
    label = f"{title} per datapath, one point a block."
    return _dot_plot(name, title, label, unit, rows)


def _latency(comparison: Mapping[str, Any]) -> Chart | None:
    rows = [(f"{row}: {figure['label']}", figure) for row, figure in _figures(comparison, "latency")]
    return _dot_plot(
        "latency", "Latency", "Mean and 99th percentile latency per datapath, one point a block.", "µs", rows
    )


def _dot_plot(name: str, title: str, label: str, unit: str, rows: Sequence[tuple[str, Figure]]) -> Chart | None:
    """A strip a row: every block a point, the median a bar across it; each row its own scale, from 0."""
    values = [point for row, figure in rows for point in _points(row, figure)]
    if not values:
        return None
    axis = {"field": "value", "type": "quantitative", "title": unit, "scale": {"zero": True}, "axis": {"tickCount": 5}}
    layers = [
        {
            "transform": [{"filter": "datum.is_median"}],
            "mark": {"type": "tick", "thickness": 2, "size": 20},
            "encoding": {"x": axis},
        },
        {
            "transform": [{"filter": "!datum.is_median"}],
            "mark": {"type": "point", "filled": True, "size": 60, "opacity": 0.65},
            "encoding": {"x": axis},
        },
    ]
    spec = {
        "data": {"values": values},
        "facet": {"row": _header("row", [row for row, _figure in rows])},
        "spec": {
            "width": WIDTH,
            "height": {"step": ROW},
            "encoding": {"y": _by_datapath(), "color": _colour()},
            "layer": layers,
        },
        "resolve": {"scale": {"x": "independent"}, "axis": {"x": "independent"}},
        "spacing": 18,
    }
    return Chart(name, title, f"{label} {_spoken(rows)}", _finish(spec))


def _header(field: str, order: Sequence[str]) -> Spec:
    header = {"labelOrient": "top", "labelAnchor": "start", "labelPadding": 4, "title": None}
    return {"field": field, "type": "nominal", "sort": list(dict.fromkeys(order)), "header": header}


def _spoken(rows: Sequence[tuple[str, Figure]]) -> str:
    """The medians in words."""
    said = []
    for row, figure in rows:
        found = {name: figure["arms"][name]["median"] for name in DATAPATHS}
        medians = [f"{name} {median:.3g}" for name, median in found.items() if median is not None]
        said.append(f"{row}: {', '.join(medians) or 'no figure'} {figure['unit']}.")
    return " ".join(said)


def _ratios(comparison: Mapping[str, Any]) -> Chart | None:
    """Ratios with their interval, the equivalence band behind them; what lies beyond the axis ends at its edge."""
    figures = [
        (f"{name}: {figure['label']}", figure["ratio"])
        for name, figure in _figures(comparison, "rate", "latency", "cost")
        if figure["ratio"]["ratio"] is not None
    ]
    if not figures:
        return None
    quotient = f"{comparison['candidate']} ÷ {comparison['baseline']}"
    edge = _edge([ratio for _row, ratio in figures])
    values = [
        {
            "row": row,
            "ratio": ratio["ratio"],
            "low": max(1 / edge, ratio["low"] or ratio["ratio"]),
            "high": min(edge, ratio["high"] or ratio["ratio"]),
        }
        for row, ratio in figures
    ]
    band = comparison["rules"]["equivalence"]
    scale = {"type": "log", "domain": [1 / edge, edge], "clamp": True}
    ticks = {"values": TICKS[edge], "format": "~g"}
    axis = {
        "type": "quantitative",
        "scale": scale,
        "axis": {**ticks, "labelExpr": "datum.label + '×'"},
        "title": quotient,
    }
    row = {
        "field": "row",
        "type": "nominal",
        "sort": None,
        "title": None,
        "axis": {"domain": False, "ticks": False, "labelLimit": 320},
    }
    constant = {"scale": scale, "type": "quantitative"}
    spec = {
        "padding": WIDE_MARGIN,
        "width": 380,
        "height": {"step": 26},
        "layer": [
            {
                "data": {"values": [{}]},
                "mark": {"type": "rect", "color": "var(--rule)", "opacity": 0.6},
                "encoding": {"x": {"datum": 1 / band, **constant}, "x2": {"datum": band}},
            },
            {
                "data": {"values": [{}]},
                "mark": {"type": "rule", "color": "var(--soft)"},
                "encoding": {"x": {"datum": 1, **constant}},
            },
            {
                "data": {"values": values},
                "mark": {"type": "rule", "color": "var(--ink)", "strokeWidth": 1.5},
                "encoding": {"y": row, "x": {"field": "low", **axis}, "x2": {"field": "high"}},
            },
            {
                "data": {"values": values},
                "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1, "color": "var(--ink)"},
                "encoding": {"y": row, "x": {"field": "ratio", **axis}},
            },
        ],
    }
    said = " ".join(f"{entry['row']}: {entry['ratio']:.2f} times." for entry in values)
    label = f"Ratio {quotient} with its 95 % interval, on a logarithmic axis; the band is ±3 %. {said}"
    return Chart("ratios", quotient, label, _finish(spec))


def _edge(ratios: Sequence[Mapping[str, Any]]) -> float:
    """The narrowest axis, 1/edge to edge, that holds every ratio and interval; the widest when none does."""
    reach = max(
        max(bound, 1 / bound) for ratio in ratios for bound in (ratio["ratio"], ratio["low"], ratio["high"]) if bound
    )
    return next((edge for edge in TICKS if reach <= edge), max(TICKS))


def _cpu(comparison: Mapping[str, Any]) -> Chart | None:
    """Median CPU seconds by thread class, stacked."""
    found = [(name, figure) for name, figure in _figures(comparison, "cpu") if figure["metric"] != "cpu_s.total"]
    values = [
        {
            "row": name,
            "datapath": datapath,
            "class": figure["metric"].removeprefix("cpu_s."),
            "order": CPU_CLASSES.index(figure["metric"].removeprefix("cpu_s.")),
            "value": figure["arms"][datapath]["median"],
        }
        for name, figure in found
        for datapath in DATAPATHS
        if figure["arms"][datapath]["median"]
    ]
    if not values:
        return None
    shown = [name for name in CPU_CLASSES if any(value["class"] == name for value in values)]
    colour = {
        "field": "class",
        "type": "nominal",
        "scale": {"domain": shown, "range": [f"var(--cpu-{name})" for name in shown]},
        "legend": {"title": "thread class", "orient": "top", "symbolType": "square"},
    }
    spec = {
        "data": {"values": values},
        "mark": {"type": "bar", "height": {"band": 0.7}},
        "width": WIDTH,
        "height": {"step": ROW},
        "encoding": {
            "y": _by_datapath(),
            "x": {
                "field": "value",
                "type": "quantitative",
                "title": "CPU seconds in the measured window (median of each class)",
                "axis": {"tickCount": 6},
            },
            "color": colour,
            "order": {"field": "order", "type": "quantitative"},
            "row": _header("row", [name for name, _figure in found]),
        },
        "spacing": 18,
    }
    totals = [(name, figure) for name, figure in _figures(comparison, "cpu") if figure["metric"] == "cpu_s.total"]
    label = f"CPU seconds by thread class and datapath, stacked. Totals: {_spoken(totals)}"
    return Chart("cpu", "CPU by thread class", label, _finish(spec))


def _syscalls(table: Mapping[str, Any]) -> Chart | None:
    rows = table["by_name"][:SYSCALLS_SHOWN]
    values = [
        {"name": row["name"], "datapath": datapath, "value": row[datapath]}
        for row in rows
        for datapath in DATAPATHS
        if row[datapath] is not None
    ]
    if not values:
        return None
    spec = {
        "data": {"values": values},
        "mark": {"type": "bar"},
        "width": WIDTH,
        "height": {"step": 13},
        "encoding": {
            "y": {
                "field": "name",
                "type": "nominal",
                "sort": [row["name"] for row in rows],
                "title": None,
                "scale": {"paddingInner": 0.3},
            },
            "yOffset": {"field": "datapath", "type": "nominal", "sort": list(DATAPATHS)},
            "x": {"field": "value", "type": "quantitative", "title": "calls a run", "axis": {"tickCount": 5}},
            "color": _colour(legend=True),
        },
    }
    said = " ".join(
        f"{row['name']}: " + ", ".join(f"{name} {row[name]:.0f}" for name in DATAPATHS if row[name] is not None) + "."
        for row in rows
    )
    name = f"syscalls-{table['workload']}"
    return Chart(
        name, f"System calls by name ({table['source']})", f"System calls by name and datapath. {said}", _finish(spec)
    )


def _timeline(comparison: Mapping[str, Any]) -> Chart | None:
    """Throughput of every run's windows. A sample closes its window, so a step reaches back from it."""
    values = [
        {"row": line["workload"], "datapath": line["datapath"], "run": line["run_id"], **point}
        for line in comparison["timelines"]
        for point in [{**line["points"][0], "t_s": line["start_s"]}, *line["points"]]
    ]
    if not values:
        return None
    spec = {
        "data": {"values": values},
        "mark": {
            "type": "line",
            "strokeWidth": 1.8,
            "opacity": 0.8,
            "interpolate": "step-before",
        },
        "width": WIDTH,
        "height": 110,
        "encoding": {
            "x": {
                "field": "t_s",
                "type": "quantitative",
                "title": "seconds of the measured window",
                "scale": {"zero": True},
            },
            "y": {"field": "gbps", "type": "quantitative", "title": "Gb/s", "axis": {"tickCount": 4}},
            "detail": {"field": "run"},
            "color": _colour(legend=True),
            "row": _header("row", [line["workload"] for line in comparison["timelines"]]),
        },
        "resolve": {"scale": {"y": "independent"}},
        "spacing": 24,
    }
    label = f"Throughput of every 1 s window, one line for each of {len(comparison['timelines'])} runs."
    return Chart("timeline", "Inside the runs, second by second", label, _finish(spec))


def _finish(spec: Spec) -> Spec:
    return {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "config": CONFIG, "padding": MARGIN, **spec}
