# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The A/A arm, the correction for many comparisons and the flags, from run documents to every form of the report."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import Any

import pytest
from lxml import html

from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._latency_histogram import histogram_of
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._comparison import compare
from ansible_collections.virtio.lab.plugins.plugin_utils._report import _csv, _html, _markdown, _terminal
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._run_document import validate

from ..conftest import make_run

STREAM = "tcp_stream_to_guest"
SCATTER = (0.0, 0.012, -0.009, 0.004, -0.013, 0.006, 0.010, -0.010)


def run_of(datapath: str, block: int, gbps: float, arm: str = "a") -> dict[str, Any]:
    run = make_run(STREAM, datapath, block, gbps=gbps, cpu_ns_per_byte=5 / gbps)
    run["factor"]["arm"] = arm
    run["run_id"] += "-aa" if arm == "aa" else ""
    return run


def campaign(effect: float, itself: float = 1.0, drift: float = 0.0, baseline: str = "qemu") -> list[dict[str, Any]]:
    """Eight blocks: the candidate is ``effect`` times as fast, the A/A arm ``itself`` times; drift is by block."""
    candidate = "vhost" if baseline == "qemu" else "qemu"
    runs = []
    for block, scatter in enumerate(SCATTER, 1):
        speed = 10 * (1 + drift * block)
        runs += [
            run_of(baseline, block, speed * (1 + scatter / 5)),
            run_of(candidate, block, speed * effect * (1 + scatter)),
            run_of(baseline, block, speed * itself * (1 - scatter), "aa"),
        ]
    return runs


def gbps(comparison: dict[str, Any]) -> dict[str, Any]:
    (workload,) = comparison["workloads"]
    return next(figure for figure in workload["figures"] if figure["metric"] == "gbps")


def test_the_made_up_runs_are_run_documents() -> None:
    for run in campaign(1.2):
        validate(run)


def test_the_arm_stands_beside_the_ratio_and_halves_what_it_is_divided_by() -> None:
    found = gbps(compare(campaign(1.2, itself=1.004)))
    assert found["ratio"]["ratio"] == pytest.approx(1.2 / math.sqrt(1.004), rel=0.01)
    assert found["aa"]["ratio"] == pytest.approx(1.004, rel=0.001)
    assert found["aa"]["variant"] == "qemu"
    assert len(found["arms"]["qemu"]["values"]) == 8
    assert [row["block"] for row in found["ratio"]["per_block"]] == list(range(1, 9))
    first = found["ratio"]["per_block"][0]
    assert first["ratio"] == pytest.approx(first["candidate"] / first["baseline"])
    cells = [found["arms"]["qemu"]["values"][0]["value"], found["aa"]["values"][0]["value"]]
    assert first["baseline"] == pytest.approx(math.sqrt(cells[0] * cells[1]))
    assert found["verdict"]["word"] == "faster"
    bounds = found["ratio"]["bootstrap"]
    assert found["ratio"]["low"] < bounds["high"]
    assert bounds["low"] < found["ratio"]["high"]


def test_what_is_measured_against_itself_is_the_baseline() -> None:
    comparison = compare(campaign(0.8, baseline="vhost"))
    assert (comparison["baseline"], comparison["candidates"]) == ("vhost", ["qemu"])
    assert gbps(comparison)["ratio"]["ratio"] == pytest.approx(0.8, rel=0.01)
    assert gbps(comparison)["verdict"]["word"] == "slower"
    assert "qemu ÷ vhost" in html.fromstring(_html.render(comparison)).text_content()
    assert _markdown.render(comparison).startswith("# qemu beside vhost")


@pytest.mark.parametrize(
    ("runs", "claim", "said"),
    [
        (campaign(1.2, itself=1.1), "faster", "where there is no difference"),
        (campaign(0.9, itself=0.9), "slower", "where there is no difference"),
    ],
)
def test_a_claim_is_refused_in_every_form(runs: list[dict[str, Any]], claim: str, said: str) -> None:
    comparison = compare(runs)
    verdict = gbps(comparison)["verdict"]
    forms = [
        html.fromstring(_html.render(comparison)).text_content(),
        _markdown.render(comparison).replace("\\", ""),
        " ".join(" ".join(_terminal.render(comparison)).split()),
        _csv.render(comparison),
    ]
    assert (verdict["word"], verdict["claim"], verdict["refused"]) == ("inconclusive", claim, True)
    for form in forms:
        assert f"inconclusive ({claim} refused)" in form
        assert said in form


def test_fewer_a_a_runs_never_turn_a_refusal_into_a_claim() -> None:
    # M8: what an A/A arm forbade must not come true by taking the arm away, whole or in part.
    runs = campaign(1.2, itself=1.1)
    for left in range(8, -1, -1):
        kept = [run for run in runs if run["factor"]["arm"] == "a" or run["block"] <= left]
        verdict = gbps(compare(kept, planned=["qemu", "vhost"]))["verdict"]
        assert (verdict["word"], verdict["claim"], verdict["refused"]) == ("inconclusive", "faster", True), left
        if left < 6:
            lacks = f"A/A in {left} of 6 blocks" if left else "no A/A"
            assert verdict["text"] == f"inconclusive: {lacks}"


def test_an_a_a_arm_of_another_workload_does_not_stand_in() -> None:
    runs = campaign(1.2)
    other = json.loads(json.dumps(runs))
    for run in other:
        run["workload"]["name"] = "other"
        run["run_id"] += "-other"
    bare = [run for run in other if run["factor"]["arm"] == "a"]
    named = {load["name"]: load["figures"][0] for load in compare([*runs, *bare])["workloads"]}
    assert named[STREAM]["verdict"]["word"] == "faster"
    assert named["other"]["verdict"]["text"] == "inconclusive: no A/A"


def test_one_figure_that_is_off_makes_the_whole_campaign_unfit() -> None:
    runs = campaign(1.2)
    for run in runs:
        if run["factor"]["arm"] == "aa":
            run["summary"]["cpu_ns_per_byte"] *= 1.3
    comparison = compare(runs)
    assert gbps(comparison)["verdict"]["text"] == "inconclusive (faster refused)"
    (said,) = comparison["aa"]["unfit"]
    assert "in tcp_stream_to_guest, CPU per byte, where there is no difference" in said
    for form in (_html.render(comparison), _markdown.render(comparison).replace("\\", ""),
                 " ".join(_terminal.render(comparison))):  # fmt: skip
        assert "Nothing is claimed here: the A/A arm finds 1.3" in form


def test_a_campaign_without_the_arm_says_so_in_every_form() -> None:
    comparison = compare([run for run in campaign(1.2) if run["factor"]["arm"] == "a"])
    assert gbps(comparison)["verdict"]["word"] == "inconclusive"
    assert gbps(comparison)["verdict"]["claim"] == "faster"
    assert gbps(comparison)["aa"]["missing"] == "no valid run of this workload on qemu again"
    forms = (_markdown.render(comparison), _csv.render(comparison), "\n".join(_terminal.render(comparison)),
             html.fromstring(_html.render(comparison)).text_content())  # fmt: skip
    assert all("inconclusive: no A/A" in form for form in forms)
    assert "has no A/A arm" in comparison["aa"]["missing"]
    assert any("has no A/A arm" in line for line in _terminal.render(comparison))
    assert "has no A/A arm" in _markdown.render(comparison)
    assert "has no A/A arm" in html.fromstring(_html.render(comparison)).text_content()
    assert "refused: no A/A, so how large a difference of nothing looks is not known" in _csv.render(comparison)


def test_an_arm_whose_runs_are_all_invalid_is_said_to_be() -> None:
    runs = campaign(1.2)
    for run in runs:
        if run["factor"]["arm"] == "aa":
            run["valid"] = False
            run["invalid_reasons"] = ["asked for qemu, effective is vhost"]
    assert compare(runs)["aa"] == {
        "variant": "qemu", "runs": 8, "valid": 0, "missing": "none of the 8 runs of the A/A arm is valid",
        "unfit": [],
    }  # fmt: skip


def test_the_correction_counts_every_figure_that_may_end_in_a_verdict() -> None:
    comparison = compare(campaign(1.2))
    figures = comparison["workloads"][0]["figures"]
    judged = [figure for figure in figures if figure["verdict"]["word"] not in ("none", "detail")]
    assert comparison["rules"]["family"] == len(judged) == 2
    for figure in judged:
        assert figure["ratio"]["p"] <= figure["verdict"]["p_holm"] <= min(1, len(judged) * figure["ratio"]["p"])


def test_drift_is_flagged_for_the_arm_that_drifts_and_leaves_the_ratio_alone() -> None:
    comparison = compare(campaign(1.2, drift=0.02))
    found = gbps(comparison)
    assert {(flag["kind"], flag["of"]) for flag in found["flags"]} == {("drift", "qemu"), ("drift", "vhost")}
    assert found["verdict"]["word"] == "faster"
    for form in (_markdown.render(comparison), " ".join(_terminal.render(comparison)), _csv.render(comparison)):
        assert "drifts by +" in form


def test_two_groups_are_flagged() -> None:
    runs = campaign(1.2)
    for run in runs:
        if run["factor"]["datapath"] == "vhost" and run["block"] in (2, 3, 5, 8):
            run["summary"]["gbps"] *= 1.5
    kinds = {(flag["kind"], flag["of"]) for flag in gbps(compare(runs))["flags"]}
    assert {("groups", "vhost"), ("groups", "ratio")} <= kinds


def test_histograms_are_merged_and_percentiles_alone_are_not() -> None:
    runs = [make_run("tcp_rr", datapath, block, tps=100.0) for datapath in ("qemu", "vhost") for block in (1, 2)]
    for run in runs:
        if run["factor"]["datapath"] == "vhost":
            run["latency_histogram"] = {"bounds_us": [0, 10, 100], "counts": [40, 60 * run["block"]]}
            validate(run)
    comparison = compare(runs)
    latency = comparison["workloads"][0]["latency"]
    assert latency["vhost"]["histogram"] == {"bounds_us": [0, 10, 100], "counts": [80, 180]}
    assert latency["vhost"]["percentiles"]["p50"] == pytest.approx(10 + 90 * (130 - 80) / 180)
    assert latency["qemu"]["histogram"] is None
    assert "netperf gave percentiles and no histogram in 2 of 2 runs" in latency["qemu"]["missing"]
    assert "Latency of all 2 runs on vhost together" in _markdown.render(comparison)
    runs[2]["latency_histogram"]["bounds_us"] = [0, 20, 100]
    assert compare(runs)["workloads"][0]["latency"]["vhost"]["missing"] == "the histograms have different buckets"


def test_single_packets_are_merged_but_enter_no_figure() -> None:
    runs = [make_run("ping", datapath, block) for datapath in ("qemu", "vhost") for block in (1, 2)]
    for run in runs:
        run["workload"] |= {"tool": "hping3", "direction": "round_trip", "proto": "icmp"}
        times = [300.0] * 5 + [700.0] * (15 if run["factor"]["datapath"] == "qemu" else 5)
        run["latency_histogram"] = histogram_of(times)
        validate(run)
    comparison = compare([*runs, make_run("tcp_rr", "qemu", 1, tps=100.0)])
    assert [workload["name"] for workload in comparison["workloads"]] == ["tcp_rr"]
    (ping,) = comparison["for_teaching"]
    found = {name: arm["histogram"] for name, arm in ping["latency"].items()}
    assert {name: sum(histogram["counts"]) for name, histogram in found.items()} == {"qemu": 40, "vhost": 20}
    assert 630 < ping["latency"]["qemu"]["percentiles"]["p50"] < 710
    assert ping["latency"]["vhost"]["percentiles"]["p99"] is None
    said = _markdown.render(comparison)
    assert "## Single packets: ping" in said
    assert "Latency of all 2 runs on qemu together, µs: p50 6" in said


def test_the_document_is_json_and_the_same_again() -> None:
    runs = campaign(1.2)
    assert json.loads(json.dumps(compare(runs), allow_nan=False)) == compare(runs)
    rows = list(csv.DictReader(io.StringIO(_csv.render(compare(runs)))))
    assert float(rows[0]["aa_low"]) < 1 < float(rows[0]["aa_high"])
