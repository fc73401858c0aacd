# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Median CPU seconds by thread class, stacked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._qemu._threads import CLASSES
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._chart import Absent, Chart, Key, Spec, Table
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._read import (
    Comparison,
    Figure,
    means,
    together,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._style import ROW, Arms, named, panels

NAME, TITLE = "cpu", "Where the CPU time went, by thread class"


def cpu(comparison: Comparison) -> Chart | Absent:
    """One panel a workload, its rows the variants."""
    found = [(each["name"], together(row for row in each["figures"] if row["group"] == "cpu"))
             for each in comparison["workloads"]]  # fmt: skip
    values = {name: list(_values(every)) for name, every in found}
    if not any(values.values()):
        return Absent(NAME, TITLE, "no run has CPU time by thread class")
    arms = Arms.of(comparison)
    used = {value["class"] for mine in values.values() for value in mine}
    classes = [*(name for name in CLASSES if name in used), *sorted(used - set(CLASSES))]
    totals = [(name, figure) for name, every in found for figure in every if figure["metric"] == "cpu_s.total"]
    rows = [[name, value["arm"], value["class"], value["value"]] for name, mine in values.items() for value in mine]
    return Chart(
        NAME,
        TITLE,
        f"CPU seconds by thread class and variant, stacked. Totals: {means(totals)}",
        "CPU time of QEMU and its vhost workers in the measured window, the mean of each class. The guest's own time "
        "is inside vcpu.",
        panels([_panel(arms, name, mine, classes) for name, mine in values.items() if mine], columns=2),
        Table(["Workload", "Variant", "Thread class", "CPU, s"], rows),
        [Key(name, _colour(name, classes), "square") for name in classes],
    )


def _values(every: Sequence[Figure]) -> Iterator[Spec]:
    for figure in every:
        _cpu, is_class, thread_class = figure["metric"].partition("cpu_s.")
        if _cpu or not is_class or thread_class == "total":
            continue
        for name, arm in figure["arms"].items():
            if arm["level"]:
                yield {"arm": name, "class": thread_class, "value": arm["level"]}


def _colour(name: str, classes: Sequence[str]) -> str:
    """Of the stylesheet's classes their own, of others what no variant before the fifth has."""
    return f"var(--cpu-{name})" if name in CLASSES else f"var(--arm-{4 + classes.index(name) % 8})"


def _panel(arms: Arms, name: str, values: Sequence[Spec], classes: Sequence[str]) -> Spec:
    ranges = [_colour(each, classes) for each in classes]
    return {
        "title": named(name, "CPU seconds in the measured window"),
        "data": {"values": [{**value, "order": classes.index(value["class"])} for value in values]},
        "mark": {"type": "bar", "height": {"band": 0.7}, "stroke": "var(--paper)", "strokeWidth": 1},
        "width": 300,
        "height": {"step": ROW if len(arms.names) < 4 else 20},
        "encoding": {
            "y": arms.rows(),
            "x": {"field": "value", "type": "quantitative", "title": None, "axis": {"tickCount": 5}},
            "color": {"field": "class", "type": "nominal", "scale": {"domain": list(classes), "range": ranges},
                      "legend": None},
            "order": {"field": "order", "type": "quantitative"},
        },
    }  # fmt: skip
