# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A campaign that ends before its last block: when, by which rule, and what is left of its plan."""

from __future__ import annotations

import copy
import json
import math
import statistics
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.virtio.lab.plugins.filter.campaign_plan import campaign_plan
from ansible_collections.virtio.lab.plugins.filter.campaign_stop import campaign_stop
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._campaign import _plan, _stop
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._comparison import compare
from ansible_collections.virtio.lab.plugins.plugin_utils._report import _markdown, _terminal

from ..conftest import make_run, store

CAMPAIGN = {
    "seed": 1,
    "blocks": 14,
    "aa": True,
    "stop_at_width": 0.05,
    "datapaths": ["qemu", "vhost"],
    "workloads": [{"name": "tcp_stream_to_guest", "tool": "iperf3"}, {"name": "syscalls", "tool": "strace"}],
}


def measured(blocks: int, noise: float = 0.01, effect: float = 1.0, cells: int | None = None) -> list[dict[str, Any]]:
    """The runs of so many whole blocks, and of some cells of the next; noise is that of one cell, in its share."""
    found = []
    plan = _plan.plan(CAMPAIGN)
    per_block = len(plan) // CAMPAIGN["blocks"]
    for cell in plan[: blocks * per_block + (cells or 0)]:
        speed = (effect if cell["datapath"] == "vhost" else 1) * (1 + noise * math.sin(cell["position"] * 37))
        for run in cell["runs"]:
            figures = {} if run["workload"]["tool"] == "strace" else {"gbps": speed, "cpu_ns_per_byte": 8 / speed}
            document = make_run(run["workload"]["name"], cell["datapath"], cell["block"], **figures)
            document["factor"]["arm"] = cell["arm"]
            found.append({**document, "run_id": run["run_id"]})
    return found


@pytest.mark.parametrize(
    ("blocks", "cells", "stops"),
    [(6, 0, False), (8, 0, False), (9, 2, False), (10, 0, True), (10, 1, True), (11, 0, False), (12, 0, True),
     (14, 0, False)],
)  # fmt: skip
def test_only_after_a_pair_of_blocks_from_the_tenth_on_and_not_at_the_end(blocks, cells, stops):
    found = _stop.stop(CAMPAIGN, measured(blocks, cells=cells))
    assert (found is not None) is stops
    if found:
        assert (found["blocks"], found["of"], found["stop_at_width"]) == (blocks, 14, 0.05)
        assert {row["metric"] for row in found["widths"]} == {"gbps", "cpu_ns_per_byte"}
        assert all(0 < row["width"] <= 0.05 for row in found["widths"])


@pytest.mark.parametrize("effect", [0.5, 1.0, 1.3])
def test_where_the_intervals_lie_plays_no_part(effect):
    assert _stop.stop(CAMPAIGN, measured(10, noise=0.01, effect=effect))
    assert _stop.stop(CAMPAIGN, measured(10, noise=0.1, effect=effect)) is None


def test_a_campaign_that_declared_no_width_never_stops():
    assert _stop.stop({**CAMPAIGN, "stop_at_width": None}, measured(10)) is None


def mistoggled(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    wrong = {"valid": False, "invalid_reasons": ["before the run: the effective datapath is qemu"]}
    return [{**run, **(wrong if run["run_id"] == "b03-vhost-tcp_stream_to_guest" else {})} for run in runs]


@pytest.mark.parametrize("fault", ["invalid", "no figure", "workload"])
def test_what_has_no_interval_of_ten_blocks_holds_the_stop_back(fault):
    runs, campaign = measured(10), CAMPAIGN
    if fault == "invalid":
        runs = mistoggled(runs)
    elif fault == "no figure":
        runs = copy.deepcopy(runs)
        for run in runs:
            run["summary"]["cpu_ns_per_byte"] = None
    else:
        campaign = {**CAMPAIGN, "workloads": [*CAMPAIGN["workloads"], {"name": "ping", "tool": "hping3"}]}
        assert _stop.finished_blocks(campaign, {run["run_id"] for run in runs}) == 0
    assert _stop.stop(campaign, runs) is None


def test_an_invalid_run_costs_one_more_pair_of_blocks():
    assert _stop.stop(CAMPAIGN, mistoggled(measured(12)))["blocks"] == 12


SIZED = {key: value for key, value in CAMPAIGN.items() if key != "stop_at_width"} | {"sees": 1.05}


def test_a_campaign_ends_once_its_a_a_arm_shows_that_it_sees_enough():
    # Two comparisons, ten blocks: t(9, 1 − 0.05/4) = 2.685 and t(9, 0.8) = 0.883. ln 1.05 = 0.04879, so the A/A
    # contrast may scatter 0.04879 · √10 · 2 / √3 / 3.568 = 0.04993.
    for noise, ends in ((0.03, True), (0.2, False)):
        found = _stop.stop(SIZED, measured(10, noise=noise))
        runs = compare(measured(10, noise=noise))["workloads"][0]["figures"]
        logs = [math.log(row["ratio"]) for row in runs[0]["aa"]["per_block"]]
        assert (statistics.stdev(logs) < 0.04993) is ends
        assert (found is not None) is ends
        if found:
            assert (found["blocks"], found["sees"], found["comparisons"]) == (10, 1.05, 2)
            assert [row["metric"] for row in found["scatters"]] == ["gbps", "cpu_ns_per_byte"]
            assert found["scatters"][0]["scatter"] == pytest.approx(statistics.stdev(logs))


def test_with_a_third_variant_there_are_more_comparisons_and_the_same_a_a_arm():
    three = {**SIZED, "datapaths": ["qemu", "vhost", {"name": "packed", "datapath": "vhost"}]}
    runs = measured(10)
    third = copy.deepcopy([run for run in runs if run["factor"]["datapath"] == "vhost"])
    for run in third:
        run["run_id"] = run["run_id"].replace("-vhost", "-packed")
        run["factor"]["variant"] = "packed"
    two, found = _stop.stop(SIZED, runs), _stop.stop(three, [*runs, *third])
    assert (two["comparisons"], found["comparisons"]) == (2, 4)
    assert found["scatters"] == two["scatters"]


@pytest.mark.parametrize("effect", [0.5, 1.0, 1.3])
def test_a_sized_campaign_is_blind_to_the_effect(effect):
    assert _stop.stop(SIZED, measured(10, noise=0.03, effect=effect)) == _stop.stop(SIZED, measured(10, noise=0.03))
    assert _stop.stop(SIZED, measured(10, noise=0.2, effect=effect)) is None


@pytest.mark.parametrize("blocks", [6, 8, 9, 11, 14])
def test_a_sized_campaign_is_looked_at_when_the_other_is(blocks):
    assert _stop.stop(SIZED, measured(blocks)) is None


def test_what_has_no_a_a_arm_of_ten_blocks_holds_the_size_back():
    runs = copy.deepcopy(measured(10))
    for run in runs:
        if run["run_id"] == "b03-qemu-aa-tcp_stream_to_guest":
            run["valid"] = False
    assert _stop.stop(SIZED, runs) is None


def test_what_sized_a_campaign_is_kept_and_said(tmp_path):
    found = _stop.stop(SIZED, measured(10))
    (tmp_path / "stopped.json").write_text(json.dumps(found), encoding="utf-8")
    assert _stop.kept(tmp_path) == found
    assert campaign_plan(SIZED, str(tmp_path)) == []
    sentence = (
        "Stopped early, after 10 of 14 blocks, by the rule declared before the first: by what the A/A arm scatters"
    )
    assert sentence in _markdown.render(compare(measured(10), stopped=found))


def test_the_filters_agree_with_what_was_kept(tmp_path):
    assert campaign_stop(CAMPAIGN, str(tmp_path)) == {}
    store(measured(10), tmp_path)
    found = campaign_stop(CAMPAIGN, str(tmp_path))
    assert found == _stop.stop(CAMPAIGN, measured(10))
    assert len(campaign_plan(CAMPAIGN, str(tmp_path))) == 4 * 3
    (tmp_path / "stopped.json").write_text(json.dumps(found), encoding="utf-8")
    assert campaign_plan(CAMPAIGN, str(tmp_path)) == []


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": "else"}'])
def test_a_damaged_record_of_the_stop_is_said(tmp_path, text):
    (tmp_path / "stopped.json").write_text(text, encoding="utf-8")
    with pytest.raises(LabError, match=r"stopped\.json .*remove it"):
        _stop.kept(tmp_path)
    with pytest.raises(AnsibleFilterError, match="remove it"):
        campaign_plan(CAMPAIGN, str(tmp_path))


def test_a_campaign_without_a_plan_is_refused(tmp_path):
    with pytest.raises(AnsibleFilterError, match="there is nothing to measure"):
        campaign_stop({**CAMPAIGN, "blocks": 0}, str(tmp_path))


def test_the_report_says_that_and_why():
    found = _stop.stop(CAMPAIGN, measured(10))
    whole = compare(measured(10))
    assert whole["stopped"] is None
    stopped = compare(measured(10), stopped=found)
    assert stopped["stopped"] == found
    sentence = "Stopped early, after 10 of 14 blocks, by the rule declared before the first: every 95 % interval"
    assert sentence in _markdown.render(stopped)
    assert sentence in " ".join(_terminal.render(stopped))
    assert "Stopped" not in _markdown.render(whole) + " ".join(_terminal.render(whole))
