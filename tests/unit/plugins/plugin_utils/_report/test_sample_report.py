# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shipped campaign of old run documents: its figures are what they were when it was measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.plugin_utils._campaign import _kept
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._comparison import compare
from ansible_collections.virtio.lab.plugins.plugin_utils._runs import _records

SAMPLE = Path(__file__).resolve().parents[5] / "docs" / "sample-report"
# Ratio, its interval and the A/A ratio beside it, as the first version that read only run/1 had them.
FIGURES = {
    ("tcp_stream", "gbps"): (1.274, 1.0765, 1.5077, 1.0242),
    ("tcp_stream", "cpu_ns_per_byte"): (0.6704, 0.5491, 0.8186, 0.9715),
    ("tcp_rr", "tps"): (1.565, 1.263, 1.9392, 0.9737),
    ("tcp_rr", "latency_us.p99"): (0.6606, 0.5238, 0.8331, 0.9913),
    ("tcp_rr", "cpu_us_per_txn"): (0.5511, 0.4434, 0.6849, 1.0233),
    ("udp_small", "datagrams_per_second"): (0.0768, 0.0342, 0.1724, 1.0963),
    ("udp_small", "cpu_ns_per_byte"): (12.9008, 5.7455, 28.9667, 0.9134),
}


@pytest.fixture(name="comparison", scope="module")
def _comparison() -> dict[str, Any]:
    return compare(*_records.read_runs(SAMPLE), None, _records.planned_variants(SAMPLE), _kept.cells(SAMPLE))


def test_old_runs_give_the_same_figures(comparison: dict[str, Any]) -> None:
    found = {(load["name"], row["metric"]): row for load in comparison["workloads"] for row in load["figures"]}
    assert {key for key, row in found.items() if row["headline"]} == set(FIGURES)
    for key, expected in FIGURES.items():
        row = found[key]
        shown = (*(row["ratio"][part] for part in ("ratio", "low", "high")), row["aa"]["ratio"])
        assert shown == pytest.approx(expected, abs=6e-5)


def test_the_shipped_comparison_is_that_of_the_shipped_runs(comparison: dict[str, Any]) -> None:
    shipped = json.loads((SAMPLE / "comparison.json").read_text(encoding="utf-8"))
    made = json.loads(json.dumps(comparison))
    for part in ("schema", "baseline", "candidates", "arms", "cells", "workloads", "packets", "syscalls", "timelines"):
        assert shipped[part] == made[part], part


def test_all_cells_of_its_plan_are_there(comparison: dict[str, Any]) -> None:
    assert comparison["cells"] == {"planned": 24, "complete": 24, "valid": 23, "lacking": 0, "missing": []}
