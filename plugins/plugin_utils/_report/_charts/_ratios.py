# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Forest plot: every ratio with its interval, the equivalence band behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._chart import Absent, Chart, Spec, Table
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._read import Comparison, figures
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._style import WIDE_MARGIN, finish
from ansible_collections.virtio.lab.plugins.plugin_utils._report._words import _format

# How far an axis of ratios may reach, and the ticks that fit on it.
TICKS = {
    1.5: (0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5),
    2.0: (0.5, 0.7, 1, 1.5, 2),
    5.0: (0.2, 0.5, 1, 2, 5),
    10.0: (0.1, 0.2, 0.5, 1, 2, 5, 10),
    100.0: (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100),
}


def ratios(comparison: Comparison) -> Chart | Absent:
    """Ratios with their interval, the equivalence band behind them; what lies beyond the axis ends at its edge."""
    quotient = _format.quotient(comparison)
    title = f"How many times: {quotient}"
    found = [
        (f"{name}: {figure['label']}", figure)
        for name, figure in figures(comparison, "rate", "latency", "cost")
        if figure["ratio"]["ratio"] is not None
    ]
    if not found:
        alone = f"{comparison['baseline']} is the only datapath of the campaign"
        why = "no block holds both datapaths, so there is no ratio" if comparison["candidate"] else alone
        return Absent("ratios", title, why)
    band = comparison["rules"]["equivalence"]
    percent = f"±{(band - 1) * 100:.0f} %"
    said = " ".join(f"{row}: {_format.ratio(figure['ratio'])}." for row, figure in found)
    return Chart(
        "ratios",
        title,
        f"Ratio {quotient} with its 95 % interval, on a logarithmic axis; the band is {percent}. {said}",
        "Each ratio with its 95 % interval on a logarithmic axis; an interval that reaches the edge goes on beyond it. "
        f"The grey band is {percent}: an interval inside it means equivalent.",
        _spec([(row, figure["ratio"]) for row, figure in found], band, quotient),
        Table(
            ["Figure", quotient, "p, Holm", "Verdict"],
            [
                [
                    row,
                    _format.ratio(figure["ratio"]),
                    _format.p_value(figure["verdict"]["p_holm"]),
                    figure["verdict"]["text"],
                ]
                for row, figure in found
            ],
        ),
    )


def _spec(found: Sequence[tuple[str, Mapping[str, Any]]], band: float, quotient: str) -> Spec:
    edge = axis_edge([ratio for _row, ratio in found])
    values = [{"row": row, **interval(ratio, edge)} for row, ratio in found]
    axis = ratio_axis(edge, quotient)
    row = {
        "field": "row",
        "type": "nominal",
        "sort": None,
        "title": None,
        "axis": {"domain": False, "ticks": False, "labelLimit": 320},
    }
    dots = {"type": "point", "filled": True, "size": 70, "opacity": 1, "color": "var(--ink)"}
    return finish(
        {
            "padding": WIDE_MARGIN,
            "width": 380,
            "height": {"step": 26},
            "layer": [
                *behind("x", edge, band),
                {
                    "data": {"values": values},
                    "mark": {"type": "rule", "color": "var(--ink)", "strokeWidth": 1.5},
                    "encoding": {"y": row, "x": {"field": "low", **axis}, "x2": {"field": "high"}},
                },
                {
                    "data": {"values": values},
                    "mark": dots,
                    "encoding": {"y": row, "x": {"field": "ratio", **axis}},
                },
            ],
        }
    )


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
