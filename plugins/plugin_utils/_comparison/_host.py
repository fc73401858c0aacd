# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What else went on on the hypervisor while the runs were measured, and where it was more than the campaign allows."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._runs._arms import by_variant
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._rules import QUIET

Document = Mapping[str, Any]
Bounds = Mapping[str, float]
_WORDS = {
    "foreign_cpu": "others used {} of the host's CPU time",
    "steal": "{} of the host's CPU time was stolen from it",
    "cpu_pressure": "tasks waited for a CPU in {} of the window",
    "io_pressure": "tasks waited for I/O in {} of the window",
    "memory_pressure": "tasks waited for memory in {} of the window",
}


def bounds_of(asked: Mapping[str, Any] | None) -> dict[str, float]:
    """The bounds of a campaign: its own where it names them, else those of QUIET."""
    return {**QUIET, **{name: float(value) for name, value in (asked or {}).items() if name in QUIET}}


def shares(run: Document) -> dict[str, float | None]:
    """Each of QUIET as a share, of all CPUs' time or of the window; None where the document does not say."""
    summary, window_s = run["summary"], run["summary"].get("window_s")
    cpus = (run["manifest"].get("hypervisor") or {}).get("cpus")
    pressure = summary.get("pressure_s") or {}
    seconds = {
        "foreign_cpu": (summary.get("foreign_cpu_s"), cpus),
        "steal": (summary.get("steal_s"), cpus),
        **{f"{name}_pressure": ((pressure.get(name) or {}).get("some"), 1) for name in ("cpu", "io", "memory")},
    }
    return {
        name: None if spent is None or not window_s or not of else spent / (window_s * of)
        for name, (spent, of) in seconds.items()
    }


def host_rows(runs: Sequence[Document], names: Sequence[str], bounds: Bounds) -> dict[str, Any]:
    """``{bounds, rows: [{variant, runs, known, above, FOREIGN_CPU…: {median, most} | None}]}`` of these runs.

    ``known``: how many of the runs say anything of it, ``above``: in how many it was above one of the bounds.
    """
    mine = by_variant(runs)
    return {"bounds": dict(bounds), "rows": [_row(name, mine.get(name, ()), bounds) for name in names]}


def host_flags(runs: Sequence[Document], bounds: Bounds) -> list[dict[str, str]]:
    """A flag for each of QUIET that was above its bound in some of the runs of a workload."""
    return flags_of(named_shares(runs), bounds)


def named_shares(runs: Sequence[Document]) -> list[tuple[str, dict[str, float | None]]]:
    """(run id, shares()) of each run."""
    return [(run["run_id"], shares(run)) for run in runs]


def flags_of(found: Sequence[tuple[str, Mapping[str, float | None]]], bounds: Bounds) -> list[dict[str, str]]:
    """As host_flags(), of runs whose shares are known already."""
    return [flag for name in QUIET for flag in _flag(name, found, bounds[name])]


def _flag(name: str, found: Sequence[tuple[str, Mapping[str, float | None]]], bound: float) -> Iterator[dict[str, str]]:
    above = [(share, run_id) for run_id, all_of in found if (share := all_of[name]) is not None and share > bound]
    if above:
        most, where = max(above)
        said = _WORDS[name].format(f"more than {_percent(bound)}")
        text = f"{said} in {len(above)} of {len(found)} runs, {_percent(most)} in {where}"
        yield {"kind": "host", "of": name, "text": text}


def _row(variant: str, runs: Sequence[Document], bounds: Bounds) -> dict[str, Any]:
    found = [shares(run) for run in runs]
    known = [one for one in found if any(share is not None for share in one.values())]
    above = [one for one in known if any(share is not None and share > bounds[name] for name, share in one.items())]
    columns = {name: [one[name] for one in known if one[name] is not None] for name in QUIET}
    return {
        "variant": variant,
        "runs": len(found),
        "known": len(known),
        "above": len(above),
        **{name: _middle(values) for name, values in columns.items()},
    }


def _middle(values: Sequence[Any]) -> dict[str, float] | None:
    return {"median": statistics.median(values), "most": max(values)} if values else None


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
