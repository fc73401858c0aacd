# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The comparison's figures as CSV, one line a workload and metric."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._text import plain

COLUMNS = (
    "campaign", "workload", "metric", "unit", "better", "headline", "baseline", "candidate",
    "baseline_runs", "baseline_mean", "baseline_missing", "candidate_runs", "candidate_mean", "candidate_missing",
    "blocks", "ratio", "ratio_low", "ratio_high", "bootstrap_low", "bootstrap_high", "ratio_missing", "p", "p_holm",
    "aa_blocks", "aa_ratio", "aa_low", "aa_high", "aa_missing",
    "verdict", "claim", "reasons", "flags", "software_emulation",
)  # fmt: skip

# Spreadsheets take the wide forms for the same.
_FORMULA = tuple("=+-@＝＋－＠")


def render(comparison: Mapping[str, Any]) -> str:
    """Missing figures are empty, with their reason in the column beside."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for workload in comparison["workloads"]:
        for figure in workload["figures"]:
            writer.writerow([_cell(value) for value in _row(comparison, workload, figure)])
    return out.getvalue()


def _row(comparison: Mapping[str, Any], workload: Mapping[str, Any], figure: Mapping[str, Any]) -> list[Any]:
    verdict = figure["verdict"]
    arms: list[Any] = []
    for name in (figure["baseline"], figure["candidate"]):
        arm = figure["arms"][name] if name else {"values": (), "level": None, "missing": figure["ratio"]["missing"]}
        arms += [len(arm["values"]), arm["level"], arm["missing"]]
    return [
        comparison["campaign_id"], workload["name"], figure["metric"], figure["unit"], figure["better"],
        "yes" if figure["headline"] else "no", figure["baseline"], figure["candidate"],
        *arms,
        *_ratio(figure["ratio"]), figure["ratio"]["p"], verdict["p_holm"],
        *(figure["aa"][key] for key in ("blocks", "ratio", "low", "high", "missing")),
        verdict["text"], verdict["claim"], "; ".join(verdict["reasons"]),
        "; ".join(flag["text"] for flag in figure["flags"]), "yes" if comparison["emulation"]["is"] else "no",
    ]  # fmt: skip


def _ratio(found: Mapping[str, Any]) -> list[Any]:
    bootstrap = found["bootstrap"] or {"low": None, "high": None}
    return [
        *(found[key] for key in ("blocks", "ratio", "low", "high")), bootstrap["low"], bootstrap["high"],
        found["missing"],
    ]  # fmt: skip


def _cell(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula is quoted the way spreadsheets do."""
    if not isinstance(value, str):
        return value
    shown = plain(value)
    return f"'{shown}" if shown.lstrip()[:1] in _FORMULA else shown
