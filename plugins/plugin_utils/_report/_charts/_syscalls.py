# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""System calls by name, all variants side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._chart import Absent, Chart, Spec, Table
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._style import (
    WIDTH,
    Arms,
    amount,
    finish,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._report._words import _format

SHOWN = 12


def syscalls(table: Mapping[str, Any], looks: Arms) -> Chart | Absent:
    """The picture of one workload that counted them."""
    name, title = f"syscalls-{table['workload']}", f"System calls by name ({table['source']})"
    rows = table["by_name"][:SHOWN]
    arms = list(table["total"])
    values = [
        {"name": row["name"], "arm": arm, "value": row[arm]} for row in rows for arm in arms if row[arm] is not None
    ]
    if not values:
        return Absent(name, title, "no call was counted")
    said = " ".join(
        f"{row['name']}: "
        + ", ".join(f"{arm} {_format.number(row[arm])}" for arm in arms if row[arm] is not None)
        + "."
        for row in rows
    )
    return Chart(
        name,
        title,
        f"System calls by name and variant. {said}",
        "Calls a run by name, the most frequent first.",
        _spec(values, [row["name"] for row in rows], looks),
        Table(["Call", *arms], [[row["name"], *(row[arm] for arm in arms)] for row in table["by_name"]]),
        looks.keys(looks.shown(values, "arm")),
    )


def _spec(values: list[Spec], names: list[str], looks: Arms) -> Spec:
    return finish(
        {
            "data": {"values": values},
            "mark": {"type": "bar"},
            "width": WIDTH,
            "height": {"step": max(6, 26 // len(looks.names))},
            "encoding": {
                "y": {
                    "field": "name",
                    "type": "nominal",
                    "sort": names,
                    "title": None,
                    "scale": {"paddingInner": 0.3},
                },
                "yOffset": looks.order("arm"),
                "x": amount("calls a run"),
                "color": looks.colours(values, "arm"),
            },
        }
    )
