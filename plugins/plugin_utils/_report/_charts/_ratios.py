# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Forest plot: every ratio with its interval, what is said of it by its mark, the A/A arm and the band beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._chart import Absent, Chart, Key, Spec, Table
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._read import Comparison
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._style import CONFIG
from ansible_collections.virtio.lab.plugins.plugin_utils._report._words import _format

NAME = "ratios"
TICKS = {
    1.5: (0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5),
    2.0: (0.5, 0.7, 1, 1.5, 2),
    5.0: (0.2, 0.5, 1, 2, 5),
    10.0: (0.1, 0.2, 0.5, 1, 2, 5, 10),
    100.0: (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100),
}
CLAIMED, REFUSED, INCONCLUSIVE, NONE, AGAIN = "claimed", "claim refused", "inconclusive", "no verdict", "A/A"
HIDES = "var(--paper)"  # a hollow mark hides its line, so that it is seen to be hollow
# What a row looks like by what is said of it: colour, shape, whether it is hollow, size of the mark, dash and width of
# the line, and what the mark is filled with.
LOOKS: Mapping[str, tuple[str, str, bool, int, Sequence[int], float, str]] = {
    CLAIMED: ("var(--ink)", "circle", False, 90, (1, 0), 2.5, "var(--ink)"),
    REFUSED: ("var(--warn)", "cross", True, 90, (2, 3), 1.5, HIDES),
    INCONCLUSIVE: ("var(--ink)", "circle", True, 60, (6, 3), 1.2, HIDES),
    NONE: ("var(--soft)", "square", True, 30, (1, 0), 1, HIDES),
    AGAIN: ("var(--soft)", "diamond", True, 60, (1, 0), 1, HIDES),
}
WIDE, NARROW = (760, 190), (185, 100)  # of the axis, and of the names beside it


@dataclass(frozen=True)
class Row:
    """A ratio: in which panel it stands, what it is called there, and the A/A arms by name that stand beside it."""

    panel: str
    name: str
    figure: Mapping[str, Any]
    floors: Sequence[tuple[str, Mapping[str, Any]]]


def ratios(comparison: Comparison) -> Chart | Absent:
    """The headline figures of every candidate beside the baseline."""
    rows = [
        Row(f"{workload['name']}: {row['label']}", row["candidate"], row, [(f"{row['baseline']} again", row["aa"])])
        for workload in comparison["workloads"]
        for row in by_figure(workload["figures"])
        if row["headline"] and row["ratio"]["ratio"] is not None
    ]
    alone = f"{comparison['baseline']} is the only variant of the campaign"
    why = "no block holds both variants, so there is no ratio" if comparison["candidates"] else alone
    return forest(rows, comparison["rules"], _format.quotient(comparison), why)


def by_figure(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The figures of all candidates, those of one metric beside each other."""
    metrics = list(dict.fromkeys(row["metric"] for row in rows))
    return sorted(rows, key=lambda row: metrics.index(row["metric"]))


def forest(rows: Sequence[Row], rules: Mapping[str, Any], quotient: str, why: str) -> Chart | Absent:
    """Ratios with their interval, the equivalence band behind them; what lies beyond the axis ends at its edge.

    ``why``: what is to be said where there is no row.
    """
    title = f"How many times: {quotient}"
    if not rows:
        return Absent(NAME, title, why)
    band = rules["equivalence"]
    percent = f"±{(band - 1) * 100:.0f} %"
    said = " ".join(f"{row.panel}, {row.name}: {_format.ratio(row.figure['ratio'])}, {kind(row)}." for row in rows)
    kinds = [name for name in LOOKS if name == AGAIN or any(kind(row) == name for row in rows)]
    if not any(floor["ratio"] for row in rows for _name, floor in row.floors):
        kinds.remove(AGAIN)
    return Chart(
        NAME,
        title,
        f"Ratio {quotient} with its 95 % interval, on a logarithmic axis; the band is {percent}. {said}",
        "Each ratio with its 95 % interval on a logarithmic axis; an interval that reaches the edge goes on beyond it. "
        f"The grey band is {percent}: an interval inside it means equivalent. A/A is the baseline against itself, "
        "which ought to be 1. Only a filled mark is a claim.",
        _spec(rows, band, quotient, *WIDE),
        Table(
            ["Figure", "Variant", quotient, "p, Holm", "Verdict"],
            [
                [
                    row.panel,
                    row.name,
                    _format.ratio(row.figure["ratio"]),
                    _format.p_value(row.figure["verdict"]["p_holm"]),
                    row.figure["verdict"]["text"],
                ]
                for row in rows
            ],
        ),
        [Key(name, LOOKS[name][0], LOOKS[name][1], LOOKS[name][2]) for name in kinds],
        _spec(rows, band, quotient, *NARROW),
    )


def kind(row: Row) -> str:
    """What is said of a ratio, in the words of the legend."""
    verdict = row.figure["verdict"]
    if verdict["refused"]:
        return REFUSED
    return {"inconclusive": INCONCLUSIVE, "none": NONE, "detail": NONE}.get(verdict["word"], CLAIMED)


def _spec(rows: Sequence[Row], band: float, quotient: str, width: int, names: int) -> Spec:
    """One panel a figure, all on one axis; the panels are one drawing, so that their axes stand below each other."""
    edge = axis_edge([row.figure["ratio"] for row in rows])
    found = list(dict.fromkeys(row.panel for row in rows))
    drawn = [
        _panel([row for row in rows if row.panel == panel], panel, edge, band, quotient if panel == found[-1] else "",
               width, names)
        for panel in found
    ]  # fmt: skip
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "config": CONFIG,
        "padding": 4,
        "vconcat": drawn,
        "spacing": 14,
    }


def _panel(rows: Sequence[Row], title: str, edge: float, band: float, quotient: str, width: int, names: int) -> Spec:
    values = [{"row": row.name, "kind": kind(row), **interval(row.figure["ratio"], edge)} for row in rows]
    floors = {name: floor for row in rows for name, floor in row.floors if floor["ratio"]}
    values += [{"row": name, "kind": AGAIN, **interval(floor, edge)} for name, floor in floors.items()]
    axis = ratio_axis(edge, quotient)
    shown = list(dict.fromkeys(value["kind"] for value in values))
    row = {
        "field": "row",
        "type": "nominal",
        "sort": [value["row"] for value in values],
        "title": None,
        "axis": {"domain": False, "ticks": False, "labelLimit": names, "minExtent": names, "maxExtent": names},
    }
    return {
        "title": {"text": title, "frame": "bounds", "limit": width + names},
        "width": width,
        "height": {"step": 22},
        "layer": [
            *behind("x", edge, band),
            *(layer for name in shown for layer in _layers(name, values, row, axis)),
        ],
    }


def _layers(name: str, values: Sequence[Mapping[str, Any]], row: Spec, axis: Spec) -> list[Spec]:
    """The lines and marks of one kind."""
    colour, shape, _hollow, size, dash, width, fill = LOOKS[name]
    data = {"values": [value for value in values if value["kind"] == name]}
    return [
        {
            "data": data,
            "mark": {"type": "rule", "stroke": colour, "strokeDash": list(dash), "strokeWidth": width},
            "encoding": {"y": row, "x": {"field": "low", **axis}, "x2": {"field": "high"}},
        },
        {
            "data": data,
            "mark": {
                "type": "point",
                "stroke": colour,
                "fill": fill,
                "shape": shape,
                "size": size,
                "opacity": 1,
                "strokeWidth": 1.8,
            },
            "encoding": {"y": row, "x": {"field": "ratio", **axis}},
        },
    ]


def behind(channel: str, edge: float, band: float) -> list[Spec]:
    """The equivalence band and the line of no difference, across the axis ``x`` or ``y`` of a picture of ratios."""
    constant = {"scale": {"type": "log", "domain": [1 / edge, edge], "clamp": True}, "type": "quantitative"}
    return [
        {
            "data": {"values": [{}]},
            "mark": {"type": "rect", "color": "var(--rule)", "opacity": 0.6},
            "encoding": {channel: {"datum": 1 / band, **constant}, f"{channel}2": {"datum": band}},
        },
        {
            "data": {"values": [{}]},
            "mark": {"type": "rule", "color": "var(--soft)"},
            "encoding": {channel: {"datum": 1, **constant}},
        },
    ]


def interval(ratio: Mapping[str, Any], edge: float) -> Spec:
    """The ratio and the ends of its interval as far as the axis reaches."""
    return {
        "ratio": ratio["ratio"],
        "low": max(1 / edge, ratio["low"] or ratio["ratio"]),
        "high": min(edge, ratio["high"] or ratio["ratio"]),
    }


def ratio_axis(edge: float, title: str) -> Spec:
    return {
        "type": "quantitative",
        "scale": {"type": "log", "domain": [1 / edge, edge], "clamp": True},
        "axis": {"values": list(TICKS[edge]), "format": "~g", "labelExpr": "datum.label + '×'"},
        "title": title,
    }


def axis_edge(found: Sequence[Mapping[str, Any]]) -> float:
    """The narrowest axis, 1/edge to edge, that holds all ratios and intervals; where none does, all ratios, from 10 on.

    An interval may have no end worth drawing. A ratio drawn at the edge would be read there.
    """
    whole, points = _reach(found, "ratio", "low", "high"), _reach(found, "ratio")
    fits = [edge for edge in TICKS if whole <= edge] or [edge for edge in TICKS if max(points, 10) <= edge]
    return fits[0] if fits else max(TICKS)


def _reach(found: Sequence[Mapping[str, Any]], *names: str) -> float:
    return max(max(ratio[name], 1 / ratio[name]) for ratio in found for name in names if ratio[name])
