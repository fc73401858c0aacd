# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two campaigns: what is compared, what is refused and why, what counts as worse."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from lxml import html

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._two_campaigns import compare_campaigns
from ansible_collections.virtio.lab.plugins.plugin_utils._report import _two_campaigns_page
from ansible_collections.virtio.lab.plugins.plugin_utils._report._two_campaigns_forms import markdown, terminal
from ansible_collections.virtio.lab.plugins.plugin_utils._report._words import _format
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._metrics import HEADLINES
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._run_document import validate

from .conftest import campaign, sample_runs, scaled

Runs = list[dict[str, Any]]


def figure(compared: dict[str, Any], workload: str, datapath: str, metric: str) -> dict[str, Any]:
    found = next(entry for entry in compared["workloads"] if entry["name"] == workload)
    return next(row for row in found["figures"] if (row["variant"], row["metric"]) == (datapath, metric))


def test_the_copies_are_run_documents(before: Runs) -> None:
    for run in before:
        validate(run)


def test_the_same_again_is_equivalent_and_no_regression(before: Runs) -> None:
    compared = compare_campaigns(before, campaign("after"))
    assert (compared["outcome"], compared["regressions"], compared["undecided"]) == ("none", [], [])
    assert compared["differences"] == []
    for metric in ("gbps", "cpu_ns_per_byte"):
        found = figure(compared, "tcp_stream", "vhost", metric)
        assert found["ratio"]["ratio"] == pytest.approx(1)
        assert found["ratio"]["blocks"] == 8
        assert found["verdict"]["word"] == "equivalent"
    assert "ioctls" not in [workload["name"] for workload in compared["workloads"]]


def test_what_became_slower_is_a_regression(before: Runs) -> None:
    compared = compare_campaigns(before, campaign("after", speed=0.8))
    found = figure(compared, "tcp_rr", "vhost", "tps")
    assert found["ratio"]["ratio"] == pytest.approx(0.8)
    assert found["verdict"]["word"] == "slower"
    assert figure(compared, "tcp_rr", "vhost", "cpu_us_per_txn")["verdict"]["word"] == "dearer"
    worse = {(entry["workload"], entry["variant"], entry["metric"]) for entry in compared["regressions"]}
    assert compared["outcome"] == "regression"
    assert {("tcp_rr", "vhost", "tps"), ("tcp_rr", "qemu", "latency_us.p99")} <= worse
    assert {metric for _workload, _datapath, metric in worse} <= {*HEADLINES["round_trip"], *HEADLINES["datagrams"],
                                                                  *HEADLINES["stream"]}  # fmt: skip
    assert "regression: tcp_rr on vhost, transactions: slower" in terminal(compared)
    assert "tcp\\_rr" not in markdown(compared)
    assert "**Regressions**: tcp_" in markdown(compared)


def test_a_workload_that_one_variant_lacks_is_undecided(before: Runs) -> None:
    after = [
        run for run in campaign("after") if (run["factor"]["datapath"], run["workload"]["name"]) != ("vhost", "tcp_rr")
    ]
    compared = compare_campaigns(before, after)
    assert compared["outcome"] == "undecided"
    lacking = {(entry["workload"], entry["variant"]) for entry in compared["undecided"]}
    assert lacking == {("tcp_rr", "vhost")}


def test_what_became_faster_is_none(before: Runs) -> None:
    compared = compare_campaigns(before, campaign("after", speed=1.3))
    assert figure(compared, "tcp_rr", "vhost", "tps")["verdict"]["word"] == "faster"
    assert figure(compared, "tcp_rr", "vhost", "latency_us.p99")["verdict"]["word"] == "faster"
    assert compared["regressions"] == []


def test_turned_round_the_ratio_turns_round(before: Runs) -> None:
    after = campaign("after", speed=1.1)
    there = figure(compare_campaigns(before, after), "tcp_rr", "qemu", "tps")["ratio"]
    back = figure(compare_campaigns(after, before), "tcp_rr", "qemu", "tps")["ratio"]
    assert (back["low"], back["high"]) == pytest.approx((1 / there["high"], 1 / there["low"]))


def without_itself(runs: Runs) -> Runs:
    return [run for run in runs if run["factor"]["arm"] == "a"]


def one_run_of_0(runs: Runs) -> Runs:
    found = copy.deepcopy(runs)
    for run in found:
        if run["run_id"] == "b03-vhost-tcp_rr":
            run["summary"]["tps"] = 0.0
    return found


def without_cpu(runs: Runs) -> Runs:
    found = copy.deepcopy(runs)
    for run in found:
        if run["workload"]["name"] == "tcp_rr":
            run["summary"]["cpu_us_per_txn"] = None
            run["missing"]["summary.cpu_us_per_txn"] = "the counter was torn"
    return found


def without_a_workload(runs: Runs) -> Runs:
    return [run for run in runs if run["workload"]["name"] != "tcp_rr"]


def without_a_datapath(runs: Runs) -> Runs:
    return [run for run in runs if run["factor"]["datapath"] == "qemu"]


def half(runs: Runs) -> Runs:
    return [run for run in runs if run["block"] <= 5]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (without_itself, "inconclusive: no A/A"),
        (one_run_of_0, "the candidate was 0 in block 3"),
        (without_cpu, "CPU per transaction"),
        (without_a_workload, "tcp_rr"),
        (without_a_datapath, "vhost"),
        (half, "no verdict: 5 of 6 blocks"),
    ],
)
def test_what_is_not_known_is_undecided_and_never_no_regression(
    before: Runs, change: Callable[[Runs], Runs], what: str
) -> None:
    compared = compare_campaigns(before, change(campaign("after")))
    assert (compared["outcome"], compared["regressions"]) == ("undecided", [])
    assert what in json.dumps(compared["undecided"], ensure_ascii=False)
    said = [line for line in terminal(compared) if line.startswith("undecided: ")]
    assert len(said) == len(compared["undecided"])
    assert terminal(compared)[-1] == "outcome: undecided"
    assert "**Outcome**: undecided." in markdown(compared)
    assert "Outcome: undecided." in html.fromstring(_two_campaigns_page.render(compared)).text_content()


def test_noise_that_may_hide_a_loss_is_undecided(before: Runs) -> None:
    noisy = campaign("after")
    for run in noisy:
        if run["workload"]["name"] == "tcp_rr":
            run["summary"]["tps"] *= 1 + 0.3 * math.sin(run["block"] * 37)
    compared = compare_campaigns(before, noisy)
    assert compared["outcome"] == "undecided"
    assert {entry["metric"] for entry in compared["undecided"]} == {"tps"}


def test_a_gain_beside_which_a_loss_is_ruled_out_is_decided(before: Runs) -> None:
    # The whole interval lies above 1/1.03, though it reaches beyond 1.03: inconclusive, and certainly no loss.
    after = campaign("after", speed=1.028)
    compared = compare_campaigns(before, after)
    found = figure(compared, "tcp_rr", "vhost", "tps")
    assert found["ratio"]["high"] > 1.03
    assert found["not_worse"] is True
    assert compared["outcome"] == "none"


def test_a_run_of_0_leaves_the_other_blocks_their_ratio(before: Runs) -> None:
    found = figure(compare_campaigns(before, one_run_of_0(campaign("after"))), "tcp_rr", "vhost", "tps")
    assert found["ratio"]["blocks"] == 7
    assert found["ratio"]["ratio"] == pytest.approx(1, rel=0.01)
    assert [flag["text"] for flag in found["flags"]] == [
        "the candidate was 0 in block 3, which has no ratio: the other blocks count"
    ]


@pytest.mark.parametrize(("loss", "outcome"), [((0.9, 0.9), "none"), ((0.1, 0.9), "undecided"), ((0.1, 0.1), "none")])
def test_where_most_was_lost_no_cost_is_judged(before: Runs, loss: tuple[float, float], outcome: str) -> None:
    sides = [copy.deepcopy(before), campaign("after")]
    for runs, share in zip(sides, loss, strict=True):
        for run in runs:
            if run["workload"]["name"] == "udp_small":
                run["summary"]["loss"] = share
    compared = compare_campaigns(*sides)
    cost = figure(compared, "udp_small", "vhost", "cpu_ns_per_byte")
    assert (cost["verdict"]["text"] == "not judged") is (max(loss) > 0.5)
    assert compared["outcome"] == outcome
    if outcome == "undecided":
        assert {(entry["metric"], entry["why"]) for entry in compared["undecided"]} == {
            ("cpu_ns_per_byte", "most was lost: 90 % in the candidate")
        }


def test_both_cells_of_the_baseline_count(before: Runs) -> None:
    after = campaign("after", against_itself=1.02)
    found = figure(compare_campaigns(before, after), "tcp_rr", "qemu", "tps")
    assert found["ratio"]["ratio"] == pytest.approx(math.sqrt(1.02))
    levels = [found["arms"][side]["level"] for side in ("baseline", "candidate")]
    assert found["ratio"]["ratio"] == pytest.approx(levels[1] / levels[0])


def test_either_a_a_arm_refuses_the_claim(before: Runs) -> None:
    noisy = campaign("after", speed=0.8, against_itself=1.05)
    for sides in ((before, noisy), (noisy, before)):
        compared = compare_campaigns(*sides)
        verdict = figure(compared, "tcp_rr", "vhost", "tps")["verdict"]
        assert (verdict["word"], verdict["refused"]) == ("inconclusive", True)
        assert "where there is no difference" in verdict["reasons"][0]
        assert (compared["outcome"], compared["regressions"]) == ("undecided", [])
        side = "candidate" if sides[1] is noisy else "baseline"
        assert any(f"refused: in the {side} the A/A arm finds" in line for line in terminal(compared))


def test_two_blocks_make_no_verdict() -> None:
    compared = compare_campaigns(sample_runs(), sample_runs())
    assert figure(compared, "tcp_rr", "vhost", "tps")["verdict"]["text"] == "no verdict: 1 of 6 blocks"
    assert compared["rules"]["family"] == 0


def test_one_datapath_alone(before: Runs) -> None:
    compared = compare_campaigns(before, campaign("after"), "vhost")
    assert compared["variants"] == ["vhost"]
    assert {row["variant"] for workload in compared["workloads"] for row in workload["figures"]} == {"vhost"}
    qemu_alone = [run for run in before if run["factor"]["datapath"] == "qemu"]
    assert compare_campaigns(before, qemu_alone)["variants"] == ["qemu"]
    with pytest.raises(LabError, match="candidate has no valid run on vhost, only on qemu"):
        compare_campaigns(before, qemu_alone, "vhost")


def upgraded(run: dict[str, Any]) -> None:
    run["manifest"]["hypervisor"]["kernel"] = "6.99.0"
    run["manifest"]["qemu"] = "11.0.0"


def test_what_changed_in_between_is_listed(before: Runs) -> None:
    after = campaign("after")
    for run in after:
        upgraded(run)
    compared = compare_campaigns(before, after)
    assert {entry["path"]: entry["candidate"] for entry in compared["differences"]} == {
        "hypervisor.kernel": ["6.99.0"],
        "qemu": ["11.0.0"],
    }
    for said in (markdown(compared), "\n".join(terminal(compared))):
        assert "6.99.0" in said


def other_tool(run: dict[str, Any]) -> None:
    if run["workload"]["tool"] == "iperf3":
        run["workload"]["version"] = "3.99"


def other_length(run: dict[str, Any]) -> None:
    run["workload"]["duration_s"] = 30


def other_image(run: dict[str, Any]) -> None:
    run["manifest"]["image"] = {"sha256": "f" * 64}


def other_accelerator(run: dict[str, Any]) -> None:
    run["manifest"]["accelerator"] = "tcg"


def other_clock(run: dict[str, Any]) -> None:
    run["manifest"]["software_emulation"] = {"is": False, "why": "KVM on a real CPU"}


def other_peer(run: dict[str, Any]) -> None:
    run["manifest"]["peer"] = {"domain": "b", "datapath": "qemu"}


def other_guest_image(run: dict[str, Any]) -> None:
    run["manifest"]["guest"]["image"]["kernel"] = "f" * 64


def other_queues(run: dict[str, Any]) -> None:
    run["factor"]["queues"] = 4


def other_mtu(run: dict[str, Any]) -> None:
    run["factor"]["mtu"] = 9000


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (other_tool, r"version of iperf3 is 3\.\d+ in the baseline and 3\.99 in the candidate"),
        (other_length, r"tcp_rr: duration_s is 5 in the baseline and 30 in the candidate"),
        (other_image, r"image\.sha256 is not recorded in the baseline and f{64} in the candidate"),
        (other_guest_image, r"guest\.image\.kernel is [0-9a-f]{64} in the baseline and f{64} in the candidate"),
        (other_peer, r"peer\.datapath is not recorded in the baseline and qemu in the candidate"),
        (other_accelerator, r"accelerator is kvm in the baseline and tcg in the candidate"),
        (other_clock, r"software_emulation\.is is true in the baseline and false in the candidate"),
        (other_queues, r"tcp_rr: queues is 1 in the baseline and 4 in the candidate"),
        (other_mtu, r"mtu is 1500 in the baseline and 9000 in the candidate"),
    ],
)
def test_another_experiment_is_refused(before: Runs, change: Callable[[dict[str, Any]], None], said: str) -> None:
    after = copy.deepcopy(before)
    for run in after:
        change(run)
    with pytest.raises(LabError, match=rf"cannot be compared: .*{said}"):
        compare_campaigns(before, after)


def test_workloads_may_differ_in_their_queues(before: Runs) -> None:
    swept = copy.deepcopy(before)
    for run in swept:
        run["factor"]["queues"] = 4 if run["workload"]["name"] == "tcp_rr" else 1
    compared = compare_campaigns(swept, swept)
    assert {workload["name"] for workload in compared["workloads"]} >= {"tcp_rr", "udp_small"}


def test_what_changed_within_a_campaign_is_no_common_ground(before: Runs) -> None:
    mixed = copy.deepcopy(before)
    for run in mixed[len(mixed) // 2 :]:
        other_tool(run)
    with pytest.raises(LabError, match=r"version of iperf3 is .* and 3\.99 in the baseline and .* in the candidate"):
        compare_campaigns(mixed, mixed)


def test_without_common_ground_it_says_which_there_is(before: Runs) -> None:
    streams = [run for run in before if run["workload"]["tool"] == "iperf3"]
    trips = [run for run in before if run["workload"]["tool"] == "netperf"]
    with pytest.raises(LabError, match=r"no workload is in both campaigns: tcp_stream.* against tcp_rr"):
        compare_campaigns(streams, trips)
    by_datapath = {name: [run for run in before if run["factor"]["datapath"] == name] for name in ("qemu", "vhost")}
    with pytest.raises(LabError, match="no variant has valid runs in both campaigns: qemu against vhost"):
        compare_campaigns(by_datapath["qemu"], by_datapath["vhost"])
    with pytest.raises(LabError, match="belong to 2 campaigns"):
        compare_campaigns([*before, *campaign("after")], before)


def test_what_only_one_has_is_named(before: Runs) -> None:
    fewer = [run for run in before if run["workload"]["name"] != "udp_small"]
    compared = compare_campaigns(before, fewer)
    assert compared["only_in"] == {"baseline": ["udp_small"], "candidate": []}
    assert "Only in the baseline: udp_small." in markdown(compared)


def test_software_emulation_is_said_first(before: Runs) -> None:
    compared = compare_campaigns(before, before)
    assert "Absolute figures mean nothing here" in terminal(compared)[0]
    assert json.loads(json.dumps(compared, allow_nan=False)) == compared


def test_the_page_says_what_the_others_say(before: Runs) -> None:
    after = campaign("after", speed=0.8)
    for run in after:
        upgraded(run)
        run["lab"] = "<script>alert(1)</script>"
    compared = compare_campaigns(before, after)
    source = _two_campaigns_page.render(compared)
    page = html.fromstring(source)
    assert not list(page.iter("script"))
    assert "<script" not in source
    said = " ".join(page.text_content().split())
    for entry in compared["regressions"]:
        assert f"{entry['workload']} on {entry['variant']}, {entry['label']}: {entry['verdict']}" in said
    for text in ("after beside before", "6.99.0", "Absolute figures mean nothing here"):
        assert text in said
    for figure in (row for load in compared["workloads"] for row in load["figures"]):
        assert _format.ratio(figure["ratio"]) in page.text_content()
        for side in ("baseline", "candidate"):
            assert _format.number(figure["arms"][side]["level"]) in page.text_content()
            assert _format.ratio(figure["aa"][side]) in page.text_content()
    (drawing,) = page.xpath("//figure")
    assert "tcp_rr: transactionsvhost" in drawing.text_content()
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in page.xpath("//a/@href")} <= set(ids)


def test_the_page_of_the_same_again_names_no_regression(before: Runs) -> None:
    said = html.fromstring(_two_campaigns_page.render(compare_campaigns(before, campaign("after")))).text_content()
    assert "Outcome: none. Every headline figure is at least as good as before" in " ".join(said.split())
    assert "Nothing that the manifests know of." in said


def test_without_any_ratio_the_page_says_why(before: Runs) -> None:
    broken = campaign("after")
    for run in broken:
        run["summary"] = dict.fromkeys(run["summary"])
        run["missing"] = {f"summary.{name}": "the counter was torn" for name in run["summary"]}
    said = html.fromstring(_two_campaigns_page.render(compare_campaigns(before, broken))).text_content()
    assert "not drawn, since no figure has a value above 0 in both campaigns" in said
    assert "the counter was torn" in said


OLD, NEW = "a" * 64, "b" * 64


def variants(name: str, **by: dict[str, Any]) -> Runs:
    """A campaign whose runs over vhost are those of a variant of that name instead, once for each of ``by``.

    A mapping is what a variant asks for; of a kernel ``sha256`` and ``release`` say which build it was.
    """
    runs = [run for run in campaign(name) if run["workload"]["name"] == "tcp_rr"]
    kept = [run for run in runs if run["factor"]["datapath"] == "qemu"]
    for variant, asked in by.items():
        for run in (copy.deepcopy(run) for run in runs if run["factor"]["datapath"] == "vhost"):
            options = {key: value for key, value in asked.items() if key not in ("sha256", "release")}
            run["factor"] |= {"variant": variant, "options": options, "mtu": options.get("mtu", 1500)}
            run["run_id"] = run["run_id"].replace("vhost", variant)
            if part := next((part for part in ("emulator", "kernel", "initrd") if options.get(part)), None):
                told = "version" if part == "emulator" else "release"
                run["factor"]["build"] = {part: {told: asked.get("release"), "sha256": asked["sha256"]}}
                if part != "emulator":
                    run["manifest"]["guest"]["image"][part] = asked["sha256"]
            kept.append({**run, "schema": "virtio.lab/run/2"})
    return kept


def kernel(path: str, sha256: str, release: str) -> dict[str, Any]:
    return {"kernel": path, "sha256": sha256, "release": release}


def builds_that_changed(compared: dict[str, Any]) -> dict[str, tuple[list[str], list[str]]]:
    return {row["path"]: (row["baseline"], row["candidate"]) for row in compared["differences"] if ": " in row["path"]}


def test_each_varies_an_mtu_in_the_same_way() -> None:
    asked = {"plain": {}, "jumbo": {"mtu": 9000}}
    compared = compare_campaigns(variants("before", **asked), variants("after", **asked))
    assert compared["variants"] == ["jumbo", "plain", "qemu"]
    assert (compared["outcome"], compared["differences"]) == ("none", [])


@pytest.mark.parametrize("part", ["kernel", "initrd", "emulator"])
def test_a_build_that_a_variant_names_is_what_is_compared(part: str) -> None:
    before, after = (
        {"old": {part: "/b/old", "sha256": OLD, "release": "6.1"}, "new": {part: path, "sha256": sha, "release": said}}
        for path, sha, said in (("/b/1", "c" * 64, "6.2"), ("/b/2", NEW, "6.3"))
    )
    compared = compare_campaigns(variants("before", **before), variants("after", **after))
    assert compared["variants"] == ["new", "old", "qemu"]
    assert compared["outcome"] == "none"
    assert builds_that_changed(compared) == {
        f"new: {part}": (["/b/1 (6.2, cccccccccccc)"], ["/b/2 (6.3, bbbbbbbbbbbb)"])
    }
    assert "/b/2 (6.3, bbbbbbbbbbbb)" in markdown(compared)


def test_two_builds_that_changed_places_are_told() -> None:
    one, other = kernel("/k", OLD, "6.1"), kernel("/k", NEW, "6.1")
    compared = compare_campaigns(variants("before", x=one, y=other), variants("after", x=other, y=one))
    old, new = ["/k (6.1, aaaaaaaaaaaa)"], ["/k (6.1, bbbbbbbbbbbb)"]
    assert builds_that_changed(compared) == {"x: kernel": (old, new), "y: kernel": (new, old)}


def test_a_slower_build_is_a_regression() -> None:
    before = variants("before", new=kernel("/k/1", OLD, "6.2"))
    after = variants("after", new=kernel("/k/2", NEW, "6.3"))
    slow = [scaled(run, 0.8) if run["factor"].get("variant") == "new" else run for run in after]
    compared = compare_campaigns(before, slow)
    assert compared["outcome"] == "regression"
    assert {row["variant"] for row in compared["regressions"]} == {"new"}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({}, {"driver": {"iommu": True}}, "driver.iommu that x asks for is none in the baseline and true in the"),
        ({"offloads": {"tso": True}}, {"offloads": {"tso": False}},
         "offloads.tso that x asks for is true in the baseline and false in the candidate"),
        ({"queues": 2}, {"queues": 4}, "queues that x asks for is 2 in the baseline and 4 in the candidate"),
        ({"mtu": 9000}, {"mtu": 1500}, "mtu is 9000 in the baseline and 1500 in the candidate"),
        ({}, kernel("/k", OLD, "6.1"), "kernel that x asks for is none in the baseline and one by its path in"),
        ({"emulator": "/q", "sha256": OLD}, {}, "emulator that x asks for is one by its path in the baseline and none"),
        ({**kernel("/k", OLD, "6.1"), "mtu": 9000}, {**kernel("/k", OLD, "6.1")}, "mtu is 9000 in the baseline"),
    ],
)  # fmt: skip
def test_a_name_that_stands_for_two_experiments_is_refused(
    before: dict[str, Any], after: dict[str, Any], said: str
) -> None:
    with pytest.raises(LabError, match="cannot be compared") as refused:
        compare_campaigns(variants("before", x=before), variants("after", x=after))
    assert said in str(refused.value)


def test_neither_another_datapath_nor_another_replicate_is_the_same_experiment(before: Runs) -> None:
    after = variants("after", vhost={})
    for run in after:
        if run["factor"].get("variant") == "vhost":
            run["factor"] |= {"datapath": "ovs_vhost", "replicate": "hotplug"}
    with pytest.raises(LabError) as refused:
        compare_campaigns(before, after)
    for said in (
        "datapath of vhost is vhost in the baseline and ovs_vhost",
        "replicate of vhost is boot in the baseline",
    ):
        assert said in str(refused.value)


def test_the_image_beside_a_named_kernel_must_be_the_same() -> None:
    before, after = (variants(name, x=kernel("/k", OLD, "6.1")) for name in ("before", "after"))
    for run in after:
        run["manifest"]["guest"]["image"]["initrd"] = NEW
    with pytest.raises(
        LabError, match=r"guest\.image\.initrd is [0-9a-f]{64} in the baseline and b{64} in the candidate"
    ):
        compare_campaigns(before, after)


def test_a_build_that_changed_within_a_campaign_is_no_common_ground() -> None:
    before, after = (variants(name, x=kernel("/k", OLD, "6.1")) for name in ("before", "after"))
    for run in after:
        if run["factor"].get("variant") == "x" and run["block"] > 4:
            run["factor"]["build"]["kernel"]["sha256"] = NEW
    with pytest.raises(LabError, match=r"build of the kernel of x is a{64} in the baseline and a{64} and b{64} in"):
        compare_campaigns(before, after)


def test_options_that_ask_for_nothing_are_none() -> None:
    """A document of run/1 has no options, one of run/2 may have them all null."""
    nothing = {"driver": None, "queues": None, "kernel": None}
    assert compare_campaigns(variants("before", vhost={}), variants("after", vhost=nothing))["outcome"] == "none"
