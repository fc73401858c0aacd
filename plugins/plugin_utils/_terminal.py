# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The comparison as a few lines for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils import _format
from ansible_collections.virtio.lab.plugins.plugin_utils._figures import BASELINE, CANDIDATE

_WIDTH = 100


def render(comparison: Mapping[str, Any]) -> list[str]:
    """Throughput with its CPU cost under it, for each workload; then what counted for nothing."""
    rows = [["workload", "figure", BASELINE, CANDIDATE, f"{CANDIDATE} ÷ {BASELINE}", "verdict"]]
    for workload in comparison["workloads"]:
        name = workload["name"]
        for figure in _format.headline(workload):
            if figure:
                rows.append([name, *_cells(figure)])
                name = ""
    runs = comparison["runs"]
    lines = [
        *textwrap.wrap(_format.emulation_sentence(comparison) or "", _WIDTH),
        *_columns(rows),
        f"{runs['total']} runs: {runs['valid']} valid, {runs['invalid']} invalid.",
    ]
    for run in comparison["invalid"]:
        lines.append(f"invalid: {run['run_id']}: {'; '.join(run['reasons'])}")
    lines += [f"unreadable: {entry['path']}: {entry['reason']}" for entry in comparison["unreadable"]]
    return lines


def _cells(figure: Mapping[str, Any]) -> list[str]:
    medians = [_format.number(figure[arm]["median"]) for arm in (BASELINE, CANDIDATE)]
    label = f"{figure['label']} {figure['unit']}"
    return [label, *medians, _format.ratio(figure["ratio"]), figure["verdict"]["text"]]


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [lines[0], "  ".join("─" * width for width in widths), *lines[1:]]
