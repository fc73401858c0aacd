# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of a campaign with its A/A arm: every arm once a block, mirrored, drift weighing on all alike."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virtio.lab.plugins.plugin_utils._campaign import _plan

STREAM = {"name": "stream", "tool": "iperf3"}
TRACED = {"name": "syscalls", "tool": "strace"}
PINGED = {"name": "ping", "tool": "hping3"}


def campaign(**changes: Any) -> dict[str, Any]:
    return {"seed": 7, "blocks": 6, "datapaths": ["qemu", "vhost"], "workloads": [STREAM, TRACED], **changes}


def arms(cells: list[dict[str, Any]]) -> dict[int, list[tuple[str, str]]]:
    blocks: dict[int, list[tuple[str, str]]] = {}
    for cell in cells:
        blocks.setdefault(cell["block"], []).append((cell["datapath"], cell["arm"]))
    return blocks


@given(seed=st.integers(0, 2**32 - 1), blocks=st.integers(1, 20), baseline=st.sampled_from(["qemu", "vhost"]))
def test_the_baseline_is_measured_twice_in_every_block(seed: int, blocks: int, baseline: str) -> None:
    datapaths = [baseline, *({"qemu", "vhost"} - {baseline})]
    cells = _plan.plan(campaign(seed=seed, blocks=blocks, datapaths=datapaths))
    found = arms(cells)
    assert len(found) == blocks
    for block in found.values():
        assert sorted(block) == sorted([*((name, "a") for name in datapaths), (baseline, "aa")])


@given(seed=st.integers(0, 2**32 - 1), pairs=st.integers(1, 10))
def test_a_steady_drift_falls_out_of_every_ratio(seed: int, pairs: int) -> None:
    cells = _plan.plan(campaign(seed=seed, blocks=2 * pairs, workloads=[STREAM]))
    mean = {
        arm: math.fsum(cell["position"] for cell in cells if (cell["datapath"], cell["arm"]) == arm) / (2 * pairs)
        for arm in (("qemu", "a"), ("qemu", "aa"), ("vhost", "a"))
    }
    # Mirrored pairs of blocks: every arm has the same mean place in the campaign.
    assert len({round(place, 9) for place in mean.values()}) == 1


def test_what_enters_no_figure_is_not_measured_against_itself() -> None:
    cells = _plan.plan(campaign())
    by_arm = {
        arm: {run["workload"]["name"] for c in cells if c["arm"] == arm for run in c["runs"]} for arm in ("a", "aa")
    }
    assert by_arm == {"a": {"stream", "syscalls"}, "aa": {"stream"}}
    assert {cell["arm"] for cell in _plan.plan(campaign(workloads=[TRACED, PINGED]))} == {"a"}


def test_names_and_places_are_unique() -> None:
    cells = _plan.plan(campaign())
    runs = [run["run_id"] for cell in cells for run in cell["runs"]]
    assert len(set(runs)) == len(runs) == 6 * (2 + 2 + 1)
    assert "b01-qemu-aa-stream" in runs
    for block in range(1, 7):
        places = [run["order_in_block"] for cell in cells if cell["block"] == block for run in cell["runs"]]
        assert places == [1, 2, 3, 4, 5]


def test_the_arm_can_only_be_switched_off_in_so_many_words() -> None:
    assert {cell["arm"] for cell in _plan.plan(campaign(aa=False))} == {"a"}
    assert len(_plan.plan(campaign(aa=False))) == 12
    assert len(_plan.plan(campaign())) == len(_plan.plan(campaign(aa=True))) == 18
