# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run counts only if it was the asked datapath; a missing figure says why. On run documents really recorded."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._measure._record._summary import summarise
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._validity import (
    bracket_reasons,
    effective,
    option_reasons,
    peer_reasons,
    reasons,
    stillness_reasons,
    traffic_reasons,
)
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._load import Figures
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._syscalls import Syscalls
from ansible_collections.virtio.lab.plugins.module_utils._measure._window import _sampler
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._sampler import Tick

RUNS = Path(__file__).parents[4] / "fixtures" / "runs"
IDLE = dict.fromkeys(_sampler.CLASSES, 0)
BUSY = {**IDLE, "main": 5, "vcpu": 9}


def witness(run: str) -> dict:
    said = json.loads((RUNS / run / "run.json").read_text(encoding="utf-8"))["witness"]
    return {moment: copy.deepcopy(said[moment]) for moment in ("before", "middle", "after")}


@pytest.fixture
def seen() -> dict:
    return witness("b01-qemu-tcp_rr")


def test_a_witnessed_run_is_valid(seen):
    assert effective(seen) == "qemu"
    assert reasons("qemu", seen, BUSY) == []


def test_a_mis_toggled_run_is_not(seen):
    found = reasons("vhost", seen, BUSY)
    assert "before the run: the effective datapath is qemu, vhost was asked for" in found
    assert "no vhost worker used CPU time while packets flowed" in found


def test_a_vhost_worker_that_ran_gives_qemu_away(seen):
    assert reasons("qemu", seen, {**BUSY, "vhost": 1}) == ["a vhost worker ran while the datapath was to be qemu"]


def test_a_main_loop_that_slept_moved_no_packets(seen):
    assert reasons("qemu", seen, IDLE) == ["no main loop or iothread used CPU time while packets flowed"]


def test_where_the_card_moves_the_packets_no_thread_is_missed(seen):
    for moment in seen.values():
        moment["datapath"] = "sriov_vf"
    assert reasons("sriov_vf", seen, IDLE, packets=200_000) == []
    assert reasons("sriov_vf", seen, {**IDLE, "vhost": 1}) == [
        "a vhost worker ran while the datapath was to be sriov_vf"
    ]


def test_a_datapath_that_changed_under_way_has_no_effective(seen):
    seen["middle"]["effective"] = "vhost"
    assert effective(seen) == "unknown"
    found = reasons("qemu", seen, BUSY)
    assert found == ["in the middle of the run: the effective datapath is vhost, qemu was asked for"]


def test_disagreement_and_restart_are_reasons(seen):
    seen["after"]["disagreements"] = ["argv says qemu; fds says vhost"]
    seen["after"]["pid"] += 1
    assert reasons("qemu", seen, BUSY) == [
        "after the run: argv says qemu; fds says vhost",
        "QEMU was restarted during the run",
    ]


def test_the_peer_may_be_on_any_datapath_but_stays_on_it(seen):
    assert peer_reasons(seen) == peer_reasons(witness("b01-vhost-tcp_rr")) == []
    seen["middle"]["effective"] = "unknown"
    seen["after"]["pid"] += 1
    assert peer_reasons(seen) == [
        "the peer's datapath changed during the run: qemu before, unknown middle, qemu after",
        "the peer's QEMU was restarted during the run",
    ]


def test_the_second_guests_cpu_counts_and_is_told_apart():
    ticks = [one._replace(peer={20: ("vhost", 50 * one.threads[10][1])}) for one in TICKS]
    alone, _missing = summarise(Figures(seconds=2, bits_per_second=8e6), TICKS, None, False, UNREAD)
    both, missing = summarise(Figures(seconds=2, bits_per_second=8e6), ticks, None, False, UNREAD)
    assert both["cpu_s"] == alone["cpu_s"]
    assert both["peer_cpu_s"]["vhost"] == pytest.approx(25)
    assert both["peer_cpu_ns_per_byte"] == pytest.approx(25e9 / 2 / 1e6)
    assert both["cpu_ns_per_byte"] == pytest.approx(alone["cpu_ns_per_byte"] + both["peer_cpu_ns_per_byte"])
    assert missing["summary.peer_cpu_us_per_txn"] == "no second guest took part in transactions"
    trips, _missing = summarise(Figures(seconds=2, transactions_per_second=1000), ticks, None, False, UNREAD)
    assert trips["peer_cpu_us_per_txn"] == pytest.approx(12500)
    assert trips["cpu_us_per_txn"] == pytest.approx(12500 + 1e6 * 1.5 / 2 / 1000)


UNREAD = {"seconds": 3.0, "packets": None, "kicks": None, "guest_retransmits": None, "host_retransmits": None,
          "missing": {"kicks": "the guest agent is silent"}}  # fmt: skip


def tick(at_s: float, main: int, packets: int) -> Tick:
    return Tick(at_s, {10: ("main", main), 11: ("vcpu", 2 * main)}, 10_000_000 * packets, packets)


TICKS = [tick(100.0, 1_000_000_000, 50), tick(101.0, 1_200_000_000, 150), tick(102.0, 1_500_000_000, 250)]


def test_costs_by_hand():
    # 0.5 s + 1.0 s of CPU in 2 s, at 8 Mb/s: 0.75e9 ns per second over 1e6 bytes per second
    summary, missing = summarise(Figures(seconds=2, bits_per_second=8e6), TICKS, None, False, UNREAD)
    assert summary["cpu_ns_per_byte"] == pytest.approx(750)
    assert summary["cpu_s"]["main"] == pytest.approx(0.5)
    assert summary["pps"] == pytest.approx(100)
    assert summary["cpu_us_per_txn"] is None
    assert missing["summary.cpu_us_per_txn"] == "a bulk load has no transactions"


def test_cost_of_a_transaction_by_hand():
    summary, _missing = summarise(Figures(seconds=2, transactions_per_second=1000), TICKS, None, False, UNREAD)
    assert summary["cpu_us_per_txn"] == pytest.approx(750)


@pytest.mark.parametrize("perturbing", [False, True])
@pytest.mark.parametrize("ticks", [TICKS, TICKS[:1]])
def test_every_null_has_its_reason(perturbing, ticks):
    summary, missing = summarise(Figures(seconds=2, bits_per_second=1.0), ticks, None, perturbing, UNREAD)
    assert set(missing) == {f"summary.{name}" for name, value in summary.items() if value is None}
    assert summary["gbps"] == (None if perturbing else 1e-9)


def test_threads_that_come_and_go_are_counted_from_their_birth():
    first = Tick(0.0, {1: ("main", 100), 2: ("worker", 500)}, None, None)
    last = Tick(1.0, {1: ("main", 130), 3: ("worker", 7)}, None, None)
    assert _sampler.cpu_ns(first, last) == {**IDLE, "main": 30, "worker": 7}


def test_samples_align_with_the_load():
    samples = _sampler.windows(TICKS, [5.0], begin_s=100.0)
    assert [(sample["from_s"], sample["t_s"]) for sample in samples] == [(0.0, 1.0), (1.0, 2.0)]
    assert [sample["throughput_bps"] for sample in samples] == [5.0, None]
    assert [sample["cpu_ns"]["main"] for sample in samples] == [200_000_000, 300_000_000]


def test_a_sample_over_ticks_left_out_has_the_mean_of_its_seconds():
    late = [tick(100.3, 0, 0), tick(101.001, 5, 1), tick(104.02, 9, 2)]
    samples = _sampler.windows(late, [1.0, 2.0, 3.0, 7.0], begin_s=100.0)
    assert [sample["throughput_bps"] for sample in samples] == [1.0, 4.0]
    assert [sample["t_s"] for sample in samples] == [1.001, 4.02]


def test_softirq_time_is_the_seventh_figure():
    stat = "cpu  15132 0 14750 142841 61 0 193 0 6484 0\ncpu0 7277 0 7320 71602 41 0 77 0 3074 0\n"
    assert _sampler.softirq_ns(stat) == 1_930_000_000
    assert _sampler.softirq_ns("") is None


def test_a_fall_back_at_run_time_is_told_by_what_the_worker_did():
    """QEMU falls back to its own backend without a change in XML, argv, descriptors or threads: CASES M2."""
    seen = witness("b01-vhost-tcp_rr")
    idle = {**dict.fromkeys(BUSY, 0), "main": 4_900_000_000, "vhost": 1000}
    (found,) = reasons("vhost", seen, idle, packets=200_000)
    assert found.startswith("vhost worker used 1000 ns for 200000 packets, which no thread can move in that time")
    assert reasons("vhost", seen, {**idle, "vhost": 200_000 * 500}, packets=200_000) == []
    assert reasons("vhost", seen, idle, packets=None) == []  # nothing was counted, so nothing is said


@pytest.mark.parametrize(
    ("bps", "tps", "pps", "says"),
    [
        (9.4e9, None, 12, "1.18e+03 MB and 12 packets a second at the NIC: a packet has 65,536 bytes at most"),
        (9.4e9, None, 20_000, None),
        # Full packets, and windows of tool and counters that do not begin at once: as much again is no proof.
        (9.4e9, None, 9000, None),
        (9.4e9, None, 8960, "1.18e+03 MB and 8.96e+03 packets a second at the NIC: a packet has 65,536 bytes at most"),
        (None, 5000, 12, "5e+03 transactions and 12 packets a second at the NIC: each transaction needs two packets"),
        (None, 5000, 10_000, None),
        (9.4e9, None, None, None),
    ],
)
def test_a_load_that_went_another_way(bps, tps, pps, says):
    found = traffic_reasons(bps, tps, pps)
    assert (found[0].partition(", so")[0] if found else None) == says


@pytest.mark.parametrize(
    ("bps", "tps", "packets", "says"),
    [
        # 5 s of 1 Gb/s are 625 MB, and 9,537 packets of 65,536 bytes hold 625.02 MB
        (1e9, None, 9537, None),
        (1e9, None, 9536, "625 MB are more than the 9536 packets of {} can hold: the load went another way"),
        (1e9, None, 0, "625 MB are more than the 0 packets of {} can hold: the load went another way"),
        (None, 100.0, 1000, None),
        (None, 100.0, 499, "500 transactions are more than the 499 packets of {}"),
        (1e9, 100.0, None, None),
        (None, None, 3, None),
    ],
)
def test_a_load_that_what_was_counted_around_it_cannot_hold(bps, tps, packets, says):
    for key, whose in (("packets", "the NIC's link on the hypervisor"), ("guest_packets", "the guest's NIC")):
        found = bracket_reasons(bps, tps, 5.0, {"packets": 10**6, "guest_packets": 10**6, key: packets})
        assert found == ([] if says is None else [says.format(whose)])
    assert bracket_reasons(bps, tps, 5.0, {}) == []


@pytest.mark.parametrize(
    ("bps", "tps", "message", "says"),
    [
        (None, 0.0, 1, "no transaction was completed in the window"),
        (None, 0.4, 1, None),
        (0.0, None, 64, "nothing arrived in the window"),
        (554_198.0, None, 131072, "6.927e+04 bytes a second arrived, less than one message of 131072 bytes"),
        (8 * 131072.0, None, 131072, None),
        (None, None, None, None),
    ],
)
def test_a_load_that_stood_still(bps, tps, message, says):
    """The third is a run that was counted valid: a stream of 0.00055 Gb/s, beside other work on the host."""
    found = stillness_reasons(bps, tps, message)
    assert (found[0].partition(": ")[0] if found else None) == says


def test_what_cannot_be_divided_by_nothing_says_so():
    summary, missing = summarise(Figures(seconds=2, bits_per_second=0.0), TICKS, None, False, UNREAD)
    assert (summary["gbps"], summary["cpu_ns_per_byte"]) == (0, None)
    assert missing["summary.cpu_ns_per_byte"] == "nothing arrived, so there is nothing to divide by"
    none = Figures(seconds=2, transactions_per_second=0.0, missing={"latency_us": "no transaction was completed"})
    summary, missing = summarise(none, TICKS, None, False, UNREAD)
    assert (summary["tps"], summary["latency_us"], summary["cpu_us_per_txn"]) == (0, None, None)
    for name in ("latency_us", "cpu_us_per_txn"):
        assert missing[f"summary.{name}"] == "no transaction was completed"


@pytest.mark.parametrize("exits", [None, 4])
def test_counts_without_packets_say_that_there_were_none(exits):
    still = [one._replace(packets=7) for one in TICKS]
    counted = Syscalls("perf", 12, {}, kvm_exits=exits)
    summary, missing = summarise(Figures(seconds=2, bits_per_second=8e6), still, counted, False, UNREAD)
    assert (summary["syscalls_per_packet"], summary["exits_per_packet"]) == (None, None)
    assert missing["summary.syscalls_per_packet"] == "no packet of the tap device was counted"
    assert ("no tracepoint" in missing["summary.exits_per_packet"]) is (exits is None)


@pytest.mark.parametrize(
    ("options", "nic", "says"),
    [
        ({"driver": {"packed": "on"}}, {"features": ["packed"]}, None),
        ({"driver": {"packed": "on"}}, {"features": []}, "the guest and the device did not agree on driver.packed=on"),
        ({"driver": {"packed": "off"}}, {"features": ["packed"]}, "the guest and the device did not agree on"),
        ({"driver": {"packed": "on"}}, None, "the guest does not tell which virtio features it agreed on"),
        ({"driver": {"host.csum": "off"}}, {"features": []}, None),
        ({"driver": {"ats": "on"}}, {"features": []}, None),
        ({"offloads": {"host.tso4": False}}, {"features": ["host.csum"]}, None),
        (
            {"offloads": {"host.tso4": False}},
            {"features": ["host.tso4"]},
            "the guest and the device did not agree on driver.host.tso4=off",
        ),
        ({"mtu": 9000}, {"mtu": 9000}, None),
        ({"mtu": 9000}, {"mtu": 1500}, "the guest's MTU is 1500, 9000 was asked for"),
        ({"mtu": 9000}, None, "the guest's MTU is not known, 9000 was asked for"),
        (
            {"driver": {"rx_queue_size": "512"}},
            {"rings": {"rx": 256}},
            "the guest's rx ring has 256 descriptors, not 512",
        ),
        ({}, None, None),
    ],
)
def test_what_a_variant_asks_for_is_witnessed_in_the_guest(options, nic, says):
    seen = witness("b01-vhost-tcp_rr")
    switched = {key: "on" if wanted else "off" for key, wanted in options.get("offloads", {}).items()}
    for moment in seen.values():
        if isinstance(moment, dict):
            moment["live"] = {"name": "vhost", **_nested({**(options.get("driver") or {}), **switched})}
    found = option_reasons(options, seen, nic)
    assert (found[0][: len(says)] if found and says else found or None) == says


def _nested(driver):
    found = {}
    for key, value in driver.items():
        side, dot, name = key.partition(".")
        found.update({side: {name: value}} if dot else {key: value})
    return found


def test_a_variant_that_libvirt_did_not_take_is_told():
    seen = witness("b01-vhost-tcp_rr")
    for moment in seen.values():
        moment["live"] = {"name": "vhost"}
    found = option_reasons({"driver": {"packed": "on"}}, seen, {"features": ["packed"]})
    assert found[0] == "before the run: driver.packed is nothing, on was asked for"
    assert len(found) == 3
    found = option_reasons({"offloads": {"guest.csum": False}}, seen, {"features": []})
    assert found[0] == "before the run: driver.guest.csum is nothing, off was asked for"
    assert len(found) == 3
