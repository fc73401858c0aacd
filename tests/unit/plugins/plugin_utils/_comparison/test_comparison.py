# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._comparison import compare
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._run_document import validate

from ..conftest import make_campaign, make_run, spoil


def figure(comparison: dict[str, Any], workload: str, metric: str) -> dict[str, Any]:
    found = next(entry for entry in comparison["workloads"] if entry["name"] == workload)
    return next(entry for entry in found["figures"] if entry["metric"] == metric)


def test_the_made_up_campaign_is_a_campaign() -> None:
    for run in make_campaign():
        validate(run)


def test_a_block_is_compared_with_itself() -> None:
    # vhost is twice as fast in both blocks, though the machine was ten times slower in the second.
    runs = [
        make_run("tcp_stream_to_guest", "qemu", 1, gbps=10.0),
        make_run("tcp_stream_to_guest", "vhost", 1, gbps=20.0),
        make_run("tcp_stream_to_guest", "vhost", 2, gbps=2.0),
        make_run("tcp_stream_to_guest", "qemu", 2, gbps=1.0),
    ]
    found = figure(compare(runs), "tcp_stream_to_guest", "gbps")
    assert found["ratio"]["ratio"] == pytest.approx(2.0)
    assert found["arms"]["qemu"]["median"] == pytest.approx(5.5)
    assert found["verdict"]["word"] == "none"
    assert found["verdict"]["text"] == "no verdict: 2 of 6 blocks"


def test_the_order_of_the_documents_does_not_matter(campaign: list[dict[str, Any]]) -> None:
    shuffled = list(campaign)
    random.Random(1).shuffle(shuffled)
    assert compare(shuffled) == compare(campaign)


def test_from_six_blocks_on_there_is_a_verdict(long_campaign: list[dict[str, Any]]) -> None:
    comparison = compare(long_campaign)
    assert figure(comparison, "tcp_stream_to_guest", "gbps")["verdict"]["word"] == "faster"
    assert figure(comparison, "tcp_stream_to_guest", "cpu_ns_per_byte")["verdict"]["word"] == "cheaper"
    assert figure(comparison, "tcp_rr", "latency_us.mean")["verdict"]["word"] == "faster"
    assert figure(comparison, "tcp_rr", "cpu_us_per_txn")["verdict"]["word"] == "equivalent"


def test_an_invalid_run_is_listed_and_enters_no_figure(campaign: list[dict[str, Any]]) -> None:
    without = compare(campaign)
    with_bad = compare([*campaign, spoil(campaign[0], "asked for vhost, effective is qemu")])
    assert with_bad["invalid"][0]["reasons"] == ["asked for vhost, effective is qemu"]
    assert with_bad["runs"] == {"total": 17, "valid": 16, "invalid": 1}
    for part in ("workloads", "syscalls", "timelines"):
        assert with_bad[part] == without[part]
    assert "987654" not in json.dumps(with_bad)
    assert len(with_bad["witnesses"]) == 17  # what was wrong with it can still be looked at


def test_a_lost_attempt_is_listed_with_its_run(campaign: list[dict[str, Any]]) -> None:
    first, *others = campaign
    attempt = {"at": "2026-01-02T03:04:05.000Z", "why": "guest a was reset during the run"}
    compared = compare([{**first, "lost": [attempt]}, *others])
    assert [(lost["run_id"], lost["why"]) for lost in compared["lost"]] == [(first["run_id"], attempt["why"])]
    assert compared["workloads"] == compare(campaign)["workloads"]


def test_hping3_enters_no_figure(campaign: list[dict[str, Any]]) -> None:
    pings = [make_run("ping", datapath, 1, pps=10.0) for datapath in ("qemu", "vhost")]
    for run in pings:
        run["workload"]["tool"] = "hping3"
    assert compare([*campaign, *pings])["workloads"] == compare(campaign)["workloads"]


def test_a_perturbing_run_enters_no_figure() -> None:
    slow = make_run("tcp_stream_to_guest", "vhost", 1, gbps=0.001)
    slow["instrumentation"]["perturbing"] = True
    comparison = compare([slow, make_run("tcp_stream_to_guest", "qemu", 1, gbps=1.0)])
    found = figure(comparison, "tcp_stream_to_guest", "gbps")
    assert found["arms"]["vhost"]["values"] == []
    assert found["arms"]["vhost"]["missing"] == "no valid run of this workload on vhost"


def test_null_keeps_its_reason_and_is_never_zero() -> None:
    runs = [make_run("tcp_rr", "vhost", 1, tps=100.0), make_run("tcp_rr", "qemu", 1, tps=100.0)]
    found = figure(compare(runs), "tcp_rr", "latency_us.p99")
    assert found["arms"]["vhost"] == {"values": [], "median": None, "missing": "latency_us is not measured here"}
    assert found["ratio"]["ratio"] is None
    assert found["ratio"]["missing"] == "no block holds both sides"


def test_nothing_on_one_side_is_no_ratio(campaign: list[dict[str, Any]]) -> None:
    found = figure(compare(campaign), "tcp_stream_to_guest", "cpu_s.vhost")
    assert found["arms"]["qemu"]["median"] == 0
    assert found["ratio"]["ratio"] is None
    assert found["ratio"]["missing"] == "one side is 0, so there is no ratio"


def test_cpu_is_counted_whole(campaign: list[dict[str, Any]]) -> None:
    # vhost: vcpu 3.1 and 3.2, main 0.02, worker 1.5: 4.62 and 4.72, in the middle 4.67.
    assert figure(compare(campaign), "tcp_stream_to_guest", "cpu_s.total")["arms"]["vhost"]["median"] == pytest.approx(
        4.67
    )


def test_percentiles_are_never_averaged(campaign: list[dict[str, Any]]) -> None:
    found = figure(compare(campaign), "tcp_rr", "latency_us.p99")["arms"]["vhost"]
    assert [entry["value"] for entry in found["values"]] == [2400.0, 2700.0]
    assert found["median"] == 2700.0


def test_witness_counts_the_worker_s_time_between_first_and_last_look(campaign: list[dict[str, Any]]) -> None:
    rows = {(row["asked"], row["workload"], row["block"]): row for row in compare(campaign)["witnesses"]}
    vhost, qemu = (rows[datapath, "tcp_rr", 1] for datapath in ("vhost", "qemu"))
    # 0.5 s a second from second 0 to second 6
    assert (vhost["cpu_ms"]["vhost"], qemu["cpu_ms"]["main"]) == (3000.0, 3000.0)
    assert (vhost["cpu_ms"]["main"], qemu["cpu_ms"]["vhost"]) == (0.0, 0.0)
    assert (vhost["workers"], qemu["workers"]) == (["vhost-100"], [])
    assert (vhost["fds"]["vhost_net"], qemu["fds"]["vhost_net"]) == (1, 0)


def test_a_datapath_that_changed_under_the_run_disagrees(campaign: list[dict[str, Any]]) -> None:
    campaign[0]["witness"]["middle"]["effective"] = "qemu"
    row = next(row for row in compare(campaign)["witnesses"] if row["run_id"] == campaign[0]["run_id"])
    assert row["agree"] is False
    assert row["disagreements"] == ["middle: asked for vhost, effective is qemu"]


def test_syscalls_side_by_side(campaign: list[dict[str, Any]]) -> None:
    strace, perf = compare(campaign)["syscalls"]
    assert (strace["source"], strace["perturbing"]) == ("strace", True)
    assert (perf["source"], perf["perturbing"]) == ("perf", False)
    assert {"name": "writev", "qemu": 514, "vhost": 0} in strace["by_name"]
    assert perf["main_loop"] == {"qemu": 1846, "vhost": 569}  # 1332 + 514, 569 + 0
    assert strace["main_loop"] == {"qemu": None, "vhost": None}
    assert {"name": "KVM_RUN", "qemu": 2500, "vhost": 2500} in perf["ioctls"]


def test_manifest_differences_name_the_runs(campaign: list[dict[str, Any]]) -> None:
    campaign[0]["manifest"]["governor"] = "powersave"
    (difference,) = compare(campaign)["manifest"]["differences"]
    assert difference["path"] == "governor"
    runs = {entry["value"]: entry["runs"] for entry in difference["values"]}
    assert runs["powersave"] == [campaign[0]["run_id"]]
    assert len(runs[""]) == 15


def test_a_tool_that_a_run_did_not_use_is_no_difference(campaign: list[dict[str, Any]]) -> None:
    del campaign[0]["manifest"]["tools"]["iperf3"]
    manifest = compare(campaign)["manifest"]
    assert manifest["differences"] == []
    assert manifest["common"]["tools.iperf3"] == "3.18"


def test_campaigns_are_not_mixed(campaign: list[dict[str, Any]]) -> None:
    campaign[0]["campaign_id"] = "another"
    with pytest.raises(LabError, match=r"2 campaigns \(another, made-up\)"):
        compare(campaign)


def test_no_run_is_no_comparison() -> None:
    with pytest.raises(LabError, match="no run"):
        compare([])
