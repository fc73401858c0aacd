# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""System calls and ioctl requests, both datapaths side by side.

Counts are means a run: two datapaths may have been given a different number of runs.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._qemu._threads import CLASSES
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._arms import name_of
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._metrics import read

Document = Mapping[str, Any]
Counts = Mapping[str, float]


def syscall_tables(runs: Sequence[Document], datapaths: Sequence[str]) -> list[dict[str, Any]]:
    """One table a workload that counted system calls, in the order of the runs."""
    names = dict.fromkeys(run["workload"]["name"] for run in runs if run.get("syscalls"))
    return [
        _table(name, [run for run in runs if run["workload"]["name"] == name and run.get("syscalls")], datapaths)
        for name in names
    ]


def _table(workload: str, runs: Sequence[Document], datapaths: Sequence[str]) -> dict[str, Any]:
    by_class = {name: rows for name in CLASSES if (rows := _beside(runs, datapaths, _class_reader(name)))}
    return {
        "workload": workload,
        "source": runs[0]["syscalls"]["source"],
        "perturbing": any(run["instrumentation"]["perturbing"] for run in runs),
        "runs": {datapath: len(_of(runs, datapath)) for datapath in datapaths},
        "per_packet": {
            what: {datapath: _median(_of(runs, datapath), f"{what}_per_packet") for datapath in datapaths}
            for what in ("syscalls", "exits")
        },
        "total": {datapath: _total(_of(runs, datapath)) for datapath in datapaths},
        "by_name": _beside(runs, datapaths, _calls),
        "errors": _beside(runs, datapaths, _errors),
        "by_class": by_class,
        "main_loop": {arm: _sum(by_class.get("main"), arm) for arm in datapaths},
        "ioctls": _beside(runs, datapaths, lambda run: run["syscalls"].get("ioctls") or {}),
    }


def _of(runs: Sequence[Document], datapath: str) -> list[Document]:
    return [run for run in runs if name_of(run) == datapath]


def _total(runs: Sequence[Document]) -> float | None:
    return _mean([run["syscalls"]["total_calls"] for run in runs])


def _median(runs: Sequence[Document], key: str) -> dict[str, Any]:
    """Median over the runs, or why there is none."""
    found = [read(run, key) for run in runs]
    values = [value for value, _reason in found if value is not None]
    reasons = dict.fromkeys(str(reason) for value, reason in found if value is None) or ["no valid run"]
    if values:
        return {"median": statistics.median(values), "missing": None}
    return {"median": None, "missing": "; ".join(reasons)}


def _sum(rows: Sequence[Mapping[str, Any]] | None, datapath: str) -> float | None:
    """All calls of one class of threads; None when they were not counted by class."""
    counted = [row[datapath] for row in rows or [] if row[datapath] is not None]
    return sum(counted) if counted else None


def _calls(run: Document) -> Counts:
    return {name: entry["calls"] for name, entry in (run["syscalls"].get("by_name") or {}).items()}


def _errors(run: Document) -> Counts:
    entries = (run["syscalls"].get("by_name") or {}).items()
    return {name: entry["errors"] for name, entry in entries if entry.get("errors")}


def _class_reader(name: str) -> Callable[[Document], Counts]:
    return lambda run: (run["syscalls"].get("by_class") or {}).get(name) or {}


def _beside(
    runs: Sequence[Document], datapaths: Sequence[str], read: Callable[[Document], Counts]
) -> list[dict[str, Any]]:
    """Rows ``{name, DATAPATH: …}``, the largest first. A counter that saw nothing is a true 0; no run is None."""
    arms = {datapath: [read(run) for run in _of(runs, datapath)] for datapath in datapaths}
    names = {name for counts in arms.values() for count in counts for name in count}
    rows = [
        {
            "name": name,
            **{datapath: _mean([count.get(name, 0) for count in counts]) for datapath, counts in arms.items()},
        }
        for name in names
    ]
    return sorted(rows, key=lambda row: (-max(row[arm] or 0 for arm in arms), row["name"]))


def _mean(values: Sequence[float]) -> float | None:
    """Whole when it is: a single run's count stays a count."""
    if not values:
        return None
    mean = statistics.fmean(values)
    return int(mean) if mean.is_integer() else mean
