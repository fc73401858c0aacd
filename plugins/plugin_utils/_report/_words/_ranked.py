# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variants of a workload as rows of a table, the fastest first: what they moved, what that hides, what it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._report._words import _format

_BESIDE = {
    "loss": ("lost", _format.percent),
    "stalled": ("stood still", _format.percent),
    "sent_per_second": ("sent /s", _format.number),
    "jitter_us": ("jitter µs", _format.number),
    "retransmits": ("sent again", _format.number),
    "pps": ("packets /s", _format.number),
}
_LEAST_STILL = 0.01  # the rate and the latency that it follows from are rounded


def ranked(workload: Mapping[str, Any]) -> dict[str, Any]:
    """``{metrics: [{key, label, unit}], rows: [{name, is_baseline, place, figures, beside}]}``.

    A row's ``figures`` are those of its variant, one a metric: {level, missing, ratio, verdict, aa, remarks}. The
    baseline has no ratio; its A/A arm stands there.
    """
    headline = _format.headline(workload)
    metrics = list({row["metric"]: row for row in headline}.values())
    rows = [_row(name, place, metrics, workload["figures"]) for place, name in enumerate(workload["ranking"], 1)]
    told = [{key: row[key] for key in ("metric", "label", "unit")} for row in metrics]
    return {"metrics": told, "rows": rows}


def _row(
    name: str, place: int, metrics: Sequence[Mapping[str, Any]], every: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    return {
        "name": name,
        "place": place,
        "is_baseline": bool(every) and name == every[0]["baseline"],
        "figures": [_figure(name, metric["metric"], every) for metric in metrics],
        "beside": list(_beside(name, every)),
    }


def _figure(name: str, metric: str, every: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    mine = [row for row in every if row["metric"] == metric]
    if name == mine[0]["baseline"]:
        arm = mine[0]["arms"][name]
        return {**_value(arm), "ratio": None, "verdict": None, "aa": mine[0]["aa"], "remarks": []}
    found = next(row for row in mine if row["candidate"] == name)
    return {
        **_value(found["arms"][name]),
        "ratio": found["ratio"],
        "verdict": found["verdict"],
        "aa": None,
        "remarks": _format.remarks(found),
    }


def _value(arm: Mapping[str, Any]) -> dict[str, Any]:
    return {"level": arm["level"], "missing": arm["missing"]}


def _beside(name: str, every: Sequence[Mapping[str, Any]]) -> Any:
    """What a rate hides, in words: what was lost, sent, sent again."""
    for row in {row["metric"]: row for row in every if name in row["arms"]}.values():
        median = row["arms"][name]["median"]
        if row["metric"] in _BESIDE and median is not None and (row["metric"] != "stalled" or median >= _LEAST_STILL):
            what, write = _BESIDE[row["metric"]]
            yield f"{what} {write(median)}"
