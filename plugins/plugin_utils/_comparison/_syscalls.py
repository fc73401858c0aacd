# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""System calls and ioctl requests, all variants side by side.

Counts are means a run: variants may have been given a different number of runs.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._runs._arms import variant_of
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._metrics import read

Document = Mapping[str, Any]
Counts = Mapping[str, float]


def syscall_tables(runs: Sequence[Document], variants: Sequence[str]) -> list[dict[str, Any]]:
    """One table a workload that counted system calls, in the order of the runs."""
    names = dict.fromkeys(run["workload"]["name"] for run in runs if run.get("syscalls"))
    return [
        _table(name, [run for run in runs if run["workload"]["name"] == name and run.get("syscalls")], variants)
        for name in names
    ]


def _table(workload: str, runs: Sequence[Document], variants: Sequence[str]) -> dict[str, Any]:
    classes = dict.fromkeys(name for run in runs for name in run["syscalls"].get("by_class") or {})
    by_class = {name: rows for name in classes if (rows := _beside(runs, variants, _class_reader(name)))}
    return {
        "workload": workload,
        "source": runs[0]["syscalls"]["source"],
        "perturbing": any(run["instrumentation"]["perturbing"] for run in runs),
        "runs": {variant: len(_of(runs, variant)) for variant in variants},
        "per_packet": {
            what: {variant: _median(_of(runs, variant), f"{what}_per_packet") for variant in variants}
            for what in ("syscalls", "exits")
        },
        "total": {variant: _total(_of(runs, variant)) for variant in variants},
        "by_name": _beside(runs, variants, _calls),
        "errors": _beside(runs, variants, _errors),
        "by_class": by_class,
        "main_loop": {arm: _sum(by_class.get("main"), arm) for arm in variants},
        "ioctls": _beside(runs, variants, lambda run: run["syscalls"].get("ioctls") or {}),
    }


def _of(runs: Sequence[Document], variant: str) -> list[Document]:
    return [run for run in runs if variant_of(run) == variant]


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


def _sum(rows: Sequence[Mapping[str, Any]] | None, variant: str) -> float | None:
    """All calls of one class of threads; None when they were not counted by class."""
    counted = [row[variant] for row in rows or [] if row[variant] is not None]
    return sum(counted) if counted else None


def _calls(run: Document) -> Counts:
    return {name: entry["calls"] for name, entry in (run["syscalls"].get("by_name") or {}).items()}


def _errors(run: Document) -> Counts:
    entries = (run["syscalls"].get("by_name") or {}).items()
    return {name: entry["errors"] for name, entry in entries if entry.get("errors")}


def _class_reader(name: str) -> Callable[[Document], Counts]:
    return lambda run: (run["syscalls"].get("by_class") or {}).get(name) or {}


def _beside(
    runs: Sequence[Document], variants: Sequence[str], read: Callable[[Document], Counts]
) -> list[dict[str, Any]]:
    """Rows ``{name, VARIANT: …}``, the largest first. A counter that saw nothing is a true 0; no run is None."""
    arms = {variant: [read(run) for run in _of(runs, variant)] for variant in variants}
    names = {name for counts in arms.values() for count in counts for name in count}
    rows = [
        {
            "name": name,
            **{variant: _mean([count.get(name, 0) for count in counts]) for variant, counts in arms.items()},
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
