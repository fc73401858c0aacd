# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two campaigns compared, as one HTML file made of the parts that the report is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts import _ratios
from ansible_collections.virtio.lab.plugins.plugin_utils._report._page import page
from ansible_collections.virtio.lab.plugins.plugin_utils._report._two_campaigns_forms import (
    OUTCOME,
    SIDES,
    name,
    values,
    verified,
)

_NONE = "no figure has a value above 0 in both campaigns"


def render(compared: Mapping[str, Any]) -> str:
    groups = [
        {**workload, "name": f"{workload['name']} on {variant}", "figures": figures}
        for workload in compared["workloads"]
        for variant in compared["variants"]
        if (figures := [figure for figure in workload["figures"] if figure["variant"] == variant])
    ]
    quotient = " ÷ ".join(reversed(SIDES))
    return page(
        "compare.html.j2",
        compared,
        [_ratios.forest(_rows(compared), compared["rules"], quotient, _NONE)],
        SIDES,
        lambda figure: [figure["aa"][side] for side in SIDES],
        looks={},
        floors_name=f"A/A of {' and '.join(SIDES)}",
        whole="compare.json",
        groups=groups,
        quotient=quotient,
        names_of=lambda _group: SIDES,
        quotient_of=lambda _names: quotient,
        named=name,
        values=values,
        outcome=OUTCOME[compared["outcome"]],
        verified=verified(compared),
    )


def _rows(compared: Mapping[str, Any]) -> list[_ratios.Row]:
    return [
        _ratios.Row(f"{workload['name']}: {row['label']}", row["variant"], row,
                    [(f"A/A of the {side}", row["aa"][side]) for side in SIDES])
        for workload in compared["workloads"]
        for row in _ratios.by_figure(workload["figures"])
        if row["headline"] and row["ratio"]["ratio"] is not None
    ]  # fmt: skip
