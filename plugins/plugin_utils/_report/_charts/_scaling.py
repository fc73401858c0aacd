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
    by_series,
    named,
    of_what,
    panels,
    round_values,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._report._words import _format

PANEL = {"width": 190, "height": 150}
RUNS_DRAWN = 20
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
    names = _format.sides(comparison)
    rows = [
        [
            f"{row}: {figure['label']}, {figure['unit']}",
            str(value),
            *(figure["arms"][arm]["level"] for arm in names),
            _format.ratio(figure["ratio"]),
        ]
        for row, steps in found.items()
        for value, workload in steps
        for figure in (first(workload, "rate"), first(workload, "cost"))
        if figure
    ]
    return Chart(
        name,
        f"{title}: how far the difference depends on them",
        f"{title}. " + " ".join(f"{row} at {value}: {quotient} {ratio}." for row, value, *_levels, ratio in rows),
        f"The rate, its CPU cost and the ratio {quotient} with its 95 % interval, by {axis}. A point is a run, the "
        "line joins the means. Axes that span much are logarithmic; the grey band means equivalent."
        + some_of(_counts(found), RUNS_DRAWN),
        panels([panel for row, steps in found.items() for panel in _row(comparison, row, axis, steps)], columns=3),
        Table(["Figure", axis.capitalize(), *names, quotient], rows),
    )


def _counts(found: Mapping[str, Sequence[Step]]) -> Iterator[int]:
    """How many runs each size or number has, by datapath."""
    for _value, workload in itertools.chain(*found.values()):
        rate = first(workload, "rate")
        yield from (len(arm["values"]) for arm in rate["arms"].values()) if rate else ()


def _row(comparison: Comparison, name: str, axis: str, steps: Sequence[Step]) -> list[Spec]:
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
    ratios = [(value, figure["ratio"]) for value, figure in rates if figure["ratio"]["ratio"] is not None]
    drawn = [_runs(name, x, rates), _runs("", x, costs) if costs else _nothing(), _nothing()]
    if ratios:
        drawn[2] = _ratio(x, ratios, comparison)
    return drawn


def _nothing() -> Spec:
    """Keeps the columns where they are."""
    return {**PANEL, "data": {"values": []}, "mark": "point"}


def _runs(title: str, x: Spec, found: Sequence[tuple[int, Figure]]) -> Spec:
    figure = found[0][1]
    points = [
        {"x": value, "series": arm, "value": entry["value"]}
        for value, one in found
        for arm in one["arms"]
        for entry in thinned(one["arms"][arm]["values"], RUNS_DRAWN)
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
    stroke = by_series(points)["stroke"]
    return {
        **PANEL,
        "title": named(title, of_what(figure)),
        "encoding": {"x": x, "y": y},
        "layer": [
            {"data": {"values": means}, "mark": {"type": "line", "strokeWidth": 1.5}, "encoding": {"stroke": stroke}},
            {"data": {"values": points}, "mark": {**POINT, "size": 30}, "encoding": by_series(points)},
        ],
    }


def _ratio(x: Spec, found: Sequence[tuple[int, Mapping[str, Any]]], comparison: Comparison) -> Spec:
    edge = axis_edge([ratio for _value, ratio in found])
    values = [{"x": value, **interval(ratio, edge)} for value, ratio in found]
    quotient = _format.quotient(comparison)
    axis = {**ratio_axis(edge, quotient), "title": None}
    return {
        **PANEL,
        "title": named("", quotient),
        "layer": [
            *behind("y", edge, comparison["rules"]["equivalence"]),
            {
                "data": {"values": values},
                "mark": {"type": "rule", "color": "var(--ink)", "strokeWidth": 1.5},
                "encoding": {"x": x, "y": {"field": "low", **axis}, "y2": {"field": "high"}},
            },
            {
                "data": {"values": values},
                "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1, "color": "var(--ink)"},
                "encoding": {"x": x, "y": {"field": "ratio", **axis}},
            },
        ],
    }
