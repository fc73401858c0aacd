# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two campaigns compared, as one HTML file made of the parts that the report is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._chart import Absent
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._ratios import ratios
from ansible_collections.virtio.lab.plugins.plugin_utils._report._page import page
from ansible_collections.virtio.lab.plugins.plugin_utils._report._two_campaigns_forms import (
    OUTCOME,
    SIDES,
    name,
    values,
)


def render(compared: Mapping[str, Any]) -> str:
    groups = [
        {**workload, "name": f"{workload['name']} on {datapath}", "figures": figures}
        for workload in compared["workloads"]
        for datapath in compared["datapaths"]
        if (figures := [figure for figure in workload["figures"] if figure["datapath"] == datapath])
    ]
    drawn = ratios({"workloads": groups, "baseline": SIDES[0], "candidate": SIDES[1], "rules": compared["rules"]})
    if isinstance(drawn, Absent):
        drawn = replace(drawn, why="no figure has a value above 0 in both campaigns")
    return page(
        "compare.html.j2",
        compared,
        [drawn],
        SIDES,
        lambda figure: [figure["aa"][side] for side in SIDES],
        floors_name=f"A/A of {' and '.join(SIDES)}",
        whole="compare.json",
        groups=groups,
        quotient=" ÷ ".join(reversed(SIDES)),
        named=name,
        values=values,
        outcome=OUTCOME[compared["outcome"]],
    )
