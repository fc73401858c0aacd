# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Was it really that datapath? One row a run out of the witness taken before, in the middle and after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._runs._arms import arm_of

Document = Mapping[str, Any]
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
