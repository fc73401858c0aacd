# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Throughput inside the runs: no more lines than an eye can follow, no more points than a screen can show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._arms import cell_of
from ansible_collections.virtio.lab.plugins.plugin_utils._thinned import thinned

Document = Mapping[str, Any]
Window = tuple[float, float, float]  # begin and end in seconds, Gb/s
LINES = 20  # for each workload on each datapath
POINTS = 240  # of a line


def drawable(runs: Sequence[Document]) -> list[Document]:
    """The runs that have a throughput in any window."""
    return [run for run in runs if any(sample["throughput_bps"] is not None for sample in run["samples"])]


def timelines(runs: Sequence[Document]) -> list[dict[str, Any]]:
    """Of these drawable runs a line for each of some, which are chosen evenly over the campaign.

    A line is the run's cell, ``start_s``, where its first window began, and ``points`` {t_s, gbps}, each at the end of
    its window. A window with no figure is left out, not drawn as 0.
    """
    cells: dict[tuple[str, str], list[Document]] = {}
    for run in runs:
        cells.setdefault((run["workload"]["name"], run["factor"]["datapath"]), []).append(run)
    shown = {run["run_id"] for mine in cells.values() for run in thinned(mine, LINES)}
    return [_line(run) for run in runs if run["run_id"] in shown]


def _line(run: Document) -> dict[str, Any]:
    samples = run["samples"]
    begins = [0, *(sample["t_s"] for sample in samples)]
    windows = [
        (begin, sample["t_s"], sample["throughput_bps"] / 1e9)
        for begin, sample in zip(begins, samples, strict=False)
        if sample["throughput_bps"] is not None
    ]
    size = -(-len(windows) // POINTS)
    points = [_point(windows[first : first + size]) for first in range(0, len(windows), size)]
    return {**cell_of(run), "start_s": windows[0][0], "points": points}


def _point(windows: Sequence[Window]) -> dict[str, float]:
    """Several windows as one: what was moved in all of them over the time of all of them."""
    if len(windows) == 1:
        return {"t_s": windows[0][1], "gbps": windows[0][2]}
    seconds = sum(end - begin for begin, end, _gbps in windows)
    return {"t_s": windows[-1][1], "gbps": sum((end - begin) * gbps for begin, end, gbps in windows) / seconds}
