# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Throughput and CPU inside the runs: no more lines than an eye can follow, no more points than a screen can show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._thinned import thinned
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._arms import cell_of, variant_of

Document = Mapping[str, Any]
LINES, LEAST = 12, 2  # for each workload on each variant
TOGETHER = 24  # of all variants, where there are many
POINTS = 240  # of a line


def drawable(runs: Sequence[Document]) -> list[Document]:
    """The runs that were sampled."""
    return [run for run in runs if run["samples"]]


def timelines(runs: Sequence[Document]) -> list[dict[str, Any]]:
    """Of these drawable runs a line for each of some, which are chosen evenly over the campaign.

    A line is the run's cell, ``start_s``, where its first window began, and ``points`` {t_s, gbps, cores}, each at the
    end of its window; ``cores`` were busy with all threads of QEMU and vhost. What a window has no figure for is None.
    """
    cells: dict[tuple[str, str], list[Document]] = {}
    for run in runs:
        cells.setdefault((run["workload"]["name"], variant_of(run)), []).append(run)
    variants = len({variant for _workload, variant in cells})
    most = max(LEAST, min(LINES, TOGETHER // max(1, variants)))
    shown = {run["run_id"] for mine in cells.values() for run in thinned(mine, most)}
    return [_line(run) for run in runs if run["run_id"] in shown]


def _line(run: Document) -> dict[str, Any]:
    samples = run["samples"]
    ends = [0, *(sample["t_s"] for sample in samples)]
    windows = [(sample.get("from_s", before), sample) for before, sample in zip(ends, samples, strict=False)]
    size = -(-len(windows) // POINTS)
    points = [_point(windows[first : first + size]) for first in range(0, len(windows), size)]
    return {**cell_of(run), "start_s": windows[0][0], "points": points}


def _point(windows: Sequence[tuple[float, Document]]) -> dict[str, float | None]:
    """Several windows as one: what was moved and spent in those that have a figure, over the time of those."""
    moved = [(sample["t_s"] - begin, sample["throughput_bps"] / 1e9) for begin, sample in windows
             if sample["throughput_bps"] is not None]  # fmt: skip
    spent = [(sample["t_s"] - begin, sum(sample["cpu_ns"].values()) / 1e9) for begin, sample in windows]
    seconds = sum(length for length, _seconds in spent)
    return {
        "t_s": windows[-1][1]["t_s"],
        "gbps": _mean(moved),
        "cores": sum(cpu for _length, cpu in spent) / seconds if seconds else None,
    }


def _mean(moved: Sequence[tuple[float, float]]) -> float | None:
    if len(moved) < 2:
        return moved[0][1] if moved else None
    return sum(seconds * gbps for seconds, gbps in moved) / sum(seconds for seconds, _gbps in moved)
