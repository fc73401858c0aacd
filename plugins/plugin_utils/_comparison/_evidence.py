# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Was it really that datapath? One row a run out of the witness taken before, in the middle and after it."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._report._words import _format
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._arms import arm_of

Document = Mapping[str, Any]
ROWS_SHOWN = 150
PHASES = ("before", "middle", "after")
NOT_TAKEN = "the witness was not taken in this phase"


def witness_rows(runs: Sequence[Document]) -> list[dict[str, Any]]:
    return [_row(run) for run in runs]


def witness_counts(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """For each datapath: how many runs asked for it, and in how many every witness saw it."""
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        count = counts.setdefault(row["asked"], {"asked": 0, "seen": 0})
        count["asked"] += 1
        count["seen"] += row["agree"]
    return dict(sorted(counts.items()))


def shown(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a table that can be read: each run's own or, of many runs, one for all that saw the same.

    They have ``runs``, how many they stand for, and ``blocks`` as text; CPU times are medians, and only some of the
    workers and of what disagreed are named.
    """
    if len(rows) <= ROWS_SHOWN:
        return [{**row, "runs": 1, "blocks": str(row["block"])} for row in rows]
    alike: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        saw = [row[key] for key in ("workload", "asked", "arm", "effective", "fds", "argv_vhost", "agree", "valid")]
        alike.setdefault(json.dumps(saw), []).append(row)
    return [_together(mine) for mine in alike.values()]


def _together(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    first, last = (end(row["block"] for row in rows) for end in (min, max))
    workers = list(dict.fromkeys(worker for row in rows for worker in row["workers"]))
    return {
        **rows[0],
        "runs": len(rows),
        "blocks": str(first) if first == last else f"{first}–{last}",
        "workers": [_format.some(workers)] if workers else [],
        "cpu_ms": {name: _median([row["cpu_ms"][name] for row in rows]) for name in rows[0]["cpu_ms"]},
        "disagreements": [_format.some(list(dict.fromkeys("; ".join(row["disagreements"]) for row in rows)))],
    }


def _median(values: Sequence[float | None]) -> float | None:
    found = [value for value in values if value is not None]
    return statistics.median(found) if found else None


def _row(run: Document) -> dict[str, Any]:
    witness = run.get("witness") or {}
    phases = {name: witness.get(name) or {} for name in PHASES}
    shown = phases["middle"] or phases["before"] or phases["after"]
    asked = run["factor"]["datapath"]
    seen = [phase.get("effective") for phase in phases.values()]
    return {
        "run_id": run["run_id"],
        "workload": run["workload"]["name"],
        "block": run["block"],
        "asked": asked,
        "arm": arm_of(run),
        "effective": dict(zip(PHASES, seen, strict=True)),
        "fds": dict(shown.get("fds") or {}),
        "argv_vhost": (shown.get("argv") or {}).get("vhost"),
        "cpu_ms": {name: _cpu_ms(phases, name) for name in ("vhost", "main", "vcpu")},
        "workers": sorted({thread["comm"] for thread in shown.get("threads") or [] if thread["class"] == "vhost"}),
        "agree": all(effective == asked for effective in seen),
        "disagreements": _disagreements(phases, asked),
        "valid": bool(run["valid"]),
    }


def _cpu_ms(phases: Mapping[str, Mapping[str, Any]], name: str) -> float | None:
    """CPU time the class's threads took between the first and last witness, in ms; None without both.

    A thread born in between began at 0, one that ended in between cannot be known and counts nothing.
    """
    if not phases["before"] or not phases["after"]:
        return None
    before, after = (
        {thread["tid"]: thread["cpu_ns"] for thread in phases[phase].get("threads") or [] if thread["class"] == name}
        for phase in ("before", "after")
    )
    return sum(max(0, spent - before.get(tid, 0)) for tid, spent in after.items()) / 1e6


def _disagreements(phases: Mapping[str, Mapping[str, Any]], asked: str) -> list[str]:
    found = []
    for name, phase in phases.items():
        if not phase:
            found.append(f"{name}: {NOT_TAKEN}")
            continue
        found += [f"{name}: {text}" for text in phase.get("disagreements") or []]
        if phase.get("effective") != asked:
            found.append(f"{name}: asked for {asked}, effective is {phase.get('effective')}")
    return found
