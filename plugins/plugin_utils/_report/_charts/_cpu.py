# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Median CPU seconds by thread class, stacked."""

from __future__ import annotations

from ansible_collections.virtio.lab.plugins.module_utils._qemu._threads import CLASSES
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._chart import Absent, Chart, Spec, Table
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._read import Comparison, figures, means
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._style import (
    ROW,
    WIDTH,
    by_datapath,
    finish,
    header,
)

NAME, TITLE = "cpu", "Where the CPU time went, by thread class"


def cpu(comparison: Comparison) -> Chart | Absent:
    every = list(figures(comparison, "cpu"))
    values = [
        {
            "row": name,
            "datapath": datapath,
            "class": thread_class,
            "order": CLASSES.index(thread_class),
            "value": figure["arms"][datapath]["level"],
        }
        for name, figure in every
        if (thread_class := figure["metric"].removeprefix("cpu_s.")) in CLASSES
        for datapath in figure["arms"]
        if figure["arms"][datapath]["level"]
    ]
    if not values:
        return Absent(NAME, TITLE, "no run has CPU time by thread class")
    totals = [(name, figure) for name, figure in every if figure["metric"] == "cpu_s.total"]
    rows = [[name, value["datapath"], value["class"], value["value"]] for name, _figure in totals
            for value in values if value["row"] == name]  # fmt: skip
    return Chart(
        NAME,
        TITLE,
        f"CPU seconds by thread class and datapath, stacked. Totals: {means(totals)}",
        "CPU time of QEMU and its vhost workers in the measured window, the mean of each class. The guest's own time "
        "is inside vcpu.",
        _spec(values, [name for name, _figure in totals]),
        Table(["Workload", "Datapath", "Thread class", "CPU, s"], rows),
    )


def _spec(values: list[Spec], rows: list[str]) -> Spec:
    shown = [name for name in CLASSES if any(value["class"] == name for value in values)]
    classes = {
        "field": "class",
        "type": "nominal",
        "scale": {"domain": shown, "range": [f"var(--cpu-{name})" for name in shown]},
        "legend": {"title": "thread class", "orient": "top", "symbolType": "square"},
    }
    return finish(
        {
            "data": {"values": values},
            "mark": {"type": "bar", "height": {"band": 0.7}, "stroke": "var(--paper)", "strokeWidth": 1},
            "width": WIDTH,
            "height": {"step": ROW},
            "encoding": {
                "y": by_datapath(),
                "x": {
                    "field": "value",
                    "type": "quantitative",
                    "title": "CPU seconds in the measured window",
                    "axis": {"tickCount": 6},
                },
                "color": classes,
                "order": {"field": "order", "type": "quantitative"},
                "row": header("row", rows),
            },
            "spacing": 18,
        }
    )
