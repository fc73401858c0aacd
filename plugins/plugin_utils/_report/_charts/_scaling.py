# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the rate, its CPU cost and the ratio go with the size of the message, and with the number of queues."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._thinned import thinned
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._chart import Absent, Chart, Spec, Table
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._ratios import (
    axis_edge,
    behind,
    interval,
    ratio_axis,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._read import Comparison, Figure, first, some_of
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._style import (
    POINT,
    Arms,
    named,
    of_what,
    panels,
    round_values,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._report._words import _format

PANEL = {"width": 190, "height": 150}
POINTS_DRAWN, LEAST = 40, 3  # of a size or number, and of each variant
KIBI = "datum.value >= 1024 && datum.value % 1024 == 0 ? datum.value / 1024 + ' Ki' : datum.label"
WIDE_RANGE = 20  # from this many times on an axis is logarithmic
Step = tuple[int, Mapping[str, Any]]  # the size or number, and the workload measured with it


def sizes(comparison: Comparison) -> Chart | Absent:
    """One row a workload whose message_bytes is a list: its sizes are workloads NAME_SIZE."""
    sweeps: dict[str, list[Step]] = {}
    for workload in comparison["workloads"]:
        size = workload["message_bytes"]
        if size and workload["name"].endswith(f"_{size}") and first(workload, "rate"):
            sweeps.setdefault(workload["name"].removesuffix(f"_{size}"), []).append((size, workload))
    found = {name: sorted(steps, key=_size) for name, steps in sweeps.items() if len(steps) > 1}
    if not found:
        return Absent("sizes", "Message sizes", "no workload was measured with more than one message size")
    return _chart(comparison, "sizes", "Message sizes", "message size, bytes", found)


def queues(comparison: Comparison) -> Chart | Absent:
    """One row a workload that was measured with more than one number of queues."""
    rows = comparison["queues"]["workloads"]
    found = {row["name"]: [(step["queues"], step) for step in row["steps"]] for row in rows}
    if not found:
        return Absent("queues", "Queues", comparison["queues"]["missing"])
    return _chart(comparison, "queues", "Queues", "queues", found)


def _size(step: Step) -> int:
    return step[0]


def _chart(comparison: Comparison, name: str, title: str, axis: str, found: Mapping[str, Sequence[Step]]) -> Chart:
    quotient = _format.quotient(comparison)
    arms = Arms.of(comparison)
    each = arms.each(POINTS_DRAWN, LEAST)
    rows = [
        [f"{row}: {figure['label']}, {figure['unit']}", str(value), variant, level, _format.ratio(ratio)]
        for row, steps in found.items()
        for value, workload in steps
        for figure in (first(workload, "rate"), first(workload, "cost"))
        if figure
        for variant, level, ratio in _levels(figure)
    ]
    return Chart(
        name,
        f"{title}: how far the difference depends on them",
        f"{title}. " + " ".join(f"{row} at {value}: {variant} {ratio}." for row, value, variant, _level, ratio in rows),
        f"The rate, its CPU cost and the ratio {quotient} with its 95 % interval, by {axis}. A point is a run, the "
        "line joins the means. Axes that span much are logarithmic; the grey band means equivalent."
        + some_of(_counts(found), each),
        panels(
            [panel for row, steps in found.items() for panel in _row(comparison, each, row, axis, steps)], columns=3
        ),
        Table(["Figure", axis.capitalize(), "Variant", "Mean", f"÷ {comparison['baseline']}"], rows),
        arms.keys(arms.names),
    )


def _levels(figure: Figure) -> Iterator[tuple[str, float | None, Mapping[str, Any]]]:
    """(variant, mean, ratio); of the baseline the ratio says nothing."""
    ratios = {pair["candidate"]: pair["ratio"] for pair in figure["pairs"]}
    for name, arm in figure["arms"].items():
        yield name, arm["level"], ratios.get(name, {"ratio": None})


def _counts(found: Mapping[str, Sequence[Step]]) -> Iterator[int]:
    """How many runs each size or number has, by variant."""
    for _value, workload in itertools.chain(*found.values()):
        rate = first(workload, "rate")
        yield from (len(arm["values"]) for arm in rate["arms"].values()) if rate else ()


def _row(comparison: Comparison, each: int, name: str, axis: str, steps: Sequence[Step]) -> list[Spec]:
    values = [value for value, _workload in steps]
    x = {
        "field": "x",
        "type": "quantitative",
        "title": axis,
        "scale": {"type": "log", "base": 2, "domain": [values[0], values[-1]], "padding": 12, "nice": False},
        "axis": {"values": values, "grid": False, "labelOverlap": "greedy", "labelExpr": KIBI},
    }
    rates = [(value, figure) for value, workload in steps if (figure := first(workload, "rate"))]
    costs = [(value, figure) for value, workload in steps if (figure := first(workload, "cost"))]
    ratios = [
        (value, pair["candidate"], pair["ratio"])
        for value, figure in rates
        for pair in figure["pairs"]
        if pair["ratio"]["ratio"] is not None
    ]
    arms = Arms.of(comparison)
    drawn = [_runs(arms, each, name, x, rates)]
    if costs:
        drawn.append(_runs(arms, each, "", x, costs))
    if ratios:
        drawn.append(_ratio(x, ratios, comparison))
    return drawn


def _runs(arms: Arms, each: int, title: str, x: Spec, found: Sequence[tuple[int, Figure]]) -> Spec:
    figure = found[0][1]
    points = [
        {"x": value, "series": arm, "value": entry["value"]}
        for value, one in found
        for arm in one["arms"]
        for entry in thinned(one["arms"][arm]["values"], each)
    ]
    means = [
        {"x": value, "series": arm, "value": one["arms"][arm]["level"]}
        for value, one in found
        for arm in one["arms"]
        if one["arms"][arm]["level"] is not None
    ]
    seen = [point["value"] for point in points if point["value"] > 0] or [1]
    is_wide = max(seen) / min(seen) > WIDE_RANGE
    y = {
        "field": "value",
        "type": "quantitative",
        "title": None,
        "scale": {"type": "log"} if is_wide else {"zero": True},
        "axis": {"values": round_values(min(seen), max(seen)), "format": ",~f"} if is_wide else {"tickCount": 4},
    }
    stroke = arms.colours(points)
    return {
        **PANEL,
        "title": named(title, of_what(figure)),
        "encoding": {"x": x, "y": y},
        "layer": [
            {"data": {"values": means}, "mark": {"type": "line", "strokeWidth": 1.5}, "encoding": {"stroke": stroke}},
            {"data": {"values": points}, "mark": {**POINT, "size": 30}, "encoding": arms.marks(points)},
        ],
    }


def _ratio(x: Spec, found: Sequence[tuple[int, str, Mapping[str, Any]]], comparison: Comparison) -> Spec:
    edge = axis_edge([ratio for _value, _name, ratio in found])
    values = [{"x": value, "series": name, **interval(ratio, edge)} for value, name, ratio in found]
    looks = Arms.of(comparison).marks(values)
    quotient = _format.quotient(comparison)
    axis = {**ratio_axis(edge, quotient), "title": None}
    return {
        **PANEL,
        "title": named("", quotient),
        "layer": [
            *behind("y", edge, comparison["rules"]["equivalence"]),
            {
                "data": {"values": values},
                "mark": {"type": "rule", "strokeWidth": 1.5},
                "encoding": {"x": x, "y": {"field": "low", **axis}, "y2": {"field": "high"}, "stroke": looks["stroke"]},
            },
            {
                "data": {"values": values},
                "mark": {"type": "point", "size": 60, "opacity": 1},
                "encoding": {"x": x, "y": {"field": "ratio", **axis}, **looks},
            },
        ],
    }
