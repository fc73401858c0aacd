# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How every picture looks: fonts, colours, the marks of each datapath."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._chart import Spec
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._arms import BASELINE, CANDIDATE

DATAPATHS = (BASELINE, CANDIDATE)
AGAIN = " again (A/A)"
WIDTH = 430
ROW = 30
# Besides the colour, for print in grey and for eyes that see few colours.
SHAPES = {BASELINE: "circle", CANDIDATE: "square"}
# Metric-compatible on most systems, so text is as wide in the reader's browser as it was when the picture was laid out.
FONT = "Arial, 'Liberation Sans', Helvetica, sans-serif"
MARGIN = {"left": 6, "right": 12, "top": 4, "bottom": 4}
# A system with none of these fonts may take one that is a fifth wider: room for the longest row labels.
WIDE_MARGIN = {**MARGIN, "left": 44}

POINT: Spec = {"type": "point", "size": 55, "strokeWidth": 1.5, "opacity": 1, "fillOpacity": 0.6}
LEGEND: Spec = {"title": None, "orient": "top", "columnPadding": 24}

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
    "axisYQuantitative": {"labelFlush": True},
    "header": {
        "labelColor": "var(--ink)",
        "labelFontSize": 13,
        "labelFontWeight": 600,
        "labelLimit": 480,
        "title": None,
    },
    "title": {
        "color": "var(--ink)",
        "fontSize": 13,
        "fontWeight": 600,
        "anchor": "start",
        "frame": "group",
        "offset": 6,
        "subtitlePadding": 4,
        "limit": 480,
        "subtitleColor": "var(--soft)",
        "subtitleFontSize": 12,
    },
    "legend": {"labelColor": "var(--ink)", "titleColor": "var(--soft)", "labelFontSize": 12, "symbolStrokeWidth": 2},
    "text": {"color": "var(--ink)", "fontSize": 12},
}


def finish(spec: Spec) -> Spec:
    return {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "config": CONFIG, "padding": MARGIN, **spec}


def panels(found: Sequence[Spec], columns: int = 1, spacing: int = 22) -> Spec:
    """Small pictures in rows, each with its own axes; one legend for all."""
    return finish({"concat": list(found), "columns": columns, "spacing": spacing})


def named(name: str, of: str) -> Spec:
    """The head of a panel: its workload, where it is the first of it, and what the upright axis is.

    Beside the axis it would run into the labels.
    """
    return {"text": name or "\N{NO-BREAK SPACE}", "subtitle": of}


def of_what(figure: Mapping[str, Any]) -> str:
    """A figure and its unit."""
    return f"{figure['label']} a second" if figure["unit"] == "/s" else f"{figure['label']}, {figure['unit']}"


def round_values(low: float, high: float) -> list[float]:
    """1, 2 and 5 times the powers of ten from low to high: what a logarithmic axis is labelled with."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found = [digit * 10.0**power for power in powers for digit in (1, 2, 5) if low <= digit * 10.0**power <= high]
    return found if len(found) < 9 else [value for value in found if math.log10(value).is_integer()]


def amount(title: str | None = None, field: str = "value", zero: bool = True, **scale: Any) -> Spec:
    """An axis of quantities, from 0 unless it is said otherwise."""
    return {
        "field": field,
        "type": "quantitative",
        "title": title,
        "scale": {"zero": zero, **scale},
        "axis": {"tickCount": 5},
    }


def colour(legend: bool = False) -> Spec:
    return {
        "field": "datapath",
        "type": "nominal",
        "scale": {"domain": list(DATAPATHS), "range": [f"var(--{name})" for name in DATAPATHS]},
        "legend": LEGEND if legend else None,
    }


def by_datapath() -> Spec:
    return {
        "field": "datapath",
        "type": "nominal",
        "sort": list(DATAPATHS),
        "title": None,
        "axis": {"domain": False, "ticks": False},
    }


def header(field: str, order: Sequence[str]) -> Spec:
    shown = {"labelOrient": "top", "labelAnchor": "start", "labelPadding": 4, "title": None}
    return {"field": field, "type": "nominal", "sort": list(dict.fromkeys(order)), "header": shown}


def series(datapath: str, arm: str = "a") -> str:
    """The name of a datapath's points; of the A/A arm its own."""
    return datapath + AGAIN if arm == "aa" else datapath


def by_series(values: Iterable[Mapping[str, Any]]) -> dict[str, Spec]:
    """Encodings of points by field ``series``: colour and shape of the datapath, hollow for the A/A arm."""
    shown = shown_series(values)
    paths = [name.removesuffix(AGAIN) for name in shown]
    ranges: dict[str, list[Any]] = {
        "stroke": [f"var(--{path})" for path in paths],
        "fill": ["transparent" if name.endswith(AGAIN) else f"var(--{name})" for name in shown],
        "shape": [SHAPES[path] for path in paths],
    }
    return series_encodings(shown, ranges, {**LEGEND, "symbolSize": 70})


def shown_series(values: Iterable[Mapping[str, Any]]) -> list[str]:
    """The series among the values, each datapath before its A/A arm."""
    names = {value["series"] for value in values}
    return [name for datapath in DATAPATHS for name in (datapath, series(datapath, "aa")) if name in names]


def series_encodings(shown: Sequence[str], ranges: Mapping[str, Sequence[Any]], legend: Spec) -> dict[str, Spec]:
    """Encodings of field ``series`` by channel, with what each of the shown series looks like there."""
    return {
        channel: {
            "field": "series",
            "type": "nominal",
            "scale": {"domain": shown, "range": given},
            "legend": legend,
        }
        for channel, given in ranges.items()
    }
