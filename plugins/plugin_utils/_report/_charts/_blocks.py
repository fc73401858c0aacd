# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Slope plot: one line a block, from the baseline measured again over the baseline to every candidate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._thinned import thinned
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._chart import Absent, Chart, Spec, Table
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._read import Comparison, Figure, first, some_of
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._style import (
    POINT,
    Arms,
    amount,
    named,
    of_what,
    panels,
    series,
)

NAME, TITLE = "blocks", "Block by block"
BLOCKS_DRAWN = 30
HEIGHT, WIDTH, COLUMN = 130, 150, 26


def blocks(comparison: Comparison) -> Chart | Absent:
    """The rate of each workload and its CPU cost beside it."""
    found = [
        (workload["name"], figure)
        for workload in comparison["workloads"]
        for figure in (first(workload, "rate"), first(workload, "cost"))
        if figure and any(pair["ratio"]["per_block"] for pair in figure["pairs"])
    ]
    if not found:
        return Absent(NAME, TITLE, "no block holds both variants")
    arms = Arms.of(comparison)
    baseline = comparison["baseline"]
    drawn = [series(baseline, "aa")] if any(_again(figure) for _name, figure in found) else []
    return Chart(
        NAME,
        TITLE,
        f"{baseline} and {' and '.join(comparison['candidates'])} joined by one line a block. "
        + " ".join(_spoken(name, pair) for name, figure in found for pair in _compared(figure)),
        _caption(found, comparison),
        panels([_panel(arms, *entry) for entry in found], columns=4),
        Table(
            ["Figure", "Block", f"{baseline}, mean", "Variant", "Its figure", "Ratio", f"{baseline} again"],
            [row for name, figure in found for pair in _compared(figure) for row in _rows(name, pair)],
        ),
        arms.keys([baseline, *drawn, *comparison["candidates"]]),
    )


def _compared(figure: Figure) -> list[Figure]:
    return [pair for pair in figure["pairs"] if pair["ratio"]["per_block"]]


def _rows(name: str, pair: Figure) -> list[list[str | float | None]]:
    return [
        [
            f"{name}: {pair['label']}, {pair['unit']}",
            str(row["block"]),
            row["baseline"],
            pair["candidate"],
            row["candidate"],
            row["ratio"],
            _again(pair).get(row["block"]),
        ]
        for row in pair["ratio"]["per_block"]
    ]


def _again(figure: Figure) -> dict[int, float]:
    """Block → the A/A arm's value."""
    return {row["block"]: row["candidate"] for row in figure["aa"]["per_block"]}


def _first(figure: Figure) -> dict[int, float]:
    """Block → the baseline's own cell, without the A/A arm."""
    return {row["block"]: row["baseline"] for row in figure["aa"]["per_block"]}


def _caption(found: Sequence[tuple[str, Figure]], comparison: Comparison) -> str:
    baseline, candidates = comparison["baseline"], comparison["candidates"]
    said = ["Each line is one block."]
    if len(candidates) == 1:
        said.append(f"Dashed: {candidates[0]} did worse than {baseline} in that block.")
    if any(figure["aa"]["per_block"] for _name, figure in found):
        said.append(
            f"From A/A, which is {baseline} measured again, to {baseline} the lines show what a difference of nothing "
            "looks like."
        )
    said.append("The upright axes do not begin at 0.")
    counts = (len(pair["ratio"]["per_block"]) for _name, figure in found for pair in figure["pairs"])
    return " ".join(said) + some_of(counts, BLOCKS_DRAWN, "blocks")


def _spoken(name: str, pair: Figure) -> str:
    rows = pair["ratio"]["per_block"]
    found = [row["ratio"] for row in rows if row["ratio"] is not None]
    worse = sum(_is_worse(pair, row) for row in rows)
    reach = f"block ratios from {min(found):.2f} to {max(found):.2f}" if found else "no ratio"
    blocks_said = f"{len(rows)} block{'s' if len(rows) > 1 else ''}"
    return f"{name}, {pair['label']}, {pair['candidate']}: {reach} in {blocks_said}, worse in {worse}."


def _is_worse(pair: Figure, row: Mapping[str, Any]) -> bool:
    if pair["better"] == "higher":
        return bool(row["candidate"] < row["baseline"])
    return bool(row["candidate"] > row["baseline"])


def _panel(arms: Arms, name: str, figure: Figure) -> Spec:
    pairs = _compared(figure)
    columns = (["A/A"] if _again(figure) else []) + [figure["baseline"], *(pair["candidate"] for pair in pairs)]
    values = _points(figure, pairs)
    across = {
        "field": "column",
        "type": "nominal",
        "sort": columns,
        "scale": {"domain": columns},
        "title": None,
        "axis": {"labelAngle": 0 if len(columns) < 4 else -45, "grid": False, "labelLimit": 90},
    }
    up = {**amount(zero=False), "axis": {"tickCount": 4}}
    dash = {
        "field": "worse",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": [False, True], "range": [[1, 0], [4, 3]]},
    }
    return {
        "width": max(WIDTH, COLUMN * len(columns)),
        "height": HEIGHT,
        "title": named(name if figure["group"] == "rate" else "", of_what(figure)),
        "data": {"values": values},
        "encoding": {"x": across, "y": up},
        "layer": [
            {
                "mark": {"type": "line", "color": "var(--soft)", "strokeWidth": 1.2, "opacity": 0.8},
                "encoding": {"detail": {"field": "block"}, "strokeDash": dash},
            },
            {"mark": {**POINT, "size": 40}, "encoding": arms.marks(values)},
        ],
    }


def _points(figure: Figure, pairs: Sequence[Figure]) -> list[dict[str, Any]]:
    """One entry a block and column; the line of a block is dashed where the only candidate did worse in it."""
    again, alone = _again(figure), _first(figure)
    by_block: dict[int, list[tuple[Figure, Mapping[str, Any]]]] = {}
    for pair in pairs:
        for row in pair["ratio"]["per_block"]:
            by_block.setdefault(row["block"], []).append((pair, row))
    values = []
    for block, rows in thinned(sorted(by_block.items(), key=lambda entry: entry[0]), BLOCKS_DRAWN):
        line = {"block": block, "worse": len(pairs) == 1 and _is_worse(*rows[0])}
        baseline = figure["baseline"]
        if block in again:
            values.append({**line, "column": "A/A", "series": series(baseline, "aa"), "value": again[block]})
        below = alone.get(block, rows[0][1]["baseline"])
        values.append({**line, "column": baseline, "series": baseline, "value": below})
        values += [
            {**line, "column": pair["candidate"], "series": pair["candidate"], "value": row["candidate"]}
            for pair, row in rows
        ]
    return values
