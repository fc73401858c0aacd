# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kicks, exits and system calls per packet of every workload that counted them, and why the others did not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._runs._arms import Arms
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._metrics import Metric

Document = Mapping[str, Any]
PER_PACKET = (
    Metric("kicks_per_packet", "guest kicks", "", "packet", False, ()),
    Metric("exits_per_packet", "KVM exits", "", "packet", False, ()),
    Metric("syscalls_per_packet", "system calls", "", "packet", False, ()),
)


def packets(valid: Sequence[Document], variants: Sequence[str]) -> dict[str, Any]:
    """``figures``: [{workload, tool, metric, label, unit, arms}]; ``missing``: what no run counted at all, and why.

    They are evidence of how a datapath works and are in no verdict; runs under strace and perf are among them.
    """
    runs: dict[str, list[Document]] = {}
    for run in valid:
        runs.setdefault(run["workload"]["name"], []).append(run)
    measured = {name: Arms(mine) for name, mine in runs.items()}
    found, uncounted = [], []
    for metric in PER_PACKET:
        mine = [_figure(name, each, metric, variants) for name, each in measured.items()]
        counted = [figure for figure in mine if any(arm["values"] for arm in figure["arms"].values())]
        found += counted
        if not counted:
            uncounted.append(metric.label + _reason(valid, metric))
    return {"figures": found, "missing": ", ".join(uncounted) or None}


def _figure(workload: str, measured: Arms, metric: Metric, variants: Sequence[str]) -> dict[str, Any]:
    arms = {name: measured.values(metric, name) for name in variants}
    return {
        "workload": workload,
        "tool": measured.runs[0]["workload"]["tool"],
        "metric": metric.key,
        "label": metric.label,
        "unit": metric.unit,
        "arms": arms,
    }


def _reason(valid: Sequence[Document], metric: Metric) -> str:
    """The one that most runs give, in brackets."""
    given = [str(reason) for run in valid if (reason := (run.get("missing") or {}).get(f"summary.{metric.key}"))]
    return f" ({max(dict.fromkeys(given), key=given.count)})" if given else ""
