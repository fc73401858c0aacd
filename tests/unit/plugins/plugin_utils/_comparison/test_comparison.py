# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import io
import json
import math
import random
from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._comparison import compare
from ansible_collections.virtio.lab.plugins.plugin_utils._report import _csv, _html, _markdown, _terminal
from ansible_collections.virtio.lab.plugins.plugin_utils._report._words import _format
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._run_document import validate

from ..conftest import make_campaign, make_run, measured_twice, spoil


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
    comparison = compare(measured_twice(long_campaign))
    assert figure(comparison, "tcp_stream_to_guest", "gbps")["verdict"]["word"] == "faster"
    assert figure(comparison, "tcp_stream_to_guest", "cpu_ns_per_byte")["verdict"]["word"] == "cheaper"
    assert figure(comparison, "tcp_rr", "tps")["verdict"]["word"] == "faster"
    assert figure(comparison, "tcp_rr", "latency_us.p99")["verdict"]["word"] == "equivalent"
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
    assert found["arms"]["vhost"] == {
        "values": [],
        "level": None,
        "median": None,
        "missing": "latency_us is not measured here",
    }
    assert found["ratio"]["ratio"] is None
    assert found["ratio"]["missing"] == "no block holds both sides"


def test_nothing_on_one_side_is_no_ratio(campaign: list[dict[str, Any]]) -> None:
    found = figure(compare(campaign), "tcp_stream_to_guest", "cpu_s.vhost")
    assert found["arms"]["qemu"]["median"] == 0
    assert found["ratio"]["ratio"] is None
    assert found["ratio"]["missing"] == "one side is 0, so there is no ratio"


def test_a_block_of_0_is_named_and_the_others_count() -> None:
    runs = [run_of(datapath, block) for block in range(1, 8) for datapath in ("qemu", "vhost")]
    stalled = next(run for run in runs if (run["factor"]["datapath"], run["block"]) == ("vhost", 3))
    stalled["summary"]["gbps"] = 0.0
    comparison = compare(measured_twice(runs))
    found = figure(comparison, "tcp_stream_to_guest", "gbps")
    assert (found["ratio"]["blocks"], found["ratio"]["left_out"], found["ratio"]["missing"]) == (6, [3], None)
    assert found["ratio"]["ratio"] == pytest.approx(1.2)
    assert found["verdict"]["word"] == "faster"
    said = "vhost was 0 in block 3, which has no ratio: the other blocks count"
    assert {"kind": "zero", "of": "vhost", "text": said} in found["flags"]
    for form in (_markdown.render(comparison), " ".join(_terminal.render(comparison)), _csv.render(comparison)):
        assert said in " ".join(form.split())
    assert [row["ratio"] is None for row in found["ratio"]["per_block"]] == [block == 3 for block in range(1, 8)]


def run_of(datapath: str, block: int) -> dict[str, Any]:
    """Of a machine that is faster in each block, and a candidate that is 1.2 times as fast."""
    speed = (1.2 if datapath == "vhost" else 1.0) * (1 + block / 20) * (1 + (block % 3) / 1000)
    return make_run("tcp_stream_to_guest", datapath, block, gbps=speed, cpu_ns_per_byte=1 / speed)


def test_the_ratio_is_the_quotient_of_what_stands_beside_it() -> None:
    # M13: blocks of unlike speeds, whose medians have another quotient than their ratios have a mean.
    runs = [
        make_run("tcp_stream_to_guest", datapath, block, gbps=speed)
        for block, pair in enumerate([(0.377, 0.5), (0.1, 0.145), (0.9, 2.9)], 1)
        for datapath, speed in zip(("qemu", "vhost"), pair, strict=True)
    ]
    runs.append(make_run("tcp_stream_to_guest", "vhost", 4, gbps=99.0))  # no block of the ratio
    for campaign in (runs, measured_twice(runs, factor=1.1)):
        comparison = compare(campaign)
        found = figure(comparison, "tcp_stream_to_guest", "gbps")
        qemu, vhost = (found["arms"][name]["level"] for name in ("qemu", "vhost"))
        assert found["ratio"]["ratio"] == pytest.approx(vhost / qemu)
        for form in (_markdown.render(comparison), " ".join(_terminal.render(comparison)), _html.render(comparison)):
            assert _format.number(qemu) in form
            assert _format.number(vhost) in form
        row = next(csv.DictReader(io.StringIO(_csv.render(comparison))))
        assert float(row["ratio"]) == pytest.approx(float(row["candidate_mean"]) / float(row["baseline_mean"]))


def test_both_cells_of_the_baseline_count() -> None:
    # Block by block 1.2 ÷ √(1.0 · 1.1).
    found = figure(compare(measured_twice([run_of(name, 1) for name in ("qemu", "vhost")], 1.1)),
                   "tcp_stream_to_guest", "gbps")  # fmt: skip
    assert found["ratio"]["ratio"] == pytest.approx(1.2 / math.sqrt(1.1))
    assert found["aa"]["ratio"] == pytest.approx(1.1)


@pytest.mark.parametrize(
    ("planned", "aa", "expected"),
    [
        (["vhost", "qemu"], None, ["vhost", "qemu"]),
        (["qemu", "vhost"], None, ["qemu", "vhost"]),
        ([], None, ["qemu", "vhost"]),
        ([], "vhost", ["vhost", "qemu"]),
        (["qemu", "vhost"], "vhost", ["qemu", "vhost"]),
        (["vhost", "macvtap", "qemu"], None, ["vhost", "macvtap", "qemu"]),
    ],
)
def test_the_baseline_is_the_first_datapath_of_the_campaign(
    planned: list[str], aa: str | None, expected: list[str]
) -> None:
    runs = [run_of(name, 1) for name in ("qemu", "vhost")]
    if aa:
        runs.append({**run_of(aa, 1), "factor": {**runs[0]["factor"], "datapath": aa, "arm": "aa"}})
    comparison = compare(runs, planned=planned)
    assert [comparison["baseline"], *comparison["candidates"]] == expected
    assert f"{expected[1] if len(expected) < 3 else 'variant'} ÷ {expected[0]}" in _markdown.render(comparison)


@pytest.mark.parametrize("name", ["qemu", "vhost"])
def test_one_datapath_alone_is_divided_by_nothing(name: str) -> None:
    runs = [run for run in make_campaign() if run["factor"]["datapath"] == name]
    comparison = compare(runs)
    assert (comparison["baseline"], comparison["candidates"]) == (name, [])
    found = figure(comparison, "tcp_stream_to_guest", "gbps")
    assert found["arms"][name]["level"] == pytest.approx(math.sqrt(1.05 * 1.1) * (1.2 if name == "vhost" else 1))
    assert found["ratio"]["missing"] == f"{name} is the only variant of the campaign"
    other = "vhost" if name == "qemu" else "qemu"
    for form in (_markdown.render(comparison), "\n".join(_terminal.render(comparison)), _html.render(comparison)):
        assert "÷" not in form
        assert f"{other} beside" not in form
    rows = list(csv.DictReader(io.StringIO(_csv.render(comparison))))
    assert {(row["baseline"], row["candidate"], row["candidate_runs"]) for row in rows} == {(name, "", "0")}


def test_a_third_variant_is_compared_with_the_baseline_too() -> None:
    comparison = compare([run_of(name, 1) for name in ("qemu", "vhost", "macvtap")], planned=["qemu", "vhost"])
    assert comparison["candidates"] == ["vhost", "macvtap"]
    rows = [row for row in comparison["workloads"][0]["figures"] if row["metric"] == "gbps"]
    assert [(row["baseline"], row["candidate"]) for row in rows] == [("qemu", "vhost"), ("qemu", "macvtap")]
    for form in (_markdown.render(comparison), " ".join(_terminal.render(comparison)), _html.render(comparison)):
        assert "macvtap" in form


def test_only_headline_figures_are_judged(long_campaign: list[dict[str, Any]]) -> None:
    comparison = compare(measured_twice(long_campaign))
    judged = {
        (load["name"], found["metric"])
        for load in comparison["workloads"]
        for found in load["figures"]
        if found["verdict"]["word"] != "detail"
    }
    # Not the CPU of a thread class, nor the mean latency, which is 1 / transactions.
    assert judged == {
        ("tcp_stream_to_guest", "gbps"), ("tcp_stream_to_guest", "cpu_ns_per_byte"),
        ("tcp_rr", "tps"), ("tcp_rr", "latency_us.p99"), ("tcp_rr", "cpu_us_per_txn"),
    }  # fmt: skip
    assert comparison["rules"]["family"] == 5
    detail = figure(comparison, "tcp_rr", "latency_us.mean")
    assert detail["ratio"]["ratio"] == pytest.approx(1 / 1.2)
    assert (detail["verdict"]["text"], detail["verdict"]["p_holm"]) == ("detail", None)


def test_of_datagrams_their_number_is_the_headline_and_not_the_same_in_bits() -> None:
    runs = [make_run("udp", name, 1, gbps=1.0) for name in ("qemu", "vhost")]
    for run in runs:
        run["summary"]["datagrams_per_second"] = 2e6
    (load,) = compare(runs)["workloads"]
    assert [found["metric"] for found in load["figures"] if found["headline"]] == [
        "datagrams_per_second", "cpu_ns_per_byte",
    ]  # fmt: skip


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


@pytest.mark.parametrize(
    ("name", "backend"), [("e1000", "qemu"), ("user", "unknown"), ("macvtap_bridge_vhost", "vhost")]
)
def test_a_witness_is_of_the_datapath_and_not_of_its_backend_alone(
    campaign: list[dict[str, Any]], name: str, backend: str
) -> None:
    campaign[0]["factor"]["datapath"] = name
    for moment in ("before", "middle", "after"):
        campaign[0]["witness"][moment].update({"effective": backend, "datapath": name})
    row = next(row for row in compare(campaign)["witnesses"] if row["run_id"] == campaign[0]["run_id"])
    assert (row["agree"], row["disagreements"]) == (True, [])
    assert set(row["effective"].values()) == {name}


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


@pytest.mark.parametrize("which", ["qemu", "vhost"])
def test_no_claim_of_cpu_is_made_where_one_polls(long_campaign: list[dict[str, Any]], which: str) -> None:
    runs = measured_twice(long_campaign)
    for run in runs:
        if run["factor"]["datapath"] == which:
            run["factor"].update(datapath="vhost_user_testpmd", variant="polled", attachment=None, backend=None)
    comparison = compare(runs)
    for workload, metric in (("tcp_stream_to_guest", "cpu_ns_per_byte"), ("tcp_rr", "cpu_us_per_txn")):
        verdict = figure(comparison, workload, metric)["verdict"]
        assert (verdict["word"], verdict["text"]) == ("inconclusive", "inconclusive: a poller")
        assert verdict["reasons"][0] == "refused: polled polls, so a core of it is busy whether packets come or not"
    # How fast it is may well be said.
    assert figure(comparison, "tcp_rr", "tps")["verdict"]["word"] in ("faster", "slower")
