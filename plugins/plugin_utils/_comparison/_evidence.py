# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Was it really that datapath? One row a run out of the witness taken before, in the middle and after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._witness._moments import MOMENTS
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._arms import arm_of, variant_of

Document = Mapping[str, Any]
SHOWN = ("vhost", "main", "vcpu")
NOT_TAKEN = "the witness was not taken at this moment"


def witness_rows(runs: Sequence[Document]) -> list[dict[str, Any]]:
    return [_row(run) for run in runs]


def witness_counts(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """For each variant: how many runs asked for it, and in how many every witness saw its datapath."""
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        count = counts.setdefault(row["variant"], {"asked": 0, "seen": 0})
        count["asked"] += 1
        count["seen"] += row["agree"]
    return dict(sorted(counts.items()))


def _row(run: Document) -> dict[str, Any]:
    witness = run.get("witness") or {}
    moments = {name: witness.get(name) or {} for name in MOMENTS}
    shown = moments["middle"] or moments["before"] or moments["after"]
    asked = run["factor"]["datapath"]
    seen = [_datapath(moment) for moment in moments.values()]
    return {
        "run_id": run["run_id"],
        "workload": run["workload"]["name"],
        "block": run["block"],
        "variant": variant_of(run),
        "asked": asked,
        "arm": arm_of(run),
        "effective": dict(zip(MOMENTS, seen, strict=True)),
        "fds": dict(shown.get("fds") or {}),
        "argv_vhost": (shown.get("argv") or {}).get("vhost"),
        "cpu_ms": _cpu_ms(moments),
        "workers": sorted({thread["comm"] for thread in shown.get("threads") or [] if thread["class"] == "vhost"}),
        "agree": all(effective == asked for effective in seen),
        "disagreements": _disagreements(moments, asked),
        "valid": bool(run["valid"]),
    }


def _datapath(moment: Mapping[str, Any]) -> Any:
    """The datapath that a witness saw, None where it was not taken; earlier documents name its backend alone."""
    return moment.get("datapath", moment.get("effective"))


def _classes(moments: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Those that every row has, and then whatever other threads there were."""
    seen = {str(thread["class"]) for moment in moments.values() for thread in moment.get("threads") or []}
    return [*SHOWN, *sorted(seen - {*SHOWN, "other", "worker", "iothread"})]


def _cpu_ms(moments: Mapping[str, Mapping[str, Any]]) -> dict[str, float | None]:
    """CPU time each class of threads took between the first and last witness, in ms; None without both.

    A thread born in between began at 0, one that ended in between cannot be known and counts nothing.
    """
    classes = _classes(moments)
    if not moments["before"] or not moments["after"]:
        return dict.fromkeys(classes)
    before, after = (_spent(moments[moment]) for moment in ("before", "after"))
    return {name: _more(before.get(name, {}), after.get(name, {})) / 1e6 for name in classes}


def _spent(moment: Mapping[str, Any]) -> dict[str, dict[int, int]]:
    """Class → thread → CPU time so far."""
    found: dict[str, dict[int, int]] = {}
    for thread in moment.get("threads") or []:
        found.setdefault(thread["class"], {})[thread["tid"]] = thread["cpu_ns"]
    return found


def _more(before: Mapping[int, int], after: Mapping[int, int]) -> int:
    return sum(max(0, spent - before.get(tid, 0)) for tid, spent in after.items())


def _disagreements(moments: Mapping[str, Mapping[str, Any]], asked: str) -> list[str]:
    found = []
    for name, moment in moments.items():
        if not moment:
            found.append(f"{name}: {NOT_TAKEN}")
            continue
        found += [f"{name}: {text}" for text in moment.get("disagreements") or []]
        if (seen := _datapath(moment)) != asked:
            found.append(f"{name}: asked for {asked}, effective is {seen}")
    return found
