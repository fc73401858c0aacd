# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Slope plot: one line a block, from the baseline measured again over the baseline to the candidate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._thinned import thinned
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._chart import Absent, Chart, Spec, Table
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._read import Comparison, Figure, first, some_of
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._style import (
    POINT,
    amount,
    by_series,
    named,
    of_what,
    panels,
    series,
)

NAME, TITLE = "blocks", "Block by block"
BLOCKS_DRAWN = 30
PANEL = {"width": 150, "height": 130}


def blocks(comparison: Comparison) -> Chart | Absent:
    """The rate of each workload and its CPU cost beside it."""
    found = [
        (workload["name"], figure)
        for workload in comparison["workloads"]
        for figure in (first(workload, "rate"), first(workload, "cost"))
        if figure and figure["ratio"]["per_block"]
    ]
    if not found:
        return Absent(NAME, TITLE, "no block holds both datapaths")
    baseline, candidate = comparison["baseline"], comparison["candidate"]
    rows = [
        [
            f"{name}: {figure['label']}, {figure['unit']}",
            str(row["block"]),
            row["baseline"],
            row["candidate"],
            row["ratio"],
            _again(figure).get(row["block"]),
        ]
        for name, figure in found
        for row in figure["ratio"]["per_block"]
    ]
    return Chart(
        NAME,
        TITLE,
        f"{baseline} and {candidate} joined by one line a block. {' '.join(_spoken(*entry) for entry in found)}",
        _caption(found, baseline, candidate),
        panels([_panel(*entry) for entry in found], columns=4),
        Table(
            ["Figure", "Block", f"{baseline}, mean", candidate, f"{candidate} ÷ {baseline}", f"{baseline} again"], rows
        ),
    )


def _again(figure: Figure) -> dict[int, float]:
    """Block → the A/A arm's value."""
    return {row["block"]: row["candidate"] for row in figure["aa"]["per_block"]}


def _first(figure: Figure) -> dict[int, float]:
    """Block → the baseline's own cell, without the A/A arm."""
    return {row["block"]: row["baseline"] for row in figure["aa"]["per_block"]}


def _caption(found: list[tuple[str, Figure]], baseline: str, candidate: str) -> str:
    said = [f"Each line is one block. Dashed: {candidate} did worse than {baseline} in that block."]
    if any(figure["aa"]["per_block"] for _name, figure in found):
        said.append(
            f"From A/A, which is {baseline} measured again, to {baseline} the lines show what a difference of nothing "
            "looks like."
        )
    said.append("The upright axes do not begin at 0.")
    return " ".join(said) + some_of(
        (len(figure["ratio"]["per_block"]) for _name, figure in found), BLOCKS_DRAWN, "blocks"
    )


def _spoken(name: str, figure: Figure) -> str:
    found = [row["ratio"] for row in figure["ratio"]["per_block"] if row["ratio"] is not None]
    worse = sum(_is_worse(figure, row) for row in figure["ratio"]["per_block"])
    reach = f"block ratios from {min(found):.2f} to {max(found):.2f}" if found else "no ratio"
    blocks_said = f"{len(figure['ratio']['per_block'])} block{'s' if len(figure['ratio']['per_block']) > 1 else ''}"
    return f"{name}, {figure['label']}: {reach} in {blocks_said}, worse in {worse}."


def _is_worse(figure: Figure, row: Mapping[str, Any]) -> bool:
    if figure["better"] == "higher":
        return bool(row["candidate"] < row["baseline"])
    return bool(row["candidate"] > row["baseline"])


def _panel(name: str, figure: Figure) -> Spec:
    again, alone = _again(figure), _first(figure)
    baseline, candidate = figure["baseline"], figure["candidate"]
    columns = (["A/A"] if again else []) + [baseline, candidate]
    values = []
    for row in thinned(figure["ratio"]["per_block"], BLOCKS_DRAWN):
        line = {"block": row["block"], "worse": _is_worse(figure, row)}
        if row["block"] in again:
            values.append({**line, "column": "A/A", "series": series(baseline, "aa"), "value": again[row["block"]]})
        below = alone.get(row["block"], row["baseline"])
        values.append({**line, "column": baseline, "series": baseline, "value": below})
        values.append({**line, "column": candidate, "series": candidate, "value": row["candidate"]})
    across = {
        "field": "column",
        "type": "nominal",
        "sort": columns,
        "scale": {"domain": columns},
        "title": None,
        "axis": {"labelAngle": 0, "grid": False},
    }
    up = {**amount(zero=False), "axis": {"tickCount": 4}}
    dash = {
        "field": "worse",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": [False, True], "range": [[1, 0], [4, 3]]},
    }
    return {
        **PANEL,
        "title": named(name if figure["group"] == "rate" else "", of_what(figure)),
        "data": {"values": values},
        "encoding": {"x": across, "y": up},
        "layer": [
            {
                "mark": {"type": "line", "color": "var(--soft)", "strokeWidth": 1.2, "opacity": 0.8},
                "encoding": {"detail": {"field": "block"}, "strokeDash": dash},
            },
            {"mark": {**POINT, "size": 40}, "encoding": by_series(values)},
        ],
    }
