# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How every picture looks: fonts, colours, the marks of each variant."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._chart import Key, Spec

AGAIN = " again (A/A)"
WIDTH = 430
ROW = 30
# Besides the colour, for print in grey and for eyes that see few colours.
COLOURS = 12  # --arm-0 and on, in the stylesheet
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left")
# Metric-compatible on most systems, so text is as wide in the reader's browser as it was when the picture was laid out.
FONT = "Arial, 'Liberation Sans', Helvetica, sans-serif"
MARGIN = {"left": 6, "right": 12, "top": 4, "bottom": 4}
# A system with none of these fonts may take one that is a fifth wider: room for the longest row labels.
WIDE_MARGIN = {**MARGIN, "left": 44}

POINT: Spec = {"type": "point", "size": 55, "strokeWidth": 1.5, "opacity": 1, "fillOpacity": 0.6}

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
    """Small pictures in rows of so many at most, each with its own axes; they flow as the page is wide."""
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


def header(field: str, order: Sequence[str]) -> Spec:
    shown = {"labelOrient": "top", "labelAnchor": "start", "labelPadding": 4, "title": None}
    return {"field": field, "type": "nominal", "sort": list(dict.fromkeys(order)), "header": shown}


def series(name: str, arm: str = "a") -> str:
    """The name of a variant's points; of the A/A arm its own."""
    return name + AGAIN if arm == "aa" else name


class Arms:
    """What each variant looks like on the whole page, by its place in the campaign: a colour and a shape of its own."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)

    @classmethod
    def of(cls, comparison: Mapping[str, Any]) -> Arms:
        return cls([arm["name"] for arm in comparison["arms"]])

    def each(self, total: int, least: int) -> int:
        """How many marks of each may be drawn where all of them together may have so many."""
        return max(least, total // max(1, len(self.names)))

    def look(self, series_: str) -> Key:
        """The mark of a variant, hollow for its A/A arm."""
        name = series_.removesuffix(AGAIN)
        at = self.names.index(name) if name in self.names else len(self.names)
        shape = SHAPES[(at + at // math.lcm(COLOURS, len(SHAPES))) % len(SHAPES)]
        return Key(series_, f"var(--arm-{at % COLOURS})", shape, hollow=series_.endswith(AGAIN))

    def shown(self, values: Iterable[Mapping[str, Any]], field: str = "series") -> list[str]:
        """The series among the values, each variant before its A/A arm."""
        found = {value[field] for value in values}
        return [one for name in self.names for one in (name, series(name, "aa")) if one in found]

    def keys(self, names: Iterable[str]) -> list[Key]:
        return [self.look(name) for name in names]

    def marks(self, values: Iterable[Mapping[str, Any]], field: str = "series") -> dict[str, Spec]:
        """Encodings of points by that field: colour and shape of the variant, hollow for the A/A arm."""
        looks = self.keys(self.shown(values, field))
        return {
            "stroke": _scale(field, looks, [look.colour for look in looks]),
            "fill": _scale(field, looks, ["transparent" if look.hollow else look.colour for look in looks]),
            "shape": _scale(field, looks, [look.shape for look in looks]),
        }

    def colours(self, values: Iterable[Mapping[str, Any]], field: str = "series") -> Spec:
        looks = self.keys(self.shown(values, field))
        return _scale(field, looks, [look.colour for look in looks])

    def dashes(self, values: Iterable[Mapping[str, Any]], field: str = "series") -> Spec:
        looks = self.keys(self.shown(values, field))
        return _scale(field, looks, [[4, 3] if look.hollow else [1, 0] for look in looks])

    def order(self, field: str) -> Spec:
        """Beside each other in the order of the campaign."""
        return {"field": field, "type": "nominal", "sort": [one for n in self.names for one in (n, series(n, "aa"))]}

    def rows(self, field: str = "arm") -> Spec:
        return {**self.order(field), "title": None, "axis": {"domain": False, "ticks": False}}


def _scale(field: str, looks: Sequence[Key], given: Sequence[Any]) -> Spec:
    names = [look.name for look in looks]
    return {"field": field, "type": "nominal", "scale": {"domain": names, "range": list(given)}, "legend": None}
